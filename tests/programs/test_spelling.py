"""Names are found however people spell them, accents or not, and still by their indexes."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client

from programs.models import Program
from programs.models.spelling import ACCENTED, PLAIN, spelled
from programs.search import record
from programs.search.names import STARTING, by_name
from tests.factories import OrganizationFactory, ProgramFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _programs() -> None:
    owner = OrganizationFactory(name="Fundación Niñez")
    centre = ProgramFactory(slug="centro", name="Centro Ñandú de Ponce", organization=owner)
    record.write([centre.pk, ProgramFactory(slug="nancy", name="Nancy House").pk])


@pytest.mark.parametrize(
    "text", ["nandu", "Nandú", "ÑANDU", "n\u0303andu\u0301", "centro nan", "ninez", "Fundacion", "nandou"]
)
def test_a_name_is_found_with_its_accents_and_without(client: Client, text: str) -> None:
    assert [one["slug"] for one in client.get("/api/v1/programs", {"q": text}).json()["results"]] == ["centro"]
    assert client.get("/programs/suggest", {"q": text}).json()["results"][0]["slug"] == "centro"


def test_what_is_typed_is_no_pattern(client: Client) -> None:
    assert client.get("/api/v1/programs", {"q": "%"}).json()["count"] == 0
    assert (
        client.get("/api/v1/programs", {"q": "nanc_"}).json()["count"]
        == client.get("/api/v1/programs", {"q": "nancx"}).json()["count"]
    )


def test_every_accent_has_its_letter() -> None:
    assert len(ACCENTED) == len(PLAIN)
    assert spelled(ACCENTED.upper()) == spelled(ACCENTED) == PLAIN


def plan(sql: str, parameters: Sequence[object], *, without: Sequence[str]) -> str:
    """How a statement is answered where tables are too small for a choice: what it must not use costs too much."""
    with connection.cursor() as cursor:
        for way in without:
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {sql}", parameters)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_beginnings_of_names_are_answered_by_their_index() -> None:
    found = plan(STARTING, ["published", "nan", "nao", 10], without=["seqscan", "bitmapscan", "sort"])
    assert "program_name_begins" in found


@pytest.mark.parametrize("text", ["nandu", "nandou"])
def test_parts_of_names_and_typing_errors_are_answered_by_indexes(text: str) -> None:
    found, parameters = by_name(Program.objects.published(), text).query.sql_with_params()
    used = plan(found, parameters, without=["seqscan", "indexscan", "indexonlyscan"])
    assert "program_name_trigrams" in used
    assert "org_name_trigrams" in used
