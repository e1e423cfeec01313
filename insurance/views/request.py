"""One request: the answer, the person, the plan, and every act upon it."""

from collections.abc import Callable
from functools import partial, wraps

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.middleware import StaffRequest
from accounts.models import Role, Verb
from insurance import (
    aaa,
    answer,
    choosing,
    consent,
    costing,
    desk,
    hours,
    payercall,
    preflight,
    queues,
    resolving,
    script,
    statuslink,
    undoing,
)
from insurance.consent import ConsentRevokedError
from insurance.forms import CloseForm, HandOverForm, NoteForm, SnoozeForm, WhyForm
from insurance.intake import AlreadyOpenError
from insurance.models import CostEstimate, Disclosure, Verification
from insurance.resolveforms import DecisionForm, DetailsForm, FirstDayForm
from insurance.states import Determination, IllegalMoveError, Reason, State, StateConflictError, allowed
from insurance.views.queue import list_context
from programs import crisis

View = Callable[..., HttpResponse]
NOT_PAID = (Determination.INACTIVE, Determination.NOT_COVERED, Determination.NOT_COVERED_OUT_OF_NETWORK)
EXPLAINED = (State.NEEDS_INFO, State.MANUAL_REQUIRED, State.RETRY_WAIT, State.CONFIG_ERROR)  # the payer's code in words
WORKING_STATES = (State.QUEUED, State.SENDING, State.RETRY_WAIT, State.AWAITING_PAYER)


def of_request(view: View) -> View:
    """Finds the request by its number; somebody else holding it, or having moved it, is said on its page."""

    @wraps(view)
    def wrapped(request: StaffRequest, public_id: str) -> HttpResponse:
        verification = get_object_or_404(
            Verification.objects.select_related("payer", "program", "consent", "casework__owner", "parent__payer"),
            public_id=public_id,
        )
        try:
            return view(request, verification)
        except desk.TakenError as taken:
            until = timezone.localtime(taken.until)
            refusal = _("{holder} has this until {until}.").format(holder=taken.holder, until=f"{until:%-I:%M %p}")
        except (StateConflictError, IllegalMoveError):
            refusal = _("Somebody else changed this request a moment ago. Look at it again.")
        except ConsentRevokedError:
            refusal = _("The consent was taken back. Nothing more may be told to anybody.")
        if request.headers.get("HX-Request") == "true":  # what is typed stays on the page, with the sentence beside it
            return render(request, "insurance/refused.html", {"refusal": refusal}, status=409)
        verification = Verification.objects.get(pk=verification.pk)
        return show(request, verification, refusal=refusal, status=409)

    return wrapped


def in_the_callers_language(view: View) -> View:
    """For what a caller is given; staff read the rest of the desk in English."""

    @wraps(view)
    def wrapped(request: StaffRequest, verification: Verification) -> HttpResponse:
        language = desk.casework_of(verification).language
        with override(language if language in dict(settings.LANGUAGES) else None):
            return view(request, verification)

    return wrapped


@require_safe
@of_request
def request_page(request: StaffRequest, verification: Verification) -> HttpResponse:
    return show(request, verification)


@transaction.atomic
def show(request: StaffRequest, verification: Verification, *, status: int = 200, **extra: object) -> HttpResponse:
    """The request beside the list; that it was looked at is written down in the same transaction."""
    audit.record(actor=request.user, verb=Verb.READ, subject=verification.public_id)
    return render(request, "insurance/request.html", {**context_of(request, verification), **extra}, status=status)


def context_of(request: StaffRequest, verification: Verification) -> dict[str, object]:
    casework = desk.casework_of(verification)
    is_held = bool(casework.held_until and casework.held_until > timezone.now())
    return {
        **list_context(request),
        "open_id": verification.public_id,
        "verification": verification,
        "casework": casework,
        "zone": casework.time_zone or settings.TIME_ZONE,
        "clock": queues.clock(verification),
        "is_mine": is_held and casework.holder_id == request.user.pk,
        "is_held": is_held,
        "is_working": verification.state in WORKING_STATES,
        "children": verification.children.select_related("payer").order_by("pk"),
        "events": verification.events.select_related("actor").order_by("-version")[:30],
        "notes": verification.notes.select_related("author")[:30],
        "disclosures": verification.disclosures.select_related("by")[:30],
        "nearby": partial(  # asked for by the page alone, not by its poll
            choosing.choices,
            zip_code=casework.zip,
            state=casework.state,
            payer=verification.payer,
            condition=verification.condition,
        ),
        "compared": verification.compared_programs.select_related("program"),
        **_known(verification, language=casework.language),
        **_next(request, verification, zone=casework.time_zone),
    }


