"""The search page by keyboard, by touch, without JavaScript, and after htmx has swapped its results."""

import re

import pytest

from programs.models import Program
from programs.search import record
from tests.factories import PayerFactory, PhoneFactory, PlaceFactory, ProgramFactory

# The longest names that a card shows.
PAYMENTS = ["medicaid", "private", "military", "state-funded", "payment-assistance"]


@pytest.fixture
def programs(transactional_db):
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    PayerFactory(badgercare=True)
    evening = ProgramFactory(slug="evening", name="Evening House", evening=True, priced=True, payment_types=PAYMENTS)
    ProgramFactory(slug="morning", name="Morning House", morning=True)
    for number in range(4):
        ProgramFactory(slug=f"silent-{number}", name=f"Silent House {number}")
    record.rebuild()
    return evening


def results(page):
    """What the server drew, without what scripts and open filters add to it."""
    html = page.locator("#results").inner_html()
    html = re.sub(r'<ul id="[\w-]+-list".*?</ul><span class="vh" role="status">.*?</span>', "", html, flags=re.DOTALL)
    html = re.sub(r' (open|hidden|role|aria-[a-z]+|autocomplete|spellcheck)="[^"]*"', "", html)
    return " ".join(html.split())


def test_a_swapped_page_is_the_reloaded_page_and_back_leads_back(programs, open_page):
    page = open_page("/programs/?near=53202")
    page.locator("[data-pill=when] summary").press("Enter")
    page.get_by_label("Evenings (5 pm or later)").press("Space")
    page.wait_for_url("**/programs/?near=53202&when=evening")
    page.get_by_role("heading", name="Programs near").wait_for()
    page.locator(".chips").wait_for()
    assert page.evaluate("() => document.activeElement.value") == "evening"
    swapped = results(page)
    page.reload()
    assert results(page) == swapped
    page.go_back()
    page.locator(".chips").wait_for(state="detached")
    assert page.url.endswith("/programs/?near=53202")
    assert not page.locator("input[name=when][value=evening]").is_checked()


def test_the_other_language_shows_the_search_that_is_shown(programs, open_page):
    page = open_page("/programs/?near=53202")
    page.locator("[data-pill=when] summary").press("Enter")
    page.get_by_label("Evenings (5 pm or later)").press("Space")
    page.wait_for_url("**/programs/?near=53202&when=evening")
    page.locator(".chips").wait_for()
    links = page.locator("a[hreflang=es]").evaluate_all("(links) => links.map((link) => link.pathname + link.search)")
    assert set(links) == {"/es/programs/?near=53202&when=evening"}
    page.go_back()
    page.locator(".chips").wait_for(state="detached")
    assert page.locator(".crisis a[hreflang=es]").get_attribute("href") == "/es/programs/?near=53202"
    page.go_forward()
    page.locator(".chips").wait_for()
    page.locator(".crisis a[hreflang=es]").click()
    page.wait_for_url("**/es/programs/?near=53202&when=evening")
    assert page.locator("li.card h2").all_inner_texts() == ["Evening House"]


def test_enter_is_one_search_and_one_step_back(programs, open_page):
    page = open_page("/programs/?near=53202")
    before = page.evaluate("history.length")
    page.get_by_role("combobox", name="Name of a program").press_sequentially("Evening", delay=5)
    page.keyboard.press("Enter")
    page.locator(".chips").wait_for()
    page.wait_for_timeout(500)  # a change of the box would have been searched for by now
    assert page.evaluate("history.length") == before + 1


def test_words_of_danger_open_the_988_panel_in_sight(programs, open_page, assert_accessible):
    page = open_page("/programs/?near=53202", width=390, axe=True)
    page.get_by_role("link", name="Change").click()
    page.get_by_role("combobox", name="Name of a program").fill("I want to die")
    page.keyboard.press("Enter")
    page.locator(".crisis-now").wait_for()
    assert page.locator(".crisis-now").evaluate("(panel) => panel.getBoundingClientRect().top < innerHeight")
    assert_accessible(page, within="#results")


def test_a_kind_of_payment_is_suggested_and_picked(programs, open_page):
    page = open_page("/programs/?near=53202")
    page.locator("[data-pill=payer] summary").click()
    page.get_by_role("combobox", name="Name on your card").press_sequentially("Medicai", delay=20)
    page.get_by_role("option", name="Kind of payment").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**payer=medicaid")


def test_suggestions_work_before_and_after_a_swap(programs, open_page):
    page = open_page("/programs/?near=53202")
    page.locator("[data-pill=payer] summary").click()
    page.get_by_role("combobox", name="Name on your card").press_sequentially("badg", delay=20)
    page.get_by_role("option", name="BadgerCare Plus").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**payer=badgercare")
    page.locator(".chips").wait_for()
    page.get_by_role("combobox", name="Name of a program").press_sequentially("evning", delay=20)
    page.get_by_role("option", name="Evening House").wait_for()


