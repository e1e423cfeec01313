"""Acts that settle what computers could not."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.middleware import StaffRequest
from insurance import resolving
from insurance.forms import DecisionForm, DetailsForm
from insurance.models import Verification
from insurance.views.request import of_request, show


@sensitive_post_parameters()
@require_POST
@of_request
def details(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return show(request, verification, details_form=form, status=422)
    resolving.supply(
        verification=verification,
        by=request.user,
        changes=form.changes(),
        program=form.cleaned_data["program_1"],
    )
    messages.success(request, _("Kept."))
    return redirect(verification)


@require_POST
@of_request
def decide(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = DecisionForm(request.POST, verification=verification)
    if not form.is_valid():
        return show(request, verification, decision_form=form, status=422)
    resolving.decide(verification=verification, by=request.user, **form.cleaned_data)
    return redirect(verification)


@require_POST
@of_request
def again(request: StaffRequest, verification: Verification) -> HttpResponse:
    resolving.ask_again(verification=verification, by=request.user)
    messages.success(request, _("The payer’s computer is asked again."))
    return redirect(verification)
