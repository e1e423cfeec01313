"""Home, guides and the self-check as people use them: phone, keyboard, screen reader, no JavaScript."""

import re

import brotli
import pytest

PAGES = [
    "/",
    "/guides/",
    "/guides/what-is-an-iop/",
    "/guides/levels-of-care/",
    "/guides/a-week/",
    "/guides/family/",
    "/guides/paying/",
    "/guides/virtual/",
    "/guides/choosing/",
    "/guides/faq/",
    "/guides/glossary/",
    "/check/",
    "/privacy/",
    "/how-we-rank/",
    "/data/",
    "/es/",
    "/accounts/login/",
    "/nothing-here/",
]
# One of each kind of page; the guides share their frame.
KINDS = ["/", "/guides/", "/guides/levels-of-care/", "/guides/faq/", "/check/", "/privacy/", "/accounts/login/"]


@pytest.mark.parametrize(("width", "paths"), [(390, KINDS), (1280, ["/", "/guides/levels-of-care/"])])
def test_every_kind_of_page_is_accessible(open_page, assert_accessible, width, paths):
    page = open_page("/nothing-here/", width=width, axe=True)
    for path in paths:
        page.goto(path)
        assert_accessible(page)


def test_nothing_overflows_a_narrow_phone(open_page, assert_fits):
    page = open_page("/", width=320)
    for path in PAGES:
        page.goto(path)
        assert_fits(page)


def test_shift_three_times_leaves_without_a_way_back(open_page, allow_outside):
    page = open_page("/guides/")
    allow_outside(page, "https://www.weather.gov/")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("https://www.weather.gov/")
    page.go_back()
    assert "/guides/" not in page.url


def test_the_leave_button_leaves_even_without_javascript(open_page, allow_outside):
    page = open_page("/", js=False)
    allow_outside(page, "https://www.weather.gov/")
    page.get_by_role("link", name="Leave this site").click()
    page.wait_for_url("https://www.weather.gov/")


def test_the_keyboard_reaches_the_main_content_and_the_search_first(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "near"


def test_the_language_switch_keeps_page_and_query(open_page):
    page = open_page("/guides/?from=home")
    page.get_by_role("link", name="Español").first.click()
    page.wait_for_url("**/es/guides/?from=home")
    assert page.locator("html").get_attribute("lang") == "es"
    page.get_by_role("link", name="English").first.click()
    page.wait_for_url(re.compile(r"/guides/\?from=home$"))


def answer(page, *labels):
    for label in labels:
        page.get_by_label(label, exact=True).check()
        page.get_by_role("button", name="Continue").click()


SAFE = ("No one is in danger right now", "No", "18 or older", "No, or does not apply")
FITTING = (*SAFE, "More than once a week, but not all day", "Yes", "Yes", "Either way", "Yes")


def test_the_self_check_ends_in_a_direction_and_keeps_answers_out_of_the_address(open_page):
    page = open_page("/check/", width=390, js=False)
    answer(page, *FITTING)
    assert page.get_by_role("heading", level=1).inner_text() == "An IOP may fit."
    assert page.url.endswith("/check/")
    assert page.context.cookies() == []


def test_danger_stops_the_self_check_at_once(open_page):
    page = open_page("/check/")
    answer(page, "Yes: thoughts of suicide or self-harm")
    assert page.get_by_role("link", name="Call 988").get_attribute("href") == "tel:988"


def test_back_shows_the_question_before(open_page):
    page = open_page("/check/")
    answer(page, SAFE[0])
    page.get_by_role("button", name="Back").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Is anyone in danger right now?"


def test_a_missing_answer_is_named_and_takes_the_focus(open_page):
    page = open_page("/check/")
    page.get_by_role("button", name="Continue").click()
    assert page.title().startswith("Error: ")
    assert page.evaluate("() => document.activeElement.className") == "esum"
    page.get_by_role("link", name="Choose an answer").click()
    assert page.evaluate("() => document.activeElement.type") == "radio"


@pytest.fixture
def milwaukee(db):
    from tests.factories import PlaceFactory

    return PlaceFactory(), PlaceFactory(name="Milton", latitude=42.77, longitude=-88.94, county="Rock")


def test_the_place_box_suggests_and_is_worked_by_keys_alone(milwaukee, open_page):
    page = open_page("/")
    box = page.get_by_role("combobox", name="City or ZIP code")
    box.press_sequentially("mil", delay=20)
    page.get_by_role("option").first.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    chosen = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    value = chosen.get_attribute("data-value")
    box.press("Enter")
    assert box.input_value() == value
    assert box.get_attribute("aria-expanded") == "false"
    box.press("Enter")
    page.wait_for_url("**/programs/?near=Mil*")


def test_escape_closes_the_suggestions_and_keeps_the_text(milwaukee, open_page):
    page = open_page("/")
    box = page.get_by_role("combobox", name="City or ZIP code")
    box.press_sequentially("milw", delay=20)
    page.get_by_role("option").first.wait_for()
    box.press("Escape")
    page.get_by_role("listbox").wait_for(state="hidden")
    assert box.input_value() == "milw"


def test_a_box_whose_suggestions_fail_says_so_and_still_searches(open_page):
    page = open_page("/")
    page.route("**/places/suggest*", lambda route: route.abort())
    box = page.get_by_role("combobox", name="City or ZIP code")
    box.press_sequentially("mil", delay=20)
    page.get_by_text("Suggestions are not working right now.").wait_for(state="attached")
    box.press("Enter")
    page.wait_for_url("**/programs/?near=mil*")


def test_the_home_page_searches_without_javascript(milwaukee, open_page):
    page = open_page("/", width=390, js=False)
    page.get_by_label("City or ZIP code").fill("Milwaukee, WI")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/programs/?near=Milwaukee*")


def test_a_first_visit_costs_a_phone_at_most_75_kb_and_ten_requests(open_page):
    home = open_page("/", width=390)
    page = home.context.browser.new_page()  # a browser that has nothing yet
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{home.url}guides/what-is-an-iop/", wait_until="networkidle")
    sizes = [
        len(body) if url.endswith(".woff2") else len(brotli.compress(body)) for url, body in map(received, answers)
    ]
    page.close()
    assert 5 <= len(sizes) <= 10
    assert sum(sizes) <= 75 * 1024


def received(answer):
    return answer.url, answer.body()
