"""The search page: what it says, that it works without JavaScript, and that htmx gives the same as a reload."""

import datetime as dt
import json
import re

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

from programs import slots
from programs.models import Program
from programs.search import record
from programs.search.vocabulary import payers
from programs.searchpage import SearchPage
from programs.slots import SPACE_BETWEEN_TAGS
from tests.factories import (
    PASSWORD,
    ConfirmationFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    PlaceFactory,
    ProgramFactory,
    UserFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _programs(module_database) -> None:
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    PlaceFactory(name="Springfield", key="springfield", state="IL", county="Sangamon", latitude=39.8, longitude=-89.64)
    PlaceFactory(name="Springfield", key="springfield", state="MO", county="Greene", latitude=37.2, longitude=-93.29)
    badgercare = PayerFactory(badgercare=True)
    evening = ProgramFactory(slug="evening", name="Evening House", evening=True, priced=True, open=True, medicaid=True)
    PayerAcceptanceFactory(program=evening, payer=badgercare, source="benefits-check", as_of=dt.date(2026, 11, 1))
    ProgramFactory(slug="morning", name="Morning House", morning=True, samhsa=True, payment_types=["medicaid"])
    old = ProgramFactory(slug="silent", name="Silent <House>", medicaid=True)
    ConfirmationFactory(program=old, confirmed_on=days_ago(300))
    ProgramFactory(slug="video", name="Video House", virtual=True, evening=True, time_zone="America/Denver")
    for number in range(25):
        ProgramFactory(slug=f"far-{number}", name=f"Far {number}", latitude=44.5 + number / 100, longitude=-88.0)
    record.rebuild()


def spaced(html: str) -> str:
    """As a skeleton spaces its tags."""
    return SPACE_BETWEEN_TAGS.sub("> <", html)


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


def cards(page) -> list[str]:
    return [words(card.h2) for card in page.select(".split > section > ol.list > li.card")]


QUERIES = [
    "",
    "near=53202",
    "near=53202&radius=10&when=evening&payer=badgercare",
    "near=53202&free=mon-0600-0900",
    "near=springfield",
    "near=nowhere at all",
    "near=91,0",
    "near=53202&page=2&sort=cost",
    "near=53202&therapy=dbt&not_told=1",
    "near=53202&therapy=magic&radius=-4",
]


@pytest.mark.parametrize("query", QUERIES)
def test_what_htmx_swaps_equals_a_reload(client, query) -> None:
    part = soup(client.get(f"/programs/?{query}", headers={"HX-Request": "true"}))
    whole = soup(client.get(f"/programs/?{query}"))

    assert part.find(id="results") == whole.find(id="results")
    assert part.find("head") is None


@pytest.mark.parametrize("query", [*QUERIES, "near=43.05,-87.9&sliding=1", "near=WI&when=evening&q=house", "video=1"])
def test_a_page_filled_into_its_shape_equals_one_drawn_afresh(rf, query) -> None:
    page = SearchPage(rf.get(f"/programs/?{query}"))
    other = f"{query}&q=far" if "q=" not in query else query.replace("q=house", "q=far")
    SearchPage(rf.get(f"/programs/?{other}")).part()  # perhaps of the same shape, with other words

    afresh = render_to_string("programs/results.html", {"page": page, "operator": settings.OPERATOR})
    assert BeautifulSoup(spaced(page.part()), "html.parser") == BeautifulSoup(spaced(afresh), "html.parser")


def test_what_one_visitor_is_told_is_drawn_for_no_other(client) -> None:
    """The frame is drawn once for everybody, with whoever comes first."""
    slots._drawn.clear()
    signing_in = {"login": UserFactory().email, "password": PASSWORD, "next": "/programs/"}
    signed_in = client.post("/accounts/login/", signing_in, follow=True)

    assert signed_in.redirect_chain[-1][0] == "/programs/"
    assert not soup(Client().get("/programs/")).select(".flash")


def test_the_answer_depends_on_who_asks_for_it(client) -> None:
    assert "HX-Request" in client.get("/programs/")["Vary"]


def test_going_back_with_htmx_gives_the_whole_page(client) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert soup(client.get("/programs/?near=53202", headers=headers)).find("head")


def test_everything_is_one_form_that_needs_no_script(client) -> None:
    page = soup(client.get("/programs/?near=53202&when=evening&radius=25"))

    form = page.find(id="search")
    assert (form["action"], form.get("method")) == ("/programs/", None)
    assert form.find("input", {"name": "near"})["value"] == "53202"
    assert [box["value"] for box in form.select("input[name=when][checked]")] == ["evening"]
    assert [box["value"] for box in form.select("input[name=radius][checked]")] == ["25"]
    assert page.find("select", {"name": "sort", "form": "search"})
    assert all(details.find("button", {"type": "submit"}) for details in form.select("details.pill"))
    assert not page.select("[style], [onclick], style")
    assert all(script.get("src") for script in page.select("script"))


def test_a_card_says_what_is_known_and_what_is_not(client) -> None:
    page = soup(client.get("/programs/?near=53202&radius=25&payer=medicaid&payer=badgercare"))

    texts = {words(card.h2): words(card) for card in page.select("li.card")}
    evening, silent = texts["Evening House"], texts["Silent <House>"]
    assert "1.3 miles · Milwaukee, WI · In person" in evening
    assert "Evening: Mon, Wed, Thu · 6–9 pm" in evening
    assert "$300–$450 a week Sliding scale" in evening
    assert "Takes BadgerCare Plus (confirmed Nov. 1, 2026) , Medicaid" in evening
    assert "Matches: Medicaid, BadgerCare Plus" in evening
    assert "Openings: checked by phone" in evening
    assert "Reported to SAMHSA in 2023, not confirmed" in texts["Morning House"]
    assert "When it meets Not told us yet" in silent
    assert "Matches: Medicaid" in silent


def test_old_checks_are_marked_old(client) -> None:
    page = soup(client.get("/programs/?near=53202&radius=25"))

    marks = {words(card.h2): "old" in card.select_one(".ver")["class"] for card in page.select("li.card")}
    assert marks["Silent <House>"] is True
    assert marks["Evening House"] is False


def test_distances_say_from_where(client) -> None:
    page = soup(client.get("/programs/?near=53202"))

    assert "Straight-line miles from the center of ZIP code 53202." in words(page)
    assert words(page.h1) == "Programs near 53202, Milwaukee, WI"
    assert "3 within 10 miles; 28 in all. Nearest first." in words(page)


def test_what_was_not_told_is_counted_and_can_be_opened(client) -> None:
    page = soup(client.get("/programs/?near=53202&when=evening"))
    link = page.select_one(".note a")
    assert words(page.select_one(".note")) == "1 program fits; 26 more have not told us about time of day."

    opened = soup(client.get(link["href"]))

    assert words(opened.h1) == "26 programs have not told us"
    assert "Not told us: Time of day" in words(opened.select_one("li.card"))
    assert "Evening House" not in cards(opened)


def test_an_empty_answer_names_the_change_that_helps_most(client) -> None:
    page = soup(client.get("/programs/?near=53202&radius=5&when=evening&therapy=dbt&payer=medicaid"))

    changes = [words(item) for item in page.select(".empty li")]
    assert words(page.h1) == "No program fits everything you asked for"
    assert "We looked within 5 miles of 53202, Milwaukee, WI." in words(page)
    assert changes[0] == "Drop “Dialectical behavior therapy (DBT)” to see 1 program"
    followed = soup(client.get(page.select_one(".empty li a")["href"]))
    assert cards(followed) == ["Evening House"]


def test_nothing_in_the_radius_shows_the_nearest_outside(client) -> None:
    page = soup(client.get("/programs/?near=39.8,-89.64&radius=25"))

    assert "The nearest outside your distance" in words(page)
    assert "Look at any distance to see 28 programs, the nearest about 2" in words(page)


def test_where_no_single_change_helps_all_filters_can_go(client) -> None:
    page = soup(
        client.get("/programs/?near=53202&q=evening&payer=badgercare&max_cost=1&start_within=0&sliding=1&day=sun")
    )

    link = page.select_one(".empty li a")
    assert words(link) == "Clear all filters to see 28 programs"
    assert len(cards(soup(client.get(link["href"])))) == 20


def test_an_option_that_nobody_offers_is_grey_but_may_be_ticked(client) -> None:
    page = soup(client.get("/programs/?near=53202"))

    nobody, somebody = (page.select_one(f"input[name=day][value={day}]") for day in ("sun", "mon"))
    assert (words(nobody.parent), nobody.parent["class"]) == ("Sunday (0)", ["opt", "none"])
    assert not nobody.has_attr("disabled")
    assert (words(somebody.parent), somebody.parent["class"]) == ("Monday (2)", ["opt"])


def test_without_a_place_nothing_claims_to_be_near(client) -> None:
    page = soup(client.get("/programs/"))

    assert words(page.select_one("#sort option[selected]")) == "Latest checked"


def test_the_chooser_offers_no_map(client) -> None:
    assert not soup(client.get("/programs/?near=springfield")).select('[href="#map"], #map')


def test_a_far_nearest_is_said_so(client) -> None:
    page = soup(client.get("/programs/?near=39.8,-89.64"))

    assert re.search(r"The nearest program is about 2\d\d miles away\.", words(page))


@pytest.mark.parametrize(
    ("query", "is_said"),
    [
        ("near=39.8,-89.64", True),
        ("near=39.8,-89.64&payer=medicaid", True),  # none that takes it, one that has not told us
        ("near=39.8,-89.64&when=morning", False),
        ("near=37.2,-93.29", False),
        ("near=-87.9,43.05", False),
    ],
)
def test_programs_by_video_are_a_way_only_where_there_are_some(client, query, is_said) -> None:
    page = soup(client.get(f"/programs/?{query}"))

    assert "miles away." in words(page.select_one(".note.gold"))
    assert ("Programs by video may be a way." in words(page)) is is_said
    assert bool(page.select(".band")) is is_said


def test_videos_have_a_band_of_their_own(client) -> None:
    page = soup(client.get("/programs/?near=53202"))

    band = page.select_one(".band")
    assert words(band.h2) == "1 program by video"
    assert "Mon, Wed, Thu · 7–10 pm" in words(band)  # 6 in Denver
    assert "Times in Central Time" in words(band)
    assert soup(client.get("/programs/?near=39.8,-89.64")).select_one(".band")
    assert not soup(client.get("/programs/?near=37.2,-93.29")).select_one(".band")


def test_every_program_by_video_can_be_reached(client) -> None:
    for number in range(6):
        ProgramFactory(slug=f"mute-{number}", name=f"Mute {number}", virtual=True)
    record.rebuild()
    band = soup(client.get("/programs/?near=53202")).select_one(".band")
    assert words(band.h2) == "7 programs by video"
    assert len(band.select("li.card")) == 5

    opened = soup(client.get(band.find("a", string="See all programs by video")["href"]))

    assert words(opened.h1) == "7 programs by video"
    assert len(cards(opened)) == 7
    assert not opened.select(".band, #map")
    back = next(link for link in opened.select("section a") if words(link) == "Back to the programs you can go to")
    assert back["href"] == "/programs/?near=53202"


def test_programs_by_video_that_have_not_told_us_are_not_dropped(client) -> None:
    ProgramFactory(slug="mute", name="Mute Video", virtual=True)
    record.rebuild()
    band = soup(client.get("/programs/?near=53202&when=evening")).select_one(".band")
    link = band.find("a", string="1 more by video has not told us everything you ask for.")

    opened = soup(client.get(link["href"]))

    assert words(opened.h1) == "1 program by video has not told us"
    assert cards(opened) == ["Mute Video"]
    assert "Not told us: Time of day" in words(opened.select_one("li.card"))


def test_free_hours_say_what_fits_and_what_collides(client) -> None:
    free = "&".join(f"free={day}-1700-2200" for day in ("mon", "wed"))
    page = soup(client.get(f"/programs/?near=53202&radius=25&{free}"))

    texts = {words(card.h2): words(card) for card in page.select("li.card")}
    assert "Collides with your week: Thu 6–9 pm" in texts["Evening House"]
    assert "Collides with your week: Mon 9 am–12 pm; Tue 9 am–12 pm; Thu 9 am–12 pm" in texts["Morning House"]
    assert "Has not told us its schedule" in texts["Silent <House>"]
    ticked = {box["value"] for box in page.select("[data-week] input[checked]")}
    assert ticked == {"mon-1800-2100", "wed-1800-2100"}


def test_chips_take_one_filter_away_and_keep_the_rest(client) -> None:
    page = soup(client.get("/programs/?near=53202&when=evening&day=mon&radius=25&max_cost=&page=2"))

    links = {words(chip): chip["href"] for chip in page.select("a.chip")}
    assert links["Remove filter: Monday"] == "/programs/?near=53202&when=evening&radius=25"
    assert links["Remove filter: Within 25 miles"] == "/programs/?near=53202&when=evening&day=mon"
    assert page.select_one("a.clear")["href"] == "/programs/?near=53202"


def test_clearing_the_filters_keeps_the_place_as_it_was_typed(client) -> None:
    page = soup(client.get("/programs/", {"near": "Springfield, IL", "when": "evening", "radius": "100"}))

    assert page.select_one("a.clear")["href"] == "/programs/?near=Springfield%2C+IL"


def test_a_bare_name_asks_which_one(client) -> None:
    page = soup(client.get("/programs/?near=Springfield&when=evening"))

    assert words(page.h1) == "Which “Springfield” do you mean?"
    links = [(words(item), item.a["href"]) for item in page.select(".places li")]
    assert ("Springfield, IL Sangamon · 0 programs nearby", "/programs/?near=Springfield%2C+IL&when=evening") in links
    assert not page.select("li.card")


def test_an_unknown_place_is_said_kindly_with_suggestions(client) -> None:
    page = soup(client.get("/programs/?near=Sprngfield"))

    assert words(page.h1) == "We do not know “Sprngfield”"
    assert "Springfield, IL" in words(page)
    assert "We do not know this place." in words(page.find(id="near_error"))
    assert not page.select(".brief")  # the box to type in is open, on a phone too


def test_a_military_address_is_said_to_be_one(client) -> None:
    page = soup(client.get("/programs/?near=09012"))

    assert words(page.h1) == "We cannot search near “09012”"
    assert "is for military mail" in words(page.find(id="near_error"))


def test_impossible_coordinates_are_a_message_at_the_field(client) -> None:
    page = soup(client.get("/programs/?near=91,0"))

    assert "These coordinates are not on the map" in words(page.find(id="near_error"))
    assert page.find(id="near")["value"] == "91,0"


def test_pages_number_on_and_end(client) -> None:
    page = soup(client.get("/programs/?near=53202&page=2"))

    assert len(cards(page)) == 8
    assert page.select_one("li.card .num").get_text() == "21"
    assert page.select_one('a[rel="prev"]')["href"] == "/programs/?near=53202"
    assert not page.select_one('a[rel="next"]')
    assert cards(soup(client.get("/programs/?near=53202&page=99"))) == cards(page)


def test_many_pages_leave_a_gap_that_is_no_link(client) -> None:
    for number in range(55):
        ProgramFactory(slug=f"more-{number}", name=f"More {number}", phone=None)
    record.rebuild()

    for address, word in (("/programs/?near=53202", "Page"), ("/es/programs/?near=53202", "Página")):
        pager = soup(client.get(address)).select_one(".pager")
        steps = [words(step) for step in pager.find_all(["a", "b", "span"], recursive=False)]
        assert steps[:4] == [f"{word} 1", f"{word} 2", "…", f"{word} 5"]
        assert {link["href"].partition("page=")[2] for link in pager.select("a")} == {"2", "5"}


def test_only_the_bare_page_is_for_search_engines(client) -> None:
    robots = "meta[name=robots]"

    assert not soup(client.get("/programs/")).select(robots)
    filtered = soup(client.get("/programs/?near=53202"))
    assert filtered.select_one(robots)["content"] == "noindex, follow"
    assert filtered.select_one("link[rel=canonical]")["href"].endswith("/programs/")


def test_the_language_switch_keeps_the_search(client) -> None:
    page = soup(client.get('/programs/?near=53202&q="><script>'))

    switch = page.select_one("a[hreflang=es]")["href"]
    assert switch.startswith("/es/programs/?near=53202&q=")
    assert "<script>" not in str(page.find(id="results"))
    assert 'lang="es"' in client.get("/es/programs/?near=53202").content.decode()


def test_made_up_programs_are_said_to_be(client) -> None:
    assert "Sample data." not in client.get("/programs/?near=53202").content.decode()

    ProgramFactory(sample=True, name="Made Up", slug="made-up")
    record.rebuild()

    page = soup(client.get("/programs/?near=53202"))
    assert "Programs marked “Sample data” are made up" in page.find(class_="sample").text  # real ones stand beside them
    assert [tag.find_parent(id=True).h2.text for tag in page.find_all(class_="gold", string="Sample data")] == [
        "Made Up"
    ]
    assert "This program is made up" in client.get("/programs/made-up/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "near=%00&q=%00",
        "near=" + "x" * 10_000,
        "radius=-5&page=100000000000000000000&start_within=x",
        "near=nan,nan&radius=nan",
        "&".join(f"condition=c{number}" for number in range(60)),
        "&".join(f"p{number}={number}" for number in range(500)),
        "near=53202&near=90210&sort=cost&sort=x",
        "payer=%ED%A0%80&when=%F0%9F%92%A9",
        "free=mon-0900-1200;drop&free=xyz",
        "near=1e308,1e308",
        "near=43.05,-87.9e0",
        "max_cost=1e9&max_cost=NaN",
    ],
)
def test_bad_input_is_a_page_with_a_message(client, query) -> None:
    assert client.get(f"/programs/?{query}").status_code == 200
    assert client.get(f"/api/v1/programs?{query}").status_code in (200, 400, 404)


