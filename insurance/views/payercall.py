"""The payer call: script and structured answers on one page, kept while typed; and the second reading of results."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.middleware import StaffRequest
from accounts.models import Verb
from insurance import answer, integrity, payercall, queues, script
from insurance.fields import plain
from insurance.forms import BrokenOffForm, PayerCallForm, ReviewForm
from insurance.models import ManualCall, Review, Verification
from insurance.states import IllegalMoveError
from insurance.views.request import of_request


@require_POST
@of_request
def start(request: StaffRequest, verification: Verification) -> HttpResponse:
    payercall.start(verification=verification, by=request.user, number=plain(request.POST.get("number", ""))[:20])
    return redirect("payer_call", verification.public_id)


@require_safe
@of_request
def call_page(request: StaffRequest, verification: Verification) -> HttpResponse:
    """The script beside the fields; everything the caller's card says is on it, so it counts as a look."""
    call = _my_call(request, verification)
    form = PayerCallForm(initial=call.answers)
    with transaction.atomic():
        audit.record(
            actor=request.user,
            verb=Verb.REVEALED,
            subject=verification.public_id,
            reason="call-payer",
            fields=["member_id", "birth_date"],
        )
        return _page(request, call, form)


@sensitive_post_parameters()
@require_POST
@of_request
def keep(request: StaffRequest, verification: Verification) -> HttpResponse:
    call = _my_call(request, verification)
    payercall.keep(call=call, by=request.user, answers=_typed(request))
    if request.headers.get("HX-Request") != "true":
        return redirect("payer_call", verification.public_id)
    return render(request, "insurance/payer_call.html#kept", {"kept_at": timezone.now()})


@sensitive_post_parameters()
@require_POST
@of_request
def finish(request: StaffRequest, verification: Verification) -> HttpResponse:
    call = _my_call(request, verification)
    form = PayerCallForm(request.POST)
    payercall.keep(call=call, by=request.user, answers=_typed(request))
    if not form.is_valid():
        return _page(request, call, form, status=422)
    payercall.finish(call=call, by=request.user, answers=form.cleaned_data)
    messages.success(request, _("The representative’s answer is recorded."))
    return redirect(verification)


@sensitive_post_parameters()
@require_POST
@of_request
def break_off(request: StaffRequest, verification: Verification) -> HttpResponse:
    call = _my_call(request, verification)
    form = BrokenOffForm(request.POST)
    payercall.keep(call=call, by=request.user, answers=_typed(request))
    if form.is_valid():
        payercall.break_off(call=call, by=request.user, outcome=form.cleaned_data["outcome"])
        messages.info(request, _("What you learned is kept for the next call."))
    return redirect(verification)


def _my_call(request: StaffRequest, verification: Verification) -> ManualCall:
    """The call I am on; whose hold ran out starts again and finds the answers kept."""
    call = ManualCall.objects.filter(verification=verification, staff=request.user, ended_at=None).first()
    if call is None:
        raise IllegalMoveError
    call.verification = verification
    return call


def _typed(request: StaffRequest) -> dict[str, str]:
    return {name: str(value)[:500] for name, value in request.POST.items() if name in PayerCallForm.base_fields}


def _page(request: StaffRequest, call: ManualCall, form: PayerCallForm, *, status: int = 200) -> HttpResponse:
    verification = call.verification
    steps = [(question, [form[name] for name in question.fields]) for question in script.questions(verification)]
    asked = {name for question, _fields in steps for name in question.fields}
    ends = ("department", "rep_name", "reference", "reference_refused", "disclaimer_read")
    context = {
        "verification": verification,
        "call": call,
        "form": form,
        "steps": steps,
        "also": [field for field in form if field.name not in asked and field.name not in ends],
        "ends": [form[name] for name in ends],
        "numbers": script.numbers(verification),
        "opening": script.opening(verification),
        "program_phone": script.program_phone(verification),
        "speaks_for_program": script.speaks_for_program(verification),
        "closing": script.CLOSING,
        "broken_off_form": BrokenOffForm(),
        "queues": queues.with_counts(request.user),
    }
    return render(request, "insurance/payer_call.html", context, status=status)


@require_safe
def reviews(request: StaffRequest) -> HttpResponse:
    """Results that wait for a second person, and where the two disagreed."""
    waiting = Review.objects.select_related("snapshot__verification__payer", "author", "reviewer")
    return render(
        request,
        "insurance/reviews.html",
        {
            "waiting": waiting.filter(pk__in=_undecided())[:100],
            "decided": waiting.exclude(decided_at=None).order_by("-decided_at")[:50],
            "queues": queues.with_counts(request.user),
        },
    )


@require_safe
def review(request: StaffRequest, pk: int) -> HttpResponse:
    found = _review_for(request, pk)
    with transaction.atomic():
        audit.record(actor=request.user, verb=Verb.READ, subject=found.snapshot.verification.public_id, act="review")
        return _review_page(request, found, ReviewForm())


@require_POST
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    found = _review_for(request, pk)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _review_page(request, found, form, status=422)
    with transaction.atomic():
        found.reviewer, found.decided_at = request.user, Now()
        found.agreed = form.cleaned_data["agreed"] == "yes"
        found.remark = form.cleaned_data["remark"]
        found.save(update_fields=["reviewer", "decided_at", "agreed", "remark"])
        subject = found.snapshot.verification.public_id
        audit.record(
            actor=request.user,
            verb=Verb.CHANGED,
            subject=subject,
            act="second reading",
            agreed=found.agreed,
            content=integrity.mark(found),
        )
    messages.success(request, _("Kept. Thank you."))
    return redirect("desk_reviews")


def _undecided() -> QuerySet[Review]:
    """Nobody need read what a later answer has taken the place of."""
    return Review.objects.filter(decided_at=None, snapshot__superseded_at=None)


def _review_for(request: StaffRequest, pk: int) -> Review:
    """Anybody's result but one's own."""
    others = _undecided().exclude(author=request.user)
    return get_object_or_404(others.select_related("snapshot__verification__payer", "snapshot__call", "author"), pk=pk)


def _review_page(request: StaffRequest, found: Review, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    context = {
        "review": found,
        "verification": found.snapshot.verification,
        "answer": answer.in_full(found.snapshot.verification, found.snapshot),
        "form": form,
        "queues": queues.with_counts(request.user),
    }
    return render(request, "insurance/review.html", context, status=status)
