"""A payer that answers only by phone: no network, and never an answer."""

from insurance.gateways import GatewayResult, Inquiry, Kind


class ManualGateway:
    def check(self, inquiry: Inquiry) -> GatewayResult:
        return GatewayResult(Kind.CONFIG_ERROR, detail="this payer is asked by phone")

    def poll(self, token: str, inquiry: Inquiry) -> GatewayResult:
        return self.check(inquiry)
