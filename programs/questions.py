"""What to ask any program on the phone, and what a good answer sounds like."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


class Question(NamedTuple):
    """A question for the phone call and what a good answer sounds like."""

    text: str | Promise
    listen_for: str | Promise


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
