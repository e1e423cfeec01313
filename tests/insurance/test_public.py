"""The caller's own pages: asked once, kept private, followed by a link that tells nothing."""

import re
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from insurance import callerdraft, consent, statuslink
from insurance.models import Consent, IntakeDraft, Verification
from insurance.publicforms import STEPS, new_mark
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import (
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

ASKED = {
    "phone": "414-555-0142",
    "may_leave_message": "no",
    "language": "es",
    "caller_name": "Maria",
    "contact_notes": "after 3 pm",
    "asking_for": "child",
    "condition": "mh",
    "state": "WI",
    "zip": "53202",
    "member_id": "SIMPPO001",
    "subscriber_first_name": "Jordan",
    "subscriber_last_name": "Example",
    "subscriber_birth_date": "04/12/1990",
    "relationship": "self",
    "consent_verify": "on",
    "consent_version": "2026-11",
}


@pytest.fixture
def asked(time_machine_at):
    program, payer = ProgramFactory(), PayerFactory(name="Example Health")
    ProgramBillingFactory(program=program)
    ProgramPayerContractFactory(program=program, payer=payer)
    PayerRouteFactory(payer=payer)

    def fill(**changes):
        mark = new_mark()
        time_machine_at(30)
        return {**ASKED, "payer": payer.slug, "program_1": program.slug, "mark": mark, **changes}

    return fill


def send(client, fields):
    return client.post(reverse("verify_send"), fields)


def code_in(page):
    return re.search(r"/status/#([\w-]+)", page.content.decode())[1]


def test_a_family_asks_checks_and_sends(client, asked):
    fields = asked()
    check = client.post(reverse("verify"), fields).content.decode()
    assert "Check what you wrote" in check
    assert "(414) 555-0142" in check or "+14145550142" in check
    assert not Verification.objects.exists()
    page = send(client, fields)
    verification = Verification.objects.get()
    assert verification.public_id in page.content.decode()
    assert (verification.channel, verification.state) == ("public", "queued")
    assert verification.consent.method == "online"
    assert verification.casework.language == "es"


def step(client, page, fields, **buttons):
    """Send one page as a browser does: its hidden fields, and what is filled in of `fields`; the page it leads to."""
    form = BeautifulSoup(page.content, "html.parser").find("form", attrs={"data-forget": True})
    hidden = {box["name"]: box["value"] for box in form.find_all("input", type="hidden") if box.get("value")}
    shown = {box["name"] for box in form.find_all(["input", "select"]) if box.get("type") != "hidden"}
    filled = {name: fields[name] for name in fields if name in shown or f"{name}_text" in shown}
    return client.post(form["action"], {**hidden, **filled, **buttons}, follow=True)


def heading(page):
    return BeautifulSoup(page.content, "html.parser").h1.text


def test_one_step_leads_to_the_next_and_nothing_is_stored_before_it_is_sent(client, asked, time_machine_at):
    fields = asked()
    page = client.get(reverse("verify"))
    seen = [heading(page)]
    for _step in STEPS:
        page = step(client, page, fields)
        seen.append(heading(page))
    assert seen == [*(str(each.title) for each in STEPS), "Check what you wrote"]
    for model in (Verification, Consent, IntakeDraft, Session):
        assert not model.objects.exists()
    kept = client.cookies[callerdraft.name()]
    assert kept["httponly"]
    assert "Maria" not in kept.value
    time_machine_at(60)
    page = step(client, page, fields)
    assert heading(page) == "We have your request"
    assert (Verification.objects.get().channel, Verification.objects.get().state) == ("public", "queued")
    assert client.cookies[callerdraft.name()].value == ""


def test_a_mistake_is_said_on_its_own_step_which_going_back_and_reloading_find_again(client, asked):
    page = step(client, client.get(reverse("verify")), asked())
    page = step(client, page, asked(payer="no such plan", member_id="SIMPPO001"))
    assert page.redirect_chain == [("/verify/plan/?mend=1", 302)]
    again = BeautifulSoup(client.get("/verify/plan/?mend=1").content, "html.parser")
    for found in (BeautifulSoup(page.content, "html.parser"), again):
        assert found.title.text.startswith("Error:")
        assert [link["href"] for link in found.select(".esum a")] == ["#id_payer"]
        assert found.find(id="id_member_id")["value"] == "SIMPPO001"
    assert "Error:" not in client.get("/verify/plan/").content.decode()


def test_back_keeps_what_is_not_finished_and_change_leads_back_to_the_check(client, asked):
    page = step(client, client.get(reverse("verify")), asked())
    page = step(client, page, asked(payer="", member_id="HALF"), back="1")
    assert heading(page) == "Who is it for?"
    page = step(client, page, asked())
    assert 'value="HALF"' in page.content.decode()
    checked = client.post(reverse("verify"), asked())
    changed = client.post(reverse("verify"), {**asked(), "edit": "contact"}, follow=True)
    assert (checked.status_code, heading(changed)) == (200, "How can we reach you safely?")
    assert "414-555-0199" in step(client, changed, asked(phone="414-555-0199"), zip="53203").content.decode()
    assert heading(client.get("/verify/check/")) == "Check what you wrote"


def test_a_page_that_lay_open_loses_nothing_and_a_cookie_of_long_ago_opens_nothing(client, asked, time_machine_at):
    page = step(client, client.get(reverse("verify")), asked())
    time_machine_at(callerdraft.SECONDS + 1)
    assert client.get("/verify/plan/").url == reverse("verify")
    page = step(client, page, asked())
    assert heading(page) == "How can we reach you safely?"
    assert 'name="asking_for" value="child"' in page.content.decode()


def test_more_than_a_cookie_holds_is_kept_by_the_page_itself(client, asked):
    page = step(client, client.get(reverse("verify")), asked())
    page = step(client, page, asked())
    notes = secrets.token_hex(4000)
    page = step(client, page, asked(contact_notes=notes))
    assert (page.status_code, page.redirect_chain) == (422, [])
    assert "at most 500 characters" in page.content.decode()
    assert notes in page.content.decode()
    assert heading(step(client, page, asked())) == "Your permission"


def test_answers_are_deleted_on_demand(client, asked):
    page = step(client, client.get(reverse("verify")), asked())
    page = step(client, page, {}, forget="1")
    assert page.redirect_chain == [(reverse("verify"), 302)]
    assert "checked" not in page.content.decode()
    assert client.get("/verify/check/").url == reverse("verify")


def test_no_later_step_opens_without_the_first_and_no_other_step_exists(client):
    assert {client.get(f"/verify/{each.slug}/").url for each in STEPS} == {reverse("verify")}
    assert client.get("/verify/nonsense/").status_code == 404


def test_a_cookie_that_is_not_ours_is_no_answer(client):
    for value in ("x", "AQ==", "\x7f" * 20):
        client.cookies[callerdraft.name()] = value
        assert client.get("/verify/plan/").url == reverse("verify")
        assert client.get(reverse("verify")).status_code == 200


def test_a_program_that_is_asked_about_is_there_though_answers_were_kept(client, asked):
    step(client, client.get(reverse("verify")), asked(program_1=""))
    other = ProgramFactory(name="Another Way")
    assert "Another Way" in client.get(reverse("verify"), {"program": other.slug}).content.decode()


def test_a_new_text_of_the_consent_is_shown_with_its_own_version(client, asked, monkeypatch):
    fields = asked()
    monkeypatch.setitem(consent.TEXTS, "2027-01", replace(consent.current_text(), version="2027-01"))
    monkeypatch.setattr(consent, "CURRENT", "2027-01")
    page = send(client, fields)
    assert "consent text has changed" in page.content.decode()
    assert heading(step(client, page, fields)) == "Check what you wrote"


def test_sending_twice_gives_the_same_request_and_the_same_link(client, asked):
    fields = asked()
    assert code_in(send(client, fields)) == code_in(send(client, fields))
    assert Verification.objects.count() == 1


def test_a_plan_may_be_named_without_javascript(client, asked):
    send(client, asked(payer="", payer_text="example health"))
    assert Verification.objects.get().payer.name == "Example Health"


def test_whoever_would_rather_talk_leaves_a_number_only(client, asked):
    bare = dict.fromkeys(("payer", "member_id", "subscriber_last_name", "subscriber_birth_date", "program_1"), "")
    send(client, asked(wants_call="on", **bare))
    verification = Verification.objects.get()
    assert verification.casework.wants_call
    assert verification.state == "manual_required"


def test_a_mistake_in_a_plan_that_is_told_on_the_phone_stands_in_nobodys_way(client, asked):
    wrong = {"payer": "no such plan", "member_id": "A*B", "subscriber_birth_date": "1", "relationship": ""}
    assert send(client, asked(wants_call="on", **wrong)).status_code == 200
    assert Verification.objects.get().payer.slug == "plan-not-known"


def test_somebody_with_the_same_card_does_not_learn_that_it_was_asked_before(client, asked):
    first = send(client, asked())
    second = send(client, asked(phone="414-555-0199"))
    assert Verification.objects.count() == 2
    words = [
        re.sub(r"IV-\S{4}-\S{4}|#[\w-]+|name=\S+ value=\S+", "", page.content.decode()) for page in (first, second)
    ]
    assert words[0] == words[1]
    newest = Verification.objects.order_by("-pk")[0]
    assert "Same question as" in newest.notes.get().text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"website": "http://spam.example"}, "Leave this field empty"),
        ({"mark": "forged"}, "open for too long"),
        ({"consent_verify": ""}, "without a yes"),
        ({"payer": ""}, "Which plan is it"),
        ({"phone": "12"}, "Write a US number"),
        ({"member_id": ""}, ""),
    ],
)
def test_bad_input_keeps_what_was_typed(client, asked, change, message):
    fields = asked(**change)
    if change == {"member_id": ""}:
        fields |= {"subscriber_last_name": ""}
        message = "Write the member ID, or"
    page = send(client, fields)
    assert page.status_code == 422
    assert message in page.content.decode()
    assert "after 3 pm" in page.content.decode()
    assert not Verification.objects.exists()


