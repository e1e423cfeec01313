"""The desk in a browser: a whole call by keyboard, two people and one request, a phone's width."""

import os
import random
import re
import time
import uuid
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session

from accounts.models import User
from insurance import desk, newcall, publicforms, statuslink, verification
from insurance.models import Verification
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.conftest import _payer_server, payer_server  # noqa: F401  (fixtures)
from tests.insurance.factories import (
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)
from tests.insurance.test_desk_pages import call_with

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
    press(keys, ["Tab", "SIMPPO001", "Tab", "Jordan", "Tab", "Example", "Tab", "04121990"])
    press(keys, ["Tab", "Space", "Tab", "Tab", "Tab"])  # the patient is the one on the card; no group, no end
    assert page.input_value("#id_subscriber_birth_date") == "04/12/1990"
    choose(page, "#id_program_1", "Third Ward")
    press(keys, ["Tab", "Tab", "Tab", "Tab"])  # past the other programs and the help in choosing
    press(keys, ["Space", "Tab", "Tab", "Tab", "Space", "Tab", "He finished detox on Friday."])
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
        if len(step) == 1 or step in {"Tab", "Space", "ArrowDown", "Enter", "Escape"}:
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


def test_a_message_takes_no_more_room_than_it_needs(open_page, agent):
    page = open_page("/desk/", client=agent)
    page.keyboard.press("t")
    said = page.get_by_text("Nobody is waiting.", exact=True).bounding_box()
    below = page.locator(".qlist").bounding_box()
    assert below["y"] - (said["y"] + said["height"]) < 60


@pytest.mark.timeout(110 + 5 * CLAIMS)
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


def test_keys_work_undo_and_can_be_switched_off_and_none_fires_while_somebody_types(open_page, agent, askable):
    row = VerificationFactory(state="manual_required", payer=askable[0], program=askable[1])
    page = open_page("/desk/?queue=person", client=agent)
    keys = page.keyboard
    keys.press("/")
    keys.type("j?a+")
    assert page.input_value("#sq") == "j?a+"
    assert page.url.endswith("?queue=person")
    page.locator("#main").focus()
    press(keys, ["j", "Enter"])
    page.wait_for_url("**/desk/IV-**")
    keys.press("a")
    page.get_by_role("button", name="Release").wait_for()
    keys.press("s")
    assert page.locator("#snooze[open]").count() == 1
    keys.press("Escape")
    assert page.locator("#snooze[open]").count() == 0
    press(keys, ["e", "Space", "Enter"])
    page.get_by_role("heading", name="Needs a person", level=1).wait_for()
    picture(page, "undo")
    keys.press("u")
    page.get_by_role("button", name="Release").wait_for()
    assert Verification.objects.get(pk=row.pk).casework.closed_at is None
    keys.press("?")
    page.get_by_label("Turn off single-key shortcuts").check()
    press(keys, ["Escape", "g", "m", "?"])
    assert page.locator("#keys[open]").count() == 0
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_label("Turn off single-key shortcuts").uncheck()
    press(keys, ["Escape", "g", "m"])
    page.wait_for_url("**/desk/?queue=mine")


def test_a_note_that_was_not_kept_is_not_left_without_a_question(open_page, agent, askable):
    row = VerificationFactory(state="manual_required", payer=askable[0])
    page = open_page(row.get_absolute_url(), client=agent)
    page.keyboard.press("n")
    page.keyboard.type("half a thought")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("link", name="Mine").click()
    assert page.locator("#id_text").input_value() == "half a thought"
    page.locator("#id_text").press("Control+Enter")
    page.locator(".log", has_text="half a thought").wait_for()


