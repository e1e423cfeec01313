"""One fact, one answer: cards, pages, comparisons and data say the same of a program."""

import csv
import datetime as dt
import io
import json

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs.search import record
from tests.factories import PlaceFactory, ProgramFactory, SessionBlockFactory, days_ago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _milwaukee() -> None:
    PlaceFactory(kind="zip", key="53202", name="Milwaukee")


def card(client: Client, query: str) -> str:
    found = BeautifulSoup(client.get(f"/programs/?{query}").content, "html.parser").select_one("li.card")
    return " ".join(found.get_text(" ").split())


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    rows = client.get(f"/api/v1/programs/export?format=csv&{query}").getvalue().decode()
    return list(csv.DictReader(io.StringIO(rows)))


def test_an_export_for_a_state_holds_the_programs_by_video_of_other_states_that_may_treat_there(client: Client) -> None:
    for key, name in (("WI", "Wisconsin"), ("NV", "Nevada")):
        PlaceFactory(kind="state", key=key, name=name, state=key)
    place = {"state": "NV", "city": "Reno", "zip": "89501", "time_zone": "America/Los_Angeles"}
    far = ProgramFactory(slug="reno", virtual=True, virtual_states=["WI"], evening=True, **place)
    record.write([far.pk, ProgramFactory(slug="door", evening=True).pk, ProgramFactory(slug="house", **place).pk])

    page = client.get("/api/v1/programs?near=WI&when=evening").json()

    assert [one["slug"] for one in page["results"] + page["virtual"]["results"]] == ["door", "reno"]
    assert {row["slug"] for row in exported(client, "near=WI&when=evening")} == {"door", "reno"}
    assert {row["slug"] for row in exported(client, "near=NV")} == {"house"}


def test_a_map_that_is_kept_holds_nothing_that_another_visitor_typed(client: Client) -> None:
    record.write([ProgramFactory(slug=f"p-{number}", latitude=43 + number / 9).pk for number in range(25)])

    def map_links(query: str) -> list[str]:
        page = BeautifulSoup(client.get(f"/programs/?{query}").content, "html.parser")
        return [link.get("href") or link["xlink:href"] for link in page.select("#map a[href*='z=']")]

    assert map_links("near=53202&page=oops")
    assert all("oops" not in link for link in map_links("near=53202"))
    assert map_links("near=53202") == map_links("near=53202&page=1&sort=")
    assert all("page=2" in link for link in map_links("near=53202&page=2"))


@pytest.mark.parametrize(
    ("formats", "words"),
    [
        (["in-person"], "In person"),
        (["hybrid"], "In person and by video"),
        (["in-person", "virtual"], "In person or by video"),
    ],
)
def test_a_mix_of_both_and_a_choice_of_either_are_told_apart(client: Client, formats: list[str], words: str) -> None:
    record.write([ProgramFactory(formats=formats).pk])
    assert f"Milwaukee, WI · {words} When it meets" in card(client, "near=53202")


def test_who_told_how_it_meets_is_not_said_to_be_silent_about_it(client: Client) -> None:
    record.write([ProgramFactory(name="One", formats=["hybrid"]).pk])
    assert "Not told us: another way to meet" in card(client, "near=53202&format=in-person&not_told=1")

    record.write([ProgramFactory(name="Two", formats=[], latitude=43.05).pk])
    page = BeautifulSoup(client.get("/programs/?near=53202&format=in-person&not_told=1").content, "html.parser")
    said = {one.h2.text: one.select_one(".why").text for one in page.select("li.card")}
    assert said == {"One": "Not told us: another way to meet", "Two": "Not told us: In person or video"}


def test_a_sliding_scale_told_as_a_kind_of_payment_is_one_everywhere(client: Client) -> None:
    record.write([ProgramFactory(slug="door", payment_types=["sliding-fee"]).pk])

    table = BeautifulSoup(client.get("/compare/?p=door").content, "html.parser").select("table.compare tbody tr")

    assert "Sliding scale" in card(client, "near=53202")
    assert [row.td.find_all(string=True)[-1] for row in table if row.th.text == "Sliding scale"] == ["Yes"]
    assert client.get("/api/v1/programs").json()["results"][0]["sliding_scale"] is True
    assert client.get("/api/v1/programs/door").json()["sliding_scale"] is True
    assert exported(client, "sliding=1")[0]["sliding_scale"] == "yes"


def test_an_export_names_the_days_one_must_come_as_the_list_does(client: Client) -> None:
    program = ProgramFactory(slug="door", evening=True)
    SessionBlockFactory(program=program, weekday=5, starts=dt.time(9), ends=dt.time(10), is_required=False)
    record.write([program.pk])

    listed = client.get("/api/v1/programs").json()["results"][0]["days"]

    assert exported(client)[0]["days"].split("; ") == listed == ["mon", "wed", "thu"]


def test_a_start_that_is_over_is_nowhere_told(client: Client) -> None:
    record.write([ProgramFactory(slug="door", open=True, next_start_on=days_ago(1)).pk])

    assert client.get("/api/v1/programs").json()["results"][0]["next_start_on"] is None
    assert client.get("/api/v1/programs/door").json()["next_start_on"] is None
    assert json.loads(client.get("/api/v1/programs/export").getvalue())[0]["next_start_on"] is None
