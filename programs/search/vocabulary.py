"""What can be asked: the facets, each value's place in a search record, and the payers by name.

Every facet starts at a whole byte of the record, in the order below. Adding or moving a value changes
`LAYOUT`; records of another layout are ignored until `manage.py rebuild_search` has run.
"""

import threading
import time
import zlib
from dataclasses import dataclass
from functools import cache, cached_property

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from programs.choices import (
    Accreditation,
    AgeGroup,
    CareLevel,
    Condition,
    Day,
    Daypart,
    Format,
    Gender,
    Language,
    Medication,
    PaymentType,
    Population,
    Service,
    Therapy,
)
from programs.models import Payer
from programs.models.payer import PayerKind

type_of_payment = {
    PayerKind.COMMERCIAL: PaymentType.PRIVATE,
    PayerKind.MEDICAID: PaymentType.MEDICAID,
    PayerKind.MEDICAID_PLAN: PaymentType.MEDICAID,
    PayerKind.MEDICARE: PaymentType.MEDICARE,
    PayerKind.MEDICARE_ADVANTAGE: PaymentType.MEDICARE,
    PayerKind.MILITARY: PaymentType.MILITARY,
}


@dataclass(frozen=True)
class Facet:
    """One filter group. `prefix` is its name in `Program.not_offered`; `column` its array on `Program`, if it has one."""

    name: str
    label: str | Promise
    help: str | Promise
    choices: type[models.TextChoices]
    column: str = ""
    prefix: str = ""

    @cached_property
    def values(self) -> list[str]:
        return [str(value) for value in self.choices.values]

    @cached_property
    def labels(self) -> dict[str, str | Promise]:
        return dict(self.choices.choices)

    @property
    def width(self) -> int:
        """Bytes in a record."""
        return (len(self.values) + 7) // 8


FACETS = {
    facet.name: facet
    for facet in (
        Facet(
            "condition",
            _("What you need help with"),
            _("What the program treats. Pick all that matter to you."),
            Condition,
            "conditions",
            "condition",
        ),
        Facet(
            "payer",
            _("How you will pay"),
            _("Kinds of payment and insurance plans the program says it takes."),
            PaymentType,
            "payment_types",
            "payment",
        ),
        Facet("when", _("Time of day"), _("When the sessions start."), Daypart),
        Facet("day", _("Days"), _("Days of the week with a session."), Day),
        Facet(
            "format",
            _("In person or video"),
            _("Where sessions are held."),
            Format,
            "formats",
            "format",
        ),
        Facet(
            "age",
            _("Age"),
            _("Ages the program accepts."),
            AgeGroup,
            "ages",
            "age",
        ),
        Facet(
            "population",
            _("Groups for"),
            _("People the program has a special group or track for."),
            Population,
            "populations",
            "population",
        ),
        Facet(
            "gender",
            _("Gender"),
            _("Whom the program accepts."),
            Gender,
            "genders",
            "gender",
        ),
        Facet(
            "language",
            _("Language"),
            _("Languages spoken in treatment, by staff or an interpreter."),
            Language,
            "languages",
            "language",
        ),
        Facet(
            "therapy",
            _("Kind of therapy"),
            _("Ways of treating. If you are not sure, leave this open and ask the program."),
            Therapy,
            "therapies",
            "therapy",
        ),
        Facet(
            "service",
            _("Other help"),
            _("Medication, child care, rides and other help beside therapy."),
            Service,
            "services",
            "service",
        ),
        Facet(
            "medication",
            _("Medication"),
            _("Medications the program gives or prescribes."),
            Medication,
            "medications",
            "medication",
        ),
        Facet(
            "level",
            _("Other care at this place"),
            _("Care before or after this program, at the same address."),
            CareLevel,
            "other_levels",
            "level",
        ),
        Facet(
            "accreditation",
            _("Licenses and accreditation"),
            _("Who checks the quality of the program."),
            Accreditation,
            "accreditations",
            "accreditation",
        ),
    )
}


def _lay_out() -> tuple[dict[str, tuple[int, int | None]], dict[tuple[str, str], int], int]:
    """Payment is last: the named payers' bits follow it, so one span holds both."""
    spans: dict[str, tuple[int, int | None]] = {"sliding": (0, 1)}
    bits, at = {("sliding", "1"): 0}, 1
    for facet in sorted(FACETS.values(), key=lambda facet: facet.name == "payer"):
        spans[facet.name] = at, at + facet.width
        bits.update({(facet.name, value): at * 8 + number for number, value in enumerate(facet.values)})
        at += facet.width
    return spans | {"payer": (spans["payer"][0], None)}, bits, at


