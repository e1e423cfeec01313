"""What happens for which member ID. Dashes, blanks and case do not count; a tail like X17 makes another member.

| member ID | behaviour |
|---|---|
| SIMPPO001 SIMHMO001 SIMMCD001 | answers: PPO with authorization, HMO with a copay, Medicaid at $0 |
| SIMMCO001 | Medicaid that names a managed-care plan; asked as payer SCPM1, that plan answers |
| SIMCARVE1 | carve-out; asked as payer SBHC1, the administrator answers |
| SIMLIMIT1 SIMINACT1 SIMEXCL01 SIMNONCV1 SIMPEND01 SIMSPEND1 SIMACTIV1 | visit limit, ended, free-standing
  exclusion, not covered, under investigation, spend-down, active without behavioral terms |
| SIMTIERS1 | benefit tiers told apart only by message text |
| SIMAAA{code}{follow-up}[loop][H400] | that rejection in its legal loop, or in the loop named; with HTTP 400 |
| SIM429-3 SIMDOWN2 SIMDOWNX | 429 until the third call; 503 twice, then an answer; 503 always |
| SIMHTTP401 ... | that HTTP status, always |
| SIMSLOW25 SIMHANG | answers in 25 seconds; never |
| SIMCUT SIMDROP SIMHTML SIMEMPTY SIM999 SIMTA1 SIMBADSE | broken answers of every kind |
| SIMWRONGID SIMWRONGTRN SIMNOTRN SIMBOM SIMDELIMS | another member's answer; odd but legal ones |
| SIM202-5 | 202 and a poll token, ready at the fifth poll |
| SIMFEWER1 | not found unless asked without a first name |
| SIMFLAP | payer down first, then answers whose remaining amounts fall each time |
| anything else | AAA 75, subscriber not found |
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from payersim import answers, benefits
from payersim.answers import Answer
from payersim.inquiry import INVALID_VALUE, Element, Inquiry, SyntaxFaultError

LONGEST_DELAY = 120


@dataclass
class Reply:
    """What goes back over HTTP, and how badly."""

    status: int | None = 200  # None: the caller gets no status line
    text: str = ""
    content_type: str | None = None  # None: as the question came
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    cut: bool = False
    drop: bool = False
    hang: bool = False
    polls: int = 0  # ready at this poll


Scenario = Callable[[Inquiry, int, re.Match[str]], Reply]
SCENARIOS: list[tuple[re.Pattern[str], Scenario]] = []

# Where each rejection may stand by the implementation guide; the first is ours unless the member ID names another.
LEGAL_LOOPS = {
    "2000A": "04",
    "2100A": "42 79 80 T4",
    "2100B": "41 43 44 45 46 47 48 50 51 97",
    "2100C": "15 35 49 52 56 58 60 61 62 63 71 72 73 74 75 76 78",
    "2100D": "64 65 66 67 68 77",
    "2110C": "33 53 54 55 57 69 70 98 AA AE AF AG AO CI E8 IA MA",
}
LOOP_OF = {code: loop for loop, codes in LEGAL_LOOPS.items() for code in codes.split()}
# AAA01 tells whether the question was valid as such; these codes say it was not.
INVALID = frozenset("15 33 43 44 45 46 47 48 58 64 65 66 67 68 71 72 73 74 75 76 77 78".split())


def play(inquiry: Inquiry, count: int) -> Reply:
    """The reply to this member's `count`-th call (the first is 1)."""
    member = re.sub(r"(?<=[A-Z0-9])X[0-9]+$", "", inquiry.member)
    for pattern, scenario in SCENARIOS:
        if match := pattern.fullmatch(member):
            return scenario(inquiry, count, match)
    return _rejected(inquiry, "75" if inquiry.member else "72", "C")


def _on(pattern: str) -> Callable[[Scenario], Scenario]:
    def register(scenario: Scenario) -> Scenario:
        SCENARIOS.append((re.compile(pattern), scenario))
        return scenario

    return register


def _answered(inquiry: Inquiry, plan: str = benefits.PPO, **amounts: object) -> Reply:
    year = answers.clean(inquiry.message.find("BHT"), 4)[:4]
    return Reply(text=Answer(inquiry, benefits.segments(plan, year=year, **amounts)).text())


def _rejected(inquiry: Inquiry, code: str, followup: str, loop: str = "") -> Reply:
    loop = loop or LOOP_OF.get(code, "2100C")
    aaa = f"AAA*{'N' if code in INVALID else 'Y'}**{code}*{followup}"
    is_line = loop.startswith("2110")
    lines = benefits.segments(benefits.ACTIVE_ONLY) if is_line else []
    if is_line:
        lines.append(f"EB*1**{inquiry.service_type}")
    return Reply(text=Answer(inquiry, lines, {loop: [aaa]}).text())


