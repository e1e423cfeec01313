import gzip
import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
from bs4 import BeautifulSoup
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programs import albers, basemap, geo
from programs.basemap import Window
from programs.geo import Point
from programs.map import LEVELS, Map, Pin, draw
from programs.map_labels import _towns
from programs.models import Place

pytestmark = pytest.mark.django_db

MILWAUKEE = Point(43.0389, -87.9065)
HOME = Place(kind="city", name="Milwaukee", state="WI", latitude=43.0389, longitude=-87.9065)
NEAR = QueryDict("near=Milwaukee%2C+WI&payer=medicaid")


@pytest.fixture(autouse=True)
def _no_towns_remembered() -> Iterator[None]:
    _towns.cache_clear()
    yield
    _towns.cache_clear()


def pins_around(centre: Point, *miles_east: float) -> list[Pin]:
    step = 1 / geo.MILES_PER_DEGREE / np.cos(np.radians(centre.latitude))
    return [
        Pin(centre.latitude, centre.longitude + miles * step, number, f"Program {number}")
        for number, miles in enumerate(miles_east, start=1)
    ]


def scattered(count: int, seed: int = 7) -> np.ndarray:
    """Programs all over the lower 48 states."""
    random = np.random.default_rng(seed)
    return np.column_stack((random.uniform(31, 47, count), random.uniform(-118, -80, count)))


def page(map_: Map) -> BeautifulSoup:
    return BeautifulSoup(render_to_string("components/map.html", {"map": map_}), "html.parser")


def test_a_pin_sits_as_many_pixels_from_home_as_its_miles() -> None:
    drawn = draw(pins_around(MILWAUKEE, 4, -6), query=NEAR, home=HOME)
    pixels_per_mile = drawn.height / 2 / 10
    assert drawn.home is not None
    assert [pin.x - drawn.home[0] for pin in drawn.pins] == pytest.approx(
        [4 * pixels_per_mile, -6 * pixels_per_mile], abs=2
    )
    assert [pin.y for pin in drawn.pins] == pytest.approx([drawn.home[1]] * 2, abs=1)


def test_a_pin_leads_to_its_card_and_says_its_name() -> None:
    link = page(draw(pins_around(MILWAUKEE, 4), query=NEAR, home=HOME)).select_one("a.pin")
    assert link is not None
    assert (link["href"], link["aria-label"], link["data-p"], link.get_text()) == ("#p1", "1. Program 1", "1", "1")


def test_programs_at_one_spot_share_a_pin_that_names_them_all() -> None:
    drawn = draw(pins_around(MILWAUKEE, 4, 4, 4), query=NEAR, home=HOME)
    assert [(pin.text, pin.count) for pin in drawn.pins] == [("1+2", 3)]
    assert drawn.pins[0].name == "1+2, 3 programs at one spot: 1. Program 1; 2. Program 2; 3. Program 3"


@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=60),
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=20),
    st.integers(0, 9),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_program_is_in_one_pin_or_cluster_or_beyond_the_edge(
    others: list[tuple[float, float]], numbered: list[tuple[float, float]], level: int
) -> None:
    pins = [Pin(*point, number, "x") for number, point in enumerate(numbered, start=1)]
    drawn = draw(pins, others, query=QueryDict(f"z={level}&c=43,-88"))
    assert drawn.total == len(others) + len(pins)
    assert drawn.beyond >= 0


def test_the_whole_country_is_clustered_without_circles_on_one_another() -> None:
    drawn = draw([], scattered(5_736), query=QueryDict(""))
    assert drawn.beyond == 0
    assert sum(cluster.count for cluster in drawn.clusters) == 5_736
    assert 20 < len(drawn.clusters) < 80
    for i, one in enumerate(drawn.clusters):
        assert not any(one.covers(two.x, two.y, two.radius - 6) for two in drawn.clusters[i + 1 :])


def test_a_crowded_country_keeps_every_number_readable() -> None:
    random = np.random.default_rng(3)
    towns = random.uniform((31, -118), (47, -80), (60, 2))
    crowded = np.vstack([random.normal(town, 0.8, (100, 2)) for town in towns])
    pins = [Pin(*town, number, "x") for number, town in enumerate(towns[:20].tolist(), start=1)]

    drawn = draw(pins, crowded, query=QueryDict(""))

    circles = [*drawn.clusters, *drawn.pins]
    for i, one in enumerate(drawn.clusters):
        assert not [two for two in circles[i + 1 :] if one.covers(two.x, two.y, two.radius - 8)]
        assert one.radius <= one.x <= drawn.width - one.radius


def test_a_cluster_is_a_link_nearer_that_keeps_the_search() -> None:
    drawn = draw([], [(43.04, -87.91), (43.05, -87.92)], query=QueryDict("payer=medicaid&z=0&page=2"))
    assert drawn.clusters[0].name == "2 more programs here. Zoom in."
    query = QueryDict(drawn.clusters[0].href.removeprefix("?").removesuffix("#map"))
    assert query["payer"] == "medicaid"
    assert query["c"] == "43.0450,-87.9150"
    assert int(query["z"]) > 3


