"""An older value that is put back into the database, cell by cell or row by row, is found by `verify_audit`."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import AuditEvent
from insurance import desk, intake, integrity, payercall, retention, verification
from insurance.encryption import EncryptedField
from insurance.models import ManualCall, Review, Verification
from insurance.models.verification import StatusEvent
from tests.insurance.factories import (
    ConsentFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)
from tests.insurance.test_encryption import new_key

pytestmark = pytest.mark.django_db

ANSWERS = {"plan_active": "yes", "covered": "yes", "network": "in", "rep_name": "Kim", "disclaimer_read": True}


def copy_of(row: models.Model, columns: list[str] | None = None) -> dict[str, object]:
    """What is stored of a row, all of it or some columns, as somebody with the database sees it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        names = [column.name for column in cursor.description]
        found = dict(zip(names, cursor.fetchone(), strict=True))
    return {name: found[name] for name in columns or found}


def put_back(row: models.Model, kept: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger is in this somebody's way
        columns = ", ".join(f"{name} = %s" for name in kept)
        cursor.execute(f"UPDATE {row._meta.db_table} SET {columns} WHERE id = %s", [*kept.values(), row.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def verify() -> str:
    """What `verify_audit` says."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_audit", stdout=out, stderr=err)
    except CommandError as error:
        return f"{err.getvalue()}{error}"
    return out.getvalue()


@pytest.fixture
def agent(staff):
    return staff("agent")


@pytest.fixture
def changed(agent, signed_in):
    """A request whose details were changed at the desk, and what stood in its row before."""
    row = VerificationFactory(state="manual_required", member_id="OLDID1")
    before = copy_of(row)
    client = signed_in(agent)
    client.post(reverse("verification_details", args=[row.public_id]), {"member_id": "NEWID2", "group_number": "G2"})
    row.refresh_from_db()
    assert (row.member_id, row.group_number) == ("NEWID2", "G2")
    return row, before


def test_what_was_last_written_is_as_it_should_be(changed):
    assert "whole" in verify()


@pytest.mark.parametrize("columns", [["member_id"], ["group_number"], ["member_id", "group_number"], None])
def test_an_older_value_put_back_is_found(changed, columns):
    row, before = changed
    put_back(row, {name: before[name] for name in columns or before})
    assert Verification.objects.get(pk=row.pk).member_id  # it opens: the row alone cannot tell
    assert f"Request {row.public_id}: request {row.pk} is not what was last written" in verify()


def test_a_value_that_was_emptied_is_found(changed):
    row, _before = changed
    put_back(row, {"subscriber_birth_date": None})
    assert "is not what was last written" in verify()


def test_a_value_from_elsewhere_is_found_too(changed):
    row, before = changed
    put_back(row, {"group_number": before["member_id"]})
    assert f"request {row.pk} cannot be read" in verify()


def test_a_change_of_other_columns_and_new_keys_are_no_fault(changed, agent, settings):
    row, _before = changed
    desk.take(verification=row, by=agent)
    settings.FIELD_KEYS = f"{new_key('next')},{settings.FIELD_KEYS}"
    call_command("reencrypt", stdout=io.StringIO())
    assert "whole" in verify()


def test_an_erased_request_that_is_put_back_is_found(changed, agent):
    row, _before = changed
    kept = copy_of(row)
    retention.erase(row.public_id, by=agent, reason="asked")
    assert "whole" in verify()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        names, marks = ", ".join(kept), ", ".join(["%s"] * len(kept))
        cursor.execute(f"INSERT INTO insurance_verification ({names}) VALUES ({marks})", list(kept.values()))
        assert f"Request {row.public_id} was erased and is there again" in verify()
        cursor.execute("DELETE FROM insurance_verification WHERE id = %s", [row.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_the_answers_of_a_finished_call_and_a_second_reading_are_watched(agent, staff, signed_in, settings):
    settings.REVIEW_RATES = {"agent": 1.0}
    row = VerificationFactory(state="manual_required")
    call = payercall.start(verification=row, by=agent, number="")
    payercall.keep(call=call, by=agent, answers={"covered": "no"})
    first = copy_of(call, ["answers"])
    payercall.finish(call=call, by=agent, answers={**ANSWERS, "reference": "R1"})
    review = Review.objects.get()
    unread = copy_of(review)
    signed_in(staff("supervisor")).post(
        reverse("desk_review_decide", args=[review.pk]), {"agreed": "no", "remark": "Inpatient."}
    )
    assert "whole" in verify()
    put_back(ManualCall.objects.get(pk=call.pk), first)
    put_back(review, unread)
    said = verify()
    assert f"call {call.pk} is not what was last written" in said
    assert f"second reading {review.pk} is not what was last written" in said


def test_a_promise_put_back_over_the_answer_that_was_fetched_later_is_found(payer_server):
    program = ProgramBillingFactory().program
    route = PayerRouteFactory()
    ProgramPayerContractFactory(program=program, payer=route.payer)
    row = VerificationFactory.build(payer=route.payer, consent=ConsentFactory(), member_id="SIM202-2")
    row = intake.submit(row, programs=[program], submission_key=uuid.uuid4()).verification
    verification.run(row.pk)
    attempt = row.tries.get()
    promise = copy_of(attempt, ["raw_response", "poll_token"])
    for _ in range(2):
        Verification.objects.filter(pk=row.pk).update(next_attempt_at=Now())
        verification.run(row.pk)
    attempt.refresh_from_db()
    assert (attempt.kind, attempt.raw_response[:3]) == ("answered", b"ISA")
    assert "whole" in verify()
    put_back(attempt, promise)
    assert f"attempt {attempt.pk} is not what was last written" in verify()


def test_a_call_that_is_gone_is_missed(agent):
    row = VerificationFactory(state="manual_required")
    call = payercall.start(verification=row, by=agent, number="")
    payercall.break_off(call=call, by=agent, outcome="closed")
    ManualCall.objects.filter(pk=call.pk).delete()
    assert f"Request {row.public_id}: call {call.pk} is gone" in verify()


def test_the_trail_tells_nobody_what_the_values_were(changed):
    """Neither the values nor the row's uuid, without which a guess cannot be tried."""
    row, _before = changed
    kept = str(list(AuditEvent.objects.values()))
    assert str(row.uid) not in kept
    assert "NEWID2" not in kept


def test_every_kind_of_row_that_is_written_twice_is_known():
    """What has personal columns is added to only, kept by a trigger or by having no code that saves it again."""
    written_once = {
        "insurance.BenefitLine", "insurance.BenefitSnapshot", "insurance.CostEstimate", "insurance.StatusEvent",
        "insurance.Note", "insurance.Consent", "insurance.Casework", "insurance.KeyCheck",
    }  # fmt: skip
    never_kept_long = {"insurance.IntakeDraft"}  # rewritten as somebody types, gone once it is sent
    personal = {
        model._meta.label
        for model in StatusEvent._meta.apps.get_models()
        if any(isinstance(field, EncryptedField) for field in model._meta.concrete_fields)
    }
    watched = {model._meta.label for model in integrity.KINDS.values()}
    assert personal == watched | written_once | never_kept_long
