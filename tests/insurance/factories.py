"""Verifications and what they need, for tests: a PPO member asking about mental health at one program."""

import uuid
from datetime import date
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from insurance.models import (
    Consent,
    PayerPhoneLine,
    PayerRoute,
    ProgramBilling,
    ProgramPayerContract,
    RouteMeter,
    Verification,
)
from insurance.states import State
from tests.factories import PayerFactory, ProgramFactory

GOOD_NPI = "1234567893"


class ConsentFactory(DjangoModelFactory):
    class Meta:
        model = Consent

    scopes = ["verify"]
    method = "online"
    given_by = "Maria Example"
    text_version = "2026-01"


class PayerRouteFactory(DjangoModelFactory):
    class Meta:
        model = PayerRoute
        skip_postgeneration_save = True

    payer = factory.SubFactory(PayerFactory)
    gateway = "x12-http"
    endpoint = "payersim"
    payer_code = factory.Sequence(lambda n: f"{n:05}")
    max_in_flight = 100
    per_minute = 60000

    @factory.post_generation
    def meter(route: PayerRoute, create: bool, extracted: dict[str, Any] | None, **kwargs: Any) -> None:  # noqa: N805
        RouteMeter.objects.get_or_create(route=route, defaults={"tokens": route.per_minute, **(extracted or {})})


class ProgramBillingFactory(DjangoModelFactory):
    class Meta:
        model = ProgramBilling

    program = factory.SubFactory(ProgramFactory)
    npi = GOOD_NPI
    legal_name = "Third Ward Recovery Center LLC"
    setting = "free-standing"
    billing_codes = ["S9480"]
    cash_per_day = "150.00"
    billed_per_day = "600.00"
    days_per_week = 3
    weeks = 12
    as_of = factory.LazyFunction(timezone.localdate)


class ProgramPayerContractFactory(DjangoModelFactory):
    class Meta:
        model = ProgramPayerContract

    program = factory.SubFactory(ProgramFactory)
    payer = factory.SubFactory(PayerFactory)
    network = "in"
    allowed_per_day = "300.00"
    agreement_to_verify = True
    agreed_on = factory.LazyFunction(timezone.localdate)
    as_of = factory.LazyFunction(timezone.localdate)


class PayerPhoneLineFactory(DjangoModelFactory):
    class Meta:
        model = PayerPhoneLine

    payer = factory.SubFactory(PayerFactory)
    number = "+14145550134"
    days = ["mon", "tue", "wed", "thu", "fri"]
    opens = "08:00"
    closes = "17:00"
    time_zone = "America/Chicago"
    as_of = factory.LazyFunction(timezone.localdate)


class VerificationFactory(DjangoModelFactory):
    class Meta:
        model = Verification

    submission_key = factory.LazyFunction(uuid.uuid4)
    payer = factory.SubFactory(PayerFactory)
    consent = factory.SubFactory(ConsentFactory)
    condition = "mh"
    member_id = "SIMPPO001"
    subscriber_first_name = "Jordan"
    subscriber_last_name = "Example"
    subscriber_birth_date = date(1990, 4, 12)
    state = State.DRAFT
