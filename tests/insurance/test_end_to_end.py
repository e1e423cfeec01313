"""Real processes: a worker, the sweeper, Redis, PostgreSQL and the simulated payer. Nothing of ours is faked."""

import uuid

import pytest
from celery import current_app
from django.db import connection
from kombu import pools

from insurance import bell, intake
from insurance.models import Verification
from insurance.states import State
from tests.insurance.factories import (
    ConsentFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)
from tests.plant import Plant, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def rings_at(url: str) -> None:
    current_app.conf.broker_url = url
    pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None


@pytest.fixture
def bells(redis_server):
    """This process rings at the real Redis."""
    before = current_app.conf.broker_url
    rings_at(redis_server)
    yield redis_server
    rings_at(before)


@pytest.fixture
def plant(bells, tmp_path):
    with Plant(
        tmp_path, redis_url=bells, INQUIRY_FLOOR_SECONDS="0.5", LEASE_SECONDS="3", SWEEP_SECONDS="0.2"
    ) as running:
        yield running


@pytest.fixture
def ask():
    """Log a request about one member; the route and the program are the same for all."""
    route = PayerRouteFactory(payer_code="SIM01")
    program = ProgramBillingFactory().program
    ProgramPayerContractFactory(program=program, payer=route.payer)

    def submit(member_id: str, key: uuid.UUID | None = None) -> Verification:
        row = VerificationFactory.build(payer=route.payer, consent=ConsentFactory(), member_id=member_id)
        return intake.submit(row, programs=[program], submission_key=key or uuid.uuid4()).verification

    return submit


def done(row: Verification) -> bool:
    row.refresh_from_db()
    return row.state == State.COMPLETED


def test_a_request_is_answered_within_seconds_once_however_often_it_is_sent(plant, ask):
    plant.worker()
    key = uuid.uuid4()
    row = ask("SIMPPO001", key)
    assert ask("SIMPPO001", key) == row
    assert ask("simppo-001") == row
    for _ in range(5):
        bell.ring(row.pk)
    wait_for(lambda: done(row), seconds=20)
    assert (row.evidence_level, len(plant.calls("SIMPPO001"))) == (3, 1)


def test_a_worker_killed_in_the_middle_of_a_call_loses_nothing(plant, ask):
    plant.worker()
    plant.sweeper()
    row = ask("SIMSLOW2")
    wait_for(lambda: plant.calls("SIMSLOW2") or asked(row), seconds=20)
    plant.kill("worker")
    plant.worker("second")
    wait_for(lambda: done(row), seconds=30)
    first, second = row.tries.all()
    assert (first.kind, second.kind, row.snapshots.count()) == ("abandoned", "answered", 1)
    assert first.bht03 != second.bht03


def asked(row: Verification) -> bool:
    row.refresh_from_db()
    return row.state == State.SENDING


def test_without_redis_the_sweeper_does_the_work_itself(plant, ask, monkeypatch):
    monkeypatch.setattr(bell, "_publish", lambda task, arguments: False)
    plant.environment |= {"REDIS_URL": "redis://127.0.0.1:1/0", "BROKER_PATIENCE_SECONDS": "0.5"}
    plant.sweeper()
    row = ask("SIMPPO001")
    wait_for(lambda: done(row), seconds=20)
    assert len(plant.calls("SIMPPO001")) == 1


def test_a_bell_that_nobody_heard_is_rung_again(plant, ask, redis_server):
    import redis

    row = ask("SIMPPO001")
    redis.Redis.from_url(redis_server).flushall()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE insurance_verification SET rung_at = rung_at - interval '6 seconds'")
    plant.worker()
    plant.sweeper()
    wait_for(lambda: done(row), seconds=20)
