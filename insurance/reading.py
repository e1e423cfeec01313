"""What a 271 means for an intensive outpatient program: covered or not, how sure we are, and at which terms.

    response = response_271.read(data)
    found = benefits(response, condition="sud")
    found.determination, found.evidence_level, found.tiers, found.next_question

Electronic answers almost never name an IOP, so the evidence level says how near the payer came: L1 the plan is active,
L2 mental health or substance use in general, L3 outpatient care at a facility, with terms. (L4, a representative who
confirmed this service at this program, comes from a phone call only.) "Covered" is said at L3 and L4 alone.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from insurance.aaa import MEMBER_LOOPS, Class, rule_for
from insurance.codes import BASE, GENERAL, Condition, speaks_of_sud, understand
from insurance.coverage import ACTIVE, Coverage, Situation, last_day
from insurance.messages import Fact, Inference, infer
from insurance.questions import Question
from insurance.states import Determination
from insurance.tiers import Accumulator, Network, Notes, Tier, read_tiers
from insurance.x12.lines import Entity, Line, Member
from insurance.x12.response_271 import Response
from insurance.x12.segments import Deviation

MEDICAID, MEDICARE, QUALIFIED_BENEFICIARY = "MC", frozenset({"MA", "MB"}), "QM"
ALSO_MEDICARE = frozenset({"HN", "MP"})  # an HMO of Medicare, Medicare as the first payer
PUBLIC = MEDICARE | {MEDICAID, QUALIFIED_BENEFICIARY}
PHONES = frozenset({"TE", "WP", "CP"})
# In-network out-of-pocket maximum by law, individual and family. Above it, a commercial figure is doubtful.
LEGAL_MAXIMUM = {2025: (9_200, 18_400), 2026: (10_600, 21_200), 2027: (12_000, 24_000)}
DOUBTFUL = {
    Deviation.NEGATIVE_NUMBER: "NEGATIVE_AMOUNT",
    Deviation.UNPAIRED_QUANTITY: "UNPAIRED_QUANTITY",
    Deviation.BAD_NUMBER: "BAD_NUMBER",
    Deviation.UNKNOWN_CODE: "UNKNOWN_CODE",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan the payer found. `active` None: the answer does not say."""

    name: str = ""
    active: bool | None = None
    kind: str = ""  # EB04: PR a PPO, HM an HMO, MC Medicaid ...
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Another organization to ask: a carve-out administrator or managed-care plan, or another insurer."""

    role: Literal["administrator", "other_payer"]
    name: str
    payer_code: str
    phones: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class SpendDown:
    """What a Medicaid member must pay for care before coverage starts, in each `period` (EB06; 34 is a month)."""

    amount: Decimal | None
    period: str
    line: int


@dataclass(frozen=True, slots=True)
class Benefits:
    """All we keep of an answer. Every value in `tiers` names its line; `inferences` keep the payer's own sentences."""

    condition: Condition
    determination: Determination
    evidence_level: int
    plan: Plan
    program_network: Network
    tiers: tuple[Tier, ...] = ()
    contacts: tuple[Contact, ...] = ()
    spend_down: SpendDown | None = None
    pays_nothing_outside: bool = False  # told that this care is not paid for out of network
    inferences: tuple[Inference, ...] = ()
    review: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    question: Question = Question.CONFIRM
    told_by_phone: tuple[str, ...] = ()  # which parts that name no line are a representative's word

    @property
    def next_question(self) -> str:
        return str(self.question.label)

    def says(self, fact: Fact) -> bool:
        return any(inference.fact is fact for inference in self.inferences)

    def tier(self, network: Network, label: str = BASE) -> Tier | None:
        return next((tier for tier in self.tiers if (tier.network, tier.tier) == (network, label)), None)


