"""What a 271's lines mean. Each test writes the few lines that matter; envelopes are added around them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance.messages import Fact
from insurance.reading import benefits, default_condition
from insurance.states import Determination
from insurance.x12.response_271 import read
from tests.insurance.x12.messages import answer, interchange

ACTIVE = "EB*1**30*PR*EXAMPLE PPO"


def found(*lines: str, condition="mh", member: tuple[str, ...] = ()):
    return benefits(read(answer(*lines, member=member)), condition=condition)


def base(*lines: str, network="in", condition="mh"):
    return found(ACTIVE, *lines, condition=condition).tier(network)


@pytest.mark.parametrize(
    ("lines", "condition", "determination", "level"),
    [
        ((), "mh", "unknown", 0),
        (("EB*1**30",), "mh", "active_iop_unconfirmed", 1),
        (("EB*1*IND",), "mh", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*1**MH"), "mh", "active_iop_unconfirmed", 2),
        (("EB*1**30", "EB*1**CH^CJ"), "sud", "active_iop_unconfirmed", 2),
        (("EB*1**30", "EB*A*IND*MH*****.2****Y"), "mh", "active_iop_unconfirmed", 2),
        (("EB*1**30", "EB*A*IND*CH*****.2****Y"), "mh", "covered", 3),
        (("EB*1**30", "EB*A*IND*CH*****.2****Y"), "sud", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*A*IND*CJ*****.2****Y"), "sud", "covered", 3),
        (("EB*1**30", "EB*B*IND*A8***27*40****Y*Y"), "mh", "covered_auth_required", 3),
        (("EB*1**30", "EB*B*IND****27*40****N*Y*HC:H0015"), "sud", "covered", 3),
        (("EB*1**30", "EB*A*IND*CH*********Y"), "mh", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*A*IND*CH*****.2****Y", "III*ZZ*11"), "mh", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*1**A6", "EB*A*IND*A6*****.2****Y"), "mh", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*A*IND*CG^A7^BB*****.2****Y"), "mh", "active_iop_unconfirmed", 1),
        (("EB*6**30",), "mh", "inactive", 0),
        (("EB*6**30", "EB*1**MH"), "mh", "inactive", 0),
        (("EB*5**30",), "mh", "pending_investigation", 1),
        (("EB*1**30", "EB*5**CJ", "EB*A*IND*CJ*****.2****Y"), "sud", "pending_investigation", 3),
        (("EB*1**30", "EB*1**CJ", "EB*5**MH", "EB*A*IND*CJ*****.2****Y"), "sud", "covered", 3),
        (("EB*1**30", "EB*1**MH**********HC:H0015"), "sud", "covered", 3),
        (("EB*1**30", "EB*I**CJ"), "sud", "not_covered", 1),
        (("EB*1**30", "EB*E**CJ"), "sud", "not_covered", 1),
        (("EB*1**30", "EB*1**MH", "EB*I**CJ"), "sud", "not_covered", 2),
        (("EB*1**30", "EB*6**CJ"), "sud", "not_covered", 1),
        (("EB*1**30", "EB*I**CJ"), "mh", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*I**MH", "EB*A*IND*CH*****.2****Y"), "mh", "covered", 3),
        (("EB*1**30", "EB*I*IND*CH*********N", "EB*A*IND*CH*****.2****Y"), "mh", "covered", 3),
        (("EB*1**30", "EB*E**CH", "MSG*COURT ORDERED TREATMENT EXCLUDED", "EB*A*IND*CH*****.2****Y"), "mh", "covered", 3),
        (("EB*1**30", "EB*U**MH^CJ"), "sud", "carve_out_contact", 1),
        (("EB*1**30", "EB*U**35"), "sud", "active_iop_unconfirmed", 1),
        (("EB*1**30*MC", "EB*Y*IND*30*MC**34*250"), "mh", "active_iop_unconfirmed", 1),
        (("EB*1**30", "EB*A*IND*CH*****.2****Y", "EB*F*IND*CH***29***VS*0**Y"), "mh", "limit_exhausted", 3),
        (("EB*1**30", "EB*A*IND*CH*****.2****Y", "EB*F*IND*CH***29***VS*0"), "mh", "limit_exhausted", 3),
        (("EB*A*IND*CH*****.2****Y",), "mh", "unknown", 0),
    ],
)  # fmt: skip
def test_determination_and_evidence(lines, condition, determination, level):
    result = found(*lines, condition=condition)
    assert (result.determination, result.evidence_level) == (determination, level)


NO_NETWORK = ("MSG*NO OUT OF NETWORK BENEFITS EXCEPT EMERGENCY",)


def test_a_program_out_of_network_of_a_plan_without_such_benefits_is_not_covered():
    lines = ("EB*1**30", "MSG*PROVIDER IS OUT NETWORK FOR MEMBER", "EB*A*IND*CH*****.2****Y", "EB*I*IND*CH*********N")
    result = found(*lines, *NO_NETWORK)
    assert (result.program_network, result.determination) == ("out", "not_covered_out_of_network")


@pytest.mark.parametrize("code", ["71", "72", "75", "76"])
def test_a_member_who_was_not_found_is_rejected_whatever_else_is_there(code):
    result = found(ACTIVE, member=(f"AAA*N**{code}*C",))
    assert (result.determination, result.evidence_level, result.tiers) == ("rejected", 0, ())


def test_a_payer_that_could_not_answer_tells_nothing_about_the_member():
    assert found(ACTIVE, member=("AAA*Y**42*R",)).determination == "unknown"


def test_a_rejection_for_out_of_network_is_a_fact_about_the_program():
    assert found(member=("AAA*Y**35*N",)).program_network == "out"


def test_the_most_specific_service_type_sets_each_value():
    lines = ("EB*A*IND*30*****.5****Y", "EB*A*IND*MH*****.2****Y", "EB*A*IND*CJ*****.3****Y")
    coinsurance = base(*lines, condition="sud").coinsurance
    assert (coinsurance.value, coinsurance.source.stc, coinsurance.source.line) == (Decimal(".3"), "CJ", 4)


def test_office_terms_price_an_iop_only_for_want_of_others_and_say_so():
    office = ("EB*A*IND*MH*****.1****Y", "MSG*OFFICE VISIT")
    assert base(*office, "EB*A*IND*30*****.4****Y").coinsurance.value == Decimal(".4")
    tier = base(*office)
    assert (tier.coinsurance.value, tier.proxy) == (Decimal(".1"), True)
    assert "PROXY_ONLY" in found(ACTIVE, *office).flags


@pytest.mark.parametrize(
    ("percent", "value", "flag"),
    [(".2", ".2", None), ("0", "0", None), ("20", ".2", "NORMALIZED_PERCENT"), ("", None, "MISSING_PERCENT")],
)
def test_coinsurance_is_the_patients_share_and_blank_is_unknown(percent, value, flag):
    result = found(ACTIVE, f"EB*A*IND*CH*****{percent}****Y")
    coinsurance = result.tier("in").coinsurance
    assert coinsurance.value == (None if value is None else Decimal(value))
    assert (coinsurance.low, coinsurance.high) == ((0, 1) if value is None else (coinsurance.value,) * 2)
    assert result.flags == ((flag,) if flag else ())
    assert not result.review


@pytest.mark.parametrize(
    ("percent", "reason"),
    [("1", "PATIENT_PAYS_ALL"), ("100", "PATIENT_PAYS_ALL"), ("-.2", "BAD_PERCENT"), ("250", "BAD_PERCENT")],
)
def test_a_doubtful_share_goes_to_review(percent, reason):
    assert reason in found(ACTIVE, f"EB*A*IND*CH*****{percent}****Y").review


def test_a_copay_is_not_a_coinsurance_even_if_the_payer_mixed_them_up():
    result = found(ACTIVE, "EB*A*IND*CH***27*40*****Y", "EB*B*IND*CH***27**.2****Y")
    tier = result.tier("in")
    assert (tier.coinsurance.value, tier.copay.value) == (None, None)
    assert {"UNEXPECTED_AMOUNT", "UNEXPECTED_PERCENT", "MISSING_AMOUNT", "MISSING_PERCENT"} <= set(result.flags)


@pytest.mark.parametrize(
    ("period", "unit"), [("27", "visit"), ("7", "visit"), ("35", "week"), ("34", "month"), ("26", "episode")]
)
def test_a_copay_has_a_unit(period, unit):
    assert base(f"EB*B*IND*CH***{period}*40*****Y").copay.unit == unit


@pytest.mark.parametrize(
    ("amounts", "remaining"),
    [
        (("23*1500", "29*600"), (600, 600, 600)),
        (("29*600",), (600, 600, 600)),
        (("23*1500", "24*900"), (600, 600, 600)),
        (("23*6850", "24*5555.16", "29*1294.84"), (Decimal("1294.84"),) * 3),
        (("23*0",), (0, 0, 0)),
        (("23*1500",), (None, 0, 1500)),
        (("23*1500", "24*2000", "29*0"), (0, 0, 0)),
    ],
)
def test_what_is_left_of_a_deductible(amounts, remaining):
    result = found(ACTIVE, *(f"EB*C*IND*30***{amount}*****Y" for amount in amounts))
    left = result.tier("in").deductible["individual"].remaining
    assert (left.value, left.low, left.high) == remaining
    assert not result.review


@pytest.mark.parametrize(
    ("amounts", "reason", "low", "high"),
    [
        (("23*1500", "29*1800"), "REMAINING_ABOVE_TOTAL", 1500, 1800),
        (("23*1500", "24*1000", "29*600"), "ARITHMETIC", 500, 600),
        (("29*500", "29*600"), "CONFLICT", 500, 600),
        (("23*1500", "29*-5"), "NEGATIVE_AMOUNT", 0, 1500),
    ],
)
def test_amounts_that_contradict_each_other_are_a_range_and_a_review(amounts, reason, low, high):
    result = found(ACTIVE, *(f"EB*C*IND*30***{amount}*****Y" for amount in amounts))
    left = result.tier("in").deductible["individual"].remaining
    assert (left.value, left.low, left.high) == (None, low, high)
    assert reason in result.review


def test_the_pot_of_a_service_is_not_mixed_with_the_plans():
    tier = base("EB*C*IND*30***23*500*****Y", "EB*C*IND*30***29*100*****Y", "EB*C*IND*MH***29*900*****Y")
    assert tier.deductible["individual"].remaining.value == 900
    assert tier.deductible["individual"].total is None


def test_lines_for_both_networks_count_in_each_unless_a_line_is_for_one():
    lines = ("EB*C*IND*30***29*100*****W", "EB*C*IND*30***29*300*****N", "EB*A*IND*CH*****.2****W")
    assert base(*lines).deductible["individual"].remaining.value == 100
    assert base(*lines, network="out").deductible["individual"].remaining.value == 300
    assert base(*lines, network="out").coinsurance.value == Decimal(".2")


def test_a_line_of_no_network_stays_in_a_tier_of_its_own():
    result = found(ACTIVE, "EB*A*IND*CH*****.2", "EB*B*IND*CH***27*5*****Y")
    assert (result.tier("unknown").coinsurance.value, result.tier("in").copay.value) == (Decimal(".2"), 5)


def test_differing_values_with_differing_tier_texts_are_tiers():
    lines = ("EB*A*IND*CH*****.2****Y", "EB*A*IND*CH*****0****Y", "MSG*HIGHEST BENEFIT")
    result = found(ACTIVE, *lines)
    assert result.tier("in").coinsurance.value == Decimal(".2")
    assert result.tier("in", "highest benefit").coinsurance.value == 0
    assert not result.review


def test_an_unknown_sentence_makes_a_tier_where_nothing_else_tells_values_apart():
    lines = ("EB*A*IND*CH*****.2****Y", "EB*A*IND*CH*****.1****Y", "MSG*BLUE DISTINCTION SITES")
    result = found(ACTIVE, *lines)
    assert result.tier("in").coinsurance.value == Decimal(".2")
    assert result.tier("in", "blue distinction sites").coinsurance.value == Decimal(".1")
    assert "TIER_BY_UNKNOWN_TEXT" in result.flags


def test_differing_values_that_no_text_tells_apart_are_a_conflict():
    result = found(ACTIVE, "EB*A*IND*CH*****.2****Y", "EB*A*IND*CH*****.3****Y")
    coinsurance = result.tier("in").coinsurance
    assert (coinsurance.value, coinsurance.low, coinsurance.high) == (None, Decimal(".2"), Decimal(".3"))
    assert (result.review, result.question) == (("CONFLICT",), "review")


@pytest.mark.parametrize(
    "limit",
    [
        ("EB*F*IND*CH***23***VS*30**Y", "EB*F*IND*CH***29***VS*18**Y"),
        ("EB*F*IND*CH*********Y", "HSD*VS*30***23", "EB*F*IND*CH*********Y", "HSD*VS*18***29"),
        ("EB*F*IND*CH***23***DY*30**Y", "EB*F*IND*CH***24***DY*12**Y"),
    ],
)
def test_visit_limits_come_in_the_line_or_in_an_hsd(limit):
    visits = base(*limit).visit_limit
    assert (visits.total.value, visits.remaining.value) == (30, 18)


@pytest.mark.parametrize(
    ("lines", "total", "left"),
    [
        (("EB*F*IND*CH***23***VS*30**Y", "EB*F*IND*CH***23***99*12**Y"), 30, 18),
        (("EB*A*IND*CH*****.2****Y", "HSD*VS*20***23"), 20, None),
        (("EB*1**CH*********Y", "HSD*VS*20.0***23", "EB*B*IND*CH***27*40*****Y"), 20, None),
    ],
)
def test_visits_may_be_told_in_other_places(lines, total, left):
    visits = base(*lines).visit_limit
    assert (visits.total.value, visits.remaining.value) == (total, left)


def test_a_frequency_is_no_limit():
    assert found(ACTIVE, "EB*F*IND*CH*********Y", "HSD*VS*2*WK").tier("in") is None


@pytest.mark.parametrize(
    "limit",
    [
        ("EB*F*IND*CH***23***HS*60**Y",),
        ("EB*F*IND*CH***23*5000*****Y",),
        ("EB*F*IND*CH***34***VS*4**Y",),
        ("EB*F*IND*CH*********Y", "HSD*VS*2*WK"),
    ],
)
def test_a_limit_that_cannot_be_counted_is_pointed_out(limit):
    assert "LIMIT_NOT_COUNTED" in found(ACTIVE, *limit).flags


def test_half_a_quantity_rejects_its_line_and_calls_a_person():
    result = found(ACTIVE, "EB*F*IND*CH***29***VS***Y")
    assert result.tier("in") is None
    assert "UNPAIRED_QUANTITY" in result.review


@pytest.mark.parametrize(
    ("mark", "message", "authorization"),
    [("Y", "", "yes"), ("N", "", "no"), ("U", "", "unknown"), ("", "", "unknown"),
     ("", "PRIOR AUTHORIZATION REQUIRED", "yes"), ("", "PRECERTIFICATION NOT REQUIRED", "no")],
)  # fmt: skip
def test_only_n_means_no_authorization(mark, message, authorization):
    lines = [f"EB*A*IND*CH*****.2***{mark}*Y", *([f"MSG*{message}"] if message else [])]
    assert base(*lines).authorization == authorization


def test_yes_and_no_to_authorization_is_a_review():
    assert "AUTHORIZATION_CONFLICT" in found(ACTIVE, "EB*A*IND*CH*****.2***Y*Y", "EB*B*IND*CH***27*5****N*Y").review


def test_the_benefits_network_is_not_the_programs():
    assert found(ACTIVE, "EB*A*IND*CH*****.2****Y").program_network == "unknown"
    assert found(ACTIVE, "MSG*PROVIDER IS IN NETWORK").program_network == "in"
    both = found(ACTIVE, "MSG*PROVIDER IS IN NETWORK", "MSG*PROVIDER IS OUT NETWORK FOR MEMBER")
    assert (both.program_network, both.review) == ("unknown", ("NETWORK_CONFLICT",))


def test_a_carve_out_names_whom_to_call():
    lines = (
        "EB*U**MH",
        "LS*2120",
        "NM1*VN*2*SAMPLE BEHAVIORAL*****PI*SBHC1",
        "PER*IC**TE*8005550100*UR*X.EXAMPLE",
        "LE*2120",
    )
    (contact,) = found(ACTIVE, *lines).contacts
    assert (contact.role, contact.name, contact.payer_code, contact.phones) == (
        "administrator", "SAMPLE BEHAVIORAL", "SBHC1", ("8005550100",),
    )  # fmt: skip


def test_another_insurer_makes_the_price_an_upper_bound_and_asks_who_pays_first():
    result = found(ACTIVE, "EB*R**30*C1", "EB*A*IND*CH*****.2****Y")
    assert ("OTHER_PAYER" in result.flags, result.question) == (True, "primary")
    assert "OTHER_PAYER" not in found(ACTIVE, "EB*R**88*OT").flags


def test_two_active_plans_are_read_apart():
    lines = ("EB*1**30*PR*PLAN A", "EB*A*IND*CH*****.2****Y", "EB*1**30*PR*PLAN B", "EB*A*IND*CH*****.5****Y")
    result = found(*lines)
    assert [(tier.plan, tier.coinsurance.value) for tier in result.tiers] == [
        ("PLAN A", Decimal(".2")),
        ("PLAN B", Decimal(".5")),
    ]
    assert ("TWO_PLANS" in result.flags, result.review) == (True, ())


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("EB*1**30*MC", "EB*1**30*MA"), "DUAL_ELIGIBLE"),
        (("EB*1**30*QM",), "QUALIFIED_MEDICARE_BENEFICIARY"),
        (("EB*1**30", "MSG*NEWBORN COVERED UNDER MOTHER"), "NEWBORN"),
        (("EB*1**30", "EB*ZZ**CH"), "UNKNOWN_CODE"),
        (("EB*6**30", "EB*1**MH"), "INACTIVE_AND_ACTIVE"),
        (("EB*1**30", "EB*1**CH", "EB*I**CH"), "COVERED_AND_EXCLUDED"),
        (("EB*1**30", "MSG*INTENSIVE OUTPATIENT NOT COVERED"), "EXCLUDED_BY_TEXT"),
        (("EB*1**30", "EB*A*IND*CH*****.2****Y", "MSG*FREE STANDING FACILITIES EXCLUDED"), "EXCLUDED_BY_TEXT"),
    ],
)
def test_what_a_person_has_to_look_at(lines, reason):
    assert reason in found(*lines).review


def test_a_past_gap_does_not_end_a_plan():
    assert found("EB*1**30", "EB*6", "DTP*307*RD8*20250901-20250930").determination == "active_iop_unconfirmed"
    assert found("EB*6**30", "DTP*307*RD8*20250901-20250930").determination == "inactive"


def test_a_deductible_met_by_the_family_alone_is_not_embedded():
    lines = ("EB*C*FAM*30***29*0*****Y", "MSG*DEDUCTIBLE IS MET WHEN FAMILY AMOUNT IS SATISFIED")
    assert base(*lines).embedded is False


def test_an_in_network_limit_above_the_legal_maximum_is_flagged():
    assert "ABOVE_LEGAL_MAXIMUM" in found(ACTIVE, "EB*G*IND*30***23*15000*****Y").flags


def test_a_plan_whose_period_is_over_is_flagged():
    assert "PLAN_PERIOD_ENDED" in found(ACTIVE, member=("DTP*291*RD8*20240101-20241231",)).flags


@pytest.mark.parametrize(
    ("lines", "question"),
    [
        (("EB*6**30",), "other_coverage"),
        (("EB*1**30",), "covered"),
        (("EB*1**30", "EB*A*IND*CH*****.2***N*Y"), "network"),
        (("EB*1**30", "MSG*PROVIDER IS IN NETWORK", "EB*A*IND*CH*****.2****Y"), "authorization"),
        (("EB*1**30", "MSG*PROVIDER IS IN NETWORK", "EB*A*IND*CH*****.2***N*Y"), "deductible"),
        (("EB*1**30", "MSG*PROVIDER IS IN NETWORK", "EB*A*IND*CH*****.2***N*Y", "EB*C*IND*30***29*0*****Y"), "out_of_pocket"),
        (("EB*1**30", "MSG*PROVIDER IS OUT NETWORK", "EB*A*IND*CH*****.2***N*Y"), "out_of_network_terms"),
        (("EB*1**30*MC", "EB*Y*IND*30*MC**34*250"), "spend_down"),
        (("EB*1**30", "EB*U**MH"), "administrator"),
        (("EB*5**30",), "investigation"),
    ],
)  # fmt: skip
def test_the_next_question_follows_the_call(lines, question):
    result = found(*lines)
    assert (result.question, bool(result.next_question)) == (question, True)


def test_condition_follows_the_codes_of_the_file():
    assert default_condition(read(answer("EB*1**30"))) == "mh"
    assert default_condition(read(answer("EB*1**AJ"))) == "sud"


def test_two_copay_units_are_a_conflict():
    assert "CONFLICT" in found(ACTIVE, "EB*B*IND*CH***27*40*****Y", "EB*B*IND*CH***35*40*****Y").review


def test_an_amount_without_a_level_is_taken_for_the_individuals_and_flagged():
    result = found(ACTIVE, "EB*C**30***29*600*****Y")
    assert (list(result.tier("in").deductible), result.flags) == (["individual"], ("LEVEL_ASSUMED",))


def test_what_the_text_says_can_be_asked_for():
    assert found(ACTIVE, "MSG*FUNDING TYPE = SELF INSURED").says(Fact.SELF_INSURED)


def test_only_iop_can_be_read():
    with pytest.raises(ValueError, match="only iop"):
        benefits(read(answer("EB*1**30")), level_of_care="php", condition="mh")


def test_malformed_and_several_members_are_for_a_person():
    broken = read(answer("EB*1**30").replace(b"SE*12", b"SE*13"))
    assert benefits(broken, condition="mh").review == ("MALFORMED",)
    assert benefits(read(answer()[:-1]), condition="mh").determination == "unknown"
    body = ("BHT*0022*11*B*20260302*1000", "HL*1**20*1", "NM1*PR*2*X*****PI*1")
    two = interchange(*body, "HL*2*1*22*0", "NM1*IL*1*A", "EB*1**30", "HL*3*1*22*0", "NM1*IL*1*B", "EB*1**30")
    assert benefits(read(two), condition="mh").review == ("SEVERAL_MEMBERS",)
    assert benefits(read(interchange(*body)), condition="mh").review == ("NO_MEMBER",)


CODES = st.sampled_from("1 5 6 A B C F G E I U Y R MC 7 D ZZ".split())
TYPES = st.sampled_from(["30", "MH", "CH", "CJ", "CH^CJ", "A6", "", "88"])
AMOUNTS = st.sampled_from(["", "0", "1500", "600", "-5", "20", ".2", "1", "9999999999"])
LINE = st.builds(
    "EB*{}*{}*{}***{}*{}*{}*{}*{}*{}*{}".format,
    CODES, st.sampled_from(["", "IND", "FAM"]), TYPES, st.sampled_from(["", "23", "24", "29", "27", "35", "XX"]),
    AMOUNTS, AMOUNTS, st.sampled_from(["", "VS"]), AMOUNTS, st.sampled_from(["", "Y", "N", "U"]),
    st.sampled_from(["", "Y", "N", "W", "U"]),
)  # fmt: skip
BELOW = st.sampled_from(["MSG*HIGHEST BENEFIT", "MSG*SOMETHING ELSE", "III*ZZ*11", "HSD*VS*10***29", "AAA*Y**53*N"])


@given(st.lists(LINE | BELOW, max_size=15), st.sampled_from(["mh", "sud"]))
def test_whatever_the_lines_covered_needs_evidence_and_amounts_are_never_negative(lines, condition):
    result = found(*lines, condition=condition)
    if result.determination in (Determination.COVERED, Determination.COVERED_AUTH_REQUIRED):
        assert result.evidence_level == 3
    for tier in result.tiers:
        for value in (tier.coinsurance, tier.copay):
            assert value is None or (value.low <= (value.high if value.high is not None else value.low))
        for accumulator in (*tier.deductible.values(), *tier.out_of_pocket.values()):
            left = accumulator.remaining
            assert left is None or (left.low >= 0 and (left.value is None or left.value >= 0))
