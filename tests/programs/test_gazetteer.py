import gzip
import time
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from programs.gazetteer import AmbiguousPlace, InvalidPlace, UnknownPlace, locate, place_at, suggest
from programs.geo import Point, distance
from programs.models import Place

pytestmark = pytest.mark.usefixtures("gazetteer")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("53202", "53202, Milwaukee, WI"),
        ("53202-1234", "53202, Milwaukee, WI"),
        ("532021234", "53202, Milwaukee, WI"),
        ("  53202  ", "53202, Milwaukee, WI"),
        ("53202, Milwaukee, WI", "53202, Milwaukee, WI"),
        ("Milwaukee, WI 53202", "53202, Milwaukee, WI"),
        ("02139", "02139, Cambridge, MA"),
        ("00601", "00601, Adjuntas, PR"),
        ("00731", "00731, Ponce, PR"),
        ("00918", "00918, San Juan, PR"),
        ("00956", "00956, Bayamón, PR"),
        ("00704", "00704, Aguirre, PR"),
        ("96910", "96910, Hagåtña, GU"),
        ("96929", "96929, Yigo, GU"),
        ("96799", "96799, Pago Pago, AS"),
        ("96950", "96950, Saipan, MP"),
        ("00850", "00850, Kingshill, VI"),
        ("Milwaukee, WI", "Milwaukee, WI"),
        ("milwaukee wi", "Milwaukee, WI"),
        ("MILWAUKEE,WI", "Milwaukee, WI"),
        ("Milwaukee,   Wisconsin, USA", "Milwaukee, WI"),
        ("Milwaukee", "Milwaukee, WI"),
        ("Milwaukee, Milwaukee County, WI", "Milwaukee, WI"),
        ("Saint Louis MO", "St. Louis, MO"),
        ("St. Louis, Missouri", "St. Louis, MO"),
        ("Mc Lean VA", "McLean, VA"),
        ("Coeur d Alene", "Coeur d'Alene, ID"),
        ("Coeur d\u2019Alene, ID", "Coeur d'Alene, ID"),
        ("cañon city, co", "Cañon City, CO"),
        ("canon city colorado", "Cañon City, CO"),
        ("Ft Lauderdale, FL", "Fort Lauderdale, FL"),
        ("N. Little Rock, AR", "North Little Rock, AR"),
        ("Winston Salem, NC", "Winston-Salem, NC"),
        ("New York, NY", "New York, NY"),
        ("New York City", "New York, NY"),
        ("nyc", "New York, NY"),
        ("Philly", "Philadelphia, PA"),
        ("Cincinatti", "Cincinnati, OH"),
        ("Washington, DC", "Washington, DC"),
        ("washington d.c.", "Washington, DC"),
        ("Charleston West Virginia", "Charleston, WV"),
        ("Port Washington", None),
        ("Truth or Consequences, NM", "Truth or Consequences, NM"),
        ("San Juan, PR", "San Juan, PR"),
        ("San Juan, Puerto Rico", "San Juan, PR"),
        ("Hagåtña, GU", "Hagåtña, GU"),
        ("WI", "Wisconsin"),
        ("wi", "Wisconsin"),
        ("Wisconsin", "Wisconsin"),
        ("D.C.", "District of Columbia"),
        ("N.Y.", "New York"),
        ("Milwaukee, Wis.", "Milwaukee, WI"),
        ("chicago ill", "Chicago, IL"),
        ("San Francisco, Calif.", "San Francisco, CA"),
        ("Charleston, W. Va.", "Charleston, WV"),
        ("Tex.", "Texas"),
        ("Mass", "Massachusetts"),
        ("Washington State", "Washington"),
        ("Puerto Rico", "Puerto Rico"),
        ("43.04,-87.91", "43.04, -87.91"),
        (" 43.04 , -87.91 ", "43.04, -87.91"),
    ],
)
def test_a_place_is_found_however_it_is_spelled(text: str, label: str | None) -> None:
    found = locate(text)
    if label is None:
        assert isinstance(found, AmbiguousPlace)
    else:
        assert isinstance(found, Place)
        assert found.label == label


