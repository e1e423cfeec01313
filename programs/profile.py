"""One program as its page tells it: each fact with its date and source, each gap as a question to ask.

Nothing here asks the database beyond `ProgramQuerySet.with_details()`, except how many listings share its number.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from programs import freshness, schedule, wording
from programs.choices import Day, Format, PaymentType, Status
from programs.models import Confirmation, Phone, Program, SessionBlock, SourceRecord
from programs.models.evidence import Method, Topic
from programs.models.payer import AcceptanceSource, Network
from programs.questions import QUESTIONS, Gap, Question, gaps
from programs.search.vocabulary import FACETS

Words = str | Promise

# The national range of prices a week that the cost bar is drawn against (see guides.facts for its source).
TYPICAL_WEEK = (250, 600)
SHARED_BY_MANY = 5  # listings with one number: likely a call centre, so the page says so
MOST_STATES_NAMED = 3  # more are counted at a glance, and named where the place is told

SURVEYED = {Topic.PHONE, Topic.PAYERS, Topic.LICENSE, Topic.DESCRIPTION}  # what directories tell of
INSURANCE = {PaymentType.MEDICAID, PaymentType.MEDICARE, PaymentType.PRIVATE, PaymentType.MILITARY}


class Fact(NamedTuple):
    """A labelled value; `value` is "" when the program has not told us."""

    label: Words
    value: str


# The six facts under a program's name.
GLANCE: tuple[Words, ...] = (
    gettext_lazy("Time"),
    gettext_lazy("Length"),
    gettext_lazy("Where"),
    gettext_lazy("Ages"),
    gettext_lazy("Languages"),
    gettext_lazy("Price without insurance"),
)


class Answers(NamedTuple):
    """What a program said about one group of facts: yes, no (or not reported), and how many are unknown."""

    label: Words
    yes: list[Words]
    no: list[Words]
    unknown: int


class PayerLine(NamedTuple):
    """One payer with its rung on the evidence ladder: "confirmed", "program", "type_only" or "refused"."""

    name: Words
    rung: str
    words: str
    as_of: str  # a date; of a kind of payment the survey's year
    note: str
    age: str = ""  # "Out of date", when it is


class Mark(NamedTuple):
    """When and how the facts of a section were checked; `age` when that is too long ago."""

    words: str
    age: str


class Cell(NamedTuple):
    """One day of the drawn week."""

    name: Words
    sessions: list[str]


class Track(NamedTuple):
    """A morning or an evening track: alternatives, each with its own week."""

    name: str
    days: list[Cell]


@dataclass(frozen=True)
class Profile:
    """What the page, the call sheet and the comparison say about one program."""

    program: Program
    today: dt.date

    @classmethod
    def of(cls, program: Program) -> "Profile":
        return cls(program, timezone.localdate())

    # --- where it comes from -------------------------------------------------------------------
    @cached_property
    def confirmations(self) -> dict[str, Confirmation]:
        return freshness.newest(self.program.confirmations.all())

    @cached_property
    def seen(self) -> freshness.Seen | None:
        """When what lists show of it was checked, as its card says."""
        told = {topic: (found.confirmed_on, found.method) for topic, found in self.confirmations.items()}
        shown = freshness.shown(
            meets=bool(self.sessions), priced=bool(self.cost or self.program.slides), pays=bool(self.payers)
        )
        return freshness.seen(told, shown, today=self.today)

    @property
    def seen_words(self) -> str:
        """One line of how far it can be trusted."""
        return wording.seen(self.seen) if self.seen else self._reported

    @property
    def _reported(self) -> str:
        """What a listing is worth that nobody checked."""
        source = freshness.newest_source(self.sources)
        return wording.reported(source.source, source.survey_year) if source else _("Not checked yet")

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """Of each topic when and how it was checked, for the section that tells it."""
        return {topic: self._mark(topic, found, age) for topic, _label, found, age in self.topics}

    def _mark(self, topic: str, found: Confirmation | None, age: freshness.Band) -> Mark:
        if found is None:  # directories ask for no times, prices and openings
            return Mark(self._reported if topic in SURVEYED else _("Not checked yet"), "")
        return Mark(wording.checked(found.confirmed_on, found.method), str(age.label) if age in freshness.PAST else "")

    @cached_property
    def sources(self) -> list[SourceRecord]:
        return sorted(self.program.sources.all(), key=lambda source: -source.survey_year)

    @property
    def reported_year(self) -> int | None:
        """The survey year of a listing that stands on the federal directory alone."""
        return self.sources[0].survey_year if self.sources and not self.confirmations else None

    @property
    def gone_since(self) -> int | None:
        """The newer directory that no longer has this listing."""
        source = freshness.newest_source(self.sources)
        return source.gone_since_year if source else None

    @property
    def gone_words(self) -> str:
        return wording.gone(self.gone_since) if self.gone_since else ""

    @property
    def is_closed(self) -> bool:
        return self.program.status == Status.CLOSED

    @cached_property
    def topics(self) -> list[tuple[str, Words, Confirmation | None, freshness.Band]]:
        """Every topic: its name, newest confirmation and how old that is."""
        rows: list[tuple[str, Words, Confirmation | None, freshness.Band]] = []
        for topic in Topic:
            found = self.confirmations.get(topic)
            age = freshness.band(topic, found.confirmed_on if found else None, today=self.today)
            rows.append((topic.value, topic.label, found, age))
        return rows

    # --- when ----------------------------------------------------------------------------------
    @cached_property
    def sessions(self) -> list[SessionBlock]:
        return list(self.program.sessions.all())

    @cached_property
    def tracks(self) -> list[Track]:
        found = schedule.tracks(self.sessions)
        return [Track(name, _week(blocks)) for name, blocks in found.items()]

    @cached_property
    def hours(self) -> str:
        """Hours a week, counted from the sessions; else as stated; "" when not told."""
        counted = schedule.weekly_hours(self.sessions)
        if counted:
            return _span(*counted)
        stated = self.program.hours_per_week
        return wording.hour_count(float(stated)) if stated is not None else ""

    @property
    def clock(self) -> str:
        """Whose time its hours are in, for people far away; "" if it meets at its address only."""
        return wording.clock(self.program.time_zone) if self.offers_video else ""

    @property
    def meets(self) -> list[str]:
        """Its days and times, a line for each track, then whose time they are in if that needs saying."""
        lines = wording.track_lines(self.sessions)
        return [*lines, self.clock] if lines and self.clock else lines

    @cached_property
    def hours_flag(self) -> str:
        return schedule.hours_flag(self.sessions, ages=self.program.ages)

    @cached_property
    def shows_openings(self) -> bool:
        return freshness.shows_openings(self.program, today=self.today)

    @property
    def next_start(self) -> dt.date | None:
        """The next start, if it was confirmed this week and is still to come."""
        return freshness.next_start(self.program, today=self.today)

    @property
    def tells_openings(self) -> bool:
        """Whether anything of its openings was told, and lately enough to be shown."""
        told = (self.program.accepting_new, self.program.seats_open, self.next_start)
        return self.shows_openings and told != (None, None, None)

    # --- money ---------------------------------------------------------------------------------
    @cached_property
    def cost(self) -> str:
        """A week's price, or one end of it: "$300–$450", "from $300"."""
        return wording.amount(self.program.cost_per_week_min, self.program.cost_per_week_max)

    @cached_property
    def whole_cost(self) -> str:
        """Weeks × price, as far as both are known."""
        low, high, weeks = self.program.cost_per_week_min, self.program.cost_per_week_max, self.program.weeks_max
        if weeks is None:
            return ""
        least = None if low is None else low * (self.program.weeks_min or weeks)
        return wording.amount(least, None if high is None else high * weeks)

    @cached_property
    def cost_bar(self) -> dict[str, int]:
        """Where the prices lie on a bar of 640 units that stands for $0 to $1,000 a week; "from" is a point."""
        low = self.program.cost_per_week_min or 0
        high = low if self.program.cost_per_week_max is None else self.program.cost_per_week_max
        scale = 0.64
        left, right = (round(min(price, 1000) * scale) for price in (low, high))
        return {
            "low": round(TYPICAL_WEEK[0] * scale),
            "high": round(TYPICAL_WEEK[1] * scale),
            "width": round((TYPICAL_WEEK[1] - TYPICAL_WEEK[0]) * scale),
            "mark": left,
            "mark_width": max(6, right - left),
            "label": min(max(left + max(6, right - left) // 2, 60), 580),
        }

    @cached_property
    def payers(self) -> list[PayerLine]:
        """Confirmed for a plan, then what the program says, then kinds of payment only."""
        lines = []
        for acceptance in self.program.payer_acceptances.all():
            is_past = freshness.is_past(Topic.PAYERS, acceptance.as_of, today=self.today)
            is_check = acceptance.source == AcceptanceSource.BENEFITS_CHECK
            rung = "confirmed" if is_check and not is_past else "program"
            if acceptance.network == Network.NOT_ACCEPTED:
                rung = "refused"
            lines.append(
                PayerLine(
                    acceptance.payer.name,
                    rung,
                    acceptance.get_network_display(),
                    date_format(acceptance.as_of, "DATE_FORMAT"),
                    acceptance.plan_note,
                    self._payer_age(acceptance.as_of),
                )
            )
        labels = FACETS["payer"].labels
        said = {line.name for line in lines if line.rung != "refused"}
        ask = _("Ask about your own plan.")
        lines += [
            PayerLine(labels[slug], "type_only", "", self._surveyed, ask if slug in INSURANCE else "")
            for slug in self.program.payment_types
            if str(labels[slug]) not in said  # better known by that name already
        ]
        order = ("confirmed", "program", "type_only", "refused")
        return sorted(lines, key=lambda line: (order.index(line.rung), str(line.name)))

    def _payer_age(self, as_of: dt.date) -> str:
        """How old a payer's row is. Who checked them all renewed it; a benefits check is of one payer."""
        told = self.confirmations.get(Topic.PAYERS)
        if told and told.method != Method.BENEFITS_CHECK:
            as_of = max(as_of, told.confirmed_on)
        age = freshness.band(Topic.PAYERS, as_of, today=self.today)
        return str(age.label) if age in freshness.PAST else ""

    @property
    def _surveyed(self) -> str:
        """The year of the directory that told the kinds of payment; "" when somebody checked them since."""
        source = None if Topic.PAYERS in self.confirmations else freshness.newest_source(self.sources)
        return str(source.survey_year) if source else ""

    @property
    def dates_payers(self) -> bool:
        """Whether its payers are dated together: checked so, or kinds of payment only. Else each has its own date."""
        return Topic.PAYERS in self.confirmations or all(line.rung == "type_only" for line in self.payers)

    @property
    def taken(self) -> list[Words]:
        """Names of what it takes, the surest first."""
        return [line.name for line in self.payers if line.rung != "refused"]

    # --- what and for whom -----------------------------------------------------------------------
    def answers(self, name: str) -> Answers:
        """Yes, no and unknown of one facet."""
        facet = FACETS[name]
        yes, no, unknown = [], [], 0
        offered = set(getattr(self.program, facet.column))
        for value, label in facet.labels.items():
            if value in offered:
                yes.append(label)
            elif f"{facet.prefix}:{value}" in self.program.not_offered:
                no.append(label)
            else:
                unknown += 1
        return Answers(facet.label, yes, no, unknown)

    @cached_property
    def care(self) -> list[Answers]:
        return [self.answers(name) for name in ("condition", "therapy", "medication", "service")]

    @cached_property
    def people(self) -> list[Answers]:
        return [self.answers(name) for name in ("age", "gender", "population", "language")]

    @property
    def tells_care(self) -> bool:
        return any(answers.yes or answers.no for answers in self.care)

    @property
    def tells_people(self) -> bool:
        return any(answers.yes or answers.no for answers in self.people)

    @cached_property
    def quality(self) -> Answers:
        return self.answers("accreditation")

    @cached_property
    def glance(self) -> list[Fact]:
        """The six facts under the name."""
        return self._glance(self._where_words())

    @property
    def glance_in_full(self) -> list[Fact]:
        """The same with all states named, where they are only counted: as many need not be the same."""
        return self._glance(self._where_words(in_full=True))

    def _glance(self, where: str) -> list[Fact]:
        program = self.program
        ages = [str(label) for label in self.answers("age").yes]
        values = [
            self._time_words(),
            _weeks(program.weeks_min, program.weeks_max),
            where,
            _ages(program.min_age, program.max_age) or ", ".join(ages),
            ", ".join(str(label) for label in self.answers("language").yes),
            wording.money(program.cost_per_week_min, program.cost_per_week_max),
        ]
        return [Fact(label, value) for label, value in zip(GLANCE, values, strict=True)]

    @property
    def known(self) -> list[Fact]:
        return [fact for fact in self.glance if fact.value]

    @property
    def silent(self) -> str:
        """The facts at a glance that it has not told us: "length, languages"."""
        return ", ".join(str(fact.label).lower() for fact in self.glance if not fact.value)

    def _time_words(self) -> str:
        return _("%(hours)s hours a week") % {"hours": self.hours} if self.hours else ""

    # --- where -----------------------------------------------------------------------------------
    @property
    def offers_video(self) -> bool:
        return bool({Format.VIRTUAL, Format.HYBRID} & {*self.program.formats})

    @cached_property
    def video_states(self) -> list[str]:
        """The states whose people it may treat by video, by name; a license ends at its state's border."""
        return wording.states(self.program.virtual_states) if self.offers_video else []

    def _where_words(self, *, in_full: bool = False) -> str:
        """How it meets, and for people of which states if that is by video."""
        how = wording.format_words(self.program.formats)
        if self.program.is_virtual_only and not self.video_states:
            return _("By video. It has not told us in which states.")
        if not self.video_states:
            return how
        count = len(self.video_states)
        states = ngettext("%(count)s state", "%(count)s states", count) % {"count": count}
        if count <= MOST_STATES_NAMED:
            states = wording.together(self.video_states)
        elif in_full:
            states = f"{states}: {wording.together(self.video_states)}"
        if self.program.is_virtual_only:
            return _("By video, for people in %(states)s") % {"states": states}
        return _("%(formats)s (by video for people in %(states)s)") % {"formats": how, "states": states}

    # --- what is missing -------------------------------------------------------------------------
    @cached_property
    def unknown(self) -> list[Words]:
        """What this program has not told us, in words for a list."""
        return [gap.words for gap in self._gaps]

    @cached_property
    def _gaps(self) -> list[Gap]:
        return gaps(
            self.program,
            meets=bool(self.sessions),
            priced=bool(self.cost),
            opens=self.shows_openings,
            licensed=bool(self.video_states) or not self.offers_video,
        )

    @cached_property
    def questions(self) -> list[Question]:
        """What to ask: this program's own gaps first, then what to ask anybody; nothing twice."""
        own = [Question(_("Ask %(gap)s.") % {"gap": gap.words}, "") for gap in self._gaps if not gap.is_asked_anyway]
        return own + list(QUESTIONS)

    # --- numbers ---------------------------------------------------------------------------------
    @cached_property
    def phones(self) -> list[Phone]:
        return [phone for phone in self.program.phones.all() if phone.purpose != Phone.Purpose.FAX]

    @cached_property
    def shared_by(self) -> int:
        """How many listings show this program's first number, if that is a toll-free number shared by many."""
        if not self.phones or self.phones[0].number[2:5] not in ("800", "833", "844", "855", "866", "877", "888"):
            return 0
        number = self.phones[0].number
        count = Program.objects.published().filter(phones__number=number).distinct().count()
        return count if count >= SHARED_BY_MANY else 0


def _week(blocks: Iterable[SessionBlock]) -> list[Cell]:
    by_day: dict[int, list[str]] = {}
    for block in blocks:
        words = wording.hours(block.starts, block.ends)
        extra = [] if block.kind == "group" else [block.get_kind_display()]
        extra += [] if block.is_required else [_("optional")]
        by_day.setdefault(block.weekday, []).append(" ".join([words, *(str(word).lower() for word in extra)]))
    return [Cell(label, by_day.get(number, [])) for number, label in enumerate(Day.labels)]


def _span(low: float, high: float) -> str:
    return "–".join(dict.fromkeys(map(wording.hour_count, (low, high))))


def _weeks(low: int | None, high: int | None) -> str:
    if high is None and low is None:
        return ""
    if low is None or high is None or low == high:
        weeks = high if high is not None else low
        return ngettext("%(weeks)s week", "%(weeks)s weeks", weeks or 0) % {"weeks": weeks}
    return _("%(low)s to %(high)s weeks") % {"low": low, "high": high}


def _ages(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return _("%(low)s and older") % {"low": low}
    return _("%(low)s to %(high)s") % {"low": low or 0, "high": high}
