"""State and city pages count what one can go to, as the search they lead to does, and every link of theirs opens."""

import re

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from programs import gazetteer, places
from programs.models import Program
from programs.search import record
from tests.factories import PlaceFactory, ProgramFactory, SourceRecordFactory

pytestmark = pytest.mark.django_db

NEVADA = {"state": "NV", "city": "Reno", "zip": "89501", "latitude": 39.53, "longitude": -119.81}


@pytest.fixture(autouse=True)
def _places() -> None:
    gazetteer.recent.forget()
    PlaceFactory(name="Reno", state="NV", county="Washoe", latitude=39.53, longitude=-119.81)
    PlaceFactory(kind="state", name="Nevada", state="NV", county="", latitude=37.1, longitude=-116.3)
    PlaceFactory(kind="state", name="Alaska", state="AK", county="", latitude=61.2, longitude=-149.9)


def words(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return " ".join(BeautifulSoup(response.content, "html.parser").main.get_text(" ").split())


@pytest.fixture
def nevada() -> None:
    ProgramFactory.create_batch(2, **NEVADA)
    ProgramFactory(**NEVADA | {"city": "Elko"}, virtual=True, virtual_states=["CA"])
    ProgramFactory(**NEVADA, virtual=True, virtual_states=["NV", "CA"])
    ProgramFactory(virtual=True, virtual_states=["NV"])
    record.rebuild()


def test_a_state_counts_what_its_search_counts(client: Client, nevada: None) -> None:
    text = words(client, "/programs/in/nv/")

    assert "2 programs." in text
    assert "2 programs by video may treat people in Nevada." in text
    assert "By city Reno 2" in text
    assert "Elko" not in text
    assert words(client, "/programs/?near=NV").count("2 programs in Nevada")


def test_the_link_to_programs_by_video_shows_as_many(client: Client, nevada: None) -> None:
    page = BeautifulSoup(client.get("/programs/in/nv/").content, "html.parser")
    (link,) = [link for link in page.select("main a") if "by video" in link.text]
    found = BeautifulSoup(client.get(link["href"]).content, "html.parser")

    assert len(found.select("#results li.card")) == 2


def test_a_city_counts_programs_to_go_to_and_those_by_video_apart(client: Client, nevada: None) -> None:
    text = words(client, "/programs/in/nv/reno/")

    assert "2 programs in Reno." in text
    assert "2 programs by video may treat people in Nevada." in text
    assert client.get("/programs/in/nv/elko/").status_code == 404  # an office, which no page leads to


def test_a_state_is_counted_without_reading_the_whole_directory(nevada: None) -> None:
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        assert places.tally("NV") == places.Tally(here=2, by_video=2, offices=2, samples=0)
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in list(asked):
            cursor.execute(f"EXPLAIN {query['sql']}")
            assert re.search("Index Cond: .*NV", "\n".join(line for (line,) in cursor.fetchall()))


def test_a_state_with_programs_by_video_alone_says_so(client: Client) -> None:
    record.write([ProgramFactory(virtual=True, virtual_states=["NV"]).pk])
    text = words(client, "/programs/in/nv/")

    assert "We know of no program at an address in Nevada yet." in text
    assert "1 program by video may treat people in Nevada." in text
    assert words(client, "/programs/in/ak/", status=404).count("We know of no program in Alaska yet.")


def test_the_state_that_a_programs_description_leads_to_is_there(client: Client) -> None:
    ProgramFactory(**NEVADA, slug="office", virtual=True, virtual_states=["CA"])

    assert "/programs/in/nv/" in client.get("/programs/office/").content.decode()
    assert "We know of no program in Nevada yet." in words(client, "/programs/in/nv/")


def test_made_up_programs_by_video_are_said_to_be(client: Client) -> None:
    ProgramFactory(**NEVADA)
    assert not client.get("/programs/in/nv/").context["sample_data"]
    record.write([ProgramFactory(sample=True, virtual=True, virtual_states=["NV"]).pk])
    context = client.get("/programs/in/nv/").context
    assert context["sample_data"]
    assert not context["only_sample"]


def test_a_program_in_two_directories_is_counted_once() -> None:
    program = ProgramFactory(medicaid=True)
    SourceRecordFactory(program=program)
    SourceRecordFactory(program=program, source="samhsa_mh")

    assert places.facts(Program.objects.all()) == ["1 says it takes Medicaid"]


def test_a_city_in_two_spellings_has_one_page_with_both(client: Client) -> None:
    for city in ("St. Reno", "St Reno"):
        ProgramFactory(**NEVADA | {"city": city})
    record.rebuild()

    assert "St Reno 2" in words(client, "/programs/in/nv/")
    assert "2 programs in St Reno." in words(client, "/programs/in/nv/st-reno/")


ATTU = {"state": "AK", "city": "Attu", "zip": "99546", "latitude": 52.94, "longitude": 173.24}
NOWHERE = {"latitude": None, "longitude": None, "location_quality": ""}


@pytest.mark.parametrize("told", [{}, NOWHERE], ids=["its own point", "its ZIP code"])
def test_a_city_that_the_gazetteer_does_not_know_has_a_page_all_the_same(
    client: Client, told: dict[str, object]
) -> None:
    PlaceFactory(kind="zip", key="99546", name="Adak", state="AK", latitude=51.88, longitude=-176.65)
    program = ProgramFactory(**ATTU | told)
    ProgramFactory(**ATTU | {"city": "Elsewhere"})
    record.rebuild()

    assert "1 program in Attu." in words(client, "/programs/in/ak/attu/")
    page = BeautifulSoup(client.get("/programs/in/ak/attu/").content, "html.parser")
    narrow = page.select_one("main a.btn.pri")["href"]
    assert client.get(narrow).status_code == 200
    assert page.find(string=program.name)


def test_no_state_page_and_no_sitemap_leads_to_a_page_that_is_not_there(client: Client, nevada: None) -> None:
    ProgramFactory(**ATTU)
    ProgramFactory(state="AK", city="Lost", zip="00000", **NOWHERE)
    record.rebuild()
    sitemap = re.findall(r"<loc>http://127.0.0.1:8000([^<]+)</loc>", client.get("/sitemap-places.xml").content.decode())
    listed = re.findall(r'href="(/programs/in/[^"]+)"', client.get("/programs/in/ak/").content.decode())

    assert escape("/programs/in/ak/attu/") in listed
    assert "/programs/in/nv/elko/" not in sitemap
    assert {client.get(address, follow=True).status_code for address in {*sitemap, *listed}} == {200}


def test_a_state_and_a_city_cost_few_queries(client: Client, nevada: None, django_assert_max_num_queries) -> None:
    for address, most in (("/programs/in/nv/", 4), ("/programs/in/nv/reno/", 5)):
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)


@pytest.mark.parametrize("address", ["/programs/in/%00/", "/programs/in/%00/reno/", "/programs/in/zz/reno/"])
def test_no_state_of_that_name_is_no_error(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404
