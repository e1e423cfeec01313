"""Benefits as they were read, priced at programs."""

from decimal import Decimal

import pytest

from insurance.estimator import estimate
from insurance.pricing import ProgramTerms, case_from, compare, price
from insurance.reading import benefits
from insurance.x12.response_271 import read
from tests.insurance.x12.messages import answer

PPO = (
    "EB*1**30*PR*EXAMPLE PPO", "EB*C*IND*30***23*1500*****Y", "EB*C*IND*30***29*600*****Y",
    "EB*C*FAM*30***29*2100*****Y", "EB*G*IND*30***23*5000*****Y", "EB*G*IND*30***29*3850*****Y",
    "EB*A*IND*CH*****.2****Y", "EB*C*IND*30***29*3000*****N", "EB*G*IND*30***29*10000*****N", "EB*A*IND*CH*****.4****N",
)  # fmt: skip
IN = ProgramTerms(days=36, network="in", allowed=Decimal(300))
OUT = ProgramTerms(days=36, network="out", allowed=Decimal(250), billed=Decimal(600))


def found(*lines, condition="mh"):
    return benefits(read(answer(*lines)), condition=condition)


def total(program, *lines):
    return price(found(*lines), program).total


def test_in_network_and_out_of_network_have_their_own_terms():
    assert total(IN, *PPO) == 2640
    assert total(OUT, *PPO) == 5400 + 12600


def test_one_check_is_compared_at_several_programs():
    cheaper = ProgramTerms(days=24, network="in", allowed=Decimal(200))
    estimates = compare(found(*PPO), {"a": IN, "b": OUT, "c": cheaper})
    assert [estimates[key].total for key in "abc"] == [2640, 18000, 600 + Decimal(".2") * (24 * 200 - 600)]


def test_an_unknown_network_is_a_range_and_the_first_thing_to_ask():
    result = price(found(*PPO), ProgramTerms(days=36, allowed=Decimal(300), billed=Decimal(400)))
    assert (result.total, result.low) == (None, 2640)
    assert result.high == 3000 + Decimal(".4") * (36 * 300 - 3000) + 36 * 100
    assert result.unknowns[0].key == "network"


def test_a_payer_that_contradicts_the_contract_makes_a_range():
    lines = (*PPO[:1], "MSG*PROVIDER IS OUT NETWORK FOR MEMBER", *PPO[1:])
    result = price(found(*lines), ProgramTerms(days=36, network="in", allowed=Decimal(300), billed=Decimal(300)))
    assert (result.low, result.high) == (2640, 3000 + Decimal(".4") * 7800)


def test_a_program_in_network_bills_no_balance_but_the_plan_pays_on_a_smaller_charge():
    assert total(ProgramTerms(days=36, network="in", allowed=Decimal(300), billed=Decimal(600)), *PPO) == 2640
    assert total(ProgramTerms(days=1, network="in", allowed=Decimal(300), billed=Decimal(200)), *PPO) == 200


@pytest.mark.parametrize(("period", "expected"), [("27", 36 * 40), ("35", 12 * 40), ("34", 3 * 40), ("26", 40)])
def test_a_copay_counts_by_its_unit(period, expected):
    lines = (
        "EB*1**30",
        f"EB*B*IND*CH***{period}*40*****Y",
        "EB*G*IND*30***29*5000*****Y",
        "EB*C*IND*30***29*0*****Y",
    )
    assert total(IN, *lines) == expected


def test_whether_the_deductible_comes_before_a_copay_is_unknown_unless_told():
    lines = ("EB*1**30", "EB*B*IND*CH***27*40*****Y", "EB*C*IND*30***29*900*****Y", "EB*G*IND*30***29*5000*****Y")
    result = price(found(*lines), IN)
    assert (result.low, result.high) == (36 * 40, 900 + 33 * 40)
    assert [unknown.key for unknown in result.unknowns] == ["copay_after_ded"]
    assert total(IN, *lines[:2], "MSG*NOT SUBJECT TO DEDUCTIBLE", *lines[2:]) == 36 * 40


def test_a_copay_of_zero_beside_a_coinsurance_is_no_copay():
    lines = ("EB*1**30", "EB*B*IND*CH***27*0*****Y", "EB*A*IND*CH*****.2****Y", "EB*C*IND*30***29*500*****Y")
    assert "copay" not in case_from(found(*lines), IN)
    assert case_from(found("EB*1**30", "EB*B*IND*CH***27*0*****Y"), IN)["copay"] == 0


def test_what_the_payer_did_not_tell_is_unknown():
    case = case_from(found("EB*1**30", "EB*A*IND*CH*********Y", "EB*C*IND*30***23*2000*****Y"), IN)
    assert (case["coins"], case["ded_ind"], case["oop_ind"]) == ([0, 1], [0, 2000], None)
    assert estimate(**case).total is None


def test_medicaid_has_no_deductible_unless_it_says_so():
    lines = ("EB*1**30^MH*MC*MEDICAID", "EB*B*IND*MH^CH***27*4*****W")
    assert total(IN, *lines) == 144


def test_deductible_terms_told_in_text_are_used():
    lines = ("EB*1**30", "EB*C*IND*30***29*600*****Y", "EB*G*IND*30***29*5000*****Y")
    assert total(IN, *lines, "EB*A*IND*CH*****.2****Y", "MSG*DEDUCTIBLE WAIVED") == 2160
    assert total(IN, *lines, "EB*B*IND*CH***27*50*****Y", "MSG*COPAY AFTER DEDUCTIBLE") == 600 + 34 * 50
    family = ("EB*C*FAM*30***29*0*****Y", "MSG*DEDUCTIBLE IS MET WHEN FAMILY AMOUNT IS SATISFIED")
    assert total(IN, *lines, *family, "EB*A*IND*CH*****.2****Y") == 2160


