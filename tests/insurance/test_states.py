import pgtrigger
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from insurance.models import StatusEvent, Verification
from insurance.states import MOVES, Determination, IllegalMoveError, Reason, State, StateConflictError, allowed, move
from tests.insurance.factories import ConsentFactory, VerificationFactory

pytestmark = pytest.mark.django_db


def queued(**kwargs) -> Verification:
    return VerificationFactory(state=State.QUEUED, next_attempt_at=timezone.now(), **kwargs)


def test_a_move_changes_the_row_and_writes_one_event():
    row = queued()
    move(row, State.MANUAL_REQUIRED, reason=Reason.NO_NPI, note="asked the program")
    event = row.events.get()
    assert (row.state, row.version, row.next_attempt_at) == (State.MANUAL_REQUIRED, 1, None)
    assert (event.from_state, event.to_state, event.note) == ("queued", "manual_required", "asked the program")


def test_a_move_that_is_not_in_the_table_is_refused():
    row = queued()
    with pytest.raises(IllegalMoveError):
        move(row, State.COMPLETED, reason=Reason.ANSWERED)
    assert not row.events.exists()


def test_the_second_of_two_movers_is_told():
    row = queued()
    stale = Verification.objects.get(pk=row.pk)
    move(row, State.CANCELLED, reason=Reason.CANCELLED_BY_STAFF)
    with pytest.raises(StateConflictError):
        move(stale, State.MANUAL_REQUIRED, reason=Reason.NO_NPI)
    assert StatusEvent.objects.count() == 1


@pytest.mark.parametrize("origin", list(State))
def test_the_database_allows_exactly_the_moves_of_the_table(origin):
    row = VerificationFactory()
    columns = {state: coherent(state) for state in State}
    for to in State:
        with pgtrigger.ignore("insurance.Verification:state_moves"):
            Verification.objects.filter(pk=row.pk).update(**columns[origin])
        try:
            with transaction.atomic():
                Verification.objects.filter(pk=row.pk).update(**columns[to])
            moved = True
        except DatabaseError:
            moved = False
        assert moved == (to == origin or allowed(origin, to)), (origin, to)


def coherent(state: State) -> dict[str, object]:
    """What the other columns must hold in a state, so that only the move itself is judged."""
    from tests.factories import UserFactory

    now = timezone.now()
    held = state == State.MANUAL_IN_PROGRESS
    return {
        "state": state,
        "lease_until": now if state == State.SENDING else None,
        "next_attempt_at": now if state in ("queued", "retry_wait", "awaiting_payer") else None,
        "held_by": UserFactory() if held else None,
        "held_until": now if held else None,
        "determination": Determination.UNKNOWN,
        "completed_at": now,
    }


def test_every_state_can_be_left_or_is_final():
    dead_ends = {state for state in State if not MOVES[state]}
    assert dead_ends == {State.CANCELLED, State.EXPIRED}


@pytest.mark.parametrize(
    "bad",
    [
        {"state": State.QUEUED, "next_attempt_at": None},
        {"state": State.SENDING},
        {"state": State.COMPLETED},
        {"state": "lost"},
        {"determination": "covered", "evidence_level": 2},
        {"evidence_level": 5},
        {"billable": 1},
        {"origin": "carve_out"},
        {"state": State.MANUAL_IN_PROGRESS},
        {"state": State.NEEDS_INFO, "consent": None},
    ],
)
def test_the_database_refuses_what_makes_no_sense(bad):
    with pytest.raises(IntegrityError):
        VerificationFactory(**bad)


def test_one_open_request_per_question():
    queued(dedupe_key="a" * 32)
    with pytest.raises(IntegrityError), transaction.atomic():
        queued(dedupe_key="a" * 32)
    VerificationFactory(dedupe_key="a" * 32, state=State.CANCELLED)


def test_events_are_only_added():
    row = queued()
    move(row, State.CANCELLED, reason=Reason.CANCELLED_BY_STAFF)
    for change in (lambda: StatusEvent.objects.update(reason="x"), lambda: StatusEvent.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_verbal_consent_was_heard_by_somebody():
    with pytest.raises(IntegrityError):
        ConsentFactory(method="verbal")
