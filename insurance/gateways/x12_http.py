"""X12 in the body of an HTTP POST: CORE-style (`application/edi-x12`) or wrapped in JSON, by the endpoint's format."""

import json
import logging
import os
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils import timezone

from insurance.gateways import GatewayResult, Inquiry, Kind
from insurance.gateways.egress import (
    AmbiguousError,
    Exchange,
    NotSentError,
    RefusedError,
    TooLargeError,
    send,
)
from insurance.x12 import response_271
from insurance.x12.inquiry_270 import QuestionError, Sender, write

LONGEST_RETRY_AFTER = 3600.0

log = logging.getLogger(__name__)


class X12HttpGateway:
    default_format = "x12"

    def check(self, inquiry: Inquiry) -> GatewayResult:
        endpoint = settings.PAYER_ENDPOINTS.get(inquiry.endpoint)
        if endpoint is None:
            return GatewayResult(Kind.CONFIG_ERROR, detail=f"no endpoint {inquiry.endpoint!r} in PAYER_ENDPOINTS")
        try:
            raw = write(inquiry.question, _sender(endpoint), inquiry.control, at=inquiry.at).data
        except QuestionError as error:
            faults = tuple(sorted(error.errors))
            detail = "not writable: " + ", ".join(faults)
            return GatewayResult(Kind.CONFIG_ERROR, detail=detail, unwritable=faults, blames_question=True)
        content_type, body = self._wrapped(raw, endpoint)
        headers = {"Content-Type": content_type, "Accept": content_type, **_authorization(endpoint)}
        result = self._exchange("POST", endpoint["url"], headers=headers, content=body, total=inquiry.total_seconds)
        return replace(result, raw_request=raw)

    def poll(self, token: str, inquiry: Inquiry) -> GatewayResult:
        endpoint = settings.PAYER_ENDPOINTS.get(inquiry.endpoint, {"url": ""})
        url = urljoin(endpoint["url"], token)
        if urlsplit(url)[:2] != urlsplit(endpoint["url"])[:2]:  # a token may not send us elsewhere
            return GatewayResult(Kind.CONFIG_ERROR, detail="the poll address is at another host", blames_question=True)
        content_type, _ = self._wrapped(b"", endpoint)
        headers = {"Accept": content_type, **_authorization(endpoint)}
        return self._exchange("GET", url, headers=headers, content=b"", total=inquiry.total_seconds)

    def _wrapped(self, raw: bytes, endpoint: dict[str, Any]) -> tuple[str, bytes]:
        if endpoint.get("format", self.default_format) == "json":
            return "application/json", json.dumps({"x12": raw.decode("ascii")}).encode()
        return "application/edi-x12", raw

    def _exchange(
        self, method: str, url: str, *, headers: dict[str, str], content: bytes, total: float
    ) -> GatewayResult:
        began = time.monotonic()
        try:
            exchange = send(method, url, headers=headers, content=content, total_seconds=total)
            result = self._understood(exchange)
        except RefusedError as error:
            result = GatewayResult(Kind.CONFIG_ERROR, detail=f"address refused: {error}")
        except NotSentError as error:
            result = GatewayResult(Kind.TRANSIENT_NOT_SENT, detail=str(error))
        except AmbiguousError as error:
            result = GatewayResult(Kind.TRANSIENT_AMBIGUOUS, detail=str(error))
        except TooLargeError:
            result = GatewayResult(Kind.MALFORMED, detail="larger than 1 MB")
        return replace(result, elapsed=time.monotonic() - began)

    def _understood(self, exchange: Exchange) -> GatewayResult:
        """An answer was paid for: whatever our reading makes of it, it is kept and not asked for again."""
        try:
            return self._classified(exchange)
        except Exception:
            log.exception("A payer's answer broke our parser.")
            return GatewayResult(
                Kind.MALFORMED, http_status=exchange.status, raw_response=exchange.body, we_failed=True
            )

    def _classified(self, exchange: Exchange) -> GatewayResult:
        """By status first, then by what is inside; a body that is a 271 rejection counts as one at any status."""
        status, body = exchange.status, exchange.body
        early = _by_status(exchange)
        if early is not None and not (status == 400 and b"ISA" in body):
            return replace(early, http_status=status, raw_response=body)
        x12 = _unwrapped(exchange)
        result = classify(x12, http_status=status)
        return replace(result, http_status=status, raw_response=x12)


