"""What a check needs to know, kept by administrators: routes, phone lines, billing, contracts. Each has its history.

Nobody's verification is in the admin: personal data is read at the desk, where every look is written down.
"""

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from insurance import intake, metering
from insurance.fields import PhoneField
from insurance.models import (
    PayerPhoneLine,
    PayerRoute,
    ProgramBilling,
    ProgramPayerContract,
    RouteMeter,
    Verification,
)
from insurance.states import Reason, State
from programs.admin import ReadOnly, TrackedAdmin
from programs.choices import Day


class MeterInline(ReadOnly, admin.StackedInline):
    model = RouteMeter
    fields = ["breaker", "failures_in_row", "open_until", "pause_reason", "paused_at", "tokens", "tokens_at"]
    can_delete = False


@admin.register(PayerRoute)
class PayerRouteAdmin(TrackedAdmin):
    list_display = ["payer", "gateway", "endpoint", "payer_code", "position", "enabled", "condition"]
    list_filter = ["gateway", "endpoint", "enabled", "meter__breaker"]
    search_fields = ["payer__name", "payer_code"]
    autocomplete_fields = ["payer"]
    list_select_related = ["payer", "meter"]
    inlines = [MeterInline]
    actions = ["use_again"]

    @admin.display(description=_("condition"))
    def condition(self, route: PayerRoute) -> str:
        meter = getattr(route, "meter", None)
        return str(meter.get_breaker_display() if meter else RouteMeter.Breaker.CLOSED.label)

    @admin.action(description=_("Mended: use again, and ask what had to wait"))
    def use_again(self, request: HttpRequest, queryset: models.QuerySet[PayerRoute]) -> None:
        asked = 0
        for route in queryset:
            with transaction.atomic():
                metering.resume(route)
                waiting = Verification.objects.filter(route=route, state=State.CONFIG_ERROR)
                for verification in waiting.select_for_update(of=("self",)):
                    intake.requeue(verification, reason=Reason.CONFIG_FIXED, actor=request.user)  # type: ignore[arg-type]
                    asked += 1
        text = ngettext("One request is asked again.", "%(count)s requests are asked again.", asked)
        messages.success(request, text % {"count": asked})


class PayerPhoneLineForm(forms.ModelForm):
    number = PhoneField(label=_("number"))  # as people write it; kept as +1 and ten digits
    days = forms.MultipleChoiceField(label=_("days"), choices=Day, widget=forms.CheckboxSelectMultiple)


@admin.register(PayerPhoneLine)
class PayerPhoneLineAdmin(TrackedAdmin):
    form = PayerPhoneLineForm
    list_display = ["payer", "purpose", "number", "opens", "closes", "time_zone", "as_of"]
    list_filter = ["purpose", "as_of"]
    search_fields = ["payer__name", "number"]
    autocomplete_fields = ["payer"]
    list_select_related = ["payer"]


@admin.register(ProgramBilling)
class ProgramBillingAdmin(TrackedAdmin):
    list_display = ["program", "npi", "legal_name", "setting", "cash_per_day", "billed_per_day", "as_of"]
    list_filter = ["setting", "as_of"]
    search_fields = ["program__name", "npi", "legal_name"]
    autocomplete_fields = ["program"]
    list_select_related = ["program"]


@admin.register(ProgramPayerContract)
class ProgramPayerContractAdmin(TrackedAdmin):
    list_display = ["program", "payer", "network", "allowed_per_day", "agreement_to_verify", "agreed_on", "as_of"]
    list_filter = ["network", "agreement_to_verify", "source"]
    search_fields = ["program__name", "payer__name"]
    autocomplete_fields = ["program", "payer"]
    list_select_related = ["program", "payer"]
