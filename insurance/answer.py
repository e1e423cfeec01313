"""The answer as staff may read it out: one true sentence, how sure it is, each value with source and age.

Only evidence levels 3 and 4 say "covered". "Could not ask" is never a "no".
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from insurance import doubts, facts, script
from insurance.facts import Fact
from insurance.models import BenefitSnapshot, Verification
from insurance.questions import Question
from insurance.states import Determination, State

EVIDENCE = (
    gettext_lazy("Nothing so far that speaks for coverage"),
    gettext_lazy("The plan is active; nothing about this care"),
    gettext_lazy("Mental health or substance use benefits are active in general"),
    gettext_lazy("The plan gave terms for outpatient care at a facility, or named this care by its code"),
    gettext_lazy("A representative told us about this care at this program"),
)
BY_RULE = gettext_lazy("Medicare’s own rules say so; the plan was not asked")
PROGRESS = {
    State.QUEUED: gettext_lazy("The question to the plan is on its way."),
    State.SENDING: gettext_lazy("We are asking the plan right now."),
    State.RETRY_WAIT: gettext_lazy("The plan did not answer yet. We ask again by ourselves."),
    State.AWAITING_PAYER: gettext_lazy("The plan has our question and will answer later."),
    State.NEEDS_INFO: gettext_lazy("The plan needs one more detail from you before it can answer."),
    State.NEEDS_REVIEW: gettext_lazy("The plan has answered. A colleague reads the answer before we tell you."),
    State.MANUAL_REQUIRED: gettext_lazy("We have to call the plan to learn this."),
    State.MANUAL_IN_PROGRESS: gettext_lazy("A colleague is on the phone with the plan."),
    State.CONFIG_ERROR: gettext_lazy("Something on our side stands in the way. That does not mean no."),
    State.DEAD_LETTER: gettext_lazy("Something on our side stands in the way. That does not mean no."),
    State.CANCELLED: gettext_lazy("This request was cancelled. Nothing was learned."),
}
# Beside the sentence, for staff alone.
FOR_STAFF = {
    State.NEEDS_REVIEW: gettext_lazy("Do not quote the plan’s answer before a person has read it."),
    State.CONFIG_ERROR: gettext_lazy("An administrator is needed."),
    State.DEAD_LETTER: gettext_lazy("An administrator is needed."),
}


@dataclass(frozen=True)
class Answer:
    """All that may be said about one request now."""

    sentence: str
    level: int
    level_words: Promise | str
    facts: list[Fact] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # about this answer: for the caller too
    for_staff: list[str] = field(default_factory=list)
    next_question: str = ""
    as_of: datetime | None = None
    is_rule: bool = False  # worked out from a rule that holds for everybody: no plan was asked
    is_old: bool = False

    @property
    def warnings(self) -> list[str]:
        """All that staff look at before they rely on it."""
        out_of_date = [_("This answer is out of date. The newer one counts.")] if self.is_old else []
        return [*self.for_staff, *out_of_date, *self.doubts]

    @property
    def is_known(self) -> bool:
        return self.as_of is not None

    @property
    def general(self) -> list[Fact]:
        """What holds whatever the network."""
        return [fact for fact in self.facts if not fact.about]

    @property
    def networks(self) -> list[str]:
        return list(dict.fromkeys(fact.about for fact in self.facts if fact.about))

    @property
    def by_network(self) -> list[tuple[str, list[Fact | None]]]:
        """Each value's label with what it is in each of `networks`; None where it was not told."""
        told = {(fact.label, fact.about): fact for fact in self.facts if fact.about}
        labels = dict.fromkeys(label for label, _about in told)
        return [(label, [told.get((label, network)) for network in self.networks]) for label in labels]

    @property
    def tellers(self) -> list[str]:
        """Who told the values that differ by network."""
        return list(dict.fromkeys(fact.who for fact in self.facts if fact.about))


def of(verification: Verification) -> Answer:
    """What we know about a request at this moment."""
    snapshot = BenefitSnapshot.objects.filter(verification=verification, superseded_at=None).first()
    if snapshot is None or verification.state in PROGRESS:
        words = PROGRESS.get(State(verification.state), verification.get_state_display())
        question = question_after(verification, snapshot.data) if snapshot else ""
        for_staff = [str(FOR_STAFF[State(verification.state)])] if verification.state in FOR_STAFF else []
        return Answer(str(words), 0, EVIDENCE[0], for_staff=for_staff, next_question=question)
    return in_full(verification, snapshot)


