"""Answers grow old. When one does, it expires and a child asks again; a carve-out gets a child of its own.

An answer is old after 30 days, on the first of the month for Medicaid, when the plan's year ends, and on the day
before admission, whichever comes first.
"""

import logging
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from insurance import intake
from insurance.models import BenefitSnapshot, Casework, ManualCall, Note, Priority, Verification
from insurance.states import Determination, Reason, State, move
from programs.models import Payer
from programs.models.payer import PayerKind

GOOD_FOR = timedelta(days=30)
MEDICAID = frozenset({PayerKind.MEDICAID, PayerKind.MEDICAID_PLAN})
ASKED_ABOUT = (  # what a child asks anew in the parent's words
    *("payer", "consent", "level_of_care", "condition", "admission_on", "member_id", "group_number"),
    *("subscriber_first_name", "subscriber_last_name", "subscriber_birth_date", "subscriber_sex", "relationship"),
    *("patient_first_name", "patient_last_name", "patient_birth_date", "patient_sex"),
    *("caller_name", "phone", "email", "contact_notes", "card_phone", "created_by"),
)
HANDED_ON = ("owner", "asking_for", "may_leave_message", "language", "state", "zip", "time_zone", "wants_call")

log = logging.getLogger(__name__)


def answer(verification: Verification, snapshot: BenefitSnapshot, *, now: datetime) -> dict[str, Any]:
    """The columns of a finished verification."""
    return {
        "determination": snapshot.determination,
        "evidence_level": snapshot.evidence_level,
        "completed_at": now,
        "stale_at": stale_at(verification, snapshot, now=now)[0],
    }


