"""Programs by name: what people type, typing errors included."""

from typing import NamedTuple

from django.contrib.postgres.search import TrigramSimilarity, TrigramWordSimilarity
from django.db import connection
from django.db.models import CharField, F, Lookup, Max, Q
from django.db.models.functions import Greatest, Left

from programs.choices import Status
from programs.models import Organization, Program
from programs.models.program import ProgramQuerySet
from programs.models.spelling import SOUGHT, WRITTEN, Spelled, spelled
from programs.search.query import Named

CLOSE = 0.85  # times the likeness of the likest
LAST = "\U0010ffff"
# As the index has it: in the order of bytes, so that a beginning is one run of it, however many programs there are.
STARTING = """
SELECT id, slug, name, city, state FROM programs_program
WHERE status = %s AND {spelled} COLLATE "C" >= %s AND {spelled} COLLATE "C" < %s
ORDER BY {spelled} COLLATE "C", id LIMIT %s
""".format(spelled="translate(lower(name), '{}', '{}')".format(WRITTEN.replace("'", "''"), SOUGHT))


class Suggestion(NamedTuple):
    """One line of the typeahead."""

    id: int
    slug: str
    name: str
    city: str
    state: str


@CharField.register_lookup
class Holds(Lookup):
    """`name__holds`: the text is in it, however it is spelled; the trigram index answers."""

    lookup_name = "holds"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        text = spelled(str(self.rhs)).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"translate(lower({column}), %s, %s) LIKE %s", [*parameters, WRITTEN, SOUGHT, f"%{text}%"]


@CharField.register_lookup
class Resembles(Lookup):
    """`name__resembles`: words in it are nearly those of the text (how nearly: settings.ALIKE); the trigram index answers."""

    lookup_name = "resembles"

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"translate(lower({column}), %s, %s) %%> %s", [*parameters, WRITTEN, SOUGHT, spelled(str(self.rhs))]


def named(text: str) -> Named:
    """Published programs whose own or whose organization's name holds the text, or nearly."""
    found = by_name(Program.objects.published(), text)
    return Named(set(found.values_list("pk", flat=True)), is_near=_is_near(found))


def by_name(programs: ProgramQuerySet, text: str, *, of: ProgramQuerySet | None = None) -> ProgramQuerySet:
    """Programs whose name or organization holds the text; if none does of all these, those that are nearly so called.

    Those are the likest of all, and what comes close to them: one word in common with a common name is no likeness.
    """
    if not spelled(text):  # apostrophes alone are held by every name
        return programs.none()
    holds = _by_either_name("holds", text)
    exact = programs.filter(holds)
    if len(text) < 4 or (exact if of is None else of.filter(holds)).exists():
        return exact
    names = [Spelled("name"), Spelled("organization__name")]
    likeness = Greatest(*[TrigramWordSimilarity(spelled(text), name) for name in names])
    resembles = _by_either_name("resembles", text)
    likest = (programs if of is None else of).filter(resembles).aggregate(most=Max(likeness))["most"] or 0
    return programs.filter(resembles).annotate(likeness=likeness).filter(likeness__gte=likest * CLOSE)


def _by_either_name(lookup: str, text: str) -> Q:
    """Programs by their own name or their organization's, each found by its own index (an OR would use neither)."""
    own = Program.objects.filter(**{f"name__{lookup}": text})
    owners = Organization.objects.filter(**{f"name__{lookup}": text})
    return Q(pk__in=own.values("pk").union(Program.objects.filter(organization__in=owners).values("pk")))


def _is_near(found: ProgramQuerySet) -> bool:
    return "likeness" in found.query.annotations


def suggest(text: str, *, limit: int = 10) -> list[Suggestion]:
    """Programs for a typeahead: names that begin so, then names that hold it, then names nearly so."""
    text = " ".join(text.split())
    start = spelled(text)
    if len(start) < 2:
        return []
    with connection.cursor() as cursor:
        cursor.execute(STARTING, [Status.PUBLISHED, start, start + LAST, limit])
        found = [Suggestion(*row) for row in cursor.fetchall()]
    if len(found) < limit and len(text) > 2:
        rest = by_name(Program.objects.published().exclude(pk__in=[one.id for one in found]), text).order_by(
            "name", "pk"
        )
        if _is_near(rest):
            begins = TrigramSimilarity(Left(Spelled("name"), len(text) + 1), spelled(text))
            rest = rest.order_by(F("likeness").desc(), begins.desc(), "name", "pk")
        found += [Suggestion(*row) for row in rest.values_list(*Suggestion._fields)[: limit - len(found)]]
    return found
