"""What the search page says is true of the list under it, however that list is ordered and whatever it is of."""

import json

import pytest
from bs4 import BeautifulSoup
from django.utils.html import escape

from programs.models import Payer, Program
from programs.search import record
from programs.search.vocabulary import payers
from programs.searchpage import SearchPage
from tests.factories import PayerAcceptanceFactory, PayerFactory, PlaceFactory, ProgramFactory

pytestmark = pytest.mark.django_db
EVENINGS = "free=mon-1700-2200&free=wed-1700-2200&free=thu-1700-2200"


@pytest.fixture(autouse=True)
def _places() -> None:
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    PlaceFactory(kind="state", name="Texas", key="texas", state="TX", county="", time_zone="America/Chicago")


def listed(**traits) -> Program:
    program = ProgramFactory(phone=None, **traits)
    record.write([program.pk])
    return program


def page(client, query: str) -> BeautifulSoup:
    response = client.get(f"/programs/?{query}")
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


def names(found: BeautifulSoup) -> list[str]:
    return [words(card.h2) for card in found.select("li.card")]


@pytest.mark.parametrize("order", ["", "sort=cost", "sort=start", EVENINGS])
def test_what_lies_outside_the_distance_is_shown_nearest_first_in_every_order(client, order) -> None:
    listed(name="Near and dear", latitude=43.5, cost_per_week_min=900, cost_per_week_max=900)
    listed(name="Far and cheap", latitude=30.0, cost_per_week_min=10, cost_per_week_max=10, evening=True)

    found = page(client, f"near=53202&radius=5&{order}")

    assert names(found) == ["Near and dear", "Far and cheap"]
    assert "the nearest about 31 miles away" in words(found)


def test_nobody_is_told_that_all_is_far_when_the_nearest_only_collides(client) -> None:
    listed(name="Near", latitude=43.06, morning=True)
    listed(name="Far", latitude=45.0, evening=True)

    found = page(client, f"near=53202&{EVENINGS}")

    assert "The nearest program is" not in words(found)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("", "Nearest first."),
        ("sort=cost", "Lowest cost first."),
        ("sort=start", "Soonest start first."),
        (EVENINGS, "Programs that fit your week first, then the nearest."),
    ],
)
def test_the_order_named_is_the_order_there_is(client, order, said) -> None:
    listed()

    assert f"1 within 10 miles; 1 in all. {said}" in words(page(client, f"near=53202&{order}"))


def test_a_card_matches_only_the_times_it_has(client) -> None:
    listed(evening=True)  # Mondays, Wednesdays and Thursdays

    card = page(client, "near=53202&when=evening&when=morning&day=mon&day=sun").select_one("li.card")

    assert "Matches: Evenings (5 pm or later), Monday" in words(card)
    assert "Sunday" not in words(card)
    assert "Mornings" not in words(card)


def test_in_a_state_of_two_clocks_a_week_fits_on_the_clock_of_the_program(client) -> None:
    listed(
        name="El Paso",
        state="TX",
        city="El Paso",
        latitude=31.8,
        longitude=-106.5,
        time_zone="America/Denver",
        evening=True,
    )
    days = ("mon", "wed", "thu")

    fits = page(client, "near=TX&" + "&".join(f"free={day}-1800-2100" for day in days))
    too_early = page(client, "near=TX&" + "&".join(f"free={day}-1700-2000" for day in days))

    assert "Fits your week" in words(fits.select_one("li.card"))
    assert "Collides with your week: Mon 6–9 pm" in words(too_early.select_one("li.card"))


def test_a_list_by_video_counts_and_advises_for_programs_by_video(client) -> None:
    listed(virtual=True, morning=True, therapies=["cbt"])
    for _number in range(2):
        listed(evening=True)

    found = page(client, "near=53202&video=1")
    counted = {box["value"]: words(box.parent) for box in found.select("input[name=when]")}
    assert "1" in counted["morning"]
    assert "0" in counted["evening"]

    (advice,) = page(client, "near=53202&video=1&therapy=cbt&when=evening").select("section.empty li a")
    assert "to see 1 program" in words(advice)
    assert names(page(client, advice["href"].partition("?")[2]))


def test_what_helps_leads_out_of_a_list_of_those_that_have_not_told(client) -> None:
    listed(evening=True)

    (advice,) = page(client, "near=53202&not_told=1&when=morning").select("section.empty li a")

    assert "to see 1 program" in words(advice)
    assert len(names(page(client, advice["href"].partition("?")[2]))) == 1


@pytest.mark.parametrize("where", ["near=TX&", ""])
def test_a_distance_from_nowhere_is_not_shown_as_in_force(client, where) -> None:
    listed(state="TX")

    assert "Within 5 miles" not in words(page(client, f"{where}radius=5").select_one("#results"))


def test_a_payer_s_new_name_is_said_at_once_everywhere(client) -> None:
    plan = PayerFactory(badgercare=True)
    PayerAcceptanceFactory(program=(program := ProgramFactory(phone=None)), payer=plan)
    record.write([program.pk])
    payers.forget()
    assert "BadgerCare Plus" in words(page(client, "near=53202"))

    Payer.objects.filter(pk=plan.pk).update(name="ForwardHealth")
    record.touch()
    payers.forget()  # what a minute does
    found = page(client, "near=53202&payer=badgercare")

    assert "BadgerCare" not in words(found.select_one("#results"))
    assert words(found.select_one("#results")).count("ForwardHealth") >= 3  # chip, filter, card


def test_a_program_that_moves_moves_on_the_map_though_its_card_is_on_another_page(client, rf) -> None:
    for number in range(22):
        listed(latitude=43.05 + number / 100)
    moved = Program.objects.order_by("-latitude").first()
    before = SearchPage(rf.get("/programs/?near=53202")).map

    Program.objects.filter(pk=moved.pk).update(latitude=43.245, longitude=-87.99)
    record.write([moved.pk])

    assert SearchPage(rf.get("/programs/?near=53202")).map != before


def test_what_htmx_swaps_says_that_listings_are_made_up(client) -> None:
    listed(sample=True)

    part = client.get("/programs/?near=53202", headers={"HX-Request": "true"})

    assert escape("Sample data") in part.content.decode()
    assert BeautifulSoup(part.content, "html.parser").select_one("#results aside.sample")


def test_an_export_by_a_name_holds_what_the_search_finds(client) -> None:
    """Somewhere else a program is so called; here one is only nearly so called, and the search does not offer it."""
    listed(name="Serenity House", state="IL")
    listed(name="Serenety Hause", state="TX")

    found = client.get("/api/v1/programs?near=TX&q=serenity").json()
    export = json.loads(client.get("/api/v1/programs/export?near=TX&q=serenity").getvalue())

    assert (found["count"], export) == (0, [])