def test_a_plan_typed_and_sent_is_not_lost(programs, open_page):
    page = open_page("/programs/?near=53202")
    page.locator("[data-pill=payer] summary").click()
    page.get_by_role("combobox", name="Name on your card").fill("badgercare plus")
    page.keyboard.press("Enter")
    page.locator(".chips").wait_for()
    assert page.get_by_label("BadgerCare Plus (0)").is_checked()
    page.get_by_label("BadgerCare Plus (0)").click()
    page.wait_for_url("**/programs/?near=53202")


def test_a_location_leaves_the_device_to_a_kilometre_and_only_on_press(programs, open_page):
    page = open_page("/programs/")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 43.0389123, "longitude": -87.9064731})
    page.get_by_role("button", name="Use my location").click()
    page.wait_for_url("**/programs/?near=43.04%2C-87.91")


def test_free_hours_are_ticked_by_key_and_painted_by_mouse(programs, open_page):
    page = open_page("/programs/?near=53202")
    page.locator("[data-pill=week] summary").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_url("**free=mon-0600-0900")
    page.locator(".chips").wait_for()
    boxes = page.locator("[data-week] input")
    boxes.nth(1).hover()
    page.mouse.down()
    for number in (2, 3):
        boxes.nth(number).hover()
    page.mouse.up()
    page.wait_for_url(re.compile("(free=(mon|thu|tue|wed)-0600-0900&?){4}$"))


def test_free_hours_are_painted_by_finger(programs, open_page):
    page = open_page("/programs/?near=53202", width=390)
    page.locator("[data-pill=week] summary").click()
    finger = page.context.new_cdp_session(page)
    boxes = [page.locator(f"[data-week] input[value={day}-0600-0900]").bounding_box() for day in ("mon", "tue", "wed")]
    spots = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2} for box in boxes]
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": spots[:1]})
    for spot in spots[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [spot]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_url(re.compile("(free=(mon|tue|wed)-0600-0900&?){3}$"))


def test_a_fifth_program_is_not_compared_and_the_shortlist_stays_on_the_device(programs, open_page):
    page = open_page("/programs/?near=53202", width=390)
    for number in range(5):
        page.locator("input[form=compare]").nth(number).click()
    assert page.locator("input[form=compare]:checked").count() == 4
    page.locator("[data-save]").first.click()
    assert page.locator("[data-shortlist]").get_attribute("href").endswith("/shortlist/")
    page.locator(".tray button").click()
    page.wait_for_url("**/compare/**")
    assert page.locator("table.compare thead a").count() == 4
    assert page.context.cookies() == []


def test_everything_is_there_without_javascript(programs, open_page):
    page = open_page("/programs/?near=53202", width=390, js=False)
    page.locator("[data-pill=when] summary").click()
    page.get_by_label("Evenings (5 pm or later)").check()
    page.locator("[data-pill=when]").get_by_role("button", name="Show programs").click()
    assert page.locator(".chips").inner_text().startswith("Remove filter:")
    assert page.locator("li.card h2").all_inner_texts() == ["Evening House"]


# The states of the search page and the pages it leads to: results, an error, nothing found, places to choose from.
STATES = [
    "/programs/?near=53202&free=mon-0600-0900",
    "/programs/?near=53202&max_cost=abc",
    "/programs/?near=53202&radius=5&when=weekend",
    "/programs/?near=nowhere",
    "/programs/evening/",
    "/programs/silent-1/",
    "/compare/?p=evening&p=morning",
    "/shortlist/?p=evening",
    "/programs/evening/report/",
    "/programs/evening/sheet/",
]


def test_the_pages_of_the_search_are_accessible_on_a_phone(programs, open_page, assert_accessible):
    page = open_page(STATES[0], width=390, axe=True)
    assert_accessible(page)
    for pill in ("week", "care", "payer"):
        page.locator(f"[data-pill={pill}] summary").click()
        assert_accessible(page, within=f"[data-pill={pill}]")
    for path in STATES[1:]:
        page.goto(path)
        assert_accessible(page)


def test_the_results_are_accessible_on_a_desk(programs, open_page, assert_accessible):
    page = open_page(STATES[0], width=1280, axe=True)
    assert_accessible(page)


@pytest.mark.parametrize(("width", "size", "language"), [(320, 100, ""), (320, 100, "/es"), (390, 200, "")])
def test_nothing_of_the_search_is_wider_than_the_screen(programs, open_page, assert_fits, width, size, language):
    page = open_page("/programs/", width=width)
    for path in STATES:
        page.goto(f"{language}{path}", wait_until="domcontentloaded")
        page.evaluate("(size) => { document.documentElement.style.fontSize = `${size}%` }", size)
        assert_fits(page)


@pytest.mark.parametrize("language", ["", "/es"])
def test_a_call_sheet_is_one_page_of_paper(programs, open_page, language):
    PhoneFactory.create_batch(2, program=programs)
    Program.objects.filter(slug="evening").update(name="Saint Elizabeth’s Behavioral Health and Recovery " * 2)
    for slug in ("evening", "silent-1"):
        page = open_page(f"{language}/programs/{slug}/sheet/")
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type /Page\b", paper)) == 1