def test_a_zip_code_knows_its_state_county_and_time_zone() -> None:
    place = locate("53202")
    assert isinstance(place, Place)
    assert (place.kind, place.state, place.county, place.time_zone) == (
        "zip",
        "WI",
        "Milwaukee County",
        "America/Chicago",
    )
    assert distance(place.point, Point(43.05, -87.90)) < 1


@pytest.mark.parametrize("name", ["Springfield", "springfield", "Franklin", "Clinton"])
def test_a_name_of_several_states_is_never_guessed(name: str) -> None:
    found = locate(name)
    assert isinstance(found, AmbiguousPlace)
    assert len({choice.state for choice in found.choices}) > 20
    populations = [choice.population for choice in found.choices]
    assert populations == sorted(populations, reverse=True)


@pytest.mark.parametrize(("name", "city"), [("Washington", "DC"), ("New York", "NY"), ("Indiana", "PA")])
def test_the_name_of_a_state_and_of_a_city_offers_both(name: str, city: str) -> None:
    found = locate(name)
    assert isinstance(found, AmbiguousPlace)
    assert found.choices[0].kind == "state"
    assert city in {choice.state for choice in found.choices if choice.kind == "city"}


def test_every_choice_leads_to_the_place_it_names() -> None:
    found = locate("Springfield")
    assert isinstance(found, AmbiguousPlace)
    assert all(locate(choice.near) == choice for choice in found.choices)


def test_of_namesakes_in_one_state_the_larger_is_meant_and_the_others_are_offered() -> None:
    place = locate("Oakwood, OH")
    assert isinstance(place, Place)
    assert (place.county, place.population) == ("Montgomery County", 9052)
    assert {other.county for other in place.others} == {"Paulding County", "Cuyahoga County"}
    assert all(locate(other.near) == other for other in place.others)


def test_namesakes_of_like_size_are_told_apart_by_the_post() -> None:
    place = locate("Bryn Mawr, PA")
    assert isinstance(place, Place)
    assert place.county == "Montgomery County"


def test_four_digits_offer_the_zip_code_that_lost_its_zero() -> None:
    found = locate("2139")
    assert isinstance(found, UnknownPlace)
    assert found.suggestions[0].near == "02139"


def test_a_wrong_zip_code_offers_its_neighbours() -> None:
    found = locate("53299")
    assert isinstance(found, UnknownPlace)
    assert {place.near[:4] for place in found.suggestions} == {"5329"}


def test_a_post_box_zip_code_of_puerto_rico_stands_at_the_middle_of_its_area_and_says_so() -> None:
    place = locate("00936")
    assert isinstance(place, Place)
    assert place.is_approximate
    assert place.label == "ZIP codes 009xx, PR"
    assert distance(place.point, Point(18.42, -66.06)) < 10


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Milwakee", "Milwaukee, WI"),
        ("Milwakee, WI", "Milwaukee, WI"),
        ("Pheonix", "Phoenix, AZ"),
        ("Pitsburgh", "Pittsburgh, PA"),
        ("Albequerque, NM", "Albuquerque, NM"),
        ("Sacremento", "Sacramento, CA"),
        ("Wisconsn", "Wisconsin"),
        ("Milwaukee, CA", "Milwaukee, WI"),
    ],
)
def test_a_misspelled_name_is_unknown_with_what_was_meant(text: str, meant: str) -> None:
    found = locate(text)
    assert isinstance(found, UnknownPlace)
    assert meant in [place.label for place in found.suggestions[:3]]


@pytest.mark.parametrize("text", ["nan,nan", "91,0", "-90.01,0", "0,180.5", "inf,1", "1e400,2", "53202,53203"])
def test_two_numbers_that_are_no_point_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidPlace, match="not on the map"):
        locate(text)