@pytest.mark.parametrize(
    ("query", "field", "message", "pill"),
    [
        ("max_cost=abc", "max_cost", "Write whole dollars a week, from 0 to 100,000.", "more"),
        ("start_within=-1", "start_within", "Write a number of days from 0 to 365.", "more"),
        ("radius=1e9", "radius", "Choose a distance from 1 to 100 miles.", "radius"),
        ("therapy=magic", "therapy", "“magic” is not one of the choices.", "care"),
        ("free=xyz", "free", "“xyz” are no hours of a week. Write them like mon-0900-1200.", "week"),
        ("payer=zzz", "payer", "We do not know a plan called “zzz”.", "payer"),
        ("sliding=yes", "sliding", "Write 1 to switch this filter on.", "more"),
    ],
)
def test_what_is_wrong_is_told_at_its_filter_which_stands_open(client, query, field, message, pill) -> None:
    page = soup(client.get(f"/programs/?near=53202&{query}"))

    told = page.find(id=f"{field}_error")
    assert message in words(told)
    assert [details["data-pill"] for details in page.select("details.pill[open]")] == [pill]
    assert told.find_parent("details")["data-pill"] == pill
    assert page.select_one(f'.esum a[href="#{field}_error"]')
    assert page.title.string.startswith("Error: ")
    assert cards(page)