def benefits(response: Response, *, level_of_care: str = "iop", condition: Condition) -> Benefits:
    """The benefits of the one member a response is about. A batch about several is for `member_benefits`."""
    if level_of_care != "iop":
        raise ValueError(f"only iop can be read, not {level_of_care}")
    if reason := unusable(response):
        return nothing_read(condition, reason)
    if len(response.members) != 1:
        return nothing_read(condition, "SEVERAL_MEMBERS" if response.members else "NO_MEMBER")
    (transaction,) = [transaction for transaction in response.transactions if transaction.members]
    return member_benefits(transaction.members[0], condition=condition, answered_on=transaction.created)


def member_benefits(member: Member, *, condition: Condition, answered_on: date | None) -> Benefits:
    """The benefits of one member of a well-formed response."""
    if member.rejections:
        return _rejected(member, condition)
    return _Reader(member, condition, answered_on).read()


def unusable(response: Response) -> str:
    """Why no benefit of a response may be shown, whatever lines it holds; "" if they may."""
    if response.is_malformed:
        return "MALFORMED"
    return "REFUSED_BESIDE_ANSWER" if response.is_refused and response.members else ""


def default_condition(response: Response) -> Condition:
    """Substance use if any line speaks of it by code, else mental health."""
    return "sud" if any(speaks_of_sud(member.lines) for member in response.members) else "mh"


def nothing_read(condition: Condition, reason: str) -> Benefits:
    return Benefits(condition, Determination.UNKNOWN, 0, Plan(), "unknown", review=(reason,), question=Question.REVIEW)


def _rejected(member: Member, condition: Condition) -> Benefits:
    """A rejection wins over any benefit beside it. Only one about the member's details means "could not identify"."""
    rejections = member.rejections
    is_unidentified = any(aaa.loop in MEMBER_LOOPS and rule_for(aaa).klass is Class.FIX for aaa in rejections)
    return Benefits(
        condition,
        Determination.REJECTED if is_unidentified else Determination.UNKNOWN,
        0,
        Plan(),
        "out" if any(aaa.code == "35" for aaa in rejections) else "unknown",
        question=Question.DETAILS if is_unidentified else Question.COVERED,
    )


