"""Every worked case to the cent, an independent second implementation, and what must hold of any case."""

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from insurance.estimator import CaseError, estimate, self_pay
from tests.realdata import DATA, needs

# Totals, cost share, balance bill, non-covered: worked out by hand for three days a week over twelve weeks.
WORKED = {
    "deductible met, 20%": ({"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 0, "oop_ind": 5000}, "2160", "2160", "0", "0"),
    "deductible 1500": ({"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 1500, "oop_ind": 6000}, "3360", "3360", "0", "0"),
    "splits a day": ({"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 1000, "oop_ind": 6000}, "2960", "2960", "0", "0"),
    "limit reached": ({"days": 36, "allowed": 400, "coins": ".3", "ded_ind": 2000, "oop_ind": 3000}, "3000", "3000", "0", "0"),
    "copay first": ({"days": 36, "allowed": 300, "copay": 40, "ded_ind": 1500, "oop_ind": 5000}, "1440", "1440", "0", "0"),
    "copay of zero": ({"days": 36, "allowed": 120, "copay": 0, "ded_ind": 1500}, "0", "0", "0", "0"),
    "copay later": (
        {"days": 36, "allowed": 300, "copay": 50, "copay_after_ded": True, "ded_ind": 450, "oop_ind": 5000}, "2200", "2200", "0", "0",
    ),
    "copay and coinsurance": ({"days": 10, "allowed": 100, "copay": 20, "coins": ".5"}, "600", "600", "0", "0"),
    "copay above price": ({"days": 10, "allowed": 60, "copay": 75, "oop_ind": 5000}, "600", "600", "0", "0"),
    "family smaller": (
        {"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 1500, "ded_fam": 400, "oop_ind": 6000, "oop_fam": 9000},
        "2480", "2480", "0", "0",
    ),
    "family alone": (
        {"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 100, "ded_fam": 400, "embedded": False}, "2480", "2480", "0", "0",
    ),
    "family absent": ({"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 400, "embedded": False}, "2480", "2480", "0", "0"),
    "family limit": ({"days": 36, "allowed": 300, "coins": ".2", "oop_ind": 4000, "oop_fam": 700}, "700", "700", "0", "0"),
    "visits end": (
        {"days": 36, "allowed": 300, "coins": ".2", "visit_limit": 30, "cash_day": 150, "oop_ind": 5000}, "2700", "1800", "0", "900",
    ),
    "no visits left": ({"days": 4, "allowed": 300, "visit_limit": 0, "cash_day": 150}, "600", "0", "0", "600"),
    "visits used in the deductible": (
        {"days": 4, "allowed": 100, "ded_ind": 1000, "visit_limit": 2, "cash_day": 10}, "220", "200", "0", "20",
    ),
    "out of network": (
        {"days": 36, "allowed": 250, "coins": ".4", "ded_ind": 3000, "oop_ind": 10000, "billed": 600}, "18000", "5400", "12600", "0",
    ),
    "balance outside the limit": (
        {"days": 2, "allowed": 100, "coins": 1, "oop_ind": 0, "billed": 150}, "100", "0", "100", "0",
    ),
    "billed below": ({"days": 36, "allowed": 300, "coins": ".2", "billed": 200, "oop_ind": 5000}, "1440", "1440", "0", "0"),
    "new year": (
        {"days": 36, "allowed": 300, "coins": ".2", "years": [(15, 0, 500), (21, 1500, 6000)]}, "2960", "2960", "0", "0",
    ),
    "visits are not renewed": (
        {"allowed": 100, "coins": ".5", "visit_limit": 3, "cash_day": 10, "years": [(2, 0, 999), (3, 0, 999)]},
        "170", "150", "0", "20",
    ),
    "family in the first year only": (
        {"allowed": 100, "ded_fam": 50, "oop_fam": 60, "years": [(2, 1000, 1000), (2, 1000, 1000)]}, "250", "250", "0", "0",
    ),
    "cents a day": ({"days": 36, "allowed": "287.35", "coins": ".15", "oop_ind": 5000}, "1551.60", "1551.60", "0", "0"),
    "limit met": ({"days": 36, "allowed": 300, "coins": ".2", "ded_ind": 500, "oop_ind": 0}, "0", "0", "0", "0"),
    "waived": (
        {"days": 36, "allowed": 300, "coins": ".2", "ded_applies": False, "ded_ind": 1500, "oop_ind": 5000}, "2160", "2160", "0", "0",
    ),
    "percent as 20": ({"days": 36, "allowed": 300, "coins": "20", "oop_ind": 5000}, "2160", "2160", "0", "0"),
    "weekly copay by the day": ({"days": 36, "allowed": 300, "copay": 100, "copay_every": 3}, "1200", "1200", "0", "0"),
    "weekly copay, cheap days": ({"days": 6, "allowed": 60, "copay": 100, "copay_every": 3}, "200", "200", "0", "0"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKED)
def test_worked_cases(name):
    case, *expected = WORKED[name]
    result = estimate(**case)
    parts = [result.total, result.cost_share.point, result.balance_bill.point, result.non_covered.point]
    assert parts == [Decimal(part) for part in expected]
    assert result.unknowns == ()
    assert sum(day.total for day in result.days) == result.total


SHARED_CASES = DATA / "estimator_cases.json"


@needs(SHARED_CASES)
def test_the_shared_cases_to_the_cent():
    out = StringIO()
    call_command("estimate_cost", str(SHARED_CASES), stdout=out)
    printed = [json.loads(line) for line in out.getvalue().splitlines()]
    cases = json.loads(SHARED_CASES.read_text())["cases"]
    assert [line["id"] for line in printed] == [case["id"] for case in cases]
    for line, case in zip(printed, cases, strict=True):
        parts = case["expected_parts"]
        assert (line["total"], line["cost_share"]) == (case["expected_total"], parts["cost_share"]), case["id"]
        assert (line["balance_bill"], line["non_covered"]) == (parts["balance_bill"], parts["noncovered"]), case["id"]


def half_up(amount: Fraction) -> Fraction:
    """To the cent, in integers: an independent way to round."""
    return Fraction(int(amount * 100 + Fraction(1, 2)), 100)


def by_hand(case: dict) -> Fraction:
    """The rules once more, in fractions and plain loops, from the text of the contract."""
    known = {key: Fraction(str(value)) for key, value in case.items() if not isinstance(value, bool | list)}
    years = case.get("years") or [(case["days"], known.get("ded_ind"), known.get("oop_ind"))]
    allowed, coins = known["allowed"], known.get("coins", Fraction(0))
    price = min(allowed, known.get("billed", allowed))
    total, seen = Fraction(0), 0
    for order, (days, ded_ind, oop_ind) in enumerate(years):
        pots = {"ded_ind": ded_ind, "oop_ind": oop_ind}
        if order == 0:
            pots |= {"ded_fam": known.get("ded_fam"), "oop_fam": known.get("oop_fam")}
        pots = {key: Fraction(str(value)) for key, value in pots.items() if value is not None}
        for _ in range(days):
            if seen >= known.get("visit_limit", 10**9):
                total += known["cash_day"]
                continue
            seen += 1
            candidates = [pots[key] for key in ("ded_ind", "ded_fam") if key in pots]
            if not case.get("embedded", True) and "ded_fam" in pots:
                candidates = [pots["ded_fam"]]
            deductible = min(candidates, default=Fraction(0)) if case.get("ded_applies", True) else Fraction(0)
            if "copay" in known and not case.get("copay_after_ded", False):
                deductible = Fraction(0)
            deductible = min(deductible, price)
            copay = min(known.get("copay", Fraction(0)), price - deductible)
            pay = half_up(deductible + copay + coins * (price - deductible - copay))
            pay = min([pay, *(pots[key] for key in ("oop_ind", "oop_fam") if key in pots)])
            for key in pots:
                pots[key] = max(Fraction(0), pots[key] - (min(deductible, pay) if key.startswith("ded") else pay))
            total += pay + max(Fraction(0), known.get("billed", Fraction(0)) - allowed)
    return total


DOLLARS = st.decimals(0, 3000, places=2)
PLENTY = st.decimals(0, 9000, places=2)
OPTIONAL = {
    "coins": st.decimals(0, 1, places=2),
    "copay": st.decimals(0, 200, places=2),
    "copay_after_ded": st.booleans(),
    "ded_ind": PLENTY,
    "ded_fam": PLENTY,
    "oop_ind": PLENTY,
    "oop_fam": PLENTY,
    "ded_applies": st.booleans(),
    "embedded": st.booleans(),
    "billed": DOLLARS,
}
REQUIRED = {"days": st.integers(1, 40), "allowed": DOLLARS}
YEARS = st.lists(st.tuples(st.integers(1, 15), PLENTY, PLENTY), min_size=1, max_size=3)
LIMIT = st.fixed_dictionaries({"visit_limit": st.integers(0, 45), "cash_day": DOLLARS})
PLAIN = st.fixed_dictionaries(REQUIRED, optional=OPTIONAL)
CASES = st.builds(
    lambda case, years, limit: {**case, **({"years": years} if years else {}), **(limit or {})},
    PLAIN, st.none() | YEARS, st.none() | LIMIT,
)  # fmt: skip


@given(CASES)
def test_a_second_implementation_agrees_to_the_cent(case):
    assert Fraction(estimate(**case).total) == by_hand(case)


@given(CASES)
def test_strings_of_python_literals_mean_the_same(case):
    text = {key: str(value) for key, value in case.items()}
    if "years" in case:
        text["years"] = str([(days, float(ded), float(oop)) for days, ded, oop in case["years"]])
    assert estimate(**text).total == estimate(**case).total


@given(CASES)
def test_nothing_is_negative_and_the_limit_holds(case):
    result = estimate(**case)
    assert min(result.low, result.cost_share.low, result.balance_bill.low, result.non_covered.low) >= 0
    assert result.total == result.cost_share.low + result.balance_bill.low + result.non_covered.low
    if "oop_ind" in case and "years" not in case:
        assert result.cost_share.high <= case["oop_ind"]


@given(
    PLAIN,
    st.sampled_from(["ded_ind", "ded_fam", "oop_ind", "oop_fam", "coins", "copay", "billed"]),
    st.decimals(0, 500, places=2),
)
def test_the_cost_rises_with_every_amount_the_patient_owes(case, key, more):
    if key not in case:
        return
    raised = min(case[key] + more, Decimal(1)) if key == "coins" else case[key] + more
    assert estimate(**{**case, key: raised}).total >= estimate(**case).total


@given(PLAIN, st.integers(1, 10))
def test_more_days_never_cost_less(case, more):
    assert estimate(**{**case, "days": case["days"] + more}).total >= estimate(**case).total


@given(PLAIN, st.lists(st.sampled_from(sorted(OPTIONAL)), unique=True, max_size=4), st.data())
def test_a_range_holds_every_answer_that_is_still_possible(case, unknown, data):
    limits = {"ded_ind": 9000, "ded_fam": 9000, "oop_ind": 9000, "oop_fam": 9000, "copay": 200}
    possible = {**case, **{key: data.draw(OPTIONAL[key], label=key) for key in unknown}}
    ends = {key: [0, limits[key]] if key in limits else None for key in unknown if key != "billed"}
    result = estimate(**{**possible, **ends})
    assert result.low <= estimate(**possible).total <= result.high
    assert {unknown.key for unknown in result.unknowns} <= set(ends)


@given(PLAIN, st.integers(0, 40), DOLLARS)
def test_an_unknown_visit_limit_holds_every_number_of_visits(case, visits, cash):
    case = {**case, "days": min(case["days"], 12), "cash_day": cash}
    result = estimate(**case, visit_limit=None)
    assert result.low <= estimate(**case, visit_limit=visits).total <= result.high


def test_unknown_inputs_are_ranked_by_how_much_they_narrow():
    result = estimate(days=36, allowed=300, coins=None, ded_ind=[0, 2000], oop_ind=5000)
    assert (result.total, result.low, result.high) == (None, 0, 5000)
    assert [unknown.key for unknown in result.unknowns] == ["coins", "ded_ind"]
    assert result.unknowns[0].narrows > result.unknowns[1].narrows


def test_worked_ranges():
    known = {"days": 36, "coins": ".2", "oop_ind": 5000}
    assert estimate(allowed=300, ded_ind=[0, 2000], **known).as_json() == {
        "total": None, "low": "2160.00", "high": "3760.00", "cost_share": None, "balance_bill": "0.00",
        "non_covered": "0.00", "unknowns": ["ded_ind"],
    }  # fmt: skip
    allowed = estimate(allowed=[250, 650], ded_ind=0, **known)
    assert (allowed.low, allowed.high) == (1800, 4680)


EVERYTHING = (
    "allowed coins copay copay_after_ded ded_ind ded_fam oop_ind oop_fam ded_applies embedded visit_limit cash_day billed"
).split()


def test_nothing_known_but_the_days_is_a_range_all_the_same():
    result = estimate(days=2, **dict.fromkeys(EVERYTHING))
    assert (result.total, result.low, result.high) == (None, 0, 2 * 1300)
    assert {unknown.key for unknown in result.unknowns} == set(EVERYTHING)
    narrows = [unknown.narrows for unknown in result.unknowns]
    assert narrows == sorted(narrows, reverse=True)


def test_every_part_of_a_day_is_in_whole_cents():
    days = {"days": 3, "visit_limit": 2, "billed": "200.005", "cash_day": "83.335"}
    result = estimate(allowed="100.333", coins=1, oop_ind="150.555", **days)
    assert [str(day.total) for day in result.days] == ["200.00", "149.90", "83.34"]
    assert result.total == result.cost_share.point + result.balance_bill.point + result.non_covered.point


def test_an_unknown_that_changes_nothing_leaves_a_point():
    result = estimate(days=36, allowed=300, coins=None, ded_ind="2983.57", oop_ind="2983.57")
    assert (result.total, result.unknowns) == (Decimal("2983.57"), ())


def test_a_dear_price_lowers_the_balance_bill():
    known = {"days": 1, "coins": ".2", "billed": 600}
    result = estimate(allowed=[250, 500], **known)
    assert (result.low, result.high) == (estimate(allowed=500, **known).total, estimate(allowed=250, **known).total)


def test_an_unknown_typical_price_is_named():
    assert estimate(days=36, allowed=None, coins=".2").notes == {"TYPICAL_ALLOWED"}
    assert estimate(days=36, allowed=300, visit_limit=30, cash_day=None).notes == {"TYPICAL_CASH_DAY"}
    assert estimate(days=36, allowed=300, coins=20).notes == {"NORMALIZED_PERCENT"}


def test_a_day_beyond_the_limit_is_never_free():
    assert estimate(days=2, allowed=300, visit_limit=1).non_covered.point == 300
    assert estimate(days=2, allowed=300, billed=350, visit_limit=1).non_covered.point == 350


def test_no_point_under_review():
    result = estimate(days=36, allowed=300, coins=".2", review=True)
    assert (result.total, result.low, result.high) == (None, 2160, 2160)


@pytest.mark.parametrize(("high", "wide"), [(3000, True), (100, False)])
def test_too_wide_a_range_asks_for_one_more_fact(high, wide):
    assert estimate(days=36, allowed=300, coins=".2", ded_ind=[0, high * 2]).is_too_wide is wide


def test_self_pay_is_weeks_times_the_weekly_price():
    assert self_pay(weeks=12, per_week=(Decimal(250), Decimal(600))).low == 3000
    assert self_pay(weeks=12, per_week=(Decimal(400), Decimal(400))).point == 4800


BAD = [
    {"days": 0}, {"days": -1}, {"days": "1.5"}, {"days": None}, {"days": True}, {"days": 10**6}, {"days": "x"},
    {"allowed": "NaN"}, {"allowed": "-1"}, {"allowed": "Infinity"}, {"allowed": "1,500"}, {"allowed": "$300"},
    {"allowed": float("nan")}, {"allowed": "1e999"}, {"allowed": "True"}, {"allowed": {}}, {"allowed": []},
    {"allowed": "[1, None]"}, {"coins": "101"}, {"coins": "-.1"}, {"copay": "__import__('os')"}, {"copay": "[" * 900},
    {"copay": "(" + "9" * 3000}, {"embedded": "1"}, {"ded_applies": "yes"}, {"visit_limit": "2.5"}, {"unknown": 1},
    {"years": "[]"}, {"years": "[(0, 0, 0)]"}, {"years": "[(1, 2)]"}, {"years": "[(5, -1, 0)]"}, {"years": "None"},
    {"years": 5}, {"review": "maybe"}, {"review": 3}, {"copay_every": 0}, {"copay": "\u0663"},
    {"ded_ind": 10**3000}, {"ded_ind": "9" * 3000}, {"ded_ind": "9" * 1_000_000},
]  # fmt: skip


@pytest.mark.parametrize("change", BAD, ids=lambda change: str(change)[:40])
def test_bad_inputs_are_refused_by_name(change):
    (key,) = change
    with pytest.raises(CaseError, match=key):
        estimate(**{"days": 36, "allowed": 300, **change})


@pytest.mark.parametrize("missing", ["days", "allowed"])
def test_days_and_price_are_needed(missing):
    with pytest.raises(CaseError, match=missing):
        estimate(**{key: 36 for key in ("days", "allowed") if key != missing})


def test_unknowns_without_end_are_refused_instead_of_worked_out_for_minutes():
    case = dict.fromkeys(["ded_ind", "ded_fam", "oop_ind", "oop_fam", "coins", "copay", "cash_day", "visit_limit"])
    with pytest.raises(CaseError, match="too many"):
        estimate(days=1000, allowed=None, **case)
    with pytest.raises(CaseError, match="too many"):
        estimate(allowed=100, years=[(1, None, None)] * 500)


@given(st.dictionaries(st.sampled_from(["days", "allowed", "coins", "copay", "years", "embedded", "visit_limit"]),
                       st.text(max_size=12) | st.integers() | st.floats() | st.none() | st.booleans()))  # fmt: skip
def test_any_inputs_give_an_estimate_or_a_reason(case):
    reason = ""
    try:
        assert estimate(**case).low >= 0
    except CaseError as error:
        reason = str(error)
    assert not reason or ":" in reason or "too many" in reason


def printed(tmp_path, content) -> tuple[list[dict], str]:
    path = tmp_path / "cases.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    out, failure = StringIO(), ""
    try:
        call_command("estimate_cost", str(path), stdout=out)
    except CommandError as error:
        failure = str(error)
    return [json.loads(line) for line in out.getvalue().splitlines()], failure


def test_the_command_prints_a_line_a_case_and_fails_if_one_is_bad(tmp_path):
    good = {"id": "E02", "inputs": {"days": "36", "allowed": "300", "coins": "0.20", "ded_ind": "1500"}}
    lines, failure = printed(tmp_path, {"cases": [good, {"id": "N3", "inputs": {"days": "0", "allowed": "1"}}, 7]})
    assert lines[0] == {
        "id": "E02", "total": "3360.00", "low": "3360.00", "high": "3360.00", "cost_share": "3360.00",
        "balance_bill": "0.00", "non_covered": "0.00", "unknowns": [],
    }  # fmt: skip
    assert lines[1]["id"] == "N3"
    assert lines[1]["error"].startswith("days")
    assert lines[2] == {"id": None, "error": "inputs: are missing"}
    assert failure == "2 of 3 cases cannot be estimated"


def test_a_number_too_long_to_read_is_the_fault_of_its_case_alone(tmp_path):
    content = '{"cases": [{"inputs": {"days": 2, "allowed": %s}}, {"inputs": {"days": 1, "allowed": 5}}]}' % (
        "9" * 9000
    )
    lines, failure = printed(tmp_path, content)
    assert "allowed" in lines[0]["error"]
    assert (lines[1]["total"], failure) == ("0.00", "1 of 2 cases cannot be estimated")


def test_null_is_unknown_and_absent_is_no_such_term(tmp_path):
    known = {"days": "36", "allowed": "300", "coins": "0.20", "oop_ind": "5000"}
    cases = [{"id": "a", "inputs": known}, {"id": "b", "inputs": {**known, "ded_ind": None}}]
    (absent, null), failure = printed(tmp_path, cases)
    assert (absent["total"], null["total"], failure) == ("2160.00", None, "")
    assert (null["low"], null["high"], null["unknowns"]) == ("2160.00", "5000.00", ["ded_ind"])


@pytest.mark.parametrize("content", ["", "[", "5", '{"cases": 3}', "[" * 100_000])
def test_a_file_without_cases_is_refused_in_words(tmp_path, content):
    lines, failure = printed(tmp_path, content)
    assert (lines, bool(failure)) == ([], True)


def test_a_missing_file_is_refused_in_words(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("estimate_cost", str(tmp_path / "none"))


def test_plan_years_replace_days_even_if_they_are_unknown():
    assert estimate(days=None, allowed=100, coins=1, years=[(2, 0, None)]).high == 200
    assert [u.key for u in estimate(allowed=100, coins=1, years=[(2, 0, None)]).unknowns] == ["years[0].oop_ind"]


def test_half_a_cent_goes_up_on_each_day():
    daily = Decimal("287.35") * Decimal(".15")
    assert estimate(days=1, allowed="287.35", coins=".15").total == daily.quantize(Decimal(".01"), ROUND_HALF_UP)
    assert estimate(days=2, allowed="0.10", coins=".05").total == Decimal(".02")
