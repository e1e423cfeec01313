"""Every committed edit is in the next search of every process, in order, whatever else happens."""

import datetime as dt
import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from iopfinder import preparation
from programs.models import DirectoryVersion, PayerAcceptance, Program, SearchRecord
from programs.search import cards, record, run, stateless
from programs.search import index as index_module
from programs.search.index import Directory, directory
from programs.search.query import Query
from programs.search.vocabulary import payers
from tests.factories import ConfirmationFactory, PayerAcceptanceFactory, PayerFactory, ProgramFactory, days_ago
from tests.programs.search.oracle import Spot

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = Query(place=Spot(), radius=25, page_size=1000)


@pytest.fixture(autouse=True)
def _fresh():
    directory.forget()
    payers.forget()
    yield
    directory.forget()
    payers.forget()


def ids(query: Query = EVERYTHING) -> set[int]:
    """As this process answers now; the stateless path must agree."""
    answer = run(query)
    assert answer == stateless.run(query, today=timezone.localdate())
    return {hit.id for hit in answer.hits}


def published(**traits) -> Program:
    program = ProgramFactory(phone=None, **traits)
    record.write([program.pk])
    return program


def test_an_edit_is_in_the_next_search() -> None:
    here = published()
    assert ids() == {here.pk}

    Program.objects.filter(pk=here.pk).update(payment_types=["medicaid"])
    record.write([here.pk])

    assert ids(Query(facets={"payer": ("medicaid",)})) == {here.pk}


def test_a_program_that_moves_new_ones_and_closed_ones_are_followed() -> None:
    here, other = published(), published()
    assert ids() == {here.pk, other.pk}

    Program.objects.filter(pk=here.pk).update(latitude=44.5)
    Program.objects.filter(pk=other.pk).update(status="draft")
    new = ProgramFactory(phone=None)
    record.write([here.pk, other.pk, new.pk])
    assert ids() == {new.pk}

    Program.objects.filter(pk=here.pk).update(latitude=43.03)
    Program.objects.filter(pk=other.pk).update(status="published")
    record.write([here.pk, other.pk])
    assert ids() == {here.pk, other.pk, new.pk}


def test_the_first_real_program_hides_made_up_ones_from_open_data_and_the_last_brings_them_back() -> None:
    open_data = Query(place=Spot(), radius=25, page_size=1000, open_data=True)
    made_up, real = published(is_sample=True), published(status="draft")
    assert ids(open_data) == {made_up.pk}

    Program.objects.filter(pk=real.pk).update(status="published")
    record.write([real.pk])
    assert ids(open_data) == {real.pk}

    Program.objects.filter(pk=real.pk).update(status="draft")
    record.write([real.pk])
    assert ids(open_data) == {made_up.pk}


def test_a_deleted_program_leaves_a_tombstone() -> None:
    gone, stays = published(), published()
    assert ids() == {gone.pk, stays.pk}
    key = gone.pk

    gone.delete()
    record.write([key])

    assert SearchRecord.objects.get(pk=key).rec is None
    assert ids() == {stays.pk}


def test_rebuilding_buries_what_was_deleted_without_a_word() -> None:
    gone, stays = published(), published()
    assert ids() == {gone.pk, stays.pk}
    Program.objects.filter(pk=gone.pk).delete()

    assert record.rebuild() == 1

    assert ids() == {stays.pk}
    assert record.is_current()


def test_a_payer_nobody_took_before_becomes_searchable() -> None:
    here = published()
    ids()
    for number in range(20):  # more than fit into the bytes the index began with
        PayerAcceptanceFactory(program=here, payer=PayerFactory(slug=f"new-{number}"))
    record.write([here.pk])

    assert ids(Query(facets={"payer": ("new-17",)})) == {here.pk}
    assert run(EVERYTHING).counts["payer"]["new-17"] == 1

    PayerAcceptance.objects.filter(payer__slug="new-17").delete()
    record.write([here.pk])
    assert ids(Query(facets={"payer": ("new-17",)})) == set()