def classify(data: bytes, *, http_status: int) -> GatewayResult:
    """What an X12 body says."""
    response = response_271.read(data)
    aaa = tuple(code for member in response.members for code in member.rejections)
    problems: tuple[dict[str, object], ...] = tuple(
        {"code": str(problem.code), "segment": problem.segment} for problem in response.problems
    )
    if response.kind in ("999", "TA1") and response.is_rejected:
        faults = "; ".join(fault for each in response.acknowledgements for fault in each.faults)
        return GatewayResult(Kind.SYNTAX_REJECTED, response=response, detail=faults[:200], problems=problems)
    if response.kind != "271" or response.is_malformed or not response.members:
        return GatewayResult(Kind.MALFORMED, response=response, problems=problems)
    if http_status == 400 and aaa and all(code.code == "79" for code in aaa):
        return GatewayResult(
            Kind.CONFIG_ERROR, response=response, aaa=aaa, problems=problems, detail="payer code unknown there"
        )
    kind = Kind.REJECTED if aaa else Kind.ANSWERED
    return GatewayResult(kind, response=response, aaa=aaa, problems=problems)


def _by_status(exchange: Exchange) -> GatewayResult | None:
    """What the status alone decides; None when the body decides."""
    status = exchange.status
    if status == 202:
        token = _poll_token(exchange.body)
        return GatewayResult(Kind.PENDING, poll_token=token) if token else GatewayResult(Kind.MALFORMED)
    if status == 429:
        return GatewayResult(Kind.THROTTLED, retry_after=_retry_after(exchange))
    if status in (408, 425) or status >= 500:
        return GatewayResult(Kind.TRANSIENT_AMBIGUOUS, detail=f"HTTP {status}", retry_after=_retry_after(exchange))
    if status in (400, 401, 403, 404, 405, 415) or 300 <= status < 400:
        return GatewayResult(Kind.CONFIG_ERROR, detail=f"HTTP {status}", blames_question=status == 400)
    return None if 200 <= status < 300 else GatewayResult(Kind.MALFORMED, detail=f"HTTP {status}")


def _unwrapped(exchange: Exchange) -> bytes:
    """The X12 inside a JSON answer, or the body itself."""
    if "json" not in exchange.headers.get("content-type", ""):
        return exchange.body
    parsed = _json(exchange.body)
    x12 = parsed.get("x12")
    return x12.encode("utf-8", "replace") if isinstance(x12, str) else exchange.body


def _poll_token(body: bytes) -> str:
    token = _json(body).get("poll")
    return token[:500] if isinstance(token, str) else ""


def _json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _retry_after(exchange: Exchange) -> float | None:
    """Seconds, whether written as seconds or as a date; a payer may not park us for longer than an hour."""
    text = exchange.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        wait = (parsedate_to_datetime(text) - timezone.now()).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER)


def _sender(endpoint: dict[str, Any]) -> Sender:
    return Sender(
        sender_id=endpoint.get("sender_id", "IOPFINDER"),
        receiver_id=endpoint.get("receiver_id", "RECEIVER"),
        usage=endpoint.get("usage", "T"),
    )


def _authorization(endpoint: dict[str, Any]) -> dict[str, str]:
    """The secret is in the environment, under the name the endpoint gives; it is in no table and no log."""
    secret = os.environ.get(endpoint.get("secret_env", ""), "")
    return {endpoint.get("header", "Authorization"): secret} if secret else {}
