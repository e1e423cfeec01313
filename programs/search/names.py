"""Programs by name: what people type, typing errors included."""

from typing import NamedTuple

from django.contrib.postgres.search import TrigramSimilarity, TrigramWordSimilarity
from django.db import connection
from django.db.models import CharField, Lookup, Q
from django.db.models.functions import Greatest, Left

from programs.choices import Status
from programs.models import Organization, Program
from programs.models.program import ProgramQuerySet
from programs.models.spelling import SOUGHT, WRITTEN, Spelled, spelled
from programs.search.query import Named

CLOSE = 0.85  # times the likeness of the likest
FEWEST = 4  # letters that can be nearly those of a name
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
    programs = Program.objects.published()
    if ids := set(_holding(programs, text).values_list("pk", flat=True)):
        return Named(ids, is_near=False)
    return Named(_likest(programs, text), is_near=True)


def by_name(programs: ProgramQuerySet, text: str, *, of: ProgramQuerySet) -> ProgramQuerySet:
    """Programs whose name or organization holds the text; if none does of all these, those that are nearly so called."""
    if _holding(of, text).exists():
        return _holding(programs, text)
    return programs.filter(pk__in=_likest(of, text))


def _holding(programs: ProgramQuerySet, text: str) -> ProgramQuerySet:
    # Apostrophes alone are held by every name.
    return programs.filter(_by_either_name("holds", text)) if spelled(text) else programs.none()


def _likest(programs: ProgramQuerySet, text: str) -> set[int]:
    """The program whose name is the most like the text, and what comes close to it.

    One word in common with a common name is no likeness. The likest are picked here: a database that may choose compares
    every name.
    """
    if len(spelled(text)) < FEWEST:
        return set()
    likeness = dict(programs.filter(_by_either_name("resembles", text)).values_list("pk", _likeness(text)))
    enough = CLOSE * max(likeness.values(), default=0)
    return {pk for pk, found in likeness.items() if found >= enough}


def _likeness(text: str) -> Greatest:
    return Greatest(*[TrigramWordSimilarity(spelled(text), Spelled(name)) for name in ("name", "organization__name")])


def _by_either_name(lookup: str, text: str) -> Q:
    """Programs by their own name or their organization's, each found by its own index (an OR would use neither)."""
    own = Program.objects.filter(**{f"name__{lookup}": text})
    owners = Organization.objects.filter(**{f"name__{lookup}": text})
    return Q(pk__in=own.values("pk").union(Program.objects.filter(organization__in=owners).values("pk")))


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
        others = Program.objects.published().exclude(pk__in=[one.id for one in found])
        rest = _holding(others, text).order_by("name", "pk")
        if not rest.exists():
            begins = TrigramSimilarity(Left(Spelled("name"), len(text) + 1), start)
            order = _likeness(text).desc(), begins.desc(), "name", "pk"
            rest = Program.objects.filter(pk__in=_likest(others, text)).order_by(*order)
        found += [Suggestion(*row) for row in rest.values_list(*Suggestion._fields)[: limit - len(found)]]
    return found
