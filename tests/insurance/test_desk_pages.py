"""The desk's pages, as agents use them."""

import re
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from insurance import desk, doubts, membership, sample, verification
from insurance.fields import DayField
from insurance.forms import NewCallForm
from insurance.models import Casework, IntakeDraft, Verification
from payersim.scenarios import SCENARIOS
from programs.search import record
from tests.factories import PayerAcceptanceFactory, PayerFactory, PlaceFactory, ProgramFactory
from tests.insurance.factories import (
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

CALL = {
    "safe": "yes",
    "phone": "(414) 555-0142",
    "may_leave_message": "no",
    "language": "en",
    "caller_name": "Maria Example",
    "asking_for": "child",
    "contact_notes": "after 3 pm",
    "priority": "10",
    "state": "WI",
    "zip": "53202",
    "condition": "mh",
    "member_id": "SIMPPO001",
    "subscriber_first_name": "Jordan",
    "subscriber_last_name": "Example",
    "subscriber_birth_date": "04/12/1990",
    "relationship": "self",
    "consent_verify": "on",
    "consent_method": "verbal",
    "consent_version": "2026-11",
    "note": "He finished detox on Friday.",
}


@pytest.fixture
def agent(staff):
    return staff("agent", name="Dana Agent")


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


@pytest.fixture
def askable():
    """A payer that is asked by wire, and a program on whose behalf we may ask it."""
    program, payer = ProgramFactory(), PayerFactory()
    ProgramBillingFactory(program=program)
    ProgramPayerContractFactory(program=program, payer=payer)
    PayerRouteFactory(payer=payer, payer_code="SIM01")
    return payer, program


def call_with(askable, **changes):
    payer, program = askable
    return {**CALL, "payer": payer.slug, "program_1": program.slug, "draft": str(uuid.uuid4()), **changes}


def test_a_call_is_written_checked_and_sent(client, agent, askable):
    call = call_with(askable)
    page = client.post(reverse("desk_new"), call)
    assert "We can ask this plan by computer" in page.content.decode()
    assert "The caller is waiting" in page.content.decode()
    assert not Verification.objects.exists()
    answer = client.post(reverse("desk_send"), call)
    verification = Verification.objects.get()
    assert answer.url == verification.get_absolute_url()
    assert (verification.state, verification.phone, verification.created_by) == ("queued", "+14145550142", agent)
    assert verification.consent.witness == agent
    assert (verification.casework.owner, verification.casework.may_leave_message) == (agent, False)
    assert [note.text for note in verification.notes.all()] == ["He finished detox on Friday."]


def test_sending_twice_is_one_request(client, askable):
    call = call_with(askable)
    assert client.post(reverse("desk_send"), call).url == client.post(reverse("desk_send"), call).url
    assert Verification.objects.count() == 1


def test_a_question_that_is_open_already_is_offered(client, askable):
    client.post(reverse("desk_send"), call_with(askable))
    again = call_with(askable)
    assert "This question is open already" in client.post(reverse("desk_new"), again).content.decode()
    client.post(reverse("desk_send"), again)
    assert Verification.objects.count() == 1
    assert Verification.objects.get().consent.verifications.count() == 1


BAD = [
    ({"safe": ""}, "safe", "Please answer: Is it safe to talk now?"),
    ({"phone": "555"}, "phone", "Write a US number"),
    ({"phone": "911"}, "phone", "emergency line"),
    ({"subscriber_birth_date": "01/02/50"}, "subscriber_birth_date", "Write the birth date as"),
    ({"subscriber_birth_date": "02/30/1990"}, "subscriber_birth_date", "no such day"),
    ({"subscriber_birth_date": "01/01/2090"}, "subscriber_birth_date", "in the future"),
    ({"subscriber_birth_date": "01/01/1850"}, "subscriber_birth_date", "Check the year of birth"),
    ({"member_id": "9" * 81}, "member_id", "at most 80"),
    ({"subscriber_last_name": "x" * 61}, "subscriber_last_name", "at most 60"),
    ({"member_id": "A*B~C"}, "member_id", "Use only letters"),
    ({"consent_verify": ""}, "consent_verify", "without a yes"),
    ({"consent_version": "2020-01"}, "consent_version", "consent text has changed"),
    ({"payer": "no such plan"}, "payer", "Pick a plan"),
    ({"relationship": "child"}, "patient_last_name", "patient’s name"),
    ({"zip": "1"}, "zip", "five digits"),
    ({"subscriber_first_name": "x" * 36}, "subscriber_first_name", "at most 35"),
    ({"note": "x" * 2001}, "note", "at most 2000"),
    ({"note": "a\x00b"}, "note", "Null characters"),
    ({"member_id": "", "subscriber_last_name": ""}, "member_id", "Write the member ID, or"),
    ({"card_ends": "01/31/2020"}, "card_ends", "This plan has ended"),
    ({"card_ends": "02/30/2099"}, "card_ends", "no such day"),
]


def test_bad_input_is_said_by_its_field(askable):
    for change, field, message in BAD:
        errors = NewCallForm(call_with(askable, **change)).errors
        assert set(errors) == {field}, change
        assert message in errors[field][0]


def test_what_is_wrong_stands_beside_its_field_and_logs_nothing(client, askable):
    wrong = call_with(askable, safe="", phone="555", relationship="child", note="x" * 2001)
    for address in ("desk_new", "desk_send"):
        answer = client.post(reverse(address), wrong)
        assert answer.status_code == 422
        page = BeautifulSoup(answer.content, "html.parser")
        beside = [each.find_parent(class_="field").find(["label", "legend"]).text for each in page.select(".emsg")]
        assert [words.split("?")[0].split(" (")[0].strip() for words in beside] == [
            *("Is it safe to talk now", "Call-back number", "Patient’s last name", "Notes")
        ]
        assert [link["href"] for link in page.select(".esum a")] == [
            *("#id_safe_0", "#id_phone", "#id_patient_last_name", "#id_note")
        ]
    assert not Verification.objects.exists()


@pytest.mark.parametrize(
    ("member_id", "hint"),
    [("WO123450", "is it an O or a zero"), ("123-45-6789", "Social Security number"), ("W123456", "")],
)
def test_an_id_that_is_easily_misread_is_asked_for_again_and_never_changed(client, askable, member_id, hint):
    page = client.post(reverse("desk_new"), call_with(askable, member_id=member_id)).content.decode()
    assert hint in page
    assert ("note gold" in page) is bool(hint)
    client.post(reverse("desk_send"), call_with(askable, member_id=member_id))
    assert Verification.objects.get().member_id == member_id


@pytest.mark.parametrize("is_local", [True, False])
def test_the_members_of_the_simulator_are_named_in_a_local_run_only(client, askable, settings, is_local):
    settings.LOCAL = is_local
    client.post(reverse("verify_step", args=["who"]), {"asking_for": "self", "condition": "mh"})
    for address in (reverse("desk_new"), reverse("verify_step", args=["plan"])):
        assert ("SIMWRONGID" in client.get(address).content.decode()) is is_local


def test_every_member_named_for_a_demo_is_one_the_simulator_plays():
    for member, _brings in sample.DEMO_MEMBERS:
        found = re.sub(r"[-\s]", "", member)
        assert any(pattern.fullmatch(found) for pattern, _scenario in SCENARIOS), member


def test_somebody_elses_answer_is_opened_by_a_supervisor_only(client, askable, payer_server, staff, signed_in):
    client.post(reverse("desk_send"), call_with(askable, member_id="SIMWRONGID"))
    row = Verification.objects.get()
    verification.run(row.pk)
    page = client.get(row.get_absolute_url()).content.decode()
    assert ("Call the payer" in page, "The reading is right" in page) == (True, False)
    why, address = {"why": "check-answer"}, reverse("verification_raw", args=[row.public_id])
    refused = client.post(address, why)
    assert (refused.status_code, "Only a supervisor" in refused.content.decode()) == (403, True)
    assert "NM1*IL" not in refused.content.decode()
    opened = signed_in(staff("supervisor")).post(address, why)
    assert (opened.status_code, "NM1*IL" in opened.content.decode()) == (200, True)
    assert AuditEvent.objects.filter(subject=row.public_id, detail__act="answer kept apart").count() == 1


def test_what_is_typed_is_kept_encrypted_and_found_again(client, agent, askable, signed_in):
    call = call_with(askable, note="not finished")
    kept = client.post(reverse("desk_draft"), call, headers={"HX-Request": "true"})
    assert "Draft kept at" in kept.content.decode()
    later = signed_in(agent)
    assert "Go on with the call" in later.get(reverse("desk_new")).content.decode()
    page = later.get(reverse("desk_new"), {"draft": call["draft"]}).content.decode()
    assert "not finished" in page
    assert "SIMPPO001" in page


def test_a_draft_belongs_to_its_writer_alone(client, askable, staff, signed_in):
    call = call_with(askable)
    client.post(reverse("desk_draft"), call)
    other = signed_in(staff("agent"))
    other.post(reverse("desk_draft"), {**call, "note": "overwritten"})
    assert IntakeDraft.objects.get().data["note"] == CALL["note"]
    assert "SIMPPO001" not in other.get(reverse("desk_new"), {"draft": call["draft"]}).content.decode()


def test_words_of_danger_open_the_988_panel(client, askable):
    kept = client.post(
        reverse("desk_draft"), call_with(askable, note="She says she wants to die."), headers={"HX-Request": "true"}
    )
    assert "tel:988" in kept.content.decode()


def test_words_of_danger_in_a_note_open_it_too(client):
    verification = VerificationFactory(state="manual_required")
    address = reverse("verification_note", args=[verification.public_id])
    assert client.post(address, {"text": "He is doing fine."}).status_code == 302
    page = client.post(address, {"text": "Dice que ya no quiere vivir."}).content.decode()
    assert "Somebody may be in danger" in page


def test_nothing_that_can_be_wrong_is_chosen_beforehand(client):
    page = BeautifulSoup(client.get(reverse("desk_new")).content, "html.parser")
    assert [box["name"] for box in page.find(id="call").find_all("input", checked=True)] == []


def test_the_clock_of_a_request_stands_still_while_nobody_answers(client, askable, settings):
    settings.HELPLINE_HOLIDAYS = [str(timezone.localdate() + timedelta(days=day)) for day in range(3)]
    client.post(reverse("desk_send"), call_with(askable))
    assert timezone.localdate(Verification.objects.get().sla_due_at) == timezone.localdate() + timedelta(days=3)


def test_a_caller_who_cannot_talk_now_wants_a_call(client, askable):
    client.post(reverse("desk_send"), call_with(askable, safe="no"))
    assert Casework.objects.get().wants_call


def test_a_kept_draft_leads_back_to_itself(client, askable):
    call = call_with(askable)
    there = f"{reverse('desk_new')}?draft={call['draft']}"
    assert client.post(reverse("desk_draft"), call, headers={"HX-Request": "true"})["HX-Replace-Url"] == there
    assert client.post(reverse("desk_draft"), call).url == there


def test_whoever_was_signed_out_comes_back_to_the_page_they_left(client):
    client.logout()
    left = "/desk/new/?draft=9d6f1c34-8f0e-4a30-9e56-3a6b8c5f0a11"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{left}"}
    answer = client.post(reverse("desk_draft"), headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == f"{reverse('account_login')}?next=/desk/new/%3Fdraft%3D{left.partition('=')[2]}"
    elsewhere = client.post(
        reverse("desk_draft"), headers={**headers, "HX-Current-URL": "https://evil.example//x.example/"}
    )
    assert "evil" not in elsewhere["HX-Redirect"]
    assert client.post(reverse("desk_new")).url.endswith("?next=/desk/new/")


def test_a_poll_brings_the_numbers_beside_the_queues(client):
    VerificationFactory(state="manual_required")
    address = BeautifulSoup(client.get(reverse("desk")).content, "html.parser").find(id="rows")["hx-get"]
    fresh = BeautifulSoup(client.get(address, headers={"HX-Poll": "1"}).content, "html.parser")
    assert fresh.find(id="n-new")["hx-swap-oob"] == "true"
    assert fresh.find(id="n-new").text == "1"


def test_finishing_leads_back_to_the_queue_one_came_from(client, agent):
    verification = VerificationFactory(state="manual_required")
    client.get(reverse("desk"), {"queue": "person"})
    desk.take(verification=verification, by=agent)
    client.post(reverse("verification_release", args=[verification.public_id]))
    assert client.get(reverse("desk")).context["queue"].slug == "person"


def test_a_figure_of_one_plan_year_is_said_in_words():
    assert doubts.in_words("years[0].ded_ind") == "deductible left (this plan year)"
    assert doubts.in_words("years[1].oop_ind") == "left until the yearly limit (next plan year)"


def test_codes_are_said_in_words(client):
    verification = VerificationFactory(state="needs_info", needed_fields=["member_id", "payer"])
    page = client.get(verification.get_absolute_url()).content.decode()
    assert "Member ID, The right payer" in page


def test_a_call_starts_from_a_program(client, askable):
    page = client.get(reverse("desk_new"), {"program": askable[1].slug})
    assert f'value="{askable[1].slug}"' in page.content.decode()


def test_a_call_starts_from_a_shortlist(client, askable):
    other = ProgramFactory(name="Another Way")
    page = client.get(reverse("desk_new"), {"p": ["gone", askable[1].slug, other.slug]}).content.decode()
    assert page.index(f'value="{askable[1].slug}"') < page.index(f'value="{other.slug}"')


@pytest.mark.parametrize(("role", "may"), [("agent", True), ("curator", False), (None, False)])
def test_a_programs_page_and_a_shortlist_lead_to_a_new_call_for_those_who_log_calls(staff, signed_in, role, may):
    program = ProgramFactory()
    record.write([program.pk])
    visitor = signed_in(staff(role)) if role else Client()
    for address in (program.get_absolute_url(), f"{reverse('shortlist')}?p={program.slug}"):
        assert (reverse("desk_new") in visitor.get(address).content.decode()) is may


def test_help_in_choosing_names_the_nearest_that_take_the_plan_first_and_adds_them(client):
    PlaceFactory(zip53202=True)
    payer = PayerFactory(name="BadgerCare Plus")
    point = {"latitude": 43.04, "longitude": -87.9, "location_quality": "street"}
    ProgramFactory(name="Has not told us", **point)
    taker = ProgramFactory(name="Says it takes it", **{**point, "latitude": 43.2})
    PayerAcceptanceFactory(program=taker, payer=payer)
    record.rebuild()
    typed = {"zip": "53202", "payer": payer.slug, "note": "typed", "draft": str(uuid.uuid4())}
    page = client.post(reverse("desk_choose"), typed, headers={"HX-Request": "true"}).content.decode()
    assert page.index("Says it takes this plan") < page.index("This plan: not told us")
    picked = client.post(reverse("desk_choose"), {**typed, "add": taker.slug})
    form = BeautifulSoup(picked.content, "html.parser").find(id="call")
    assert form.find("input", attrs={"name": "program_1"})["value"] == taker.slug
    assert form.find("textarea").text.strip() == "typed"
    assert IntakeDraft.objects.get().data["program_1"] == taker.slug
    full = {**typed, **{f"program_{number}_text": "x" for number in (1, 2, 3)}, "add": taker.slug}
    assert "Empty a field first" in client.post(reverse("desk_choose"), full).content.decode()
    assert "Ask for the ZIP code" in client.post(reverse("desk_choose"), {**typed, "zip": ""}).content.decode()


def test_what_needs_no_payer_is_said_while_the_call_is_still_being_written(client, askable):
    def said(**typed):
        kept = client.post(reverse("desk_draft"), {"draft": str(uuid.uuid4()), **typed}, headers={"HX-Request": "true"})
        return BeautifulSoup(kept.content, "html.parser").find(id="early").text

    payer, program = askable
    medicare = PayerFactory(name="Medicare", kind="medicare")
    half = {"payer": payer.slug, "program_1": program.slug}
    assert said(**half).strip() == ""
    assert "Known without asking" in said(payer=medicare.slug, program_1=program.slug)
    assert "is it an O or a zero" in said(**half, member_id="WO1")
    row = VerificationFactory(state="draft", payer=payer, member_index=membership.index("ABC123"))
    Verification.objects.filter(pk=row.pk).update(determination="inactive", completed_at=timezone.now())
    assert "this plan was not active" in said(**half, member_id="abc-123")
    child = {"relationship": "child", "patient_last_name": "Example", "patient_first_name": "Sam"}
    client.post(reverse("desk_send"), call_with(askable, **child))
    whole = {name: value for name, value in call_with(askable, **child).items() if name != "draft"}
    assert "This question is open already" in said(**whole)


def test_a_consent_text_that_has_changed_is_shown_with_its_own_version(client, askable):
    page = client.post(reverse("desk_new"), call_with(askable, consent_version="2020-01"))
    form = BeautifulSoup(page.content, "html.parser").find(id="call")
    assert form.find("input", attrs={"name": "consent_version"})["value"] == "2026-11"


def test_the_list_names_requests_and_never_people(client):
    VerificationFactory(state="manual_required", caller_name="Maria Example", phone="+14145550142")
    page = client.get(reverse("desk")).content.decode()
    assert Verification.objects.get().public_id in page
    assert "Maria" not in page
    assert not re.search(r"555\D?0142", page)


def test_a_poll_swaps_rows_only_while_their_order_is_the_same(client):
    VerificationFactory(state="manual_required")
    address = BeautifulSoup(client.get(reverse("desk")).content, "html.parser").find(id="rows")["hx-get"]
    assert "HX-Retarget" not in client.get(address, headers={"HX-Poll": "1"})
    VerificationFactory(state="manual_required")
    changed = client.get(address, headers={"HX-Poll": "1"})
    assert changed["HX-Retarget"] == "#changed"
    assert "This list has changed" in changed.content.decode()


def test_the_loser_sees_who_has_it_and_until_when(client, staff):
    sam = staff("agent", name="Sam Second")
    verification = VerificationFactory(state="manual_required")
    desk.take(verification=verification, by=sam)
    answer = client.post(reverse("verification_take", args=[verification.public_id]))
    assert answer.status_code == 409
    assert "Sam Second has this until" in answer.content.decode()


def test_opening_a_request_is_written_down(client, agent):
    verification = VerificationFactory(state="manual_required", caller_name="Maria Example")
    page = client.get(verification.get_absolute_url())
    assert "Maria Example" in page.content.decode()
    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.subject) == ("read", agent, verification.public_id)


def test_a_member_id_is_hidden_until_a_reason_is_given(client):
    verification = VerificationFactory(state="manual_required", member_id="ABC123456789")
    assert "ABC123456789" not in client.get(verification.get_absolute_url()).content.decode()
    address = reverse("verification_reveal", args=[verification.public_id])
    assert client.post(address, {"why": ""}).status_code == 422
    shown = client.post(address, {"why": "caller-asks"}).content.decode()
    assert all(text in shown for text in ("ABC123456789", "Jordan Example", "04/12/1990"))
    assert AuditEvent.objects.get(verb="revealed").reason == "caller-asks"


def test_the_raw_answer_is_shown_for_a_reason_and_that_is_written_down(client, askable, payer_server):
    from insurance import verification as engine

    client.post(reverse("desk_send"), call_with(askable))
    row = Verification.objects.get()
    engine.run(row.pk)
    address = reverse("verification_raw", args=[row.public_id])
    assert client.post(address).status_code == 422
    page = client.post(address, {"why": "check-answer"}).content.decode()
    assert "ISA*00*" in page
    assert AuditEvent.objects.get(verb="raw").reason == "check-answer"


def test_the_payers_answer_is_on_the_page_with_its_evidence(client, askable, payer_server):
    from insurance import verification as engine

    client.post(reverse("desk_send"), call_with(askable))
    row = Verification.objects.get()
    engine.run(row.pk)
    row.refresh_from_db()
    page = client.get(row.get_absolute_url()).content.decode()
    assert row.state == "completed"
    assert f"Evidence {row.evidence_level} of 4" in page
    assert "computer told us" in page or "not confirmed yet" in page
    assert "left of $" in page
    assert "What it may cost" in page
    assert "No promise" in page or "no promise" in page


@pytest.mark.parametrize("typed", ["{id}", "iv {id4}", "(414) 555-0142", "abc-123 456789", "maria exam"])
def test_a_request_is_found_by_what_a_caller_can_tell(client, typed):
    verification = VerificationFactory(
        state="manual_required",
        member_id="ABC123456789",
        member_index=membership.index("ABC123456789"),
        phone="+14145550142",
        phone_index=membership.phone_index("+14145550142"),
        caller_name="Maria Example",
    )
    text = typed.format(id=verification.public_id, id4=verification.public_id[3:].lower())
    assert client.post(reverse("desk_search"), {"q": text}).url == verification.get_absolute_url()
    assert AuditEvent.objects.get(verb="found").subject == verification.public_id


def test_a_snooze_is_in_the_callers_time(client):
    verification = VerificationFactory(state="manual_required")
    Casework.objects.create(verification=verification, time_zone="America/Los_Angeles")
    day = timezone.localdate() + timedelta(days=1)
    client.post(
        reverse("verification_snooze", args=[verification.public_id]), {"day": day.isoformat(), "time": "09:30"}
    )
    verification.refresh_from_db()
    assert verification.call_after.astimezone(timezone.get_fixed_timezone(-480)).hour in (9, 8)


@pytest.mark.parametrize("day", ["9999-12-31", "9999-01-01", "2999-01-01", "0001-01-01", "1999-01-01"])
@pytest.mark.parametrize("at", ["00:30", "23:59"])
def test_a_call_back_in_no_ones_lifetime_is_said_at_its_field_and_the_queue_stays_whole(client, agent, day, at):
    verification = VerificationFactory(state="manual_required")
    desk.take(verification=verification, by=agent)
    page = client.post(reverse("verification_snooze", args=[verification.public_id]), {"day": day, "time": at})
    assert page.status_code == 422
    words = "Pick a day within a year" if day > "2100" else "This time has passed"
    assert words in page.content.decode()
    assert Verification.objects.get().call_after is None
    assert client.get(f"{reverse('desk')}?queue=mine").status_code == 200


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", ""])
def test_a_call_back_in_just_a_year_is_kept(client, zone):
    verification = VerificationFactory(state="manual_required")
    Casework.objects.create(verification=verification, time_zone=zone)
    day = timezone.localdate(timezone=ZoneInfo(zone or "America/Chicago")) + timedelta(days=365)
    client.post(reverse("verification_snooze", args=[verification.public_id]), {"day": f"{day}", "time": "23:59"})
    assert Verification.objects.get().call_after > timezone.now() + timedelta(days=360)


@pytest.mark.parametrize("typed", ["12/31/9999", "12/31/0001", "01/01/2101", "12/31/1899"])
def test_a_day_that_stands_for_no_end_is_said_at_its_field(typed):
    with pytest.raises(ValidationError, match="Check the year"):
        DayField().clean(typed)


def test_a_number_with_a_nul_is_dialed_without_it(client):
    verification = VerificationFactory(state="manual_required")
    client.post(reverse("payer_call_start", args=[verification.public_id]), {"number": "414\x00555"})
    assert verification.calls.get().number_dialed == "414555"


def test_a_call_back_begins_with_today_where_the_caller_is(client):
    verification = VerificationFactory(state="manual_required")
    Casework.objects.create(verification=verification, time_zone="Pacific/Kiritimati")
    page = BeautifulSoup(client.get(verification.get_absolute_url()).content, "html.parser")
    assert page.find(id="id_day")["value"] == f"{timezone.localdate(timezone=ZoneInfo('Pacific/Kiritimati'))}"


def test_a_hold_that_has_run_out_is_taken_again_not_given_back(client, agent):
    verification = VerificationFactory(state="manual_required")
    desk.take(verification=verification, by=agent)
    assert "Release" in client.get(verification.get_absolute_url()).content.decode()
    Casework.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    page = client.get(verification.get_absolute_url()).content.decode()
    assert ("Take it" in page, "Release" in page) == (True, False)


def test_a_request_names_programs_nearby_that_take_the_plan(client):
    PlaceFactory(zip53202=True)
    program = ProgramFactory(name="Says it takes it", latitude=43.04, longitude=-87.9, location_quality="street")
    verification = VerificationFactory(state="manual_required")
    PayerAcceptanceFactory(program=program, payer=verification.payer)
    record.rebuild()
    Casework.objects.create(verification=verification, zip="53202")
    page = BeautifulSoup(client.get(verification.get_absolute_url()).content, "html.parser")
    nearby = page.find("h3", string="Nearby").find_next("li").text
    assert "Says it takes it" in nearby
    assert "Says it takes this plan" in nearby


def test_finishing_needs_a_reason(client):
    verification = VerificationFactory(state="manual_required")
    address = reverse("verification_close", args=[verification.public_id])
    assert client.post(address).status_code == 422
    assert client.post(address, {"outcome": "reached"}).url == reverse("desk")


def test_a_caller_who_speaks_spanish_hears_and_gets_the_answer_in_spanish(client):
    verification = VerificationFactory(state="manual_required")
    Casework.objects.create(verification=verification, language="es")
    page = BeautifulSoup(client.get(verification.get_absolute_url()).content, "html.parser")
    said = [quote.text for quote in page.select("#answer .say")]
    assert said == ["“We have to call the plan to learn this.”", "“Tenemos que llamar al plan para saberlo.”"]
    sheet = client.post(reverse("verification_sheet", args=[verification.public_id])).content.decode()
    assert 'lang="es"' in sheet
    assert "Tenemos que llamar al plan para saberlo." in sheet


def test_the_callers_sheet_has_each_value_once_with_its_networks_side_by_side(client, askable, payer_server):
    client.post(reverse("desk_send"), call_with(askable))
    row = Verification.objects.get()
    verification.run(row.pk)
    page = client.post(reverse("verification_sheet", args=[row.public_id]))
    sheet = BeautifulSoup(page.content, "html.parser")
    table = [[cell.text for cell in line.find_all(["th", "td"])] for line in sheet.find_all("table")[-1].find_all("tr")]
    assert table[0] == ["What", "In network", "Out of network"]
    assert ["Patient’s share", "20%", "40%"] in table
    assert ["Deductible, family", "$2,100.00 left of $3,000.00", "–"] in table


def test_taking_back_consent_stops_the_request_and_every_disclosure(client):
    verification = VerificationFactory(state="manual_required")
    client.post(reverse("verification_revoke", args=[verification.public_id]))
    verification.refresh_from_db()
    assert verification.state == "cancelled"
    refused = client.post(reverse("verification_sheet", args=[verification.public_id]))
    assert refused.status_code == 409
    assert "consent was taken back" in refused.content.decode()


def test_every_desk_page_is_private(client):
    verification = VerificationFactory(state="manual_required")
    for address in (reverse("desk"), reverse("desk_new"), verification.get_absolute_url()):
        answer = client.get(address)
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer.content.decode()


def test_an_open_request_polls_without_redrawing_what_has_not_changed(client):
    verification = VerificationFactory(state="queued", next_attempt_at=timezone.now())
    address = reverse("verification_fresh", args=[verification.public_id])
    assert client.get(address, {"version": "0"}).status_code == 204
    news = client.get(address, {"version": "9"})
    assert news["HX-Retarget"] == "#answer"
    assert 'id="poll" hx-swap-oob="true" hx-get' in news.content.decode()
    assert "id_text" not in news.content.decode()


def test_a_request_page_takes_few_queries(client, django_assert_max_num_queries):
    verification = VerificationFactory(state="manual_required")
    client.get(verification.get_absolute_url())
    with django_assert_max_num_queries(22):
        client.get(verification.get_absolute_url())


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        *(
            ("take", {}),
            ("release", {}),
            ("cancel", {}),
            ("close", {"outcome": "reached"}),
            ("details", {"member_id": "A1"}),
        ),
        ("snooze", {"day": f"{timezone.localdate() + timedelta(days=2)}", "time": "10:00"}),
    ],
)
def test_every_act_on_what_a_colleague_holds_says_who_has_it(client, staff, act, fields):
    row = VerificationFactory(state="manual_required")
    desk.take(verification=row, by=staff("agent", name="Dana Holder"))
    answer = client.post(reverse(f"verification_{act}", args=[row.public_id]), fields)
    assert answer.status_code == 409
    assert "Dana Holder has this until" in answer.content.decode()
