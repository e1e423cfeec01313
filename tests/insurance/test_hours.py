"""Clocks run while the helpline is open."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured

from insurance import hours

CHICAGO = ZoneInfo("America/Chicago")
OFFICE = hours.parse("mon-fri 08:00-21:00; sat,sun 09:00-17:00", ("2026-12-25",), "America/Chicago")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 08:00", True),
        ("2026-11-23 07:59", False),
        ("2026-11-23 21:00", False),
        ("2026-11-22 16:59", True),
        ("2026-12-25 12:00", False),
    ],
)
def test_the_helpline_is_open_in_its_hours_only(moment, is_open):
    assert OFFICE.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-23 10:00", 30, "2026-11-23 10:30"),
        ("2026-11-23 20:50", 30, "2026-11-24 08:20"),
        ("2026-11-23 23:00", 30, "2026-11-24 08:30"),
        ("2026-12-24 20:50", 30, "2026-12-26 09:20"),
    ],
)
def test_a_promise_falls_inside_the_hours(start, minutes, due):
    assert OFFICE.after(at(start), timedelta(minutes=minutes)) == at(due)


def test_waiting_counts_open_time_only():
    assert OFFICE.between(at("2026-11-23 20:50"), at("2026-11-24 08:20")) == timedelta(minutes=30)


def test_without_a_schedule_it_is_always_open():
    always = hours.parse("", (), "America/Chicago")
    assert always.after(at("2026-11-23 23:50"), timedelta(minutes=30)) == at("2026-11-24 00:20")
    assert always.is_open(at("2026-12-25 03:00"))


def test_hours_past_midnight_belong_to_the_day_they_begin():
    night = hours.parse("fri-sun 20:00-02:00", (), "America/Chicago")
    assert night.is_open(at("2026-11-21 01:30"))
    assert not night.is_open(at("2026-11-20 01:30"))


def test_clocks_run_after_midnight_as_well():
    night = hours.parse("mon-sun 18:00-02:00", (), "America/Chicago")
    assert night.after(at("2026-11-23 00:30"), timedelta(minutes=5)) == at("2026-11-23 00:35")
    assert night.after(at("2026-11-23 01:50"), timedelta(minutes=30)) == at("2026-11-23 18:20")
    assert night.between(at("2026-11-23 00:30"), at("2026-11-23 01:30")) == timedelta(hours=1)
    assert night.between(at("2026-11-23 00:30"), at("2026-11-24 03:00")) == timedelta(hours=9, minutes=30)


@pytest.mark.parametrize("bad", ["monday 8-5", "mon 25:00-26:00", "mon-xyz 08:00-09:00"])
def test_a_bad_schedule_is_refused_with_a_sentence(bad):
    with pytest.raises(ImproperlyConfigured, match="HELPLINE_SCHEDULE"):
        hours.parse(bad, (), "America/Chicago")