@pytest.mark.parametrize(
    "query", ["video=x", "not_told=x", "page=x", "sort=x", "sort=x&radius=5&when=weekend", "near=91,0&q=%00&sort=x"]
)
def test_what_is_wrong_leads_to_where_it_can_be_mended_or_nowhere(client, query) -> None:
    page = soup(client.get(f"/programs/?near=53202&{query}"))

    assert page.select(".esum li")
    assert all(page.find(id=link["href"].removeprefix("#")) for link in page.select(".esum a"))


def test_a_number_that_is_refused_is_tied_to_its_message_and_kept(client) -> None:
    box = soup(client.get("/programs/?near=53202&max_cost=-5")).find(id="max_cost")

    assert (box["value"], box["aria-invalid"], box["aria-describedby"]) == ("-5", "true", "max_cost_error")


@pytest.mark.parametrize("typed", ["BadgerCare Plus", "badgercare", "wisconsin medicaid", "adgerc"])
def test_a_plan_may_be_typed_by_its_name(client, typed) -> None:
    page = soup(client.get("/programs/", {"near": "53202", "payer": ["", typed]}))

    assert cards(page) == ["Evening House"]
    assert page.select_one("a.chip")["href"] == "/programs/?near=53202"


def chosen(page) -> list[str]:
    return [box["value"] for box in page.select("input[name=payer][checked]")]


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("Medicaid", "medicaid"),
        ("MEDICARE ", "medicare"),  # the payer of this name is one of its kind
        ("original medicare", "medicare"),
        ("Private insurance", "private"),
        ("private health insurance", "private"),
        ("seguro de SALUD privado", "private"),
        ("Self pay", "self-pay"),
        ("cash", "self-pay"),
    ],
)
@pytest.mark.parametrize("language", ["", "/es"])
def test_a_kind_of_payment_may_be_typed_by_its_name(client, language, typed, kind) -> None:
    PayerFactory(slug="medicare", name="Medicare", kind="medicare", aliases=["Original Medicare"])
    payers.forget()

    page = soup(client.get(f"{language}/programs/", {"near": "53202", "payer": typed}))

    assert chosen(page) == [kind]
    assert not page.select(".esum")


