"""Names are found however people spell them, accents or not, and still by their indexes."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from programs.models import Organization, Program
from programs.models.spelling import ACCENTED, APOSTROPHES, DASHES, PLAIN, spelled
from programs.search import record
from programs.search.names import STARTING, named
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


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("saint  marys - west", "dash"),
        ("mary's \N{EM DASH} we", "dash"),
        ("SAINT MARY’S\tWEST", "blank"),
        ("mary`s\N{NON-BREAKING HYPHEN}west", "hyphen"),
        ("Rock ' Roll", "alone"),
    ],
)
def test_blanks_dashes_and_apostrophes_are_as_one_types_them(client: Client, text: str, slug: str) -> None:
    names = {
        "dash": "Saint Mary’s – West",
        "blank": "Saint Marys West",
        "hyphen": "St. Mary's-West",
        "alone": "Rock ' Roll House",
    }
    record.write([ProgramFactory(slug=each, name=name).pk for each, name in names.items()])

    assert [one["slug"] for one in client.get("/api/v1/programs", {"q": text}).json()["results"]] == [slug]


def test_of_names_that_are_nearly_so_the_likest_are_found(client: Client) -> None:
    names = {"rogers": "Rogers Behavioral Health", "brewers": "Brewers Hill Behavioral Health", "twin": "Rogers Health"}
    record.write([ProgramFactory(slug=slug, name=name).pk for slug, name in names.items()])

    found = client.get("/api/v1/programs", {"q": "Rogers Behaviorl"}).json()
    rows = client.get("/api/v1/programs/export", {"q": "Rogers Behaviorl", "format": "csv"}).getvalue().decode()

    assert [one["slug"] for one in found["results"]] == ["rogers"]
    assert [line.split(",")[0] for line in rows.splitlines()[1:]] == ["rogers"]


def test_apostrophes_alone_are_no_name(client: Client) -> None:
    assert client.get("/api/v1/programs", {"q": "''"}).json()["count"] == 0
    assert client.get("/programs/suggest", {"q": "’’"}).json()["results"] == []


@pytest.mark.parametrize(("text", "says"), [("nandou&", True), ("nandu", False), ("zzzzzz", False)])
def test_a_list_of_names_that_are_nearly_so_says_that_it_is(client: Client, text: str, says: bool) -> None:
    page = client.get("/programs/", {"q": text}).content.decode()

    assert ("No name holds &#8220;nandou&amp;&#8221;. These programs are called nearly so." in page) is says
    assert ("No name holds" in page) is says


def test_what_is_typed_is_no_pattern(client: Client) -> None:
    assert client.get("/api/v1/programs", {"q": "%"}).json()["count"] == 0
    assert (
        client.get("/api/v1/programs", {"q": "nanc_"}).json()["count"]
        == client.get("/api/v1/programs", {"q": "nancx"}).json()["count"]
    )


def test_every_accent_has_its_letter() -> None:
    assert len(ACCENTED) == len(PLAIN)
    assert spelled(ACCENTED.upper()) == spelled(ACCENTED) == PLAIN
    assert spelled(DASHES + APOSTROPHES) == "-" * len(DASHES)


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


@pytest.mark.parametrize("lookup", ["name__holds", "name__resembles"])
@pytest.mark.parametrize(
    ("model", "index"), [(Program, "program_name_trigrams"), (Organization, "org_name_trigrams")], ids=str
)
def test_parts_of_names_and_typing_errors_are_answered_by_the_names_own_index(
    model: type[Program | Organization], index: str, lookup: str
) -> None:
    found, parameters = model.objects.filter(**{lookup: "nandu"}).query.sql_with_params()
    assert index in plan(found, parameters, without=["seqscan", "indexscan", "indexonlyscan"])


@pytest.mark.parametrize("text", ["nandu", "nandou"])
def test_programs_and_their_organizations_are_looked_up_apart(text: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        named(text)
    assert all(" UNION " in one["sql"] for one in asked), "an OR over two tables uses no index"
    assert not any(" OR " in one["sql"] for one in asked)


def test_a_name_keeps_single_blanks() -> None:
    program = ProgramFactory.build(name="Alpha  Omega\tHouse ")
    program.clean()
    assert program.name == "Alpha Omega House"