def test_visits_beyond_the_limit_cost_the_cash_price():
    lines = ("EB*1**30", "EB*A*IND*CH*****.2****Y", "EB*C*IND*30***29*0*****Y", "EB*G*IND*30***29*5000*****Y",
             "EB*F*IND*CH***29***VS*30**Y")  # fmt: skip
    program = ProgramTerms(days=36, network="in", allowed=Decimal(300), cash_day=Decimal(150))
    assert total(program, *lines) == 2700


@pytest.mark.parametrize(
    "lines",
    [("EB*6**30",), ("EB*1**30", "EB*I**CH"), ("EB*1**30", "EB*U**MH"), ("EB*5**30",), ("EB*1**30*MC", "EB*Y**30***34*250")],
)  # fmt: skip
def test_there_is_nothing_to_price_without_coverage(lines):
    assert price(found(*lines), IN) is None


def test_a_doubtful_answer_gives_no_point():
    lines = ("EB*1**30", "EB*A*IND*CH*****.2****Y", "EB*C*IND*30***29*0*****Y", "EB*G*IND*30***29*5000*****Y")
    result = price(found(*lines, "EB*A*IND*CH*****.3****Y"), IN)
    assert (result.total, result.low, result.high) == (None, 2160, 3240)


@pytest.mark.parametrize(
    "line",
    [
        "EB*C*IND*30***29*99999999999999999*****Y", "EB*B*IND*CH***27*10000000000*****Y",
        "EB*F*IND*CH***29***VS*9999999999**Y", "EB*F*IND*CH***29***VS*12.5**Y",
    ],
)  # fmt: skip
def test_absurd_numbers_are_priced_or_doubted_without_a_crash(line):
    result = price(found("EB*1**30", "EB*A*IND*CH*****.2****Y", line), IN)
    assert 0 <= result.low <= result.high


def test_of_two_plans_the_dearer_one_is_the_upper_bound():
    amounts = ("EB*C*IND*30***29*0*****Y", "EB*G*IND*30***29*9000*****Y")
    lines = ("EB*1**30*PR*PLAN A", "EB*A*IND*CH*****.1****Y", *amounts, "EB*1**30*PR*PLAN B", "EB*A*IND*CH*****.5****Y")
    result = price(found(*lines, *amounts), IN)
    assert (result.low, result.high, "UP_TO" in result.notes) == (1080, 5400, True)
    assert [unknown.key for unknown in result.unknowns] == ["plan"]


HMO = (*PPO[:6], "EB*A*IND*CH*****.2****Y", "EB*I*IND*CH*********N")


def test_a_plan_that_pays_nothing_outside_leaves_the_programs_own_price_there():
    outside = ProgramTerms(
        days=36, network="out", allowed=Decimal(250), billed=Decimal(600), cash_day=Decimal("133.34")
    )
    result = price(found(*HMO), outside)
    assert (result.total, result.non_covered.point) == (Decimal("4800.24"), Decimal("4800.24"))
    assert "NOTHING_OUTSIDE" in result.notes
    assert price(found(*HMO), IN).total == 2640


def test_what_the_payer_says_of_one_program_is_not_said_of_the_others():
    lines = (*HMO[:1], "MSG*PROVIDER IS OUT NETWORK FOR MEMBER", *HMO[1:])
    benefits_found = found(*lines)
    assert benefits_found.determination == "not_covered_out_of_network"
    other = ProgramTerms(days=36, network="in", allowed=Decimal(300), is_asked=False)
    estimates = compare(benefits_found, {"asked": IN, "other": other})
    assert (estimates["asked"], estimates["other"].total) == (None, 2640)


def test_a_second_plan_makes_the_price_an_upper_bound():
    assert "UP_TO" in price(found(*PPO, "EB*R**30"), IN).notes


def test_unconfirmed_coverage_and_borrowed_terms_are_noted():
    notes = price(found("EB*1**30", "EB*A*IND*A6*****.2****Y"), IN).notes
    assert {"NOT_CONFIRMED", "PROXY", "TOO_WIDE"} <= notes


def test_a_tier_that_only_text_names_bounds_the_price_where_there_is_no_base():
    lines = ("EB*1**30", "EB*A*IND*CH*****.1****Y", "MSG*PREFERRED", "EB*A*IND*CH*****.3****Y", "MSG*NON-PREFERRED")
    assert case_from(found(*lines), IN)["coins"] == [Decimal(".1"), Decimal(".3")]


def test_a_new_plan_year_brings_the_whole_amounts_back():
    program = ProgramTerms(days=36, network="in", allowed=Decimal(300), days_this_year=10)
    first, second = 600 + Decimal(".2") * 2400, 1500 + Decimal(".2") * 6300
    assert total(program, *PPO) == first + second


def test_a_family_deductible_alone_crosses_the_new_year_too():
    lines = (
        "EB*1**30", "EB*A*IND*CH*****.2****Y", "EB*C*FAM*30***23*2000*****Y", "EB*C*FAM*30***29*500*****Y",
        "EB*G*FAM*30***23*9000*****Y", "EB*G*FAM*30***29*7000*****Y",
    )  # fmt: skip
    program = ProgramTerms(days=20, network="in", allowed=Decimal(300), days_this_year=10)
    assert total(program, *lines) == 500 + Decimal(".2") * 2500 + 2000 + Decimal(".2") * 1000


def test_the_whole_episode_in_this_year_stays_whole():
    program = ProgramTerms(days=36, network="in", allowed=Decimal(300), days_this_year=40)
    assert total(program, *PPO) == 2640
