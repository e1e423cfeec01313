"""The tables on a listing's page: numbers, sessions, payers, licenses, and how we know it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from programs.admin.curated import Picking, ReadOnly
from programs.admin.forms import PhoneForm
from programs.admin.versions import VersionedFormSet
from programs.models import Confirmation, Credential, PayerAcceptance, Phone, SessionBlock, SourceRecord


class NarrowInline(Picking, admin.TabularInline):
    """A table that fits beside the menu."""

    extra = 0
    formset = VersionedFormSet
    formfield_overrides: ClassVar[Any] = {models.CharField: {"widget": forms.TextInput(attrs={"size": 14})}}


class PhoneInline(NarrowInline):
    model = Phone
    form = PhoneForm


class SessionInline(NarrowInline):
    model = SessionBlock


class AcceptanceInline(NarrowInline):
    model = PayerAcceptance
    autocomplete_fields = ["payer"]


class CredentialInline(NarrowInline):
    model = Credential


class ConfirmationInline(Picking, admin.TabularInline):
    """Confirmations are added, never rewritten or taken out: what was true then stays on record."""

    model = Confirmation
    extra = 0
    fields = ["topic", "method", "confirmed_on", "note", "by"]
    readonly_fields = ["by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SourceInline(ReadOnly, admin.TabularInline):
    model = SourceRecord
    extra = 0
    fields = ["source", "survey_year", "first_seen_year", "gone_since_year", "seen_at"]
    readonly_fields = ["source", "survey_year", "first_seen_year", "gone_since_year", "seen_at"]
    show_change_link = True
