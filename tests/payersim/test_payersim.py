"""The simulator as a caller meets it: over HTTP, asked with 270s our own writer made."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance.x12.inquiry_270 import Person, write
from insurance.x12.response_271 import read
from payersim import answers, inquiry, scenarios
from payersim.__main__ import main
from payersim.server import PayerServer
from tests.insurance.x12.messages import ASKED_AT, CONTROL, SENDER, SUBSCRIBER, question


@pytest.fixture(scope="module")
def server():
    with PayerServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield running
        running.stopping.set()
        running.shutdown()


@pytest.fixture(autouse=True)
def _empty_log(request):
    if "server" in request.fixturenames:
        request.getfixturevalue("server").ledger.clear()


class Caller:
    """Asks with a new trace each time, as our own worker does."""

    def __init__(self, server):
        self.address, self.asked = server.server_address, 0

    def x12(self, member="SIMPPO001", **changes) -> bytes:
        self.asked += 1
        number = f"T{self.asked}"
        subscriber = replace(SUBSCRIBER, member_id=member, **changes.pop("subscriber", {}))
        fields = {"subscriber": subscriber, "bht03": number, "trn02": number, **changes}
        return write(question(**fields), SENDER, CONTROL, at=ASKED_AT).data

    def send(self, body: bytes = b"", *, method="POST", path="/", kind="application/edi-x12", timeout=5):
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.request(method, path, body, {"Content-Type": kind})
            response = connection.getresponse()
            return response.status, dict(response.headers), response.read()
        finally:
            connection.close()

    def ask(self, member="SIMPPO001", **changes):
        status, _, body = self.send(self.x12(member, **changes))
        assert status == 200
        return read(body)

    def log(self, query=""):
        return json.loads(self.send(method="GET", path=f"/_sim/log{query}")[2])


@pytest.fixture
def caller(server):
    return Caller(server)


@pytest.mark.parametrize("member", [*scenarios.PLANS, "SIMCARVE1", "SIMMCO001", "sim-ppo-001", "SIMPPO001X42"])
def test_every_plan_is_a_clean_271_for_the_member_asked_about(caller, member):
    response = caller.ask(member)
    (answered,) = response.members
    assert (response.verdict, answered.member_id, answered.name.last) == ("read", member, "Rivera")
    assert answered.traces[0].number == "T1"
    assert answered.lines
    assert {problem.code for problem in response.problems} <= {"NM1_ID_MISSING"}


def test_a_dependent_is_answered_as_a_dependent(caller):
    child = Person("Rivera", "Riley", birth_date=date(2009, 6, 7), gender="M")
    (member,) = caller.ask(dependent=child).members
    assert (member.loop, member.name.first, member.subscriber.number) == ("2000D", "Riley", "SIMPPO001")
    assert len(member.lines) == 17


@pytest.mark.parametrize(("loop", "code"), [(loop, code) for code, loop in scenarios.LOOP_OF.items()])
def test_every_rejection_stands_in_its_legal_loop(caller, loop, code):
    response = caller.ask(f"SIMAAA{code}C")
    (aaa,) = response.members[0].aaa
    expected = {"2110C": "2110C"}.get(loop, loop)
    assert (aaa.loop, aaa.code, aaa.followup) == (expected, code, "C")
    assert response.verdict == ("read" if loop == "2110C" else "rejected")


def test_a_rejection_can_be_moved_to_another_loop_and_come_with_http_400(caller):
    assert caller.ask("SIMAAA42Y2100C").members[0].aaa[0].loop == "2100C"
    status, _, body = caller.send(caller.x12("SIMAAA79CH400"))
    assert (status, read(body).members[0].aaa[0].code) == (400, "79")


def test_an_unknown_member_is_not_found(caller):
    (aaa,) = caller.ask("NOBODY1").members[0].aaa
    assert (aaa.loop, aaa.code) == ("2100C", "75")


def test_json_is_answered_in_json(caller):
    body = json.dumps({"x12": caller.x12().decode()}).encode()
    status, headers, answer = caller.send(body, kind="application/json")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert read(json.loads(answer)["x12"].encode()).verdict == "read"


@pytest.mark.parametrize("body", [b"", b"hello", b"{", b'{"x12": 5}', b"[]", b"ISA*", b"\xff\xfe"])
def test_what_is_no_question_is_a_bad_request(caller, body):
    assert caller.send(body)[0] == 400


@pytest.mark.parametrize(
    ("old", "new", "kind", "faults"),
    [
        (b"IEA*1*000000101", b"IEA*1*000000102", "TA1", ("note 001",)),
        (b"*00501*", b"*00401*", "TA1", ("note 017",)),
        (b"IEA*1*", b"IEA*2*", "TA1", ("note 021",)),
        (b"GS*HS", b"GS*HC", "999", ()),
        (b"X*005010X279A1", b"X*004010X092A1", "999", ()),
        (b"SE*12*", b"SE*13*", "999", ("SE segment 12, code 8", "SE segment 12, element 1, code 7, value 13")),
        (b"EQ*MH", b"EQ*MHX", "999", ("EQ segment 11, code 8", "EQ segment 11, element 1, code 7, value MHX")),
        (b"EQ*MH~SE*12", b"SE*11", "999", ("EQ segment 11, code 3",)),
        (b"HL*3*2*22*0", b"HL*3*1*22*0", "999", ("HL segment 7, code 8", "HL segment 7, element 2, code 7, value 1")),
    ],
)
def test_a_faulty_envelope_gets_a_ta1_and_a_faulty_transaction_a_999(caller, old, new, kind, faults):
    x12 = caller.x12()
    assert old in x12
    response = read(caller.send(x12.replace(old, new))[2])
    assert (response.kind, response.verdict) == (kind, "rejected")
    assert not response.is_malformed
    assert response.acknowledgements[0].faults == faults


def test_calls_are_counted_by_member_and_bht03(caller):
    caller.ask("SIMPPO001")
    caller.ask("SIMHMO001", bht03="B-1")
    log = caller.log()
    assert log["counts"] == {"SIMPPO001": {"T1": 1}, "SIMHMO001": {"B-1": 1}}
    first = log["calls"][0]
    assert {**first, "at": first["at"][-1]} == {
        "seq": 1, "at": "Z", "member_id": "SIMPPO001", "payer": "EXHP01", "stc": "MH", "bht03": "T1", "trn02": "T1",
        "http_status": 200, "violation": None,
    }  # fmt: skip
    assert len(caller.log("?member=sim-hmo-001&bht03=B-1")["calls"]) == 1
    assert caller.send(method="DELETE", path="/_sim/log")[0] == 200
    assert caller.log() == {"calls": [], "counts": {}}


def test_the_same_trace_inside_ninety_seconds_is_refused_and_noted(caller):
    x12 = caller.x12()
    assert [caller.send(x12)[0] for _ in range(2)] == [200, 409]
    assert "CORE" in caller.log()["calls"][1]["violation"]


def test_a_refused_repeat_does_not_begin_the_ninety_seconds_anew(caller, server, monkeypatch):
    x12, began = caller.x12(), time.monotonic()
    statuses = []
    for later in (0, 89, 91):
        monkeypatch.setattr("payersim.ledger.time.monotonic", lambda later=later: began + later)
        statuses.append(caller.send(x12)[0])
    assert statuses == [200, 409, 200]


def test_a_question_without_a_trace_repeats_nothing(caller):
    untraced = [
        re.sub(rb"TRN[^~]*~", b"", caller.x12(member)).replace(b"SE*12*", b"SE*11*")
        for member in ("SIMPPO001", "SIMHMO001")
    ]
    assert [caller.send(x12)[0] for x12 in untraced] == [200, 200]
    assert [call["violation"] for call in caller.log()["calls"]] == [None, None]


def test_throttling_and_outages_end_after_the_named_number_of_calls(caller):
    assert [caller.send(caller.x12("SIM429-3"))[0] for _ in range(3)] == [429, 429, 200]
    assert [caller.send(caller.x12("SIMDOWN2"))[0] for _ in range(3)] == [503, 503, 200]
    assert [caller.send(caller.x12("SIMDOWNX"))[0] for _ in range(3)] == [503, 503, 503]
    assert caller.send(caller.x12("SIMHTTP401"))[0] == 401
    assert caller.send(caller.x12("SIM429-3"))[1]["Retry-After"] == "2"


def test_a_pending_answer_is_polled_for(caller):
    status, _, body = caller.send(caller.x12("SIM202-3"))
    poll = json.loads(body)["poll"]
    statuses = [caller.send(method="GET", path=poll)[0] for _ in range(4)]
    assert (status, statuses) == (202, [202, 202, 200, 200])
    assert read(caller.send(method="GET", path=poll)[2]).verdict == "read"
    assert caller.send(method="GET", path="/poll/nothing")[0] == 404
    assert len(caller.log()["calls"]) == 1


def test_carve_out_and_managed_care_answer_at_the_second_payer(caller):
    assert "U" in {line.code for line in caller.ask("SIMCARVE1").members[0].lines}
    second = caller.ask("SIMCARVE1", payer_code="SBHC1").members[0].lines
    assert {"A", "C", "G"} <= {line.code for line in second}
    assert "MC" not in {line.code for line in caller.ask("SIMMCO001", payer_code="SCPM1").members[0].lines}


def test_of_several_service_types_the_first_is_answered(caller):
    assert read(caller.send(caller.x12().replace(b"EQ*MH", b"EQ*MH^CJ"))[2]).verdict == "read"
    assert caller.log()["calls"][0]["stc"] == "MH"


def test_fewer_fields_find_the_member(caller):
    assert caller.ask("SIMFEWER1").verdict == "rejected"
    assert caller.ask("SIMFEWER1", subscriber={"first": ""}).verdict == "read"


def test_a_flapping_payer_answers_later_with_smaller_amounts(caller):
    answers = [caller.ask("SIMFLAP") for _ in range(3)]
    left = [[line.amount for line in answer.members[0].lines if line.code == "C"][1] for answer in answers[1:]]
    assert answers[0].verdict == "rejected"
    assert left == [600, 450]


@pytest.mark.parametrize(
    ("member", "verdict", "code"),
    [("SIMHTML", "malformed", "NO_ISA"), ("SIMEMPTY", "malformed", "EMPTY"), ("SIMBADSE", "malformed", "SE_COUNT"),
     ("SIM999", "rejected", None), ("SIMTA1", "rejected", None), ("SIMBOM", "read", "BOM"), ("SIMDELIMS", "read", None),
     ("SIMNOTRN", "read", "TRN_ABSENT")],
)  # fmt: skip
def test_broken_and_odd_answers(caller, member, verdict, code):
    response = caller.ask(member)
    assert (response.verdict, [problem.code for problem in response.problems]) == (verdict, [code] if code else [])


def test_answers_about_somebody_else(caller):
    assert caller.ask("SIMWRONGID").members[0].member_id == "OTHER999999"
    assert caller.ask("SIMWRONGTRN").members[0].traces[0].number == "SOMEBODYELSE-1"


def test_half_an_answer_a_reset_and_silence(caller):
    with pytest.raises(http.client.IncompleteRead):
        caller.send(caller.x12("SIMCUT"))
    with pytest.raises(ConnectionResetError):
        caller.send(caller.x12("SIMDROP"))
    with pytest.raises(TimeoutError):
        caller.send(caller.x12("SIMHANG"), timeout=0.2)
    assert [call["http_status"] for call in caller.log()["calls"]] == [200, None, None]


def test_a_slow_answer_is_slow(caller):
    start = time.monotonic()
    caller.ask("SIMSLOW1")
    assert time.monotonic() - start >= 1


def test_the_same_question_always_gets_the_same_bytes(caller, server):
    x12 = caller.x12()
    first = caller.send(x12)[2]
    server.ledger.clear()
    assert caller.send(x12)[2] == first


def test_answers_come_in_one_write_without_delay(caller):
    connection = http.client.HTTPConnection(*caller.address, timeout=5)
    times = []
    for _ in range(20):
        start = time.monotonic()
        connection.request("GET", "/_sim/health")
        assert connection.getresponse().read() == b'{"status": "ok"}'
        times.append(time.monotonic() - start)
    connection.close()
    assert min(times) < 0.03  # a delayed second write would cost 0.04 every time


def test_unknown_pages_and_oversized_bodies_are_refused(caller):
    assert caller.send(method="GET", path="/x")[0] == 404
    assert caller.send(b"x", path="/x")[0] == 404
    assert caller.send(method="DELETE", path="/x")[0] == 404
    assert caller.send(b"ISA" + b" " * (1 << 20))[0] == 413


@pytest.mark.parametrize("port", ["taken", "99999"])
def test_an_address_that_cannot_be_had_is_said_in_a_sentence(server, port, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--port", port.replace("taken", str(server.server_address[1]))])
    assert (ended.value.code, "cannot listen on 127.0.0.1:" in capsys.readouterr().err) == (2, True)


def test_sigterm_stops_it_at_once_even_while_a_call_hangs():
    process = subprocess.Popen([sys.executable, "-m", "payersim", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        host, port = process.stdout.readline().split("//")[1].strip().split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=5)
        x12 = write(question(subscriber=replace(SUBSCRIBER, member_id="SIMHANG")), SENDER, CONTROL, at=ASKED_AT).data
        connection.request("POST", "/", x12)
        time.sleep(0.1)
        start = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - start < 4
        connection.close()
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@given(st.data())
def test_a_mangled_question_is_refused_in_one_of_the_three_ways(data):
    x12 = bytearray(write(question(), SENDER, CONTROL, at=ASKED_AT).data)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(x12)))
        x12[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=5))
    refusal = None
    try:
        inquiry.read(bytes(x12))
    except inquiry.UnreadableError:
        pass
    except inquiry.InterchangeError as error:
        refusal = answers.interchange_refusal(error.isa, error.note)
    except inquiry.SyntaxFaultError as error:
        refusal = answers.syntax_refusal(error)
    assert refusal is None or read(refusal.encode()).kind in ("TA1", "999")
