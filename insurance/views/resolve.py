"""Acts that settle what computers could not."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.middleware import StaffRequest
from insurance import resolving
from insurance.intake import AlreadyOpenError
from insurance.models import Verification
from insurance.resolveforms import DecisionForm, DetailsForm, FirstDayForm
from insurance.states import IllegalMoveError, Reason, StateConflictError
from insurance.views.request import of_request, show


@sensitive_post_parameters()
@require_POST
@of_request
def details(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return show(request, verification, details_form=form, status=422)
    if _is_stale(request, verification):
        return _conflict(request, verification, details_form=form)
    if verification.state_reason == Reason.FIX_DETAILS and not any(form.differences(verification)):
        form.add_error(None, _("The payer has refused just this. Ask the caller what is different, or call the payer."))
        return show(request, verification, details_form=form, status=422)
    try:
        resolving.supply(
            verification=verification,
            by=request.user,
            changes=form.changes(),
            program=form.cleaned_data["program_1"],
        )
    except (StateConflictError, IllegalMoveError):
        return _conflict(request, verification, details_form=form)
    except resolving.TooManyProgramsError:
        form.add_error("program_1", _("Three programs are compared already. Log a new call to ask about another."))
        return show(request, _anew(verification), details_form=form, status=422)
    except AlreadyOpenError as same:
        words = _("With these details it is the same question as {number}, which is open. Nothing was changed.")
        link = format_html('<a href="{}">{}</a>', same.other.get_absolute_url(), same.other.public_id)
        form.add_error(None, format_html(words, number=link))
        return show(request, _anew(verification), details_form=form, status=409)
    messages.success(request, _("Kept."))
    return redirect(verification)


@require_POST
@of_request
def decide(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = DecisionForm(request.POST, verification=verification)
    if _is_stale(request, verification):
        return _conflict(request, verification, decision_form=form)
    if not form.is_valid():
        return show(request, verification, decision_form=form, status=422)
    try:
        resolving.decide(verification=verification, by=request.user, **form.cleaned_data)
    except (StateConflictError, IllegalMoveError):
        return _conflict(request, verification, decision_form=form)
    return redirect(verification)


@require_POST
@of_request
def again(request: StaffRequest, verification: Verification) -> HttpResponse:
    resolving.ask_again(verification=verification, by=request.user)
    messages.success(request, _("The payer’s computer is asked again."))
    return redirect(verification)


@require_POST
@of_request
def plan(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = FirstDayForm(request.POST)
    if not form.is_valid():
        return show(request, verification, first_day_form=form, status=422)
    resolving.plan(verification=verification, by=request.user, **form.cleaned_data)
    messages.success(request, _("Kept."))
    return redirect(verification)


def _is_stale(request: StaffRequest, verification: Verification) -> bool:
    """The page was drawn before somebody else changed the request."""
    return request.POST.get("version", str(verification.version)) != str(verification.version)


def _conflict(request: StaffRequest, verification: Verification, **forms: Any) -> HttpResponse:
    """What has happened since the page was drawn, and what is on file beside what was typed; nothing typed is lost."""
    verification = _anew(verification)
    seen = request.POST.get("version", "")
    since = verification.events.select_related("actor").order_by("version")
    details_form, decision_form = forms.get("details_form"), forms.get("decision_form")
    return show(
        request,
        verification,
        status=409,
        refusal=_(
            "Somebody else changed this request after you opened it, so yours is not saved. Look at both, then send again."
        ),
        since=since.filter(version__gt=int(seen)) if seen.isascii() and seen.isdigit() and len(seen) < 10 else (),
        differences=list(details_form.differences(verification)) if details_form else (),
        typed=decision_form.data.get("note", "") if decision_form else "",
        **forms,
    )


def _anew(verification: Verification) -> Verification:
    """As it is in the database: the instance at hand may hold what was typed."""
    wanted = Verification.objects.select_related("payer", "program", "consent", "casework__owner", "parent__payer")
    return wanted.get(pk=verification.pk)
