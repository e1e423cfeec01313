"""The index, the stateless path and the plain way over model objects give the same answers."""

import datetime as dt
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programs.choices import STATES
from programs.models import Program
from programs.models.payer import Network, PayerKind
from programs.models.program import ARRAY_VOCABULARIES
from programs.schedule import Span
from programs.search import record, stateless
from programs.search.answer import Search, _first
from programs.search.index import Directory
from programs.search.query import Query
from programs.search.vocabulary import FACETS
from tests.factories import (
    ConfirmationFactory,
    OrganizationFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    ProgramFactory,
    SessionBlockFactory,
    days_ago,
)
from tests.programs.search import oracle
from tests.programs.search.oracle import Spot

pytestmark = pytest.mark.django_db

TODAY = days_ago(0)
SPOTS = [
    Spot(),
    Spot(kind="city", latitude=61.2, longitude=-149.9, state="AK", time_zone="America/Anchorage"),
    Spot(kind="state", label="Wisconsin"),
    Spot(kind="point", latitude=51.88, longitude=179.9, state="AK", time_zone="America/Adak"),
]

NAMED = {"badgercare": PayerKind.MEDICAID, "aetna": PayerKind.COMMERCIAL, "carelon": PayerKind.BEHAVIORAL}


def some(random, values, most):
    return random.sample(list(values), random.randint(0, min(most, len(values))))


@pytest.fixture(scope="module")
def programs(module_database):
    """150 varied programs."""
    chance = random.Random(7)
    named = [PayerFactory(slug=slug, kind=kind) for slug, kind in NAMED.items()]
    organization = OrganizationFactory()
    for _number in range(150):
        _make(chance, named, organization=organization)
    made = list(Program.objects.with_details())
    record.write(program.pk for program in made)
    return made


@pytest.fixture(scope="module")
def index(programs):
    return Directory().current()


def _make(random, named, **traits):
    arrays = {column: some(random, words.values, 4) for column, words in ARRAY_VOCABULARIES.items()}
    arrays["formats"] = random.choice([["in-person"], ["virtual"], ["hybrid"], ["in-person", "virtual"], []])
    not_offered = [
        f"{facet.prefix}:{value}"
        for facet in FACETS.values()
        if facet.column
        for value in some(random, facet.values, len(facet.values))
        if value not in arrays[facet.column]
    ]
    spot = random.choice(SPOTS)
    scale = random.choice([0.02, 0.3, 2.0])
    longitude = spot.longitude + random.uniform(-scale, scale)
    somewhere = random.random() < 0.95
    program = ProgramFactory(
        **traits,
        **arrays,
        not_offered=not_offered,
        state=spot.state,
        virtual_states=some(random, list(STATES), 20),
        latitude=spot.latitude + random.uniform(-scale, scale) if somewhere else None,
        longitude=(longitude + 180) % 360 - 180 if somewhere else None,
        location_quality="rooftop" if somewhere else "",
        time_zone=spot.time_zone,
        status=random.choice(["published"] * 9 + ["draft"]),
        sliding_scale=random.choice([True, False, None]),
        accepting_new=random.choice([True, False, None]),
        next_start_on=random.choice([None, days_ago(3), days_ago(-4), days_ago(-20)]),
        phone=None,
        **random.choice([{}, {"cost_per_week_min": 300, "cost_per_week_max": 450}, {"cost_per_week_max": 250}]),
    )
    if random.random() < 0.6:
        for weekday in some(random, range(7), 4):
            start = random.randint(7, 19)
            SessionBlockFactory(
                program=program,
                weekday=weekday,
                track=random.choice(["", "Second"]),
                is_required=random.random() < 0.8,
                starts=dt.time(start, random.choice([0, 30])),
                ends=dt.time(start + 3),
            )
    if random.random() < 0.5:
        ConfirmationFactory(program=program, topic="availability", confirmed_on=days_ago(random.choice([1, 7, 8])))
    for payer in some(random, named, 2):
        PayerAcceptanceFactory(program=program, payer=payer, network=random.choice(Network.values))


