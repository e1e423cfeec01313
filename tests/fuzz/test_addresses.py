"""No address answers anything with a crash: every one, for everybody, with input nobody meant.

A failure prints the request to repeat.
"""

import random
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Role, User
from tests.fuzz.conftest import EFFORT, SEED

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db, pytest.mark.timeout(1200)]

# What has broken sites before: bytes PostgreSQL refuses, numbers no column holds, broken Unicode, markup, paths.
NASTY = (
    "\x00", "a\x00b", "", " ", "0", "-1", "1", "9" * 30, "2147483648", "-9223372036854775809", "1e309", "nan", "inf", "NaN,NaN", "91,0",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "\u202e", "é" * 300, "x" * 10_000,
    "' OR 1=1 --", "%", "_", "%00", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "53202", "53202-1234",
    "Milwaukee, WI", "Springfield", "WI", "43.04,-87.91", "\t53202\n", "mon", "mon-0900-1200", "mon-2500-0100", "medicaid",
    "None", "null", "[]", "true", "2026-13-45", "0000-00-00", "\uff19", "😀", "a" * 64, "IV-7QK4-2M9P", "ID3*",
)  # fmt: skip
PARAMETERS = (
    "near", "radius", "q", "page", "sort", "free", "max_cost", "sliding", "accepting", "start_within", "payer", "day",
    "when", "condition", "therapy", "format", "population", "language", "service", "age", "accreditation", "p", "next",
    "format", "id", "email", "password", "code", "submission_key", "payer", "program", "member_id", "date_of_birth",
)  # fmt: skip


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """The pattern of every address of the site, as Django writes it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from addresses(entry, route)


ADDRESSES = sorted({route for route in addresses() if "logout" not in route})


def filled(route: str, chance: random.Random) -> str:
    """A path this pattern might match: every variable part replaced by something nasty."""
    plain = re.sub(r"\(\?P<[^>]+>[^()]*(?:\([^()]*\)[^()]*)*\)|<[^>]+>", lambda _: chance.choice(NASTY), route)
    return quote("/" + re.sub(r"[\^$]|\\Z|\\A|\(\?:|\)\??|\\", "", plain).lstrip("/"))


def query(chance: random.Random) -> list[tuple[str, str]]:
    """Some parameters, often repeated; now and then five hundred, short ones."""
    if chance.random() < 0.05:
        return [(chance.choice(PARAMETERS), chance.choice(NASTY)[:20]) for _ in range(500)]
    return [(chance.choice(PARAMETERS), chance.choice(NASTY)) for _ in range(chance.randint(0, 6))]


@pytest.mark.parametrize("who", [None, *Role])
def test_no_address_crashes(
    who: Role | None,
    staff: Callable[..., User],
    signed_in: Callable[..., Client],
    count_requests: Callable[[int, int], None],
) -> None:
    chance = random.Random(f"{who} {SEED}")
    made, crashed = 0, []
    for route in ADDRESSES:
        for _ in range(EFFORT.rounds):
            browser = signed_in(staff(who)) if who else Client()
            for request in requests(route, chance):
                made += 1
                if crashes(browser, *request):
                    crashed += [f"{request} ({route})"]
    count_requests(made, len(crashed))
    assert not crashed, "\n".join(each[:400] for each in crashed[:20])


def requests(route: str, chance: random.Random) -> Iterator[tuple[str, str, dict[str, list[str]] | None]]:
    """The same path read with a query, with one value in every parameter, and written to with a form."""
    path, said, value = filled(route, chance), query(chance), chance.choice(NASTY[:25])
    yield "GET", f"{path}?{urlencode(said)}", None
    yield "GET", f"{path}?{urlencode([(name, value[:100]) for name in PARAMETERS])}", None
    yield "POST", path, fields(said)


def crashes(browser: Client, method: str, address: str, data: dict[str, list[str]] | None) -> bool:
    """One request in a transaction of its own, undone afterwards: no crash spoils the next answer."""
    browser.raise_request_exception = False
    with transaction.atomic():
        answer = browser.get(address) if method == "GET" else browser.post(address, data)
        transaction.set_rollback(True)
    return answer.status_code >= 500


def fields(said: list[tuple[str, str]]) -> dict[str, list[str]]:
    posted: dict[str, list[str]] = {}
    for field, value in said:
        posted.setdefault(field, []).append(value)
    return posted
