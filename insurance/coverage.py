"""Is it covered? From the status, exclusion and term lines of a 271 to a determination and its evidence level."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from insurance.codes import EXCLUDING, GENERAL, IOP_PROCEDURES, Condition, Spoken, is_facility
from insurance.messages import Fact
from insurance.states import Determination
from insurance.tiers import Network, Notes, Tier
from insurance.x12.lines import Line, Period

ACTIVE = frozenset("1234")
PENDING = frozenset("5")
INACTIVE = frozenset("678")
TERMS = frozenset("ABCF")
# Dates (DTP01) of a plan or of a benefit: those given as a range, and those that name its last day alone.
RANGES = frozenset({"291", "292", "307", "346", "348", "356", "382", "539"})
LAST_DAYS = frozenset({"347", "349", "357", "540"})


@dataclass(frozen=True, slots=True)
class Situation:
    """What else bears on the determination, read elsewhere."""

    program_network: Network
    is_carved_out: bool
    is_spend_down: bool
    tier: Tier | None  # the terms that would apply


class Coverage:
    """The coverage question over one member's lines."""

    def __init__(self, said: Sequence[Spoken], condition: Condition, notes: Notes, answered_on: date | None) -> None:
        self.said = [one for one in said if not one.line.is_rejected]
        self.relevant = [one for one in self.said if one.is_relevant]
        self.condition, self.notes, self.answered_on = condition, notes, answered_on
        self.statuses = self._current_statuses()
        self.general = [one.line for one in self.statuses if _is_general(one.line)]

    @property
    def active(self) -> list[Line]:
        """Lines that say "active", of the plan or of any service."""
        return [one.line for one in self.statuses if one.line.code in ACTIVE]

    @property
    def is_active(self) -> bool | None:
        """Whether the plan is active; None if no line says. A plan-wide "inactive" beats any service's "active"."""
        if any(line.code in INACTIVE for line in self.general):
            return False
        return True if any(one.is_relevant and one.line.code in ACTIVE | PENDING for one in self.statuses) else None

    def is_pending(self) -> bool:
        """Under investigation as a plan, or (where no status is more specific) for this service."""
        codes = {line.code for line in self.general}
        if codes & PENDING and codes & ACTIVE:
            self.notes.review.add("PENDING_AND_ACTIVE")
        if codes & PENDING:
            return True
        pending, active = self._ranks(PENDING), self._ranks(ACTIVE)
        if pending & active:
            self.notes.review.add("PENDING_AND_ACTIVE")
        return bool(pending) and min(pending) <= min(active, default=min(pending))

    def _ranks(self, codes: frozenset[str]) -> set[int]:
        return {one.rank for one in self.statuses if one.is_relevant and one.line.code in codes}

    def level(self, *, is_carved_out: bool) -> int:
        """The evidence level, 0 to 3. A payer that points elsewhere cannot vouch for terms: at most 2.

        An IOP's own procedure code (EB13) is proof even on a status line without terms.
        """
        if not self.is_active:
            return 0
        terms = [one for one in self.relevant if one.line.code in TERMS and _has_figure(one.line)]
        active = [one for one in self.statuses if one.is_relevant and one.line.code in ACTIVE]
        named = [one for one in active if one.line.procedure in IOP_PROCEDURES]
        if named or any(is_facility(one.code, self.condition) for one in terms):
            return 2 if is_carved_out else 3
        return 2 if any(one.code != GENERAL for one in active + terms) else 1

    def determination(self, level: int, situation: Situation) -> Determination:
        """What may be said. Each rule stands above those it overrules."""
        rules: tuple[tuple[Callable[[], bool], Determination], ...] = (
            (self._is_ended, Determination.INACTIVE),
            (self.is_pending, Determination.PENDING_INVESTIGATION),
            (lambda: situation.is_carved_out, Determination.CARVE_OUT_CONTACT),
            (self._is_excluded, Determination.NOT_COVERED),
            (lambda: self._is_excluded_outside(situation), Determination.NOT_COVERED_OUT_OF_NETWORK),
            (self._is_silent, Determination.UNKNOWN),
            (lambda: situation.is_spend_down, Determination.ACTIVE_IOP_UNCONFIRMED),
            (lambda: "PLAN_PERIOD_ENDED" in self.notes.flags, Determination.ACTIVE_IOP_UNCONFIRMED),
            (lambda: _is_used_up(situation.tier), Determination.LIMIT_EXHAUSTED),
            (lambda: level < 3, Determination.ACTIVE_IOP_UNCONFIRMED),
            (lambda: _needs_approval(situation.tier), Determination.COVERED_AUTH_REQUIRED),
        )
        return next((determination for holds, determination in rules if holds()), Determination.COVERED)

    def _is_ended(self) -> bool:
        if self.is_active is not False:
            return False
        if self.active:
            self.notes.review.add("INACTIVE_AND_ACTIVE")
        return True

    def _is_excluded(self) -> bool:
        """Whether the most specific lines that speak of coverage deny it in network."""
        if self._is_excluded_by_text():
            self.notes.review.add("EXCLUDED_BY_TEXT")
            return True
        denying = {one.rank for one in self._denials() if one.line.network != "N"}
        affirming = {one.rank for one in self.relevant if _affirms(one.line)}
        if not denying or min(denying) > min(affirming, default=min(denying)):
            return False
        if min(denying) in affirming:
            self.notes.review.add("COVERED_AND_EXCLUDED")
        return True

    def _is_excluded_by_text(self) -> bool:
        """A sentence that excludes an IOP, or (beside terms) every program that is not a hospital's."""
        beside_terms = [one for one in self.relevant if one.line.code not in EXCLUDING]
        return any(one.says(Fact.IOP_EXCLUDED) for one in self.said) or any(
            one.says(Fact.FREE_STANDING_EXCLUDED) for one in beside_terms
        )

    def _is_excluded_outside(self, situation: Situation) -> bool:
        """No benefits out of network, for a program that is out of network."""
        return situation.program_network == "out" and self.pays_nothing_outside()

    def pays_nothing_outside(self) -> bool:
        """Whether the plan excludes this care out of network."""
        says_so = any(one.says(Fact.NO_OUT_OF_NETWORK_BENEFITS) for one in self.said)
        return says_so or any(one.line.network == "N" for one in self._denials())

    def _is_silent(self) -> bool:
        if self.is_active is None:
            self.notes.review.add("NO_STATUS")
        return self.is_active is None

    def _denials(self) -> list[Spoken]:
        """Lines that exclude the service. One that excludes something narrower (court orders, telehealth) is a flag,
        and so is the reason that most often concerns an IOP: that it does not belong to a hospital.
        """
        excluding = [one for one in self.relevant if one.line.code in EXCLUDING]
        if any(one.says(Fact.FREE_STANDING_EXCLUDED) for one in excluding):
            self.notes.flags.add("FREE_STANDING_EXCLUDED")
        if any(one.says(Fact.NARROW_EXCLUSION) for one in excluding):
            self.notes.flags.add("NARROW_EXCLUSION")
        ended = [one for one in self.relevant if one.line.code in INACTIVE and one.code != GENERAL]
        return [one for one in excluding if not one.says(Fact.NARROW_EXCLUSION)] + ended

    def _current_statuses(self) -> list[Spoken]:
        """Status lines that are not about a time that is over, as CMS sends of gaps in the past."""
        statuses = [one for one in self.said if one.line.code in ACTIVE | PENDING | INACTIVE]
        current = [one for one in statuses if not self._is_past(one.line)]
        return current if any(one.line.code in ACTIVE for one in current) else statuses

    def _is_past(self, line: Line) -> bool:
        end = last_day(line.periods)
        return self.answered_on is not None and end is not None and end < self.answered_on


def last_day(periods: Iterable[Period]) -> date | None:
    """When a plan or benefit ends; of several periods the last."""
    told = (p for p in periods if p.qualifier in LAST_DAYS or (p.is_range and p.qualifier in RANGES))
    return max((period.end for period in told if period.end), default=None)


def _is_general(line: Line) -> bool:
    return not line.service_types or GENERAL in line.service_types


def _affirms(line: Line) -> bool:
    """Says that the service is active in network, or at which terms."""
    return line.network != "N" and (line.code in ACTIVE or (line.code in ("A", "B", "F") and _has_figure(line)))


def _has_figure(line: Line) -> bool:
    """Whether a term line holds the figure its code promises; a blank percent is no evidence."""
    if line.code == "A":
        return line.percent is not None
    return line.amount is not None or line.quantity is not None or bool(line.deliveries)


def _is_used_up(tier: Tier | None) -> bool:
    limit = tier.visit_limit if tier else None
    return bool(limit and limit.remaining and limit.remaining.value == 0)


def _needs_approval(tier: Tier | None) -> bool:
    return bool(tier and tier.authorization == "yes")
