"""The desk's list: queues, live without reload, and finding a request."""

import hashlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import policy
from accounts.middleware import StaffRequest
from insurance import desk, finding, queues, undoing
from insurance.forms import SearchForm
from insurance.models import Verification


@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """/desk/: the queue for agents and supervisors, its own first page for every other role."""
    if not policy.allows("desk_rows", "GET", request.user.role):
        return redirect({"admin": "people", "auditor": "audit_trail"}.get(request.user.role, "admin:index"))
    if request.GET.get("queue") in queues.BY_SLUG:
        request.session["queue"] = request.GET["queue"]  # where finishing a request leads back to
    return render(request, "insurance/desk.html", list_context(request))


@require_safe
def rows(request: StaffRequest) -> HttpResponse:
    """The poll: fresh clocks and holders while the order is the same, else a note that it has changed.

    Nothing is moved under anybody's cursor.
    """
    context = {**list_context(request), "is_poll": True}
    if request.GET.get("have") == context["signature"]:
        return render(request, "insurance/list.html#rows", context)
    response = render(request, "insurance/list.html#changed", context)
    response["HX-Retarget"] = "#changed"
    return response


def list_context(request: StaffRequest) -> dict[str, object]:
    """What the list beside every open request needs."""
    asked = request.GET.get("queue") or request.session.get("queue", "")
    queue = queues.BY_SLUG.get(asked, queues.QUEUES[0])
    found = list(queues.rows(queue.slug, request.user))
    return {
        "queue": queue,
        "queues": queues.with_counts(request.user),
        "rows": [(row, queues.clock(row)) for row in found],
        "hidden": queues.beyond(queue.slug, request.user) if len(found) == queues.SHOWN else 0,
        "signature": signature(found),
        "open_id": request.GET.get("open", ""),
        "undo": undoing.Before.read(request.session.get("undo")),
    }


def signature(found: list[Verification]) -> str:
    return hashlib.sha256(",".join(row.public_id for row in found).encode()).hexdigest()[:16]


@require_POST
def take_next(request: StaffRequest) -> HttpResponse:
    """Whoever has waited longest, held for me."""
    verification = desk.claim_next(by=request.user)
    if verification is None:
        messages.info(request, _("Nobody is waiting."))
        return redirect("desk")
    return redirect(verification)


@require_POST
def search(request: StaffRequest) -> HttpResponse:
    """By request number, phone, member ID or name. A POST: what is looked for is in no address and no log."""
    form = SearchForm(request.POST)
    found: list[Verification] = []
    if form.is_valid():
        found = finding.find(form.cleaned_data["q"], by=request.user)
        if len(found) == 1:
            return redirect(found[0])
    return render(
        request,
        "insurance/search.html",
        {
            "form": form,
            "rows": [(row, queues.clock(row)) for row in found],
            "queues": queues.with_counts(request.user),
        },
    )
