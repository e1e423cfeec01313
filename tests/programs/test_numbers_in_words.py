"""Hours and miles as pages say them: rounded for the reader, exact where something hangs on them."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation

from programs import wording
from programs.profile import Profile
from tests.factories import ProgramFactory, SessionBlockFactory

pytestmark = pytest.mark.django_db


def meeting(*minutes: int):
    """A program with a session of so many minutes on each of its days, all of one track."""
    program = ProgramFactory()
    for weekday, length in enumerate(minutes):
        ends = dt.time(9 + length // 60, length % 60)
        SessionBlockFactory(program=program, weekday=weekday, starts=dt.time(9), ends=ends)
    return program


@pytest.mark.parametrize(
    ("minutes", "hours", "flag"),
    [((180, 185, 185), "9.2", ""), ((180, 180, 180), "9", ""), ((180, 180, 150), "8.5", "under")],
)
def test_hours_a_week_have_one_decimal_at_most(minutes: tuple[int, ...], hours: str, flag: str) -> None:
    profile = Profile.of(meeting(*minutes))

    assert (profile.hours, profile.hours_flag) == (hours, flag)


def test_rounding_makes_no_program_intensive() -> None:
    profile = Profile.of(meeting(180, 180, 178))

    assert (profile.hours, profile.hours_flag) == ("9", "under")


def test_two_tracks_that_differ_by_minutes_are_not_shown_as_a_span() -> None:
    program = meeting(180, 180, 180)
    for weekday, ends in enumerate((dt.time(16), dt.time(16), dt.time(16, 2))):
        SessionBlockFactory(program=program, weekday=weekday, starts=dt.time(13), ends=ends, track="Afternoon")

    assert Profile.of(program).hours == "9"


def test_stated_hours_have_no_needless_zero() -> None:
    program = ProgramFactory(hours_per_week="12.0")
    program.refresh_from_db()

    assert Profile.of(program).hours == "12"


@pytest.mark.parametrize("language", ["en", "es"])
def test_miles_are_said_as_in_lists(client: Client, language: str) -> None:
    here = ProgramFactory(slug="here")
    ProgramFactory(name="Same House", other_levels=["php"])
    ProgramFactory(name="Next House", other_levels=["outpatient"], latitude=here.latitude + 0.05)
    ProgramFactory(slug="shut", closed=True, latitude=here.latitude + 0.05)
    with translation.override(language):
        addresses = [f"{'/es' if language == 'es' else ''}/programs/{slug}/" for slug in ("here", "shut")]
        under, three = translation.gettext("under 0.1 mile"), translation.gettext("%(miles)s miles") % {"miles": "3.5"}
    place, closed = (BeautifulSoup(client.get(address).content, "html.parser") for address in addresses)

    assert f"Same House, Milwaukee · {under}" in place.text.replace("\xa0", " ")
    assert f"Next House, Milwaukee · {three}" in place.text
    assert f"Same House, Milwaukee · {three}" in closed.select_one("[role=alert]").text


@pytest.mark.parametrize(
    ("miles", "words"),
    [(1, "Within 1 mile"), (1.0, "Within 1 mile"), (1.5, "Within 1.5 miles"), (25, "Within 25 miles")],
)
def test_one_mile_is_no_miles(miles: float, words: str) -> None:
    assert wording.within(miles) == words


def test_a_distance_of_one_mile_is_said_so_among_the_filters(client: Client) -> None:
    page = client.get("/programs/?near=43.05,-87.9&radius=1").content.decode()

    assert "Within 1 mile<" in page
    assert "Within 1 miles" not in page
