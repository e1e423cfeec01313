"""How django-allauth behaves here: nobody signs up alone, TOTP secrets are stored encrypted."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts import secrets


class AccountAdapter(DefaultAccountAdapter):
    """People are invited; there is no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Counts wrong passwords per person *and* address.

        Counting per person alone would let anybody lock a colleague out by typing wrong passwords.
        """
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}|{get_ip(request)}"

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whoever has just signed in and comes to add a second step, or to see its recovery codes, is not asked again."""
        if app == "allauth.mfa":
            records = get_authentication_records(context.request, context.request.user)
            return not records or time.time() - records[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return super().is_reauthentication_required(app=app)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors."""

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return settings.OPERATOR["site_name"]