def test_a_payer_that_nobody_takes_is_not_told_by_anybody(monkeypatch) -> None:
    monkeypatch.setattr(index_module, "WORDS_FROM", 1)  # a few programs are counted as many would be
    monkeypatch.setattr(index_module, "CLOSE", 0)
    published()
    PayerFactory(slug="aetna")

    assert ids(Query(facets={"payer": ("aetna",)})) == set()
    assert run(Query(facets={"payer": ("aetna",)})).not_told == 1


def test_nothing_uncommitted_enters_the_index() -> None:
    here = published()
    assert ids() == {here.pk}

    with transaction.atomic():
        another = ProgramFactory(phone=None)
        record.write([another.pk])
        assert {hit.id for hit in run(EVERYTHING).hits} == {here.pk, another.pk}
        transaction.set_rollback(True)

    assert ids() == {here.pk}


def test_more_changes_than_the_tail_holds_are_read_anew(monkeypatch) -> None:
    monkeypatch.setattr(index_module, "SPARE", 4)
    here = published()
    assert ids() == {here.pk}

    many = {published().pk for _number in range(9)}

    assert ids() == {here.pk} | many


def test_a_failed_refresh_falls_back_and_recovers(monkeypatch, caplog) -> None:
    here = published()
    monkeypatch.setattr(index_module, "CHANGED", "SELECT no_such_column, %s, %s")
    monkeypatch.setattr(index_module, "ALL", "SELECT no_such_column")
    run(EVERYTHING)
    monkeypatch.setattr(Directory, "RETRY_SECONDS", 0.0)

    assert {hit.id for hit in run(EVERYTHING).hits} == {here.pk}
    assert "search index not refreshed" in caplog.text

    monkeypatch.undo()
    directory.forget()
    assert ids() == {here.pk}


def test_a_kept_connection_that_was_cut_is_opened_again_and_nobody_notices(caplog) -> None:
    here = published()
    assert ids() == {here.pk}
    connection.health_check_done = False  # as at the beginning of each request
    cut(connection.connection.info.backend_pid)

    assert {hit.id for hit in run(EVERYTHING).hits} == {here.pk}
    assert "search index not refreshed" not in caplog.text


