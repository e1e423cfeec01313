"""What to ask a program on the phone, and what a good answer sounds like.

The choosing guide shows both; a program's call sheet may print the questions.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Question:
    """One thing to ask, and what to listen for."""

    ask: str | Promise
    listen: str | Promise


QUESTIONS = (
    Question(
        _("When can we start?"),
        _("A date, or an honest wait time and what to do until then."),
    ),
    Question(
        _("What will it cost with my plan, week by week?"),
        _("They check your plan, tell you what you pay, and put it in writing."),
    ),
    Question(
        _("What is your approach to treatment?"),
        _("Clear words about how they work and why, and a plan made for one person."),
    ),
    Question(
        _("Which therapies do you use?"),
        _("Names you can look up, such as CBT or DBT, and how often you would have them."),
    ),
    Question(
        _("Who are the staff, and what are they trained in?"),
        _("Licensed therapists and counselors, and a doctor or nurse you can see."),
    ),
    Question(
        _("How do you use medicine?"),
        _("They offer it or work with your doctor. They do not ask you to quit what helps."),
    ),
    Question(
        _("How long does the program last?"),
        _("It depends on your progress, and they say how they measure it."),
    ),
    Question(
        _("How will we know it is working?"),
        _("They ask you the same questions every few weeks and go over the answers with you."),
    ),
    Question(
        _("Do you have groups for people like me?"),
        _("Tracks by age, by condition, or for both mental health and drug or alcohol use."),
    ),
    Question(
        _("How is family part of it?"),
        _("Family sessions or classes, at times your family can come."),
    ),
    Question(
        _("What happens if I slip or miss a day?"),
        _("They look at what happened and change the plan. They do not just send you away."),
    ),
    Question(
        _("What comes after the program?"),
        _("A written plan: weekly therapy, support groups, and a check-in call."),
    ),
    Question(
        _("What should I bring, and can you help with rides, child care, or language?"),
        _("A short list, and a straight yes or no for each."),
    ),
)
