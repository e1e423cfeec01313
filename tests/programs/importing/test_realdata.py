"""The real directories of 2023, where they are at hand."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Count

from programs.models import Program, SourceRecord
from tests.realdata import DATA, needs

FOLDER = DATA / "samhsa"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    needs(FOLDER),
]


def run(name: str, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_samhsa", str(FOLDER / name), *arguments, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue().splitlines()[-1])


def oracle() -> dict[str, Any]:
    return json.loads((FOLDER / "oracle.json").read_text())


def test_both_directories_of_2023_agree_with_the_oracle() -> None:
    call_command("load_places", stdout=StringIO(), stderr=StringIO())
    assert run("su2023.csv")["created"] == 5736
    again = run("national-directory-su-facilities-2023.xlsx")
    assert (again["survey_year"], again["created"], again["updated"], again["unchanged"]) == (2023, 0, 0, 5736)
    assert run("mh2023.csv")["merged"] == 1302

    programs = Program.objects.published()
    assert dict(programs.values_list("state").annotate(Count("pk"))) == oracle()["su2023_OIT_by_state"]
    assert not programs.filter(latitude=None).exists()
    cities = Counter(f"{city}, {state}" for city, state in programs.values_list("city", "state"))
    for city, count in oracle()["su2023_OIT_by_city_top"].items():
        assert cities[city] == count
    check_facets(oracle()["su2023_facet_counts"])


# The oracle's codes and the column value each is, where code and value are one to one.
FACETS = {
    "OIT&MD": {"payment_types__contains": ["medicaid"]},
    "OIT&MC": {"payment_types__contains": ["medicare"]},
    "OIT&MI": {"payment_types__contains": ["military"]},
    "OIT&SF": {"payment_types__contains": ["self-pay"]},
    "OIT&NP": {"payment_types__contains": ["free"]},
    "OIT&CHLD": {"ages__contains": ["children"]},
    "OIT&TELE": {"services__contains": ["telehealth"]},
    "OIT&SP": {"languages__contains": ["spanish"]},
    "OIT&VET": {"populations__contains": ["veterans"]},
    "OIT&GL": {"populations__contains": ["lgbtq"]},
    "OIT&MALE": {"genders__contains": ["male"]},
    "OIT&MD&VET&TELE": {
        "payment_types__contains": ["medicaid"],
        "populations__contains": ["veterans"],
        "services__contains": ["telehealth"],
    },
    "OIT&MD&SP&CHLD": {
        "payment_types__contains": ["medicaid"],
        "languages__contains": ["spanish"],
        "ages__contains": ["children"],
    },
}


def check_facets(expected: dict[str, int]) -> None:
    for codes, question in FACETS.items():
        assert Program.objects.published().filter(**question).count() == expected[codes], codes
    raw = SourceRecord.objects.filter(source=SourceRecord.Source.SAMHSA_SU)
    tokens = [set(text.split()) for text in raw.values_list("raw__service_code_info", flat=True)]
    for codes in expected:
        if codes.startswith("OIT"):
            assert sum(set(codes.split("&")) <= row for row in tokens) == expected[codes], codes


def test_nothing_of_the_real_data_is_in_the_repository() -> None:
    assert not list(Path(settings.BASE_DIR).glob("fixtures/*samhsa*"))
