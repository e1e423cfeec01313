"""What curators do to listings: confirm, record a payer's word, publish, close, merge, undo a merge.

Every act is one transaction that also renews the search record, and is called with names only. What is done
to many listings at once (`…_all`) is a transaction for every few hundred, so that nobody waits long for its locks.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import pghistory
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programs.choices import CareLevel, Status
from programs.models import (
    Confirmation,
    DuplicateCandidate,
    Merge,
    Payer,
    PayerAcceptance,
    Phone,
    ProblemReport,
    Program,
    SessionBlock,
    SourceRecord,
    plausible,
)
from programs.models.evidence import Method, Topic
from programs.models.payer import AcceptanceSource, Network
from programs.search import record

# How far a word about a payer can be trusted; a lower rung never overwrites a higher one that is still young.
RUNGS = [AcceptanceSource.PROGRAM, AcceptanceSource.CURATOR_CALL, AcceptanceSource.BENEFITS_CHECK]
TRUSTED_DAYS = 90
AT_ONCE = 500  # listings in one transaction of an act on many
BUSY = gettext_lazy("An import or a colleague is changing this just now. Wait a minute, then save again.")
SHOWN = [Status.DRAFT, Status.CLOSED, Status.PUBLISHED]  # from what nobody sees to what everybody finds

Refused = list[tuple[Program, str]]  # listings that an act on many left as they were, and why


class CurationError(Exception):
    """Why an act is not possible, in words for the curator."""


@transaction.atomic
def confirm(
    *,
    program: Program,
    topic: str,
    method: str = Method.CALL,
    by: AbstractBaseUser | None = None,
    on: dt.date | None = None,
    note: str = "",
) -> Confirmation:
    """Note that one topic of a program was checked; on the same day, topic and method it is noted once."""
    _locked(program.pk).get()  # two curators at once note it once
    told = _told(topic, method, on)
    same = Confirmation.objects.filter(program=program, **told)
    confirmation = same.first() or Confirmation.objects.create(
        program=program, by_id=by.pk if by else None, note=note, **told
    )
    record.write([program.pk])
    return confirmation


@transaction.atomic
def accept(
    *,
    program: Program,
    payer: Payer,
    network: str,
    source: str,
    as_of: dt.date | None = None,
    plan_note: str = "",
) -> PayerAcceptance:
    """Keep what is said about a program and a payer, unless what we have is better and still young.

    A benefits check stands before what others say only as long as it counts: their newest word is kept beside it.
    """
    as_of = as_of or timezone.localdate()
    new = {"network": Network(network), "source": AcceptanceSource(source), "as_of": as_of, "plan_note": plan_note}
    acceptance, created = PayerAcceptance.objects.select_for_update(of=("self",)).get_or_create(
        program=program, payer=payer, defaults=new
    )
    if created:
        record.write([program.pk])
        return acceptance
    is_check, was_check = (each == AcceptanceSource.BENEFITS_CHECK for each in (source, acceptance.source))
    if is_check and not was_check:
        acceptance.told = _word(acceptance)
    if is_check:
        new["plan_note"] = plan_note or acceptance.plan_note
    if not _is_better(acceptance, source, as_of):
        _set(acceptance, new | ({} if is_check else {"told": None}))
    elif was_check and not is_check and (acceptance.told or {}).get("as_of", "") <= as_of.isoformat():
        acceptance.told = {**new, "as_of": as_of.isoformat()}
    acceptance.save()
    record.write([program.pk])
    return acceptance


@transaction.atomic
def expire_checks(*, before: dt.date) -> int:
    """Checks older than that confirm nothing any more: what others say counts again; if nobody does, nothing."""
    old = PayerAcceptance.objects.filter(source=AcceptanceSource.BENEFITS_CHECK, as_of__lt=before)
    expired = list(old.select_for_update(of=("self",), skip_locked=True))
    for acceptance in expired:
        if acceptance.told is None:
            acceptance.delete()
        else:
            _set(acceptance, {**acceptance.told, "told": None})
            acceptance.save()
    record.write([acceptance.program_id for acceptance in expired])
    return len(expired)


def _word(acceptance: PayerAcceptance) -> dict[str, str]:
    return {
        "network": acceptance.network,
        "source": acceptance.source,
        "as_of": acceptance.as_of.isoformat(),
        "plan_note": acceptance.plan_note,
    }


def _set(acceptance: PayerAcceptance, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(acceptance, name, value)


def _is_better(have: PayerAcceptance, source: str, as_of: dt.date) -> bool:
    if RUNGS.index(AcceptanceSource(have.source)) > RUNGS.index(AcceptanceSource(source)):
        return (as_of - have.as_of).days < TRUSTED_DAYS
    return have.as_of > as_of


@transaction.atomic
def publish(*, program: Program) -> Program:
    """Show a draft, or open a closed program again."""
    program.refresh_from_db(from_queryset=_locked(program.pk))  # it may have been merged since it was read
    _publish(program)
    program.save(update_fields=["status", "closed_on", "updated_at"])
    record.write([program.pk])
    return program


@transaction.atomic
def close(*, program: Program, on: dt.date | None = None) -> Program:
    """The program is no more. Its page stays, says so, and shows others nearby."""
    program.refresh_from_db(from_queryset=_locked(program.pk))
    _close(program, on)
    program.save(update_fields=["status", "closed_on", "updated_at"])
    record.write([program.pk])
    return program


def publish_all(*, ids: Collection[int]) -> tuple[int, Refused]:
    """Publish many; returns how many are, and which were refused and why."""
    return _in_parts(ids, lambda programs: _change(programs, _publish))


def close_all(*, ids: Collection[int]) -> tuple[int, Refused]:
    """Close many; returns how many are, and which were refused and why."""
    return _in_parts(ids, lambda programs: _change(programs, _close))


def confirm_all(
    *, ids: Collection[int], topic: str, method: str = Method.CALL, by: AbstractBaseUser | None = None
) -> tuple[int, Refused]:
    """Note today that one topic of many programs was checked; returns of how many, and which were refused and why."""
    told, by_id = _told(topic, method, None), by.pk if by else None

    def note(programs: Sequence[Program]) -> Refused:
        noted = set(Confirmation.objects.filter(program__in=programs, **told).values_list("program", flat=True))
        new = [Confirmation(program=one, by_id=by_id, **told) for one in programs if one.pk not in noted]
        Confirmation.objects.bulk_create(new)
        return []

    return _in_parts(ids, note)


def _publish(program: Program) -> None:
    if program.status == Status.MERGED:
        raise CurationError(_("A merged program is published by undoing its merge."))
    if program.level_of_care != CareLevel.IOP:
        raise CurationError(
            _("Only intensive outpatient programs (IOP) are published: set its level of care once it is confirmed.")
        )
    if program.is_virtual_only and not program.virtual_states:
        raise CurationError(plausible.NO_STATES)
    program.status, program.closed_on = Status.PUBLISHED, None


def _close(program: Program, on: dt.date | None = None) -> None:
    if program.status == Status.MERGED:
        raise CurationError(_("This program was merged into another; close that one."))
    program.status, program.closed_on = Status.CLOSED, on or program.closed_on or timezone.localdate()


def _in_parts(ids: Collection[int], act: Callable[[Sequence[Program]], Refused]) -> tuple[int, Refused]:
    """One act on many listings, each part of them in a transaction of its own that renews its search records once."""
    done, refused, ordered = 0, Refused(), sorted(ids)
    for at in range(0, len(ordered), AT_ONCE):
        with transaction.atomic():
            part = Program.objects.filter(pk__in=ordered[at : at + AT_ONCE])
            # Whoever waited here for an import's rows would hold others that the import waits for.
            programs = list(part.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk"))
            left = act(programs)
            record.write({one.pk for one in programs} - {one.pk for one, _why in left})
        done += len(programs) - len(left)
        refused += left + [(one, str(BUSY)) for one in part.exclude(pk__in=[one.pk for one in programs])]
    return done, refused


def _change(programs: Sequence[Program], act: Callable[[Program], None]) -> Refused:
    changed, refused = [], Refused()
    for program in programs:
        try:
            act(program)
        except CurationError as error:
            refused.append((program, str(error)))
            continue
        program.updated_at = timezone.now()
        changed.append(program)
    Program.objects.bulk_update(changed, ["status", "closed_on", "updated_at"])
    return refused


def _told(topic: str, method: str, on: dt.date | None) -> dict[str, Any]:
    """What makes two confirmations of a program the same; none is of a day to come."""
    today = timezone.localdate()
    return {"topic": Topic(topic), "method": Method(method), "confirmed_on": min(on or today, today)}


@transaction.atomic
def merge(*, loser: Program, winner: Program, by: AbstractBaseUser | None = None) -> Merge:
    """Two listings are one program: the loser's page leads to the winner, its evidence moves over.

    What was moved is kept with the merge, so that `unmerge` can put it back.
    """
    if loser.pk == winner.pk:
        raise CurationError(_("A program cannot be merged into itself."))
    loser, winner = _pair(loser.pk, winner.pk)
    _refuse(loser, winner)
    with pghistory.context(act="merge", by=str(by or "")):
        moved: dict[str, Any] = {name: _move(rows, winner) for name, rows in _movable(loser, winner).items()}
        moved["word"] = _take_better_words(loser, winner)
        moved["program"] = _redirect(loser.merged_from.all(), winner)
        made = Merge.objects.create(
            loser=loser,
            winner=winner,
            by_id=by.pk if by else None,
            moved=moved,
            status_before=loser.status,
            closed_before=loser.closed_on,
        )
        loser.status, loser.merged_into, loser.closed_on = Status.MERGED, winner, None
        loser.save(update_fields=["status", "merged_into", "closed_on", "updated_at"])
        _candidates(loser, winner).update(verdict=DuplicateCandidate.Verdict.MERGED)
        record.write([loser.pk, winner.pk])
    return made


def _refuse(loser: Program, winner: Program) -> None:
    """Raise if these two cannot become one."""
    if Status.MERGED in (loser.status, winner.status):
        raise CurationError(_("One of the two was merged before."))
    if loser.is_sample != winner.is_sample:
        raise CurationError(_("One of the two is sample data; it cannot be the same program as a real one."))
    if SHOWN.index(Status(loser.status)) > SHOWN.index(Status(winner.status)):
        raise CurationError(
            _("The listing to keep is a draft or closed, so the other one would disappear: publish it first.")
        )


@transaction.atomic
def unmerge(*, merge: Merge, by: AbstractBaseUser | None = None) -> Program:
    """Take a merge back: what it moved, and what still is where it put it, returns to the loser as it was before.

    Merges of one program are taken back from the newest to the oldest: else what the later one carried on
    would be looked for where it no longer is.
    """
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at:
        raise CurationError(_("This merge was undone before."))
    loser, winner = _pair(merge.loser_id, merge.winner_id)
    if winner.merges_won.filter(undone_at=None, pk__gt=merge.pk).exists():
        raise CurationError(_("Another listing was merged into the same one since: undo that merge first."))
    if winner.status == Status.MERGED:
        raise CurationError(_("The listing that was kept has itself been merged since: undo the later merge first."))
    with pghistory.context(act="unmerge", by=str(by or "")):
        for name, kind in MOVABLE.items():
            ours = kind.model.objects.filter(pk__in=merge.moved.get(name, []), program=winner)
            _lacking(loser, ours, kind.key).update(program=loser)
        _give_words_back(winner, merge.moved.get("word", []))
        winner.merged_from.filter(pk__in=merge.moved.get("program", [])).update(merged_into=loser)
        loser.status, loser.closed_on, loser.merged_into = merge.status_before, merge.closed_before, None
        loser.save(update_fields=["status", "closed_on", "merged_into", "updated_at"])
        merge.undone_at = timezone.now()
        merge.save(update_fields=["undone_at"])
        merged = _candidates(loser, winner).filter(verdict=DuplicateCandidate.Verdict.MERGED)
        merged.update(verdict=DuplicateCandidate.Verdict.OPEN)
        record.write([loser.pk, winner.pk])
    return loser


@transaction.atomic
def keep_apart(*, candidate: DuplicateCandidate) -> DuplicateCandidate:
    """The two are not the same; an import does not ask again."""
    if candidate.verdict == DuplicateCandidate.Verdict.MERGED:
        raise CurationError(_("They are merged; undo the merge first."))
    candidate.verdict = DuplicateCandidate.Verdict.DISTINCT
    candidate.save(update_fields=["verdict"])
    return candidate


class Movable(NamedTuple):
    """Rows that a merge moves; two that are alike in `key` say the same of a program (without a key, no two do)."""

    model: Any
    key: tuple[str, ...] = ()


MOVABLE = {
    "sourcerecord": Movable(SourceRecord),
    "confirmation": Movable(Confirmation, ("topic", "method", "confirmed_on")),
    "problemreport": Movable(ProblemReport),
    "payeracceptance": Movable(PayerAcceptance, ("payer",)),
    "phone": Movable(Phone, ("number",)),
    "session": Movable(SessionBlock, ("track", "weekday", "starts")),
}


def _locked(*ids: int) -> models.QuerySet[Program]:
    """No key lock: what only points at these listings need not wait."""
    return Program.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")


def _pair(loser_id: int, winner_id: int) -> tuple[Program, Program]:
    locked = {one.pk: one for one in _locked(loser_id, winner_id)}
    return locked[loser_id], locked[winner_id]


def _candidates(one: Program, other: Program) -> models.QuerySet[DuplicateCandidate]:
    return DuplicateCandidate.objects.filter(first_id=min(one.pk, other.pk), second_id=max(one.pk, other.pk))


def _movable(loser: Program, winner: Program) -> dict[str, Any]:
    """The loser's rows that the winner takes: where they come from, what people reported, and facts it has not told.

    A confirmation is of the facts it stood beside: it goes with those that move, and vouches for no others.
    """
    schedule = loser.sessions.none() if winner.sessions.exists() else loser.sessions.all()
    rows: dict[str, Any] = {
        "sourcerecord": loser.sources.all(),
        "confirmation": loser.confirmations.filter(topic__in=_moving_topics(loser, winner)),
        "problemreport": loser.problem_reports.all(),
        "payeracceptance": loser.payer_acceptances.all(),
        "phone": loser.phones.all(),
        "session": schedule,
    }
    return {name: _lacking(winner, of, MOVABLE[name].key) for name, of in rows.items()}


def _moving_topics(loser: Program, winner: Program) -> list[Topic]:
    """The topics of which the loser tells something that moves, and the winner told nothing."""
    weeks = (winner.hours_per_week, winner.weeks_min, winner.weeks_max)
    pairs = [
        (Topic.PHONE, loser.phones.exists(), winner.phones.exists()),
        (Topic.PAYERS, loser.payer_acceptances.exists(), winner.payment_types or winner.payer_acceptances.exists()),
        (Topic.SCHEDULE, loser.sessions.exists(), any(weeks) or winner.sessions.exists()),
    ]
    return [topic for topic, moves, is_told in pairs if moves and not is_told]


def _lacking(program: Program, rows: Any, key: Sequence[str]) -> Any:
    """Those of the rows that say what the program does not say already."""
    if not key:
        return rows
    same = rows.model.objects.filter(program=program, **{name: models.OuterRef(name) for name in key})
    return rows.filter(~models.Exists(same))


def _move(rows: Any, winner: Program) -> list[int]:
    ids = list(rows.values_list("pk", flat=True))
    rows.model.objects.filter(pk__in=ids).update(program=winner)
    return ids


def _take_better_words(loser: Program, winner: Program) -> list[dict[str, Any]]:
    """Of a payer that both name, the better word stands; returns what it stands in place of, for the undo."""
    theirs = {acceptance.payer_id: acceptance for acceptance in loser.payer_acceptances.all()}
    changed = []
    for acceptance in winner.payer_acceptances.select_for_update(of=("self",)).filter(payer__in=theirs):
        before, after = _words(acceptance), _standing(acceptance, theirs[acceptance.payer_id])
        if after != before:
            _set(acceptance, after)
            acceptance.save()
            changed.append({"id": acceptance.pk, "before": before, "after": after})
    return changed


def _standing(ours: PayerAcceptance, theirs: PayerAcceptance) -> dict[str, Any]:
    """What would stand if both had been told of one program, in the order of their days."""
    older, newer = sorted([theirs, ours], key=lambda one: one.as_of)
    best, other = (older, newer) if _is_better(older, newer.source, newer.as_of) else (newer, older)
    if best.source != AcceptanceSource.BENEFITS_CHECK:
        return _words(best)
    others = _word(other) if other.source != AcceptanceSource.BENEFITS_CHECK else other.told
    told = max(filter(None, [best.told, others]), key=lambda word: word["as_of"], default=None)
    return {**_word(best), "plan_note": best.plan_note or other.plan_note, "told": told}


def _give_words_back(winner: Program, changed: Sequence[dict[str, Any]]) -> None:
    """What was said of a payer before the merge, unless something newer was said since."""
    for word in changed:
        acceptance = winner.payer_acceptances.select_for_update(of=("self",)).filter(pk=word["id"]).first()
        if acceptance and _words(acceptance) == word["after"]:
            _set(acceptance, word["before"])
            acceptance.save()


def _words(acceptance: PayerAcceptance) -> dict[str, Any]:
    return {**_word(acceptance), "told": acceptance.told}


def _redirect(earlier: models.QuerySet[Program], winner: Program) -> list[int]:
    """What was merged into the loser before leads straight to the winner: no chain of redirects."""
    ids = list(earlier.values_list("pk", flat=True))
    Program.objects.filter(pk__in=ids).update(merged_into=winner)
    return ids