class _Reader:
    """Reads one member's lines in the order a person would: plan, who pays, is it covered, at which price."""

    def __init__(self, member: Member, condition: Condition, answered_on: date | None) -> None:
        self.member, self.condition, self.answered_on = member, condition, answered_on
        self.notes = Notes()
        self.said = understand(member.lines, condition)
        self.inferences = tuple(dict.fromkeys(inference for one in self.said for inference in one.inferences))
        self.facts = {inference.fact for inference in self.inferences}
        self.coverage = Coverage(self.said, condition, self.notes, answered_on)

    def read(self) -> Benefits:
        self._note_doubtful_lines()
        plan, network, contacts = self._plan(), self._program_network(), tuple(self._contacts())
        tiers = read_tiers(self.said, self.notes, self._plan_of())
        self._note_who_pays()
        self._note_figures(plan, tiers)
        is_carved_out = self._is_carved_out()
        level = self.coverage.level(is_carved_out=is_carved_out)
        spend_down = self._spend_down()
        tier = applicable(tiers, network)
        situation = Situation(network, is_carved_out, spend_down is not None, tier)
        determination = self.coverage.determination(level, situation)
        return Benefits(
            condition=self.condition,
            determination=determination,
            evidence_level=level,
            plan=plan,
            program_network=network,
            tiers=tiers,
            contacts=contacts,
            spend_down=spend_down,
            pays_nothing_outside=self.coverage.pays_nothing_outside(),
            inferences=self.inferences,
            review=tuple(sorted(self.notes.review)),
            flags=tuple(sorted(self.notes.flags)),
            question=question_after(
                determination,
                level=level,
                network=network,
                tier=tier,
                review=self.notes.review,
                flags=self.notes.flags,
            ),
        )

    def _note_doubtful_lines(self) -> None:
        for one in self.said:
            doubts = [problem.code for problem in one.line.problems if problem.code in DOUBTFUL]
            self.notes.flags.update(code.value for code in doubts)
            if one.is_relevant:
                self.notes.review.update(DOUBTFUL[code] for code in doubts)

    def _plan(self) -> Plan:
        told = self.coverage.general or [one.line for one in self.coverage.statuses]
        lines = sorted(told, key=lambda line: line.code not in ACTIVE)
        named = next((line for line in lines if line.plan), None)
        kind = next((line.insurance_type for line in lines if line.insurance_type), "")
        begins = [p.start for p in self.member.periods if p.qualifier in ("346", "356", "291", "307") and p.start]
        own = last_day(period for line in lines if line.code in ACTIVE for period in line.periods)
        return Plan(
            named.plan if named else "",
            self.coverage.is_active,
            kind,
            begins[0] if begins else None,
            own or last_day(self.member.periods),
        )

    def _plan_of(self) -> Callable[[Line], str]:
        """Which plan a line belongs to: the one it names, else the last one named before it."""
        names = dict.fromkeys(line.plan for line in self.coverage.general if line.code in ACTIVE and line.plan)
        if len(names) < 2:
            return lambda line: next(iter(names), "")
        self.notes.flags.add("TWO_PLANS")
        starts = [line for line in self.coverage.general if line.plan in names]

        numbers = [start.number for start in starts]

        def plan_of(line: Line) -> str:
            last = max(bisect_right(numbers, line.number) - 1, 0)
            return line.plan if line.plan in names else starts[last].plan

        return plan_of

    def _contacts(self) -> Iterator[Contact]:
        for line in self._relevant({"U", "MC", "R"}):
            role: Literal["administrator", "other_payer"] = "other_payer" if line.code == "R" else "administrator"
            for entity in line.entities:
                yield _contact(entity, role, line)

    def _is_carved_out(self) -> bool:
        """Told to ask somebody else, or (Medicaid) that a managed-care plan handles the benefits.

        Where only a sentence says so, a person has to read it.
        """
        if any(line.code == "U" or line.entities for line in self._relevant({"U", "MC"})):
            return True
        is_told = any(one.says(Fact.CARVED_OUT) for one in self.coverage.relevant)
        if is_told:
            self.notes.review.add("CARVED_OUT_BY_TEXT")
        return is_told

    def _spend_down(self) -> SpendDown | None:
        return next((SpendDown(line.amount, line.period, line.number) for line in self._relevant({"Y"})), None)

    def _program_network(self) -> Network:
        """Whether the program itself is in network. EB12 never tells: it is the network of the benefit."""
        is_in, is_out = Fact.PROVIDER_IN_NETWORK in self.facts, Fact.PROVIDER_OUT_OF_NETWORK in self.facts
        if is_in and is_out:
            self.notes.review.add("NETWORK_CONFLICT")
            return "unknown"
        return "in" if is_in else "out" if is_out else "unknown"

    def _note_who_pays(self) -> None:
        others = self._relevant({"R"})
        kinds = {line.insurance_type for line in [*self.coverage.active, *others]}
        if others:
            self.notes.flags.add("OTHER_PAYER")
        if MEDICAID in kinds and kinds & (MEDICARE | ALSO_MEDICARE):
            self.notes.review.add("DUAL_ELIGIBLE")
        named = {inference.fact for line in self.coverage.active for inference in infer(line.plan)}
        if QUALIFIED_BENEFICIARY in kinds or Fact.QUALIFIED_BENEFICIARY in self.facts | named:
            self.notes.review.add("QUALIFIED_MEDICARE_BENEFICIARY")
        if any(one.line.code == "N" and one.code != GENERAL for one in self.coverage.relevant):
            self.notes.review.add("RESTRICTED_TO_PROVIDER")
        if Fact.NEWBORN in self.facts:
            self.notes.review.add("NEWBORN")
        if self._relevant({"Y"}):
            self.notes.flags.add("SPEND_DOWN")

    def _note_figures(self, plan: Plan, tiers: Sequence[Tier]) -> None:
        if self.answered_on and plan.ends and plan.ends < self.answered_on:
            self.notes.flags.add("PLAN_PERIOD_ENDED")
        limits = LEGAL_MAXIMUM.get(self.answered_on.year) if self.answered_on else None
        for tier in tiers:
            if tier.coinsurance and tier.coinsurance.source.stc == GENERAL:
                self.notes.flags.add("GENERAL_TERMS")
            if limits and tier.network == "in" and plan.kind not in PUBLIC and _is_above(tier, limits):
                self.notes.flags.add("ABOVE_LEGAL_MAXIMUM")

    def _relevant(self, codes: set[str]) -> list[Line]:
        """Lines with these EB01 codes about the plan or about behavioral health, not about drugs or teeth."""
        return [one.line for one in self.coverage.relevant if one.line.code in codes]


