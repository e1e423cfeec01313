"""The one door to payers: a question in, a typed result out. Expected failures never raise.

"Could not ask" is never "no": each way of failing has its own kind.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from insurance.x12.inquiry_270 import ControlNumbers, Question
from insurance.x12.lines import AAA
from insurance.x12.response_271 import Response

if TYPE_CHECKING:
    from insurance.models import PayerRoute


class Kind(StrEnum):
    """How an attempt ended; the same words as `VerificationAttempt.Kind`."""

    ANSWERED = "answered"
    REJECTED = "rejected"
    PENDING = "pending"
    SYNTAX_REJECTED = "syntax_rejected"
    TRANSIENT_NOT_SENT = "transient_not_sent"
    TRANSIENT_AMBIGUOUS = "transient_ambiguous"
    THROTTLED = "throttled"
    CONFIG_ERROR = "config_error"
    MALFORMED = "malformed"


# After these nobody was asked, so nobody bills and the 90-second floor does not hold.
NOT_ASKED = frozenset({Kind.TRANSIENT_NOT_SENT, Kind.CONFIG_ERROR, Kind.THROTTLED})


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question under its own control numbers, to be asked at one endpoint."""

    question: Question
    control: ControlNumbers
    endpoint: str
    at: datetime
    total_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class GatewayResult:
    """What came of it. `elapsed` counts from the moment the first byte could have left."""

    kind: Kind
    raw_request: bytes = b""
    raw_response: bytes | None = None
    response: Response | None = None
    aaa: tuple[AAA, ...] = ()
    http_status: int | None = None
    retry_after: float | None = None
    poll_token: str = ""
    detail: str = ""  # for staff; never holds a name or a number of a member
    unwritable: tuple[str, ...] = ()  # what of the question cannot be sent: "subscriber.last"
    blames_question: bool = False  # refused for this one question's sake: the route is well
    we_failed: bool = False  # a fault of our own in reading the answer: asking again would bring the same
    elapsed: float = 0.0
    problems: tuple[dict[str, object], ...] = field(default=())


class Gateway(Protocol):
    def check(self, inquiry: Inquiry) -> GatewayResult:
        """Ask. Takes at most the inquiry's total seconds."""

    def poll(self, token: str, inquiry: Inquiry) -> GatewayResult:
        """Fetch an answer that was promised earlier."""


def get_gateway(route: "PayerRoute") -> Gateway:
    """The adapter of a route."""
    from insurance.gateways.manual import ManualGateway
    from insurance.gateways.stedi import StediGateway
    from insurance.gateways.x12_http import X12HttpGateway

    gateways: dict[str, type[Gateway]] = {
        "x12-http": X12HttpGateway,
        "stedi": StediGateway,
        "manual": ManualGateway,
    }
    return gateways[route.gateway]()