def test_a_payer_by_the_name_of_another_kind_is_not_taken_for_it(client) -> None:
    PayerFactory(slug="cash-plan", name="Cash Plan", kind="commercial", aliases=["Cash or self-payment"])
    payers.forget()

    page = soup(client.get("/programs/?near=53202&payer=Cash or self-payment"))

    assert chosen(page) == []
    assert "fits more than one: Cash or self-payment, Cash Plan." in words(page.find(id="payer_error"))


@pytest.fixture
def medical_assistance() -> None:
    for slug, name, state in (("mn", "Minnesota Medicaid", "MN"), ("pa", "Pennsylvania Medicaid", "PA")):
        PayerFactory(slug=slug, name=name, kind="medicaid", aliases=["Medical Assistance"], states=[state])
    PlaceFactory(kind="zip", key="19107", name="Philadelphia", state="PA", latitude=39.95, longitude=-75.16)
    PlaceFactory(kind="zip", key="55401", name="Minneapolis", state="MN", latitude=44.98, longitude=-93.27)
    payers.forget()


@pytest.mark.parametrize(("near", "slug"), [("19107", "pa"), ("55401", "mn"), ("39.9,-75.2", "pa")])
def test_of_plans_that_share_a_name_the_places_own_is_meant(client, medical_assistance, near, slug) -> None:
    page = soup(client.get("/programs/", {"near": near, "payer": "medical assistance"}))

    assert chosen(page) == [slug]


