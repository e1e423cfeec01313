"""What curators do to listings: confirm, record a payer's word, publish, close, merge, undo a merge.

Every act is one transaction that also renews the search record, and is called with names only.
"""

import datetime as dt
from typing import Any

import pghistory
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programs.choices import Status
from programs.models import (
    Confirmation,
    DuplicateCandidate,
    Merge,
    Payer,
    PayerAcceptance,
    Phone,
    ProblemReport,
    Program,
    SourceRecord,
)
from programs.models.evidence import Method, Topic
from programs.models.payer import AcceptanceSource, Network
from programs.search import record

# How far a word about a payer can be trusted; a lower rung never overwrites a higher one that is still young.
RUNGS = [AcceptanceSource.PROGRAM, AcceptanceSource.CURATOR_CALL, AcceptanceSource.BENEFITS_CHECK]
TRUSTED_DAYS = 90


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
    today = timezone.localdate()
    confirmation, _created = Confirmation.objects.get_or_create(
        program=program,
        topic=Topic(topic),
        method=Method(method),
        confirmed_on=min(on or today, today),
        defaults={"by": by, "note": note},
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
    if program.status == Status.MERGED:
        raise CurationError(_("A merged program is published by undoing its merge."))
    program.status, program.closed_on = Status.PUBLISHED, None
    program.save(update_fields=["status", "closed_on", "updated_at"])
    record.write([program.pk])
    return program


@transaction.atomic
def close(*, program: Program, on: dt.date | None = None) -> Program:
    """The program is no more. Its page stays, says so, and shows others nearby."""
    if program.status == Status.MERGED:
        raise CurationError(_("This program was merged into another; close that one."))
    program.status, program.closed_on = Status.CLOSED, on or timezone.localdate()
    program.save(update_fields=["status", "closed_on", "updated_at"])
    record.write([program.pk])
    return program


@transaction.atomic
def merge(*, loser: Program, winner: Program, by: AbstractBaseUser | None = None) -> Merge:
    """Two listings are one program: the loser's page leads to the winner, its evidence moves over.

    What was moved is kept with the merge, so that `unmerge` can put it back.
    """
    if loser.pk == winner.pk:
        raise CurationError(_("A program cannot be merged into itself."))
    locked = {one.pk: one for one in _locked(loser, winner)}
    loser, winner = locked[loser.pk], locked[winner.pk]
    if Status.MERGED in (loser.status, winner.status):
        raise CurationError(_("One of the two was merged before."))
    with pghistory.context(act="merge", by=str(by or "")):
        moved = {name: _move(rows, winner) for name, rows in _movable(loser, winner).items()}
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
        pair = {"first_id": min(loser.pk, winner.pk), "second_id": max(loser.pk, winner.pk)}
        DuplicateCandidate.objects.filter(**pair).update(verdict=DuplicateCandidate.Verdict.MERGED)
        record.write([loser.pk, winner.pk])
    return made


@transaction.atomic
def unmerge(*, merge: Merge, by: AbstractBaseUser | None = None) -> Program:
    """Take a merge back: what was moved returns to the loser, which is what it was before."""
    merge = Merge.objects.select_for_update(of=("self",)).select_related("loser", "winner").get(pk=merge.pk)
    if merge.undone_at:
        raise CurationError(_("This merge was undone before."))
    loser = merge.loser
    with pghistory.context(act="unmerge", by=str(by or "")):
        for name, ids in merge.moved.items():
            if name == "program":
                Program.objects.filter(pk__in=ids).update(merged_into=loser)
            else:
                MOVABLE[name].objects.filter(pk__in=ids).update(program=loser)
        loser.status, loser.closed_on, loser.merged_into = merge.status_before, merge.closed_before, None
        loser.save(update_fields=["status", "closed_on", "merged_into", "updated_at"])
        merge.undone_at = timezone.now()
        merge.save(update_fields=["undone_at"])
        record.write([loser.pk, merge.winner_id])
    return loser


@transaction.atomic
def keep_apart(*, candidate: DuplicateCandidate) -> DuplicateCandidate:
    """The two are not the same; an import does not ask again."""
    if candidate.verdict == DuplicateCandidate.Verdict.MERGED:
        raise CurationError(_("They are merged; undo the merge first."))
    candidate.verdict = DuplicateCandidate.Verdict.DISTINCT
    candidate.save(update_fields=["verdict"])
    return candidate


MOVABLE: dict[str, Any] = {
    "sourcerecord": SourceRecord,
    "confirmation": Confirmation,
    "problemreport": ProblemReport,
    "payeracceptance": PayerAcceptance,
    "phone": Phone,
}


def _locked(*programs: Program) -> models.QuerySet[Program]:
    ids = [program.pk for program in programs]
    return Program.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")


def _movable(loser: Program, winner: Program) -> dict[str, Any]:
    """The loser's rows that the winner takes: all evidence, and payers and numbers it does not have."""
    numbers = winner.phones.values_list("number", flat=True)
    return {
        "sourcerecord": loser.sources.all(),
        "confirmation": loser.confirmations.all(),
        "problemreport": loser.problem_reports.all(),
        "payeracceptance": loser.payer_acceptances.exclude(payer__in=winner.payer_acceptances.values("payer")),
        "phone": loser.phones.exclude(number__in=list(numbers)),
    }


def _move(rows: Any, winner: Program) -> list[int]:
    ids = list(rows.values_list("pk", flat=True))
    rows.model.objects.filter(pk__in=ids).update(program=winner)
    return ids


def _redirect(earlier: models.QuerySet[Program], winner: Program) -> list[int]:
    """What was merged into the loser before leads straight to the winner: no chain of redirects."""
    ids = list(earlier.values_list("pk", flat=True))
    Program.objects.filter(pk__in=ids).update(merged_into=winner)
    return ids
