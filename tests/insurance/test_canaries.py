"""Twenty-five made-up values go through every path; none of them may be found anywhere in the clear."""

import io
import logging
import re
import uuid

import pytest
import redis
from celery import current_app
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from insurance import consent, statuslink, verification
from insurance.models import BenefitSnapshot, Verification
from insurance.publicforms import new_mark
from iopfinder.logs import JsonFormatter
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import PayerRouteFactory, ProgramBillingFactory, ProgramPayerContractFactory
from tests.staff import PASSWORD

pytestmark = pytest.mark.django_db

CANARIES = {
    "caller_name": "Canaryella Firstone",
    "contact_notes": "canary-notes-two",
    "member_id": "CANARYMEMBER3",
    "group_number": "CANARYGROUP4",
    "subscriber_first_name": "Canaryfive",
    "subscriber_last_name": "Canarysix",
    "patient_first_name": "Canaryseven",
    "patient_last_name": "Canaryeight",
    "note": "canary-note-nine",
    "phone": "(312) 555-0110",
    "subscriber_birth_date": "11/11/1911",
    "patient_birth_date": "12/12/2012",
    "zip": "53212",
}
LATER = {
    "draft": "canary-draft-fourteen",
    "added_note": "canary-note-fifteen",
    "search_name": "Canarysixteen",
    "search_id": "CANARYID17",
    "search_phone": "(312) 555-0118",
    "rep_name": "Canarynineteen",
    "reference": "CANARYREF20",
    "exclusions": "canary-exclusion-21",
    "plan_name": "Canaryplan22",
    "new_group": "CANARYGROUP23",
    "public_name": "Canarytwentyfour",
    "public_id": "CANARYPUBLIC25",
}
# As typed, and as the program may write them.
SPELLINGS = {
    *CANARIES.values(),
    *LATER.values(),
    *("3125550110", "3125550118", "1911-11-11", "19111111", "2012-12-12", "20121212"),
} - {"53212"}  # five digits are found by chance in any dump; it is encrypted by the same field

FORM = {
    "safe": "yes",
    "may_leave_message": "no",
    "language": "en",
    "asking_for": "child",
    "priority": "10",
    "state": "WI",
    "condition": "mh",
    "relationship": "child",
    "consent_verify": "on",
    "consent_method": "verbal",
    "consent_version": consent.CURRENT,
}
SAID = {
    "plan_active": "yes",
    "covered": "yes",
    "network": "in",
    "authorization": "no",
    "deductible_applies": "no",
    "disclaimer_read": "on",
}


@pytest.fixture
def written():
    """Everything that is logged, as the site's own formatter writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def askable():
    program, payer = ProgramFactory(), PayerFactory()
    ProgramBillingFactory(program=program)
    ProgramPayerContractFactory(program=program, payer=payer)
    PayerRouteFactory(payer=payer, payer_code="SIM01")
    return {"payer": payer.slug, "program_1": program.slug}


def whole_database() -> str:
    """Every row of every table as text: what a stolen dump holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        parts = []
        for table in tables:
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')
            parts.append(cursor.fetchone()[0] or "")
    return "\n".join(parts)


def found_in(text: str) -> list[str]:
    """Which canaries are there, also as hexadecimal bytes."""
    folded = text.casefold()
    return [each for each in SPELLINGS if each.casefold() in folded or each.encode().hex() in folded]


def log_a_call(client, askable):
    call = {**FORM, **CANARIES, **askable, "draft": str(uuid.uuid4())}
    client.post(reverse("desk_draft"), {**call, "draft": str(uuid.uuid4()), "note": LATER["draft"]})
    client.post(reverse("desk_new"), {**call, "phone": "wrong"})
    client.post(reverse("desk_new"), call)
    client.post(reverse("desk_send"), call)
    return Verification.objects.get()


def work_on(client, row):
    for query in ("search_name", "search_id", "search_phone"):
        client.post(reverse("desk_search"), {"q": LATER[query]})

    def act(name, **fields):
        return client.post(reverse(name, args=[row.public_id]), fields)

    act("verification_take")
    act("verification_note", text=LATER["added_note"])
    act("verification_reveal", why="caller-asks")
    verification.run(row.pk)
    act("verification_raw", why="check-answer")
    client.get(row.get_absolute_url())
    act("verification_link")
    act("verification_details", group_number=LATER["new_group"])


def call_the_payer(client, askable):
    """A second request that a person has to call about."""
    call = {**FORM, **CANARIES, **askable, "program_1": "", "condition": "sud", "draft": str(uuid.uuid4())}
    client.post(reverse("desk_send"), call)
    row = Verification.objects.latest("pk")
    client.post(reverse("payer_call_start", args=[row.public_id]))
    said = {**SAID, **{name: LATER[name] for name in ("rep_name", "reference", "exclusions", "plan_name")}}
    client.post(reverse("payer_call_keep", args=[row.public_id]), said)
    client.post(reverse("payer_call_finish", args=[row.public_id]), said)
    assert BenefitSnapshot.objects.filter(verification=row, evidence_level=4).exists()
    client.post(reverse("verification_sheet", args=[row.public_id]))


