"""People for tests, a plugin: one of each role with a second factor, and clients signed in as them.

Django is imported inside the fixtures: this file is read before the settings are ready.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

PASSWORD = "five calm herons by the quay"


def code_now(totp_secret: str) -> str:
    """The six digits an authenticator app would show at this moment."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(totp_secret, int(time.time()) // 30))


@pytest.fixture
def staff(db: None) -> Callable[..., Any]:
    """staff("agent") → an enrolled person with that role; `enrolled=False` leaves the second factor out."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from accounts.models import User

    def make(role: str, *, enrolled: bool = True, name: str = "") -> User:
        number = User.objects.count()
        user = User.objects.create_user(
            f"{role}{number}@helpline.example", PASSWORD, name=name or f"Dana {number}", role=role
        )
        if enrolled:
            user.totp_secret = generate_totp_secret()
            TOTP.activate(user, user.totp_secret)
        return user

    return make


@pytest.fixture
def signed_in() -> Callable[[Any], Any]:
    """signed_in(user) → a client in which that person is signed in, in a session of its own."""
    from allauth.usersessions.models import UserSession
    from django.test import Client

    def enter(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        UserSession.objects.create(user=user, ip="127.0.0.1", session_key=client.session.session_key, user_agent="test")
        return client

    return enter


@pytest.fixture
def time_machine_at() -> Iterator[Callable[[float], None]]:
    """Moves the clock on by so many seconds, from wherever it stands."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller.shift
