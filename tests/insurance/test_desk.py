"""Taking turns at the desk: one holder at a time, by the database's clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from insurance import desk, queues
from insurance.models import Casework
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


def lapse(verification):
    Casework.objects.filter(verification=verification).update(held_until=timezone.now() - timedelta(seconds=1))


def test_the_second_to_take_it_learns_who_has_it_and_until_when(staff):
    dana, sam, wanted = staff("agent", name="Dana"), staff("agent"), VerificationFactory(state="manual_required")
    desk.take(verification=wanted, by=dana)
    with pytest.raises(desk.TakenError) as refused:
        desk.take(verification=wanted, by=sam)
    assert refused.value.holder == dana
    assert timedelta(minutes=9) < refused.value.until - timezone.now() <= timedelta(minutes=10)


def test_a_lease_that_ran_out_is_free_again(staff):
    wanted = VerificationFactory(state="manual_required")
    desk.take(verification=wanted, by=staff("agent"))
    lapse(wanted)
    sam = staff("agent")
    assert desk.take(verification=wanted, by=sam).owner == sam


@pytest.mark.django_db(transaction=True)
def test_two_people_who_take_one_at_once_never_both_get_it(staff):
    people = [staff("agent"), staff("agent")]
    barrier = Barrier(2)

    def try_to_take(person, verification):
        barrier.wait()
        try:
            desk.take(verification=verification, by=person)
        except desk.TakenError:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(2) as pool:
        for _ in range(25):
            wanted = VerificationFactory(state="manual_required")
            assert sum(pool.map(try_to_take, people, [wanted, wanted])) == 1


def test_claim_next_gives_the_longest_wait_to_the_first_who_asks(staff):
    old, young = (VerificationFactory(state="manual_required") for _ in range(2))
    dana, sam = staff("agent"), staff("agent")
    assert desk.claim_next(by=dana) == old
    assert desk.claim_next(by=sam) == young
    assert desk.claim_next(by=sam) is None


def test_what_is_released_is_new_again(staff):
    dana, wanted = staff("agent"), VerificationFactory(state="manual_required")
    desk.take(verification=wanted, by=dana)
    assert list(queues.rows("mine", dana)) == [wanted]
    desk.release(verification=wanted, by=dana)
    assert list(queues.rows("new", dana)) == [wanted]
    assert list(queues.rows("mine", dana)) == []


def test_handing_over_moves_it_to_a_colleague(staff):
    dana, sam, wanted = staff("agent"), staff("agent"), VerificationFactory(state="manual_required")
    desk.take(verification=wanted, by=dana)
    desk.hand_over(verification=wanted, by=dana, to=sam)
    assert list(queues.rows("mine", sam)) == [wanted]


def test_snoozing_puts_it_on_todays_call_backs(staff):
    dana, wanted = staff("agent"), VerificationFactory(state="manual_required")
    desk.snooze(verification=wanted, by=dana, until=queues.end_of_today() - timedelta(minutes=1))
    assert list(queues.rows("call-back", dana)) == [wanted]
    desk.snooze(verification=wanted, by=dana, until=queues.end_of_today() + timedelta(hours=9))
    assert list(queues.rows("call-back", dana)) == []


def test_closing_needs_a_reason_and_can_be_undone(staff):
    dana, wanted = staff("agent"), VerificationFactory(state="manual_required")
    desk.close(verification=wanted, by=dana, outcome="reached")
    assert list(queues.rows("done", dana)) == [wanted]
    desk.reopen(verification=wanted, by=dana)
    assert list(queues.rows("mine", dana)) == [wanted]


def test_all_counts_come_in_one_query(staff, django_assert_num_queries):
    dana = staff("agent")
    VerificationFactory(state="manual_required")
    with django_assert_num_queries(1):
        counts = {queue.slug: queue.count for queue in queues.with_counts(dana)}
    assert counts == {"new": 1, "mine": 0, "call-back": 0, "waiting": 0, "person": 1, "done": 0}


def test_a_queue_is_shown_in_few_queries(staff, django_assert_max_num_queries):
    dana = staff("agent")
    VerificationFactory.create_batch(5, state="manual_required")
    with django_assert_max_num_queries(2):
        assert len([(row.payer.name, row.notes.all()) for row in queues.rows("new", dana)]) == 5
