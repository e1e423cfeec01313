"""What a row of codes says: yes, not reported, or nothing at all."""

import pytest

from programs.choices import Ownership
from programs.importing.samhsa import (
    CodeReader,
    UnusableRowError,
    beside_substance_use,
    clean,
    given_point,
    parse_phone,
    phones,
    tell_side,
    tell_year,
)
from programs.importing.samhsa_codes import CODE_KEY
from programs.models.program import SAMHSA_FACETS
from tests.programs.importing import rows

SU, MH = CodeReader("su"), CodeReader("mh")


def says(codes: str, facet: str, value: str, reader: CodeReader = SU) -> str:
    coded = reader.read(reader.mask(codes))
    column = {"payment": "payment_types", "medication": "medications"}.get(
        facet, {"therapy": "therapies", "population": "populations"}.get(facet, f"{facet}s")
    )
    if value in coded.arrays[column]:
        return "yes"
    return "not reported" if f"{facet}:{value}" in coded.not_offered else "unknown"


@pytest.mark.parametrize(
    ("codes", "facet", "value", "answer"),
    [
        ("SA * MD PI", "payment", "medicaid", "yes"),
        ("SA * MD PI", "payment", "medicare", "not reported"),
        ("SA * MC", "payment", "medicare", "yes"),
        ("SA * MC", "payment", "medicaid", "not reported"),
        ("SA * CBT", "payment", "medicaid", "unknown"),
        ("SA * CBT", "therapy", "twelve-step", "not reported"),
        ("SA * CBT", "therapy", "dbt", "unknown"),  # this survey does not ask about DBT
        ("SA * CBT", "therapy", "emdr", "unknown"),
        ("SA * CBT", "condition", "depression", "unknown"),
        ("SA * SP", "language", "spanish", "yes"),
        ("SA * SP", "language", "korean", "unknown"),  # other languages are a question of their own
        ("SA * NAUT", "condition", "alcohol-use", "not reported"),
        ("SA * NMAUT", "condition", "alcohol-use", "yes"),
        ("SA * NMAUT", "service", "medication-alcohol-use", "not reported"),
        ("SA * NOOP MOA", "condition", "opioid-use", "not reported"),  # a plain no beats a detail
        ("SA * BU * NMOA", "service", "medication-opioid-use", "not reported"),
        ("SA * BU * NMOA", "medication", "buprenorphine", "yes"),
        ("SA * OP OIT ODT", "level", "php", "yes"),
        ("SA * OP OIT ODT", "level", "iop", "unknown"),  # the program itself, not a neighbour
        ("SA * OP OIT", "level", "residential-long", "not reported"),
    ],
)
def test_yes_not_reported_and_unknown(codes: str, facet: str, value: str, answer: str) -> None:
    if facet == "level":
        coded = SU.read(SU.mask(codes))
        found = "yes" if value in coded.arrays["other_levels"] else "unknown"
        assert ("not reported" if f"level:{value}" in coded.not_offered else found) == answer
    else:
        assert says(codes, facet, value) == answer


def test_no_value_is_both_offered_and_not_offered() -> None:
    every_code = " ".join(" ".join(CODE_KEY["su"].values()).split())
    coded = SU.read(SU.mask(every_code))

    offered = {f"{facet}:{value}" for facet in SAMHSA_FACETS for value in coded.arrays.get(f"{facet}s", ())}
    assert not offered.intersection(coded.not_offered)


def test_ownership_and_yes_no_columns() -> None:
    mask = SU.mask("SA * PVTN * SS * ACC")

    assert SU.one(mask, Ownership) == "nonprofit"
    assert (SU.told(mask, "SS"), SU.told(SU.mask("PA"), "SS"), SU.told(SU.mask("SA"), "SS")) == (True, False, None)


def test_the_mental_health_directory_adds_only_what_the_other_does_not_ask() -> None:
    added = beside_substance_use()

    assert {"therapy:emdr", "therapy:dbt", "condition:ptsd", "condition:mental-health"} <= added
    assert not {"payment:medicaid", "population:veterans", "therapy:cbt"} & added


def test_codes_tell_the_directory_and_the_year() -> None:
    assert tell_side([rows.IOP, rows.OUTPATIENT]) == "su"
    assert tell_side([rows.MENTAL_HEALTH]) == "mh"
    assert tell_side(["hello world", "a b c"]) is None
    assert tell_year(["SA * DLC MWS"]) == 2023
    assert tell_year(["SA * ULC"]) == 2022
    assert tell_year(["SA"]) is None


def test_codes_outside_the_key_are_named() -> None:
    assert SU.parse("SA XYZ * MD")[1] == ["XYZ"]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("414-555-0142", ("+14145550142", "")),
        ("414-555-0142 x99", ("+14145550142", "99")),
        ("1 (414) 555-0142", ("+14145550142", "")),
        ("800-555HOPE", ("+18005554673", "")),
        ("911", None),
        ("555-0142", None),
        ("123-555-0142", None),
        ("ask the desk", None),
    ],
)
def test_phone_numbers(text: str, parsed: tuple[str, str] | None) -> None:
    assert parse_phone(text) == parsed


def test_a_number_is_kept_once_per_purpose() -> None:
    cells = clean(rows.row(intake1="414-555-0142", intake2="414-555-0142", intake1a="414-555-0150 x2"))

    assert phones(cells) == [
        ("main", "+14145550142", ""),
        ("intake", "+14145550142", ""),
        ("intake", "+14145550150", "2"),
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"name1": " "}, "name1 is empty"),
        ({"city": ""}, "city is empty"),
        ({"state": "Wisconsin"}, "not a state"),
        ({"zip": "2138"}, "has 4 digits"),
        ({"zip": "K1A 0B1"}, "not a ZIP code"),
        ({"street1": "x" * 121}, "longer than 120"),
        ({"name2": "a\x07b"}, "control character"),
        ({"name1": "evil\u202etxt"}, "control character"),
    ],
)
def test_rows_that_cannot_be_used_say_why(cells: dict[str, str], reason: str) -> None:
    with pytest.raises(UnusableRowError, match=reason):
        clean(rows.row(**cells))


def test_a_zip_codes_lost_zero_is_put_back_where_zips_begin_with_it() -> None:
    assert clean(rows.row(state="MA", zip="2138"))["zip"] == "02138"
    assert clean(rows.row(state="PR", zip="907"))["zip"] == "00907"
    assert clean(rows.row(zip="53202-4410"))["zip"] == "53202"
    assert clean(rows.row(state="MA", zip="2138.0"))["zip"] == "02138"


def test_given_coordinates_are_checked() -> None:
    assert given_point({"latitude": "43.04", "longitude": "-87.91"}) == (43.04, -87.91)
    assert given_point({}) is None
    for latitude, longitude, reason in (
        ("-87.91", "43.04", "swapped"),
        ("nan", "-87", "not in the United States"),
        ("43", "", "not both numbers"),
        ("48.8", "2.3", "not in the United States"),
    ):
        with pytest.raises(UnusableRowError, match=reason):
            given_point({"latitude": latitude, "longitude": longitude})
