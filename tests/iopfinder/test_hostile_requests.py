"""Requests no browser makes: each is refused with a word, none breaks anything, and none is believed."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts import throttle
from accounts.models import Role, Throttle
from insurance.models import Verification

pytestmark = pytest.mark.django_db

SURROGATE = "\\ud800"


def form(*, boundary: str = "xx", **fields: str) -> bytes:
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def files(number: int, size: int) -> bytes:
    head = '--xx\r\nContent-Disposition: form-data; name="f{0}"; filename="f{0}"\r\n\r\n'
    return b"".join(head.format(at).encode() + b"x" * size + b"\r\n" for at in range(number)) + b"--xx--\r\n"


@pytest.mark.parametrize("path", ["/verify/", "/verify/send/", "/accounts/login/", "/status/"])
@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "utf-16", "utf-7", "rot13", "nonsense"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=xx", "application/x-www-form-urlencoded"])
def test_a_form_in_another_encoding_is_refused(path: str, charset: str, kind: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")  # with a token, a refusal looks into the form as well
    body = form(caller_name=SURROGATE, login=SURROGATE, code=SURROGATE)
    answer = client.generic("POST", path, body, content_type=f"{kind}; charset={charset}")
    assert answer.status_code == 400
    assert "text/html" in answer["Content-Type"]


def test_a_form_that_says_utf_8_is_taken(client: Client) -> None:
    kind = "multipart/form-data; boundary=xx; charset=UTF-8"
    assert client.generic("POST", "/verify/", form(caller_name="李"), content_type=kind).status_code == 422


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form(note="x" * 3_000_000), "multipart/form-data; boundary=xx"),
        (b"note=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (form(**{f"f{number}": "x" for number in range(1200)}), "multipart/form-data; boundary=xx"),
        (b"&".join(b"f%d=x" % number for number in range(1200)), "application/x-www-form-urlencoded"),
        (files(200, 1), "multipart/form-data; boundary=xx"),
        (files(1, 1), "multipart/form-data; boundary=xx"),
        (files(1, 4_000_000), "multipart/form-data; boundary=xx"),
        (form(note="x"), "multipart/form-data"),
        (form(note="x"), f"multipart/form-data; boundary={'y' * 500}"),
    ],
    ids=[
        "3 MB",
        "3 MB plain",
        "1,200 fields",
        "1,200 plain",
        "200 files",
        "a file",
        "4 MB file",
        "no boundary",
        "long one",
    ],
)
def test_a_body_that_is_too_much_is_refused_and_leaves_no_file(
    client: Client, body: bytes, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert client.generic("POST", "/verify/", body, content_type=kind).status_code == 400
    assert list(tmp_path.iterdir()) == []
    assert not Verification.objects.exists()


def test_a_wrong_boundary_is_an_empty_form(client: Client) -> None:
    kind = "multipart/form-data; boundary=other"
    assert client.generic("POST", "/verify/", form(phone="414-555-0142"), content_type=kind).status_code == 422


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver@evil.example", "", "a" * 300, "[::1", "testserver.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/desk/", "/verify/", "/api/v1/programs"])
def test_another_hosts_name_is_refused(settings, client: Client, host: str, path: str) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get(path, headers={"host": host}).status_code == 400


def test_no_page_believes_a_forwarded_host(client: Client) -> None:
    page = client.get(
        "/accounts/login/", headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    )
    assert page.status_code == 200
    assert b"evil.example" not in page.content


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "NONSENSE"])
@pytest.mark.parametrize("path", ["/verify/", "/status/", "/accounts/login/", "/desk/", "/desk/new/", "/admin/"])
def test_another_method_is_not_allowed_whoever_asks(method: str, path: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, path)
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]


def test_a_method_named_in_a_form_or_a_header_is_not_believed(staff: Callable, signed_in: Callable) -> None:
    client, person = signed_in(staff("admin")), staff("agent")
    said = {"headers": {"x-http-method-override": "DELETE", "x-method-override": "PUT"}}
    for _ in range(2):
        client.post(reverse("person_role", args=[person.pk]), {"_method": "DELETE", "role": "agent"}, **said)
    person.refresh_from_db()
    assert person.role == "agent"
    assert client.get("/desk/people/", **said).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (0, "198.51.100.1, 198.51.100.2", "127.0.0.1"),
        (1, "198.51.100.2", "198.51.100.2"),
        (1, "198.51.100.1, 198.51.100.2", "198.51.100.2"),
        (1, "198.51.100.1,198.51.100.1,198.51.100.2", "198.51.100.2"),
    ],
)
def test_a_forged_address_is_not_counted_with(
    settings, client: Client, proxies: int, forwarded: str, counted: str
) -> None:
    """The list of addresses that a client sends itself stands before the one the trusted proxy adds."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    client.post("/status/", {"code": "x"}, headers={"x-forwarded-for": forwarded})
    assert Throttle.objects.get().key == throttle._key("status", counted)


@pytest.mark.parametrize(
    "forwarded", ["junk", "", "127.0.0.1, junk", "'; DROP", "::ffff:1.2.3.4", "1.2.3.4:99", "[::1]:9"]
)
def test_an_address_that_is_none_breaks_nothing(settings, client: Client, forwarded: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for path, typed in (("/status/", {"code": "x"}), ("/accounts/login/", {"login": "a@b.example", "password": "x"})):
        assert client.post(path, typed, headers={"x-forwarded-for": forwarded}).status_code < 500


@pytest.mark.parametrize("role", [None, Role.AUDITOR, Role.CURATOR])
def test_the_header_of_a_partial_page_opens_nothing(staff: Callable, signed_in: Callable, role: str | None) -> None:
    """Who is told to come from htmx sees another layout, never more."""
    client = signed_in(staff(role)) if role else Client()
    for headers in (
        {"hx-request": "true"},
        {"hx-request": "true", "hx-poll": "1", "hx-current-url": "//evil.example/"},
    ):
        answer = client.get(reverse("desk_new"), headers=headers)
        assert answer.status_code == (403 if role else 401)
        assert b"phone" not in answer.content


@pytest.mark.parametrize("cookie", ["x" * 16_000, "sid=" + "9" * 5000, 'sid="\\ud800"; csrf=;;=', "\x01=\x02"])
def test_a_broken_cookie_is_nobodys(client: Client, cookie: str) -> None:
    assert client.get("/desk/", headers={"cookie": cookie}).url.startswith("/accounts/login/")
    assert client.get("/verify/", headers={"cookie": cookie}).status_code == 200
