"""Merging two listings and taking it back, in any order: no fact looks fresher, nothing is lost, nothing is stuck."""

from typing import Any

import pytest
from django.urls import reverse

from programs import curation
from programs.choices import Status
from programs.curation import CurationError
from programs.freshness import newest, shows_openings
from programs.models import Confirmation, DuplicateCandidate, Merge, PayerAcceptance, Program
from programs.models.evidence import Topic
from programs.models.payer import AcceptanceSource, Network
from programs.search import cards, record
from tests.factories import (
    ConfirmationFactory,
    DuplicateCandidateFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    PhoneFactory,
    ProgramFactory,
    SessionBlockFactory,
    SourceRecordFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db
CHECK, SAYS, CALL = AcceptanceSource.BENEFITS_CHECK, AcceptanceSource.PROGRAM, AcceptanceSource.CURATOR_CALL


@pytest.fixture
def curator(staff: Any, signed_in: Any) -> Any:
    return signed_in(staff("curator", name="Cora"))


def chain() -> tuple[list[Program], Merge, Merge]:
    """A went into B, then B into C."""
    programs = [ProgramFactory(name=name) for name in "ABC"]
    first = curation.merge(loser=programs[0], winner=programs[1])
    second = curation.merge(loser=programs[1], winner=programs[2])
    return programs, first, second


def undo(client: Any, *merges: Merge) -> str:
    ids = [merge.pk for merge in merges]
    url = reverse("admin:programs_merge_changelist")
    response = client.post(url, {"action": "undo", "_selected_action": ids}, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


# --- taking merges back, in their order ------------------------------------------------------------
def test_an_earlier_merge_waits_for_the_later_one_to_be_undone() -> None:
    (a, _b, c), first, second = chain()

    with pytest.raises(CurationError, match="later merge first"):
        curation.unmerge(merge=first)
    a.refresh_from_db()
    assert (a.status, a.merged_into) == (Status.MERGED, c)

    curation.unmerge(merge=second)
    curation.unmerge(merge=first)
    assert {one.status for one in Program.objects.all()} == {Status.PUBLISHED}
    assert not Program.objects.exclude(merged_into=None)


def test_the_page_says_which_merge_is_to_be_undone_first(curator: Any) -> None:
    _programs, first, _second = chain()

    assert "undo the later merge first" in undo(curator, first)
    assert Merge.objects.filter(undone_at=None).count() == 2


def test_a_chain_of_merges_that_is_ticked_as_a_whole_is_undone(curator: Any) -> None:
    _programs, first, second = chain()

    undo(curator, first, second)

    assert not Program.objects.filter(status=Status.MERGED)


def test_merges_that_older_versions_undid_in_the_wrong_order_can_be_undone_to_the_end() -> None:
    (a, b, c), first, second = chain()
    source = SourceRecordFactory(program=c)
    Merge.objects.filter(pk=second.pk).update(moved={"program": [a.pk], "sourcerecord": [source.pk]})
    Merge.objects.filter(pk=first.pk).delete()
    d = ProgramFactory(name="D")
    Program.objects.filter(pk=a.pk).update(status=Status.MERGED, merged_into=d)
    source.program = a
    source.save()

    curation.unmerge(merge=second)

    a.refresh_from_db()
    source.refresh_from_db()
    assert (a.merged_into, source.program) == (d, a)
    assert Program.objects.get(pk=b.pk).status == Status.PUBLISHED


def test_what_the_loser_was_told_anew_since_stays_beside_what_comes_back() -> None:
    loser, winner, payer = ProgramFactory(phone=None), ProgramFactory(), PayerFactory()
    PayerAcceptanceFactory(program=loser, payer=payer, network=Network.OUT_OF_NETWORK)
    PayerAcceptanceFactory(program=loser, payer=PayerFactory(badgercare=True))
    PhoneFactory(program=loser, number="+14145550299")
    merge = curation.merge(loser=loser, winner=winner)
    curation.accept(program=loser, payer=payer, network=Network.IN_NETWORK, source=CHECK)
    PhoneFactory(program=loser, number="+14145550299")

    curation.unmerge(merge=merge)

    assert loser.payer_acceptances.get(payer=payer).network == Network.IN_NETWORK
    assert loser.payer_acceptances.count() == 2
    assert loser.phones.count() == 1


def test_a_pair_is_to_be_decided_again_after_its_merge_was_undone() -> None:
    pair = DuplicateCandidateFactory()
    merge = curation.merge(loser=pair.second, winner=pair.first)

    curation.unmerge(merge=merge)

    pair.refresh_from_db()
    assert pair.verdict == DuplicateCandidate.Verdict.OPEN
    assert curation.keep_apart(candidate=pair).verdict == DuplicateCandidate.Verdict.DISTINCT


# --- what may be merged ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("loser", "winner"), [({}, {"draft": True}), ({}, {"closed": True}), ({"closed": True}, {"draft": True})]
)
def test_a_listing_never_disappears_into_one_that_is_shown_less(
    loser: dict[str, bool], winner: dict[str, bool]
) -> None:
    gone, kept = ProgramFactory(**loser), ProgramFactory(**winner)

    with pytest.raises(CurationError, match="would disappear"):
        curation.merge(loser=gone, winner=kept)
    gone.refresh_from_db()
    assert gone.merged_into is None

    curation.merge(loser=kept, winner=gone)


def test_keeping_the_draft_of_two_likely_twins_is_refused_on_the_page(curator: Any) -> None:
    pair = DuplicateCandidateFactory(first=ProgramFactory(draft=True), second=ProgramFactory())
    url = reverse("admin:programs_duplicatecandidate_changelist")

    page = curator.post(url, {"action": "keep_first", "_selected_action": [pair.pk]}, follow=True)

    assert "would disappear" in page.content.decode()
    assert Program.objects.get(pk=pair.second.pk).status == Status.PUBLISHED


def test_a_real_listing_and_a_fictional_one_are_never_the_same() -> None:
    real, fictional = ProgramFactory(), ProgramFactory(sample=True)

    for loser, winner in ((real, fictional), (fictional, real)):
        with pytest.raises(CurationError, match="sample data"):
            curation.merge(loser=loser, winner=winner)


# --- a confirmation vouches for the facts it stood beside ---------------------------------------------
def test_a_merge_makes_no_stale_fact_look_freshly_checked() -> None:
    loser = ProgramFactory(accepting_new=False, cost_per_week_min=300, cost_per_week_max=300)
    winner = ProgramFactory(accepting_new=True, cost_per_week_min=100, cost_per_week_max=120)
    for topic in Topic.values:
        ConfirmationFactory(program=loser, topic=topic, confirmed_on=days_ago(1))
        ConfirmationFactory(program=winner, topic=topic, confirmed_on=days_ago(400))
    PayerAcceptanceFactory(program=winner)
    SessionBlockFactory(program=winner)

    curation.merge(loser=loser, winner=winner)

    assert not shows_openings(winner)
    assert {one.confirmed_on for one in newest(winner.confirmations.all()).values()} == {days_ago(400)}
    assert not cards.read([winner.pk])[winner.pk].shows_openings(days_ago(0))


def test_facts_that_move_keep_the_day_they_were_checked_and_come_back_with_it() -> None:
    loser, winner = ProgramFactory(evening=True), ProgramFactory(phone=None)
    PayerAcceptanceFactory(program=loser)
    for topic in Topic.values:
        ConfirmationFactory(program=loser, topic=topic)
    moving = {Topic.PHONE, Topic.PAYERS, Topic.SCHEDULE}

    merge = curation.merge(loser=loser, winner=winner)

    assert set(winner.confirmations.values_list("topic", flat=True)) == moving
    assert (winner.phones.count(), winner.payer_acceptances.count(), winner.sessions.count()) == (1, 1, 3)

    curation.unmerge(merge=merge)
    assert set(loser.confirmations.values_list("topic", flat=True)) == set(Topic.values)
    assert (loser.phones.count(), loser.payer_acceptances.count(), loser.sessions.count()) == (1, 1, 3)
    assert not Confirmation.objects.filter(program=winner)


def test_what_the_winner_told_by_halves_is_not_vouched_for_by_the_losers_check() -> None:
    loser, winner = ProgramFactory(evening=True), ProgramFactory(medicaid=True, weeks_min=8, weeks_max=12)
    PayerAcceptanceFactory(program=loser)
    for topic in Topic.values:
        ConfirmationFactory(program=loser, topic=topic)

    curation.merge(loser=loser, winner=winner)

    assert not winner.confirmations.exists()
    assert (winner.payer_acceptances.count(), winner.sessions.count()) == (1, 3)


def test_a_schedule_is_never_mixed_of_two() -> None:
    loser, winner = ProgramFactory(evening=True), ProgramFactory(morning=True)

    curation.merge(loser=loser, winner=winner)

    assert set(winner.sessions.values_list("track", flat=True)) == {"Morning"}


def test_a_check_that_both_have_is_not_noted_twice() -> None:
    loser, winner = ProgramFactory(), ProgramFactory(phone=None)
    for program in (loser, winner):
        curation.confirm(program=program, topic=Topic.PHONE)

    curation.merge(loser=loser, winner=winner)

    assert winner.confirmations.count() == 1
    curation.confirm(program=winner, topic=Topic.PHONE)


# --- the better word about a payer stands ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("loser", "winner", "stands"),
    [
        ((CHECK, 1), (SAYS, 400), "loser"),
        ((CHECK, 30), (SAYS, 10), "loser"),  # a check still stands before what a program says
        ((CHECK, 200), (SAYS, 10), "winner"),  # too old to
        ((SAYS, 1), (CHECK, 30), "winner"),
        ((CALL, 5), (CALL, 20), "loser"),
        ((SAYS, 20), (SAYS, 20), "winner"),
    ],
)
def test_of_two_words_about_a_payer_the_better_one_stands(
    loser: tuple[str, int], winner: tuple[str, int], stands: str
) -> None:
    payer, programs = PayerFactory(), {"loser": ProgramFactory(), "winner": ProgramFactory()}
    for name, (source, age) in {"loser": loser, "winner": winner}.items():
        PayerAcceptanceFactory(
            program=programs[name], payer=payer, source=source, as_of=days_ago(age), plan_note=f"of the {name}"
        )
    before = list(PayerAcceptance.objects.order_by("pk").values())

    merge = curation.merge(**programs)

    word = programs["winner"].payer_acceptances.get()
    source, age = {"loser": loser, "winner": winner}[stands]
    assert (word.plan_note, word.source, word.as_of) == (f"of the {stands}", source, days_ago(age))

    curation.unmerge(merge=merge)
    assert list(PayerAcceptance.objects.order_by("pk").values()) == before


