"""What a check needs to know: how a payer is asked, by wire and by phone, and on whose behalf."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from insurance.x12.inquiry_270 import is_npi
from programs.choices import Day

# Most specific first. The substance use list is asked only with that consent.
MH_SERVICE_TYPES = ["CH", "A8", "CF", "A4", "MH", "30"]
SUD_SERVICE_TYPES = ["CJ", "AI", "AJ", "AK", "MH", "30"]


def mh_service_types() -> list[str]:
    return ["CH", "MH"]


def sud_service_types() -> list[str]:
    return ["CJ", "MH"]


def validate_npi(value: str) -> None:
    if not is_npi(value):
        raise ValidationError(_("This is not an NPI: its check digit is wrong."), code="npi")


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("Not a time zone: write it like America/Chicago."), code="time_zone")


def _is_outside(value: Any, least: int, most: int | None = None) -> bool:
    """Not told is not outside."""
    return value is not None and (value < least or (most is not None and value > most))


def _complain(*rules: tuple[str, Any, Any]) -> None:
    """Raises one error for all (field, is wrong, message) that are wrong; the constraints would name no field."""
    errors: dict[str, list[Any]] = {}
    for field, is_wrong, message in rules:
        if is_wrong:
            errors.setdefault(field, []).append(message)
    if errors:
        raise ValidationError(errors)


class Detail(models.TextChoices):
    """A detail of the member that a payer may insist on."""

    MEMBER_ID = "member_id", _("Member ID")
    FIRST_NAME = "first_name", _("First name")
    LAST_NAME = "last_name", _("Last name")
    BIRTH_DATE = "birth_date", _("Birth date")
    SEX = "sex", _("Sex on the card")
    GROUP_NUMBER = "group_number", _("Group number")
    RELATIONSHIP = "relationship", _("Who the subscriber is")
    PAYER = "payer", _("The right payer")
    SERVICE_DATE = "service_date", _("Date of service")


def required_details() -> list[str]:
    return [Detail.MEMBER_ID, Detail.LAST_NAME, Detail.BIRTH_DATE]


@pghistory.track()
class PayerRoute(models.Model):
    """How one payer is asked electronically: through which gateway, under which code, how fast.

    Secrets and addresses are in settings, under the endpoint's name. Payer codes keep their leading zeros.
    Example: Blue Cross through endpoint "clearinghouse", code 00621, at most 10 at once and 60 a minute.
    """

    class Gateway(models.TextChoices):
        X12_HTTP = "x12-http", _("X12 over HTTP")
        STEDI = "stedi", _("Stedi")
        MANUAL = "manual", _("By phone only")

    payer = models.ForeignKey("programs.Payer", models.CASCADE, related_name="routes", verbose_name=_("payer"))
    gateway = models.CharField(_("gateway"), max_length=10, choices=Gateway)
    endpoint = models.CharField(_("endpoint (a name in PAYER_ENDPOINTS)"), max_length=40, blank=True)
    payer_code = models.CharField(_("payer's code there"), max_length=80, blank=True)
    position = models.SmallIntegerField(_("order of preference"), default=1)
    enabled = models.BooleanField(_("in use"), default=True)
    total_seconds = models.SmallIntegerField(_("seconds to wait for an answer"), default=60)
    max_in_flight = models.SmallIntegerField(_("questions at once"), default=10)
    per_minute = models.IntegerField(_("questions a minute"), default=60)
    required_fields = ArrayField(
        models.CharField(max_length=20, choices=Detail),
        verbose_name=_("details it insists on"),
        default=required_details,
        blank=True,
    )
    mh_service_types = ArrayField(
        models.CharField(max_length=2), verbose_name=_("service types, mental health"), default=mh_service_types
    )
    sud_service_types = ArrayField(
        models.CharField(max_length=2), verbose_name=_("service types, substance use"), default=sud_service_types
    )
    member_id_hint = models.CharField(_("how a member ID looks"), max_length=120, blank=True)
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    noted_on = models.DateField(_("notes of"), null=True, blank=True)

    class Meta:
        ordering = ["payer", "position", "pk"]
        verbose_name = _("payer route")
        verbose_name_plural = _("payer routes")
        constraints = [
            models.UniqueConstraint(fields=["payer", "gateway", "payer_code"], name="route_once"),
            models.CheckConstraint(
                condition=Q(gateway__in=["x12-http", "stedi", "manual"]), name="route_gateway_known"
            ),
            models.CheckConstraint(
                condition=Q(gateway="manual") | (~Q(endpoint="") & ~Q(payer_code="")), name="route_wire_has_address"
            ),
            models.CheckConstraint(
                condition=Q(total_seconds__range=(1, 60), max_in_flight__range=(1, 500), per_minute__range=(1, 60000)),
                name="route_limits_sane",
            ),
            models.CheckConstraint(
                condition=Q(required_fields__contained_by=Detail.values), name="route_required_known"
            ),
            models.CheckConstraint(
                condition=Q(mh_service_types__contained_by=MH_SERVICE_TYPES)
                & Q(mh_service_types__len__gte=1)
                & Q(sud_service_types__contained_by=SUD_SERVICE_TYPES)
                & Q(sud_service_types__len__gte=1),
                name="route_service_types_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} · {self.get_gateway_display()}"

    def clean(self) -> None:
        """The rules above in words, each by its field."""
        is_wire, known = self.gateway != self.Gateway.MANUAL, self.endpoint in settings.PAYER_ENDPOINTS
        needed, only = _("Needed to ask electronically."), _("Only these: {codes}.")
        mh, sud = (set(asked or ()) for asked in (self.mh_service_types, self.sud_service_types))
        _complain(
            ("endpoint", is_wire and not self.endpoint, needed),
            ("endpoint", is_wire and self.endpoint and not known, _("PAYER_ENDPOINTS has no endpoint of this name.")),
            ("payer_code", is_wire and not self.payer_code, needed),
            ("total_seconds", _is_outside(self.total_seconds, 1, 60), _("From 1 to 60.")),
            ("max_in_flight", _is_outside(self.max_in_flight, 1, 500), _("From 1 to 500.")),
            ("per_minute", _is_outside(self.per_minute, 1, 60000), _("From 1 to 60,000.")),
            ("mh_service_types", not mh <= set(MH_SERVICE_TYPES), only.format(codes=", ".join(MH_SERVICE_TYPES))),
            ("sud_service_types", not sud <= set(SUD_SERVICE_TYPES), only.format(codes=", ".join(SUD_SERVICE_TYPES))),
        )


class RouteMeter(models.Model):
    """How a route is doing right now: its token bucket and its circuit breaker, shared by all workers.

    Example: 41 tokens left, breaker closed after 0 failures in a row.
    """

    class Breaker(models.TextChoices):
        CLOSED = "closed", _("Working")
        OPEN = "open", _("Resting after failures")
        HALF_OPEN = "half-open", _("One careful try")
        PAUSED = "paused", _("Stopped until an administrator has looked")

    route = models.OneToOneField(PayerRoute, models.CASCADE, primary_key=True, related_name="meter")
    tokens = models.FloatField(default=1)
    tokens_at = models.DateTimeField(db_default=Now())
    breaker = models.CharField(max_length=9, choices=Breaker, default=Breaker.CLOSED)
    open_until = models.DateTimeField(null=True, blank=True)
    failures_in_row = models.SmallIntegerField(default=0)
    pause_reason = models.CharField(max_length=200, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("route's condition")
        verbose_name_plural = _("routes' condition")
        constraints = [
            models.CheckConstraint(
                condition=Q(breaker__in=["closed", "open", "half-open", "paused"]), name="meter_breaker_known"
            ),
            models.CheckConstraint(
                condition=~Q(breaker="open") | Q(open_until__isnull=False), name="meter_open_has_end"
            ),
            models.CheckConstraint(
                condition=Q(breaker="paused", paused_at__isnull=False) | (~Q(breaker="paused") & Q(paused_at=None)),
                name="meter_paused_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.get_breaker_display()


@pghistory.track()
class PayerPhoneLine(models.Model):
    """A number at a payer where a person answers, when, and the way through its menu.

    Example: behavioral health, 555-0134, Monday to Friday 8 to 17 h Chicago, "2 then 4", 15 minutes on hold.
    """

    class Purpose(models.TextChoices):
        BENEFITS = "benefits", _("Provider benefits")
        BEHAVIORAL = "behavioral", _("Behavioral health")
        AUTHORIZATION = "authorization", _("Approval in advance")
        MEMBER = "member", _("Members")

    payer = models.ForeignKey("programs.Payer", models.CASCADE, related_name="phone_lines", verbose_name=_("payer"))
    purpose = models.CharField(_("purpose"), max_length=13, choices=Purpose, default=Purpose.BENEFITS)
    number = models.CharField(_("number"), max_length=20)  # +14145550142
    menu_path = models.CharField(_("way through the menu"), max_length=120, blank=True)
    days = ArrayField(models.CharField(max_length=3, choices=Day), verbose_name=_("days"), default=list)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))
    time_zone = models.CharField(_("time zone"), max_length=40, validators=[validate_time_zone])
    hold_minutes = models.SmallIntegerField(_("usual wait in minutes"), null=True, blank=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        ordering = ["payer", "purpose", "pk"]
        verbose_name = _("payer's phone line")
        verbose_name_plural = _("payers' phone lines")
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^\+1\d{10}$"), name="line_number_shape"),
            models.CheckConstraint(
                condition=Q(days__contained_by=Day.values) & Q(days__len__gte=1), name="line_days_known"
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="line_hours_ordered"),
            models.CheckConstraint(
                condition=Q(purpose__in=["benefits", "behavioral", "authorization", "member"]),
                name="line_purpose_known",
            ),
            models.UniqueConstraint(fields=["payer", "purpose", "number"], name="line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.number}"

    def clean(self) -> None:
        late = self.opens and self.closes and self.closes <= self.opens
        shape = self.number and not re.fullmatch(r"\+1\d{10}", self.number)
        _complain(
            ("number", shape, _("Write a US number with its area code, without an extension.")),
            ("closes", late, _("It closes after it opens, on the same day.")),
        )

    def is_open(self, at: datetime) -> bool:
        there = at.astimezone(ZoneInfo(self.time_zone))
        return Day.values[there.weekday()] in self.days and self.opens <= there.time() < self.closes

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself while the line is open, else when it opens next."""
        if self.is_open(at):
            return at
        zone = ZoneInfo(self.time_zone)
        there = at.astimezone(zone)
        for ahead in range(8):
            day = there.date() + timedelta(days=ahead)
            opening = datetime.combine(day, self.opens, zone)
            if Day.values[day.weekday()] in self.days and opening >= there:
                return opening
        raise ValueError("a line without days")  # the database does not hold one


