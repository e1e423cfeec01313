"""The supervisor's board: numbers that are right, and an export no spreadsheet can run."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from insurance import board, desk
from insurance.models import Verification, VerificationAttempt
from tests.factories import PayerFactory
from tests.insurance.factories import PayerRouteFactory, VerificationFactory

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


def test_an_export_holds_no_formula_and_is_written_down(client):
    attempt(PayerRouteFactory(payer=PayerFactory(name="@SUM(A1)")), 1)
    rows = list(csv.reader(io.StringIO(client.post(reverse("desk_board_export")).content.decode())))
    assert {row[1] for row in rows[1:]} == {"'@SUM(A1)", "'=Sam Lead"}
    assert AuditEvent.objects.get().verb == "exported"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@A", "\t=1", " =1", "\u00a0=1", "\uff1d1", "\uff0b1", "|cmd", "\r=1", "\n=1"]
)
def test_what_a_spreadsheet_would_run_becomes_text(cell):
    assert board.harmless([cell]) == [f"'{cell}"]


@pytest.mark.parametrize("cell", ["Dana", "1", "", "a=b", "12 – 3"])
def test_plain_text_stays_as_it_is(cell):
    assert board.harmless([cell]) == [cell]
