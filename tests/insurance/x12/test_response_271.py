from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance.x12.response_271 import read
from insurance.x12.segments import Deviation
from tests.insurance.x12.messages import NPI, answer, interchange

PAYER = ("HL*1**20*1", "NM1*PR*2*EXAMPLE*****PI*EXHP01")
PROVIDER = ("HL*2*1*21*1", f"NM1*1P*2*HARBOR LIGHT*****XX*{NPI}")
BHT = "BHT*0022*11*B-1*20260302*1000"


def codes(data: bytes) -> set[str]:
    return {problem.code for problem in read(data).problems}


def test_an_eb_is_read_to_its_fourteenth_element():
    data = answer("EB*A*IND*CH^CJ*C1*GOLD*27*10.50*.2*VS*30*Y*N*HC:H0015*1:2")
    (line,) = read(data).members[0].lines
    assert (line.code, line.level, line.service_types, line.plan) == ("A", "IND", ("CH", "CJ"), "GOLD")
    assert (line.amount, line.percent, line.unit, line.quantity) == (Decimal("10.50"), Decimal(".2"), "VS", 30)
    assert (line.authorization, line.network, line.procedure) == ("Y", "N", "H0015")
    assert line.elements[13] == "1:2"


def test_everything_below_a_line_stays_with_it():
    lines = (
        "EB*1**MH", "HSD*VS*20***23", "REF*18*G1*PLAN NAME", "DTP*348*D8*20260101", "MSG*FIRST", "MSG*SECOND",
        "III*ZZ*11", "LS*2120", "NM1*VN*2*SAMPLE BEHAVIORAL*****PI*SBHC1", "PER*IC**TE*8005550100", "LE*2120", "EB*1**30",
    )  # fmt: skip
    first, second = read(answer(*lines)).members[0].lines
    assert first.deliveries[0][:2] == ("VS", "20")
    assert first.messages == ("FIRST", "SECOND")
    assert first.places == (("ZZ", "11"),)
    assert first.periods[0].start == date(2026, 1, 1)
    assert (first.entities[0].name.number, first.entities[0].contacts) == ("SBHC1", (("TE", "8005550100"),))
    assert (second.number, second.segment, second.messages) == (2, 22, ())


def test_repetitions_split_on_a_caret_even_if_the_isa_names_another_mark():
    data = answer("EB*1**MH^CJ").replace(b"*^*00501", b"*U*00501")
    assert read(data).members[0].lines[0].service_types == ("MH", "CJ")


def test_a_dependent_belongs_to_the_parent_it_names_wherever_it_stands():
    first = ("HL*3*2*22*1", "NM1*IL*1*ONE*ANN****MI*A1")
    second = ("HL*4*2*22*1", "NM1*IL*1*TWO*BEN****MI*B2")
    child = ("HL*5*3*23*0", "TRN*2*T-1*9IOPFINDER", "NM1*03*1*ONE*KIM", "EB*1**30")
    other = ("HL*6*4*23*0", "TRN*2*T-2*9IOPFINDER", "NM1*03*1*TWO*LEE", "EB*6**30")
    members = read(interchange(BHT, *PAYER, *PROVIDER, *first, *second, *other, *child)).members
    assert [(m.loop, m.name.first, m.subscriber.number, m.lines[0].code) for m in members] == [
        ("2000D", "LEE", "B2", "6"),
        ("2000D", "KIM", "A1", "1"),
    ]


