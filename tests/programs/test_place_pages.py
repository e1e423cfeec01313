"""Pages of states and cities, and what search engines are told of."""

import pytest
from bs4 import BeautifulSoup

from programs.search import record
from tests.factories import PlaceFactory, ProgramFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _programs(module_database) -> None:
    PlaceFactory()
    PlaceFactory(name="Saint Francis", key="saintfrancis", latitude=42.97, longitude=-87.87)
    ProgramFactory(slug="one", medicaid=True, priced=True)
    ProgramFactory(slug="two", city="Saint Francis", latitude=42.97, longitude=-87.87)
    ProgramFactory(
        slug="made-up", sample=True, state="IL", city="Springfield", zip="62701", latitude=39.8, longitude=-89.64
    )
    record.rebuild()


def words(response) -> str:
    assert response.status_code == 200
    return " ".join(BeautifulSoup(response.content, "html.parser").main.get_text(" ").split())


def test_a_state_lists_its_cities_with_counts(client) -> None:
    text = words(client.get("/programs/in/wi/"))

    assert "Intensive outpatient programs in Wisconsin" in text
    assert "1 says it takes Medicaid" in text
    assert "Milwaukee 1 Saint Francis 1" in text


def test_a_city_shows_its_programs_and_those_nearby(client) -> None:
    response = client.get("/programs/in/wi/saint-francis/")
    text = words(response)

    assert "1 program in Saint Francis." in text
    assert "Nearest first: 2 within 25 miles" in text
    assert b"noindex" not in response.content
    assert b'rel="canonical" href="http://127.0.0.1:8000/programs/in/wi/saint-francis/"' in response.content


@pytest.mark.parametrize(
    "address", ["/programs/in/zz/", "/programs/in/WI/", "/programs/in/wi/nowhere/", "/programs/in/wi/%00/"]
)
def test_places_that_are_not_there_are_404(client, address) -> None:
    assert client.get(address).status_code == 404


def test_a_city_with_more_programs_than_a_page_leads_to_all_of_them(client) -> None:
    record.write([ProgramFactory(phone=None).pk for _number in range(21)])

    page = BeautifulSoup(client.get("/programs/in/wi/milwaukee/").content, "html.parser")
    (more,) = [link for link in page.select("main a") if link.get_text().startswith("See all")]

    assert len(page.select("li.card")) == 20
    assert more.get_text() == "See all 23 programs"
    assert "23 programs within 25 miles of Milwaukee" in words(client.get(more["href"]))


def test_the_sitemap_names_real_programs_and_their_places_only(client) -> None:
    index = client.get("/sitemap.xml").content.decode()
    programs = client.get("/sitemap-programs.xml").content.decode()
    places = client.get("/sitemap-places.xml").content.decode()

    assert "sitemap-programs.xml" in index
    assert "/programs/one/" in programs
    assert "made-up" not in programs
    assert "/programs/in/wi/milwaukee/" in places
    assert "/programs/in/il/" not in places
    assert b"noindex" in client.get("/programs/in/il/").content
