import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance.x12.envelope import read_envelope
from insurance.x12.segments import MAX_BYTES, MAX_SEGMENTS, Deviation, tokenise
from tests.insurance.x12.messages import answer

GOOD = answer("EB*1**30")


def codes(data: bytes) -> set[str]:
    return {problem.code for problem in read_envelope(tokenise(data)).problems}


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda noise: GOOD[:200] + noise + GOOD[200:]))
def test_joining_the_segments_gives_back_every_byte(data):
    tokens = tokenise(data)
    read_envelope(tokens)
    assert bytes(tokens) == data


@given(
    element=st.sampled_from("*|\x1d+"),
    terminator=st.sampled_from("~\n\r'\x1c"),
    after=st.sampled_from(["", "\n", "\r\n", "\r\n    "]),
    head=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_delimiters_come_from_the_isa_and_blanks_after_terminators_are_ignored(element, terminator, after, head):
    data = head + GOOD.decode().replace("*", element).replace("~", terminator + after).encode()
    tokens = tokenise(data)
    assert bytes(tokens) == data
    assert [s.id for s in tokens.segments] == [s.id for s in tokenise(GOOD).segments]
    assert codes(data) - {Deviation.BOM} == set()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"SE*12", b"SE*13", Deviation.SE_COUNT),
        (b"SE*12*0001", b"SE*12*0002", Deviation.SE_CONTROL),
        (b"GE*1*201", b"GE*2*201", Deviation.GE_COUNT),
        (b"GE*1*201", b"GE*1*999", Deviation.GE_CONTROL),
        (b"IEA*1*000000201", b"IEA*3*000000201", Deviation.IEA_COUNT),
        (b"IEA*1*000000201", b"IEA*1*000000777", Deviation.IEA_CONTROL),
        (b"IEA*1*000000201~", b"", Deviation.IEA_MISSING),
        (b"GE*1*201~", b"", Deviation.GE_MISSING),
        (b"SE*12*0001~", b"", Deviation.SE_MISSING),
        (b"ST*271*0001*005010X279A1~", b"", Deviation.ST_MISSING),
        (b"ISA*00*          *", b"ISA*00* *", Deviation.ISA_WIDTH),
        (b"*T*:~", b"*T*^~", Deviation.DELIMITERS_CLASH),
        (b"*T*:~", b"*T*A~", Deviation.DELIMITERS),
        (b"EB*1**30~", b"EB*1**30~~", Deviation.EMPTY_SEGMENT),
        (b"IEA*1*000000201~", b"IEA*1*000000201", Deviation.NO_TERMINATOR),
        (b"IEA*1*000000201~", b"IEA*1*000000201~IEA*1*000000201~", Deviation.SEGMENT_OUTSIDE),
        (b"GE*1*201~", b"GE*1*201~GE*1*201~", Deviation.GS_MISSING),
        (b"GE*1*201~", b"GE*1*201~EB*1~", Deviation.SEGMENT_OUTSIDE),
        (b"GS*HB", b"GX*HB", Deviation.GS_MISSING),
        (b"RIVERA", b"RIVI\xc9RE", Deviation.ENCODING),
    ],
)
def test_each_deviation_is_named(old, new, code):
    assert codes(GOOD) == set()
    assert code in codes(GOOD.replace(old, new, 1))


def test_a_wrong_count_is_located_as_a_999_counts_and_in_the_file():
    (problem,) = read_envelope(tokenise(GOOD.replace(b"SE*12", b"SE*13"))).problems
    assert (problem.code, problem.segment, problem.position) == ("SE_COUNT", 12, 14)
    assert problem.detail == "says 13, is 12"


def test_control_numbers_are_compared_as_numbers():
    assert codes(GOOD.replace(b"IEA*1*000000201", b"IEA*1*201")) == set()


def test_two_interchanges_in_one_body_keep_their_own_delimiters():
    second = GOOD.replace(b"*", b"|")
    envelope = read_envelope(tokenise(GOOD + b"\r\n" + second))
    assert [s.kind for s in envelope.sets] == ["271", "271"]
    assert envelope.problems == ()


@pytest.mark.parametrize("data", [b"", b"\r\n ", b"\xef\xbb\xbf"])
def test_nothing_but_blanks_is_empty(data):
    assert codes(data) >= {Deviation.EMPTY}


def test_caps_hold():
    assert codes(b"ISA" + b"x" * MAX_BYTES) == {Deviation.TOO_LARGE}
    assert Deviation.TOO_MANY_SEGMENTS in codes(GOOD[:107] + b"A~" * (MAX_SEGMENTS + 1))


def test_time_grows_with_length_only():
    def seconds(repeats: int) -> float:
        data = GOOD.replace(b"EB*1**30~", b"EB*1**30~" * repeats)
        return min(_timed(data) for _ in range(3))

    def _timed(data: bytes) -> float:
        start = time.perf_counter()
        read_envelope(tokenise(data))
        return time.perf_counter() - start

    assert seconds(16_000) < 40 * seconds(2_000)  # 8 if linear, 64 if quadratic
