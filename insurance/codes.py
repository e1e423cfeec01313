"""Service type codes of a 271: which ones speak of an intensive outpatient program, and how directly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from insurance.messages import Fact, Inference, infer
from insurance.x12.lines import Line

Condition = Literal["mh", "sud"]

# Most specific first; codes on one line are equally specific.
RANKED: dict[Condition, tuple[frozenset[str], ...]] = {
    "sud": (frozenset({"CJ"}), frozenset({"AI"}), frozenset({"AJ", "AK"}), frozenset({"MH"}), frozenset({"30"})),
    "mh": (
        frozenset({"CH"}), frozenset({"A8"}), frozenset({"CF"}), frozenset({"A4"}), frozenset({"MH"}), frozenset({"30"}),
    ),
}  # fmt: skip
FACILITY: dict[Condition, frozenset[str]] = {"sud": frozenset({"CJ"}), "mh": frozenset({"CH", "A8"})}
SUD_ONLY = frozenset({"CJ", "AI", "AJ", "AK"})
GENERAL = "30"
PSYCHOTHERAPY = "A6"  # office therapy: prices an IOP only for want of anything better, and says so
IOP_PROCEDURES = frozenset({"H0015", "S9480"})
EXCLUDING = frozenset("EIO")
# Places of service (III) where no IOP is held: telehealth, office, home, urgent and emergency care, inpatient, residential.
PLACE_CODES = "ZZ"
OTHER_PLACES = frozenset("02 10 11 12 20 21 23 31 32 51 55 56 61".split())

PROCEDURE_RANK = -1
PROXY_RANK = 100
SILENT_RANK = 1000
BASE = "base"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line of an answer, and what it speaks of. Worked out once, since a hostile answer may hold 20,000."""

    line: Line
    rank: int  # how specific to an IOP: lower is more; PROXY_RANK and above at most prices it for want of better
    code: str  # the service type it ranks by
    inferences: tuple[Inference, ...]
    tier: str
    rest: str  # its sentences that no pattern knows

    @property
    def is_relevant(self) -> bool:
        return self.rank < PROXY_RANK

    def says(self, *facts: Fact) -> bool:
        return any(inference.fact in facts for inference in self.inferences)


def understand(lines: Iterable[Line], condition: Condition) -> tuple[Spoken, ...]:
    """Every line with its rank, its tier and what its messages tell. Payers repeat a few messages on many lines."""
    lines = tuple(lines)
    read = {message: infer(message) for message in {message for line in lines for message in line.messages}}
    return tuple(_understood(line, condition, read) for line in lines)


def _understood(line: Line, condition: Condition, read: Mapping[str, tuple[Inference, ...]]) -> Spoken:
    by_sentence = [(sentence, read[sentence]) for sentence in line.messages]
    inferences = tuple(inference for _sentence, found in by_sentence for inference in found)
    facts = {inference.fact for inference in inferences}
    place, code = _rank(line, condition, is_office_only=_is_office_only(line, facts))
    labels = {inference.label for inference in inferences if inference.fact is Fact.TIER}
    rest = " / ".join(sentence.strip() for sentence, found in by_sentence if sentence.strip() and not found)
    return Spoken(line, place, code, inferences, " + ".join(sorted(labels)) or BASE, rest)


def _rank(line: Line, condition: Condition, *, is_office_only: bool) -> tuple[int, str]:
    """A line without a service type is about the plan, like code 30."""
    if line.procedure in IOP_PROCEDURES:
        return PROCEDURE_RANK, line.procedure
    codes = set(line.service_types) or {GENERAL}
    for place, group in enumerate(RANKED[condition]):
        if found := codes & group:
            return (place + PROXY_RANK if is_office_only else place), min(found)
    return (PROXY_RANK + len(RANKED[condition]), PSYCHOTHERAPY) if PSYCHOTHERAPY in codes else (SILENT_RANK, "")


def _is_office_only(line: Line, facts: set[Fact]) -> bool:
    """Limited to office visits or to another level of care by its place of service or its message."""
    places = {place for qualifier, place in line.places if qualifier == PLACE_CODES}
    is_other = bool(facts & {Fact.OFFICE_VISIT, Fact.OTHER_LEVEL_OF_CARE}) and Fact.IOP_NAMED not in facts
    return is_other or (bool(places) and places <= OTHER_PLACES)


def is_facility(code: str, condition: Condition) -> bool:
    return code in FACILITY[condition] or code in IOP_PROCEDURES


def speaks_of_sud(lines: Iterable[Line]) -> bool:
    return any(code in SUD_ONLY for line in lines for code in line.service_types)
