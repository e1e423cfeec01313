"""What an answer may never be taken for. Each case was a "covered" too many, or a sure word on shaky ground."""

import pytest

from insurance.pricing import ProgramTerms, price
from insurance.reading import benefits
from insurance.reading_json import response_json
from insurance.x12.response_271 import read
from tests.insurance.x12.messages import answer

PLAN, TERMS = "EB*1**30*PR*EXAMPLE PPO", "EB*A*IND*CH*****.2****Y"


def found(*lines: str, member: tuple[str, ...] = ()):
    return benefits(read(answer(*lines, member=member)), condition="mh")


@pytest.mark.parametrize(
    ("lines", "determination", "review"),
    [
        (("EB*1**30", "EB*5**30", TERMS), "pending_investigation", ("PENDING_AND_ACTIVE",)),
        (("EB*1**30**PLAN A", "EB*5**30**PLAN B", TERMS), "pending_investigation", ("PENDING_AND_ACTIVE",)),
        (("EB*1**30", "EB*1**CH", "EB*5**CH", TERMS), "pending_investigation", ("PENDING_AND_ACTIVE",)),
        ((PLAN, "EB*1**MH", "MSG*MENTAL HEALTH IS CARVED OUT TO MAGELLAN", TERMS), "carve_out_contact", ("CARVED_OUT_BY_TEXT",)),
        ((PLAN, "EB*U**MH", "MSG*BEHAVIORAL HEALTH ADMINISTERED BY OTHER CO"), "carve_out_contact", ()),
        ((PLAN, TERMS, "III*ZZ*21"), "active_iop_unconfirmed", ()),
        ((PLAN, TERMS, "III*ZZ*11", "III*ZZ*53"), "covered", ()),
        ((PLAN, TERMS, "EB*N**CH"), "covered", ("RESTRICTED_TO_PROVIDER",)),
        ((PLAN, "EB*1**MH**********hc:h0015:HF"), "covered", ()),
        ((PLAN, "EB*1**MH**********S9480"), "covered", ()),
        ((PLAN, TERMS, "EB*I**MH**********HC:S9480"), "not_covered", ()),
        ((PLAN, "EB*I**CH*********Y", "MSG*NOT COVERED, TELEPHONE MEMBER SERVICES"), "not_covered", ()),
        ((PLAN, TERMS, "MSG*FOR QUESTIONS TELEPHONE 800-555-0100"), "covered", ()),
        (("EB*1**30*MC*QMB ONLY",), "active_iop_unconfirmed", ("QUALIFIED_MEDICARE_BENEFICIARY",)),
        (("EB*1**30*MC", "EB*R**30*HN"), "active_iop_unconfirmed", ("DUAL_ELIGIBLE",)),
    ],
)  # fmt: skip
def test_what_may_be_said(lines, determination, review):
    result = found(*lines)
    assert (result.determination, result.review) == (determination, review)


@pytest.mark.parametrize(
    "approval",
    [
        ("EB*1**MH********Y*Y*HC:H0015",),
        ("EB*1**CH*********Y", "MSG*PRIOR AUTHORIZATION REQUIRED", "EB*F*IND*CH***23***VS*30**Y"),
        ("EB*F*IND*CH***23***VS*30*Y*Y",),
        ("EB*C*IND*CH***29*0****Y*Y",),
        ("EB*1**MH********Y*Y", TERMS),
        ("EB*2**CH********Y*Y", TERMS),
        ("EB*1**CH********Y", TERMS),
        (TERMS, "EB*D**CH*********Y", "MSG*PRECERTIFICATION IS REQUIRED"),
    ],
)
def test_approval_in_advance_is_never_left_out_of_covered(approval):
    assert found(PLAN, *approval).determination == "covered_auth_required"


@pytest.mark.parametrize(
    ("lines", "authorization"),
    [
        (("EB*1**MH********N*Y", TERMS), "unknown"),
        (("EB*1**30********Y*Y", TERMS), "unknown"),
        (("EB*1**30********Y*Y", "EB*A*IND*30*****.2****Y"), "yes"),
        (("EB*1**MH********Y*Y", "EB*1**CH********N*Y", TERMS), "no"),
        (("EB*1**CH********Y*N", TERMS), "unknown"),
    ],
)
def test_a_general_line_says_less_of_approval_than_a_specific_one(lines, authorization):
    assert found("EB*1**30*PR*EXAMPLE PPO", *lines).tier("in").authorization == authorization


OVER = (
    ((PLAN, TERMS), ("DTP*291*RD8*20240101-20241231",)),
    ((PLAN, TERMS), ("DTP*346*D8*20250101", "DTP*347*D8*20251231")),
    (("EB*1**30", "DTP*307*RD8*20240101-20241231", TERMS), ()),
    (("EB*1**30", "DTP*357*D8*20251231", TERMS), ()),
)


@pytest.mark.parametrize(("lines", "member"), OVER)
def test_a_plan_whose_period_is_over_is_not_called_covered_and_gives_no_single_figure(lines, member):
    amounts = ("EB*C*IND*30***29*0*****Y", "EB*G*IND*30***29*5000*****Y")
    result = found(*lines, *amounts, member=member)
    assert (result.determination, result.question, result.review) == ("active_iop_unconfirmed", "period", ())
    assert "PLAN_PERIOD_ENDED" in result.flags
    estimate = price(result, ProgramTerms(days=36, network="in", allowed=300))
    assert (estimate.total, estimate.under_review) == (None, True)
    assert {"PERIOD_ENDED", "NOT_CONFIRMED"} <= estimate.notes


@pytest.mark.parametrize(
    ("lines", "member"),
    [
        ((PLAN, TERMS), ("DTP*291*RD8*20250101-20251231", "DTP*291*RD8*20260101-20261231")),
        ((PLAN, TERMS), ("DTP*472*RD8*20250101-20250102",)),
        ((PLAN, "DTP*307*RD8*20260101-20261231", TERMS), ("DTP*291*RD8*20250101-20251231",)),
    ],
)
def test_a_plan_with_a_later_period_goes_on(lines, member):
    result = found(*lines, member=member)
    assert (result.determination, result.flags) == ("covered", ())


REFUSALS = {
    "TA1": b"TA1*000000101*260302*1000*R*006~",
    "999": b"ST*999*0009*005010X231A1~AK1*HS*101~IK5*R*5~AK9*P*1*1*0~SE*5*0009~",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_beside_an_answer_leaves_nothing_of_the_answer(kind):
    data = answer(PLAN, TERMS)
    before = b"GS*HB" if kind == "TA1" else b"GE*1*201"
    data = data.replace(before, REFUSALS[kind] + before).replace(b"GE*1*201", b"GE*%d*201" % (1 + (kind == "999")))
    response = read(data)
    assert (response.problems, response.is_rejected) == ((), True)
    content = response_json(response, "mh")
    shown = content["transactions"][0]["subscribers"][0]["benefits"]
    assert (content["verdict"], shown["determination"], shown["tiers"]) == ("rejected", "unknown", [])
    result = benefits(response, condition="mh")
    assert (result.determination, result.review) == ("unknown", ("REFUSED_BESIDE_ANSWER",))