@pytest.mark.parametrize("query", ["near=53202&", "near=91,0&", "near=nowhere&", "near=springfield&", ""])
def test_plans_that_share_a_name_are_all_offered_elsewhere(client, medical_assistance, query) -> None:
    page = soup(client.get(f"/programs/?{query}payer=Medical Assistance"))

    told = words(page.find(id="payer_error"))
    assert "“Medical Assistance” fits more than one: Minnesota Medicaid, Pennsylvania Medicaid." in told
    assert chosen(page) == []
    assert {"mn", "pa"} <= {box["value"] for box in page.select("input[name=payer]")}


@pytest.fixture
def state_plan() -> None:
    plans = {"Apple Plan": ["WA"], "Magnolia Plan": ["MS"], "Ohana Plan": ["HI"], "Ohio Plan": ["OH"], "Z Plan": []}
    for name, states in plans.items():
        PayerFactory(slug=name.lower().replace(" ", "-"), name=name, aliases=["State Plan"], states=states)
    PayerFactory(slug="another", name="Aged State Plan")
    payers.forget()


def test_plans_that_share_a_name_are_told_and_offered_in_the_order_of_their_states(client, state_plan) -> None:
    page = soup(client.get("/programs/?near=nowhere&payer=State Plan"))

    assert (
        "fits more than one: Z Plan, Ohana Plan (Hawaii), Magnolia Plan (Mississippi), Ohio Plan, "
        "Apple Plan (Washington)." in words(page.find(id="payer_error"))
    )
    boxes = [box["value"] for box in page.select("input[name=payer]") if box["value"].endswith("-plan")]
    assert boxes == ["z-plan", "ohana-plan", "magnolia-plan", "ohio-plan", "apple-plan"]


