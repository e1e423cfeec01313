"""The supervisor's board: figures, charts drawn on the server, a table behind each, and an export."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.middleware import StaffRequest
from accounts.models import Verb
from insurance import board, queues


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    return render(
        request,
        "insurance/board.html",
        {
            "tiles": board.tiles(),
            "payers": board.payers(),
            "agents": board.agents(),
            "by_state": board.by_state(),
            "finished": board.finished_by_day(),
            "queues": queues.with_counts(request.user),
        },
    )


@require_POST
def export(request: StaffRequest) -> HttpResponse:
    with transaction.atomic():
        audit.record(actor=request.user, verb=Verb.EXPORTED, subject="board", act="csv")
        text = board.export()
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="desk-{timezone.localdate():%Y-%m-%d}.csv"'
    return response
