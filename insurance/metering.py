"""How fast a route may be asked, and whether it is well: token bucket, in-flight limit, circuit breaker.

All three live in one row a route, so they hold for every worker together, by the database's clock. A claim locks
that row until it commits: what is counted behind the lock is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from insurance import preflight
from insurance.gateways import Kind
from insurance.models import PayerRoute, RouteMeter, Verification, VerificationAttempt
from insurance.states import State
from programs.models import Payer

FAILURES_TO_OPEN = 5
WINDOW = 20
# A payer that throttles or answers AAA 7x is well; these are the signs that it is not.
ILL = frozenset({Kind.TRANSIENT_NOT_SENT, Kind.TRANSIENT_AMBIGUOUS, Kind.MALFORMED})
ILL_CODES = frozenset({"42", "80"})


def rest() -> timedelta:
    return timedelta(seconds=settings.BREAKER_REST_SECONDS)


@dataclass(frozen=True)
class Admission:
    """How many questions may leave now, and if none, how long to wait. `was_well`: nothing to forgive afterwards."""

    granted: int
    wait: timedelta = timedelta(0)
    was_well: bool = True


def admit(meter: RouteMeter, *, now: datetime, wanted: int = 1) -> Admission:
    """Take up to `wanted` tokens. `meter` is locked by the claiming transaction, with its route."""
    route = meter.route
    if meter.breaker == RouteMeter.Breaker.PAUSED:
        return Admission(0, rest())
    resting = meter.breaker != RouteMeter.Breaker.CLOSED
    if resting and meter.open_until and meter.open_until > now:
        return Admission(0, meter.open_until - now)
    tokens = refilled(meter, route, now)
    in_flight = Verification.objects.filter(route=route, state=State.SENDING).count()
    granted = min(1 if resting else wanted, int(tokens), route.max_in_flight - in_flight)
    if granted < 1:
        short = timedelta(seconds=max((1 - tokens) * 60 / route.per_minute, 0.05))
        return Admission(0, short if tokens < 1 else timedelta(seconds=1))
    changes: dict[str, object] = {"tokens": tokens - granted, "tokens_at": now}
    if resting:  # one careful try; if it is lost with its worker, another after the rest
        changes |= {"breaker": RouteMeter.Breaker.HALF_OPEN, "open_until": now + rest()}
    RouteMeter.objects.filter(pk=meter.pk).update(**changes)
    return Admission(granted, was_well=not resting and meter.failures_in_row == 0)


def locked_meter(payer: Payer) -> RouteMeter | None:
    """The meter of the payer's best route, locked until the end of the transaction; None without a route."""
    wired = RouteMeter.objects.filter(route__payer=payer, route__enabled=True).exclude(route__gateway="manual")
    locked = wired.select_related("route").select_for_update(of=("self",)).order_by("route__position", "route")
    meter = locked.first()
    if meter is not None:
        return meter
    route = preflight.best_route(payer)
    if route is None:
        return None
    RouteMeter.objects.get_or_create(route=route)  # a route made by hand has none before its first question
    return locked.first()


def refilled(meter: RouteMeter, route: PayerRoute, now: datetime) -> float:
    """Tokens by now; the bucket holds ten seconds' worth, and at least one."""
    rate = route.per_minute / 60
    return min(max(rate * 10, 1.0), meter.tokens + max((now - meter.tokens_at).total_seconds(), 0.0) * rate)


def learn(route: PayerRoute, kind: Kind, codes: Sequence[str] = (), *, was_well: bool = False) -> None:
    """What an outcome says about the route: opens, closes, or slows it down. Good news about a well one is none."""
    if kind == Kind.THROTTLED:
        RouteMeter.objects.filter(route=route).update(tokens=0, tokens_at=Now())
    elif kind in ILL or ILL_CODES.intersection(codes):
        _fell_ill(route)
    elif kind != Kind.CONFIG_ERROR and not was_well:
        unwell = RouteMeter.objects.filter(route=route).exclude(breaker=RouteMeter.Breaker.CLOSED, failures_in_row=0)
        unwell.exclude(breaker=RouteMeter.Breaker.PAUSED).update(
            breaker=RouteMeter.Breaker.CLOSED, failures_in_row=0, open_until=None
        )


def pause(route: PayerRoute, reason: str) -> None:
    """Our set-up is wrong: nobody asks on this route until an administrator has looked."""
    RouteMeter.objects.filter(route=route).update(
        breaker=RouteMeter.Breaker.PAUSED, paused_at=Now(), pause_reason=reason[:200], open_until=None
    )


def resume(route: PayerRoute) -> None:
    RouteMeter.objects.filter(route=route).update(
        breaker=RouteMeter.Breaker.CLOSED, paused_at=None, pause_reason="", failures_in_row=0, open_until=None
    )


def _fell_ill(route: PayerRoute) -> None:
    meter = RouteMeter.objects.select_for_update().get(route=route)
    if meter.breaker == RouteMeter.Breaker.PAUSED:
        return
    meter.failures_in_row += 1
    is_bad = meter.failures_in_row >= FAILURES_TO_OPEN or meter.breaker != RouteMeter.Breaker.CLOSED
    if is_bad or _half_of_the_last_failed(route):
        meter.breaker = RouteMeter.Breaker.OPEN
    RouteMeter.objects.filter(pk=meter.pk).update(
        breaker=meter.breaker,
        failures_in_row=meter.failures_in_row,
        open_until=Now() + rest() if meter.breaker == RouteMeter.Breaker.OPEN else None,
    )


def _half_of_the_last_failed(route: PayerRoute) -> bool:
    newest = VerificationAttempt.objects.filter(route=route).exclude(kind="").order_by("-claimed_at")
    kinds = list(newest.values_list("kind", flat=True)[:WINDOW])
    return len(kinds) == WINDOW and sum(kind in ILL for kind in kinds) * 2 >= WINDOW
