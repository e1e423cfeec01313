"""What other sites, stolen cookies and forged fields get: nothing."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts import policy
from accounts.models import Role, User
from insurance.encryption import EncryptedField
from tests.accounts.test_policy import sample_path
from tests.staff import PASSWORD, code_now

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "//evil.example", "///evil.example", "https://evil.example", "https:evil.example", "\t//evil.example",
    "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "http:///evil.example", "//user@evil.example",
    "https://testserver.evil.example/", "%2f%2fevil.example", "/\t/evil.example", "ftp://testserver/",
]  # fmt: skip


def enter(client, user, **more):
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD, **more})
    return client.post(reverse("mfa_authenticate"), {"code": code_now(user.totp_secret), **more})


def test_nothing_is_changed_without_the_sites_own_token(staff, signed_in):
    """A form on another site, sent by somebody who is signed in here."""
    clients = {None: Client(enforce_csrf_checks=True)}
    for role in Role:
        clients[role] = Client(enforce_csrf_checks=True)
        clients[role].cookies = signed_in(staff(role)).cookies
    let_in, asked = [], 0
    for name, route, _ in policy.all_urls():
        roles = [role for role in (*Role, None) if policy.allows(name, "POST", role)]
        if not roles:
            continue
        asked += 1
        if clients[roles[0]].post(sample_path(route), {"x": "1"}).status_code != 403:
            let_in.append(name)
    assert sorted(let_in) == ["check", "shortlist"]  # they keep nothing and set no cookie
    assert asked > 50


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_never_leads_elsewhere(client, staff, address):
    user = staff("agent")
    answer = enter(client, user, next=address)
    assert answer.status_code == 302
    assert urlsplit(urljoin("http://testserver/accounts/2fa/authenticate/", answer.url)).netloc == "testserver"
    assert not re.match(r"\s*[/\\]\s*[/\\]", answer.url)  # a browser takes each of these for another host


def test_a_session_planted_before_signing_in_is_worth_nothing_after(client, staff):
    client.post(reverse("account_login"), {"login": "x@y.example", "password": "x"})
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sid"] = before = session.session_key
    enter(client, staff("agent"))
    assert client.session.session_key != before
    stale = Client()
    stale.cookies["sid"] = before
    assert stale.get(reverse("mfa_index")).status_code == 302


def test_a_new_password_ends_ones_other_sessions(staff, signed_in):
    user = staff("agent")
    elsewhere, here = signed_in(user), Client()
    enter(here, user)
    new = "seven quiet otters under the pier"
    changed = here.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert changed.status_code == 302
    assert here.get(reverse("mfa_index")).status_code == 200
    assert elsewhere.get(reverse("mfa_index")).status_code == 302


def test_a_form_takes_its_own_fields_and_no_more(staff, signed_in):
    forged = {
        "is_superuser": "on",
        "is_staff": "on",
        "is_active": "",
        "password": "x",
        "id": "1",
        "user_permissions": "1",
    }
    admin = signed_in(staff("admin"))
    admin.post(reverse("people_invite"), {"email": "n@b.example", "name": "New", "role": "agent", **forged})
    made = User.objects.get(email="n@b.example")
    admin.post(reverse("person_role", args=[made.pk]), {"role": "supervisor", **forged})
    made.refresh_from_db()
    assert (made.role, made.is_superuser, made.is_staff, made.is_active) == ("supervisor", False, False, True)
    assert not made.has_usable_password()


def test_only_member_id_and_phone_can_be_found_by_a_blind_index():
    indexes = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if any(isinstance(field, EncryptedField) for field in model._meta.concrete_fields)
        for field in model._meta.concrete_fields
        if field.name.endswith("_index")
    }
    assert indexes == {"insurance.Verification.member_index", "insurance.Verification.phone_index"}
