"""What curators do: confirm, keep a payer's word, publish, close, merge and take a merge back."""

import datetime as dt

import pytest
from django.db import connection

from programs import curation
from programs.choices import Status
from programs.curation import CurationError
from programs.models import DuplicateCandidate, Program, SearchRecord
from programs.models.evidence import Method, Topic
from programs.models.payer import AcceptanceSource, Network
from tests.factories import (
    DuplicateCandidateFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    PhoneFactory,
    ProblemReportFactory,
    ProgramFactory,
    SourceRecordFactory,
    UserFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db


def in_search(program: Program) -> bool:
    return SearchRecord.objects.filter(program_id=program.pk, rec__isnull=False).exists()


def test_a_confirmation_says_who_how_and_when_and_is_noted_once_a_day() -> None:
    program, curator = ProgramFactory(), UserFactory(role="curator")

    first = curation.confirm(program=program, topic=Topic.PHONE, by=curator)
    again = curation.confirm(program=program, topic=Topic.PHONE, by=curator)

    assert first == again
    assert (first.by, first.method, first.confirmed_on) == (curator, Method.CALL, days_ago(0))
    assert in_search(program)


def test_a_confirmation_is_never_of_tomorrow() -> None:
    confirmation = curation.confirm(program=ProgramFactory(), topic=Topic.COST, on=days_ago(-3))

    assert confirmation.confirmed_on == days_ago(0)


@pytest.mark.parametrize(
    ("source", "age", "kept"),
    [
        (AcceptanceSource.PROGRAM, 0, Network.IN_NETWORK),  # a tick does not beat a fresh benefits check
        (AcceptanceSource.BENEFITS_CHECK, 0, Network.OUT_OF_NETWORK),
        (AcceptanceSource.BENEFITS_CHECK, 60, Network.IN_NETWORK),  # older news of the same rung
    ],
)
def test_better_evidence_about_a_payer_stays(source: str, age: int, kept: str) -> None:
    have = PayerAcceptanceFactory(source=AcceptanceSource.BENEFITS_CHECK, as_of=days_ago(30))

    got = curation.accept(
        program=have.program, payer=have.payer, network=Network.OUT_OF_NETWORK, source=source, as_of=days_ago(age)
    )

    assert got.network == kept


def test_an_old_benefits_check_gives_way_to_the_programs_own_word() -> None:
    have = PayerAcceptanceFactory(source=AcceptanceSource.BENEFITS_CHECK, as_of=days_ago(200))

    got = curation.accept(
        program=have.program, payer=have.payer, network=Network.NOT_ACCEPTED, source=AcceptanceSource.PROGRAM
    )

    assert (got.network, got.source) == (Network.NOT_ACCEPTED, AcceptanceSource.PROGRAM)


def test_closing_and_opening_again() -> None:
    program = ProgramFactory()

    curation.close(program=program)
    assert (program.status, program.closed_on, in_search(program)) == (Status.CLOSED, days_ago(0), False)

    curation.publish(program=program)
    program.refresh_from_db()
    assert (program.status, program.closed_on, in_search(program)) == (Status.PUBLISHED, None, True)


def merged_pair() -> tuple[Program, Program, curation.Merge]:
    winner, loser = ProgramFactory(), ProgramFactory()
    SourceRecordFactory(program=loser)
    ProblemReportFactory(program=loser)
    shared = PayerFactory()
    PayerAcceptanceFactory(program=winner, payer=shared)
    PayerAcceptanceFactory(program=loser, payer=shared)
    PayerAcceptanceFactory(program=loser, payer=PayerFactory(badgercare=True))
    PhoneFactory(program=loser, number="+14145550299")
    DuplicateCandidateFactory(first=winner, second=loser)
    return winner, loser, curation.merge(loser=loser, winner=winner, by=UserFactory(role="curator"))


def test_a_merge_moves_the_evidence_and_leads_the_old_page_to_the_new() -> None:
    winner, loser, _made = merged_pair()

    loser.refresh_from_db()
    assert (loser.status, loser.merged_into, in_search(loser)) == (Status.MERGED, winner, False)
    assert winner.sources.count() == winner.problem_reports.count() == 1
    assert winner.payer_acceptances.count() == 2
    assert loser.payer_acceptances.count() == 1
    assert winner.phones.filter(number="+14145550299").exists()
    assert DuplicateCandidate.objects.get().verdict == DuplicateCandidate.Verdict.MERGED


def test_a_merge_can_be_undone_and_leaves_everything_as_it_was() -> None:
    winner, loser, made = merged_pair()

    curation.unmerge(merge=made)

    loser.refresh_from_db()
    assert (loser.status, loser.merged_into, in_search(loser)) == (Status.PUBLISHED, None, True)
    assert loser.sources.count() == loser.problem_reports.count() == 1
    assert (loser.payer_acceptances.count(), winner.payer_acceptances.count()) == (2, 1)
    assert loser.phones.count() == 2
    with pytest.raises(CurationError):
        curation.unmerge(merge=made)


def test_redirects_never_form_a_chain() -> None:
    first, second, third = ProgramFactory(), ProgramFactory(), ProgramFactory()
    curation.merge(loser=first, winner=second)

    made = curation.merge(loser=second, winner=third)
    first.refresh_from_db()
    assert first.merged_into == third

    curation.unmerge(merge=made)
    first.refresh_from_db()
    assert first.merged_into == second


def test_what_cannot_be_merged_says_why() -> None:
    one, other, gone = ProgramFactory(), ProgramFactory(), ProgramFactory()
    curation.merge(loser=gone, winner=other)

    for loser, winner in ((one, one), (gone, one), (one, gone)):
        with pytest.raises(CurationError):
            curation.merge(loser=loser, winner=winner)
    for act in (curation.publish, curation.close):
        gone.refresh_from_db()
        with pytest.raises(CurationError):
            act(program=gone)


def test_pairs_kept_apart_are_decided_for_good() -> None:
    pair = DuplicateCandidateFactory()

    assert curation.keep_apart(candidate=pair).verdict == DuplicateCandidate.Verdict.DISTINCT

    curation.merge(loser=pair.second, winner=pair.first)
    pair.refresh_from_db()
    with pytest.raises(CurationError):
        curation.keep_apart(candidate=pair)


def test_history_says_who_merged() -> None:
    _winner, loser, _made = merged_pair()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.metadata ->> 'act', c.metadata ->> 'by' FROM programs_programevent e "
            "JOIN pghistory_context c ON c.id = e.pgh_context_id WHERE e.pgh_obj_id = %s ORDER BY e.pgh_id DESC",
            [loser.pk],
        )
        act, by = cursor.fetchone()
    assert act == "merge"
    assert by.startswith("Person")


def test_closing_on_a_day_of_ones_own() -> None:
    assert curation.close(program=ProgramFactory(), on=dt.date(2026, 5, 3)).closed_on == dt.date(2026, 5, 3)