@pytest.mark.parametrize("text", ["90,0", "-90,180", "0,-180", "51.88,179.98", "0,0"])
def test_any_point_of_the_globe_is_a_place(text: str) -> None:
    place = locate(text)
    assert isinstance(place, Place)
    assert place.kind == "point"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\0", "Mil\0waukee", "x" * 10_000, "1" * 10_000, ",", ",,,", "%", "_%", "'; --", "\\", "٥٣٢٠٢", "²",
        "Милуоки", "🏥", "ST", "saint", "-", "County", ", WI", "a,b,c,d,e", "1,2,3", "99999", "00000", "\ud800",
        "WI WI", "of", "1,", ",1", "0x10,1", "1_0,2", "é" * 100,
    ],
)  # fmt: skip
def test_no_text_is_an_error(text: str) -> None:
    assert isinstance(locate(text), Place | AmbiguousPlace | UnknownPlace)
    assert len(suggest(text)) <= 8


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("milw", "Milwaukee, WI"),
        ("Milwaukee, w", "Milwaukee, WI"),
        ("milwaukee wi", "Milwaukee, WI"),
        ("5320", "53201, Milwaukee, WI"),
        ("wi", "Wisconsin"),
        ("wisc", "Wisconsin"),
        ("st lou", "St. Louis, MO"),
        ("saint lou", "St. Louis, MO"),
        ("los", "Los Angeles, CA"),
        ("philly", "Philadelphia, PA"),
        ("milwake", "Milwaukee, WI"),
    ],
)
def test_half_a_name_suggests_the_likeliest_first(text: str, first: str) -> None:
    assert suggest(text)[0].label == first


def test_a_point_lies_in_the_state_and_time_zone_of_its_nearest_place() -> None:
    assert place_at(Point(31.76, -106.49)).time_zone == "America/Denver"
    assert place_at(Point(43.04, -87.91)).county == "Milwaukee County"
    assert place_at(Point(51.88, -176.64)).state == "AK"
    assert place_at(Point(51.5, -0.1)).state == ""


def test_spanish_names_of_states_are_understood() -> None:
    assert "New York, NY" in choices("Nueva York")
    place = locate("Charlotte, Carolina del Norte")
    assert isinstance(place, Place)
    assert place.near == "Charlotte, NC"


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Milwaukee County, WI", "Milwaukee County, WI"),
        ("milwaukee county wisconsin", "Milwaukee County, WI"),
        ("Condado de Milwaukee", "Milwaukee County, WI"),
        ("St Louis County, Missouri", "St. Louis County, MO"),
        ("Prince Georges County", "Prince George's County, MD"),
        ("Miami Dade", "Miami-Dade County, FL"),
    ],
)
def test_a_county_stands_where_its_people_live(text: str, near: str) -> None:
    place = locate(text)
    assert isinstance(place, Place)
    assert (place.near, locate(place.near).label) == (near, near)
    assert place_at(place.point).state == place.state


def test_the_middle_of_a_county_on_both_sides_of_the_date_line_is_in_it() -> None:
    place = locate("Aleutians West Census Area, AK")
    assert isinstance(place, Place)
    assert -180 < place.longitude < -160


def test_a_county_of_several_states_is_asked_for() -> None:
    assert choices("Cook County") == ["Cook County, GA", "Cook County, IL", "Cook County, MN"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("09012", "military mail"),
        ("APO AE 09012", "military mail"),
        ("34050", "military mail"),
        ("96201", "military mail"),
        ("96941", "Micronesia"),
        ("96960-0001", "Marshall Islands"),
        ("96940", "Palau"),
    ],
)
def test_mail_that_goes_abroad_is_said_to_and_never_put_on_guam(text: str, words: str) -> None:
    found = locate(text)
    assert isinstance(found, UnknownPlace)
    assert words in found.why