@pytest.mark.parametrize(
    ("body", "loop"),
    [
        ((PAYER[0], "AAA*Y**42*R", PAYER[1]), "2000A"),
        ((*PAYER, "AAA*Y**42*R"), "2100A"),
        ((*PAYER, "AAA*Y**42*R", *PROVIDER), "2100A"),
        ((*PAYER, *PROVIDER, "AAA*N**43*C"), "2100B"),
        ((*PAYER, *PROVIDER, "HL*3*2*22*0", "NM1*IL*1*A*B****MI*1", "AAA*N**75*C"), "2100C"),
        ((*PAYER, *PROVIDER, "HL*3*2*22*1", "NM1*IL*1*A*B", "HL*4*3*23*0", "NM1*03*1*A*C", "AAA*N**67*C"), "2100D"),
    ],
)
def test_a_rejection_above_the_lines_rejects_the_answer_wherever_it_stands(body, loop):
    response = read(interchange(BHT, *body))
    assert response.verdict == "rejected"
    assert [aaa.loop for aaa in response.members[0].aaa] == [loop]


def test_a_rejection_wins_over_benefits_beside_it():
    response = read(answer("EB*1**30", member=("AAA*Y**42*R",)))
    assert response.verdict == "rejected"
    assert response.members[0].lines


def test_a_rejected_line_leaves_the_others_standing():
    response = read(answer("EB*1**30", "EB*1**CJ", "AAA*N**53*C"))
    assert response.verdict == "read"
    assert [line.is_rejected for line in response.members[0].lines] == [False, True]


@pytest.mark.parametrize("number", ["1,500", "$15", "1E3", "NaN", "Infinity", "1 500", "9" * 19, "٣"])
def test_only_plain_decimals_are_numbers(number):
    data = answer(f"EB*C*IND*30***23*{number}")
    assert read(data).members[0].lines[0].amount is None
    assert Deviation.BAD_NUMBER in codes(data)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("EB*ZZ**CH", Deviation.UNKNOWN_CODE),
        ("EB*C*IND*30***99*5", Deviation.UNKNOWN_CODE),
        ("EB*C*IND*30***29*-5", Deviation.NEGATIVE_NUMBER),
        ("EB*F**MH***29***VS", Deviation.UNPAIRED_QUANTITY),
    ],
)
def test_odd_lines_are_kept_with_a_problem(line, code):
    data = answer("EB*1**30", line)
    assert codes(data) == {code}
    assert len(read(data).members[0].lines) == 2


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"*X*005010X279A1~", b"*X~", Deviation.GS_VERSION),
        (b"ST*271*0001*005010X279A1", b"ST*271*0001", Deviation.ST_VERSION),
        (b"GS*HB", b"GS*HS", Deviation.GS_FUNCTION),
        (b"TRN*2*", b"TRN*1*", Deviation.TRN_ABSENT),
        (b"HL*3*2*22", b"HL*2*2*22", Deviation.HL_NUMBER),
        (b"HL*3*2*22", b"HL*3*2*99", Deviation.HL_LEVEL),
        (b"DMG*D8*19900115*F", b"ZZZ*D8*19900115*F", Deviation.UNEXPECTED_SEGMENT),
        (b"DMG*D8*19900115*F", b"DTP*346*D8*20260230", Deviation.BAD_DATE),
        (b"NM1*IL*1*RIVERA*SAM****MI*SIMPPO001", b"N3*1 MAIN ST", Deviation.NM1_MISSING),
        (b"BHT*0022", b"REF*0022", Deviation.UNEXPECTED_SEGMENT),
        (b"BHT*0022", b"REF*0022", Deviation.BHT_MISSING),
        (b"EB*1**30", b"LS*2120", Deviation.UNEXPECTED_SEGMENT),
    ],
)
def test_tolerated_deviations_are_named_and_the_answer_still_read(old, new, code):
    data = answer("EB*1**30").replace(old, new, 1)
    assert code in codes(data)
    assert not read(data).is_malformed


@pytest.mark.parametrize(
    ("line", "code"), [("LS*2120", Deviation.LOOP_UNCLOSED), ("ZZZ*1", Deviation.UNEXPECTED_SEGMENT)]
)
def test_deviations_below_a_line_are_named(line, code):
    assert codes(answer("EB*1**30", line)) == {code}


def test_an_answer_without_a_payer_level_or_with_a_lost_parent_is_malformed():
    assert read(interchange(BHT)).is_malformed
    assert read(answer("EB*1**30").replace(b"HL*3*2*22", b"HL*3*9*22")).is_malformed