def facet_choices(facet):
    values = [*FACETS[facet].values, *(NAMED if facet == "payer" else ())]
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


queries = st.builds(
    Query,
    place=st.sampled_from([*SPOTS, None]),
    radius=st.sampled_from([None, 5, 25, 100]),
    facets=st.lists(st.sampled_from(list(FACETS)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: facet_choices(name) for name in names})
    ),
    sliding=st.booleans(),
    accepting=st.booleans(),
    max_cost=st.sampled_from([None, None, 300, 200]),
    start_within=st.sampled_from([None, None, 7, 30]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=queries, data=st.data())
def test_counts_hits_and_facets_equal_a_plain_recount(programs, index, query, data):
    query = replace(query, video=data.draw(st.booleans()))
    fast, slow = Search(index, query, today=TODAY).answer(), stateless.run(query, today=TODAY)

    assert fast == slow
    assert fast.count == len(oracle.hits(programs, query, TODAY))
    assert fast.not_told == len(oracle.not_told(programs, query, TODAY))
    assert fast.virtual_count == len(oracle.hits(programs, query, TODAY, virtual=True))
    assert fast.virtual_not_told == len(oracle.not_told(programs, query, TODAY, virtual=True))
    facet = data.draw(st.sampled_from([*FACETS, "sliding", "accepting"]))
    counts = dict.fromkeys(NAMED if facet == "payer" else (), 0) | fast.counts[facet]  # what nobody takes is left out
    assert counts == oracle.facet_counts(programs, query, TODAY, facet, counts)
    assert fast.nearest == (
        None if (away := oracle.nearest(programs, query, TODAY)) is None else pytest.approx(away, abs=1e-4)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    query=queries,
    video=st.booleans(),
    told=st.booleans(),
    sort=st.sampled_from(["", "cost", "start"]),
    free=st.booleans(),
)
def test_an_empty_list_says_what_a_change_would_give_and_what_is_nearest(
    programs, index, query, video, told, sort, free
):
    query = replace(query, video=video, told=told, sort=sort, free=(Span(0, 24 * 60),) if free else ())
    answer = Search(index, query, today=TODAY).answer()

    if not oracle.hits(programs, query, TODAY, virtual=video):
        changed = {
            name: replace(query, radius=None) if name == "radius" else query.without(name)
            for name, _count in answer.relief
        }
        for name, count in answer.relief:
            assert count == len(oracle.hits(programs, changed[name], TODAY, virtual=video))
    away = [math.inf if hit.miles is None else hit.miles for hit in answer.outside]
    assert away == sorted(away)
    assert not answer.outside or not (answer.count or answer.hits or video)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 50)), min_size=1, max_size=120),
    st.integers(1, 12),
)
def test_the_first_of_an_order_are_those_of_the_whole_order(rows, wanted):
    keys = [np.array(column) for column in zip(*[(number, *row) for number, row in enumerate(rows)], strict=True)]

    assert _first(keys, wanted)[:wanted].tolist() == np.lexsort(keys)[:wanted].tolist()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=queries, sort=st.sampled_from(["", "distance", "cost", "start"]))
def test_pages_follow_each_other_in_the_order_asked(programs, index, query, sort):
    by_id = {program.pk: program for program in programs}

    everything = Search(index, replace(query, sort=sort, page_size=1000), today=TODAY).answer().hits
    second = Search(index, replace(query, sort=sort, page_size=7, page=2), today=TODAY).answer().hits

    assert second == everything[7:14]
    assert [hit.id for hit in everything] == sorted(
        (hit.id for hit in everything), key=lambda pk: oracle.order(by_id[pk], query, sort, TODAY)
    )
    for hit in everything:
        away = oracle.miles(query.place, by_id[hit.id]) if query.place else None
        assert hit.miles == (None if away is None else pytest.approx(away, abs=1e-4))
