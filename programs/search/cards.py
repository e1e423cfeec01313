"""What a list shows of each program: one narrow row per program, written with its search record, kept by revision.

A card holds facts only, no dates judged and nothing of the query, so that it stays right until its program's
next revision. Payers are in it by id, because their names change without one.
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import orjson
from django.db import connection
from django.utils.functional import cached_property  # Python 3.11 locks its own at each use

from programs import schedule
from programs.choices import Format, PaymentType
from programs.freshness import FRESH_DAYS
from programs.models.evidence import Topic
from programs.models.payer import AcceptanceSource, Network
from programs.search.prepared import Prepared
from programs.search.query import Hit
from programs.search.vocabulary import FACETS, payers

KEPT = 4000

# Facets that are columns of the program.
COLUMNS = {facet.name: facet.column for facet in FACETS.values() if facet.column}
# Writes cards, and gives them back with what only records need, or one row of the version alone. `facts` holds the
# fields of `Card`, in its order; whoever changes them raises `vocabulary.FORM`.
WRITE = Prepared(
    "search_cards",
    f"""
WITH told AS MATERIALIZED (SELECT p.id, json_build_array(
  p.id, p.slug, p.name, o.name, p.street, p.street2, p.city, p.state, p.zip, p.latitude,
  p.longitude, p.location_quality, p.time_zone, p.hours_per_week, p.cost_per_week_min, p.cost_per_week_max,
  p.sliding_scale, p.accepting_new, p.next_start_on, p.seats_open, p.is_sample, p.virtual_states,
  json_build_array({", ".join(f"array_to_string(p.{column}, ' ')" for column in COLUMNS.values())}),
  (SELECT json_agg(json_build_array(a.payer_id, a.network, a.source, a.as_of,
                     (SELECT y.kind FROM programs_payer y WHERE y.id = a.payer_id)))
     FROM programs_payeracceptance a WHERE a.program_id = p.id),
  (SELECT json_agg(json_build_array(s.track, s.weekday, s.starts, s.ends, s.kind, s.is_required)
                   ORDER BY s.track, s.weekday, s.starts)
     FROM programs_sessionblock s WHERE s.program_id = p.id),
  (SELECT json_agg(json_build_array(c.topic, c.confirmed_on, c.method))
     FROM (SELECT DISTINCT ON (topic) topic, confirmed_on, method FROM programs_confirmation
           WHERE program_id = p.id ORDER BY topic, confirmed_on DESC, id DESC) c),
  (SELECT json_build_array(r.source, r.survey_year, r.gone_since_year) FROM programs_sourcerecord r
     WHERE r.program_id = p.id
     ORDER BY r.survey_year DESC, (r.gone_since_year IS NULL) DESC, r.source DESC LIMIT 1))::text AS facts,
  array_to_string(p.not_offered, ' ') AS not_offered,
  (SELECT max(r.survey_year) FROM programs_sourcerecord r
     WHERE r.program_id = p.id AND r.gone_since_year IS NULL) AS survey_year
  FROM programs_program p JOIN programs_organization o ON o.id = p.organization_id
  WHERE p.status = $1 AND p.id = ANY($2)),
written AS (
  INSERT INTO programs_searchcard (program_id, facts) SELECT id, facts FROM told
  ON CONFLICT (program_id) DO UPDATE SET facts = EXCLUDED.facts)
SELECT version, facts, not_offered, survey_year FROM programs_directoryversion LEFT JOIN told ON true
""",  # noqa: S608  (column names are ours)
)
READ = Prepared("search_cards_read", "SELECT facts FROM programs_searchcard WHERE program_id = ANY($1)")


class Block(NamedTuple):
    """One weekly session."""

    track: str
    weekday: int
    starts: dt.time
    ends: dt.time
    kind: str
    is_required: bool


class Told(NamedTuple):
    """When one topic was last confirmed, and how."""

    on: dt.date
    method: str


class Source(NamedTuple):
    """The newest directory that lists the program; `gone_since` is set when a newer one does not."""

    name: str
    year: int
    gone_since: int | None


class CardPayer(NamedTuple):
    """One step of the evidence ladder: confirmed by a benefits check, the program's word, or a kind of payment only."""

    slug: str
    label: str
    evidence: str  # confirmed, program, type_only
    as_of: str  # date, or the survey's year
    network: str = ""


