"""The supervisor's board: figures, charts drawn on the server, a table behind each, and an export."""

import hashlib

from allauth.account.decorators import reauthentication_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.forms import ReasonForm
from accounts.middleware import StaffRequest
from accounts.models import Verb
from insurance import board, queues


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    return _show(request, ReasonForm())


@require_POST
@reauthentication_required
def export(request: StaffRequest) -> HttpResponse:
    """The figures as a file, to whoever has just proved again who they are and says what for. It names no caller."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        audit.record(actor=request.user, verb=Verb.EXPORTED, subject="board", act="refused: no reason")
        return _show(request, form, status=422)
    with transaction.atomic():
        text = board.export()
        audit.record(
            actor=request.user,
            verb=Verb.EXPORTED,
            subject="board",
            reason=form.cleaned_data["reason"],
            act="csv",
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="desk-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def _show(request: StaffRequest, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "tiles": board.tiles(),
        "payers": board.payers(),
        "agents": board.agents(),
        "by_state": board.by_state(),
        "finished": board.finished_by_day(),
        "queues": queues.with_counts(request.user),
    }
    return render(request, "insurance/board.html", context, status=status)