def test_following_clusters_ends_at_their_programs() -> None:
    """From the whole country down: no link leads back to itself, and the last one searches from there."""
    others = [(43.05, -87.9)] * 3
    query, seen = QueryDict("payer=medicaid"), set()
    for _ in range(len(LEVELS) + 1):
        href = draw([], others, query=query).clusters[0].href
        assert href not in seen
        seen.add(href)
        query = QueryDict(href.removeprefix("?").removesuffix("#map"))
        if "near" in query:
            break
    assert query["near"] == "43.0500,-87.9000"
    assert query["payer"] == "medicaid"


def test_a_cluster_steps_aside_for_a_pin() -> None:
    (pin,) = pins_around(MILWAUKEE, 4)
    drawn = draw([pin], [pin[:2]], query=NEAR, home=HOME)
    (cluster,) = drawn.clusters
    assert not cluster.covers(drawn.pins[0].x, drawn.pins[0].y, drawn.pins[0].radius - 2)


def test_a_map_across_the_date_line_shows_both_sides() -> None:
    adak = Place(kind="point", latitude=51.88, longitude=179.9)
    west, east = Pin(51.88, 179.6, 1, "West"), Pin(51.88, -179.8, 2, "East")
    drawn = draw([west, east], query=QueryDict("near=51.88,179.9&z=5"), home=adak)
    assert [pin.text for pin in drawn.pins] == ["1", "2"]
    assert 0 < drawn.pins[1].x - drawn.pins[0].x < drawn.width
    assert drawn.outlines is not None
    assert drawn.outlines.land  # Semisopochnoi, the Aleutian island at 179.6 degrees east


@pytest.mark.parametrize(
    ("state", "point"),
    [
        ("WI", Point(44.5, -89.6)),
        ("AK", Point(64.8, -147.7)),
        ("HI", Point(19.6, -155.5)),
        ("PR", Point(18.2, -66.4)),
        ("FL", Point(28.0, -81.7)),
        ("ME", Point(45.2, -69.2)),
        ("CA", Point(36.7, -119.8)),
    ],
)
def test_a_point_falls_into_its_state_on_the_map_of_the_country(state: str, point: Point) -> None:
    x, y = (float(axis[0]) for axis in albers.project([point.longitude], [point.latitude]))
    assert crossings_to_the_east(basemap.states()[state], x, y) % 2


def crossings_to_the_east(path: str, x: float, y: float) -> int:
    """How often a line from a point crosses a path of relative lines: odd inside."""
    count = 0
    for ring in path.strip("z").split("z"):
        numbers = [int(n) for n in re.findall(r"-?\d+", ring)]
        corners = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if (y0 > y) != (y1 > y) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x:
                count += 1
    return count


def test_the_outer_aleutians_stand_at_the_edge_of_the_map_of_the_country() -> None:
    assert draw([], [Point(51.88, -176.64), Point(52.9, 173.2)], query=QueryDict("")).beyond == 0


@pytest.mark.parametrize("point", [Point(13.45, 144.78), Point(51.5, 0), Point(90, 0), Point(np.nan, np.nan)])
def test_what_the_map_of_the_country_does_not_show_is_said(point: Point) -> None:
    drawn = draw([], [MILWAUKEE, point], query=QueryDict(""))
    assert drawn.beyond == 1
    assert "1 more program lies outside this map." in page(drawn).get_text()


def test_the_islands_that_the_country_s_map_leaves_out_are_said_and_linked() -> None:
    guam, saipan, samoa = Point(13.48, 144.79), Point(15.19, 145.75), Point(-14.28, -170.69)

    drawn = draw(
        [Pin(guam.latitude, guam.longitude, 1, "Guam Recovery")],
        [guam, saipan, samoa],
        query=QueryDict("payer=medicaid&near="),
    )

    assert [(name, count) for name, count, _ in drawn.elsewhere] == [
        ("Guam", "2"), ("Northern Mariana Islands", "1"), ("American Samoa", "1")
    ]  # fmt: skip
    caption = page(drawn).select_one(".mapcap")
    assert "4 more programs lie outside this map. Guam (2), Northern" in " ".join(caption.get_text().split())
    assert caption.a["href"] == "?payer=medicaid&near=GU"


def test_thousands_are_told_as_the_list_tells_them() -> None:
    country = draw([], [MILWAUKEE] * 5000, query=QueryDict(""))
    assert (country.name, country.clusters[0].text) == ("Map of 5,000 programs", "5,000")
    assert country.clusters[0].name == "5,000 more programs here. Zoom in."

    guam = draw([], [Point(13.48, 144.79)] * 1234, query=QueryDict(""))
    caption = " ".join(page(guam).select_one(".mapcap").get_text().split())
    assert caption.startswith("1,234 more programs lie outside this map. Guam (1,234).")
    assert draw([], [MILWAUKEE] * 2000, query=NEAR, home=HOME).name == "Map of 2,000 programs near Milwaukee, WI"