def test_what_the_winner_says_counts_again_when_the_losers_check_expires() -> None:
    payer, loser, winner = PayerFactory(), ProgramFactory(), ProgramFactory()
    PayerAcceptanceFactory(program=loser, payer=payer, source=CHECK, as_of=days_ago(80))
    PayerAcceptanceFactory(program=winner, payer=payer, source=SAYS, as_of=days_ago(10), network=Network.UNKNOWN)
    curation.merge(loser=loser, winner=winner)

    curation.expire_checks(before=days_ago(70))

    word = winner.payer_acceptances.get()
    assert (word.source, word.as_of, word.network) == (SAYS, days_ago(10), Network.UNKNOWN)


def test_what_was_told_of_a_payer_after_a_merge_outlives_its_undo() -> None:
    payer, loser, winner = PayerFactory(), ProgramFactory(), ProgramFactory()
    PayerAcceptanceFactory(program=loser, payer=payer, as_of=days_ago(5))
    PayerAcceptanceFactory(program=winner, payer=payer, as_of=days_ago(50))
    merge = curation.merge(loser=loser, winner=winner)
    curation.accept(program=winner, payer=payer, network=Network.NOT_ACCEPTED, source=CALL)

    curation.unmerge(merge=merge)

    assert winner.payer_acceptances.get().network == Network.NOT_ACCEPTED
    assert loser.payer_acceptances.get().as_of == days_ago(5)


def test_the_card_of_each_is_true_after_a_merge_and_after_its_undo() -> None:
    loser, winner = ProgramFactory(), ProgramFactory()
    PayerAcceptanceFactory(program=loser)
    record.write([loser.pk, winner.pk])
    merge = curation.merge(loser=loser, winner=winner)
    assert cards.read([winner.pk])[winner.pk].acceptances

    curation.unmerge(merge=merge)

    assert not cards.read([winner.pk])[winner.pk].acceptances
    assert cards.read([loser.pk])[loser.pk].acceptances


def test_of_two_merges_into_one_listing_the_later_is_undone_first() -> None:
    kept, first, second = (ProgramFactory() for _ in range(3))
    earlier, later = (curation.merge(loser=one, winner=kept) for one in (first, second))

    with pytest.raises(CurationError, match="undo that merge first"):
        curation.unmerge(merge=earlier)

    for merge in (later, earlier):
        curation.unmerge(merge=merge)
    assert {Program.objects.get(pk=one.pk).status for one in (first, second)} == {"published"}