def stale_at(verification: Verification, snapshot: BenefitSnapshot, *, now: datetime) -> tuple[datetime, Reason]:
    """When this answer is old, and why then: the earliest of the rules that hold for it."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = min(now, _oldest_part(snapshot) or now).astimezone(zone).date()
    days = [(today + GOOD_FOR, Reason.STALE)]
    if verification.payer.kind in MEDICAID:
        days.append((_first_of_next_month(today), Reason.NEW_MONTH))
    plan_year = _plan_year_end(snapshot)
    if plan_year and today <= plan_year < today + GOOD_FOR:  # a later one plays no part, be it the year 9999
        days.append((plan_year + timedelta(days=1), Reason.NEW_PLAN_YEAR))
    if verification.admission_on and verification.admission_on - timedelta(days=1) > today:
        days.append((verification.admission_on - timedelta(days=1), Reason.BEFORE_ADMISSION))
    day, reason = min(days, key=lambda pair: pair[0])
    return datetime.combine(day, time(6), zone), reason


def _oldest_part(snapshot: BenefitSnapshot) -> datetime | None:
    """When the oldest value was learned that a call has left as it was."""
    since = snapshot.data.get("since")
    return datetime.fromisoformat(since) if since else None


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _plan_year_end(snapshot: BenefitSnapshot) -> date | None:
    """The last day of the plan, if the payer told it."""
    ends = (snapshot.data.get("plan") or {}).get("ends")
    return date.fromisoformat(ends) if ends else None


def stale() -> QuerySet[Verification]:
    """Finished answers that are old and matter still: nobody has closed the call they were for.

    An answer that somebody is correcting by phone right now is left to them; one from a carve-out goes with its parent.
    """
    on_the_phone = ManualCall.objects.filter(verification=OuterRef("pk"), ended_at=None)
    watched = Verification.objects.filter(~Exists(on_the_phone), state=State.COMPLETED, stale_at__lte=Now())
    watched = watched.exclude(casework__closed_at__isnull=False).exclude(origin=Verification.Origin.CARVE_OUT)
    return watched.order_by("stale_at", "pk")


def renew_stale(limit: int = 50) -> int:
    """Expire up to `limit` old answers, each with its child, and say how many. Several sweepers may do it at once."""
    renewed = 0
    for pk in stale().values_list("pk", flat=True)[:limit]:
        try:
            with transaction.atomic():
                found = stale().filter(pk=pk).select_related("payer", "consent")
                row = found.select_for_update(of=("self",), skip_locked=True).first()
                if row is not None:
                    renew(row)
                    renewed += 1
        except Exception:  # one that cannot be read does not keep the others from growing young
            log.exception("An old answer could not be asked for again; it is tried again in an hour.")
            Verification.objects.filter(pk=pk).update(stale_at=Now() + timedelta(hours=1))
    return renewed


def renew(verification: Verification) -> Verification | None:
    """Expire it, and ask again unless the consent is gone."""
    snapshot = verification.snapshots.filter(superseded_at=None).first()
    reason = Reason.STALE
    if snapshot is not None and verification.completed_at is not None:
        reason = stale_at(verification, snapshot, now=verification.completed_at)[1]
    move(verification, State.EXPIRED, reason=reason)
    carved_out = verification.children.filter(origin=Verification.Origin.CARVE_OUT, state=State.COMPLETED)
    promised = carved_out.exclude(casework__closed_at__isnull=False).values_list("call_after", flat=True)
    verification.call_after = min(filter(None, [verification.call_after, *promised]), default=None)
    for other in carved_out:
        move(other, State.EXPIRED, reason=reason)  # the new answer says anew whom to ask
    if verification.consent is None or not verification.consent.is_live:
        return None
    return open_child(verification, origin=Verification.Origin.REVERIFY)


def open_child(parent: Verification, *, origin: Verification.Origin, payer: Payer | None = None) -> Verification:
    """The same question again, or to another payer of the same plan, with the same consent and programs."""
    child = Verification(
        **{name: getattr(parent, name) for name in ASKED_ABOUT},
        parent=parent,
        origin=origin,
        call_after=parent.call_after if origin == Verification.Origin.REVERIFY else None,
        channel=Verification.Channel.ENGINE,
        priority=parent.priority if origin == Verification.Origin.CARVE_OUT else Priority.BACKGROUND,
    )
    if payer is not None:
        child.payer = payer
    programs = [row.program for row in parent.compared_programs.select_related("program")]
    key = uuid.uuid5(parent.submission_key, f"{origin}:{parent.version}")  # the same child, however often it is opened
    submitted = intake.submit(child, programs=programs, submission_key=key)
    if submitted.is_new:
        _hand_on_casework(parent, submitted.verification)
    elif origin == Verification.Origin.REVERIFY and submitted.verification.parent_id != parent.pk:
        _hand_on_to_twin(parent, submitted.verification)
    return submitted.verification


def _hand_on_casework(parent: Verification, child: Verification) -> None:
    """Whoever looks after the caller, and how it is safe to reach them, holds for the next question too."""
    kept = _open_casework(parent)
    if kept is not None:
        Casework.objects.create(verification=child, **{name: getattr(kept, name) for name in HANDED_ON})


def _hand_on_to_twin(parent: Verification, twin: Verification) -> None:
    """Another request asks the same already: there the caller is looked after and called back from now on."""
    kept = _open_casework(parent)
    if kept is None:
        return
    Verification.objects.filter(pk=twin.pk, call_after=None).update(call_after=parent.call_after)
    handed_on = {name: getattr(kept, name) for name in HANDED_ON}
    Casework.objects.get_or_create(verification=twin, defaults=handed_on)
    theirs = Casework.objects.filter(verification=twin)
    theirs.filter(closed_at__isnull=False).update(outcome="", closed_at=None, closed_by=None)  # this caller waits still
    theirs.filter(owner=None).update(owner=kept.owner)
    words = _("{number} asked the same and is out of date now. Its notes and how to reach the caller are there.")
    Note.objects.create(verification=twin, author=None, text=words.format(number=parent.public_id))


def _open_casework(verification: Verification) -> Casework | None:
    return Casework.objects.filter(verification=verification, closed_at=None).first()


def open_carve_out(verification: Verification, snapshot: BenefitSnapshot) -> Verification | None:
    """The payer named the company that handles behavioral health: ask that one, once, with the same consent."""
    if snapshot.determination != Determination.CARVE_OUT_CONTACT or verification.origin == "carve_out":
        return None
    other = named_payer(snapshot)
    if other is None or other.pk == verification.payer_id:
        return None
    asked = verification.children.filter(origin=Verification.Origin.CARVE_OUT, payer=other)
    current = asked.exclude(state__in=(State.EXPIRED, State.CANCELLED)).order_by("-pk").first()
    return current or open_child(verification, origin=Verification.Origin.CARVE_OUT, payer=other)


def named_payer(snapshot: BenefitSnapshot) -> Payer | None:
    """The administrator of the answer, if it can be only one of the payers we know.

    What is told to the wrong company cannot be taken back; where it might be another one a person asks.
    """
    for contact in snapshot.data.get("contacts", []):
        if contact["role"] != "administrator":
            continue
        found = {*_with_code(contact["payer_code"]), *_called(contact["name"])}
        if len(found) == 1:
            return found.pop()
    return None


def _with_code(code: str) -> QuerySet[Payer]:
    """Those that a gateway knows by this code."""
    return Payer.objects.filter(routes__payer_code=code) if code.strip() else Payer.objects.none()


def _called(name: str) -> list[Payer]:
    """Those of this very name, else those that are also called so. A part of a name is another company's too."""
    wanted = " ".join(name.split()).casefold()
    if not wanted:
        return []
    payers = list(Payer.objects.only("pk", "name", "aliases"))
    named = [payer for payer in payers if payer.name.casefold() == wanted]
    return named or [payer for payer in payers if wanted in {alias.casefold() for alias in payer.aliases}]
