"""Reports that a listing is wrong: taken in with a clock, closed with an answer."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from programs.models import ProblemReport, Program

# Hours until a curator must have looked: a dead number costs a frightened caller the evening.
HOURS = {ProblemReport.Kind.PHONE: 24, ProblemReport.Kind.CLOSED: 24}
OTHER_HOURS = 72


@transaction.atomic
def report(*, program: Program, kind: str, message: str = "") -> ProblemReport:
    """Open a report on `program`; its `code` is the public status link."""
    due_at = timezone.now() + dt.timedelta(hours=HOURS.get(ProblemReport.Kind(kind), OTHER_HOURS))
    return ProblemReport.objects.create(program=program, kind=kind, message=message, due_at=due_at)


@transaction.atomic
def answer(*, report: ProblemReport, state: str, words: str = "") -> ProblemReport:
    """Move a report on: being checked, fixed, or checked and not changed; the words are shown to the reporter."""
    done = state in (ProblemReport.State.FIXED, ProblemReport.State.NOT_CHANGED)
    report.state, report.answer = state, words
    report.closed_at = timezone.now() if done else None
    report.save(update_fields=["state", "answer", "closed_at"])
    return report
