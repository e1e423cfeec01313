"""Every page, for somebody who may see it: the headers that wall it in, nothing inline, nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from accounts import policy
from accounts.models import Role, User
from insurance.models import Verification
from programs.models import Program
from tests.factories import ProgramFactory
from tests.insurance.factories import VerificationFactory
from tests.test_project import PRODUCTION

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
DATA = {"application/json", "application/ld+json"}
LOADED = {"src", "srcset", "poster", "data", "action", "formaction"}
# These answers are for everybody, other sites included; they hold no person's data.
OPEN_DATA = re.compile(r"^(api_|export$)")


class Inline(HTMLParser):
    """What a page must not hold: script and style in the page itself, and anything fetched from another site."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") not in DATA):
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}" for name in given if name == "style" or re.match(r"on[a-z]+$|hx-on", name)]
        fetched = LOADED | ({"href"} if tag == "link" and "canonical" not in given.get("rel", "") else set())
        for name in fetched & given.keys():
            outside = re.match(r"(?:https?:)?//", given[name]) and not given[name].startswith("http://testserver/")
            if outside and "alternate" not in given.get("rel", ""):
                self.found.append(f"{tag} {name}={given[name]}")
        if given.get("href", "").startswith("javascript:"):
            self.found.append("javascript:")


def inline(page: str) -> list[str]:
    parser = Inline()
    parser.feed(page)
    return parser.found


def key_in_admin(name: str) -> str:
    """Of a row that is there, if the admin's page is of a table that has one."""
    table = re.match(r"admin:([a-z]+)_(\w+)_(?:change|delete|history)", name)
    row = apps.get_model(table[1], table[2])._base_manager.first() if table else None
    return str(row.pk) if row else "1"


def address(name: str, route: str, program: Program, row: Verification) -> str:
    """A path of something that is there."""
    values = {
        "slug": "what-is-an-iop" if name == "guide" else program.slug,
        "public_id": row.public_id, "uuid": str(row.uid), "object_id": key_in_admin(name), "section": "pages",
        "state": "wi", "city": "milwaukee", "extension": "csv", "code": "x", "rest": "x",
        "pk": str(getattr(User.objects.first(), "pk", 1)),
    }  # fmt: skip
    path = re.sub(r"<(?:(\w+):)?(\w+)>", lambda part: values.get(part[2], values.get(part[1] or "", "x")), route)
    return "/" + re.sub(r"\^|\$|\\Z|\(\?P.*?\)(?=[-/$]|$)", "", path)


@pytest.fixture
def something(staff) -> tuple[Program, Verification]:
    program = ProgramFactory()
    row = VerificationFactory(program=program, state="manual_required")
    return program, row


def policy_of(answer) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";"))
    return {name: values for name, _, values in parts}


def test_every_page_is_walled_in(staff, signed_in, client: Client, something) -> None:
    clients = {role: signed_in(staff(role)) for role in Role} | {None: client}
    wanted = {name: " ".join(values) for name, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()}
    faults, pages = [], 0
    for name, route, _ in policy.all_urls():
        allowed = [role for role in (None, *Role) if policy.allows(name, "GET", role)]
        if not allowed:
            continue
        answer = clients[allowed[0]].get(address(name, route, *something))
        said = {
            "nosniff": answer.get("X-Content-Type-Options") == "nosniff",
            "frames": answer.get("X-Frame-Options") == "DENY",
            "opener": answer.get("Cross-Origin-Opener-Policy") == "same-origin",
            "referrer": answer.get("Referrer-Policy") == "same-origin",
            "permissions": "camera=()" in answer.get("Permissions-Policy", ""),
            "corp": answer.get("Cross-Origin-Resource-Policy") == "same-origin" or bool(OPEN_DATA.match(name)),
            "csp": policy_of(answer) == wanted,
            "no-store": None in allowed or "no-store" in answer.get("Cache-Control", ""),
            "no crash": answer.status_code < 500,
        }
        faults += [(name, what) for what, holds in said.items() if not holds]
        if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            pages += answer.status_code == 200
            faults += [(name, what) for what in inline(answer.content.decode())]
    assert faults == []
    assert pages > 50


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing/here/", 404), ("/desk/audit/", 403), ("/accounts/login/", 403), ("/desk/", 302)]
)
def test_a_refusal_is_walled_in_too(staff, signed_in, path: str, status: int) -> None:
    client = Client(enforce_csrf_checks=True)
    if "audit" in path:
        client.cookies = signed_in(staff("agent")).cookies
    answer = client.post(path) if "login" in path else client.get(path)
    assert answer.status_code == status
    assert policy_of(answer)["default-src"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert inline(answer.content.decode()) == []


@pytest.mark.parametrize(
    "page",
    [
        "<script>x</script>", "<style>x</style>", "<p style='x'>", "<a onclick=x>", "<img src=//cdn.example/x.png>",
        "<link rel=stylesheet href=https://cdn.example/x.css>", "<a href='javascript:x'>", "<div hx-on:click=x>",
    ],
)  # fmt: skip
def test_the_reader_of_pages_sees_what_must_not_be_there(page: str) -> None:
    assert inline(page)


def test_https_brings_hsts_and_host_cookies(tmp_path: Path) -> None:
    wanted = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    program = f"from django.conf import settings; print(*[getattr(settings, name) for name in {wanted}])"
    environment = {name: os.environ[name] for name in ("PATH", "DATABASE_URL")} | PRODUCTION
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment | {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "iopfinder.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["__Host-sid", "__Host-csrf", "True", "63072000"]
