"""Names are found however people spell them, accents or not, and still by their indexes."""

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


def test_beginnings_and_parts_of_names_are_answered_by_indexes() -> None:
    def plan(sql: str, parameters: list[object]) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", parameters)
            return "\n".join(line for (line,) in cursor.fetchall())

    assert "program_name_begins" in plan(STARTING, ["published", "nan", "nao", 10])
    holds, parameters = Program.objects.filter(name__holds="nandu").query.sql_with_params()
    assert "program_name_trigrams" in plan(holds, list(parameters))
    assert by_name(Program.objects.all(), "nandu").count() == 1
