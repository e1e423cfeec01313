import pytest

from insurance.aaa import RULES, Class, Variation, explain, judge
from insurance.models.route import Detail
from insurance.x12.lines import AAA
from payersim.scenarios import LOOP_OF


def aaa(code: str, followup: str = "C", loop: str = "") -> AAA:
    return AAA(loop=loop or LOOP_OF.get(code, "2100C"), code=code, followup=followup, valid="Y", segment=10)


@pytest.mark.parametrize(
    ("codes", "klass"),
    [
        ("42", "wait"), ("80", "wait"), ("79", "wait"), ("42 79", "wait"), ("42 80 79", "wait"),
        ("41", "config"), ("T4", "config"), ("04", "config"), ("43", "config"), ("51", "config"), ("E8", "config"),
        ("35", "hard"), ("53", "hard"), ("98", "hard"), ("ZZ", "hard"),
        ("71", "fix"), ("72", "fix"), ("75", "fix"), ("62", "fix"), ("15", "fix"), ("67", "fix"),
        ("43 75", "config"), ("75 42", "fix"), ("43 42", "config"), ("35 75", "hard"), ("79 75", "fix"),
    ],
)  # fmt: skip
def test_codes_together_are_judged_by_who_can_mend_them(codes, klass):
    assert judge(aaa(code) for code in codes.split()).klass == klass


def test_a_refused_payer_code_with_http_400_is_ours_to_mend():
    assert judge([aaa("79")], http_status=400).klass is Class.CONFIG


def test_a_birth_date_code_above_the_member_is_no_reason_to_bother_the_caller():
    verdict = judge([aaa("71", loop="2000A")])
    assert (verdict.klass, verdict.details) == (Class.CONFIG, ())


@pytest.mark.parametrize(("followup", "days"), [("Y", None), ("S", None), ("W", 30), ("X", 10)])
def test_a_payer_that_will_come_back_is_not_asked_again(followup, days):
    verdict = judge([aaa("42", followup)])
    assert (verdict.is_awaited, verdict.awaited_days) == (True, days)


@pytest.mark.parametrize(("code", "followup", "once"), [("42", "R", False), ("42", "N", True), ("79", "N", True)])
def test_some_waits_are_worth_one_more_try_only(code, followup, once):
    assert judge([aaa(code, followup)]).wait_once is once


def test_what_to_ask_for_and_what_to_try_first():
    verdict = judge([aaa("72"), aaa("73")])
    assert verdict.details == ("member_id", "first_name", "last_name")
    assert verdict.variations == (Variation.PLAIN_MEMBER_ID, Variation.FEWER_NAMES)
    assert len(verdict.staff) == 2


def test_a_payer_that_does_not_want_the_question_again_is_not_sent_a_variation():
    assert judge([aaa("75", "N")]).variations == ()
    assert judge([aaa("75", "N"), aaa("74", "C")]).variations == (Variation.NO_SEX,)


def test_the_birth_date_is_never_varied():
    assert RULES["71"].variation is None


def test_an_unknown_code_is_for_a_person():
    assert judge([aaa("Q9")]).is_unknown


def test_every_rule_speaks_to_staff_and_asks_for_known_details():
    known = set(Detail.values)
    assert all(str(rule.staff) and str(rule.meaning) and set(rule.details) <= known for rule in RULES.values())


def test_every_code_the_simulator_knows_has_a_rule():
    assert set(LOOP_OF) == set(RULES)


def test_nothing_to_judge_is_an_error():
    with pytest.raises(ValueError, match="no rejection"):
        judge([])


@pytest.mark.parametrize(
    ("place", "meaning"),
    [
        ("2100C 71", "Birth date does not match"),
        ("2100A 71", "The message could not be read there"),
        ("HTTP 503", None),
    ],
)
def test_a_kept_code_is_explained_in_its_place(place, meaning):
    rule = explain(place)
    assert (str(rule.meaning) if rule else None) == meaning
