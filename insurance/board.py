"""How the desk is doing, in numbers a supervisor can act on. Nothing here names a person who called."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q
from django.db.models.functions import Now, TruncDay
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from insurance import queues
from insurance.models import Review, RouteMeter, StatusEvent, Verification
from insurance.states import OPEN_STATES, State
from programs.spreadsheet import harmless

WINDOW = timedelta(days=7)
WELL = ("answered", "rejected", "pending")
ENOUGH = 20  # answers, before one of twenty means anything
# More is no board any longer. What is beyond is left out, and the file says so.
MOST_ROWS = 1000


@dataclass(frozen=True)
class Tile:
    """One figure and where to go to act on it."""

    label: Promise | str
    value: str
    is_bad: bool = False
    queue: str = ""
    page: str = ""  # the name of an address


@dataclass(frozen=True)
class Bar:
    """One bar of a chart that is drawn on the server: its words, its value, its length of 100."""

    label: str
    value: int
    length: int


def tiles(now: datetime | None = None) -> list[Tile]:
    """The figures on top."""
    now = now or timezone.now()
    still_open = Verification.objects.filter(queues.UNFINISHED)
    counted = still_open.aggregate(
        oldest=Min("created_at"),
        late=Count("pk", filter=queues.LATE),
        dead=Count("pk", filter=Q(state=State.DEAD_LETTER)),
        config=Count("pk", filter=Q(state=State.CONFIG_ERROR)),
        waiting=Count("pk"),
    )
    readings = Review.objects.filter(decided_at=None).count()
    return [
        Tile(_("Oldest unfinished request"), _age(counted["oldest"], now), _is_old(counted["oldest"], now), "open"),
        Tile(_("Unfinished requests"), str(counted["waiting"]), queue="open"),
        Tile(_("Clocks broken"), str(counted["late"]), counted["late"] > 0, "late"),
        Tile(_("Set-up errors"), str(counted["config"]), counted["config"] > 0, "set-up"),
        Tile(_("Dead letters"), str(counted["dead"]), counted["dead"] > 0, "dead"),
        Tile(_("Second readings waiting"), str(readings), page="desk_reviews"),
    ]


def payers() -> list[dict[str, Any]]:
    """Each payer's last seven days: how often it answered, how fast, with which rejections; its breaker now."""
    with connection.cursor() as cursor:
        cursor.execute(PAYER_HEALTH, {"since": timezone.now() - WINDOW, "well": list(WELL)})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    labels = dict(RouteMeter.Breaker.choices)
    return [{**row, "breaker": labels.get(row["breaker"], "–"), "enough": row["asked"] >= ENOUGH} for row in rows]


PAYER_HEALTH = """
SELECT p.name AS payer,
       count(a.id) AS asked,
       count(a.id) FILTER (WHERE a.kind = ANY(%(well)s)) AS answered,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY a.elapsed_ms)) AS p50,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY a.elapsed_ms)) AS p95,
       (SELECT string_agg(mix.code || ' × ' || mix.n, ', ' ORDER BY mix.n DESC, mix.code) FROM (
            SELECT r->>'code' AS code, count(*) AS n
            FROM insurance_verificationattempt b CROSS JOIN LATERAL jsonb_array_elements(b.aaa) r
            JOIN insurance_payerroute q ON q.id = b.route_id
            WHERE q.payer_id = p.id AND b.claimed_at >= %(since)s
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5) mix) AS rejections,
       max(m.breaker) AS breaker
FROM insurance_payerroute t
JOIN programs_payer p ON p.id = t.payer_id
LEFT JOIN insurance_routemeter m ON m.route_id = t.id
JOIN insurance_verificationattempt a ON a.route_id = t.id AND a.claimed_at >= %(since)s AND a.finished_at IS NOT NULL
GROUP BY p.id, p.name
ORDER BY count(a.id) DESC, p.name
LIMIT 100
"""


def agents() -> list[dict[str, Any]]:
    """What each colleague has in hand and has finished in seven days."""
    since = timezone.now() - WINDOW
    staff = User.objects.filter(is_active=True, role__in=queues.DESK_ROLES).order_by("name", "pk")
    in_hand = _counts("casework__owner", casework__closed_at=None)
    held = _counts("casework__holder", casework__held_until__gt=Now())
    finished = _counts("casework__closed_by", casework__closed_at__gte=since)
    disagreed = dict(
        Review.objects.filter(agreed=False, decided_at__gte=since).values_list("author").annotate(n=Count("pk"))
    )
    return [
        {
            "name": str(person),
            "in_hand": in_hand.get(person.pk, 0),
            "holds": held.get(person.pk, 0),
            "finished": finished.get(person.pk, 0),
            "disagreed": disagreed.get(person.pk, 0),
        }
        for person in staff
    ]


def _counts(column: str, **conditions: Any) -> dict[int, int]:
    rows = Verification.objects.filter(**conditions).exclude(**{column: None})
    return dict(rows.values_list(column).annotate(n=Count("pk")).order_by())


def by_state() -> list[Bar]:
    """Open requests by where their work stands."""
    rows = Verification.objects.filter(queues.UNFINISHED).values_list("state").annotate(n=Count("pk"))
    found = dict(rows.order_by())
    return bars([(str(State(state).label), found[state]) for state in OPEN_STATES if state in found])


def finished_by_day() -> list[Bar]:
    """Answers of each of the last seven days; a day without any shows too."""
    days = [timezone.localdate() - timedelta(days=ago) for ago in range(6, -1, -1)]
    done = StatusEvent.objects.filter(to_state=State.COMPLETED, at__gte=timezone.now() - WINDOW)
    rows = done.annotate(day=TruncDay("at")).values_list("day").annotate(n=Count("pk")).order_by()
    found = {day.date(): n for day, n in rows}
    return bars([(date_format(day, "M j"), found.get(day, 0)) for day in days])


def bars(pairs: Sequence[tuple[str, int]]) -> list[Bar]:
    most = max((value for _label, value in pairs), default=0)
    return [Bar(label, value, round(100 * value / most) if most else 0) for label, value in pairs]


def _age(oldest: datetime | None, now: datetime) -> str:
    if oldest is None:
        return "–"
    minutes = int((now - oldest).total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"


def _is_old(oldest: datetime | None, now: datetime) -> bool:
    return oldest is not None and now - oldest > timedelta(seconds=settings.BACKGROUND_SECONDS)


def export() -> str:
    """Payers and colleagues as CSV, up to MOST_ROWS. No caller is in it, and no cell can begin a formula."""
    rows: list[list[Any]] = [
        ["payer", row["payer"], row["asked"], row["answered"], row["p50"], row["p95"], row["rejections"], "", ""]
        for row in payers()
    ]
    rows += [["agent", each["name"], *[""] * 5, each["in_hand"], each["finished"]] for each in agents()]
    if len(rows) > MOST_ROWS:
        rows[MOST_ROWS:] = [["note", f"{len(rows) - MOST_ROWS} more rows are left out", *[""] * 7]]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["kind", "name", "asked", "answered", "p50_ms", "p95_ms", "rejections", "in_hand", "finished"])
    writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)
    return out.getvalue()
