"""Fills the peers' tables from the site's own."""

from django.conf import settings
from django.db import connection

from programs.choices import Day
from programs.models import Payer
from programs.search.vocabulary import FACETS, type_of_payment
from tests.benchmarks.peers.models import VALUES, Program

ARRAY = """
INSERT INTO {link} (program_id, {facet}_id)
SELECT DISTINCT q.id, v.id FROM peers_program q JOIN programs_program p ON p.id = q.id, unnest(p.{column}) u
JOIN peers_{facet} v ON v.slug = u
"""
DAYS = """
INSERT INTO {link} (program_id, {facet}_id)
SELECT DISTINCT s.program_id, v.id FROM programs_sessionblock s JOIN peers_program q ON q.id = s.program_id
JOIN peers_{facet} v ON {match}
"""
PART = """v.slug = CASE WHEN extract(hour FROM s.starts) < 12 THEN 'morning'
  WHEN extract(hour FROM s.starts) < 17 THEN 'afternoon' ELSE 'evening' END OR v.slug = 'weekend' AND s.weekday >= 5"""
PAYERS = """
INSERT INTO {link} (program_id, payer_id)
SELECT DISTINCT a.program_id, v.id FROM programs_payeracceptance a JOIN peers_program q ON q.id = a.program_id
JOIN programs_payer y ON y.id = a.payer_id JOIN peers_payer v ON v.slug IN (y.slug, {kinds})
WHERE a.network <> 'not-accepted' ON CONFLICT DO NOTHING
"""


def fill() -> None:
    """Copy every published program that has an address."""
    for facet, table in VALUES.items():
        table.objects.bulk_create(table(slug=slug, label=str(label)) for slug, label in FACETS[facet].labels.items())
    payers = VALUES["payer"]
    payers.objects.bulk_create(payers(slug=payer.slug, label=payer.name) for payer in Payer.objects.all())
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO peers_program (id, slug, name, city, state, cost, latitude, longitude)
               SELECT id, slug, name, city, state, cost_per_week_min, latitude, longitude FROM programs_program
               WHERE status = 'published' AND formats <> '{virtual}' AND latitude IS NOT NULL"""
        )
        if settings.HAS_POSTGIS:
            cursor.execute("UPDATE peers_program SET point = ST_MakePoint(longitude, latitude)::geography")
        for facet, described in FACETS.items():
            link = Program._meta.get_field(facet).m2m_db_table()
            if described.column:
                cursor.execute(ARRAY.format(link=link, facet=facet, column=described.column))
        cursor.execute(DAYS.format(link="peers_program_when", facet="when", match=PART))
        names = "', '".join(Day.values)
        match = f"v.slug = (ARRAY['{names}'])[s.weekday + 1]"
        cursor.execute(DAYS.format(link="peers_program_day", facet="day", match=match))
        kinds = " ".join(f"WHEN '{kind}' THEN '{type_}'" for kind, type_ in type_of_payment.items())
        cursor.execute(PAYERS.format(link="peers_program_payer", kinds=f"CASE y.kind {kinds} END"))
        cursor.execute("VACUUM FULL ANALYZE peers_program")
        cursor.execute("ANALYZE")


def empty() -> None:
    tables = ", ".join(table._meta.db_table for table in (Program, *VALUES.values()))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
