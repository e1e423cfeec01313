"""From a filled-in form to a request: what it would lead to, and logging it once and for all."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User, Verb
from insurance import desk, intake, integrity, membership, preflight
from insurance.forms import YES_NO, AskForm
from insurance.models import Casework, Consent, IntakeDraft, Note, StatusEvent, Verification
from insurance.states import Determination, Reason, State
from insurance.templatetags.desk import dialed
from programs.models import Place, Program

# Columns of a request that carry the name of the form's field.
COLUMNS = (
    *("payer", "condition", "member_id", "group_number", "relationship", "phone", "caller_name", "contact_notes"),
    *("subscriber_first_name", "subscriber_last_name", "subscriber_birth_date"),
)
PROGRAMS = ("program_1", "program_2", "program_3")
PATIENT_COLUMNS = ("patient_first_name", "patient_last_name", "patient_birth_date")

LONGEST_CONTACT_NOTES = 500


@dataclass(frozen=True)
class Preview:
    """What sending the form would do, told before it is sent."""

    verdict: preflight.Verdict | None
    duplicate: Verification | None
    programs: list[Program]
    hints: list[Promise | str]


def request_from(form: AskForm) -> Verification:
    """An unsaved request with what is right in a form so far."""
    data = form.cleaned_data
    is_self = data.get("relationship") in (None, "", Verification.Relationship.SELF)
    columns = COLUMNS if is_self else (*COLUMNS, *PATIENT_COLUMNS)
    verification = Verification(**{name: data[name] for name in columns if data.get(name)})
    verification.priority = data.get("priority") or verification.priority
    verification.admission_on = data.get("admission_on")
    return verification


def preview(form: AskForm) -> Preview:
    """Costs nothing and asks nobody: the answers that need no payer, and a request that is open already."""
    verification, programs = request_from(form), form.programs()
    verdict = preflight.judge(verification, programs)
    return Preview(verdict, _duplicate(verification), programs, _hints(verification))


def early(form: AskForm) -> Preview | None:
    """The same while the call is still being written, from what is right so far; None while it says nothing yet."""
    form.is_valid()
    if not form.cleaned_data.get("payer"):
        return None
    verification, programs = request_from(form), form.programs()
    verdict: preflight.Verdict | None = preflight.judge(verification, programs)
    if not programs or (verdict and verdict.reason in (Reason.MISSING_DETAILS, Reason.SUBMITTED)):
        verdict = None  # still to be asked for
    duplicate = _duplicate(verification) if verification.member_id else None
    hints = _hints(verification) if verification.member_id else []
    return Preview(verdict, duplicate, programs, hints) if verdict or duplicate or hints else None


def _duplicate(verification: Verification) -> Verification | None:
    return intake.asked_already(intake.dedupe_key(verification))


def _hints(verification: Verification) -> list[Promise | str]:
    """What to ask again before this is sent: an ID easily misread, a plan that had ended when we asked before."""
    found: list[Promise | str] = [*membership.hints(verification.member_id)]
    asked = Verification.objects.of_member(membership.index(verification.member_id)).filter(payer=verification.payer)
    last = asked.exclude(completed_at=None).order_by("-completed_at").first()
    if last and last.determination == Determination.INACTIVE:
        words = _("When we asked on {day}, this plan was not active. Ask if there is a newer card.")
        found.append(words.format(day=date_format(timezone.localdate(last.completed_at), "M j")))
    return found


@transaction.atomic
def send(form: AskForm, *, submission_key: uuid.UUID, by: User | None) -> intake.Submitted:
    """Log the request with its consent, casework and note, in one transaction. Sent twice it is one request."""
    before = Verification.objects.filter(submission_key=submission_key).first()
    if before:
        return intake.Submitted(before, is_new=False)
    added = Note.objects.filter(uid=_note_of(submission_key)).first()
    if added:
        IntakeDraft.objects.filter(uid=submission_key).delete()
        return intake.Submitted(added.verification, is_new=False)
    verification = request_from(form)
    verification.channel = Verification.Channel.DESK if by else Verification.Channel.PUBLIC
    verification.consent = _consent(form, by)
    submitted = intake.submit(verification, programs=form.programs(), submission_key=submission_key, actor=by)
    if submitted.is_new:
        _keep_beside(submitted.verification, form, by)
    else:
        Consent.objects.filter(pk=verification.consent.pk).delete()
        if by and submitted.verification.submission_key != submission_key:
            _add_call(submitted.verification, form, key=submission_key, by=by)
    IntakeDraft.objects.filter(uid=submission_key).delete()
    return submitted


@transaction.atomic
def receive(form: AskForm, *, submission_key: uuid.UUID) -> Verification:
    """A request from the public form. A question that is open already goes to a person instead of being answered by
    “we have that one”: whoever holds the card must not learn from us that somebody asked before."""
    before = Verification.objects.filter(submission_key=submission_key).first()
    if before:
        return before
    duplicate = preview(form).duplicate
    if duplicate is None:
        return send(form, submission_key=submission_key, by=None).verification
    verification = request_from(form)
    verification.channel = Verification.Channel.PUBLIC
    verification.consent = _consent(form, None)
    verification.submission_key = submission_key
    verification.member_index = membership.index(verification.member_id)
    verification.phone_index = membership.phone_index(verification.phone)
    verification.state, verification.state_reason = State.MANUAL_REQUIRED, Reason.SUBMITTED
    verification.save(force_insert=True)
    StatusEvent.objects.create(
        verification=verification, version=0, to_state=State.MANUAL_REQUIRED, reason=Reason.SUBMITTED
    )
    _keep_beside(verification, form, None)
    Note.objects.create(verification=verification, text=f"Same question as {duplicate.public_id}, which is open.")
    return verification


def _consent(form: AskForm, by: User | None) -> Consent:
    data = form.cleaned_data
    method = data.get("consent_method") or Consent.Method.ONLINE
    return Consent.objects.create(
        scopes=form.scopes(),
        method=method,
        given_by=data["caller_name"],
        witness=by if method == Consent.Method.VERBAL else None,
        text_version=data["consent_version"],
    )


def _keep_beside(verification: Verification, form: AskForm, by: User | None) -> None:
    data = form.cleaned_data
    Casework.objects.create(
        verification=verification,
        owner=by,
        asking_for=data["asking_for"],
        may_leave_message={"yes": True, "no": False}.get(data["may_leave_message"]),
        language=data["language"],
        state=data["state"],
        zip=data["zip"],
        time_zone=time_zone_of(data["zip"], data["state"]),
        wants_call=bool(data.get("wants_call")) or data.get("safe") == "no",
    )
    if data.get("note"):
        Note.objects.create(verification=verification, author=by, text=data["note"])
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="logged")


def _add_call(verification: Verification, form: AskForm, *, key: uuid.UUID, by: User) -> None:
    """Another call about a question that is open: nothing that was typed is lost, and the stricter wish holds.

    Sent twice it is one call.
    """
    casework = desk.casework_of(verification)
    told = " · ".join([_how_to_reach(form), *_what_differs(form, verification, casework)])
    if not _add_note(verification, told, uid=_note_of(key), by=by):
        return
    data = form.cleaned_data
    may = data["may_leave_message"] == "yes" and casework.may_leave_message is not False
    wants_call = casework.wants_call or data.get("safe") == "no"
    Casework.objects.filter(pk=casework.pk).update(may_leave_message=may, wants_call=wants_call)
    _warn_on_top(verification, data["contact_notes"])
    if data.get("note"):
        _add_note(verification, data["note"], uid=uuid.uuid5(key, "note"), by=by)
    content = integrity.mark(verification)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="another call added", content=content)


def _note_of(key: uuid.UUID) -> uuid.UUID:
    """The note that a form leaves on a request that was there before."""
    return uuid.uuid5(key, "reach")


def _add_note(verification: Verification, text: str, *, uid: uuid.UUID, by: User) -> bool:
    defaults = {"verification": verification, "author": by, "text": text}
    return Note.objects.get_or_create(uid=uid, defaults=defaults)[1]


def _how_to_reach(form: AskForm) -> str:
    """Who called and how it is safe to reach them, in the form's own words."""
    data = form.cleaned_data
    told = {
        "caller_name": data["caller_name"],
        "phone": dialed(data["phone"]),
        "may_leave_message": dict(YES_NO)[data["may_leave_message"]],
        "contact_notes": data["contact_notes"],
    }
    return " · ".join([_("Another call about the same question."), *_answers(form, told)])


