from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance.x12.envelope import read_envelope
from insurance.x12.inquiry_270 import ControlNumbers, Person, QuestionError, is_npi, transliterate, write
from insurance.x12.segments import tokenise
from tests.insurance.x12.messages import ASKED_AT, CONTROL, SENDER, SUBSCRIBER, question

CHILD = Person("Rivera", "Riley", birth_date=date(2009, 6, 7), gender="M")


def segments(**changes) -> list[str]:
    data = write(question(**changes), SENDER, CONTROL, at=ASKED_AT).data
    return data.decode().rstrip("~").split("~")


def errors(**changes) -> dict[str, str]:
    with pytest.raises(QuestionError) as caught:
        segments(**changes)
    return caught.value.errors


def test_a_subscriber_question_is_written_segment_by_segment():
    assert segments(service_date=date(2026, 3, 2)) == [
        "ISA*00*          *00*          *ZZ*IOPFINDER      *ZZ*PAYERSIM       *260302*1000*^*00501*000000101*0*T*:",
        "GS*HS*IOPFINDER*PAYERSIM*20260302*1000*101*X*005010X279A1",
        "ST*270*0001*005010X279A1",
        "BHT*0022*13*IV7QK42M9P-1*20260302*1000",
        "HL*1**20*1",
        "NM1*PR*2*Example Health Plan*****PI*EXHP01",
        "HL*2*1*21*1",
        "NM1*1P*2*Harbor Light IOP*****XX*1234567893",
        "HL*3*2*22*0",
        "TRN*1*IV7QK42M9P-1*9000000001",
        "NM1*IL*1*Rivera*Sam****MI*SIMPPO001",
        "DMG*D8*19900115*F",
        "DTP*291*D8*20260302",
        "EQ*MH",
        "SE*13*0001",
        "GE*1*101",
        "IEA*1*000000101",
    ]


def test_a_dependent_has_the_trace_and_the_question_below_the_subscriber():
    assert segments(dependent=CHILD)[8:-3] == [
        "HL*3*2*22*1",
        "NM1*IL*1*Rivera*Sam****MI*SIMPPO001",
        "DMG*D8*19900115*F",
        "HL*4*3*23*0",
        "TRN*1*IV7QK42M9P-1*9000000001",
        "NM1*03*1*Rivera*Riley",
        "DMG*D8*20090607*M",
        "INS*N*19",
        "EQ*MH",
    ]


def test_no_service_date_means_the_payers_today():
    assert not [segment for segment in segments() if segment.startswith("DTP")]


@given(st.builds(Person, last=st.text(max_size=80), first=st.text(max_size=40), member_id=st.text(max_size=90)))
def test_no_name_or_id_can_add_a_segment_or_an_element(person):
    person = replace(person, birth_date=date(1990, 1, 15))
    try:
        data = write(question(subscriber=person), SENDER, CONTROL, at=ASKED_AT).data
    except QuestionError:
        return
    tokens = tokenise(data)
    assert read_envelope(tokens).problems == ()
    expected = [s.split("*") for s in segments()]
    assert [s.id for s in tokens.segments] == [elements[0] for elements in expected]
    (member,) = [s for s in tokens.segments if s.id == "NM1" and s[1] == "IL"]
    assert len(member.elements) <= 10
    assert data.isascii()


def test_a_foreign_name_is_transliterated_and_the_change_reported():
    written = write(question(subscriber=replace(SUBSCRIBER, last="Nuñez~EB*1")), SENDER, CONTROL, at=ASKED_AT)
    assert b"NM1*IL*1*Nunez EB 1*Sam" in written.data
    assert [(notice.field, notice.sent) for notice in written.notices] == [("subscriber.last", "Nunez EB 1")]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("O\u2019Brien", "O'Brien"),
        ("Łódź", "Lodz"),
        ("Ann\nMarie\0", "Ann Marie"),
        ("Zoë😀", "Zoe"),
        ("Straße", "Strasse"),
    ],
)
def test_transliteration(typed, sent):
    assert transliterate(typed) == sent


@pytest.mark.parametrize("member_id", ["AB~12", "AB*12", "AB\n12", "É12", "-", "x" * 81])
def test_an_id_that_would_have_to_change_is_refused(member_id):
    assert set(errors(subscriber=replace(SUBSCRIBER, member_id=member_id))) == {"subscriber.member_id"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subscriber": replace(SUBSCRIBER, last="x" * 61)}, "subscriber.last"),
        ({"subscriber": replace(SUBSCRIBER, last="王")}, "subscriber.last"),
        ({"subscriber": replace(SUBSCRIBER, member_id="", birth_date=None)}, "subscriber.member_id"),
        ({"subscriber": replace(SUBSCRIBER, birth_date=date(2027, 1, 1))}, "subscriber.birth_date"),
        ({"subscriber": replace(SUBSCRIBER, gender="X")}, "subscriber.gender"),
        ({"dependent": CHILD, "relationship": "99"}, "relationship"),
        ({"provider_npi": "1234567890"}, "provider_npi"),
        ({"service_type": "MH^CJ"}, "service_type"),
        ({"trn02": ""}, "trn02"),
        ({"bht03": "x" * 51}, "bht03"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(changes, field):
    assert set(errors(**changes)) == {field}


def test_a_missing_member_id_is_fine_with_name_and_birth_date():
    assert "NM1*IL*1*Rivera*Sam" in segments(subscriber=replace(SUBSCRIBER, member_id=""))


def test_control_numbers_wrap_after_nine_digits():
    data = write(question(), SENDER, ControlNumbers(1_000_000_000, 1, 1), at=ASKED_AT).data
    assert b"*000000001*0*T*" in data
    with pytest.raises(QuestionError):
        write(question(), SENDER, ControlNumbers(0, 1, 1), at=ASKED_AT)


@pytest.mark.parametrize(
    "change",
    [
        {"originator": "9IOPFINDER"}, {"originator": "1000000001"}, {"originator": "9*00000001"}, {"usage": "X"},
        {"usage": ""}, {"usage": "T~EB"}, {"sender_qualifier": "1"}, {"receiver_qualifier": "*Z"}, {"sender_id": "x" * 16},
        {"group_receiver": "A~B"},
    ],
    ids=str,
)  # fmt: skip
def test_a_sender_that_would_break_the_fixed_widths_is_refused(change):
    with pytest.raises(QuestionError) as caught:
        write(question(), replace(SENDER, **change), CONTROL, at=ASKED_AT)
    assert {f"sender.{field}" for field in change} <= set(caught.value.errors)


@pytest.mark.parametrize(
    ("npi", "valid"),
    [("1234567893", True), ("1234567890", False), ("123456789", False), ("\uff11234567893", False)],
)
def test_npi_check_digit(npi, valid):
    assert is_npi(npi) is valid
