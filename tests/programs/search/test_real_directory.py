"""Searches over the real directory of 2023 agree with brute force."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from programs.filters import ProgramFilterSet
from programs.models import Program
from programs.search import record, run
from programs.search.answer import Search
from programs.search.index import Directory
from tests.realdata import DATA, needs

WITH_COORDINATES = DATA / "geo-truth" / "su2023_with_coordinates.csv"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    needs(WITH_COORDINATES),
]
FILTERS = {"OIT": {}, "OIT&MD": {"payer": "medicaid"}}


@pytest.fixture(scope="module")
def questions(module_database) -> list[dict]:
    """The ten centres of the oracle, over the rows that came with coordinates."""
    call_command("load_places", stdout=StringIO(), stderr=StringIO())
    call_command("import_samhsa", str(WITH_COORDINATES), stdout=StringIO(), stderr=StringIO())
    Program.objects.exclude(location_quality="given").update(status="draft")
    record.rebuild()
    return json.loads((DATA / "samhsa" / "oracle.json").read_text())["radius_queries"]["queries"]


def test_radius_counts_equal_the_oracle(questions) -> None:
    for question in questions:
        for radius, counts in question["counts"].items():
            for codes, filters in FILTERS.items():
                near = f"{question['lat']},{question['lon']}"
                asked = {"near": near, "radius": radius.removesuffix("mi"), **filters}
                filterset = ProgramFilterSet(asked)
                found = [
                    run(filterset.query()).count,
                    Search(Directory().current(), filterset.query(), today=timezone.localdate()).answer().count,
                    filterset.qs.count(),
                ]
                assert found == [counts[codes]] * 3, (question["centre"], radius, codes)


def test_the_nearest_are_the_oracle_s_at_its_distances(questions) -> None:
    for question in questions:
        answer = run(ProgramFilterSet({"near": f"{question['lat']},{question['lon']}"}).query())
        expected = question["nearest_OIT"]
        assert [round(hit.miles, 3) for hit in answer.hits[: len(expected)]] == [row["miles"] for row in expected]
