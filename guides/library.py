"""The guides: what each is called, what it rests on, when somebody last went through it."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from guides.facts import SOURCES, Source

REVIEWED = date(2026, 11, 23)


@dataclass(frozen=True)
class Guide:
    """One page of advice. `sources` are numbered on the page in this order."""

    slug: str
    title: str | Promise
    summary: str | Promise
    icon: str
    sources: tuple[str, ...]
    reviewed: date = REVIEWED

    @property
    def template(self) -> str:
        return f"guides/{self.slug}.html"

    def number(self, source: str) -> int:
        """The number that a citation of this source has on this page."""
        return self.sources.index(source) + 1

    def cited(self) -> list[Source]:
        return [SOURCES[key] for key in self.sources]


GUIDES: dict[str, Guide] = {
    guide.slug: guide
    for guide in (
        Guide(
            "what-is-an-iop",
            _("What is an IOP?"),
            _("What happens there, who it is for, and how it differs from a hospital stay."),
            "book-open",
            ("advisory", "chcs", "aetna", "asam", "helpline", "mccarty"),
        ),
        Guide(
            "levels-of-care",
            _("Levels of care"),
            _("Weekly therapy, IOP, day program, or live-in care: four steps side by side."),
            "columns-2",
            ("asam", "aetna", "chcs", "medicare-php", "helpline", "withdrawal"),
        ),
        Guide(
            "a-week",
            _("What a week looks like"),
            _("Days, hours, groups, and how to fit them around work or school."),
            "calendar-days",
            ("helpline", "advisory", "tip47", "fmla"),
        ),
        Guide(
            "family",
            _("For family and friends"),
            _("How to help without taking over, and what to do on a bad night."),
            "users",
            ("tip47", "helpline", "lifeline", "samhsa"),
        ),
        Guide(
            "paying",
            _("Paying for care"),
            _("What an IOP costs, what insurance does, and what to do without any."),
            "wallet",
            ("helpline", "aac", "freedom", "healthcare-gov", "parity", "chcs", "medicare-iop"),
        ),
        Guide(
            "virtual",
            _("Care by video"),
            _("Who it suits, what you need at home, and what to ask first."),
            "video",
            ("hazelden", "helpline"),
        ),
        Guide(
            "choosing",
            _("Choosing a program"),
            _("Questions to ask on the phone, and what good answers sound like."),
            "list-checks",
            ("niaaa", "helpline", "advisory"),
        ),
        Guide(
            "faq",
            _("Common questions"),
            _("Short answers about time, work, money, privacy, and setbacks."),
            "message-circle-question-mark",
            ("helpline", "mccarty", "fmla", "part2", "advisory", "aetna", "pregnancy"),
        ),
        Guide(
            "glossary",
            _("Words to know"),
            _("The words you will hear on the phone, in plain language."),
            "file-text",
            ("asam", "medicare-php", "parity"),
        ),
    )
}
