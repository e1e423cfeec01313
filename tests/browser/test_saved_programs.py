"""What somebody saved on this device is found again: from the program's page, and at the list's own address."""

import pytest

from programs.search import record
from tests.factories import ProgramFactory


@pytest.fixture
def two(transactional_db):
    programs = [ProgramFactory(slug=slug, name=f"{slug.title()} House") for slug in ("first", "second")]
    record.rebuild()
    return programs


def save(page, slug):
    page.goto(f"/programs/{slug}/")
    page.locator("[data-save]").click()


def shown(page):
    return page.locator("li.card h2").all_inner_texts()


def test_a_program_that_was_saved_is_found_at_the_lists_own_address(two, open_page):
    page = open_page("/")
    for slug in ("first", "second"):
        save(page, slug)
    page.goto("/es/shortlist/")
    page.wait_for_selector("li.card")
    assert shown(page) == ["First House", "Second House"]
    assert page.url.endswith("/es/shortlist/")  # no address and no history holds the list
    page.go_back()
    assert page.url.endswith("/programs/second/")


def test_saving_on_a_programs_page_leads_to_what_is_saved(two, open_page, assert_good):
    page = open_page("/programs/first/", width=390, axe=True)
    link = page.locator("[data-shortlist]")
    assert not link.is_visible()
    page.locator("[data-save]").click()
    assert link.inner_text().strip() == "My saved programs (1)"
    assert_good(page)
    link.click()
    page.wait_for_selector("li.card")
    assert page.url.endswith("/shortlist/")
    assert shown(page) == ["First House"]
    assert page.locator("[data-do=share]").get_attribute("data-link") == "?p=first"
    assert_good(page)
    assert page.context.cookies() == []


def test_saved_programs_that_are_gone_are_asked_for_once(two, open_page):
    page = open_page("/")
    save(page, "first")
    two[0].status = "draft"
    two[0].save()
    record.rebuild()
    page.goto("/shortlist/")
    page.wait_for_load_state("networkidle")
    assert "1 saved program is no longer listed." in page.locator("main").inner_text()
    assert page.url.endswith("/shortlist/")


def test_a_device_that_saved_nothing_is_told_so(two, open_page):
    page = open_page("/shortlist/")
    page.wait_for_load_state("networkidle")
    assert "Nothing saved yet." in page.locator("main").inner_text()
    assert page.url.endswith("/shortlist/")