class Setting(models.TextChoices):
    """What kind of place bills for the program; Medicare pays for IOP at some of them only."""

    HOSPITAL = "hospital-outpatient", _("Hospital outpatient department")
    CRITICAL_ACCESS = "critical-access", _("Critical access hospital")
    CMHC = "cmhc", _("Community mental health center")
    RURAL = "rural-health-clinic", _("Rural health clinic")
    FQHC = "fqhc", _("Federally qualified health center")
    OTP = "opioid-treatment", _("Opioid treatment program")
    FREE_STANDING = "free-standing", _("Free-standing program")


# Since 1 January 2024 (CAA 2023, section 4124). A free-standing program is not among them.
MEDICARE_IOP_SETTINGS = frozenset(Setting.values) - {Setting.FREE_STANDING.value}


@pghistory.track()
class ProgramBilling(models.Model):
    """Under which number and name a program bills, with which codes, at what price a day.

    Example: NPI 1234567893, Third Ward Recovery Center LLC, free-standing, H0015, $310 a day in cash.
    """

    program = models.OneToOneField(
        "programs.Program", models.CASCADE, related_name="billing", verbose_name=_("program")
    )
    npi = models.CharField(_("NPI"), max_length=10, blank=True, validators=[validate_npi])
    legal_name = models.CharField(_("legal name as enrolled"), max_length=60, blank=True)
    setting = models.CharField(_("setting"), max_length=20, choices=Setting, blank=True)  # "" = not told us
    billing_codes = ArrayField(
        models.CharField(max_length=5), verbose_name=_("billing codes"), default=list, blank=True
    )
    revenue_codes = ArrayField(
        models.CharField(max_length=4), verbose_name=_("revenue codes"), default=list, blank=True
    )
    cash_per_day = models.DecimalField(_("cash price a day"), max_digits=8, decimal_places=2, null=True, blank=True)
    billed_per_day = models.DecimalField(_("billed price a day"), max_digits=8, decimal_places=2, null=True, blank=True)
    days_per_week = models.SmallIntegerField(_("days a week"), null=True, blank=True)
    weeks = models.SmallIntegerField(_("weeks"), null=True, blank=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("program's billing")
        verbose_name_plural = _("programs' billing")
        constraints = [
            models.CheckConstraint(condition=Q(npi="") | Q(npi__regex=r"^[12]\d{9}$"), name="billing_npi_shape"),
            models.CheckConstraint(condition=Q(setting__in=["", *Setting.values]), name="billing_setting_known"),
            models.CheckConstraint(
                condition=(Q(cash_per_day=None) | Q(cash_per_day__gte=0))
                & (Q(billed_per_day=None) | Q(billed_per_day__gte=0)),
                name="billing_prices_positive",
            ),
            models.CheckConstraint(
                condition=(Q(days_per_week=None) | Q(days_per_week__range=(1, 7)))
                & (Q(weeks=None) | Q(weeks__range=(1, 52))),
                name="billing_schedule_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} · {self.npi}"

    def clean(self) -> None:
        _complain(
            ("cash_per_day", _is_outside(self.cash_per_day, 0), _("A price is not below zero.")),
            ("billed_per_day", _is_outside(self.billed_per_day, 0), _("A price is not below zero.")),
            ("days_per_week", _is_outside(self.days_per_week, 1, 7), _("From 1 to 7.")),
            ("weeks", _is_outside(self.weeks, 1, 52), _("From 1 to 52.")),
        )


@pghistory.track()
class ProgramPayerContract(models.Model):
    """What one program has agreed with one payer, and whether we may ask that payer on its behalf.

    Example: Third Ward Recovery Center is in network with BadgerCare Plus at $285 a day; we may ask.
    """

    class Network(models.TextChoices):
        IN = "in", _("In network")
        OUT = "out", _("Out of network")
        UNKNOWN = "unknown", _("Not known")

    class Source(models.TextChoices):
        PROGRAM = "program", _("The program's word")
        CONTRACT = "contract", _("The contract")
        PAYER = "payer", _("The payer's word")

    program = models.ForeignKey("programs.Program", models.CASCADE, related_name="contracts", verbose_name=_("program"))
    payer = models.ForeignKey("programs.Payer", models.PROTECT, related_name="+", verbose_name=_("payer"))
    network = models.CharField(_("network"), max_length=7, choices=Network, default=Network.UNKNOWN)
    allowed_per_day = models.DecimalField(_("allowed a day"), max_digits=8, decimal_places=2, null=True, blank=True)
    agreement_to_verify = models.BooleanField(_("we may ask on its behalf"), default=False)
    agreed_on = models.DateField(_("agreed on"), null=True, blank=True)
    source = models.CharField(_("how we know"), max_length=8, choices=Source, default=Source.PROGRAM)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("program's payer contract")
        verbose_name_plural = _("programs' payer contracts")
        constraints = [
            models.UniqueConstraint(fields=["program", "payer"], name="contract_once"),
            models.CheckConstraint(condition=Q(network__in=["in", "out", "unknown"]), name="contract_network_known"),
            models.CheckConstraint(
                condition=Q(source__in=["program", "contract", "payer"]), name="contract_source_known"
            ),
            models.CheckConstraint(
                condition=Q(allowed_per_day=None) | Q(allowed_per_day__gte=0), name="contract_allowed_positive"
            ),
            models.CheckConstraint(
                condition=Q(agreement_to_verify=False) | Q(agreed_on__isnull=False), name="contract_agreement_dated"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} · {self.payer}"

    def clean(self) -> None:
        undated = self.agreement_to_verify and not self.agreed_on
        _complain(
            ("allowed_per_day", _is_outside(self.allowed_per_day, 0), _("A price is not below zero.")),
            ("agreed_on", undated, _("Write the day of the agreement.")),
        )