def _known(verification: Verification, *, language: str) -> dict[str, object]:
    """The answer and what hangs on it."""
    known = answer.of(verification)
    estimates = CostEstimate.objects.filter(snapshot__verification=verification, snapshot__superseded_at=None)
    return {
        "answer": known,
        "spoken": answer.spoken(verification, language),
        "estimates": estimates.select_related("program") if known.is_known else (),  # no figure before a sentence
        "self_pay": _self_pay(verification) if verification.determination in NOT_PAID else (),
        "payers_word": aaa.explain(verification.reason_code) if verification.state in EXPLAINED else None,
        "changes": answer.changes(verification) if verification.origin == Verification.Origin.REVERIFY else (),
    }


def _next(request: StaffRequest, verification: Verification, *, zone: str) -> dict[str, object]:
    """What is to be done, what may be, and the forms for it."""
    reason = verification.state_reason
    return {
        "next_step": preflight.NEXT_STEPS.get(reason),
        "program_phone": script.program_phone(verification) if reason in preflight.NEXT_STEPS else "",
        "is_mended": preflight.is_mended(verification),
        "may_call_payer": verification.state in payercall.CALLABLE,
        "may_cancel": allowed(verification.state, State.CANCELLED),
        "may_supply": verification.state in resolving.SUPPLIED_IN,
        "may_decide": verification.state == State.NEEDS_REVIEW,
        "may_ask_again": verification.state in resolving.STOOD_STILL_IN,
        "note_form": NoteForm(),
        "snooze_form": SnoozeForm(zone=zone),
        "hand_over_form": HandOverForm(by=request.user),
        "close_form": CloseForm(),
        "why_form": WhyForm(),
        "details_form": DetailsForm(),
        "first_day_form": FirstDayForm(initial={"admission_on": verification.admission_on}),
        "decision_form": DecisionForm(verification=verification),
    }


def _self_pay(verification: Verification) -> list[costing.SelfPay]:
    """For the programs that the plan does not pay for; another one of the comparison may have its estimate."""
    priced = CostEstimate.objects.filter(snapshot__verification=verification, snapshot__superseded_at=None)
    programs = set(priced.values_list("program_id", flat=True))
    return [offer for offer in costing.without_insurance(verification) if offer.program.pk not in programs]


@require_safe
@of_request
def fresh_answer(request: StaffRequest, verification: Verification) -> HttpResponse:
    """The poll of an open request: nothing while nothing has changed, then the answer and what is to be done now.

    The rest of the page stays, and with it a note that somebody is typing.
    """
    if request.GET.get("version") == str(verification.version):
        return HttpResponse(status=204)
    with transaction.atomic():
        audit.record(actor=request.user, verb=Verb.READ, subject=verification.public_id, act="answer arrived")
        response = render(request, "insurance/request_fresh.html", context_of(request, verification))
    response["HX-Retarget"] = "#answer"
    response["HX-Reswap"] = "outerHTML"
    return response


@require_POST
@of_request
def take(request: StaffRequest, verification: Verification) -> HttpResponse:
    desk.take(verification=verification, by=request.user)
    return redirect(verification)


@require_POST
@of_request
def release(request: StaffRequest, verification: Verification) -> HttpResponse:
    with undoing.watched(request.session, verification):
        desk.release(verification=verification, by=request.user)
    messages.success(request, _("It is back in the queue."))
    return redirect("desk")