def test_a_call_being_written_meets_danger_and_outlives_a_closed_window_and_a_lost_session(open_page, agent):
    page = open_page("/desk/new/", client=agent, width=390)
    page.get_by_role("textbox", name="Notes").fill("Ella dice que quiere quitarse la vida")
    page.get_by_text("Somebody may be in danger").wait_for()
    assert page.locator(".crisis-now").evaluate("(panel) => panel.getBoundingClientRect().top < innerHeight")
    picture(page, "crisis")
    page.wait_for_url("**/desk/new/?draft=*")
    page.close()
    page = open_page("/desk/new/", client=agent)
    page.get_by_role("link", name="Go on with the call").click()
    page.wait_for_url("**?draft=*")
    notes = page.get_by_role("textbox", name="Notes")
    assert notes.input_value() == "Ella dice que quiere quitarse la vida"
    Session.objects.all().delete()
    notes.fill("typed after")
    page.wait_for_url("**/accounts/login/?next=/desk/new/**draft**")


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
    page.wait_for_url("**/verify/check/")
    # The browser's own “Back”, also over the page with a mistake, to the first step; asked for only where a page has
    # arrived, as Chromium refuses it while one page gives way to the next.
    for address in ("consent/", "contact/", "plan/?mend=1", "plan/", f"?program={askable[1].slug}"):
        page.go_back()
        page.wait_for_url(f"{page.url.partition('/verify/')[0]}/verify/{address}")
    assert page.get_by_label("My child").is_checked()
    page.goto("/verify/check/")
    picture(page, "verify-check")
    assert_fits(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("a.break").wait_for()  # the next page has arrived
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


def test_leaving_the_site_deletes_what_a_family_has_answered(open_page, allow_outside, db):
    page = open_page("/verify/", width=390)
    allow_outside(page, "https://www.weather.gov/")
    page.get_by_label("My child").check()
    page.get_by_label("Mental health").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/verify/plan/")
    assert "asked" in {cookie["name"] for cookie in page.context.cookies()}
    page.get_by_role("link", name="Leave this site").click()
    page.wait_for_url("https://www.weather.gov/")
    for _wait in range(50):  # the last word to the site travels by itself
        if "asked" not in {cookie["name"] for cookie in page.context.cookies()}:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the answers are still on the device")


def test_requests_and_payer_calls_are_good_at_every_width_and_in_every_state(
    open_page, agent, staff, assert_good, askable
):
    long = {"caller_name": "Bartholomew Featherstonehaugh-Cholmondeley " * 3, "contact_notes": "w" * 200}
    row = VerificationFactory(state="manual_required", payer=askable[0], program=askable[1], **long)
    page = open_page("/desk/?queue=done", client=agent, axe=True)
    state(page, "queue-empty", assert_good)
    page.goto("/desk/?queue=person")
    page.keyboard.press("?")
    state(page, "keys", assert_good)
    page.goto(row.get_absolute_url())
    state(page, "request", assert_good)
    sam = staff("agent", name="Sam Two")
    desk.take(verification=row, by=sam)
    page.keyboard.press("a")
    page.get_by_text("Sam Two has this until").wait_for()
    state(page, "conflict", assert_good)
    desk.release(verification=row, by=sam)
    page.goto(row.get_absolute_url())
    page.keyboard.press("p")
    page.wait_for_url("**/call/")
    page.get_by_role("button", name="Finish and record").click()
    page.get_by_text("There is a problem").wait_for()
    state(page, "payer-call-mistakes", assert_good)


def test_a_new_call_and_its_answer_are_good_at_every_width_and_in_every_state(
    open_page, agent, assert_good, askable, payer_says
):
    page = open_page("/desk/new/", client=agent, axe=True)
    page.get_by_role("button", name="Check what you wrote").click()
    page.get_by_text("There is a problem").wait_for()
    state(page, "new-call-mistakes", assert_good)
    draft = newcall.save_draft(uid=uuid.uuid4(), owner=User.objects.get(name="Dana Agent"), fields=call_with(askable))
    page.goto(f"/desk/new/?draft={draft.uid}")
    page.get_by_role("button", name="Check what you wrote").click()
    page.get_by_role("heading", name="Check what you wrote").wait_for()
    state(page, "new-call-check", assert_good)
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url("**/desk/IV-**")
    payer_says(Verification.objects.latest("pk"))
    page.get_by_text("computer told us").wait_for()
    state(page, "answer", assert_good)
    page.keyboard.press("d")
    page.wait_for_url("**/sheet/")
    state(page, "sheet", assert_good)


def test_the_pages_of_leads_and_administrators_are_good_at_every_width(open_page, staff, signed_in, assert_good):
    other = f"/desk/people/{staff('agent').pk}/"
    pages = {
        "supervisor": {"board": "/desk/board/", "reviews": "/desk/reviews/"},
        "auditor": {"audit": "/desk/audit/"},
        "admin": {"people": "/desk/people/", "person": other},
    }
    for role, places in pages.items():
        page = open_page("/livez", client=signed_in(staff(role, name="Ana Admin")), axe=True)
        for name, path in places.items():
            page.goto(path)
            state(page, name, assert_good)


def test_the_callers_pages_are_good_at_every_width_and_in_every_state(open_page, assert_good, askable, monkeypatch):
    monkeypatch.setattr(publicforms, "FASTEST_SECONDS", 0)
    page = open_page(f"/verify/?program={askable[1].slug}", axe=True)
    answers = [
        lambda: (page.get_by_label("My child").check(), page.get_by_label("Mental health").check()),
        lambda: page.get_by_label("I would rather tell you on the phone").check(),
        lambda: (page.locator("#id_phone").fill("4145550142"), page.get_by_label("No", exact=True).check()),
        lambda: page.locator("#id_consent_verify").check(),
    ]
    for number, answer in enumerate(answers, 1):
        state(page, f"verify-{number}", assert_good)
        page.get_by_role("button", name="Continue").click()
        page.get_by_text("There is a problem").wait_for()
        state(page, f"verify-{number}-mistakes", assert_good)
        answer()
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Check what you wrote").wait_for()
    state(page, "verify-check", assert_good)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="We have your request").wait_for()
    state(page, "verify-done", assert_good)
    for name, path in {"status": "/status/", "sign-in": "/accounts/login/"}.items():
        page.goto(path)
        state(page, name, assert_good)


def state(page, name, assert_good):
    """One state of a page: kept as a picture if wanted, and held to the rules."""
    picture(page, name)
    assert_good(page)
