"""Is the site alive (/livez), may it be sent visitors (/readyz), how is it doing (/metrics).

The two probes tell names and states only, so that they may be open; numbers need a token or a staff session.
"""

import functools
import hmac
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from insurance import keychecks
from insurance.models import Verification
from programs.models import Program

BROKER_SECONDS = 0.5
# The probe's own words. Only "failed" of an essential part takes the site out of service.
OK, FAILED = "ok", "failed"


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when visitors can be served (`degraded`: without Redis, work is only slower), else 503."""
    checks = {name: OK if check() else FAILED for name, check in ESSENTIAL.items()}
    if FAILED in checks.values():
        return JsonResponse({"status": "unavailable", "checks": checks}, status=503)
    checks["redis"] = OK if broker_answers() else FAILED
    return JsonResponse(
        {
            "status": "ok" if checks["redis"] == OK else "degraded",
            "checks": checks,
            "oldest_unfinished_seconds": oldest_unfinished_seconds(),
        }
    )


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def migrations_applied() -> bool:
    """Every migration this code knows is in the database (newer ones may be: a rolling deploy)."""
    try:
        return known_migrations() <= set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError:
        return False


@functools.cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """What the files say; read once, they do not change while we run."""
    loader = MigrationLoader(None)
    return frozenset(loader.disk_migrations)


def keys_usable() -> bool:
    """The keys of personal data are set and open what this database holds."""
    try:
        return keychecks.fault() is None
    except DatabaseError:
        return False


def oldest_unfinished_seconds() -> float | None:
    """The service level: how long the oldest open verification has waited. None when nothing waits."""
    age = Verification.objects.open().aggregate(age=Now() - Min("created_at"))["age"]
    return None if age is None else max(0.0, age.total_seconds())


def broker_answers() -> bool:
    """Redis says PONG; False when it does not or none is configured."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, ValueError, OSError):
        return False


ESSENTIAL: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": migrations_applied,
    "keys": keys_usable,
}


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus, to a bearer of METRICS_TOKEN or to signed-in staff."""
    if not _may_read_metrics(request):
        return HttpResponseForbidden("A token or a staff session is needed.\n", content_type="text/plain")
    lines = [line for name, help_text, samples in measured() for line in _exposition(name, help_text, samples)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if settings.METRICS_TOKEN and hmac.compare_digest(given, settings.METRICS_TOKEN.encode()):
        return True
    return bool(request.user.is_authenticated and request.user.is_staff)


Samples = dict[str, float]


def measured() -> list[tuple[str, str, Samples]]:
    """Name, meaning and samples of every gauge; a label set is the key of a sample."""
    states = Verification.objects.values_list("state").annotate(Count("pk")).order_by("state")
    return [
        ("iopfinder_broker_up", "Redis answers.", {"": float(broker_answers())}),
        ("iopfinder_programs", "Published programs.", {"": Program.objects.published().count()}),
        (
            "iopfinder_verifications",
            "Verifications by state.",
            {f'{{state="{state}"}}': count for state, count in states},
        ),
        (
            "iopfinder_oldest_unfinished_seconds",
            "Age of the oldest open verification; 0 when nothing waits.",
            {"": oldest_unfinished_seconds() or 0.0},
        ),
    ]


def _exposition(name: str, help_text: str, samples: Samples) -> list[str]:
    head = [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
    return head + [f"{name}{labels} {value:g}" for labels, value in samples.items()]
