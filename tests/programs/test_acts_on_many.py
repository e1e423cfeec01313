"""What a curator does to one listing, and to thousands by one tick: what cannot be done is named, the rest is done."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from programs import curation
from programs.choices import CareLevel, Status
from programs.curation import CurationError
from programs.models import Confirmation, Program, SearchRecord
from programs.models.evidence import Topic
from programs.search import record, run
from programs.search.query import Query
from tests.factories import ConfirmationFactory, ProgramFactory, days_ago
from tests.programs.test_admin import act

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(staff: Any, signed_in: Any) -> Any:
    return signed_in(staff("curator", name="Cora"))


def twice_checked() -> Program:
    """Two inlines or an older merge noted the same check twice."""
    program = ProgramFactory()
    for _ in range(2):
        ConfirmationFactory(program=program, topic=Topic.PHONE, confirmed_on=days_ago(0))
    return program


def test_a_check_that_stands_twice_is_noted_once_more_by_nobody() -> None:
    program = twice_checked()

    assert curation.confirm(program=program, topic=Topic.PHONE) in program.confirmations.all()
    assert program.confirmations.count() == 2


def test_one_listing_with_a_check_that_stands_twice_stops_no_others(curator: Any) -> None:
    programs = [ProgramFactory(), twice_checked(), ProgramFactory()]

    page = act(curator, "checked_phone", *programs)

    assert "3 listings marked." in page.content.decode()
    assert [one.confirmations.count() for one in programs] == [1, 2, 1]


@pytest.mark.parametrize("name", ["checked_phone", "close", "publish"])
def test_many_listings_cost_few_questions(curator: Any, name: str, django_assert_max_num_queries: Any) -> None:
    programs = ProgramFactory.create_batch(30)

    with django_assert_max_num_queries(50):
        act(curator, name, *programs)


@pytest.mark.parametrize("name", ["checked_phone", "close", "publish"])
def test_an_act_on_many_reaches_every_one_and_its_search_record(
    curator: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curation, "AT_ONCE", 2)
    programs = ProgramFactory.create_batch(5, draft=name == "publish")

    assert "5 listings" in act(curator, name, *programs).content.decode()

    assert run(Query()).count == (0 if name == "close" else 5)
    assert Confirmation.objects.count() == (5 if name == "checked_phone" else 0)
    assert {one.closed_on for one in Program.objects.all()} == {days_ago(0) if name == "close" else None}


def test_those_that_cannot_be_changed_are_named_and_the_others_are_changed(curator: Any) -> None:
    gone, kept, draft = ProgramFactory(name="Gone"), ProgramFactory(name="Kept"), ProgramFactory(draft=True)
    curation.merge(loser=gone, winner=kept)

    words = act(curator, "publish", gone, draft).content.decode()

    assert "Gone: A merged program is published by undoing its merge." in words
    assert "1 listing changed." in words
    assert Program.objects.get(pk=draft.pk).status == Status.PUBLISHED


def test_a_long_list_of_refusals_is_cut_short(curator: Any) -> None:
    drafts = ProgramFactory.create_batch(13, draft=True, level_of_care=None)

    words = act(curator, "publish", *drafts).content.decode()

    assert words.count("Only intensive outpatient programs") == 10
    assert "3 more were left as they were." in words


@pytest.mark.parametrize("level", [None, CareLevel.PHP, CareLevel.OUTPATIENT])
def test_only_an_intensive_outpatient_program_is_published(level: str | None) -> None:
    draft = ProgramFactory(draft=True, level_of_care=level)

    with pytest.raises(CurationError, match="Only intensive outpatient programs"):
        curation.publish(program=draft)

    draft.refresh_from_db()
    assert draft.status == Status.DRAFT
    assert run(Query()).count == 0


def test_publishing_and_closing_go_by_what_a_listing_is_now() -> None:
    loser = ProgramFactory(draft=True)
    stale = Program.objects.get(pk=loser.pk)
    curation.merge(loser=loser, winner=ProgramFactory())

    for change in (curation.publish, curation.close):
        with pytest.raises(CurationError):
            change(program=stale)
    assert stale.status == Status.MERGED


def test_closing_a_closed_listing_keeps_the_day_it_closed(curator: Any) -> None:
    one, other = ProgramFactory(closed=True), ProgramFactory(closed=True)

    curation.close(program=one)
    act(curator, "close", other)

    assert set(Program.objects.values_list("closed_on", flat=True)) == {days_ago(30)}


def test_listings_are_not_deleted_when_search_cannot_be_told(curator: Any) -> None:
    program = ProgramFactory()
    record.write([program.pk])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON programs_directoryversion"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    curator.raise_request_exception = False

    assert act(curator, "delete_selected", program, post="yes").status_code == 500

    assert Program.objects.filter(pk=program.pk).exists()
    assert SearchRecord.objects.filter(program_id=program.pk, rec__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_what_an_import_is_writing_is_left_and_named(curator: Any) -> None:
    busy, free = ProgramFactory(name="Busy House"), ProgramFactory()
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Program.objects.filter(pk=busy.pk).update(summary="From the import")
            held.set()
            done.wait(20)
        connection.close()

    importing = threading.Thread(target=write)
    importing.start()
    held.wait(5)
    try:
        page = act(curator, "checked_phone", busy, free)
    finally:
        done.set()
        importing.join()

    assert "Busy House: An import or a colleague is changing this just now" in page.content.decode()
    assert list(Confirmation.objects.values_list("program", flat=True)) == [free.pk]


def test_a_program_by_video_is_published_once_its_states_are_named() -> None:
    draft = ProgramFactory(draft=True, virtual=True, virtual_states=[])
    with pytest.raises(CurationError, match="Name the states"):
        curation.publish(program=draft)
