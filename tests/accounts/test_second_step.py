"""The second step: required at every moment, changed by whoever proves again who they are, seen by auditors."""

import json
import logging
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.templatetags.access import device
from iopfinder.logs import JsonFormatter
from tests.staff import PASSWORD, code_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(staff):
    return staff("agent")


@pytest.fixture
def confirmed(signed_in):
    """confirmed(person) → a client whose person has typed the password again a moment ago."""

    def enter(person) -> Client:
        client = signed_in(person)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        return client

    return enter


def acts(person):
    events = AuditEvent.objects.filter(subject=f"person {person.pk}", actor=person).order_by("pk")
    return [event.detail["act"] for event in events]


def test_whoever_removes_the_last_one_goes_no_further(agent, confirmed):
    client = confirmed(agent)
    assert client.get(reverse("desk")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=agent, type="totp").exists()
    assert client.get(reverse("desk")).url == reverse("mfa_index")
    assert acts(agent) == ["second step removed: totp"]


def test_a_new_second_step_ends_ones_other_sessions_and_is_in_the_trail(
    staff, confirmed, signed_in, django_capture_on_commit_callbacks
):
    person = staff("agent", enrolled=False)
    elsewhere, here = signed_in(person), confirmed(person)
    page = here.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]
    with django_capture_on_commit_callbacks(execute=True):
        assert here.post(reverse("mfa_activate_totp"), {"code": code_now(secret)}).status_code == 302
    assert here.get(reverse("desk")).status_code == 200
    assert elsewhere.get(reverse("mfa_index")).url.startswith(reverse("account_login"))
    assert acts(person) == ["second step added: totp", "second step added: recovery_codes"]


def test_a_change_needs_a_fresh_proof(agent, signed_in):
    client = signed_in(agent)
    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"):
        assert client.post(reverse(name)).url.startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(user=agent).count() == 1


def test_whoever_has_just_set_one_up_sees_the_recovery_codes_at_once(staff, client, django_capture_on_commit_callbacks):
    person = staff("agent", enrolled=False)
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    secret = re.search(r"\b[A-Z2-7]{32}\b", client.get(reverse("mfa_activate_totp")).content.decode())[0]
    with django_capture_on_commit_callbacks(execute=True):
        after = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)}, follow=True)
    assert len(re.findall(r"\b\d{8}\b", after.content.decode())) == 10


def test_proving_again_who_one_is_changes_the_sessions_key(agent, signed_in):
    client = signed_in(agent)
    before = client.session.session_key
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.session.session_key != before
    stolen = Client()
    stolen.cookies["sid"] = before
    assert stolen.get(reverse("desk")).url.startswith(reverse("account_login"))
    assert UserSession.objects.get(user=agent).session_key == client.session.session_key
    assert client.get(reverse("usersessions_list")).content.count(b"127.0.0.1") == 1


def test_recovery_codes_are_stored_encrypted(agent):
    codes = RecoveryCodes.activate(agent).get_unused_codes()
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert len(codes) == 10
    assert not any(code in kept for code in codes)
    assert Authenticator.objects.get(user=agent, type="recovery_codes").data["seed"].startswith("test:")


def test_a_password_that_was_changed_is_in_the_trail(agent, confirmed):
    new = "seven quiet otters under the pier"
    confirmed(agent).post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert acts(agent) == ["password changed"]


def test_who_signs_in_and_who_is_refused_is_logged_without_a_name(agent, client, caplog):
    caplog.set_level(logging.INFO)
    client.post(reverse("account_login"), {"login": agent.email, "password": "not the one at all"})
    client.post(reverse("account_login"), {"login": agent.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": code_now(agent.totp_secret)})
    client.get(reverse("people"))
    client.post(reverse("account_logout"))
    lines = [
        json.loads(JsonFormatter().format(record)) for record in caplog.records if record.name.startswith("accounts")
    ]
    assert [(line["message"], line.get("person")) for line in lines] == [
        ("A sign-in was refused.", None),
        ("A second step was refused.", agent.pk),
        ("Signed in.", agent.pk),
        ("Somebody tried what their role may not do.", agent.pk),
        ("Signed out.", agent.pk),
    ]
    assert agent.email not in json.dumps(lines)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", "An unknown browser"),
        ("<script>", "An unknown browser"),
    ],
)
def test_a_browser_is_shown_in_words(said, shown):
    assert device(said) == shown


def test_the_first_page_without_a_second_step_offers_a_passkey_first(staff, signed_in):
    page = signed_in(staff("agent", enrolled=False)).get(reverse("mfa_index")).content.decode()
    assert page.index("Add a passkey") < page.index("Set up the app")
    assert "before you go on" in page
    assert "Recovery codes" not in page


DEEP = "[" * 100_000
LETTERS = json.dumps({"id": "\ud800", "rawId": "\ud800", "type": "public-key", "response": {"clientDataJSON": "é"}})


@pytest.mark.parametrize("answer", [DEEP, LETTERS])
@pytest.mark.parametrize("name", ["mfa_add_webauthn", "mfa_login_webauthn", "mfa_reauthenticate_webauthn"])
def test_what_no_device_answers_is_refused_at_the_form(agent, confirmed, client, name, answer):
    if name == "mfa_login_webauthn":
        answered = client.post(reverse(name), {"credential": answer})
    else:
        answered = confirmed(agent).post(reverse(name), {"credential": answer, "name": "Key"})
    assert answered.status_code in (200, 302)
    assert not Authenticator.objects.filter(user=agent, type=Authenticator.Type.WEBAUTHN).exists()
