"""One table: what is asked of fixed programs, and which come back. Page, API and plain SQL all answer it."""

import datetime as dt
import urllib.parse

import pytest

from programs.filters import ProgramFilterSet
from programs.models import Program
from programs.search import record
from tests.factories import (
    PayerAcceptanceFactory,
    PayerFactory,
    PlaceFactory,
    ProgramFactory,
    SessionBlockFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db


def named(name: str, **traits: object) -> Program:
    return ProgramFactory(name=name, slug=name, phone=None, **traits)


@pytest.fixture(autouse=True, scope="module")
def _programs(module_database) -> None:
    """Around Milwaukee, one far away, two by video; each differs in what it tells."""
    PlaceFactory()
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    PlaceFactory(kind="state", name="Wisconsin", key="wisconsin")
    PlaceFactory(name="Springfield", state="IL", county="Sangamon", latitude=39.8, longitude=-89.64)
    PlaceFactory(name="Springfield", state="MO", county="Greene", latitude=37.2, longitude=-93.29)
    badgercare = PayerFactory(badgercare=True)
    named("evening", evening=True, detailed=True, medicaid=True, latitude=43.05, longitude=-87.90)
    named("morning", morning=True, priced=True, open=True, latitude=43.10, longitude=-87.95)
    named("silent", latitude=43.04, longitude=-87.91)
    no_medicaid = ["payment:medicaid", "format:virtual", "therapy:dbt"]
    named("refuses", not_offered=no_medicaid, payment_types=["private"], latitude=43.06, longitude=-87.90)
    PayerAcceptanceFactory(program=named("badger", latitude=43.20, longitude=-87.90), payer=badgercare)
    named("teens", teens=True, hybrid=True, latitude=43.30, longitude=-88.0)
    named("chicago", city="Chicago", state="IL", zip="60601", latitude=41.88, longitude=-87.63)
    video = named("video", virtual=True, medicaid=True, time_zone="America/Denver")
    SessionBlockFactory(program=video, starts=dt.time(16), ends=dt.time(19))
    named("video-elsewhere", virtual=True, virtual_states=["CA"])
    named("draft", draft=True)
    named("shut", closed=True)
    record.write(Program.objects.values_list("pk", flat=True))


NEAREST = ["evening", "refuses", "silent", "morning", "badger", "teens", "chicago"]
CASES = [
    # query -> programs that fit, in order; programs that have not told us
    ("", None, []),
    ("near=53202", NEAREST, []),
    ("near=53202-1234", NEAREST, []),
    ("near=43.0506,-87.8968", NEAREST, []),
    ("near=53202&radius=5", ["evening", "refuses", "silent", "morning"], []),
    ("near=milwaukee wi&radius=1", ["silent", "evening"], []),
    ("near=WI", ["evening", "morning", "silent", "refuses", "badger", "teens"], []),
    ("near=53202&when=evening", ["evening"], ["refuses", "silent", "badger", "teens", "chicago"]),
    (
        "near=53202&when=evening&when=morning",
        ["evening", "morning"],
        ["refuses", "silent", "badger", "teens", "chicago"],
    ),
    ("near=53202&when=evening&day=fri", [], ["refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&radius=10&day=tue", ["morning"], ["refuses", "silent"]),
    ("near=53202&payer=medicaid", ["evening", "badger"], ["silent", "morning", "teens", "chicago"]),
    ("near=53202&payer=badgercare", ["badger"], ["evening", "silent", "morning", "teens", "chicago"]),
    ("near=53202&payer=private", ["refuses"], ["evening", "silent", "morning", "badger", "teens", "chicago"]),
    ("near=53202&payer=sliding-fee", ["morning"], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&sliding=1", ["morning"], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&therapy=dbt", ["evening"], ["silent", "morning", "badger", "teens", "chicago"]),
    (
        "near=53202&therapy=dbt&therapy=emdr",
        ["evening"],
        ["refuses", "silent", "morning", "badger", "teens", "chicago"],
    ),
    ("near=53202&format=hybrid", ["teens"], ["evening", "refuses", "silent", "morning", "badger", "chicago"]),
    ("near=53202&age=children&population=adolescents", ["teens"], [name for name in NEAREST if name != "teens"]),
    ("near=53202&language=spanish", ["evening"], ["refuses", "silent", "morning", "badger", "teens", "chicago"]),
    ("near=53202&max_cost=300", ["morning"], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&max_cost=299", [], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&accepting=1", ["morning"], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&start_within=5", ["morning"], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&start_within=4", [], ["evening", "refuses", "silent", "badger", "teens", "chicago"]),
    ("near=53202&sort=cost", ["morning", *[name for name in NEAREST if name != "morning"]], []),
    ("near=53202&sort=start&radius=5", ["morning", "evening", "refuses", "silent"], []),
    ("near=53202&q=even", ["evening"], []),
    ("near=53202&q=evning", ["evening"], []),
    ("near=53202&when=&radius=&payer=", NEAREST, []),
    ("near=53202&unknown=1&utm_source=x", NEAREST, []),
]


@pytest.mark.parametrize(("asked", "fit", "not_told"), CASES, ids=[case[0] or "nothing" for case in CASES])
def test_what_is_asked_and_what_comes_back(client, asked, fit, not_told) -> None:
    query = urllib.parse.quote(asked, safe="=&")
    body = client.get(f"/api/v1/programs?{query}").json()
    unsure = client.get(f"/api/v1/programs?{query}&not_told=1").json()
    in_sql = ProgramFilterSet(dict(urllib.parse.parse_qs(asked))).qs

    names = [result["slug"] for result in body["results"]]
    if fit is None:
        assert sorted(names) == sorted(NEAREST)
        fit = names
    assert (names, body["count"]) == (fit, len(fit)) if "near=WI" not in asked else sorted(names) == sorted(fit)
    assert sorted(program.slug for program in in_sql) == sorted(fit)
    assert body["not_told"]["count"] == len(not_told)
    assert not_told == [] or sorted(result["slug"] for result in unsure["results"]) == sorted(not_told)


@pytest.mark.parametrize(
    ("asked", "videos"),
    [
        ("near=53202", ["video"]),
        ("near=WI", ["video"]),
        ("near=53202&radius=1", ["video"]),
        ("near=53202&payer=medicaid", ["video"]),
        ("near=53202&payer=private", []),
        ("near=53202&format=in-person", []),
        ("near=53202&format=virtual", ["video"]),
        ("near=53202&when=evening", ["video"]),  # 4 pm in Denver is 5 pm in Milwaukee
        ("near=53202&when=afternoon", []),
        ("when=afternoon", ["video"]),
        ("", ["video", "video-elsewhere"]),
    ],
)
def test_programs_by_video_come_in_their_own_band(client, asked, videos) -> None:
    body = client.get(f"/api/v1/programs?{asked}").json()

    assert sorted(result["slug"] for result in body["virtual"]["results"]) == videos
    assert body["virtual"]["count"] == len(videos)
    exported = ProgramFilterSet(dict(urllib.parse.parse_qs(asked))).with_virtual
    assert sorted(program.slug for program in exported if program.is_virtual_only) == videos
    assert not {"video", "video-elsewhere"} & {result["slug"] for result in body["results"]}


def test_lists_of_their_own_have_pages_of_their_own(client) -> None:
    unsure = client.get("/api/v1/programs?near=53202&payer=private&not_told=1").json()
    videos = client.get("/api/v1/programs?near=53202&video=1").json()
    unsure_videos = client.get("/api/v1/programs?near=53202&payer=private&video=1&not_told=1").json()

    assert (unsure["count"], unsure["not_told"]["count"], unsure["pages"]) == (1, 6, 1)
    assert [result["slug"] for result in videos["results"]] == ["video"]
    assert [result["slug"] for result in unsure_videos["results"]] == ["video"]
    assert unsure_videos["virtual"]["not_told"] == 1


def test_free_hours_order_and_label_but_leave_nobody_out(client) -> None:
    free = "&".join(f"free={day}-1700-2200" for day in ("mon", "wed", "thu"))
    body = client.get(f"/api/v1/programs?near=53202&{free}").json()

    fits = [(result["slug"], result["fit"]) for result in body["results"]]
    assert fits[0] == ("evening", "fits")
    assert fits[-1] == ("morning", "collides")
    assert body["count"] == len(NEAREST)
    # Monday 16–19 in Denver is 17–20 on a Milwaukee clock.
    assert [(result["slug"], result["fit"]) for result in body["virtual"]["results"]] == [("video", "fits")]


def test_an_empty_radius_shows_the_nearest_outside(client) -> None:
    body = client.get("/api/v1/programs?near=39.8,-89.64&radius=5").json()

    assert (body["count"], body["results"]) == (0, [])
    assert body["outside"][0]["slug"] == "chicago"
    assert body["outside"][0]["miles"] > 150


def test_samples_are_left_out_of_the_api_when_anything_else_is_there(client) -> None:
    named("made-up", sample=True, latitude=43.05, longitude=-87.90)
    record.write([Program.objects.get(slug="made-up").pk])

    assert "made-up" not in client.get("/api/v1/programs?near=53202").content.decode()
    assert "made-up" in client.get("/programs/?near=53202").content.decode()
    assert client.get("/api/v1/programs/made-up").status_code == 404

    Program.objects.exclude(slug="made-up").update(status="draft")
    record.rebuild()
    assert client.get("/api/v1/programs?near=53202").json()["results"][0]["sample"] is True
    assert client.get("/api/v1/programs/made-up").json()["sample"] is True


def test_openings_are_forgotten_after_a_week(client, time_machine) -> None:
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(days=8))

    body = client.get("/api/v1/programs?near=53202&accepting=1").json()

    assert body["count"] == 0
    assert body["not_told"]["by"] == {"accepting": len(NEAREST)}


def test_a_start_that_has_passed_is_not_told(client) -> None:
    Program.objects.filter(slug="morning").update(next_start_on=days_ago(1))
    record.rebuild()

    assert client.get("/api/v1/programs?near=53202&start_within=30").json()["count"] == 0