def ask_as_a_family(client, askable, move_clock):
    mark = new_mark()
    move_clock(30)
    asked = {**FORM, **CANARIES, **askable, "mark": mark, "member_id": LATER["public_id"]}
    asked["caller_name"] = LATER["public_name"]
    client.post(reverse("verify_step", args=["plan"]), {**asked, "payer": "nonsense"})
    client.post(reverse("verify_step", args=["contact"]), asked)
    assert client.get(reverse("verify_step", args=["check"])).status_code == 200
    page = client.post(reverse("verify_send"), asked)
    assert page.status_code == 200
    return re.search(r"/status/#([\w-]+)", page.content.decode())[1]


def break_things(client, stranger, row, askable) -> dict[str, str]:
    """Pages that go wrong while personal values are on their way: each one's body."""
    call = {**FORM, **CANARIES, **askable}
    strict = Client(enforce_csrf_checks=True)
    pages = {
        "403 without a token": strict.post(reverse("verify_send"), call),
        "404": client.post("/nothing/here/", call),
        "405": client.put(reverse("desk_new"), call),
        "not allowed": stranger.post(reverse("desk_send"), call),
    }
    with connection.cursor() as cursor:
        cursor.execute("UPDATE insurance_verification SET member_id = 'planted' WHERE id = %s", [row.pk])
    client.raise_request_exception = False
    pages["500"] = client.post(reverse("verification_reveal", args=[row.public_id]), {"why": "caller-asks", **call})
    assert [page.status_code for page in pages.values()] == [403, 404, 405, 403, 500]
    return {name: page.content.decode() for name, page in pages.items()}


def look_around(staff, signed_in, settings, client) -> dict[str, str]:
    """What the others may see: figures, board, export, trail, probes."""
    settings.METRICS_TOKEN = "scraper"
    lead, auditor, admin = (signed_in(staff(role)) for role in ("supervisor", "auditor", "admin"))
    lead.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    pages = {
        "metrics": client.get("/metrics", headers={"Authorization": "Bearer scraper"}),
        "readyz": client.get("/readyz"),
        "board": lead.get(reverse("desk_board")),
        "export": lead.post(reverse("desk_board_export"), {"reason": "weekly figures"}),
        "trail": auditor.get(reverse("audit_trail")),
        "admin": admin.get("/admin/"),
    }
    assert {page.status_code for page in pages.values()} == {200}
    return {name: page.content.decode() for name, page in pages.items()}


def test_25_canaries_are_nowhere_but_in_their_encrypted_columns(
    staff, signed_in, client, askable, payer_server, written, time_machine_at, settings
):
    assert len(CANARIES) + len(LATER) == 25
    agent = signed_in(staff("agent"))
    row = log_a_call(agent, askable)
    work_on(agent, row)
    call_the_payer(agent, askable)
    code = ask_as_a_family(client, askable, time_machine_at)
    told = client.post(reverse("status"), {"code": code}).content.decode()
    lost = client.post(reverse("status"), {"code": CANARIES["member_id"]}).content.decode()

    assert Verification.objects.get(pk=row.pk).subscriber_last_name == CANARIES["subscriber_last_name"]
    dump = whole_database()
    shown = look_around(staff, signed_in, settings, client)
    shown |= break_things(agent, signed_in(staff("curator")), row, askable)
    assert {name: found_in(page) for name, page in shown.items() if found_in(page)} == {}
    assert "DecryptionError" in written.getvalue()
    assert found_in(dump) == []
    assert found_in(whole_database()) == []
    assert found_in(written.getvalue()) == []
    assert found_in(str([message.message() for message in mail.outbox])) == []
    assert found_in(told) == []
    assert found_in(lost) == []
    assert statuslink.digest(code) in dump
    assert code not in dump


def test_a_doorbell_carries_one_number_and_nothing_else(redis_server, askable, staff, signed_in):
    from kombu import pools

    before = current_app.conf.broker_url
    current_app.conf.broker_url = redis_server
    pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None
    try:
        from insurance import bell

        assert bell.ring(4711)
        store = redis.Redis.from_url(redis_server)
        kept = b"".join(store.dump(key) or b"" for key in store.scan_iter())
        messages = b"".join(
            b"".join(store.lrange(key, 0, -1)) for key in store.scan_iter() if store.type(key) == b"list"
        )
        assert b"insurance.verify" in messages
        assert found_in((kept + messages).decode("latin-1")) == []
    finally:
        current_app.conf.broker_url = before
        pools.reset()
        current_app._pool = current_app.amqp._producer_pool = None