def test_plans_that_share_a_name_are_suggested_in_the_order_of_their_states(client, state_plan) -> None:
    rows = client.get("/payers/suggest", {"q": "state plan"}).json()["results"]

    assert [row["slug"] for row in rows] == [
        "z-plan", "ohana-plan", "magnolia-plan", "ohio-plan", "apple-plan", "another",
    ]  # fmt: skip


def test_plans_that_share_a_name_are_suggested_so_for_a_part_of_it_too(client, state_plan) -> None:
    rows = client.get("/payers/suggest", {"q": " State  pla"}).json()["results"]

    assert [row["slug"] for row in rows] == [
        "z-plan", "ohana-plan", "magnolia-plan", "ohio-plan", "apple-plan", "another",
    ]  # fmt: skip


def test_plans_with_names_of_their_own_are_suggested_by_how_early_the_text_stands_in_them(client) -> None:
    for name, state in {"Acme Care": "WY", "Acme Best": "AL", "Best of Acme": "AK"}.items():
        PayerFactory(slug=name.lower().replace(" ", "-"), name=name, states=[state])
    payers.forget()

    rows = client.get("/payers/suggest", {"q": "acme"}).json()["results"]

    assert [row["slug"] for row in rows] == ["acme-best", "acme-care", "best-of-acme"]


def test_a_part_of_many_names_is_told_with_some_of_them(client) -> None:
    for number in range(9):
        PayerFactory(slug=f"blue-{number}", name=f"Blue {number}")
    payers.forget()

    told = words(soup(client.get("/programs/?near=53202&payer=blue")).find(id="payer_error"))

    assert "“blue” fits more than one: Blue 0, Blue 1, Blue 2, Blue 3, Blue 4, Blue 5, …" in told


def test_what_the_form_does_not_offer_outlives_the_next_tick(client) -> None:
    page = soup(client.get("/programs/?near=53202&radius=30&free=mon-1700-2200&video=1"))

    sent = {(box["name"], box["value"]) for box in page.select("#search input[type=hidden]")}
    assert sent == {("video", "1"), ("free", "mon-1700-1800"), ("free", "mon-2100-2200")}
    assert [box["value"] for box in page.select("input[name=radius][checked]")] == ["30"]


