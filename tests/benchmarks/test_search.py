"""Whole searches (count, every facet's counts, 20 cards, 500 points) against the usual ways, in one interleaved run.

CPU milliseconds of this process and its PostgreSQL backend together, medians; only ratios are judged. `SIZE=200000`
measures growth.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from programs.filters import ProgramFilterSet
from programs.models import Program
from programs.search import cards as cards_module
from programs.search import record, stateless
from programs.search.answer import Search
from programs.search.index import Directory, directory
from programs.search.names import suggest
from programs.search.vocabulary import payers
from tests.benchmarks import dataset
from tests.benchmarks.peers import orm

SIZE = int(os.environ.get("SIZE") or 20_000)
pytestmark = [pytest.mark.bench, pytest.mark.django_db, pytest.mark.timeout(3600)]
FILTERS = {
    0: {},
    2: {"payer": ["plan-1"], "therapy": ["cbt"]},
    5: {
        "payer": ["plan-1", "plan-2"],
        "therapy": ["cbt", "dbt"],
        "condition": ["alcohol-use", "depression", "anxiety"],
        "when": ["evening", "morning"],
        "age": ["adults", "young-adults"],
    },
}


@pytest.fixture(scope="module", autouse=True)
def _filled(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        payers.forget()
        directory.forget()
        dataset.fill(SIZE)
        yield
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE programs_program, programs_payer, programs_organization, "
                "programs_searchrecord, programs_directoryversion CASCADE"
            )
        payers.forget()
        directory.forget()


def say(text: str) -> None:
    print(text)  # noqa: T201  (what a benchmark is for)


def backend_cpu() -> float:
    """Seconds our PostgreSQL backend has computed, to the nanosecond."""
    return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


def cpu(act: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of both sides, and what came out."""
    before = time.process_time() + backend_cpu()
    found = act()
    return (time.process_time() + backend_cpu() - before) * 1e3, found


def ours(query: Any, how: Callable[..., Any]) -> Any:
    """A whole search with fresh cards and 500 points."""
    answer = how(query)
    cards = cards_module.read([hit.id for hit in answer.hits])
    answer.points.ids[:500].tolist()
    return answer, cards


def test_whole_searches_against_the_usual_ways(request) -> None:
    mine, today = Directory(), timezone.localdate()
    connection.ensure_connection()

    def by_index(query: Any) -> Any:
        with mine.lock:
            return Search(mine.current(), query, today=today).answer()

    def by_statement(query: Any) -> Any:
        return stateless.run(query, today=today)

    times: dict[str, dict[int, list[float]]] = {}
    for latitude, longitude, _state in dataset.origins(10 if SIZE <= 20_000 else 5):
        for number, chosen in FILTERS.items():
            asked = {"near": f"{latitude},{longitude}", "radius": "25", **chosen}
            query = ProgramFilterSet(asked).query()
            ways: dict[str, Callable[[], Any]] = {
                "index": lambda q=query: ours(q, by_index),
                "stateless": lambda q=query: ours(q, by_statement),
                "ORM with a box": lambda a=asked: orm.search(a, box=True),
                "naive ORM": lambda a=asked: orm.search(a, box=False),
            }
            for way in ways.values():
                way()  # warm
            found = {}
            for name, way in ways.items():
                runs = [cpu(way) for _ in range(5 if "ORM" not in name else 1)]
                times.setdefault(name, {}).setdefault(number, []).append(statistics.median(one for one, _ in runs))
                found[name] = runs[-1][1]
            ids = [hit.id for hit in found["index"][0].hits]
            floor, _rows = cpu(lambda ids=ids: cards_module.read(ids))
            times.setdefault("bare 20-row fetch", {}).setdefault(number, []).append(floor)
            agree(found)
    report(times)


def agree(found: dict[str, Any]) -> None:
    """The same count and facet counts by every way."""
    answer, truth = found["index"][0], found["naive ORM"]
    assert answer == found["stateless"][0]
    assert answer.count == truth["count"] == found["ORM with a box"]["count"]
    for name in ("condition", "therapy", "when", "day", "language", "age"):
        assert {value: count for value, count in answer.counts[name].items() if count} == dict(truth["facets"][name])
    named = {slug: count for slug, count in answer.counts["payer"].items() if slug.startswith("plan-") and count}
    assert named == {slug: count for slug, count in truth["facets"]["payer"].items() if slug.startswith("plan-")}


def report(times: dict[str, dict[int, list[float]]]) -> None:
    medians = {name: {number: statistics.median(found) for number, found in by.items()} for name, by in times.items()}
    say(f"\nwhole search within 25 miles of {SIZE:,} programs, CPU ms (client + database), 0 / 2 / 5 filters")
    for name, by in medians.items():
        figures = " / ".join(f"{by[number]:.2f}" for number in FILTERS)
        ratios = " / ".join(f"{by[number] / medians['index'][number]:.1f}×" for number in FILTERS)
        say(f"  {name:20} {figures:24} {ratios} the index")
    for number in FILTERS:
        index, plain = medians["index"][number], medians["stateless"][number]
        assert medians["naive ORM"][number] >= (60 if SIZE <= 20_000 else 300) * index
        assert medians["ORM with a box"][number] >= (15 if SIZE <= 20_000 else 30) * index
        assert medians["ORM with a box"][number] >= 5 * plain
        assert index <= 3 * medians["bare 20-row fetch"][number]


def test_statewide_and_nationwide_searches_stay_near_a_radius() -> None:
    index, today = Directory().current(), timezone.localdate()
    latitude, longitude, _state = dataset.origins(1)[0]
    near = f"{latitude},{longitude}"
    asked = {
        "25 miles": {"near": near, "radius": "25"},
        "100 miles": {"near": near, "radius": "100"},
        "nation, nearest first": {"near": near},
        "nation": {},
    }
    say(f"\nsearch alone, {SIZE:,} programs, CPU ms; {index.nbytes / SIZE:.0f} bytes a program in each process")
    for name, parameters in asked.items():
        query = ProgramFilterSet(parameters).query()
        runs = [cpu(Search(index, query, today=today).answer)[0] for _ in range(20)]
        say(f"  {name:24} {statistics.median(runs):.2f}")
    assert index.nbytes / SIZE <= 250


def test_one_edit_costs_little_and_is_seen_at_once() -> None:
    mine = Directory()
    mine.current()
    writes, refreshes, idle = [], [], []
    for program in range(1, 31):
        Program.objects.filter(pk=program).update(cost_per_week_min=program, cost_per_week_max=999)
        writes.append(cpu(lambda key=program: record.write([key]))[0])
        refreshes.append(cpu(mine.current)[0])
        assert mine.current().cost[mine.current()._row(program)] == program
        idle.append(cpu(mine.current)[0])
    say(
        f"\none edit, CPU ms: its record {statistics.median(writes):.2f} · taken over by a process "
        f"{statistics.median(refreshes):.2f} · a request without news {statistics.median(idle):.2f}"
    )


def test_names_are_found_while_they_are_typed() -> None:
    usual, own = [], []
    for text in ("har", "harbor rec", "cedar recovery 1"):
        for _ in range(5):
            own.append(cpu(lambda t=text: suggest(t))[0])
            plain = Program.objects.published().filter(name__icontains=text).order_by("name")
            usual.append(cpu(lambda found=plain: list(found[:10]))[0])
    say(f"\ntypeahead, CPU ms: ours {statistics.median(own):.2f} · icontains {statistics.median(usual):.2f}")