def in_full(verification: Verification, snapshot: BenefitSnapshot) -> Answer:
    """One answer, be it the one that counts or one from before."""
    is_rule, is_old = facts.is_rule(snapshot), verification.state == State.EXPIRED
    return Answer(
        sentence=sentence(verification, snapshot),
        level=snapshot.evidence_level,
        level_words=BY_RULE if is_rule else EVIDENCE[snapshot.evidence_level],
        facts=[*facts.on_file(verification), *facts.of(snapshot)],
        doubts=[doubts.in_words(code) for code in dict.fromkeys([*snapshot.review, *snapshot.flags])],
        next_question="" if _is_confirmed(snapshot) else question_after(verification, snapshot.data),
        as_of=snapshot.as_of,
        is_rule=is_rule,
        is_old=is_old,
    )


@dataclass(frozen=True)
class Change:
    """One value that is not what it was at the earlier check; empty is not told."""

    label: str
    before: str
    after: str
    about: str = ""


def changes(child: Verification) -> list[Change]:
    """What has changed since the answer that this request asks for again, in words."""
    before, after = (
        BenefitSnapshot.objects.filter(verification=each, superseded_at=None).first() for each in (child.parent, child)
    )
    if before is None or after is None:
        return []
    old, new = ({(fact.about, fact.label): fact.value for fact in facts.of(each)} for each in (before, after))
    answers = (_("Answer"), before.get_determination_display(), after.get_determination_display())
    values = [
        Change(label, old.get((about, label), ""), new.get((about, label), ""), about)
        for about, label in dict.fromkeys([*old, *new])
    ]
    return [each for each in (Change(*answers), *values) if each.before != each.after]


def spoken(verification: Verification, language: str) -> str:
    """The sentence in another language of ours, for a caller who speaks it; empty if it is the one staff read."""
    if language == get_language() or language not in dict(settings.LANGUAGES):
        return ""
    with override(language):
        return of(verification).sentence


def sentence(verification: Verification, snapshot: BenefitSnapshot) -> str:
    """One sentence to be read aloud as it stands."""
    plan = str(verification.payer)
    level = snapshot.evidence_level
    said = _who_said(snapshot)
    certain = {
        Determination.COVERED: _("For {plan}, {said} that this kind of care is covered. It is not a promise to pay."),
        Determination.COVERED_AUTH_REQUIRED: _(
            "For {plan}, {said} that this kind of care is covered if the plan approves it first. It is not a promise to pay."
        ),
    }
    others = {
        Determination.LIMIT_EXHAUSTED: _("For {plan}, {said} that the visits of this plan year are used up."),
        Determination.NOT_COVERED: _("For {plan}, {said} that this care is not covered at this program."),
        Determination.NOT_COVERED_OUT_OF_NETWORK: _(
            "For {plan}, {said} that this care is not covered at a program outside its network."
        ),
        Determination.INACTIVE: _("For {plan}, {said} that the plan is not active. Is there a newer card?"),
        Determination.CARVE_OUT_CONTACT: _(
            "For {plan}, {said} that another company handles these benefits. We must ask that company."
        ),
        Determination.PENDING_INVESTIGATION: _("For {plan}, {said} that the plan is active but under review."),
        Determination.REJECTED: _(
            "{plan} did not find this member. Let us check the card together. That does not mean no."
        ),
        Determination.UNKNOWN: _("We could not learn from {plan} what it pays. That does not mean no."),
        Determination.ACTIVE_IOP_UNCONFIRMED: _(
            "The plan with {plan} is active. Whether it pays for an intensive outpatient program is not confirmed yet."
        ),
    }
    determination = Determination(snapshot.determination)
    if determination in certain and level < 3:
        determination = Determination.ACTIVE_IOP_UNCONFIRMED
    if determination == Determination.ACTIVE_IOP_UNCONFIRMED and "PLAN_PERIOD_ENDED" in snapshot.flags:
        return _(
            "{plan}: the plan’s computer says active, but the plan period it names is over. We must ask the plan. This is no “no”."
        ).format(plan=plan)
    if snapshot.data.get("rule") == "medicare_free_standing":
        return _(
            "Medicare pays for this care at hospitals and some clinics, not at a free-standing program like this one."
        )
    return {**others, **certain}[determination].format(plan=plan, said=said)


def _who_said(snapshot: BenefitSnapshot) -> str:
    """Whose word the sentence is: after a call it may still be the computer's, or both have a part in it."""
    by_phone = facts.told_by_phone(snapshot)
    if "determination" in by_phone:
        return _("a representative of the plan told us")
    return _("the plan told us") if "determination in part" in by_phone else _("the plan’s computer told us")


def _is_confirmed(snapshot: BenefitSnapshot) -> bool:
    """The question that is left when all is told, and a representative has answered it."""
    return snapshot.evidence_level == 4 and snapshot.data.get("question") in (None, Question.CONFIRM)


def question_after(verification: Verification, data: dict[str, Any]) -> str:
    """What to ask next, in words; older readings kept the words themselves."""
    code = data.get("question")
    words = str(Question(code).label) if code in Question.values else str(data.get("next_question") or "")
    if code != Question.COVERED:
        return words
    return f"{words} " + _("Name it as {codes}.").format(codes=script.codes(verification))