def test_a_page_that_was_open_too_long_works_when_sent_again(client, asked, time_machine_at):
    fields = asked()
    time_machine_at(25 * 3600)
    page = send(client, fields).content.decode()
    mark = re.search(r'name="mark" value="([^"]+)"', page)[1]
    time_machine_at(10)
    assert send(client, {**fields, "mark": mark}).status_code == 200


def test_a_machine_is_too_fast(client, asked):
    page = send(client, {**asked(), "mark": new_mark()})
    assert "very fast" in page.content.decode()


def test_ten_requests_in_ten_minutes_are_enough_and_another_network_is_not_held_up(client, asked):
    answers = [send(client, asked(member_id=f"M{number}")).status_code for number in range(11)]
    assert answers == [200] * 10 + [429]
    other = client.post(reverse("verify_send"), asked(member_id="M99"), REMOTE_ADDR="198.51.100.7")
    assert other.status_code == 200


def test_a_closed_helpline_says_when_a_person_can_call(client, asked, settings):
    assert "The helpline is closed now" not in send(client, asked()).content.decode()
    settings.HELPLINE_HOLIDAYS = [str(timezone.localdate() + timedelta(days=day)) for day in range(2)]
    day = timezone.localdate() + timedelta(days=2)
    page = send(client, asked(member_id="M2")).content.decode()
    assert f"A person can call you from {day:%A}, 12:00 a.m. on" in page


