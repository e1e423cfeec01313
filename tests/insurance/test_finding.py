"""A request is found by a telephone number with or without an extension, and by a member ID of as many digits."""

import pytest
from django.core.management import call_command

from insurance import finding, membership, retention
from insurance.encryption import blind_index
from insurance.models import Verification
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db

WITH_EXTENSION = "+14145550142x12"
AS_IT_WAS_FILED = "4555014212"  # the last ten digits, those of the extension among them


@pytest.fixture
def dana(staff):
    return staff("agent")


def logged(**fields):
    return VerificationFactory(state="manual_required", **fields)


@pytest.mark.parametrize("typed", ["(414) 555-0142", "4145550142", "+1 414 555 0142 x12", "414-555-0142 ext. 7"])
@pytest.mark.parametrize("phone", ["+14145550142", WITH_EXTENSION])
def test_a_number_is_found_with_and_without_its_extension(dana, phone, typed):
    row = logged(phone=phone, phone_index=membership.phone_index(phone))
    assert finding.find(typed, by=dana) == [row]


def test_a_number_that_was_filed_with_its_extension_is_found_by_all_of_it_and_then_filed_anew(dana, capsys):
    row = logged(phone=WITH_EXTENSION, phone_index=blind_index("phone", AS_IT_WAS_FILED))
    other = logged(phone="+14145550177", phone_index=membership.phone_index("+14145550177"))
    assert finding.find("(414) 555-0142 x12", by=dana) == [row]
    call_command("reencrypt")
    assert "telephone numbers filed anew: 1" in capsys.readouterr().out
    assert finding.find("(414) 555-0142", by=dana) == [row]
    assert finding.find("(414) 555-0177", by=dana) == [other]


@pytest.mark.parametrize("first", [0, 1])
def test_a_person_with_an_extension_is_erased_whole(staff, first):
    rows = [
        logged(phone=WITH_EXTENSION, phone_index=blind_index("phone", AS_IT_WAS_FILED)),
        logged(phone=WITH_EXTENSION, phone_index=membership.phone_index(WITH_EXTENSION)),
    ]
    assert retention.erase(rows[first].public_id, by=staff("admin"), reason="asked") == 2
    assert not Verification.objects.exists()


@pytest.mark.parametrize("member_id", ["123456789", "1234567890", "12345678901", "414-555-0142"])
def test_a_member_id_of_digits_is_found_however_many_they_are(dana, member_id):
    row = logged(member_id=member_id, member_index=membership.index(member_id))
    assert finding.find(member_id, by=dana) == [row]


def test_a_number_that_is_a_phone_here_and_a_member_id_there_finds_both(dana):
    caller = logged(phone="+14145550142", phone_index=membership.phone_index("+14145550142"))
    member = logged(member_id="4145550142", member_index=membership.index("4145550142"))
    assert finding.find("4145550142", by=dana) == [member, caller]


@pytest.mark.parametrize("others", ["+14145550142x77", "+14145550142", "+14555014212"])
@pytest.mark.parametrize(
    "index", [membership.phone_index, lambda phone: blind_index("phone", phone[1:].replace("x", "")[-10:])]
)
def test_strangers_behind_one_switchboard_are_not_erased_together(staff, others, index):
    row = logged(phone=WITH_EXTENSION, phone_index=index(WITH_EXTENSION), member_id="SIMPPO001")
    stranger = logged(phone=others, phone_index=index(others), member_id="SIMPPO002")
    assert list(retention.of_person(stranger.public_id)) == [stranger]
    assert retention.erase(row.public_id, by=staff("admin"), reason="asked") == 1
    assert list(Verification.objects.all()) == [stranger]
