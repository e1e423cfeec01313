import pytest
from django.urls import reverse
from django.utils import timezone

from insurance.models import PayerRoute, RouteMeter
from insurance.states import State
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import (
    PayerPhoneLineFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(staff, signed_in):
    return signed_in(staff("admin", name="Ada"))


@pytest.mark.parametrize(
    "factory", [PayerRouteFactory, PayerPhoneLineFactory, ProgramBillingFactory, ProgramPayerContractFactory]
)
def test_what_a_check_needs_is_listed_edited_and_has_a_history(admin, factory):
    row = factory()
    name = row._meta.model_name
    for view, arguments in (("changelist", []), ("change", [row.pk]), ("history", [row.pk])):
        answer = admin.get(reverse(f"admin:insurance_{name}_{view}", args=arguments))
        assert answer.status_code == 200


def test_the_history_names_what_changed(admin):
    route = PayerRouteFactory(per_minute=60)
    PayerRoute.objects.filter(pk=route.pk).update(per_minute=30)
    page = admin.get(reverse("admin:insurance_payerroute_history", args=[route.pk])).content.decode()
    assert "<td>60</td>" in page
    assert "<td>30</td>" in page


def test_a_mended_route_asks_what_had_to_wait(admin):
    route = PayerRouteFactory(
        meter={"breaker": RouteMeter.Breaker.PAUSED, "paused_at": timezone.now(), "pause_reason": "HTTP 401"}
    )
    row = VerificationFactory(payer=route.payer, route=route, state=State.CONFIG_ERROR)
    admin.post(
        reverse("admin:insurance_payerroute_changelist"), {"action": "use_again", "_selected_action": [route.pk]}
    )
    row.refresh_from_db()
    route.meter.refresh_from_db()
    assert (row.state, row.state_reason, route.meter.breaker) == (State.QUEUED, "config_fixed", "closed")


def test_an_npi_with_a_wrong_check_digit_is_refused_by_its_field(admin):
    billing = ProgramBillingFactory()
    url = reverse("admin:insurance_programbilling_change", args=[billing.pk])
    page = admin.post(url, {"program": billing.program_id, "npi": "1234567890", "as_of": "2026-03-01"})
    assert "check digit" in page.content.decode()


DAY = "2026-03-01"
HOURS = {"purpose": "benefits", "days": "mon", "opens": "09:00", "closes": "17:00", "time_zone": "America/Chicago"}
LIMITS = {"position": 1, "total_seconds": 60, "max_in_flight": 9, "per_minute": 9, "enabled": "on"}
WIRE = {"gateway": "x12-http", "endpoint": "payersim", "payer_code": "00621", "required_fields": "member_id"}
TYPES = {"mh_service_types": "CH", "sud_service_types": "CJ"}


@pytest.mark.parametrize(
    ("name", "fields", "wrong"),
    [
        ("programpayercontract", {"network": "in", "source": "program", "agreement_to_verify": "on"}, {"agreed_on"}),
        ("programpayercontract", {"network": "in", "source": "program", "allowed_per_day": "-1"}, {"allowed_per_day"}),
        ("programbilling", {"cash_per_day": "-1", "billed_per_day": "-1"}, {"cash_per_day", "billed_per_day"}),
        ("programbilling", {"days_per_week": "8", "weeks": "53"}, {"days_per_week", "weeks"}),
        ("payerphoneline", {**HOURS, "number": "555-0134"}, {"number"}),
        ("payerphoneline", {**HOURS, "number": "(414) 555-0134 x5"}, {"number"}),
        ("payerphoneline", {**HOURS, "number": "(414) 555-0134", "closes": "08:00"}, {"closes"}),
        ("payerphoneline", {**HOURS, "number": "(414) 555-0134", "days": ["mon", "{% now %}"]}, {"days"}),
        ("payerroute", {**LIMITS, **TYPES, **WIRE, "endpoint": "", "payer_code": ""}, {"endpoint", "payer_code"}),
        ("payerroute", {**LIMITS, **TYPES, **WIRE, "endpoint": "nowhere"}, {"endpoint"}),
        ("payerroute", {**LIMITS, **WIRE, **TYPES, "mh_service_types": "RT"}, {"mh_service_types"}),
        (
            "payerroute",
            {**LIMITS, **WIRE, **TYPES, "total_seconds": "61", "per_minute": "0"},
            {"total_seconds", "per_minute"},
        ),
    ],
)
@pytest.mark.usefixtures("payer_server")
def test_what_makes_no_sense_is_said_in_words_by_its_field(admin, name, fields, wrong):
    rows = {"payer": PayerFactory().pk, "program": ProgramFactory().pk, "as_of": DAY}
    inline = {"meter-TOTAL_FORMS": "0", "meter-INITIAL_FORMS": "0"}
    page = admin.post(reverse(f"admin:insurance_{name}_add"), {**rows, **inline, **fields})
    assert set(page.context["adminform"].errors) == wrong
    assert "Constraint" not in page.content.decode()


def test_a_phone_number_is_taken_as_people_write_it(admin):
    address, payer = reverse("admin:insurance_payerphoneline_add"), PayerFactory()
    admin.post(address, {**HOURS, "payer": payer.pk, "number": "(414) 555-0134", "as_of": DAY})
    assert payer.phone_lines.get().number == "+14145550134"


def test_no_verification_is_in_the_admin(admin):
    page = admin.get(reverse("admin:index")).content.decode()
    assert "/admin/insurance/verification/" not in page


@pytest.mark.parametrize("value", ["true", "%00", "9" * 40, "-1"])
def test_a_row_picked_by_nonsense_picks_nothing(admin, value):
    address = f"{reverse('admin:insurance_programpayercontract_add')}?program={value}"
    assert admin.get(address).status_code == 200
    assert admin.post(address, {"program": value}).status_code == 200


@pytest.mark.parametrize("odd", ["mon", "1e309", "9" * 40, "%25"])
def test_the_history_of_an_odd_identifier_is_not_found(admin, odd):
    assert admin.get(f"/admin/insurance/payerroute/{odd}/history/").status_code == 404
