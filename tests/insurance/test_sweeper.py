import uuid
from datetime import timedelta
from threading import Event

import pytest
from django.db.models import F
from django.utils import timezone
from redis import Redis

from insurance import bell, intake, sweeper, verification
from insurance.models import Verification
from insurance.states import Reason, State
from insurance.sweeper import Broker, Sweeper
from tests.factories import UserFactory
from tests.insurance.factories import (
    ConsentFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


@pytest.fixture
def submit():
    route = PayerRouteFactory()
    program = ProgramBillingFactory().program
    ProgramPayerContractFactory(program=program, payer=route.payer)

    def one(**fields) -> Verification:
        row = VerificationFactory.build(payer=route.payer, consent=ConsentFactory(), **fields)
        return intake.submit(row, programs=[program], submission_key=uuid.uuid4()).verification

    return one


@pytest.fixture
def rung(monkeypatch):
    """What was rung for, in order; the broker is the far side."""
    heard: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(bell, "_publish", lambda task, arguments: heard.append((task, arguments)) or True)
    return heard


def age(row: Verification, **ago) -> None:
    Verification.objects.filter(pk=row.pk).update(
        **{column: timezone.now() - timedelta(seconds=seconds) for column, seconds in ago.items()}
    )


def test_a_bell_is_repeated_after_five_seconds_then_ever_later(submit, rung):
    row = submit()
    waits = [(4, False), (6, True), (9, False), (11, True), (19, False), (21, True)]
    for seconds, expected in waits:
        rung.clear()
        age(row, rung_at=seconds)
        sweeper.ring_unheard(room=10)
        assert (rung == [(bell.VERIFY, [row.pk])]) is expected, seconds


def test_a_full_queue_gets_no_more_messages(submit, rung):
    age(submit(), rung_at=100)
    assert sweeper.ring_unheard(room=0) == 0
    assert rung == []


def test_a_backlog_is_rung_for_in_batches(submit, rung, monkeypatch):
    monkeypatch.setattr(sweeper, "BACKLOG", 3)
    for number in range(4):
        age(submit(member_id=f"SIMPPO001X{number}"), rung_at=100)
    sweeper.ring_unheard(room=300)
    assert {task for task, _arguments in rung} == {bell.DRAIN}


def test_a_lost_worker_is_noticed_and_the_floor_holds_from_its_claim(submit, settings):
    row = submit()
    verification.claim(row.pk)
    assert sweeper.free_lost_leases() == 0
    age(row, lease_until=1)
    assert sweeper.free_lost_leases() == 1
    row.refresh_from_db()
    attempt = row.tries.get()
    assert (row.state, row.state_reason, row.billable) == (State.RETRY_WAIT, Reason.WORKER_LOST, 1)
    assert row.next_attempt_at >= attempt.claimed_at + timedelta(seconds=settings.INQUIRY_FLOOR_SECONDS)


def test_a_request_that_kills_its_worker_six_times_goes_to_a_person(submit):
    row = submit()
    for _ in range(6):
        Verification.objects.filter(pk=row.pk, state=State.RETRY_WAIT).update(next_attempt_at=timezone.now())
        assert verification.claim(row.pk)
        age(row, lease_until=1)
        sweeper.free_lost_leases()
    row.refresh_from_db()
    assert (row.state, row.state_reason) == (State.MANUAL_REQUIRED, Reason.ATTEMPTS_USED)


def test_past_its_deadline_a_request_is_a_persons(submit):
    row = submit()
    age(row, auto_deadline_at=1)
    assert sweeper.escalate() == 1
    row.refresh_from_db()
    assert (row.state, row.state_reason) == (State.MANUAL_REQUIRED, Reason.DEADLINE_PASSED)


def test_a_hold_that_ran_out_is_given_back():
    row = VerificationFactory(
        state=State.MANUAL_IN_PROGRESS, held_by=UserFactory(), held_until=timezone.now() - timedelta(seconds=1)
    )
    sweeper.escalate()
    row.refresh_from_db()
    assert (row.state, row.state_reason, row.held_by) == (State.MANUAL_REQUIRED, Reason.HOLD_EXPIRED, None)


def test_a_restarted_broker_makes_every_waiting_row_unheard(submit, redis_server):
    Redis.from_url(redis_server).flushall()
    row = submit()
    broker = Broker(redis_server, run_id="another-server")
    assert broker.look() == 0
    row.refresh_from_db()
    assert (row.rung_at, row.ring_count) == (None, 0)


def test_with_the_broker_gone_for_long_the_sweeper_works_alone(submit, settings):
    settings.BROKER_PATIENCE_SECONDS = 0
    row = submit()
    Sweeper(Broker("redis://127.0.0.1:1/0")).sweep()
    row.refresh_from_db()
    assert row.state == State.COMPLETED


def test_with_workers_that_take_nothing_the_sweeper_works_until_one_is_seen(submit, redis_server, settings):
    watch, patience = Sweeper(Broker(redis_server)), settings.BROKER_PATIENCE_SECONDS
    row = submit()
    assert not watch.nobody_works()  # due just now
    age(row, next_attempt_at=patience + 1)
    watch.sweep()
    row.refresh_from_db()
    assert row.state == State.COMPLETED
    assert not watch.nobody_works()  # nothing is due
    another = submit(member_id="SIMPPO001X2")
    watch.sweep()  # at once, whatever it has asked itself meanwhile
    another.refresh_from_db()
    assert (another.state, another.tries.get().worker.startswith("alone ")) == (State.COMPLETED, True)
    third = submit(member_id="SIMPPO001X3")
    third.tries.create(number=1, fence=1, route=another.route, trn02="T", worker="worker here:1", service_type="MH")
    assert not watch.nobody_works()
    age(third, next_attempt_at=patience + 1)
    assert not watch.nobody_works()  # somebody asks; this one waits for its turn
    third.tries.update(claimed_at=timezone.now() - timedelta(seconds=patience + 1))
    assert watch.nobody_works()


def test_a_throttled_route_pushes_its_rows_out_instead_of_counting_tries(submit):
    row = submit()
    row.payer.routes.get().meter.__class__.objects.update(tokens=0, tokens_at=timezone.now())
    type(row.payer.routes.get()).objects.update(per_minute=6)
    verification.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 0)
    assert row.next_attempt_at > timezone.now() + timedelta(seconds=5)


def test_five_failures_in_a_row_rest_the_route_and_one_careful_try_wakes_it(submit):
    rows = [submit(member_id=f"SIMDROPX{number}") for number in range(5)]
    for row in rows:
        verification.run(row.pk)
    meter = rows[0].payer.routes.get().meter
    assert meter.breaker == "open"
    healthy = submit(member_id="SIMPPO001X99")
    verification.run(healthy.pk)
    healthy.refresh_from_db()
    assert (healthy.state, healthy.attempts) == (State.QUEUED, 0)
    type(meter).objects.update(open_until=F("tokens_at"))
    Verification.objects.filter(pk=healthy.pk).update(next_attempt_at=timezone.now())
    verification.run(healthy.pk)
    healthy.refresh_from_db()
    meter.refresh_from_db()
    assert (healthy.state, meter.breaker, meter.failures_in_row) == (State.COMPLETED, "closed", 0)


class OneRound(Event):
    """Stops the watch after its first round."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("url", "beats"), [("redis://127.0.0.1:1/0", True), ("nonsense://", False)])
def test_only_a_round_that_went_well_leaves_a_beat(url, beats, settings, tmp_path):
    settings.REDIS_URL = url
    sweeper.watch(OneRound(), beat=tmp_path / "swept")
    assert (tmp_path / "swept").exists() is beats
