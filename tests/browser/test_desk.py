"""The desk in a browser: a whole call by keyboard, two people and one request, a phone's width."""

import os
import random
import re
import time
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session

from insurance import publicforms, statuslink, verification
from insurance.models import Verification
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.conftest import _payer_server, payer_server  # noqa: F401  (fixtures)
from tests.insurance.factories import (
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

SHOTS = os.environ.get("SHOTS")  # a folder: keep pictures of the pages
# HUMAN=1: a second of listening before each field, five keys a second. Otherwise as fast as the browser takes them.
PAUSE, KEY = (1.0, 200) if os.environ.get("HUMAN") else (0, 0)
CLAIMS = int(os.environ.get("CLAIMS", "2"))  # how often two browsers want the same request


def picture(page, name):
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{page.viewport_size['width']}.png")


@pytest.fixture
def agent(staff, signed_in):
    return signed_in(staff("agent", name="Dana Agent"))


@pytest.fixture
def askable(db):
    payer = PayerFactory(name="Example Health PPO")
    program = ProgramFactory(name="Third Ward Recovery Center")
    ProgramBillingFactory(program=program)
    ProgramPayerContractFactory(program=program, payer=payer)
    PayerRouteFactory(payer=payer, payer_code="SIM01")
    return payer, program


@pytest.fixture
def payer_says(payer_server):  # noqa: F811
    """payer_says(row): what a worker does with a doorbell, done here and now against the payer simulator."""
    return lambda row: verification.run(row.pk)


def test_a_whole_call_by_keyboard_alone(open_page, agent, askable, payer_says):
    """From the desk to the sentence that is read out, without a mouse, in the order of talk."""
    page = open_page("/desk/", client=agent)
    keys, began = page.keyboard, time.monotonic()
    keys.press("+")
    page.wait_for_url("**/desk/new/")
    page.locator("#id_safe_0").focus()
    press(
        keys, ["Space", "Tab", "4145550142", "Tab", "ArrowDown", "Tab", "after 3 pm", "Tab", "Tab"]
    )  # to the language
    press(keys, ["ArrowDown", "Tab", "Maria Example", "Tab"])  # for whom, and the caller's name
    press(keys, ["Space", "Tab", "Wisc", "Tab", "53202", "Tab"])  # the care, state, ZIP
    choose(page, "#id_payer", "Example Hea")
    press(
        keys, ["Tab", "SIMPPO001", "Tab", "Jordan", "Tab", "Example", "Tab", "04121990", "Tab", "Space", "Tab", "Tab"]
    )
    assert page.input_value("#id_subscriber_birth_date") == "04/12/1990"
    choose(page, "#id_program_1", "Third Ward")
    press(keys, ["Tab", "Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Space", "Tab", "He finished detox on Friday."])
    keys.press("Control+Enter")
    page.get_by_role("heading", name="Check what you wrote").wait_for()
    picture(page, "check")
    keys.press("Enter")
    page.wait_for_url("**/desk/IV-**")
    took = time.monotonic() - began
    row = Verification.objects.get()
    page.locator("#id_text").fill("she will call again at six")
    payer_says(row)
    page.get_by_text("computer told us").wait_for()
    assert page.locator("#state").inner_text() == "Answer ready"
    assert page.locator("#id_text").input_value() == "she will call again at six"
    picture(page, "answer")
    assert took < 120
    if SHOTS:
        Path(SHOTS, "keyboard-call.txt").write_text(
            f"{took:.1f} s to log the call, {time.monotonic() - began:.1f} s to the answer"
        )


def press(keys, steps):
    for step in steps:
        if step in {"Tab", "Space", "ArrowDown", "Enter"}:
            keys.press(step)
            time.sleep(PAUSE if step == "Tab" else 0)
        else:
            keys.type(step, delay=KEY)


def choose(page, field, text):
    """Pick the first suggestion with the arrow keys."""
    assert page.evaluate("document.activeElement.id") == field.removeprefix("#")
    page.keyboard.type(text, delay=max(KEY, 20))
    page.locator(f"{field}-list [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_no_shortcut_fires_while_somebody_types(open_page, agent, askable):
    page = open_page("/desk/", client=agent)
    page.keyboard.press("/")
    page.keyboard.type("j?a+")
    assert page.input_value("#sq") == "j?a+"
    assert page.url.endswith("/desk/")
    page.locator("#main").focus()
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()


def test_two_people_want_one_request_and_one_learns_who_has_it(open_page, staff, signed_in, askable):
    """Both have it open and press A before either has an answer: one holds it, the other reads who and until when."""
    people = ["Dana One", "Sam Two"]
    pages = [open_page("/desk/", client=signed_in(staff("agent", name=name))) for name in people]
    winners = []
    for _round in range(CLAIMS):
        row = VerificationFactory(state="manual_required", payer=askable[0], program=askable[1])
        for page in pages:
            page.goto(row.get_absolute_url())
        for page in random.sample(pages, 2):  # the key starts the request; neither waits for its answer
            page.evaluate("() => { setTimeout(() => document.querySelector('[data-k=a]').click()) }")
        said = [taken(page) for page in pages]
        (winner,) = [name for name, words in zip(people, said, strict=True) if words == "Release"]
        (loser,) = [words for words in said if words != "Release"]
        assert re.search(rf"{winner} has this until \d+:\d\d [AP]M", loser), said
        winners.append(winner)
    if SHOTS:
        won = {name: winners.count(name) for name in people}
        Path(SHOTS, "claims.txt").write_text(f"{CLAIMS} rounds, one holder each: {won}")


def taken(page):
    """What a page says after its person wanted the request: the button to give it back, or who was faster."""
    found = page.locator("button:has-text('Release'), [role=alert]:has-text('has this until')").first
    found.wait_for()
    text = found.inner_text()
    return "Release" if "Release" in text else text


def test_a_slip_is_undone_by_a_key_and_a_finished_request_leads_back_to_its_queue(open_page, agent, askable):
    row = VerificationFactory(state="manual_required", payer=askable[0], program=askable[1])
    page = open_page("/desk/?queue=person", client=agent)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/IV-**")
    page.keyboard.press("a")
    page.get_by_role("button", name="Release").wait_for()
    page.keyboard.press("e")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Needs a person", level=1).wait_for()
    picture(page, "undo")
    page.keyboard.press("u")
    page.get_by_role("button", name="Release").wait_for()
    assert Verification.objects.get(pk=row.pk).casework.closed_at is None


def test_words_of_danger_are_met_where_one_types(open_page, agent, askable):
    page = open_page("/desk/new/", client=agent, width=390)
    page.get_by_role("textbox", name="Notes").fill("Ella dice que quiere quitarse la vida")
    page.get_by_text("Somebody may be in danger").wait_for()
    assert page.locator(".crisis-now").evaluate("(panel) => panel.getBoundingClientRect().top < innerHeight")
    picture(page, "crisis")


def test_a_lost_session_leads_back_to_the_draft(open_page, agent, staff, askable, signed_in):
    page = open_page("/desk/new/", client=agent)
    page.get_by_role("textbox", name="Notes").fill("typed before")
    page.wait_for_url("**/desk/new/?draft=*")
    Session.objects.all().delete()
    page.get_by_role("textbox", name="Notes").fill("typed after")
    page.wait_for_url("**/accounts/login/?next=/desk/new/**draft**")


def test_what_is_typed_survives_a_closed_window(open_page, agent):
    page = open_page("/desk/new/", client=agent)
    page.get_by_role("textbox", name="Notes").fill("not finished yet")
    page.get_by_text("Draft kept at").wait_for()
    page.close()
    page = open_page("/desk/new/", client=agent)
    page.get_by_role("link", name="Go on with the call").click()
    page.wait_for_url("**?draft=*")
    assert page.get_by_role("textbox", name="Notes").input_value() == "not finished yet"


def test_a_family_asks_without_javascript_and_follows_the_link(open_page, assert_fits, askable, monkeypatch):
    monkeypatch.setattr(publicforms, "FASTEST_SECONDS", 0)
    page = open_page(f"/verify/?program={askable[1].slug}", width=390, js=False)
    page.get_by_role("group", name="Is this for you or somebody else?").get_by_label("My child").check()
    page.get_by_role("group", name="What is the care for?").get_by_label("Mental health").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    assert page.title().startswith("Error:")
    picture(page, "verify-mistake")
    page.locator("#id_payer").fill("Example Health PPO")
    page.get_by_label("Member ID").fill("SIMPPO001")
    page.get_by_role("group", name="On this plan, the patient is").get_by_label("The main person on the card").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Phone number").fill("414 555 0142")
    page.get_by_role("group", name="May we leave a message?").get_by_label("No").check()
    page.get_by_role("button", name="Continue").click()
    page.locator("#id_consent_verify").check()
    page.get_by_role("button", name="Continue").click()
    for _page in range(5):  # the browser's own “Back”, also over the page with a mistake, to the first step
        page.go_back()
    assert page.get_by_label("My child").is_checked()
    page.goto("/verify/check/")
    picture(page, "verify-check")
    assert_fits(page)
    page.get_by_role("button", name="Send", exact=True).click()
    picture(page, "done")
    assert_fits(page)
    link = page.locator("a.break").inner_text()
    page.goto("/status/")
    page.get_by_label("Code from your link").fill(link.partition("#")[2])
    page.get_by_role("button", name="Show").click()
    page.get_by_text("We have your request").wait_for()


def test_a_status_link_opens_by_itself_and_leaves_no_code_behind(open_page, askable, db):
    row = VerificationFactory(state="manual_required", payer=askable[0])
    link = statuslink.new(verification=row, by=None)
    page = open_page(f"/status/#{link.partition('#')[2]}", width=390)
    page.get_by_text("This takes a person").wait_for()
    picture(page, "progress")
    assert "#" not in page.url


@pytest.mark.parametrize("width", [390, 1280])
def test_the_desk_is_accessible_and_fits(open_page, agent, assert_accessible, assert_fits, askable, width):
    row = VerificationFactory(state="manual_required", payer=askable[0], program=askable[1])
    agent.post(f"{row.get_absolute_url()}call/start/")
    places = {
        "queue": "/desk/?queue=mine",
        "request": row.get_absolute_url(),
        "new-call": "/desk/new/",
        "payer-call": f"{row.get_absolute_url()}call/",
    }
    check(open_page, agent, places, width=width, assertions=(assert_fits, assert_accessible))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_leads_and_administrators_are_accessible(
    open_page, staff, signed_in, assert_accessible, assert_fits, width
):
    assertions = (assert_fits, assert_accessible)
    admin = staff("admin", name="Ana Admin")
    check(open_page, signed_in(staff("supervisor")), {"board": "/desk/board/"}, width=width, assertions=assertions)
    check(open_page, signed_in(staff("auditor")), {"audit": "/desk/audit/"}, width=width, assertions=assertions)
    other = f"/desk/people/{staff('agent').pk}/"
    check(open_page, signed_in(admin), {"people": "/desk/people/", "person": other}, width=width, assertions=assertions)


def check(open_page, client, places, *, width, assertions):
    for name, path in places.items():
        page = open_page(path, width=width, client=client, axe=True)
        picture(page, name)
        for assertion in assertions:
            assertion(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_callers_pages_are_accessible_and_fit(open_page, assert_accessible, assert_fits, askable, width):
    places = {"verify": f"/verify/?program={askable[1].slug}", "status": "/status/", "sign-in": "/accounts/login/"}
    check(open_page, None, places, width=width, assertions=(assert_fits, assert_accessible))
