"""Programs that may suit a caller who wants help choosing: near them, for their care, and what is known of their plan.

Programs that are known to take the plan come first; those that have not told us fill the list, and say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils import timezone

from programs import gazetteer, wording
from programs.models import Payer, Place
from programs.search import Query, run
from programs.search.cards import Card, cards

FEW = 5
CARE = {"mh": ("mental-health",), "sud": ("substance-use",), "both": ("mental-health", "substance-use")}


@dataclass(frozen=True)
class Choice:
    """One program to tell the caller about.

    `evidence` of the plan: "confirmed", "program" (says so), "" (not told us), None while no plan is chosen.
    """

    card: Card
    miles: str
    evidence: str | None

    @property
    def shows_openings(self) -> bool:
        return self.card.shows_openings(timezone.localdate())


def choices(*, zip_code: str, state: str, payer: Payer | None, condition: str) -> list[Choice] | None:
    """The likeliest few, nearest first; None while neither a ZIP code nor a state is known."""
    place = gazetteer.locate(zip_code or state) if zip_code or state else None
    if not isinstance(place, Place):
        return None
    query = Query(place=place, facets={"condition": CARE[condition]} if condition in CARE else {}, page_size=FEW)
    return list(_found(query, payer))[:FEW]


def _found(query: Query, payer: Payer | None) -> Iterator[Choice]:
    """First those that take the plan, then the nearest others; each once."""
    facets = query.facets
    questions = [replace(query, facets={**facets, "payer": (payer.slug,)})] if payer else []
    seen: set[int] = set()
    for question in (*questions, query, replace(query, facets={})):
        hits = [hit for hit in run(question).hits if hit.id not in seen]
        miles = {hit.id: hit.miles for hit in hits}
        seen.update(miles)
        for card in cards.of(hits):
            away = miles[card.id]
            yield Choice(
                card, "" if away is None else wording.away(away, card.location_quality)[0], _evidence(card, payer)
            )


def _evidence(card: Card, payer: Payer | None) -> str | None:
    return next((each.evidence for each in card.payers() if each.slug == payer.slug), "") if payer else None
