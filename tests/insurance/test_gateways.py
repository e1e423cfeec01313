"""The door to payers, against servers that misbehave."""

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest

from insurance.gateways import Inquiry, Kind
from insurance.gateways.stedi import StediGateway
from insurance.gateways.x12_http import X12HttpGateway
from insurance.x12.inquiry_270 import ControlNumbers, Person, Question

Play = Callable[[socket.socket], None]


@contextlib.contextmanager
def server(play: Play) -> Iterator[str]:
    """One connection, played by hand."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                play(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a caller that never came
    listener.close()
    thread.join(5)


def says(text: str, *, status: str = "200 OK", headers: str = "") -> Play:
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def bomb(connection: socket.socket) -> None:
    """Twenty megabytes in twenty kilobytes; nobody asked for compression."""
    body = gzip.compress(b"ISA" + bytes(20_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


def inquiry(**changes) -> Inquiry:
    question = Question(
        payer_code="00621",
        payer_name="Sample Payer",
        provider_npi="1234567893",
        provider_name="Third Ward",
        subscriber=Person("Example", "Jordan", member_id="SIMPPO001", birth_date=date(1990, 4, 12)),
        service_type="MH",
        bht03="B1",
        trn02="T1",
    )
    facts = {"question": question, "control": ControlNumbers(1, 1, 1), "endpoint": "here", "total_seconds": 1.0}
    return Inquiry(at=datetime(2026, 3, 1, tzinfo=UTC), **{**facts, **changes})


@pytest.fixture
def ask(settings):
    def call(url: str, gateway=X12HttpGateway, total: float = 1.0, **endpoint):
        settings.PAYER_ENDPOINTS = {"here": {"url": url, **endpoint}}
        return gateway().check(inquiry(total_seconds=total))

    return call


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (says("<html>down</html>"), Kind.MALFORMED),
        (says(""), Kind.MALFORMED),
        (says("x", status="503 Down"), Kind.TRANSIENT_AMBIGUOUS),
        (says("x", status="401 No"), Kind.CONFIG_ERROR),
        (says("x", status="302 Moved", headers="Location: http://127.0.0.1:9/\r\n"), Kind.CONFIG_ERROR),
        (says("not json", status="202 Later"), Kind.MALFORMED),
        (bomb, Kind.MALFORMED),
        (
            lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000),
            Kind.TRANSIENT_AMBIGUOUS,
        ),
        (lambda connection: connection.sendall(b"garbage\r\n\r\n"), Kind.TRANSIENT_AMBIGUOUS),
        (lambda connection: None, Kind.TRANSIENT_AMBIGUOUS),
    ],
)
def test_each_misbehaviour_has_its_kind(ask, play, kind):
    with server(play) as url:
        result = ask(url)
    assert result.kind == kind
    assert result.raw_request.startswith(b"ISA")


@pytest.mark.parametrize("in_body", [True, False])
def test_an_answer_that_drips_is_cut_off_at_the_total_time(ask, in_body):
    def drip(connection: socket.socket) -> None:
        if in_body:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"H")
            time.sleep(0.05)

    began = time.monotonic()
    with server(drip) as url:
        result = ask(url, total=0.3)
        took = time.monotonic() - began
    assert (result.kind, took < 0.6) == (Kind.TRANSIENT_AMBIGUOUS, True)


def test_an_answer_above_one_megabyte_is_not_read_to_its_end(ask):
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x" * 65536)

    with server(flood) as url:
        result = ask(url)
    assert (result.kind, result.raw_response) == (Kind.MALFORMED, None)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://payer.example/", "ftp://127.0.0.1/", "http://a@127.0.0.1/"]
)
def test_an_address_that_is_not_allowed_opens_no_socket(ask, url):
    assert ask(url).kind == Kind.CONFIG_ERROR


def test_nobody_there_means_that_nobody_was_asked(ask):
    assert ask("http://127.0.0.1:9/").kind == Kind.TRANSIENT_NOT_SENT


@pytest.mark.parametrize("url", ["https://127.0.0.1:{port}/", "http://payer.invalid:{port}/"])
def test_no_tls_and_no_such_host_mean_that_nobody_was_asked(ask, settings, url):
    settings.PAYER_HOSTS = {"127.0.0.1", "payer.invalid"}
    with server(says("this is no TLS")) as here:
        result = ask(url.format(port=urlsplit(here).port))
    assert result.kind == Kind.TRANSIENT_NOT_SENT


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("999999", 3600), ("soon", None), ("Mon, 01 Jan 2001 00:00:00 GMT", 0)]
)
def test_retry_after_is_read_as_seconds_or_date_and_capped(ask, header, seconds):
    with server(says("", status="429 Slow", headers=f"Retry-After: {header}\r\n")) as url:
        result = ask(url)
    assert (result.kind, result.retry_after) == (Kind.THROTTLED, seconds)


def test_a_poll_address_elsewhere_is_refused(settings):
    settings.PAYER_ENDPOINTS = {"here": {"url": "http://127.0.0.1:9/"}}
    assert X12HttpGateway().poll("http://127.0.0.1:10/poll/1", inquiry()).kind == Kind.CONFIG_ERROR


def test_an_unknown_endpoint_is_our_fault(settings):
    settings.PAYER_ENDPOINTS = {}
    assert X12HttpGateway().check(inquiry()).kind == Kind.CONFIG_ERROR


def test_a_clearinghouse_that_cannot_parse_us_says_nothing_about_the_birth_date(ask):
    answer = says(
        '{"code":"71","message":"parse failure"}', status="400 Bad", headers="Content-Type: application/json\r\n"
    )
    with server(answer) as url:
        result = ask(url, StediGateway)
    assert (result.kind, result.aaa) == (Kind.SYNTAX_REJECTED, ())


@pytest.mark.parametrize(
    ("answer", "kind", "aaa"),
    [
        ({"errors": [{"code": "75", "location": "Loop 2100C", "followupAction": "Please Correct and Resubmit"}]},
         Kind.REJECTED, [("2100C", "75", "C")]),
        ({"errors": [{"code": "42", "location": "Loop 2100A", "followupAction": "R"}, "odd", None]},
         Kind.REJECTED, [("2100A", "42", "R")]),
        ({"errors": [{"code": "71", "location": "subscriber_level_HL_loop"}]}, Kind.SYNTAX_REJECTED, []),
        ({"errors": [{"code": "33", "description": "Payer FOO is not configured.", "followupAction": "C"}]},
         Kind.CONFIG_ERROR, []),
        ({"message": "Payer not configured"}, Kind.CONFIG_ERROR, []),
        ({"errors": "none"}, Kind.SYNTAX_REJECTED, []),
        ({"errors": [{"code": "72", "description": "Give the payer a member ID", "location": "2100C"}]},
         Kind.REJECTED, [("2100C", "72", "")]),
    ],
)  # fmt: skip
def test_a_rejection_told_in_json_counts_where_its_place_is_one_of_the_guide(ask, answer, kind, aaa):
    with server(says(json.dumps(answer), status="400 Bad", headers="Content-Type: application/json\r\n")) as url:
        result = ask(url, StediGateway)
    assert (result.kind, [(each.loop, each.code, each.followup) for each in result.aaa]) == (kind, aaa)
    assert result.blames_question is False


def test_json_and_plain_x12_are_the_same_answer(payer_server, settings):
    plain = X12HttpGateway().check(inquiry(endpoint="payersim"))
    again = replace(inquiry().question, trn02="T2")
    wrapped = StediGateway().check(inquiry(endpoint="payersim-json", question=again))
    assert (plain.kind, wrapped.kind) == (Kind.ANSWERED, Kind.ANSWERED)
    assert plain.response.members[0].lines == wrapped.response.members[0].lines


def test_the_secret_comes_from_the_environment_and_goes_into_the_header(ask, monkeypatch):
    monkeypatch.setenv("PAYER_KEY", "s3cret")
    heard: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")

    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _address = listener.accept()
        with connection:
            heard.append(connection.recv(65536))
            listen(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ask(f"http://127.0.0.1:{listener.getsockname()[1]}/", secret_env="PAYER_KEY", header="X-Api-Key")
    thread.join(5)
    listener.close()
    assert b"X-Api-Key: s3cret" in heard[0]