@require_POST
@of_request
def hand_over(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = HandOverForm(request.POST, by=request.user)
    if not form.is_valid():
        return show(request, verification, hand_over_form=form, status=422)
    with undoing.watched(request.session, verification):
        desk.hand_over(verification=verification, by=request.user, to=form.cleaned_data["to"])
    messages.success(request, _("{name} has it now.").format(name=form.cleaned_data["to"]))
    return redirect("desk")


@require_POST
@of_request
def snooze(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = SnoozeForm(request.POST, zone=desk.casework_of(verification).time_zone)
    if not form.is_valid():
        return show(request, verification, snooze_form=form, status=422)
    until = form.cleaned_data["until"]
    is_open = hours.helpline().is_open(until)
    with undoing.watched(request.session, verification):
        desk.snooze(verification=verification, by=request.user, until=until)
    if not is_open:
        messages.warning(request, _("Note: the helpline is closed at that time."))
    messages.success(request, _("It comes back under “Call back today” on that day."))
    return redirect("desk")


@require_POST
@of_request
def close(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = CloseForm(request.POST)
    if not form.is_valid():
        return show(request, verification, close_form=form, status=422)
    with undoing.watched(request.session, verification):
        desk.close(verification=verification, by=request.user, outcome=form.cleaned_data["outcome"])
    messages.success(request, _("Done. It is kept under “Done”."))
    return redirect("desk")


@require_POST
def undo(request: StaffRequest) -> HttpResponse:
    """Take back what was done last, within ten seconds."""
    before = undoing.Before.read(request.session.pop("undo", None))
    if before is None:
        messages.error(request, _("It is too late to undo that. Open the request to change it."))
        return redirect("desk")

    def put_back(request: StaffRequest, verification: Verification) -> HttpResponse:
        undoing.undo(before, by=request.user)
        messages.success(request, _("Undone. You have it again."))
        return redirect(verification)

    return of_request(put_back)(request, before.public_id)


@require_POST
@of_request
def reopen(request: StaffRequest, verification: Verification) -> HttpResponse:
    try:
        desk.reopen(verification=verification, by=request.user)
    except AlreadyOpenError as same:
        messages.info(request, _("This question is open already. Here it is."))
        return redirect(same.other)
    return redirect(verification)


@require_POST
@of_request
def cancel(request: StaffRequest, verification: Verification) -> HttpResponse:
    desk.cancel(verification=verification, by=request.user)
    messages.success(request, _("Cancelled."))
    return redirect(verification)


@require_POST
@of_request
def revoke_consent(request: StaffRequest, verification: Verification) -> HttpResponse:
    consent.revoke(verification=verification, by=request.user)
    messages.success(request, _("The consent is taken back. Nothing more is asked or told."))
    return redirect(verification)


@require_POST
@of_request
def add_note(request: StaffRequest, verification: Verification) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show(request, verification, note_form=form, status=422)
    text = form.cleaned_data["text"]
    desk.add_note(verification=verification, by=request.user, text=text)
    if crisis.speaks_of_danger(text):
        return show(request, verification, in_danger=True)
    return redirect(verification)


@require_POST
@of_request
def reveal(request: StaffRequest, verification: Verification) -> HttpResponse:
    """What is on the card, to be compared with the caller's, once a reason is given."""
    form = WhyForm(request.POST)
    if not form.is_valid():
        return show(request, verification, why_form=form, status=422)
    with transaction.atomic():
        audit.record(
            actor=request.user,
            verb=Verb.REVEALED,
            subject=verification.public_id,
            reason=form.cleaned_data["why"],
            fields=["member_id", "birth_date"],
        )
        return show(request, verification, revealed=True)


@require_POST
@of_request
def raw_answer(request: StaffRequest, verification: Verification) -> HttpResponse:
    """What the payer's computer wrote, as it wrote it, once a reason is given.

    What it wrote about somebody else is kept from everybody but supervisors.
    """
    form = WhyForm(request.POST)
    if not form.is_valid():
        return show(request, verification, why_form=form, status=422)
    kept_apart = verification.events.filter(reason=Reason.WRONG_MEMBER).exists()
    if kept_apart and request.user.role != Role.SUPERVISOR:
        context = {"verification": verification, "is_kept_apart": True, **list_context(request)}
        return render(request, "insurance/raw.html", context, status=403)
    with transaction.atomic():
        audit.record(
            actor=request.user,
            verb=Verb.RAW,
            subject=verification.public_id,
            reason=form.cleaned_data["why"],
        )
        attempts = list(verification.tries.filter(raw_response__isnull=False).order_by("number"))
        answers = [(attempt, attempt.raw_response.decode("utf-8", "replace")) for attempt in attempts]
        return render(
            request,
            "insurance/raw.html",
            {"verification": verification, "answers": answers, **list_context(request)},
        )


@require_POST
@of_request
@in_the_callers_language
def sheet(request: StaffRequest, verification: Verification) -> HttpResponse:
    """A page to print or read out; handing it over is a disclosure."""
    with transaction.atomic():
        consent.disclose(
            verification=verification,
            recipient=Disclosure.Recipient.CALLER,
            what="answer sheet",
            by=request.user,
        )
        audit.record(
            actor=request.user,
            verb=Verb.EXPORTED,
            subject=verification.public_id,
            reason="for the caller",
            act="sheet",
        )
    context = {
        **context_of(request, verification),
        "notice": consent.NOTICE,
        "agreed_to": consent.copy_of(verification.consent) if verification.consent else [],
    }
    return render(request, "insurance/sheet.html", context)


@require_POST
@of_request
def status_link(request: StaffRequest, verification: Verification) -> HttpResponse:
    """A new link to the progress page, shown once; the one before stops working."""
    link = statuslink.new(verification=verification, by=request.user)
    return show(request, verification, status_link=link)
