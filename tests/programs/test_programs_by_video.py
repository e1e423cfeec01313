"""A program by video says which states it may treat, wherever it is shown, and never that one can go there."""

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.utils import translation

from programs import wording
from programs.profile import Profile
from programs.search import record
from tests.factories import ProgramFactory

pytestmark = pytest.mark.django_db

TWELVE = "AK AL AR AZ CA CO CT DC DE FL GA WI".split()


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def place_of(page: BeautifulSoup) -> Tag:
    part = page.select_one("section[aria-labelledby=place]")
    assert part
    return part


def where(**told: object) -> str:
    return dict(Profile.of(ProgramFactory(**told)).glance)["Where"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"virtual_states": ["WI", "HI", "AK"]}, "By video, for people in Alaska, Hawaii and Wisconsin"),
        ({"virtual_states": ["TX"]}, "By video, for people in Texas"),
        ({"virtual_states": TWELVE}, "By video, for people in 12 states"),
        ({"virtual_states": []}, "By video. It has not told us in which states."),
    ],
)
def test_where_a_program_by_video_is_says_whom_it_may_treat(told: dict[str, list[str]], words: str) -> None:
    assert where(virtual=True, **told) == words


def test_a_program_of_both_kinds_says_what_is_known_of_each() -> None:
    assert where(hybrid=True, virtual_states=["WI", "IL"]) == (
        "In person and by video (by video for people in Illinois and Wisconsin)"
    )
    assert where(hybrid=True) == "In person and by video"
    assert where(formats=["in-person"], virtual_states=["WI"]) == "In person"


def test_states_are_named_and_joined_in_the_readers_language() -> None:
    with translation.override("es"):
        assert wording.states(["PA", "NY", "IL"]) == ["Illinois", "Nueva York", "Pensilvania"]


def test_the_page_of_a_program_by_video_names_its_states_and_leads_nobody_to_its_office(client: Client) -> None:
    ProgramFactory(name="Day Program House", other_levels=["php", "outpatient"])
    page = soup(client, ProgramFactory(virtual=True, virtual_states=TWELVE).get_absolute_url())
    place = " ".join(place_of(page).text.split())

    assert "By video, for people in 12 states" in page.select_one(".glance").text
    assert place.startswith("Office 100 N Broadway")
    assert "by video in these states: Alabama, Alaska, Arizona, Arkansas, California" in place
    assert "Day Program House" not in place
    assert not place_of(page).select("a[href*=openstreetmap]")


def test_a_program_at_an_address_still_leads_there(client: Client) -> None:
    ProgramFactory(name="Day Program House", other_levels=["php"])
    place = place_of(soup(client, ProgramFactory(hybrid=True, virtual_states=["WI"]).get_absolute_url()))

    assert place.h2.text == "Getting there"
    assert place.select("a[href*=openstreetmap]")
    assert "Day Program House" in place.text
    assert "by video in these states: Wisconsin." in place.text


def test_a_comparison_and_a_call_sheet_say_it_too(client: Client) -> None:
    ProgramFactory(slug="far", virtual=True)
    ProgramFactory(slug="here")

    assert "By video, for people in Illinois and Wisconsin" in soup(client, "/compare/?p=far&p=here").table.text
    assert "By video, for people in Illinois and Wisconsin" in soup(client, "/programs/far/sheet/").text


def test_a_comparison_tells_as_many_states_apart_when_they_are_others(client: Client) -> None:
    for slug, last in (("one", "WI"), ("two", "WY"), ("three", "WY")):
        ProgramFactory(slug=slug, name="Far House", virtual=True, virtual_states=[*TWELVE[:-1], last])

    def cells(query: str) -> list[str]:
        rows = soup(client, f"/compare/?{query}&differences=1").select("table.compare tr")
        return [cell.text.removeprefix("Far House") for row in rows if "Where" in row.th.text for cell in row("td")]

    one, two = cells("p=one&p=two")
    assert one.startswith("By video, for people in 12 states: Alabama, Alaska, ")
    assert (one.endswith("and Wisconsin"), two.endswith("and Wyoming")) == (True, True)
    assert cells("p=two&p=three") == []


@pytest.mark.parametrize(
    ("told", "asks"),
    [
        ({"virtual": True, "virtual_states": []}, True),
        ({"hybrid": True}, True),
        ({"virtual": True}, False),
        ({"formats": ["in-person"]}, False),
        ({"formats": []}, False),
    ],
)
def test_states_that_are_not_told_are_asked_for(client: Client, told: dict[str, object], asks: bool) -> None:
    asked = [item.text for item in soup(client, f"/programs/{ProgramFactory(**told).slug}/sheet/").select("ol.ask li")]

    assert ("Ask in which states it may treat people by video." in asked) == asks


@pytest.mark.usefixtures("gazetteer")
def test_a_program_by_video_that_tells_no_states_is_kept_among_those_that_have_not_told_us(client: Client) -> None:
    ProgramFactory(virtual=True, virtual_states=["WI"])
    silent = ProgramFactory(virtual=True, virtual_states=[])
    ProgramFactory(virtual=True, virtual_states=["TX"])
    record.rebuild()

    told = client.get("/api/v1/programs?near=WI").json()["virtual"]
    unsaid = soup(client, "/programs/?near=WI&video=1&not_told=1").select(".card")

    assert (told["count"], told["not_told"]) == (1, 1)
    assert [card.select_one("h3, h2").get_text(strip=True) for card in unsaid] == [silent.name]
    assert "states it may treat" in unsaid[0].get_text().lower()
