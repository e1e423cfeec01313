"""The self-check: nine questions, safety first, and what the answers point to.

Nothing is stored: the answers travel in the page itself, signed, and never in an address. The result is a
direction with its reasons, not a diagnosis.
"""

from dataclasses import dataclass, field

from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Answers = dict[str, str]
SALT = "guides.selfcheck"
MAX_AGE = 4 * 60 * 60


@dataclass(frozen=True)
class Option:
    """One answer. `reason` is what the result says about it; `stop` ends the check at once."""

    value: str
    label: str | Promise
    reason: str | Promise = ""
    fits: bool = True
    stop: str = ""


@dataclass(frozen=True)
class Question:
    """One page of the check."""

    key: str
    title: str | Promise
    hint: str | Promise
    options: tuple[Option, ...]

    def option(self, value: str) -> Option:
        return next(option for option in self.options if option.value == value)


QUESTIONS = (
    Question(
        "safety",
        _("Is anyone in danger right now?"),
        _("Answer for yourself, or for the person you want to help."),
        (
            Option("suicide", _("Yes: thoughts of suicide or self-harm"), stop="suicide"),
            Option("overdose", _("Yes: they may have taken too much"), stop="overdose"),
            Option("violence", _("Yes: someone at home is not safe"), stop="violence"),
            Option("no", _("No one is in danger right now")),
        ),
    ),
    Question(
        "withdrawal",
        _("Could stopping be dangerous?"),
        _(
            "Daily heavy drinking, daily pills such as Xanax or Valium, or shakes, seizures, or seeing things after stopping."
        ),
        (
            Option("yes", _("Yes, one of these is true"), stop="withdrawal"),
            Option(
                "unsure",
                _("I am not sure"),
                _("You are not sure about withdrawal. Ask a doctor before the first day."),
                fits=False,
            ),
            Option("no", _("No"), _("Detox does not seem to be needed.")),
        ),
    ),
    Question(
        "age",
        _("How old is the person who needs help?"),
        "",
        (
            Option(
                "minor",
                _("Under 18"),
                _(
                    "The person is under 18. Look for a program made for teens. Those may meet fewer hours, and parents take part."
                ),
                fits=False,
            ),
            Option("adult", _("18 or older")),
        ),
    ),
    Question(
        "pregnant",
        _("Is the person pregnant, or was a baby born in the last year?"),
        "",
        (
            Option(
                "yes",
                _("Yes"),
                _(
                    "Tell the doctor and the program about the pregnancy or the baby. Do not stop alcohol, pills, or opioids all at once. Many programs take pregnant people first."
                ),
                fits=False,
            ),
            Option("no", _("No, or does not apply")),
        ),
    ),
    Question(
        "support",
        _("How much help is needed right now?"),
        _("Pick what feels closest."),
        (
            Option("weekly", _("A visit once a week is enough"), _("A weekly visit is enough right now.")),
            Option(
                "more",
                _("More than once a week, but not all day"),
                _("Weekly visits are not enough, and all-day care is not needed."),
            ),
            Option("day", _("Most of the day, on most days"), _("Help is needed most of the day.")),
            Option("always", _("Day and night"), _("Help is needed day and night.")),
        ),
    ),
    Question(
        "home",
        _("Is home safe and steady?"),
        _("A place to sleep, and no one there who makes it hard to get well."),
        (
            Option("yes", _("Yes"), _("Home is safe and steady.")),
            Option(
                "mostly",
                _("Mostly"),
                _("Home is mostly steady. Tell the program what is hard there, and ask about sober housing."),
                fits=False,
            ),
            Option("no", _("No"), _("Home is not safe or steady.")),
        ),
    ),
    Question(
        "time",
        _("Could the person come about nine hours a week?"),
        _("For example, three evenings of three hours."),
        (
            Option("yes", _("Yes"), _("There is time for about nine hours a week.")),
            Option(
                "maybe",
                _("Maybe, with evenings or weekends"),
                _("Time is tight. Search for evening and weekend programs."),
                fits=False,
            ),
            Option(
                "no", _("No"), _("Nine hours a week is too much right now. Ask programs what is possible."), fits=False
            ),
        ),
    ),
    Question(
        "travel",
        _("How could the person take part?"),
        "",
        (
            Option("travel", _("Travel to a program"), _("Travel to a program works.")),
            Option(
                "video",
                _("By video, from a private room with good internet"),
                _("A private room and internet make video care possible."),
            ),
            Option("both", _("Either way"), _("In person or by video: both work.")),
            Option(
                "neither",
                _("Neither is easy"),
                _("Travel and video are both hard. Ask about rides or a loaned tablet."),
                fits=False,
            ),
        ),
    ),
    Question(
        "ready",
        _("Does the person want to try?"),
        _("It is fine if the feeling comes and goes."),
        (
            Option("yes", _("Yes"), _("The person wants to try.")),
            Option("unsure", _("Part of them does"), _("Part of the person wants to try. That is enough to start.")),
            Option(
                "no",
                _("Not right now"),
                _("The person does not want to try right now. The family guide can help you talk about it."),
                fits=False,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Result:
    """Where the answers point, and why."""

    outcome: str
    fits: list[str | Promise] = field(default_factory=list)
    cautions: list[str | Promise] = field(default_factory=list)


def next_question(answers: Answers) -> int:
    """The index of the first question without an answer; past the end when there is none."""
    return next((at for at, question in enumerate(QUESTIONS) if question.key not in answers), len(QUESTIONS))


def stop(answers: Answers) -> str:
    """The reason to end the check at once ("suicide"), or ""."""
    chosen = (question.option(answers[question.key]) for question in QUESTIONS if question.key in answers)
    return next((option.stop for option in chosen if option.stop), "")


def result(answers: Answers) -> Result:
    """The direction that a finished check points to: the heaviest need decides."""
    chosen = [question.option(answers[question.key]) for question in QUESTIONS]
    fits = [option.reason for option in chosen if option.reason and option.fits]
    cautions = [option.reason for option in chosen if option.reason and not option.fits]
    return Result(_outcome(answers), fits, cautions)


def _outcome(answers: Answers) -> str:
    if answers["support"] == "always" or answers["home"] == "no":
        return "live-in"
    if answers["support"] == "day":
        return "day-program"
    if answers["support"] == "weekly":
        return "weekly"
    return "iop"


def sign(answers: Answers) -> str:
    """The answers so far, as the page carries them to the next one."""
    return signing.dumps(answers, salt=SALT)


def unsign(text: str) -> Answers:
    """The answers a page carried; none when they were changed, are too old, or do not fit the questions."""
    try:
        carried = signing.loads(text, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return {}
    known = {question.key: {option.value for option in question.options} for question in QUESTIONS}
    fits = isinstance(carried, dict) and all(value in known.get(key, ()) for key, value in carried.items())
    return carried if fits else {}
