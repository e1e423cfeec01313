"""Programs side by side: which rows differ, and what each has not told us."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programs.models import Program
from programs.profile import GLANCE, Profile, Words
from programs.search.vocabulary import FACETS

Way = Callable[[Profile], str]


@dataclass(frozen=True)
class Row:
    """One line of the comparison; a cell is "" where that program has not told us."""

    label: Words
    names: list[str]
    cells: list[str]

    @property
    def by_name(self) -> list[tuple[str, str]]:
        """Each program's name with its cell, for phones, where the head of the table is out of sight."""
        return list(zip(self.names, self.cells, strict=True))

    @property
    def differs(self) -> bool:
        return len(set(self.cells)) > 1


@dataclass(frozen=True)
class Comparison:
    profiles: list[Profile]
    rows: list[Row]
    hidden: int  # rows left out because all programs say the same


def compare(programs: Iterable[Program], *, only_differences: bool = False) -> Comparison:
    """The comparison of programs loaded with `with_details()`."""
    profiles = [Profile.of(program) for program in programs]
    names = [profile.program.name for profile in profiles]
    rows = [Row(label, names, _cells(profiles, *ways)) for label, *ways in _lines()]
    shown = [row for row in rows if row.differs] if only_differences and len(profiles) > 1 else rows
    return Comparison(profiles, shown, len(rows) - len(shown))


def _cells(profiles: Sequence[Profile], in_short: Way, in_full: Way | None = None) -> list[str]:
    """What each says; in full where that tells apart what sounds alike in short."""
    short, full = ([way(profile) for profile in profiles] for way in (in_short, in_full or in_short))
    return full if len(set(full)) > len(set(short)) else short


def _lines() -> list[tuple[Words, Way] | tuple[Words, Way, Way]]:
    """Every line's label, and how its cells are said: in short, and in full where that is more."""
    facts = ("condition", "therapy", "service", "medication", "population", "accreditation")
    return [
        (_("Place"), lambda profile: f"{profile.program.city}, {profile.program.state}"),
        *((label, _glance(index), _glance_in_full(index)) for index, label in enumerate(GLANCE)),
        (_("When it meets"), _when),
        (_("Next start"), lambda profile: _date(profile.next_start)),
        (_("Insurance"), lambda profile: ", ".join(map(str, profile.taken))),
        (_("Sliding scale"), lambda profile: _yes_no(profile.program.slides)),
        *((FACETS[name].label, _answers(name)) for name in facts),
        (_("Last checked"), lambda profile: profile.seen_words),
    ]


def _glance(index: int) -> Way:
    return lambda profile: profile.glance[index].value


def _glance_in_full(index: int) -> Way:
    return lambda profile: profile.glance_in_full[index].value


def _answers(name: str) -> Way:
    return lambda profile: ", ".join(str(label) for label in profile.answers(name).yes)


def _when(profile: Profile) -> str:
    return "; ".join(profile.meets)


def _date(date: dt.date | None) -> str:
    return date_format(date, "DATE_FORMAT") if date else ""


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("Yes") if value else _("No")
