"""People are invited, disabled, and helped back in by two colleagues."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.urls import reverse

from accounts import invitations
from accounts.models import AuditEvent, FactorReset, LinkPurpose, OneTimeLink, User
from tests.staff import PASSWORD

pytestmark = pytest.mark.django_db


def welcome(client, link, password=PASSWORD):
    secret = link.partition("#")[2]
    return client.post(reverse("account_welcome"), {"secret": secret, "password": password, "again": password})


def test_an_invitation_lets_its_person_set_a_password_once(client, staff):
    link = invitations.invite(email="Kim@helpline.example", name="Kim", role="agent", by=staff("admin"))
    assert welcome(client, link).url == reverse("account_login")
    kim = User.objects.get(email="kim@helpline.example")
    assert kim.check_password(PASSWORD)
    assert AuditEvent.objects.filter(actor=kim, detail__act="password set with a link").exists()
    assert b"has been used or is too old" in welcome(client, link).content


def test_the_secret_of_a_link_is_not_in_the_database(staff):
    link = invitations.new_link(user=staff("agent"), purpose=LinkPurpose.INVITATION, by=None)
    secret = link.partition("#")[2]
    assert len(secret) >= 43
    assert secret not in str(list(OneTimeLink.objects.values()))


def test_opening_a_link_uses_nothing_up(client, staff):
    link = invitations.new_link(user=staff("agent"), purpose=LinkPurpose.INVITATION, by=None)
    assert client.get(reverse("account_welcome")).status_code == 200
    assert client.head(reverse("account_welcome")).status_code == 200
    assert welcome(client, link).status_code == 302


def test_a_new_link_ends_the_one_before(client, staff):
    user = staff("agent")
    first = invitations.new_link(user=user, purpose=LinkPurpose.INVITATION, by=None)
    invitations.new_link(user=user, purpose=LinkPurpose.INVITATION, by=None)
    assert welcome(client, first).status_code == 200


def test_an_admin_invites_in_the_browser_and_sees_the_link_once(staff, signed_in):
    client = signed_in(staff("admin"))
    page = client.post(reverse("people_invite"), {"email": "a@b.example", "name": "Ana", "role": "supervisor"})
    assert b"/accounts/welcome/#" in page.content
    assert User.objects.get(email="a@b.example").role == "supervisor"


@pytest.mark.parametrize(("act", "fields"), [("person_disable", {}), ("person_role", {"role": "agent"})])
def test_disabling_and_a_new_role_end_the_persons_sessions_at_once(staff, signed_in, act, fields):
    admin, agent = staff("admin"), staff("supervisor")
    theirs = signed_in(agent)
    assert theirs.get(reverse("mfa_index")).status_code == 200
    signed_in(admin).post(reverse(act, args=[agent.pk]), fields)
    assert theirs.get(reverse("mfa_index")).status_code == 302


def test_nobody_changes_their_own_role_or_access(staff, signed_in):
    admin = staff("admin")
    client = signed_in(admin)
    for name in ("person_role", "person_disable", "person_reset"):
        assert client.post(reverse(name, args=[admin.pk])).status_code == 404


def test_a_second_factor_is_reset_by_two_people(staff):
    first, second, lost = staff("admin"), staff("admin"), staff("agent")
    reset = invitations.request_factor_reset(user=lost, by=first, reason="phone lost")
    for person in (first, lost):
        with pytest.raises(PermissionDenied):
            invitations.approve_factor_reset(reset=reset, by=person)
    invitations.approve_factor_reset(reset=reset, by=second)
    lost.refresh_from_db()
    assert not Authenticator.objects.filter(user=lost).exists()
    assert not lost.has_usable_password()


def test_the_database_refuses_a_reset_by_one_person(staff):
    first, lost = staff("admin"), staff("agent")
    with pytest.raises(IntegrityError, match="reset_takes_two_people"):
        FactorReset.objects.create(
            user=lost, reason="x", requested_by=first, approved_by=first, approved_at="2026-01-01T00:00Z"
        )


def test_the_first_administrator_comes_by_command(client, capsys):
    call_command("create_admin", "boss@helpline.example")
    assert welcome(client, capsys.readouterr().out.strip()).status_code == 302
    assert User.objects.get(email="boss@helpline.example").role == "admin"


def test_the_command_does_not_promote_anybody(staff):
    with pytest.raises(CommandError, match="not an active administrator"):
        call_command("create_admin", staff("agent").email)


def test_totp_secrets_are_stored_encrypted(staff):
    user = staff("agent")
    stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert user.totp_secret not in stored
    assert stored.startswith("test:")


def test_what_an_administrator_does_is_in_the_audit_trail(staff, signed_in):
    admin, agent = staff("admin"), staff("agent")
    signed_in(admin).post(reverse("person_role", args=[agent.pk]), {"role": "supervisor"})
    page = signed_in(staff("auditor")).get(reverse("audit_trail"), {"subject": f"person {agent.pk}"})
    assert b"Changed a colleague" in page.content
    assert str(admin).encode() in page.content


def test_an_auditor_may_ask_nonsense(staff, signed_in):
    answer = signed_in(staff("auditor")).get(reverse("audit_trail"), {"actor": "x", "verb": "?", "page": "9" * 5000})
    assert answer.status_code == 200
