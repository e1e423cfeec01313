"""Facts decay: each topic on its own clock."""

import datetime as dt

import pytest

from programs.freshness import FRESH_DAYS, Band, band, newest, shows_openings
from programs.models.evidence import Topic
from tests.factories import ConfirmationFactory, ProgramFactory, days_ago

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("topic", "days", "expected"),
    [
        (Topic.PAYERS, 0, Band.FRESH),
        (Topic.PAYERS, 72, Band.FRESH),
        (Topic.PAYERS, 73, Band.DUE),
        (Topic.PAYERS, 90, Band.DUE),
        (Topic.PAYERS, 91, Band.STALE),
        (Topic.PAYERS, 181, Band.EXPIRED),
        (Topic.AVAILABILITY, 7, Band.DUE),
        (Topic.AVAILABILITY, 8, Band.EXPIRED),
        (Topic.COST, -3, Band.FRESH),
    ],
)
def test_a_topic_ages_through_its_bands(topic: str, days: int, expected: Band) -> None:
    assert band(topic, TODAY - dt.timedelta(days=days), today=TODAY) == expected


def test_a_topic_nobody_checked_was_never_checked() -> None:
    assert band(Topic.COST, None) == Band.NEVER


def test_every_topic_has_its_days() -> None:
    assert set(FRESH_DAYS) == set(Topic.values)


@pytest.mark.django_db
def test_the_newest_confirmation_of_a_topic_counts() -> None:
    program = ProgramFactory()
    ConfirmationFactory(program=program, confirmed_on=days_ago(50))
    latest = ConfirmationFactory(program=program, confirmed_on=days_ago(5))
    ConfirmationFactory(program=program, confirmed_on=days_ago(20))
    assert newest(program.confirmations.all()) == {Topic.SCHEDULE: latest}


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "shown"), [(0, True), (7, True), (8, False)])
def test_openings_are_hidden_after_seven_days(days: int, shown: bool) -> None:
    program = ProgramFactory()
    ConfirmationFactory(program=program, topic=Topic.AVAILABILITY, confirmed_on=days_ago(days))
    assert shows_openings(program) is shown
