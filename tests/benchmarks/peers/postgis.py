"""One statement by somebody who knows PostGIS: candidates once, which filters each fails as bits, grouped joins.

A program that fails two filters counts nowhere; one that fails only filter d counts for d's own options.
"""

from django.db import connection

from programs.search.vocabulary import FACETS
from tests.benchmarks.peers import Asked, Found

METERS = 1609.344
CARDS = """
SELECT p.id, p.slug, p.name, p.city, p.state, p.cost, {lists} FROM peers_program p WHERE p.id = ANY(%s)
"""
LIST = """(SELECT array_agg(v.label) FROM peers_program_{name} x JOIN peers_{name} v ON v.id = x.{name}_id
  WHERE x.program_id = p.id)"""
CARDS = CARDS.format(lists=", ".join(LIST.format(name=name) for name in ("payer", "when", "day", "format")))


def search(asked: Asked) -> Found:
    """Distances on the sphere: cheaper than on the spheroid, and what the other designs measure."""
    here = f"ST_MakePoint({asked.longitude!r}, {asked.latitude!r})::geography"
    bit = {name: 1 << place for place, name in enumerate(asked.ticked)}
    failed = " + ".join(_failed(name, bit[name]) for name in asked.ticked) or "0"
    counts = " UNION ALL ".join(_counts(name, bit.get(name, 0)) for name in FACETS)
    sql = f"""
    WITH candidate AS MATERIALIZED (
      SELECT * FROM (
        SELECT p.id, p.latitude, p.longitude, ST_Distance(p.point, {here}, false) AS away, {failed} AS failed
        FROM peers_program p WHERE ST_DWithin(p.point, {here}, {asked.miles * METERS!r}, false) OFFSET 0
      ) every WHERE failed & (failed - 1) = 0)
    {counts}
    UNION ALL SELECT '#', NULL, count(*), NULL, NULL FROM candidate WHERE failed = 0
    UNION ALL SELECT * FROM (SELECT '@', NULL::varchar, id, latitude, longitude FROM candidate WHERE failed = 0
      ORDER BY away, id LIMIT 500) nearest"""
    slugs = [list(values) for values in asked.ticked.values()]
    facets: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    count, points = 0, []
    with connection.cursor() as cursor:
        cursor.execute(sql, slugs)
        for name, slug, number, latitude, longitude in cursor.fetchall():
            if name == "@":
                points.append((number, latitude, longitude))
            elif name == "#":
                count = number
            else:
                facets[name][slug] = number
        cursor.execute(CARDS, [[point[0] for point in points[:20]]])
        cards = cursor.fetchall()
    return Found(count, facets, cards, points)


def _failed(name: str, bit: int) -> str:
    ids = f"(SELECT array_agg(id) FROM peers_{name} WHERE slug = ANY(%s))"
    link = f"peers_program_{name} x WHERE x.program_id = p.id AND x.{name}_id = ANY({ids}::bigint[])"
    return f"CASE WHEN EXISTS (SELECT FROM {link}) THEN 0 ELSE {bit} END"


def _counts(name: str, bit: int) -> str:
    return f"""(SELECT '{name}', v.slug, g.n, NULL::float8, NULL::float8 FROM (
      SELECT x.{name}_id AS id, count(*) AS n FROM candidate c JOIN peers_program_{name} x ON x.program_id = c.id
      WHERE c.failed IN (0, {bit}) GROUP BY 1) g JOIN peers_{name} v ON v.id = g.id)"""
