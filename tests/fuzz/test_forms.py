"""No form of the private half or of the callers crashes: each real one, on real rows, with nonsense in its own fields."""

import random
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie

import pytest
from django.db import connection, transaction
from django.forms import BaseForm, Form
from django.test import Client

from accounts import policy
from accounts.models import FactorReset, Role, User
from insurance import payercall
from insurance.models import BenefitSnapshot, Casework, Review
from insurance.publicforms import new_mark
from tests.factories import ProgramFactory
from tests.fuzz.conftest import EFFORT, SEED
from tests.insurance.factories import VerificationFactory
from tests.iopfinder.test_headers import address
from tests.staff import PASSWORD

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db, pytest.mark.timeout(1200)]

WRONG = (
    "\x00", "a\x00b", "", " ", "9" * 5000, "-1", "1e309", "NaN", "٣٣٣٣٣", "x" * 10_000, "\u202eevil", "\u200b", "e\u0301" * 500,
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "<script>alert(1)</script>", "{% now %}", "=1+1", "\r\nX: y",
    "02/30/2001", "01/02/50", "9999-12-31", "25:99", "911", "+1 (414) 555-0142 x 9999999", "ID*~^:", "Robert'); DROP",
    "[" * 5000, '{"id": "\\ud800", "rawId": "\\ud800", "type": "public-key", "response": {"\\ud800": NaN}}', '{"a":' * 3000, "IV-2222-2222", "true", "null", "😀" * 80, "😀", "李",
)  # fmt: skip
RIGHT = {
    "phone": "414-555-0142", "member_id": "SIMPPO001", "subscriber_last_name": "Example", "why": "caller-asks", "reason": "x",
    "subscriber_birth_date": "04/12/1990", "relationship": "self", "consent_verify": "on", "consent_version": "2026-11",
    "condition": "mh", "asking_for": "self", "language": "en", "may_leave_message": "no", "consent_method": "verbal",
    "safe": "yes", "priority": "10", "state": "WI", "zip": "53202", "outcome": "reached", "agreed": "yes", "text": "x",
    "decision": "again", "day": "2099-01-01", "time": "10:00", "plan_active": "yes", "covered": "yes", "rep_name": "Kim",
    "q": "Example", "role": "agent", "email": "x@y.example", "name": "Kim",
}  # fmt: skip
BESIDE = (
    "draft",
    "number",
    "edit",
    "code",
    "credential",
    "next",
    "_method",
    "csrfmiddlewaretoken",
    "payer_text",
    "program_1_text",
)


def every_form(above: type[BaseForm] = Form) -> Iterator[type[BaseForm]]:
    for form in above.__subclasses__():
        yield form
        yield from every_form(form)


@pytest.fixture
def somebody_elses_work(staff: Callable[..., User]) -> tuple[object, object]:
    """A request that is on the phone, with a second reading and a reset that wait: every address has something."""
    agent, admin = staff("agent"), staff("admin")
    program = ProgramFactory()
    row = VerificationFactory(program=program, state="manual_required")
    Casework.objects.create(verification=row)
    payercall.start(verification=row, by=agent, number="")
    snapshot = BenefitSnapshot.objects.create(
        verification=row, determination="active_iop_unconfirmed", evidence_level=1, data={}
    )
    Review.objects.create(snapshot=snapshot, author=agent)
    FactorReset.objects.create(user=agent, requested_by=admin, reason="lost")
    return program, row


def test_no_form_crashes(
    somebody_elses_work: tuple[object, object],
    staff: Callable[..., User],
    signed_in: Callable[..., Client],
    count_requests: Callable[[int, int], None],
) -> None:
    chance = random.Random(SEED)
    names = sorted({name for form in every_form() for name in form.base_fields} | {*BESIDE})
    cookies = {role: proven(signed_in(staff(role))) for role in Role}
    made, crashed = 0, []
    for name, route, _ in policy.all_urls():
        role = next((role for role in (None, *Role) if policy.allows(name, "POST", role)), "nobody")
        if role == "nobody" or name.startswith("admin:programs"):
            continue
        path = address(name, route, *somebody_elses_work)  # type: ignore[arg-type]
        for _ in range(EFFORT.rounds * 3):
            typed = {field: chance.choice(WRONG) for field in names}
            typed |= {field: value for field, value in RIGHT.items() if chance.random() < 0.7}
            typed["mark"] = new_mark() if chance.random() < 0.8 else typed["mark"]
            made += 1
            if crashes(path, typed, cookies=cookies.get(role)):
                crashed.append(f"POST {path} {typed}")
    count_requests(made, len(crashed))
    assert not crashed, "\n".join(each[:1500] for each in crashed[:5])


def proven(browser: Client) -> SimpleCookie:
    """The cookies of whoever has typed the password again a moment ago, so that no form is out of reach."""
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser.cookies


def crashes(path: str, typed: dict[str, str], *, cookies: SimpleCookie | None) -> bool:
    """One request in a transaction of its own, undone afterwards, by a browser that knows nothing of the one before."""
    browser = Client(raise_request_exception=False)
    browser.cookies = SimpleCookie(cookies)
    with transaction.atomic():
        answer = browser.post(path, typed, headers={"HX-Request": "true"} if len(typed["mark"]) % 2 else {})
        if not connection.needs_rollback:
            connection.check_constraints()
        transaction.set_rollback(True)
    return answer.status_code >= 500