def choices(text: str) -> list[str]:
    found = locate(text)
    assert isinstance(found, AmbiguousPlace)
    return [choice.near for choice in found.choices]


def test_every_place_is_found_by_what_it_says_to_type() -> None:
    """All namesakes, and every five hundredth of the others (all of them pass)."""
    twins = Place.objects.cities().filter(rank__gt=0)
    others = Place.objects.exclude(kind="state").annotate(turn=F("id") % 500).filter(turn=0)
    for place in [*twins, *others]:
        assert locate(place.near) == place


@given(st.text(max_size=40) | st.from_regex(r"[0-9 .,+\-eEnainf]{1,20}", fullmatch=True))
@hypothesis.settings(
    max_examples=30, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_whatever_is_typed_is_answered(text: str) -> None:
    try:
        assert isinstance(locate(text), Place | AmbiguousPlace | UnknownPlace)
    except InvalidPlace:
        assert "," in text
    suggest(text)


@pytest.mark.parametrize(("text", "queries"), [("53202", 1), ("Milwaukee, WI", 1), ("Springfield", 1), ("WI", 1)])
def test_a_place_costs_one_query(text: str, queries: int, django_assert_num_queries: Callable[[int], object]) -> None:
    with django_assert_num_queries(queries):  # type: ignore[attr-defined]
        locate(text)


@pytest.mark.parametrize(
    "text",
    [
        "in " * 36 + "q1",
        "near in en cerca de " * 5 + "q1",
        "in " * 39,
        "near in " * 12 + "Long Island, NY",
        "in " * 30 + "q1, q2, q3, West Virginia",
        "q," * 58 + "WI",
        ", " * 100 + "q",
        "Long Island, " * 8 + "NY",
        " ".join(str(code) for code in range(53202, 53222)),
        " ".join(str(code) for code in range(99990, 99970, -1)),
        "53202 " * 19 + "q",
        "53202, q " * 12,
        "zip area " * 11 + "53202",
        "area q WI " * 11 + "53202",
        "q " * 52 + "West Virginia",
        "WI " * 39,
        "new york " * 13,
        "condado de " * 10 + "q",
        "q" * 120,
        "q1 " * 67,
        "53202 " * 34,
    ],
)  # fmt: skip
def test_whatever_is_repeated_costs_a_handful_of_queries(
    text: str, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        locate(text)
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        suggest(text)


def test_words_that_lead_to_a_place_cost_no_more_if_they_are_many(
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    with django_assert_max_num_queries(4):  # type: ignore[attr-defined]
        locate("in " * 36 + "q1")


def test_of_many_zip_codes_a_few_are_offered() -> None:
    found = locate(" ".join(str(code) for code in range(53202, 53222)))
    assert isinstance(found, AmbiguousPlace)
    assert len(found.choices) <= 8


def test_a_place_takes_about_a_millisecond() -> None:
    texts = ["53202", "Milwaukee, WI", "Springfield", "WI", "43.04,-87.91"]
    fastest = dict.fromkeys(texts, 1.0)
    for text in texts * 10:
        start = time.perf_counter()
        locate(text)
        fastest[text] = min(fastest[text], time.perf_counter() - start)  # what a busy machine adds is not ours
    assert max(fastest.values()) < 0.005  # a fifth of it on an idle machine


def test_loading_twice_loads_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = Place.objects.first()
    call_command("load_places")
    assert "already loaded" in capsys.readouterr().out
    assert Place.objects.first() == before


@pytest.mark.parametrize("content", [b"not compressed", gzip.compress(b"kind", mtime=0)[:-4]], ids=["text", "cut off"])
def test_a_damaged_file_is_refused_and_changes_nothing(content: bytes, tmp_path: Path) -> None:
    damaged = tmp_path / "places.csv.gz"
    damaged.write_bytes(content)
    before = Place.objects.count()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_places", file=damaged)
    assert Place.objects.count() == before
