"""Stedi: X12 wrapped in JSON both ways. What it says in JSON beside the X12 matters for errors alone."""

from dataclasses import replace

from insurance.gateways import GatewayResult, Kind
from insurance.gateways.egress import Exchange
from insurance.gateways.x12_http import X12HttpGateway, _json


class StediGateway(X12HttpGateway):
    default_format = "json"

    def _classified(self, exchange: Exchange) -> GatewayResult:
        """A 400 without X12 inside is about our request. Its `code` is no AAA: "71" there is a parse failure."""
        if exchange.status == 400 and "x12" not in (answer := _json(exchange.body)):
            code = str(answer.get("code", ""))[:40]
            payer_unknown = "payer" in str(answer.get("message", "")).lower()
            detail = "payer code unknown there" if payer_unknown else f"HTTP 400 {code}".strip()
            kind = Kind.CONFIG_ERROR if payer_unknown else Kind.SYNTAX_REJECTED
            return GatewayResult(kind, http_status=400, raw_response=exchange.body, detail=detail)
        result = super()._classified(exchange)
        return replace(result, poll_token="") if result.kind != Kind.PENDING else result