@dataclass(eq=False)
class Card:
    """What is known of one program, as far as lists show it; what is seldom asked is made of the stored facts then."""

    id: int
    slug: str
    name: str
    organization: str
    street: str
    street2: str
    city: str
    state: str
    zip: str
    latitude: float | None
    longitude: float | None
    location_quality: str
    time_zone: str
    hours_stated: float | None
    cost_min: int | None
    cost_max: int | None
    sliding_scale: bool | None
    accepting_new: bool | None
    next_start: str | None
    seats_open: int | None
    is_sample: bool
    virtual_states: list[str]
    told_yes: list[
        str
    ]  # in step with COLUMNS, the values of each parted by spaces: a third of the time and room of lists
    acceptances: list[list[Any]] | None
    sessions: list[list[Any]] | None
    confirmations: list[list[str]] | None  # the newest of each topic
    listed: list[Any] | None

    @classmethod
    def of(cls, facts: str) -> Self:
        """The card of the facts as they are stored."""
        return cls(*orjson.loads(facts))

    @cached_property
    def answers(self) -> dict[str, list[str]]:
        """What it says yes to, by facet."""
        return {facet: told.split() for facet, told in zip(COLUMNS, self.told_yes, strict=True)}

    @property
    def formats(self) -> list[str]:
        return self.answers["format"]

    @property
    def payment_types(self) -> list[str]:
        return self.answers["payer"]

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(track, day, dt.time.fromisoformat(starts), dt.time.fromisoformat(ends), kind, required)
            for track, day, starts, ends, kind, required in self.sessions or ()
        ]

    @cached_property
    def told(self) -> dict[str, Told]:
        """When each topic was last confirmed."""
        return {topic: Told(dt.date.fromisoformat(on), method) for topic, on, method in self.confirmations or ()}

    @property
    def source(self) -> Source | None:
        return Source(*self.listed) if self.listed else None

    @property
    def next_start_on(self) -> dt.date | None:
        return dt.date.fromisoformat(self.next_start) if self.next_start else None

    @property
    def address(self) -> str:
        street = ", ".join(part for part in (self.street, self.street2) if part)
        return ", ".join(part for part in (street, self.city, f"{self.state} {self.zip}") if part)

    @cached_property
    def is_virtual_only(self) -> bool:
        return self.formats == [Format.VIRTUAL]

    def on_clock_of(self, zone: str, today: dt.date) -> "Card":
        """A program by video as it meets in the person's time zone; unchanged where a zone is not known."""
        if not (self.is_virtual_only and self.blocks and zone and self.time_zone):
            return self
        minutes = schedule.shift(self.time_zone, zone, on=today)
        if (zone, minutes) not in self._moved:
            moved = self._moved[zone, minutes] = replace(self, time_zone=zone)
            moved.blocks = [_moved(block, minutes) for block in self.blocks]
        return self._moved[zone, minutes]

    @cached_property
    def _moved(self) -> dict[tuple[str, int], "Card"]:
        """This card on other clocks."""
        return {}

    @property
    def slides(self) -> bool | None:
        return True if PaymentType.SLIDING_FEE in self.payment_types else self.sliding_scale

    @property
    def hours_per_week(self) -> float | None:
        """From the sessions, else as stated."""
        computed = schedule.weekly_hours(self.blocks)
        return computed[0] if computed else self.hours_stated

    @property
    def days(self) -> list[int]:
        return sorted({block.weekday for block in schedule.required(self.blocks)})

    @property
    def confirmed_on(self) -> dt.date | None:
        return max((told.on for told in self.told.values()), default=None)

    @property
    def unknown(self) -> list[str]:
        """Topics the program has not told us."""
        known = {
            Topic.SCHEDULE: bool(self.blocks),
            Topic.COST: self.cost_min is not None or self.cost_max is not None,
            Topic.PAYERS: bool(self.acceptances or self.payment_types),
            "format": bool(self.formats),
        }
        return [str(topic) for topic, is_known in known.items() if not is_known]

    def shows_openings(self, today: dt.date) -> bool:
        """Openings are shown for seven days after somebody confirmed them."""
        told = self.told.get(Topic.AVAILABILITY)
        return told is not None and (today - told.on).days <= FRESH_DAYS[Topic.AVAILABILITY]

    def payers(self) -> list[CardPayer]:
        """Accepted payers by name, the best evidence first; then the kinds of payment that no name says already."""
        named = [
            CardPayer(payer.slug, payer.name, _evidence(source), as_of or "", network)
            for id_, network, source, as_of, _kind in self.acceptances or ()
            if network != Network.NOT_ACCEPTED and (payer := payers.get(id_))
        ]
        named.sort(key=lambda payer: (payer.evidence != "confirmed", payer.label))
        told = self.told.get(Topic.PAYERS)
        as_of = str(self.source.year) if self.source else told.on.isoformat() if told else ""
        said = {payer.slug for payer in named} | {payer.label for payer in named}
        types = [CardPayer(value, str(PaymentType(value).label), "type_only", as_of) for value in self.payment_types]
        return named + [payer for payer in types if not {payer.slug, payer.label} & said]


def _moved(block: Block, minutes: int) -> Block:
    """A session on another clock, perhaps on another day."""
    start = (schedule.minutes(block).start + minutes) % schedule.WEEK
    length = schedule.minutes(block).end - schedule.minutes(block).start
    starts, ends = (dt.time(*divmod(at % schedule.DAY, 60)) for at in (start, start + length))
    return block._replace(weekday=start // schedule.DAY, starts=starts, ends=ends)


def _evidence(source: str) -> str:
    """Only a benefits check is more than the program's own word."""
    return "confirmed" if source == AcceptanceSource.BENEFITS_CHECK else "program"


class Cards:
    """Cards of the programs last shown, by id and revision."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], Card] = OrderedDict()

    def of(self, hits: Iterable[Hit]) -> list[Card]:
        """The cards of these hits, in their order; a program that has gone in between is left out."""
        hits = list(hits)
        with self._lock:
            found = {hit.id: self._kept.get((hit.id, hit.rev)) for hit in hits}
        if missing := [id_ for id_, card in found.items() if card is None]:
            found.update(read(missing))
            self._keep(hits, found)
        return [card for hit in hits if (card := found[hit.id]) is not None]

    def _keep(self, hits: list[Hit], found: dict[int, Card | None]) -> None:
        with self._lock:
            for hit in hits:
                if (card := found[hit.id]) is not None:
                    self._kept[hit.id, hit.rev] = card
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


def read(program_ids: list[int]) -> dict[int, Card]:
    """Cards straight from the database, by id."""
    with connection.cursor() as cursor:
        READ.execute(cursor, program_ids)
        return {card.id: card for card in [Card.of(facts) for (facts,) in cursor.fetchall()]}


cards = Cards()
