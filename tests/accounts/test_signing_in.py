"""Signing in: password, second step, idle and absolute limits, throttles."""

import time

import pytest
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
    for minutes in range(10, 12 * 60, 10):
        time_machine_at(start + minutes * 60 - time.time())
        assert client.get(reverse("people")).status_code == 200
    time_machine_at(start + 12 * 3600 + 60 - time.time())
    assert client.get(reverse("people")).status_code == 302


def test_a_poll_does_not_keep_a_session_alive(staff, signed_in, time_machine_at):
    client = signed_in(staff("admin"))
    client.get(reverse("people"))
    for _ in range(2):
        time_machine_at(8 * 60)
        answer = client.get(reverse("people"), headers={"HX-Request": "true", "HX-Poll": "1"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == reverse("account_login")


def test_private_pages_are_never_stored(staff, signed_in):
    assert "no-store" in signed_in(staff("admin")).get(reverse("people"))["Cache-Control"]


def test_signing_out_clears_what_the_browser_kept(staff, signed_in):
    answer = signed_in(staff("agent")).post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