# SPAN: a filter's bytes, from the first to before the last; payment's go on to the end of a row.
# BIT: a value's bit. WIDTH: bytes of all filters (payers by name come after them).
SPAN, BIT, WIDTH = _lay_out()
FORM = 5  # raised when the fields of a record or of its card change
LAYOUT = zlib.crc32(repr([FORM, *sorted(BIT.items())]).encode()) >> 1  # an integer column holds 31 bits


@dataclass(frozen=True)
class NamedPayer:
    """A payer that can be asked for by name; `type` is the kind of payment it belongs to ("" = none)."""

    id: int
    slug: str
    name: str
    kind: str
    type: str
    aliases: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


class Payers:
    """The payers by slug and by id, read once and again every minute, or when an unknown one is asked for."""

    SECONDS = 60.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._version = -1
        self.tag = 0  # a checksum of all of them
        self.by_slug: dict[str, NamedPayer] = {}
        self.by_id: dict[int, NamedPayer] = {}
        self.slugs: dict[int, str] = {}  # of those in `by_slug`, by id

    def current(self) -> "Payers":
        if time.monotonic() - self._read_at > self.SECONDS or not self._read_at:
            self.read()
        return self

    def at(self, version: int) -> "Payers":
        """The payers, read again if the directory has changed since this was asked before."""
        if version == self._version:
            return self.current()
        self.read()
        self._version = version
        return self

    def read(self) -> None:
        """Read all payers again."""
        rows = Payer.objects.order_by("name", "pk").values_list("pk", "slug", "name", "kind", "aliases", "states")
        found = [
            NamedPayer(
                pk, slug, name, kind, str(type_of_payment.get(PayerKind(kind), "")), tuple(aliases), tuple(states)
            )
            for pk, slug, name, kind, aliases, states in rows
        ]
        with self._lock:
            # A kind of payment wins over a payer of the same slug: `payer=medicaid` means any Medicaid.
            self.by_slug = {payer.slug: payer for payer in found if ("payer", payer.slug) not in BIT}
            self.by_id = {payer.id: payer for payer in found}
            self.slugs = {payer.id: payer.slug for payer in self.by_slug.values()}
            self.tag = zlib.crc32(repr(found).encode())
            self._read_at = time.monotonic()

    def find(self, slug: str) -> NamedPayer | None:
        """The payer of this slug; a slug we do not know is looked up afresh before it is refused."""
        if slug not in self.current().by_slug:
            if len(slug) > 60 or not Payer.objects.filter(slug=slug).exists():
                return None
            self.read()
        return self.by_slug.get(slug)

    def called(self, text: str) -> list[NamedPayer]:
        """Payers with this text in their name or in another name of theirs, the best first: it stands early in it."""
        text = " ".join(text[:100].lower().split())
        found = []
        for payer in self.current().by_id.values() if len(text) > 1 else ():
            names = [name.lower() for name in (payer.name, *payer.aliases)]
            at = [name.find(text) for name in names if text in name]
            if at:
                found.append((text not in names, min(at), payer.name, payer))
        return [payer for *_rank, payer in sorted(found, key=lambda one: one[:3])]

    def get(self, payer_id: int) -> NamedPayer | None:
        """The payer of this id; one we do not know is looked up afresh, but not at every turn."""
        if payer_id not in self.current().by_id and time.monotonic() - self._read_at > 1:
            self.read()
        return self.by_id.get(payer_id)

    def forget(self) -> None:
        self._read_at = 0.0


payers = Payers()


_PAYMENT_TYPES = frozenset(FACETS["payer"].values)


def is_payment_type(value: str) -> bool:
    return value in _PAYMENT_TYPES


def kinds_of(type_: str) -> list[str]:
    """Payer kinds that are this kind of payment: Medicaid has its managed care plans too."""
    return [str(kind) for kind, found in type_of_payment.items() if found == type_]


def label_of(facet: str, value: str, language: str | None = None) -> str:
    """The words for one value of one facet. `language` is that of the moment, from those who know it already."""
    if (found := _words(facet, value, language or get_language())) is not None:
        return found
    payer = payers.current().by_slug.get(value) if facet == "payer" else None
    return payer.name if payer else value


@cache
def _words(facet: str, value: str, _language: str | None) -> str | None:
    """Translated once: a page of cards says the same words over and over."""
    found = FACETS[facet].labels.get(value)
    return None if found is None else str(found)