PLANS = {
    "SIMPPO001": benefits.PPO,
    "SIMHMO001": benefits.HMO,
    "SIMMCD001": benefits.MEDICAID,
    "SIMLIMIT1": benefits.VISIT_LIMIT,
    "SIMINACT1": benefits.INACTIVE,
    "SIMEXCL01": benefits.EXCLUSION,
    "SIMNONCV1": benefits.NON_COVERED,
    "SIMPEND01": benefits.PENDING,
    "SIMSPEND1": benefits.SPEND_DOWN,
    "SIMACTIV1": benefits.ACTIVE_ONLY,
    "SIMTIERS1": benefits.TIERS,
}


@_on("|".join(PLANS))
def _plan(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    return _answered(inquiry, PLANS[match[0]])


@_on("SIMCARVE1|SIMMCO001")
def _other_payer(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    """The first payer names another; that other payer's code brings its own answer."""
    is_carve_out = match[0] == "SIMCARVE1"
    other, plan, own = (
        ("SBHC1", benefits.CARVE_OUT_ADMINISTRATOR, benefits.CARVE_OUT)
        if is_carve_out
        else ("SCPM1", benefits.MANAGED_CARE_PLAN, benefits.MEDICAID_MANAGED_CARE)
    )
    return _answered(inquiry, plan if answers.clean(inquiry.payer, 9) == other else own)


@_on(r"SIMAAA([0-9A-Z]{2})([CRPNSWXY])(2000A|2100[A-D]|2110[CD])?(H400)?")
def _aaa(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    reply = _rejected(inquiry, match[1], match[2], match[3] or "")
    reply.status = 400 if match[4] else 200
    return reply


@_on(r"SIM429([1-9])")
def _throttled(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    if count % int(match[1]) == 0:
        return _answered(inquiry)
    return Reply(429, "Too many requests", "text/plain", {"Retry-After": "2"})


@_on(r"SIMDOWN([1-9]|X)")
def _down(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    if match[1] != "X" and count % (int(match[1]) + 1) == 0:
        return _answered(inquiry)
    return Reply(503, "Service unavailable", "text/plain")


@_on(r"SIMHTTP([45][0-9]{2})")
def _status(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    return Reply(int(match[1]), "refused", "text/plain")


@_on(r"SIMSLOW([0-9]{1,3})")
def _slow(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    reply = _answered(inquiry)
    reply.delay = min(int(match[1]), LONGEST_DELAY)
    return reply


@_on("SIMHANG|SIMDROP")
def _gone(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    return Reply(None, hang=match[0] == "SIMHANG", drop=match[0] == "SIMDROP")


@_on("SIMCUT|SIMHTML|SIMEMPTY|SIM999|SIMTA1|SIMBADSE")
def _broken(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    ppo = Answer(inquiry, benefits.segments(benefits.PPO))
    match match[0]:
        case "SIMCUT":
            return Reply(text=ppo.text(), cut=True)
        case "SIMHTML":
            return Reply(text="<html><body><h1>Scheduled maintenance</h1></body></html>", content_type="text/html")
        case "SIMEMPTY":
            return Reply()
        case "SIM999":
            element = Element(1, INVALID_VALUE, inquiry.service_type)
            fault = SyntaxFaultError(inquiry.message, "EQ", (13, "8"), element)
            return Reply(text=answers.syntax_refusal(fault))
        case "SIMTA1":
            return Reply(text=answers.interchange_refusal(inquiry.message.isa, "006"))
    ppo.counted_extra = 3
    return Reply(text=ppo.text())


@_on("SIMWRONGID|SIMWRONGTRN|SIMNOTRN|SIMBOM|SIMDELIMS")
def _odd(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    answer = Answer(inquiry, benefits.segments(benefits.PPO), other_member=match[0] == "SIMWRONGID")
    answer.trace = {"SIMWRONGTRN": "SOMEBODYELSE-1", "SIMNOTRN": ""}.get(match[0])
    text = answer.text()
    if match[0] == "SIMBOM":
        text = "\ufeff" + text
    if match[0] == "SIMDELIMS":
        text = text.translate(str.maketrans("*^:~", "|!>'")).replace("'", "'\r\n")
    return Reply(text=text)


@_on(r"SIM202([1-9][0-9]?)")
def _later(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    reply = _answered(inquiry)
    reply.polls = int(match[1])
    return reply


@_on("SIMFEWER1")
def _fewer(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    return _rejected(inquiry, "75", "C") if inquiry.patient.first else _answered(inquiry)


@_on("SIMFLAP")
def _flap(inquiry: Inquiry, count: int, match: re.Match[str]) -> Reply:
    if count == 1:
        return _rejected(inquiry, "42", "R")
    paid = min(150 * (count - 2), 600)
    return _answered(inquiry, deductible_left=600 - paid, out_of_pocket_left=3850 - paid)
