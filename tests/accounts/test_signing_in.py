"""Signing in: password, second step, idle and absolute limits, throttles."""

import re
import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.signals import user_login_failed
from django.urls import reverse

from tests.staff import PASSWORD, code_now

pytestmark = pytest.mark.django_db


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def test_password_and_code_lead_to_the_desk(client, staff):
    user = staff("agent")
    assert sign_in(client, user).url == reverse("mfa_authenticate")
    answer = client.post(reverse("mfa_authenticate"), {"code": code_now(user.totp_secret)})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_code_works_only_once(client, staff):
    user = staff("agent")
    code = code_now(user.totp_secret)
    for _ in range(2):
        client.logout()
        sign_in(client, user)
        client.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" not in client.session


def test_without_a_second_factor_every_page_leads_to_enrolment(client, staff):
    user = staff("admin", enrolled=False)
    sign_in(client, user)
    assert client.get(reverse("people")).url == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200


def test_five_wrong_passwords_do_not_lock_a_colleague_out(client, staff, settings):
    user = staff("agent")
    for _ in range(6):
        answer = client.post(
            reverse("account_login"), {"login": user.email, "password": "wrong"}, REMOTE_ADDR="203.0.113.9"
        )
    assert b"Too many failed" in answer.content
    assert sign_in(client, user).url == reverse("mfa_authenticate")


def test_nobody_signs_up_or_resets_a_password_by_mail(client):
    for name in ("account_signup", "account_reset_password", "account_email"):
        assert client.get(reverse(name)).status_code == 404


def test_the_admin_site_has_no_sign_in_of_its_own(client):
    assert client.get("/admin/login/").status_code == 404
    assert client.get("/admin/").url.startswith(reverse("account_login"))


@pytest.mark.parametrize(("minutes", "still_in"), [(14.9, True), (15.1, False)])
def test_fifteen_idle_minutes_end_a_session(staff, signed_in, time_machine_at, minutes, still_in):
    client = signed_in(staff("admin"))
    client.get(reverse("people"))
    time_machine_at(minutes * 60)
    assert (client.get(reverse("people")).status_code == 200) is still_in


def test_twelve_hours_end_a_session_however_busy(staff, signed_in, time_machine_at):
    client = signed_in(staff("admin"))
    start = time.time()
    client.get(reverse("people"))
    for minutes in range(14, 12 * 60, 14):
        time_machine_at(start + minutes * 60 - time.time())
        client.get("/livez")
    assert client.get(reverse("people")).status_code == 200
    time_machine_at(start + 12 * 3600 + 60 - time.time())
    assert client.get(reverse("people")).status_code == 302


def test_a_poll_does_not_keep_a_session_alive(staff, signed_in, time_machine_at):
    client = signed_in(staff("admin"))
    client.get(reverse("people"))
    for _ in range(2):
        time_machine_at(8 * 60)
        polled = {"HX-Request": "true", "HX-Poll": "1", "HX-Current-URL": "http://testserver/desk/people/"}
        answer = client.get(reverse("people"), headers=polled)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == f"{reverse('account_login')}?next=/desk/people/"  # and back to the page left


def test_private_pages_are_never_stored(staff, signed_in):
    assert "no-store" in signed_in(staff("admin")).get(reverse("people"))["Cache-Control"]


def test_signing_out_clears_what_the_browser_kept(staff, signed_in):
    answer = signed_in(staff("agent")).post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'


def test_a_recovery_code_works_once_and_in_place_of_the_phone(client, staff):
    user = staff("agent")
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    for expected in (True, False):
        client.logout()
        sign_in(client, user)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) is expected


def test_one_sees_ones_sessions_and_ends_the_others(staff, signed_in):
    user = staff("agent")
    here, elsewhere = signed_in(user), signed_in(user)
    assert here.get(reverse("usersessions_list")).content.count(b"127.0.0.1") == 2
    here.post(reverse("usersessions_list"))
    assert elsewhere.get(reverse("usersessions_list")).status_code == 302
    assert here.get(reverse("usersessions_list")).status_code == 200


@pytest.fixture
def judged():
    """Passwords that were really compared, not turned away before."""
    seen = []

    def note(sender, credentials, **_):
        seen.append(credentials["email"])

    user_login_failed.connect(note)
    yield seen
    user_login_failed.disconnect(note)


@pytest.mark.parametrize("network", ["203.0.113.9", "2001:db8:1:2::{:x}"], ids=["one address", "one IPv6 network"])
def test_a_list_of_stolen_passwords_gets_five_tries_in_five_minutes(client, staff, judged, time_machine_at, network):
    user = staff("agent")
    for number in range(40):
        typed = {"login": user.email, "password": f"stolen password number {number}"}
        client.post(reverse("account_login"), typed, REMOTE_ADDR=network.format(number + 1))
        time_machine_at(7)
    assert len(judged) <= 5
    assert sign_in(client, user).url == reverse("mfa_authenticate")  # its owner, elsewhere


def test_many_people_tried_from_one_address_count_together(client, staff, judged, time_machine_at):
    time_machine_at(0)
    for number in range(40):
        typed = {"login": f"person{number}@helpline.example", "password": "the one password everybody has"}
        client.post(reverse("account_login"), typed, REMOTE_ADDR="203.0.113.9")
    assert len(judged) <= 30


def test_a_stranger_a_colleague_and_somebody_disabled_are_told_the_same(client, staff):
    known, disabled = staff("agent"), staff("agent")
    disabled.is_active = False
    disabled.save()
    told = set()
    for email in (known.email, disabled.email, "nobody@helpline.example"):
        page = client.post(
            reverse("account_login"), {"login": email, "password": "not the one at all"}
        ).content.decode()
        told.add(re.sub(r'value="[^"]*"', "", page))
    assert len(told) == 1
