"""When a worker counts as deaf. That it is ended and started again is played with real processes in tests/faults."""

import pytest

from iopfinder.hearing import Ear

LOOKS = 5.0  # seconds between looks


def first_deaf(looks, *, patience=30.0, longest_task=80.0) -> int | None:
    """The number of the first look that finds it deaf; each look is (waiting, taken, in hand)."""
    ear = Ear(patience=patience, longest_task=longest_task)
    for number, (waiting, taken, in_hand) in enumerate(looks):
        if ear.is_deaf(waiting=waiting, taken=taken, in_hand=in_hand, now=1000 + number * LOOKS):
            return number
    return None


@pytest.mark.parametrize(
    ("looks", "deaf_at"),
    [
        pytest.param([(3, 7, 0)] * 20, 7, id="messages wait and it takes none: after 30 s"),
        pytest.param([(0, 7, 0)] * 20, None, id="nothing waits"),
        pytest.param([(None, 7, 0)] * 20, None, id="the broker is away"),
        pytest.param([(3, number, 2) for number in range(40)], None, id="it takes one after the other"),
        pytest.param([(3, 7, 2)] * 20, None, id="it is busy with what it has"),
        pytest.param([(3, 7, 2)] * 40, 23, id="what it has takes longer than any task may: after 110 s"),
        pytest.param(([(3, 7, 0)] * 5 + [(0, 7, 0)]) * 4, None, id="others empty the queue each time"),
    ],
)
def test_a_worker_is_deaf_when_it_lets_messages_lie(looks, deaf_at):
    assert first_deaf(looks) == deaf_at