def test_an_answer_without_a_trace_is_no_suspect():
    data = answer("EB*1**30").replace(b"TRN*2*IV7QK42M9P-1*9IOPFINDER~", b"").replace(b"SE*12", b"SE*11")
    assert (read(data).verdict, codes(data)) == ("read", {Deviation.TRN_ABSENT})


@pytest.mark.parametrize("data", [b"", b"<html>502 Bad Gateway</html>", answer("EB*1**30")[:-60]])
def test_what_is_no_whole_message_is_malformed(data):
    assert read(data).verdict == "malformed"


def test_a_999_names_the_segment_and_element_at_fault():
    body = ("AK1*HS*101*005010X279A1", "AK2*270*0001", "IK3*EQ*14**8", "IK4*1*1365*7*ZZ", "IK5*R*5", "AK9*R*1*1*0")
    response = read(interchange(*body, kind="999", group="FA", version="005010X231A1"))
    (acknowledgement,) = response.acknowledgements
    assert (response.kind, response.verdict, acknowledgement.control) == ("999", "rejected", "101")
    assert acknowledgement.faults == ("EQ segment 14, code 8", "EQ segment 14, element 1, code 7, value ZZ")


@pytest.mark.parametrize("verdicts", [("IK5*R*5",), ("IK5*R*5", "IK5*A"), ("IK5*R*5", "AK9*P*2*2*1"), ("AK9*X",), ()])
def test_a_999_that_refuses_one_set_or_says_nothing_is_a_refusal(verdicts):
    data = interchange("AK1*HS*101", *verdicts, kind="999", group="FA", version="005010X231A1")
    assert read(data).verdict == "rejected"


def test_an_accepted_999_is_no_rejection():
    data = interchange("AK1*HS*101", "AK9*A*1*1*1", kind="999", group="FA", version="005010X231A1")
    assert read(data).verdict == "read"


@pytest.mark.parametrize(("code", "verdict"), [("R", "rejected"), ("A", "read")])
def test_a_ta1_stands_between_isa_and_iea(code, verdict):
    isa = answer()[:106]
    response = read(isa + f"TA1*000000101*260302*1000*{code}*000~IEA*0*000000201~".encode())
    assert (response.kind, response.verdict) == ("TA1", verdict)


def test_rejections_and_dates_without_end_do_not_multiply_with_the_members_below():
    many = [("AAA*Y**42*R", "DTP*291*D8*20260101")] * 200
    members = [(f"HL*{number}*1*22*0", "NM1*IL*1*A", "EB*1**30") for number in range(2, 102)]
    response = read(
        interchange(BHT, PAYER[0], *(s for pair in many for s in pair), *(s for each in members for s in each))
    )
    assert (len(response.members), response.verdict) == (100, "rejected")
    assert all(len(member.aaa) == len(member.periods) == 30 for member in response.members)
    assert Deviation.UNEXPECTED_SEGMENT in {problem.code for problem in response.problems}


def test_a_ring_of_parents_ends():
    ring = ("HL*1*2*23*1", "NM1*03*1*A*B", "HL*2*1*23*1", "NM1*03*1*C*D")
    assert len(read(interchange(BHT, *ring)).members) == 2


SEGMENT = st.lists(st.text("ABEH0123456789.-^:", max_size=6), max_size=15).map("*".join)
ANY_SEGMENT = st.tuples(
    st.sampled_from(["EB", "HL", "AAA", "LS", "LE", "NM1", "DTP", "HSD", "III", "MSG", "TRN", "PER", "BHT", "REF"]),
    SEGMENT,
).map("*".join)


@given(st.lists(ANY_SEGMENT, max_size=30))
def test_any_order_of_any_segments_is_read_without_a_crash(segments):
    assert read(interchange(BHT, *segments)).kind == "271"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(data):
    read(data)
    read(answer("EB*1**30")[:150] + data)