@pytest.mark.parametrize(
    "query", ["near=53202", "near=53202&radius=5&language=yupik", "near=springfield", "near=nowhere at all"]
)
def test_the_order_outlives_the_next_tick_wherever_there_is_a_list_or_none(client, query) -> None:
    page = soup(client.get(f"/programs/?{query}&sort=cost"))

    [field] = page.select("#search [name=sort], [name=sort][form=search]")
    assert (field.select_one("[selected]") or field)["value"] == "cost"


@pytest.mark.parametrize("query", ["near=53202&near=", "near=&near=53202&near=&radius=25&radius=&page="])
def test_an_empty_value_hides_none_that_stands_before_it(client, query) -> None:
    place = client.get(f"/api/v1/programs?{query}").json()["place"]

    assert place["label"] == "53202, Milwaukee, WI"
    assert soup(client.get(f"/programs/?{query}")).find(id="near")["value"] == "53202"


def test_a_distance_is_the_last_that_says_something_for_data_as_for_people(client) -> None:
    query = "near=53202&radius=100&radius=25&radius="
    count = len(cards(soup(client.get(f"/programs/?{query}"))))

    assert client.get(f"/api/v1/programs?{query}").json()["count"] == count == 3
    rows = client.get(f"/api/v1/programs/export?format=json&{query}")
    assert len([row for row in json.loads(rows.getvalue()) if row["formats"] != ["virtual"]]) == count


def test_an_empty_place_does_not_hide_whose_plan_is_meant(client, medical_assistance) -> None:
    page = soup(client.get("/programs/?near=19107&near=&payer=Medical Assistance"))

    assert chosen(page) == ["pa"]


def test_too_many_filters_are_said_to_be(client) -> None:
    query = "&".join(f"condition=c{number}" for number in range(60))

    assert "Please pick fewer" in words(soup(client.get(f"/programs/?near=53202&{query}")))


def test_a_whole_week_of_free_hours_is_not_too_many(client) -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    free = "&".join(f"free={day}-{hour:02}00-{hour + 3:02}00" for day in days for hour in range(0, 24, 3))

    page = soup(client.get(f"/programs/?near=53202&radius=25&{free}"))

    assert "Please pick fewer" not in words(page)
    assert "Fits your week" in words(page.select_one("li.card"))


def test_a_page_asks_the_database_a_stated_number_of_times(client, django_assert_max_num_queries) -> None:
    Program.objects.filter(slug="evening").update(summary="x")
    client.get("/programs/?near=53202")

    with django_assert_max_num_queries(3):  # the place, the records, and cards not yet seen
        client.get("/programs/?near=53202&radius=25&payer=medicaid&when=evening")


@pytest.mark.parametrize(
    ("address", "labels"),
    [
        ("/programs/suggest?q=evening", ["Evening House"]),
        ("/programs/suggest?q=evnning", ["Evening House"]),
        ("/programs/suggest?q=%00", []),
        ("/payers/suggest?q=badg", ["BadgerCare Plus"]),
        ("/payers/suggest?q=wisconsin%20med", ["BadgerCare Plus"]),
        ("/payers/suggest?q=b", []),
        ("/places/suggest?q=springf", ["Springfield, IL", "Springfield, MO"]),
        ("/places/suggest?q=%00", []),
    ],
)
def test_suggestions(client, address, labels) -> None:
    assert [row["label"] for row in client.get(address).json()["results"]] == labels


@pytest.mark.parametrize(
    ("address", "rows"),
    [
        ("/payers/suggest?kinds=en&q=Medicaid", [("Medicaid", "medicaid"), ("BadgerCare Plus", "badgercare")]),
        ("/payers/suggest?kinds=en&q=private+ins", [("Private health insurance", "private")]),
        ("/payers/suggest?kinds=es&q=seguro+de+salud+pri", [("Seguro de salud privado", "private")]),
        ("/payers/suggest?kinds=en&q=p", []),
        ("/payers/suggest?kinds=en&q=%00", []),
        ("/payers/suggest?kinds=en&q=Medicare", [("Medicare", "medicare")]),  # once, though a payer is called so too
        ("/payers/suggest?kinds=zz&q=Medicaid", [("BadgerCare Plus", "badgercare")]),
        ("/payers/suggest?q=Medicaid", [("BadgerCare Plus", "badgercare")]),  # a form that needs a plan
    ],
)
def test_kinds_of_payment_are_suggested_where_one_may_be_searched(client, address, rows) -> None:
    PayerFactory(slug="medicare", name="Medicare", kind="medicare")
    payers.forget()

    assert [(row["label"], row["slug"]) for row in client.get(address).json()["results"]] == rows


