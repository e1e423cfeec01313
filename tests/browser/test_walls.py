"""Passkeys in a browser that has one, and no page that asks anybody outside for anything."""

from html.parser import HTMLParser

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts import invitations, policy
from accounts.models import Role
from tests.browser.test_signing_in import sign_in
from tests.factories import ProgramFactory
from tests.insurance.factories import VerificationFactory
from tests.iopfinder.test_headers import OPEN_DATA, address, inline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def passkey_holder(settings):
    """passkey_holder(page): from here on the browser has a device that unlocks itself, as a phone or a laptop does."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost, as in local mode

    def plug_in(page) -> None:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    return plug_in


def test_a_passkey_is_enough_to_sign_in_until_its_owner_is_disabled(open_page, staff, passkey_holder):
    kim, admin = staff("agent", enrolled=False), staff("admin")
    page = open_page("/accounts/login/")
    passkey_holder(page)
    sign_in(page, kim.email)
    page.wait_for_url("**/accounts/2fa/**")
    page.goto("/accounts/2fa/webauthn/add/")
    page.locator("#id_passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    assert Authenticator.objects.filter(user=kim, type="webauthn").count() == 1

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/desk/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "login" not in url and url.endswith("/desk/"))
    assert page.get_by_role("heading", name="New").is_visible()

    invitations.disable(user=kim, by=admin)
    page.goto("/desk/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_load_state("networkidle")
    page.goto("/desk/")
    assert "/accounts/login/" in page.url


class Working(HTMLParser):
    """What may make a page ask for more than stands in it: its scripts and styles, and attributes that scripts read."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" or (tag == "link" and given.get("rel") in {"stylesheet", "modulepreload"}):
            self.parts.add(f"{tag} {given.get('src') or given.get('href')}")
        self.parts.update(f"{tag} {name}" for name in given if name.startswith(("hx-", "data-")))


def working(page: str) -> set[str]:
    reader = Working()
    reader.feed(page)
    return reader.parts


def test_no_page_asks_anybody_outside_for_anything(open_page, staff, signed_in):
    """Every address that shows a page, as somebody who may see it, is read: nothing in it comes from outside. Those that
    bring a script, a style or a switch of their own are opened: the watch of `open_page` lets no request pass."""
    program = ProgramFactory()
    row = VerificationFactory(program=program, state="manual_required")
    readers = {role: signed_in(staff(role)) for role in Role} | {None: Client()}
    found: list[tuple[set[str], str, str | None]] = []
    for name, route, _ in policy.all_urls():
        role = next((role for role in (None, *Role) if policy.allows(name, "GET", role)), "nobody")
        if role == "nobody" or OPEN_DATA.match(name) or "sitemap" in name:
            continue
        path = address(name, route, program, row)
        answer = readers[role].get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            assert inline(answer.content.decode()) == [], path
            found.append((working(answer.content.decode()), path, role))
    seen: set[str] = set()
    pages: dict[str | None, object] = {}
    for parts, path, role in sorted(found, key=lambda each: -len(each[0])):
        if parts - seen:
            seen |= parts
            pages[role] = pages.get(role) or open_page("/livez", client=readers[role])
            assert pages[role].goto(path).status == 200
    assert len(found) > 60
    assert {"script /static/js/app.js", "script /static/admin/js/core.js"} <= seen
