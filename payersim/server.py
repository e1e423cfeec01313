"""The HTTP side: one POST is one question, one write is one answer."""

import hashlib
import json
import os
import select
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from payersim import answers, inquiry, scenarios
from payersim.ledger import Ledger
from payersim.scenarios import Reply

LONGEST_BODY = 1 << 20
LONGEST_HANG = 600
X12 = "application/edi-x12"
JSON = "application/json"


class PayerServer(ThreadingHTTPServer):
    """A payer on one address. Threads die with it, even those that hang on purpose."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), Handler)
        self.ledger = Ledger()
        self.stopping = threading.Event()
        self.polls: dict[str, tuple[int, Reply, bool]] = {}
        self.polls_lock = threading.Lock()

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is part of the play."""


class Handler(BaseHTTPRequestHandler):
    server: PayerServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 650

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        path = urlsplit(self.path).path
        if path != "/":
            self._send_json(404, {"error": "questions go to /"})
            return
        is_json, x12 = _unwrapped(body)
        if x12 is None:
            self.server.ledger.record(status=400, **_nobody())
            self._send_json(400, {"error": "neither X12 nor JSON with x12"})
            return
        self._answer(x12, is_json=is_json)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/_sim/health":
            self._send_json(200, {"status": "ok"})
        elif url.path == "/_sim/log":
            shown = self.server.ledger.shown(member=query.get("member", ""), bht03=query.get("bht03", ""))
            self._send_json(200, shown)
        elif url.path.startswith("/poll/"):
            self._poll(url.path.removeprefix("/poll/"))
        else:
            self._send_json(404, {"error": "no such page"})

    def do_DELETE(self) -> None:
        if urlsplit(self.path).path == "/_sim/log":
            self.server.ledger.clear()
            self._send_json(200, self.server.ledger.shown())
        else:
            self._send_json(404, {"error": "no such page"})

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            self._send_json(411, {"error": "Content-Length is needed"})
            return None
        if int(length) > LONGEST_BODY:
            self.close_connection = True
            self.rfile.read(min(int(length), 8 * LONGEST_BODY))  # a caller still sending would see a reset instead
            self._send_json(413, {"error": "longer than 1 MiB"})
            return None
        return self.rfile.read(int(length))

    def _answer(self, x12: bytes, *, is_json: bool) -> None:
        ledger = self.server.ledger
        try:
            asked = inquiry.read(x12)
        except inquiry.UnreadableError as error:
            ledger.record(status=400, **_nobody())
            self._send_json(400, {"error": str(error)})
            return
        except inquiry.InterchangeError as error:
            ledger.record(status=200, **_nobody())
            self._send_reply(Reply(text=answers.interchange_refusal(error.isa, error.note)), is_json=is_json)
            return
        except inquiry.SyntaxFaultError as error:
            ledger.record(status=200, **_nobody())
            self._send_reply(Reply(text=answers.syntax_refusal(error)), is_json=is_json)
            return
        self._play(asked, is_json=is_json)

    def _play(self, asked: inquiry.Inquiry, *, is_json: bool) -> None:
        ledger = self.server.ledger
        trace = inquiry.element(asked.trace, 2), inquiry.element(asked.trace, 3)
        call = {
            "member_id": asked.subscriber.member_id,
            "stc": asked.service_type,
            "bht03": asked.bht03,
            "trn02": trace[0],
            "payer": inquiry.element(asked.payer, 9),
        }
        if violation := ledger.violation(trace):
            ledger.record(status=409, violation=violation, **call)
            self._send_json(409, {"error": violation})
            return
        turn = ledger.next_turn((asked.member, call["payer"], asked.patient.last.upper(), asked.patient.birth))
        reply = scenarios.play(asked, turn)
        if reply.polls:
            ledger.record(status=202, **call)
            self._send_json(202, {"poll": f"/poll/{self._keep_for_polls(asked, reply, is_json=is_json)}"})
            return
        ledger.record(status=reply.status, **call)
        self._send_reply(reply, is_json=is_json)

    def _keep_for_polls(self, asked: inquiry.Inquiry, reply: Reply, *, is_json: bool) -> str:
        seed = "|".join([asked.member, asked.bht03, *asked.trace])
        token = hashlib.sha256(seed.encode()).hexdigest()[:24]
        with self.server.polls_lock:
            self.server.polls[token] = (reply.polls, reply, is_json)
        return token

    def _poll(self, token: str) -> None:
        with self.server.polls_lock:
            if token not in self.server.polls:
                self._send_json(404, {"error": "no such poll"})
                return
            left, reply, is_json = self.server.polls[token]
            self.server.polls[token] = (max(left - 1, 0), reply, is_json)
        if left > 1:
            self._send_json(202, {"poll": f"/poll/{token}"})
        else:
            self._send_reply(reply, is_json=is_json)

    def _send_reply(self, reply: Reply, *, is_json: bool) -> None:
        if reply.hang:
            self._hang()
            return
        if reply.drop:
            self._drop()
            return
        if reply.delay and self.server.stopping.wait(reply.delay):
            return
        payload, content_type = reply.text.encode(), reply.content_type or X12
        if is_json and reply.content_type is None and reply.text:
            payload, content_type = json.dumps({"x12": reply.text}).encode(), JSON
        head = self._head(reply.status or 200, content_type, len(payload), reply.headers)
        if reply.cut:
            self.close_connection = True
            payload = payload[: len(payload) // 2]
        self.wfile.write(head + payload)

    def _send_json(self, status: int, content: dict[str, Any]) -> None:
        payload = json.dumps(content).encode()
        self.wfile.write(self._head(status, JSON, len(payload), {}) + payload)

    def _head(self, status: int, content_type: str, length: int, headers: dict[str, str]) -> bytes:
        """Status line and headers, to go out in the same write as the body: two writes cost 40 ms."""
        reason = self.responses.get(status, ("", ""))[0]
        lines = [f"HTTP/1.1 {status} {reason}", f"Content-Type: {content_type}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _hang(self) -> None:
        """Say nothing until the caller gives up or the server stops."""
        self.close_connection = True
        for _ in range(LONGEST_HANG):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return
            if self.server.stopping.wait(1):
                return

    def _drop(self) -> None:
        """Reset the connection after reading the question: the caller cannot know whether it was worked on."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the ledger is the log."""


def _unwrapped(body: bytes) -> tuple[bool, bytes | None]:
    """Whether the body was JSON, and the X12 in it."""
    if not body.lstrip().startswith(b"{"):
        return False, body
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return True, None
    x12 = content.get("x12") if isinstance(content, dict) else None
    return True, x12.encode(errors="replace") if isinstance(x12, str) else None


def _nobody() -> dict[str, str]:
    return {"member_id": "", "stc": "", "bht03": "", "trn02": "", "payer": ""}
