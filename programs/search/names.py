"""Programs by name: what people type, typing errors included."""

from collections.abc import Set

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import CharField, F, Lookup, Q
from django.db.models.functions import Collate, Greatest, Lower

from programs.models import Organization, Program
from programs.models.program import ProgramQuerySet

# How alike two words must be: lower finds more and worse.
ALIKE = 0.45
LAST = "\U0010ffff"


@CharField.register_lookup
class Holds(Lookup):
    """`name__holds`: ILIKE as it is, which the trigram index answers (Django's icontains folds the column first)."""

    lookup_name = "holds"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        text = str(self.rhs).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{column} ILIKE %s", [*parameters, f"%{text}%"]


def named(text: str) -> Set[int]:
    """Ids of published programs whose own or whose organization's name holds the text, or nearly."""
    return set(by_name(Program.objects.published(), text).values_list("pk", flat=True))


def by_name(programs: ProgramQuerySet, text: str) -> ProgramQuerySet:
    """Programs whose name or organization holds the text; if none does, those that are nearly so called."""
    owners = Organization.objects.filter(name__holds=text)
    exact = programs.filter(Q(name__holds=text) | Q(organization__in=owners))
    if len(text) < 4 or exact.exists():
        return exact
    likeness = Greatest(TrigramWordSimilarity(text, "name"), TrigramWordSimilarity(text, "organization__name"))
    return programs.annotate(likeness=likeness).filter(likeness__gte=ALIKE)


def suggest(text: str, *, limit: int = 10) -> list[Program]:
    """Programs for a typeahead: names that begin so, then names that hold it, then names nearly so."""
    text = " ".join(text.split())
    if len(text) < 2:
        return []
    published = Program.objects.published().only("slug", "name", "city", "state")
    start = text.lower()
    in_order = published.alias(key=Collate(Lower("name"), "C")).order_by("key", "pk")
    found = list(in_order.filter(key__gte=start, key__lt=start + LAST)[:limit])
    if len(found) < limit and len(text) > 2:
        seen = [program.pk for program in found]
        rest = by_name(published.exclude(pk__in=seen), text).order_by("name", "pk")
        if "likeness" in rest.query.annotations:
            rest = rest.order_by(F("likeness").desc(), "name", "pk")
        found += rest[: limit - len(found)]
    return found