def test_the_status_page_shows_progress_and_no_person(client, asked):
    code = code_in(send(client, asked()))
    page = client.post(reverse("status"), {"code": f" {code} "}).content.decode()
    assert "We have your request" in page
    for private in ("Maria", "Jordan", "Example Health", "SIMPPO001", "0142", "IV-"):
        assert private not in page


def test_a_mail_scanner_that_opens_the_link_changes_nothing(client, asked):
    code = code_in(send(client, asked()))
    assert client.get(reverse("status")).status_code == 200
    assert client.head(reverse("status")).status_code == 200
    assert client.post(reverse("status"), {"code": code}).status_code == 200


@pytest.mark.parametrize("code", ["", "wrong", "x" * 43, "\x00", "é" * 300])
def test_a_wrong_code_says_so_and_no_more(client, code):
    page = client.post(reverse("status"), {"code": code})
    assert page.status_code == 404
    assert "We do not find this code" in page.content.decode()


@pytest.mark.parametrize(
    ("state", "reached"),
    [("queued", 1), ("awaiting_payer", 2), ("manual_required", 3), ("needs_info", 2), ("cancelled", 0)],
)
def test_each_state_is_a_neutral_stage(state, reached):
    assert statuslink._progress(VerificationFactory.build(state=state)).reached == reached


