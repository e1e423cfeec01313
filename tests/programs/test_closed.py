"""A program that has closed says so wherever it can still be seen, and sends people to places that are open."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs import wording
from programs.nearby import neighbours
from programs.search import record
from tests.factories import ProgramFactory, days_ago

pytestmark = pytest.mark.django_db


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


@pytest.fixture(autouse=True)
def _programs() -> None:
    ProgramFactory(slug="shut", name="Shut House", closed=True, open=True)
    ProgramFactory(slug="door", name="Open Door", open=True)


def test_a_comparison_says_which_program_is_closed_and_since_when(client: Client) -> None:
    page = soup(client, "/compare/?p=shut&p=door")
    since = wording.date(days_ago(30))

    assert f"Shut House is closed since {since}." in page.select_one(".note.red").text
    shut, door = page.select("table.compare thead th")[1:]
    assert "Closed" in shut.text
    assert "Closed" not in door.text
    assert not [note for note in page.select(".note") if "Open Door" in note.text]


def test_a_call_sheet_says_that_the_program_is_closed_and_since_when(client: Client) -> None:
    since = f"This program is closed since {wording.date(days_ago(30))}."

    shut = soup(client, "/programs/shut/sheet/")
    assert since in shut.text
    assert not shut.select("ol.ask, p.notes"), "nobody is to call it"
    assert "closed" not in soup(client, "/programs/door/sheet/").main.text


def test_a_closed_program_has_no_openings_however_freshly_they_were_told(client: Client) -> None:
    starts = wording.date(days_ago(-5))

    table = soup(client, "/compare/?p=shut&p=door").select_one("table.compare")
    shut, door = next(row for row in table.select("tr") if row.th.text.startswith("Next start")).select("td")
    assert starts in door.text
    assert starts not in shut.text
    assert not soup(client, "/programs/shut/").select(".ask .next")
    assert client.get("/api/v1/programs/shut").json()["accepting_new"] is None


def test_nobody_is_asked_to_call_a_closed_program(client: Client) -> None:
    shut, door = (soup(client, f"/programs/{slug}/") for slug in ("shut", "door"))

    assert door.main.select("a[href^=tel]")
    assert not shut.main.select("a[href^=tel], a[href$=sheet\\/]")
    assert "Its number was (414) 555-" in " ".join(shut.select_one(".ask").text.split())
    assert "Call first" not in shut.text
    for words in ("Ask when you call", "Questions to ask when you call", "We are not paid for calls"):
        assert words in door.text
        assert words not in shut.text


def test_a_program_by_video_is_no_miles_away_from_a_closed_one(client: Client) -> None:
    ProgramFactory(name="Video House", virtual=True)
    ProgramFactory(name="Both House", hybrid=True)
    words = soup(client, "/programs/shut/").select_one("[role=alert]").text

    assert "Open Door" in words
    assert "Both House" in words
    assert "Video House" not in words


def test_a_closed_program_by_video_leads_to_others_that_may_treat_the_same_people(client: Client) -> None:
    for states in (["IL", "WI"], ["WI", "NV"]):
        ProgramFactory(virtual=True, virtual_states=states)
    ProgramFactory(slug="far", virtual=True, closed=True, virtual_states=["WI", "IL", "AK"])
    record.rebuild()

    note = soup(client, "/programs/far/").select_one("[role=alert]")

    assert "Open Door" not in note.text
    assert [(link.text, link["href"]) for link in note.select("a")] == [
        ("1 program by video may treat people in Illinois.", "/programs/?near=IL&video=1"),
        ("2 programs by video may treat people in Wisconsin.", "/programs/?near=WI&video=1"),
    ]


@pytest.mark.parametrize("states", [["AK"], []])
def test_a_closed_program_by_video_that_nobody_replaces_leads_to_all_by_video(
    client: Client, states: list[str]
) -> None:
    ProgramFactory(slug="far", virtual=True, closed=True, virtual_states=states)

    [link] = soup(client, "/programs/far/").select_one("[role=alert]").select("a")

    assert (link.text, link["href"]) == ("See all programs by video", "/programs/?video=1")


def test_programs_that_have_not_told_us_how_they_meet_are_neighbours() -> None:
    here = ProgramFactory()
    silent = ProgramFactory(formats=[])

    assert silent in [near.program for near in neighbours(here, limit=5)]
