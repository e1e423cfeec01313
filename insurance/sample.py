"""What makes the fictional listings checkable: billing facts, contracts, and routes to the payer simulator."""

import csv
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance.models import PayerPhoneLine, PayerRoute, ProgramBilling, ProgramPayerContract, RouteMeter
from programs.models import Payer, Program
from programs.models.payer import PayerKind

FIXTURE = "sample_programs.csv"
ENDPOINT = "payersim"
# The two companies to which the simulator's carve-out and managed-care answers point, by their codes there.
NAMED_BY_OTHERS = {
    "SBHC1": ("sample-behavioral-co", "Sample Behavioral Co", PayerKind.BEHAVIORAL),
    "SCPM1": ("sample-community-plan", "Sample Community Plan MCO", PayerKind.MEDICAID_PLAN),
}
# For the forms of a local run: what each member ID of the simulator brings. Birth date and name are free.
DEMO_MEMBERS = (
    ("SIMPPO001", _("A PPO answers: covered, with approval in advance")),
    ("SIMHMO001", _("An HMO with a copay")),
    ("SIMMCD001", _("Medicaid, at no cost")),
    ("SIMCARVE1", _("Another company handles these benefits and is asked by itself")),
    ("SIMTIERS1", _("Active; the level of care is not confirmed")),
    ("SIMLIMIT1", _("A limited number of visits")),
    ("SIMINACT1", _("The plan has ended")),
    ("SIMDOWN1", _("The payer is down, and answers at the second try, after 90 seconds or more")),
    ("SIM202-2", _("The payer answers later, by itself")),
    ("SIMAAA71C", _("The birth date does not match")),
    ("SIMAAA75C", _("The member is not found")),
    ("SIMWRONGID", _("An answer about somebody else, which is kept apart")),
    ("SIMHANG", _("The payer never answers; a person takes over")),
)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@transaction.atomic
def load() -> dict[str, int]:
    """Fill in whatever is missing; what people have edited since is left as it is. Returns what was made."""
    administrators = [_named_payer(slug, name, kind) for slug, name, kind in NAMED_BY_OTHERS.values()]
    payers = {payer.slug: payer for payer in Payer.objects.order_by("pk")}
    codes = {slug: code for code, (slug, _name, _kind) in NAMED_BY_OTHERS.items()}
    made = {"routes": _routes(payers.values(), codes), "phone_lines": _phone_lines(payers.values())}
    programs = {program.slug: program for program in Program.objects.filter(is_sample=True).only("slug")}
    known = [(programs[row["slug"]], row) for row in _rows() if row["slug"] in programs]
    billing = [_billing(program, row) for program, row in known if row["npi"]]
    contracts = [
        contract
        for program, row in known
        for contract in _contracts(program, row["contracts"], payers=payers, administrators=administrators)
    ]
    return made | {"billing": _add(billing), "contracts": _add(contracts)}


def _add(rows: Sequence[Model]) -> int:
    """Insert those whose like is not there yet; how many there were."""
    if not rows:
        return 0
    table = type(rows[0])._default_manager
    before = table.count()
    table.bulk_create(rows, ignore_conflicts=True)
    return table.count() - before


@transaction.atomic
def remove() -> None:
    """Take away the routes to the simulator; billing and contracts go with their sample programs."""
    PayerRoute.objects.filter(endpoint=ENDPOINT, pk__in=_unused_routes()).delete()
    PayerRoute.objects.filter(endpoint=ENDPOINT).update(enabled=False)


def _unused_routes() -> list[int]:
    from insurance.models import Verification

    used = Verification.objects.exclude(route=None).values_list("route", flat=True)
    return list(PayerRoute.objects.exclude(pk__in=used).values_list("pk", flat=True))


def _rows() -> Iterator[dict[str, str]]:
    path = Path(settings.BASE_DIR) / "fixtures" / FIXTURE
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _named_payer(slug: str, name: str, kind: str) -> Payer:
    return Payer.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind})[0]


def _routes(payers: Iterable[Payer], codes: Mapping[str, str]) -> int:
    routed = set(PayerRoute.objects.values_list("payer", flat=True))
    made = PayerRoute.objects.bulk_create(
        PayerRoute(
            payer=payer,
            gateway=PayerRoute.Gateway.X12_HTTP,
            endpoint=ENDPOINT,
            payer_code=codes.get(payer.slug) or f"{payer.pk:05}",
            max_in_flight=50,
            per_minute=6000,
        )
        for payer in payers
        if payer.pk not in routed
    )
    RouteMeter.objects.bulk_create(RouteMeter(route=route, tokens=route.per_minute / 6) for route in made)
    return len(made)


def _phone_lines(payers: Iterable[Payer]) -> int:
    """A number of the fictional range for each, always the same for a payer."""
    purpose = PayerPhoneLine.Purpose.BEHAVIORAL
    reached = set(PayerPhoneLine.objects.filter(purpose=purpose).values_list("payer", flat=True))
    lines = []
    for payer in payers:
        last = 100 + zlib.crc32(payer.slug.encode()) % 100
        if payer.pk not in reached:
            lines.append(
                PayerPhoneLine(
                    payer=payer,
                    purpose=purpose,
                    number=f"+18005550{last}",
                    menu_path="2, then 4",
                    days=WEEKDAYS,
                    opens=time(8),
                    closes=time(20),
                    time_zone="America/Chicago",
                    hold_minutes=5 + last % 20,
                    as_of=timezone.localdate(),
                )
            )
    return len(PayerPhoneLine.objects.bulk_create(lines))


def _billing(program: Program, row: dict[str, str]) -> ProgramBilling:
    return ProgramBilling(
        program=program,
        npi=row["npi"],
        legal_name=row["legal_name"][:60],
        setting=row["setting"],
        billing_codes=row["billing_codes"].split(),
        revenue_codes=row["revenue_codes"].split(),
        cash_per_day=_money(row["cash_day"]),
        billed_per_day=_money(row["billed_day"]),
        days_per_week=_number(row["days_per_week"]),
        weeks=_number(row["weeks_max"] or row["weeks_min"]),
        as_of=timezone.localdate(),
    )


def _contracts(
    program: Program, text: str, *, payers: dict[str, Payer], administrators: list[Payer]
) -> Iterator[ProgramPayerContract]:
    """ "badgercare in 168.00 yes": payer, network, allowed a day, whether we may ask."""
    has_agreed = False
    for entry in filter(None, text.split("|")):
        slug, network, allowed, may_ask = entry.split(" ")
        if slug in payers:
            has_agreed = has_agreed or may_ask == "yes"
            yield _contract(program, payers[slug], network, allowed=_money(allowed), may_ask=may_ask == "yes")
    for payer in administrators if has_agreed else ():
        yield _contract(program, payer, "in", allowed=None, may_ask=True)


def _contract(
    program: Program, payer: Payer, network: str, *, allowed: Decimal | None, may_ask: bool
) -> ProgramPayerContract:
    today: date = timezone.localdate()
    return ProgramPayerContract(
        program=program,
        payer=payer,
        network=network,
        allowed_per_day=allowed,
        agreement_to_verify=may_ask,
        agreed_on=today if may_ask else None,
        as_of=today,
    )


def _money(text: str) -> Decimal | None:
    return Decimal(text) if text not in ("", "-") else None


def _number(text: str) -> int | None:
    return int(text) if text else None
