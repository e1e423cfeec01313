"""Real processes: a worker, the sweeper, Redis, PostgreSQL and the simulated payer. Nothing of ours is faked."""

import uuid
from datetime import timedelta

import pytest
from celery import current_app
from django.db.models import F
from django.db.models.functions import Now
from kombu import pools
from redis import Redis

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
        tmp_path,
        redis_url=bells,
        INQUIRY_FLOOR_SECONDS="0.2",
        PAYER_CONNECT_SECONDS="0.5",
        LEASE_SECONDS="60",
        SWEEP_SECONDS="0.1",
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


def test_a_lost_bell_five_bells_and_a_killed_worker_end_in_one_answer_each(plant, ask, redis_server):
    unheard = ask("SIMPPO001X1")
    Redis.from_url(redis_server).flushall()
    Verification.objects.update(rung_at=F("rung_at") - timedelta(seconds=6))
    key = uuid.uuid4()
    often = ask("SIMPPO001", key)  # asked again while nobody works yet, so that it is surely open
    assert ask("SIMPPO001", key) == often
    assert ask("simppo-001") == often
    for _ in range(5):
        bell.ring(often.pk)
    plant.worker()
    plant.sweeper()
    wait_for(lambda: done(unheard), seconds=20)
    wait_for(lambda: done(often), seconds=20)
    assert (often.evidence_level, len(plant.calls("SIMPPO001"))) == (3, 1)

    interrupted = ask("SIMSLOW1")
    wait_for(lambda: plant.calls("SIMSLOW1"), seconds=20, every=0.01)
    plant.kill("worker")
    Verification.objects.filter(pk=interrupted.pk).update(lease_until=Now())  # its time has come
    plant.worker("second")
    wait_for(lambda: done(interrupted), seconds=30)
    first, second = interrupted.tries.all()
    assert (first.kind, second.kind, interrupted.snapshots.count()) == ("abandoned", "answered", 1)
    assert first.bht03 != second.bht03


def test_without_redis_the_sweeper_does_the_work_itself(plant, ask, monkeypatch):
    monkeypatch.setattr(bell, "_publish", lambda task, arguments: False)
    plant.environment |= {"REDIS_URL": "redis://127.0.0.1:1/0", "BROKER_PATIENCE_SECONDS": "0.3"}
    plant.sweeper()
    row = ask("SIMPPO001")
    wait_for(lambda: done(row), seconds=20)
    assert len(plant.calls("SIMPPO001")) == 1