def test_whoever_is_called_first_is_not_told_that_a_plan_is_asked(client, asked):
    bare = dict.fromkeys(("payer", "member_id", "subscriber_last_name", "subscriber_birth_date", "program_1"), "")
    done = send(client, asked(wants_call="on", **bare))
    assert "We ask your plan" not in done.content.decode()
    assert "We go through it together" in done.content.decode()
    page = BeautifulSoup(client.post(reverse("status"), {"code": code_in(done)}).content, "html.parser")
    assert [stage.text for stage in page.select(".stages .done")] == ["We have your request"]
    assert "We call you first" in page.find(role="status").text


def test_whoever_wants_a_call_and_names_the_plan_is_told_that_it_is_asked(client, asked):
    done = send(client, asked(wants_call="on"))
    assert "We ask your plan" in done.content.decode()
    Verification.objects.update(state="manual_required", next_attempt_at=None)
    assert statuslink.progress(code_in(done)).reached == 3


@pytest.mark.parametrize(
    ("state", "reached", "is_over"),
    [("queued", 2, False), ("manual_required", 3, False), ("completed", 4, True), ("cancelled", 4, True)],
)
def test_while_the_company_that_decides_is_being_asked_there_is_no_answer_yet(state, reached, is_over):
    now = timezone.now()
    known = {"determination": "carve_out_contact", "completed_at": now}
    row = VerificationFactory(state="completed", **known)
    ready = known if state == "completed" else {"next_attempt_at": now} if state == "queued" else {}
    VerificationFactory(state=state, parent=row, origin="carve_out", **ready)
    progress = statuslink._progress(row)
    assert (progress.reached, progress.is_over) == (reached, is_over)
    assert ("There is an answer" in str(progress.now)) is is_over


def test_the_secret_is_not_in_the_database(client, asked):
    code = code_in(send(client, asked()))
    assert len(code) == 43
    assert code not in str(Verification.objects.values_list("status_key_hash", flat=True))


def test_the_form_speaks_spanish(client, asked):
    client.post("/es/verify/who/", asked(language=""))
    page = BeautifulSoup(client.get("/es/verify/contact/").content, "html.parser")
    assert page.find(id="id_language").find("option", selected=True)["value"] == "es"
    assert page.h1.text == "¿Cómo podemos contactarle con seguridad?"


def test_the_caller_is_asked_in_the_callers_words_and_nothing_is_chosen_beforehand(client):
    page = BeautifulSoup(client.get(reverse("verify")).content, "html.parser")
    assert "Is this for you or somebody else?" in page.text
    assert "Themselves" not in page.text
    assert page.find_all("input", checked=True) == []


def test_a_caller_in_danger_reads_words_for_callers(client, asked):
    page = client.post(reverse("verify"), asked(contact_notes="I want to die")).content.decode()
    assert "You do not have to be alone with this" in page
    assert "Stay on the line" not in page


def test_whoever_would_rather_talk_leaves_no_plan(client, asked):
    left_out = {"payer", "member_id", "relationship", "subscriber_last_name", "subscriber_birth_date", "program_1"}
    fields = {name: value for name, value in asked(wants_call="on").items() if name not in left_out}
    assert send(client, fields).status_code == 200
    assert Verification.objects.get().casework.wants_call


@pytest.mark.parametrize("address", ["/verify/", "/verify/send/"])
def test_a_nul_byte_is_bad_input_like_any_other(client, address):
    assert client.post(address, {"payer": "\x00", "program": "\x00"}).status_code < 500
