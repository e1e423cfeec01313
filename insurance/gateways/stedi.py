"""Stedi: X12 wrapped in JSON both ways. What it says in JSON beside the X12 matters for errors alone."""

import re
from dataclasses import replace
from typing import Any

from insurance.gateways import GatewayResult, Kind
from insurance.gateways.egress import Exchange
from insurance.gateways.x12_http import X12HttpGateway, _json
from insurance.x12.lines import AAA

LOOP = re.compile(r"2[01][01]0[A-D]")
# The follow-up as a letter of AAA04, or in words.
FOLLOWUPS = (
    *(("30 days", "W"), ("10 days", "X"), ("hold your request", "Y"), ("not allowed", "N"), ("correct", "C")),
    *(("resubmit", "R"),),
)


class StediGateway(X12HttpGateway):
    default_format = "json"

    def _classified(self, exchange: Exchange) -> GatewayResult:
        """A 400 without X12 inside is about our request, or a rejection told in JSON.

        A `code` means what AAA says only at a loop of the guide: "71" at "subscriber_level_HL_loop" is a parse failure.
        """
        if exchange.status == 400 and "x12" not in (answer := _json(exchange.body)):
            return replace(_told_in_json(answer), http_status=400, raw_response=exchange.body)
        result = super()._classified(exchange)
        return replace(result, poll_token="") if result.kind != Kind.PENDING else result


def _told_in_json(answer: dict[str, Any]) -> GatewayResult:
    listed = answer.get("errors")
    errors = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    told = " ".join(str(each.get(key, "")) for each in [answer, *errors] for key in ("message", "description")).lower()
    if re.search(r"\bpayer\b.*\b(not|unknown|unrecognized)\b", told):
        return GatewayResult(Kind.CONFIG_ERROR, detail="payer code unknown there")
    aaa = tuple(
        AAA(loop[0], str(each.get("code", ""))[:2], _followup(str(each.get("followupAction", ""))), "N", 0)
        for each in errors
        if (loop := LOOP.search(str(each.get("location", ""))))
    )
    if aaa:
        return GatewayResult(Kind.REJECTED, aaa=aaa)
    code = str(next((each["code"] for each in [answer, *errors] if each.get("code")), ""))[:40]
    return GatewayResult(Kind.SYNTAX_REJECTED, detail=f"HTTP 400 {code}".strip())


def _followup(action: str) -> str:
    if len(action) == 1:
        return action
    return next((letter for words, letter in FOLLOWUPS if words in action.lower()), "")
