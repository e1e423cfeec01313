"""One act of the queue benchmark, as a process of its own beside the worker: `python -m tests.benchmarks.actor ACT N`."""

import json
import os
import statistics
import sys
import time
import uuid
from datetime import date

import django


def prepare(_count: int) -> None:
    from django.db import connection

    from tests.factories import PayerFactory
    from tests.insurance.factories import PayerRouteFactory, ProgramBillingFactory, ProgramPayerContractFactory

    program = ProgramBillingFactory().program
    route = PayerRouteFactory(payer=PayerFactory(slug="bench"), payer_code="00001", max_in_flight=500)
    ProgramPayerContractFactory(program=program, payer=route.payer)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_floor (id int PRIMARY KEY, state text, answer text)")


def floor(count: int) -> float:
    """Seconds from the first message to the last commit."""
    from celery import current_app
    from django.db import connection

    began = time.monotonic()
    for number in range(count):
        current_app.send_task("benchmark.floor", [number], ignore_result=True)
    _until(connection, "SELECT count(*) = %s FROM benchmark_floor WHERE state = 'done'", count)
    return time.monotonic() - began


def submit(count: int) -> float:
    """Seconds from the first submit to the last recorded answer."""
    from django.db import connection

    before = _done()
    began = time.monotonic()
    for number in range(count):
        _submit(f"SIMPPO001X1{number}")
    _until(connection, "SELECT count(*) = %s FROM insurance_verification WHERE state = 'completed'", before + count)
    return time.monotonic() - began


def fill(count: int) -> float:
    """Put `count` waiting rows into the table, as if nobody had heard their bells."""
    from django.conf import settings

    from insurance import intake, preflight, sweeper
    from insurance.models import ComparedProgram, StatusEvent, Verification

    while sweeper.Broker(settings.REDIS_URL).look():  # bells of the measurement before, which find nothing
        time.sleep(0.2)
    time.sleep(1)
    began = time.monotonic()
    rows = [_request(f"SIMPPO001X2{time.time_ns()}{number}"[:60]) for number in range(count)]
    for row in rows:
        intake._fill_in(row, preflight.READY, submission_key=uuid.uuid4(), actor=None)
        row.program = _request.__dict__["program"]
    Verification.objects.bulk_create(rows, batch_size=1000)
    ComparedProgram.objects.bulk_create(
        [ComparedProgram(verification=row, program=row.program, position=1) for row in rows], batch_size=1000
    )
    StatusEvent.objects.bulk_create(
        [StatusEvent(verification=row, version=0, to_state=row.state, reason=row.state_reason) for row in rows],
        batch_size=1000,
    )
    return time.monotonic() - began


def drain_singly(count: int) -> float:
    return _drain(count, one_each=True)


def drain_in_batches(count: int) -> float:
    return _drain(count, one_each=False)


def _drain(count: int, *, one_each: bool) -> float:
    from celery import current_app
    from django.conf import settings

    from insurance import sweeper
    from insurance.models import Verification

    waiting = list(Verification.objects.filter(state="queued").values_list("pk", flat=True)[:count])
    if len(waiting) < count:
        raise SystemExit(f"only {len(waiting)} of {count} are waiting")
    before = _done()
    began = time.monotonic()
    if one_each:
        for pk in waiting:
            current_app.send_task("benchmark.one_each", [pk], ignore_result=True)
    broker = sweeper.Broker(settings.REDIS_URL)
    while _done() < before + len(waiting):
        if not one_each:  # as the sweeper does in each of its rounds
            sweeper.ring_unheard(room=sweeper.DEEPEST - broker.look())
        time.sleep(settings.SWEEP_SECONDS)
    return time.monotonic() - began


def latency(count: int) -> float:
    """Median seconds from submit to answer of a payer that takes one second, on an idle queue."""
    from django.db import connection

    took = []
    for number in range(count):
        began = time.monotonic()
        pk = _submit(f"SIMSLOW1X3{number}")
        _until(connection, "SELECT state = 'completed' FROM insurance_verification WHERE id = %s", pk, every=0.005)
        took.append(time.monotonic() - began)
    return statistics.median(took)


def claims(count: int) -> float:
    """Median milliseconds of a claim with `count` rows waiting."""
    from django.db import transaction

    from insurance import verification
    from insurance.models import Verification

    _multiply(count)
    waiting = list(Verification.objects.filter(state="queued").order_by("pk").values_list("pk", flat=True)[:120])
    took = []
    for pk in waiting:
        began = time.monotonic()
        with transaction.atomic():
            verification.claim(pk)
            transaction.set_rollback(True)
        took.append((time.monotonic() - began) * 1000)
    return statistics.median(took[20:])


def _multiply(count: int) -> None:
    """Copies of one waiting row, with names of their own, until `count` wait."""
    from django.db import connection

    from insurance.models import Verification

    have = Verification.objects.filter(state="queued").count()
    columns = [field.column for field in Verification._meta.concrete_fields if field.column != "id"]
    own = {"uid": "gen_random_uuid()", "submission_key": "gen_random_uuid()", "dedupe_key": "''"}
    own["public_id"] = (
        "'IV-' || translate(substr(md5(random()::text || n), 1, 4), '01abcdef', '23ABCDEF') || '-' || "
        + ("translate(substr(md5(random()::text || n), 1, 4), '01abcdef', '23ABCDEF')")
    )
    values = ", ".join(own.get(column, f"v.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO insurance_verification ({', '.join(columns)}) SELECT {values} "
            "FROM generate_series(1, %s) n, (SELECT * FROM insurance_verification WHERE state = 'queued' LIMIT 1) v "
            "ON CONFLICT DO NOTHING",
            [max(count - have, 0)],
        )
        cursor.execute("ANALYZE insurance_verification")


def _submit(member_id: str) -> int:
    from insurance import intake

    row = _request(member_id)
    programs = [_request.__dict__["program"]]
    return intake.submit(row, programs=programs, submission_key=uuid.uuid4()).verification.pk


def _request(member_id: str):
    from insurance.models import Consent, Verification
    from programs.models import Payer, Program

    cache = _request.__dict__
    if not cache:
        cache["payer"] = Payer.objects.get(slug="bench")
        cache["program"] = Program.objects.get()
        cache["consent"] = Consent.objects.create(scopes=["verify"], method="online", text_version="2026-11")
    return Verification(
        payer=cache["payer"],
        consent=cache["consent"],
        condition="mh",
        member_id=member_id,
        subscriber_first_name="Jordan",
        subscriber_last_name="Example",
        subscriber_birth_date=date(1990, 4, 12),
    )


def _done() -> int:
    from insurance.models import Verification

    return Verification.objects.filter(state="completed").count()


def _until(connection, sql: str, value: int, *, every: float = 0.02) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(sql, [value])
            if cursor.fetchone()[0]:
                return
        time.sleep(every)
    raise SystemExit("not done in ten minutes")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iopfinder.settings")
    django.setup()
    json.dump(globals()[sys.argv[1]](int(sys.argv[2])), sys.stdout)
