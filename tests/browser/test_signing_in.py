"""From a one-time link to the desk, in a browser: password, second step, sign-out."""

import re

import pytest

from accounts import invitations
from tests.staff import PASSWORD, code_now

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page, email):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_new_colleague_gets_in_with_a_link_and_an_authenticator(open_page, db, assert_accessible):
    link = invitations.invite(email="kim@helpline.example", name="Kim New", role="agent", by=None)
    page = open_page(f"/accounts/welcome/#{link.partition('#')[2]}", axe=True)
    assert "#" not in page.url
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    sign_in(page, "kim@helpline.example")
    page.wait_for_url("**/accounts/2fa/**")
    assert_accessible(page)
    page.goto("/accounts/2fa/totp/activate/")
    assert_accessible(page)
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.content())[0]
    page.locator("input[name=code]").fill(code_now(secret))
    page.locator("form:has(input[name=code]) button[type=submit]").click()
    page.wait_for_url(lambda url: "activate" not in url)
    page.goto("/desk/")
    assert page.get_by_role("heading", name="New").is_visible()
