"""Somebody calls about a question that is there already: nothing that is typed is lost, and strangers are not joined."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from insurance import intake, integrity, newcall, queues
from insurance.models import Casework, Consent, IntakeDraft, Note, Verification
from insurance.publicforms import PublicAskForm, new_mark
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import ConsentFactory, VerificationFactory
from tests.insurance.test_desk_pages import CALL

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(staff):
    return staff("agent", name="Dana Agent")


@pytest.fixture
def client(dana, signed_in):
    return signed_in(dana)


@pytest.fixture
def call():
    payer, program = PayerFactory(), ProgramFactory()

    def write(**changes):
        return {**CALL, "payer": payer.slug, "program_1": program.slug, "draft": str(uuid.uuid4()), **changes}

    return write


SECOND = {
    "note": "Do NOT leave messages: the husband listens.",
    "contact_notes": "only 9–10 am, the husband is violent",
    "may_leave_message": "no",
    "phone": "(414) 555-0199",
    "caller_name": "Her mother",
    "safe": "no",
}


def send(client, call):
    return client.post(reverse("desk_send"), call, follow=True)


def test_what_a_second_agent_typed_is_among_the_notes_and_the_stricter_wish_holds(client, call, staff, signed_in):
    send(client, call(may_leave_message="yes", note=""))
    second = call(**SECOND)
    sam = signed_in(staff("agent", name="Sam"))
    sam.post(reverse("desk_new"), second)
    page = send(sam, second)
    row = Verification.objects.get()
    assert "what you wrote is among its notes" in page.content.decode()
    newest, reach = (note.text for note in row.notes.all())
    assert newest == SECOND["note"]
    for told in ("Her mother", "(414) 555-0199", "leave a message? No", SECOND["contact_notes"]):
        assert told in reach
    assert row.contact_notes == f"after 3 pm · {SECOND['contact_notes']}"
    assert (row.casework.may_leave_message, row.casework.wants_call) == (False, True)
    assert not IntakeDraft.objects.exists()
    assert Consent.objects.count() == 1
    assert list(integrity.faults()) == []


@pytest.mark.parametrize(("first", "second", "may"), [("no", "yes", False), ("yes", "yes", True)])
def test_a_no_to_messages_is_never_made_a_yes(client, call, first, second, may):
    send(client, call(may_leave_message=first))
    send(client, call(may_leave_message=second))
    assert Casework.objects.get().may_leave_message is may


def test_a_second_call_that_is_sent_twice_is_noted_once(client, call):
    send(client, call(note=""))
    second = call(**SECOND)
    send(client, second)
    send(client, second)
    assert Note.objects.count() == 2


def test_wishes_that_are_too_long_for_the_top_are_whole_in_the_note(client, call):
    send(client, call(contact_notes="x" * 300, note=""))
    send(client, call(contact_notes="y" * 300, note=""))
    row = Verification.objects.get()
    assert row.contact_notes == "x" * 300
    assert "y" * 300 in row.notes.get().text


def test_a_second_call_after_the_first_was_finished_is_in_a_queue_with_all_that_was_typed(client, call, dana):
    send(client, call())
    first = Verification.objects.get()
    client.post(reverse("verification_close", args=[first.public_id]), {"outcome": "no-answer"})
    assert "This question is open already" not in send(client, call(**SECOND)).content.decode()
    second = Verification.objects.exclude(pk=first.pk).get()
    assert (second.phone, second.contact_notes) == ("+14145550199", SECOND["contact_notes"])
    assert [note.text for note in second.notes.all()] == [SECOND["note"]]
    assert list(queues.rows("mine", dana)) == [second]


def test_one_that_was_finished_before_finishing_stopped_it_is_opened_again(client, call, dana):
    send(client, call())
    Casework.objects.update(outcome="no-answer", closed_at=timezone.now(), closed_by=dana, owner=None)
    send(client, call(**SECOND))
    row = Verification.objects.get()
    assert row.casework.closed_at is None
    assert list(queues.rows("mine", dana)) == [row]
    assert SECOND["note"] in [note.text for note in row.notes.all()]


def test_a_second_call_sent_again_after_the_request_was_finished_opens_nothing(client, call, dana):
    send(client, call())
    second = call(**SECOND)
    send(client, second)
    row = Verification.objects.get()
    client.post(reverse("verification_close", args=[row.public_id]), {"outcome": "no-answer"})
    send(client, second)
    row.refresh_from_db()
    assert row.casework.closed_at is not None
    assert Verification.objects.get() == row


def test_whatever_else_was_told_otherwise_is_in_the_note_and_nothing_that_is_the_same(client, call):
    send(client, call(group_number="G-100", note=""))
    other, day = ProgramFactory(name="Lakeside Day Program"), timezone.localdate() + timedelta(days=9)
    told = {"group_number": "G-200", "language": "es", "zip": "53703", "program_2": other.slug}
    send(client, call(**told, admission_on=day.isoformat(), note=""))
    text = Verification.objects.get().notes.get().text
    for words in ("Group number: G-200", "Language: Spanish", "ZIP code: 53703", "Compare with: Lakeside Day Program"):
        assert words in text
    assert f"Planned first day: {date_format(day, 'M j, Y')}" in text
    for words in ("State:", "Program:", "SIMPPO001"):
        assert words not in text
    send(client, call(group_number="SIM-PPO001", note=""))
    assert "Group number" not in Verification.objects.get().notes.first().text


@pytest.fixture
def asked(time_machine_at):
    """A family that sends the form without a plan: please call me."""

    def send(**changes):
        mark = new_mark()
        time_machine_at(30)
        fields = {"asking_for": "child", "condition": "sud", "wants_call": "on", "phone": "(414) 555-0142"}
        consent = {"consent_verify": "on", "consent_version": "2026-11"}
        reach = {"may_leave_message": "no", "language": "en"}
        form = PublicAskForm({**fields, **consent, **reach, "mark": mark, **changes})
        assert form.is_valid(), form.errors
        return newcall.receive(form, submission_key=form.cleaned_data["mark"])

    return send


def test_two_strangers_who_ask_to_be_called_are_two(asked):
    ana = asked(caller_name="Ana")
    bob = asked(caller_name="Bob", phone="(312) 555-0177", asking_for="self")
    assert ana != bob
    assert not bob.notes.exists()


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({"member_id": "A1"}, True),
        ({"subscriber_last_name": "Example", "subscriber_birth_date": CALL["subscriber_birth_date"]}, True),
        ({"subscriber_last_name": "Example"}, False),
        ({"subscriber_birth_date": CALL["subscriber_birth_date"]}, False),
        ({"member_id": " - "}, False),
        ({}, False),
    ],
)
def test_a_question_is_the_same_only_where_it_is_known_who_it_is_about(fields, is_told):
    nobody = {"member_id": "", "subscriber_last_name": "", "subscriber_birth_date": None}
    row = VerificationFactory.build(payer=PayerFactory(), **{**nobody, **fields})
    if row.subscriber_birth_date:
        row.subscriber_birth_date = timezone.localdate()
    assert bool(intake.dedupe_key(row)) is is_told


def test_requests_about_nobody_known_are_all_kept():
    payer, nobody = PayerFactory(), {"member_id": "", "subscriber_last_name": "", "subscriber_birth_date": None}
    for _ in range(2):
        row = VerificationFactory.build(payer=payer, consent=ConsentFactory(), **nobody)
        assert intake.submit(row, programs=[], submission_key=uuid.uuid4()).is_new
