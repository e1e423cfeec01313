"""What to ask any program on the phone, what a good answer sounds like, and what this one has not told us."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programs.models import Program


class Question(NamedTuple):
    """A question for the phone call and what a good answer sounds like."""

    text: str | Promise
    listen_for: str | Promise


class Gap(NamedTuple):
    """What a program has not told us; `is_asked_anyway` when one of QUESTIONS asks it."""

    words: str
    is_asked_anyway: bool = False


QUESTIONS = (
    Question(
        gettext_lazy("When can I start?"),
        gettext_lazy("A date for an assessment within days, not “we will call you back.”"),
    ),
    Question(
        gettext_lazy("What will I pay each week with my plan?"),
        gettext_lazy("They ask for your plan and give a figure in writing."),
    ),
    Question(
        gettext_lazy("Which treatments do you use, and why for me?"),
        gettext_lazy("Names of tested therapies, and a plan made after they meet you."),
    ),
    Question(
        gettext_lazy("What training and licenses do the staff have?"),
        gettext_lazy("Licensed therapists and counselors, and a doctor or nurse they can call."),
    ),
    Question(
        gettext_lazy("How do you include family?"),
        gettext_lazy("Sessions or classes for family, with days and times."),
    ),
    Question(
        gettext_lazy("How will we know that it works?"),
        gettext_lazy("They measure progress and change the plan when it does not help."),
    ),
    Question(
        gettext_lazy("What happens after the program?"),
        gettext_lazy("A plan for the months after: groups, visits, whom to call."),
    ),
    Question(
        gettext_lazy("What should I bring on the first day?"), gettext_lazy("A short list. Photo ID, card, medicines.")
    ),
)


def gaps(program: Program, *, meets: bool, priced: bool, opens: bool, licensed: bool) -> list[Gap]:
    """What it has not told us, the weightiest first.

    `meets`: its sessions are known; `priced`: its price is; `opens`: its openings were confirmed this week;
    `licensed`: the states it may treat by video are known, if it treats so.
    """
    slides = {"sliding-fee", "payment:sliding-fee"} & {*program.payment_types, *program.not_offered}
    found = {
        Gap(_("in which states it may treat people by video")): not licensed,
        Gap(_("on which days and at what times it meets")): not meets,
        Gap(_("what it costs a week")): not priced,
        Gap(_("which insurance plans it takes")): not program.payer_acceptances.all(),
        Gap(_("how many weeks it lasts")): program.weeks_min is None and program.weeks_max is None,
        Gap(_("whether it takes new patients now"), True): not opens or program.accepting_new is None,
        Gap(_("whether it has a sliding scale")): program.sliding_scale is None and not slides,
        Gap(_("which therapies it uses"), True): not program.therapies,
        Gap(_("whether family can take part"), True): program.family_program is None
        and "family" not in program.therapies,
    }
    return [gap for gap, missing in found.items() if missing]