def _what_differs(form: AskForm, verification: Verification, casework: Casework) -> list[str]:
    """What else was told, where the request says something else or nothing. A member ID is never in a note."""
    data = form.cleaned_data
    compared = set(verification.compared_programs.values_list("program_id", flat=True))
    told: dict[str, Any] = {}
    if data["language"] != casework.language:
        told["language"] = Casework.Language(data["language"]).label
    if data["state"] != casework.state:
        told["state"] = data["state"]
    if data["zip"] != casework.zip:
        told["zip"] = data["zip"]
    group = membership.canonical(data["group_number"])
    if group not in (membership.canonical(verification.group_number), membership.canonical(data["member_id"])):
        told["group_number"] = data["group_number"]
    for program in form.programs():
        if program.pk not in compared:
            told[next(name for name in PROGRAMS if data.get(name) == program)] = program.name
    first_day = data.get("admission_on")
    if first_day and first_day != verification.admission_on:
        told["admission_on"] = date_format(first_day, "M j, Y")
    return _answers(form, told)


def _answers(form: AskForm, told: dict[str, Any]) -> list[str]:
    return [f"{form.fields[name].label}: {value}".replace("?:", "?") for name, value in told.items() if value]


def _warn_on_top(verification: Verification, contact_notes: str) -> None:
    """How it is safe to reach them stands over the request, beside what was known; the note has it where both are too long."""
    both = " · ".join(filter(None, [verification.contact_notes, contact_notes]))
    if contact_notes and contact_notes not in verification.contact_notes and len(both) <= LONGEST_CONTACT_NOTES:
        verification.contact_notes = both
        verification.save(update_fields=["contact_notes"])


def time_zone_of(zip_code: str, state: str) -> str:
    """Where the caller's clock stands; empty if neither the ZIP nor the state tells."""
    places = Place.objects.filter(kind=Place.Kind.ZIP, key=zip_code) if zip_code else Place.objects.none()
    place = places.first() or Place.objects.filter(kind=Place.Kind.STATE, state=state).first()
    return place.time_zone if place else ""


def save_draft(*, uid: uuid.UUID, owner: User, fields: dict[str, Any]) -> IntakeDraft | None:
    """Keep what has been typed so far; None if this draft has become a request already, or is a colleague's."""
    if Verification.objects.filter(submission_key=uid).exists():
        return None
    draft, _is_new = IntakeDraft.objects.get_or_create(uid=uid, defaults={"owner": owner})
    if draft.owner_id != owner.pk:
        return None
    draft.data = fields
    draft.save(update_fields=["data", "updated_at"])
    return draft
