"""Personal data go when their time is over, and when a person asks."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from insurance import consent, desk, membership, retention
from insurance.models import Consent, Disclosure, IntakeDraft, StatusEvent, Verification
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


def finished(days_ago, **fields):
    """A request that was cancelled so many days ago."""
    row = VerificationFactory(state="cancelled", **fields)
    then = timezone.now() - timedelta(days=days_ago)
    Verification.objects.filter(pk=row.pk).update(created_at=then)
    StatusEvent.objects.create(verification=row, version=row.version, to_state="cancelled", at=then)
    return row


def test_only_what_is_over_and_old_goes():
    old, young = finished(91), finished(89)
    VerificationFactory(state="manual_required")
    assert list(retention.overdue()) == [old]
    assert retention.purge()["requests"] == 1
    assert Verification.objects.filter(pk=young.pk).exists()
    assert Verification.objects.count() == 2


def test_a_purge_takes_all_that_hangs_on_a_request_and_its_consent(staff):
    row = finished(91)
    desk.add_note(verification=row, by=staff("agent"), text="private")
    consent.disclose(verification=row, recipient="caller", what="sheet", by=None)
    retention.purge()
    assert not StatusEvent.objects.exists()
    assert not Consent.objects.exists()
    assert AuditEvent.objects.filter(verb="erased", subject=row.public_id, reason="retention").exists()


def test_a_consent_that_others_rest_on_stays():
    first = finished(91)
    VerificationFactory(state="manual_required", consent=first.consent)
    retention.purge()
    assert Consent.objects.filter(pk=first.consent_id).exists()


def test_a_purge_that_was_cut_short_goes_on_where_it_was():
    for _ in range(5):
        finished(91)
    assert [retention.purge(limit=2)["requests"] for _ in range(4)] == [2, 2, 1, 0]


def test_old_drafts_go(staff):
    IntakeDraft.objects.create(owner=staff("agent"), data={"phone": "x"})
    IntakeDraft.objects.update(updated_at=timezone.now() - timedelta(days=8))
    assert retention.purge()["drafts"] == 1


def test_after_a_purge_the_audit_trail_is_whole_still(staff):
    row = finished(91)
    audit.record(actor=staff("agent"), verb="read", subject=row.public_id)
    audit.seal()
    retention.purge()
    assert list(audit.verify()) == []


def test_a_person_gets_all_that_is_kept_about_them(staff, tmp_path, capsys):
    admin = staff("admin")
    first = finished(1, member_index=membership.index("SIMPPO001"), caller_name="Maria")
    second = finished(2, member_index=membership.index("SIMPPO001"))
    finished(3, member_id="OTHER", member_index=membership.index("OTHER"))
    file = tmp_path / "maria.json"
    call_command("export_person", first.public_id, str(file), by=admin.email, reason="asked in writing")
    told = json.loads(file.read_text())
    found = told["requests"]
    assert {row["request"]["public_id"] for row in found} == {first.public_id, second.public_id}
    assert found[0]["request"]["caller_name"] == "Maria"
    assert file.stat().st_mode & 0o777 == 0o600
    exported = AuditEvent.objects.filter(verb="exported", actor=admin, reason="asked in writing")
    assert {event.detail["sha256"] for event in exported} == {hashlib.sha256(file.read_bytes()).hexdigest()}
    assert exported.count() == 2
    assert told["notice"] == str(consent.NOTICE)
    assert list(Disclosure.objects.values_list("recipient", "by")) == [("person", admin.pk)] * 2
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_person", first.public_id, str(file), by=admin.email, reason="again")


def test_the_consent_goes_along_and_need_not_be_live(staff):
    row = finished(1)
    Consent.objects.update(text_version=consent.CURRENT, revoked_at=timezone.now(), scopes=["verify", "sud"])
    (told,) = json.loads(retention.export(row.public_id, by=staff("admin"), reason="asked"))["requests"]
    text = consent.current_text()
    assert told["consent_text"] == [str(text.verify), str(text.sud)]
    assert told["consent"]["revoked_at"]


def test_only_an_administrator_exports_or_erases_and_only_somebody_there(staff, tmp_path):
    row, agent, file = finished(1), staff("agent"), tmp_path / "out.json"
    for name, words in (("export_person", [row.public_id, str(file)]), ("erase_person", [row.public_id])):
        with pytest.raises(CommandError, match="not an administrator"):
            call_command(name, *words, by=agent.email, reason="curious")
    with pytest.raises(CommandError, match="There is no request"):
        call_command("export_person", "IV-2222-2222", str(file), by=staff("admin").email, reason="asked")
    assert not file.exists()


def test_a_number_that_many_share_is_no_one_person(staff, tmp_path, monkeypatch):
    monkeypatch.setattr(retention, "MOST_EXPORTED", 1)
    first, file = finished(1, phone_index="a" * 32), tmp_path / "out.json"
    finished(1, phone_index="a" * 32)
    with pytest.raises(CommandError, match="no one person"):
        call_command("export_person", first.public_id, str(file), by=staff("admin").email, reason="asked")
    assert not file.exists()
    assert not AuditEvent.objects.filter(verb="exported").exists()


def test_an_export_holds_nothing_of_a_stranger_behind_the_same_switchboard(staff):
    number = "+14145550100"
    first = finished(1, phone=f"{number}x12", phone_index=membership.phone_index(f"{number}x12"))
    again = finished(2, phone=f"{number} x12", phone_index=membership.phone_index(f"{number} x12"))
    stranger = finished(3, phone=f"{number}x77", phone_index=membership.phone_index(f"{number}x77"))
    text = retention.export(first.public_id, by=staff("admin"), reason="asked")
    assert {each["request"]["public_id"] for each in json.loads(text)["requests"]} == {first.public_id, again.public_id}
    assert stranger.public_id not in text


def test_what_came_of_a_request_goes_with_it_also_where_the_member_id_was_mended(staff):
    first = finished(1, member_index=membership.index("SIMPPO001"))
    VerificationFactory(state="manual_required", parent=first, origin="reverify", consent=first.consent)
    assert retention.erase(first.public_id, by=staff("admin"), reason="asked") == 2


def test_a_person_is_erased_at_once_and_everywhere(staff, capsys):
    admin = staff("admin")
    first = finished(1, member_index=membership.index("SIMPPO001"))
    VerificationFactory(state="manual_required", member_index=membership.index("SIMPPO001"))
    other = finished(3)
    call_command("erase_person", first.public_id, by=admin.email, reason="asked")
    assert Verification.objects.count() == 3
    call_command("erase_person", first.public_id, by=admin.email, reason="asked", yes=True)
    assert list(Verification.objects.all()) == [other]


def test_nobody_erases_without_a_name(staff):
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("erase_person", finished(1).public_id, by="x@y.example", reason="asked", yes=True)


def test_erased_values_are_not_in_any_table():
    row = finished(91, caller_name="CANARYNAME")
    retention.purge()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, '') FROM insurance_verification t")
        assert row.public_id not in (cursor.fetchone()[0] or "")
