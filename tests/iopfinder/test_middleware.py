"""Sessions end when nobody is there; answers to staff are never kept by a browser."""

from collections.abc import Callable

import pytest
import time_machine
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


def test_a_session_ends_after_fifteen_idle_minutes(browser: Client) -> None:
    with time_machine.travel(0, tick=False) as clock:
        assert is_signed_in(browser)
        clock.shift(14 * 60)
        assert is_signed_in(browser)
        clock.shift(16 * 60)
        assert not is_signed_in(browser)


def test_a_background_poll_is_not_activity(browser: Client) -> None:
    with time_machine.travel(0, tick=False) as clock:
        assert is_signed_in(browser)
        for _ in range(3):
            clock.shift(6 * 60)
            browser.get("/admin/", headers={"hx-poll": "1"})
        assert not is_signed_in(browser)


def test_a_session_ends_after_twelve_hours_however_busy(browser: Client) -> None:
    with time_machine.travel(0, tick=False) as clock:
        for _ in range(12 * 6 + 1):
            browser.get("/livez")
            clock.shift(10 * 60)
        assert not is_signed_in(browser)


def test_an_answer_to_staff_is_never_stored(browser: Client) -> None:
    assert "no-store" in browser.get("/desk/people/").headers["Cache-Control"]


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
