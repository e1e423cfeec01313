"""What stands before every view: headers, addresses that name nothing, the API for people who are signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(staff: Callable, signed_in: Callable) -> Client:
    return signed_in(staff("curator"))


def is_signed_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    answer = client.get("/livez")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/programs/in/%00/x/", "/%00", "/programs/a%00b/"])
def test_an_address_with_a_nul_byte_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_staff_may_use_the_api_and_stay_signed_in(browser: Client) -> None:
    answer = browser.get("/api/v1/programs")
    assert answer.status_code == 200
    assert "Clear-Site-Data" not in answer.headers
    assert is_signed_in(browser)


@pytest.mark.parametrize("number", ["x", "NaN", "0", "9" * 30])
def test_the_history_of_no_program_is_not_found(browser: Client, number: str) -> None:
    assert browser.get(f"/admin/programs/program/{number}/history/").status_code == 404