def cut(backend: int) -> None:
    """What a restart of the database does to a connection."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()


def test_records_of_another_layout_are_ignored_until_rebuilt(caplog) -> None:
    here = published()
    directory.current()
    SearchRecord.objects.filter(pk=here.pk).update(layout=1, rec=b"of another length", rev=F("rev") + 1)
    record.touch()

    assert ids() == set()
    assert stateless.run(EVERYTHING, today=timezone.localdate()).count == 0
    directory.forget()
    assert ids() == set()
    assert "run rebuild_search" in caplog.text
    assert not record.is_current()
    next(step for step in preparation.steps(sample=False) if step.title == "Search records").run()
    assert ids() == {here.pk}


class Racers:
    """Threads that write and read at once; what goes wrong in any of them is kept."""

    def __init__(self, programs: list[Program]) -> None:
        self.programs, self.faults, self.stop = programs, [], threading.Event()

    def start(self, work, *arguments) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*arguments)
            except Exception as error:
                self.faults.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def write(self, number: int) -> None:
        """Twelve edits, with pauses of its own before and after the record is written."""
        key = self.programs[number].pk
        for turn in range(12):
            with transaction.atomic():
                Program.objects.filter(pk=key).update(cost_per_week_min=turn, cost_per_week_max=turn)
                time.sleep(0.002 * (number % 3))
                record.write([key])
                time.sleep(0.001 * number)

    def read(self, mine: Directory) -> None:
        """Nothing at or below the version we hold may be news to us."""
        while not self.stop.is_set():
            with mine.lock:
                seen = mine.current()
            for key, rev in SearchRecord.objects.filter(rev__lte=seen.version).values_list("pk", "rev"):
                assert seen.rev[seen._row(key)] >= rev


def test_revisions_become_visible_in_order_under_racing_writers() -> None:
    race = Racers([published() for _number in range(8)])
    first = DirectoryVersion.objects.get().version
    own = [Directory() for _number in range(2)]

    readers = [race.start(race.read, mine) for mine in own]
    writers = [race.start(race.write, number) for number in range(8)]
    for thread in writers:
        thread.join()
    race.stop.set()
    for thread in readers:
        thread.join()

    assert race.faults == []
    assert DirectoryVersion.objects.get().version == first + 8 * 12
    for mine in own:
        seen = mine.current()
        assert [int(seen.cost[seen._row(program.pk)]) for program in race.programs] == [11] * 8


def test_the_newest_change_has_the_newest_time_however_long_ago_its_transaction_began() -> None:
    here, other = published(), published()
    with transaction.atomic():
        began = _database_time()
        thread = threading.Thread(target=lambda: (record.write([other.pk]), connections.close_all()))
        thread.start()
        thread.join()
        between = DirectoryVersion.objects.get().changed_at
        record.write([here.pk])

    assert began < between < DirectoryVersion.objects.get().changed_at


def _database_time() -> dt.datetime:
    """When the present transaction began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def test_two_writers_of_one_program_lose_nothing() -> None:
    """One adds a payer while the other changes the price: the record ends with both."""
    here = published()
    payer = PayerFactory(slug="aetna")
    in_between = threading.Event()

    def price() -> None:
        with transaction.atomic():
            Program.objects.filter(pk=here.pk).update(cost_per_week_min=300, cost_per_week_max=300)
            in_between.wait(5)
            record.write([here.pk])
        connections.close_all()

    other = threading.Thread(target=price)
    other.start()
    with transaction.atomic():
        PayerAcceptanceFactory(program=here, payer=payer)
        record.write([here.pk])
        in_between.set()
        time.sleep(0.05)
    other.join()

    assert ids(Query(facets={"payer": ("aetna",)}, max_cost=300)) == {here.pk}


def test_a_card_follows_its_program_and_shows_a_payers_newest_name() -> None:
    here = published(cost_per_week_min=300, cost_per_week_max=300)
    payer = PayerFactory(slug="aetna", name="Aetna")
    PayerAcceptanceFactory(program=here, payer=payer)
    record.write([here.pk])
    payers.forget()
    card = cards.read([here.pk])[here.pk]
    assert (card.cost_min, next(one.label for one in card.payers())) == (300, "Aetna")

    payer.name = "Aetna Better Health"
    payer.save()
    payers.forget()
    Program.objects.filter(pk=here.pk).update(cost_per_week_min=200)
    assert cards.read([here.pk])[here.pk].payers()[0].label == "Aetna Better Health"
    assert cards.read([here.pk])[here.pk].cost_min == 300  # not before its record is written

    record.write([here.pk])
    assert cards.read([here.pk])[here.pk].cost_min == 200


def test_a_card_holds_the_newest_word_on_each_topic_only() -> None:
    here = published()
    for topic, method, days in [
        ("cost", "call", 2),
        ("cost", "website", 9),
        ("phone", "call", 3),
        ("phone", "program", 3),
    ]:
        ConfirmationFactory(program=here, topic=topic, method=method, confirmed_on=days_ago(days))
    record.write([here.pk])

    card = cards.read([here.pk])[here.pk]
    assert len(card.confirmations) == 2
    assert card.told == {"cost": cards.Told(days_ago(2), "call"), "phone": cards.Told(days_ago(3), "program")}


def test_many_programs_of_an_area_are_counted_as_few_are(monkeypatch) -> None:
    for number in range(70):
        published(therapies=["cbt"] if number % 3 else ["dbt"], latitude=43.0 + number / 10_000, longitude=-87.9)
    few = run(EVERYTHING).counts
    monkeypatch.setattr(index_module, "WORDS_FROM", 1)
    monkeypatch.setattr(index_module, "CLOSE", 0)

    assert few["therapy"]["cbt"] == 46
    assert run(EVERYTHING).counts == few
