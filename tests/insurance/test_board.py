"""The supervisor's board: numbers that are right, and an export no spreadsheet can run."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from insurance import board, desk
from insurance.models import Verification, VerificationAttempt
from insurance.templatetags.desk import rejected
from programs.spreadsheet import harmless
from tests.factories import PayerFactory
from tests.insurance.factories import PayerRouteFactory, VerificationFactory
from tests.staff import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("supervisor", name="=Sam Lead"))


def attempt(route, number, *, kind="answered", elapsed_ms=100, aaa=()):
    row = VerificationFactory(state="manual_required", payer=route.payer)
    VerificationAttempt.objects.create(
        verification=row,
        number=1,
        fence=1,
        route=route,
        gateway="x12-http",
        trigger="first",
        service_type="MH",
        isa13=number,
        gs06=number,
        st02=1,
        bht03=f"B{number}",
        trn02=f"T{number}",
        sent_at=timezone.now(),
        finished_at=timezone.now(),
        elapsed_ms=elapsed_ms,
        kind=kind,
        aaa=[{"code": code} for code in aaa],
    )


def test_a_payers_week_is_counted():
    route = PayerRouteFactory(payer=PayerFactory(name="Example Health"))
    for number, elapsed in enumerate((100, 200, 300), 1):
        attempt(route, number, elapsed_ms=elapsed)
    attempt(route, 4, kind="rejected", elapsed_ms=400, aaa=["75"])
    attempt(route, 5, kind="transient_ambiguous", elapsed_ms=60000)
    (row,) = board.payers()
    assert (row["payer"], row["asked"], row["answered"]) == ("Example Health", 5, 4)
    assert row["p50"] == 300
    assert row["rejections"] == "75 × 1"
    assert rejected("75 × 1, ZZ × 2") == "Member not found (75) × 1, ZZ × 2"


def test_broken_clocks_and_the_oldest_request_stand_on_top():
    VerificationFactory(state="manual_required", sla_due_at=timezone.now() - timedelta(minutes=1))
    Verification.objects.update(created_at=timezone.now() - timedelta(hours=9))
    tiles = {str(tile.label): tile for tile in board.tiles()}
    assert tiles["Clocks broken"].value == "1"
    assert (tiles["Oldest unfinished request"].value, tiles["Oldest unfinished request"].is_bad) == ("9 h", True)


def test_each_figure_leads_to_the_requests_behind_it(client):
    VerificationFactory(state="manual_required", sla_due_at=timezone.now() - timedelta(minutes=1))
    VerificationFactory(state="dead_letter", sla_due_at=timezone.now() + timedelta(hours=1))
    for tile in board.tiles():
        if tile.queue:
            behind = client.get(reverse("desk"), {"queue": tile.queue}).context["rows"]
            assert tile.label == "Oldest unfinished request" or len(behind) == int(tile.value)
        else:
            assert client.get(reverse(tile.page)).status_code == 200


def test_a_percentile_waits_for_enough_answers(client):
    route = PayerRouteFactory()
    for number in range(1, 21):
        attempt(route, number, elapsed_ms=number * 100)
        if number == 19:
            assert "Needs 20 answers" in client.get(reverse("desk_board")).content.decode()
    page = client.get(reverse("desk_board")).content.decode()
    assert ("Needs 20 answers" in page, "1.9 s" in page) == (False, True)


def test_every_day_of_the_week_is_in_the_chart():
    assert [bar.value for bar in board.finished_by_day()] == [0] * 7


def test_what_each_colleague_has_in_hand(staff):
    dana = staff("agent", name="Dana")
    desk.take(verification=VerificationFactory(state="manual_required"), by=dana)
    desk.close(verification=VerificationFactory(state="manual_required"), by=dana, outcome="reached")
    (row,) = board.agents()
    assert (row["in_hand"], row["holds"], row["finished"]) == (1, 1, 1)


def test_the_board_shows_with_and_without_data(client):
    assert "No payer was asked" in client.get(reverse("desk_board")).content.decode()
    attempt(PayerRouteFactory(), 1)
    page = client.get(reverse("desk_board")).content.decode()
    assert "1 / 1" in page
    assert "<svg" in page


def just_confirmed(client):
    """Signed in by whoever has proved a moment ago who they are."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_an_export_holds_no_formula_and_is_written_down_with_its_reason(client):
    attempt(PayerRouteFactory(payer=PayerFactory(name="@SUM(A1)")), 1)
    file = just_confirmed(client).post(reverse("desk_board_export"), {"reason": "Monday's meeting"})
    rows = list(csv.reader(io.StringIO(file.content.decode())))
    assert {row[1] for row in rows[1:]} == {"'@SUM(A1)", "'=Sam Lead"}
    event = AuditEvent.objects.get()
    assert (event.verb, event.subject, event.reason) == ("exported", "board", "Monday's meeting")
    assert event.detail["sha256"] == hashlib.sha256(file.content).hexdigest()


def test_an_export_needs_a_fresh_proof_of_who_asks_and_goes_on_after_it(client, time_machine_at):
    asked = client.post(reverse("desk_board_export"), {"reason": "meeting"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert client.post(asked.url, {"password": PASSWORD})["Content-Type"].startswith("text/csv")
    time_machine_at(301)
    assert client.post(reverse("desk_board_export"), {"reason": "meeting"}).status_code == 302


def test_an_export_without_a_reason_is_refused_and_written_down(client):
    answer = just_confirmed(client).post(reverse("desk_board_export"), {"reason": " "})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert AuditEvent.objects.get().detail["act"] == "refused: no reason"


@pytest.mark.parametrize("role", ["agent", "auditor", "admin", "curator"])
def test_an_export_by_another_role_is_refused_and_written_down(staff, signed_in, role):
    person = staff(role)
    assert signed_in(person).post(reverse("desk_board_export"), {"reason": "curious"}).status_code == 403
    event = AuditEvent.objects.get()
    assert (event.actor, event.detail["act"]) == (person, "refused: role")


def test_an_export_has_a_last_row(staff, monkeypatch):
    monkeypatch.setattr(board, "MOST_ROWS", 2)
    for _ in range(4):
        staff("agent")
    rows = list(csv.reader(io.StringIO(board.export())))
    assert len(rows) == 1 + 2 + 1
    assert rows[-1][1] == "2 more rows are left out"


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+1", "-1", "@A", "\t=1", " =1", "\u00a0=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "|cmd"),
        *("\r=1", "\n=1", "\tplain", "\rplain", "\nplain", " \t\u3000@A", "\u200b=1", "\ufeff=1", "\uff5ccmd"),
    ],
)
def test_what_a_spreadsheet_would_run_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Dana", "1", "", "a=b", "12 – 3"])
def test_plain_text_stays_as_it_is(cell):
    assert harmless(cell) == cell