def test_a_plan_picked_from_the_list_is_that_plan(client, medical_assistance) -> None:
    PayerFactory(slug="md", name="Medical Assistance", kind="medicaid", states=["MD"])
    payers.forget()
    rows = client.get("/payers/suggest?kinds=en&q=medical+assistance").json()["results"]

    for row in rows:
        assert chosen(soup(client.get("/programs/", {"near": "19107", "payer": row["value"]}))) == [row["slug"]]
    assert {row["slug"] for row in rows} == {"mn", "pa", "md"}


def test_of_names_that_are_as_like_the_one_that_begins_so_is_suggested_first(client) -> None:
    ProgramFactory(name="Bright Horizons", phone=None)
    ProgramFactory(name="Horizon Health and Wellness – Casa Grande", phone=None)

    found = client.get("/programs/suggest?q=horizn").json()["results"]

    assert [row["label"] for row in found] == ["Horizon Health and Wellness – Casa Grande", "Bright Horizons"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole", "part"])
@pytest.mark.parametrize(
    "query",
    [
        "q=I want to kill myself",
        "near=quiero morir",
        "near=53202&q=house overdose",
        "near=53202&payer=he has a gun",
        f"near=53202&q={'so tired. ' * 20}I want to die",
    ],
)
def test_words_of_danger_in_a_search_open_the_988_panel_first(client, query, headers) -> None:
    page = soup(client.get(f"/programs/?{query}", headers=headers))

    panel = page.select_one("#results > :first-child .crisis-now")
    assert "You do not have to be alone with this." in words(panel)
    assert [link["href"] for link in panel.select("a")] == ["tel:988", "sms:988", "tel:911"]


def test_words_of_danger_are_answered_in_spanish_too(client) -> None:
    panel = soup(client.get("/es/programs/?near=53202&q=me quiero morir")).select_one("#results .crisis-now")

    assert "llame o envíe un mensaje de texto al 988" in words(panel)


@pytest.mark.parametrize("query", QUERIES)
def test_an_ordinary_search_opens_no_panel(client, query) -> None:
    client.get("/programs/?near=53202&q=far overdose")  # whose page may be of the same shape

    assert not soup(client.get(f"/programs/?{query}")).select(".crisis-now")


def test_the_shortlist_shows_what_the_address_carries(client) -> None:
    page = soup(client.get("/shortlist/?p=silent&p=evening&p=gone&p=%00"))

    assert [words(card.h2) for card in page.select("li.card")] == ["Silent <House>", "Evening House"]
    assert "1 saved program is no longer listed." in words(page)
    assert page.select_one("meta[name=robots]")["content"] == "noindex"
    assert "Nothing saved yet" in words(soup(client.get("/shortlist/")))


def test_a_device_sends_its_list_so_that_no_address_holds_it() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/es/shortlist/", {"p": ["silent", "evening", "gone"]})
    page = soup(answer)

    assert [words(card.h2) for card in page.main.select("li.card")] == ["Silent <House>", "Evening House"]
    assert "1 programa guardado ya no está en la lista." in words(page.main)
    assert page.select_one("[data-do=share]")["data-link"] == "?p=silent&p=evening&p=gone"
    assert not answer.cookies
    assert "Nothing saved yet" in words(soup(strict.post("/shortlist/")))


def test_the_links_to_what_is_saved_carry_no_list(client) -> None:
    for address in ("/programs/?near=53202", "/programs/evening/"):
        link = soup(client.get(address)).select_one("[data-shortlist]")
        assert (link["href"], link["data-shortlist"]) == ("/shortlist/", "bare")


def test_the_shortlist_shows_what_a_program_says_now(client, django_assert_max_num_queries) -> None:
    saved = ProgramFactory(slug="saved", priced=True)
    record.write([saved.pk])
    client.get("/shortlist/?p=saved")

    Program.objects.filter(pk=saved.pk).update(cost_per_week_min=111, cost_per_week_max=111)
    record.write([saved.pk])

    with django_assert_max_num_queries(3):  # the programs, their revisions, and cards not yet seen
        page = soup(client.get("/shortlist/?p=saved"))
    assert "$111" in words(page.select_one("li.card"))