def question_after(
    determination: Determination,
    *,
    level: int,
    network: Network,
    tier: Tier | None,
    review: Collection[str] = (),
    flags: Collection[str] = (),
) -> Question:
    """The first fact that is still missing, in the order of the call."""
    settled = {
        Determination.INACTIVE: Question.OTHER_COVERAGE,
        Determination.PENDING_INVESTIGATION: Question.INVESTIGATION,
        Determination.CARVE_OUT_CONTACT: Question.ADMINISTRATOR,
        Determination.NOT_COVERED: Question.EXCEPTION,
        Determination.NOT_COVERED_OUT_OF_NETWORK: Question.EXCEPTION,
        Determination.LIMIT_EXHAUSTED: Question.LIMIT_RENEWAL,
    }
    cost = (tier.coinsurance or tier.copay) if tier else None
    doubts = (
        (bool(review), Question.REVIEW),
        (determination in settled, settled.get(determination)),
        ("PLAN_PERIOD_ENDED" in flags, Question.PERIOD),
        (bool({"OTHER_PAYER", "TWO_PLANS"}.intersection(flags)), Question.PRIMARY),
        ("SPEND_DOWN" in flags, Question.SPEND_DOWN),
        (level < 3, Question.COVERED),
        (network == "unknown", Question.NETWORK),
        (network == "out" and (tier is None or tier.network != "out"), Question.OUT_OF_NETWORK_TERMS),
        (tier is None or tier.authorization == "unknown", Question.AUTHORIZATION),
        (cost is None or cost.value is None, Question.COST_SHARE),
        (tier is None or not _is_known(tier.deductible), Question.DEDUCTIBLE),
        (tier is None or not _is_known(tier.out_of_pocket), Question.OUT_OF_POCKET),
    )
    return next((question for holds, question in doubts if holds and question), Question.CONFIRM)


def applicable(tiers: Sequence[Tier], network: Network) -> Tier | None:
    """The base terms for a program of this network; for one of unknown network those in network, for orientation.

    A visit limit, or a "yes" to approval in advance, that names no network binds there too. Amounts that name none do
    not: left out they give a range, taken over they could promise too little.
    """
    wanted: Network = "out" if network == "out" else "in"
    base = {tier.network: tier for tier in reversed(tiers) if tier.tier == BASE}
    unnamed = base.get("unknown")
    tier = base.get(wanted, unnamed)
    if tier is None or unnamed is None:
        return tier
    return replace(
        tier,
        visit_limit=tier.visit_limit or unnamed.visit_limit,
        authorization=unnamed.authorization if tier.authorization == "unknown" else tier.authorization,
    )


def _contact(entity: Entity, role: Literal["administrator", "other_payer"], line: Line) -> Contact:
    phones = tuple(number for qualifier, number in entity.contacts if qualifier in PHONES)
    return Contact(role, entity.name.last, entity.name.number, phones, line.number)


def _is_known(levels: dict[str, Accumulator]) -> bool:
    return any(
        accumulator.remaining is not None and accumulator.remaining.value is not None for accumulator in levels.values()
    )


def _is_above(tier: Tier, limits: tuple[int, int]) -> bool:
    totals = {level: accumulator.total for level, accumulator in tier.out_of_pocket.items()}
    return any(
        total is not None and total.value is not None and total.value > limit
        for total, limit in ((totals.get("individual"), limits[0]), (totals.get("family"), limits[1]))
    )