@pytest.mark.parametrize("state", ["WI", "AK", "HI", "PR", "GU", "RI"])
def test_a_state_fits_its_map(state: str) -> None:
    home = Place(kind="state", name=state, state=state, latitude=0, longitude=0)
    drawn = draw([], query=QueryDict(f"near={state}"), home=home)
    corners = basemap.basemap().bounds(state)
    assert corners is not None
    assert drawn.outlines is not None
    assert drawn.home is None
    assert drawn.outlines.land


def test_hawaii_is_not_a_dot_in_the_sea_before_midway() -> None:
    home = Place(kind="state", name="Hawaii", state="HI", latitude=0, longitude=0)
    towns = [(21.98, -159.37), (21.31, -157.86), (19.72, -155.09)]  # Lihue, Honolulu, Hilo
    pins = [Pin(*town, number, "x") for number, town in enumerate(towns, start=1)]

    lihue, honolulu, hilo = draw(pins, query=QueryDict("near=HI"), home=home).pins

    assert lihue.x < 440 / 3 < honolulu.x < 440 * 2 / 3 < hilo.x


@pytest.mark.parametrize(
    "query", ["z=99", "z=-1", "z=abc", "c=nan,nan", "c=91,0", "c=1", "c=1,2,3", "z=5&c=90,180", "z=9&c=-90,0", "z=%00"]
)
def test_a_window_that_makes_no_sense_is_left_out(query: str) -> None:
    assert draw(pins_around(MILWAUKEE, 1), query=QueryDict(query), home=HOME).total == 1


def test_towns_are_named_clear_of_pins_and_of_each_other(gazetteer: None) -> None:
    drawn = draw(pins_around(MILWAUKEE, 3, -4, 8), query=NEAR, home=HOME)
    names = {town.name for town in drawn.towns}
    assert names & {"Wauwatosa", "West Allis", "Brookfield", "Waukesha", "Cudahy", "New Berlin"}
    for town in drawn.towns:
        assert not any(pin.covers(town.x, town.y) for pin in drawn.pins)
    heights = sorted((town.y, town.label_x) for town in drawn.towns)
    assert len(heights) == len(set(heights))


def test_a_few_programs_far_out_do_not_heap_up_those_nearby() -> None:
    drawn = draw(pins_around(MILWAUKEE, -3, -1, 1, 2, 3, 4, 80), query=NEAR, home=HOME)
    assert (len(drawn.pins), drawn.beyond) == (6, 1)


def test_rings_tell_miles_around_the_place() -> None:
    drawn = draw(pins_around(MILWAUKEE, 15), query=NEAR, home=HOME)
    assert [ring.label for ring in drawn.rings] == ["5 mi", "10 mi", "25 mi"]
    assert drawn.rings[0].radius == pytest.approx(drawn.rings[1].radius / 2, abs=1)
    assert not draw([], query=QueryDict("z=3")).rings


def test_everything_on_the_map_has_a_name() -> None:
    html = page(draw(pins_around(MILWAUKEE, 1, 5), scattered(300), query=NEAR, home=HOME))
    picture = html.select_one("svg")
    assert picture is not None
    assert picture["aria-label"] == "Map of 302 programs near Milwaukee, WI"
    assert all(link.get("aria-label") for link in html.select("svg a, .zoom a"))
    assert not [
        e
        for e in picture.find_all(["path", "text"])
        if not e.find_parent("a") and not e.find_parent(attrs={"aria-hidden": "true"})
    ]


def test_the_map_asks_nothing_of_others_and_styles_nothing_inline() -> None:
    html = str(page(draw(pins_around(MILWAUKEE, 1), query=NEAR, home=HOME)))
    assert "http" not in html
    assert "style=" not in html
    assert "nan" not in html.lower().replace("nancy", "")


def test_outlines_are_whole_pixels_inside_the_picture() -> None:
    drawn = basemap.outlines(Window(MILWAUKEE, 20, 440, 560))
    assert re.fullmatch(r"(M-?\d+[ -]-?\d+l[-\d ]+z)+", drawn.land)
    assert drawn.coast
    assert drawn.counties


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 5_736), ("z=2&c=44.5,-89.9", 1_000), ("z=2&c=57,-134", 1_000), ("z=4&c=37,-76.3", 1_000)],
)
def test_a_map_adds_at_most_six_kilobytes(query: str, count: int, gazetteer: None) -> None:
    """The whole country, Wisconsin, and two of the most broken shores."""
    pins = pins_around(Point(40.7, -74), *range(20))
    drawn = draw(pins, scattered(count), query=QueryDict(query))

    assert len(gzip.compress(str(page(drawn)).encode())) <= 6 * 1024


def test_zoom_stops_at_both_ends() -> None:
    assert draw([], query=QueryDict("z=0")).zoom_out == ""
    assert draw([], query=QueryDict("z=9&c=43,-88")).zoom_in == ""


def test_a_country_of_programs_is_drawn_in_time() -> None:
    others = scattered(5_736)
    draw([], others, query=QueryDict(""))
    start = time.process_time()
    draw([], others, query=QueryDict(""))
    assert time.process_time() - start < 0.2  # a twentieth of it on an idle machine
