"""Forms of people: setting a password with a one-time link, inviting, second factors."""

import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.models import OneTimeLink, Role, User, Verb

# A code is good for its own 30 seconds and one step either side; it is remembered longer than that.
CODE_REMEMBERED_SECONDS = 120


class OnceOnlyCode:
    """A code that let somebody in does not work a second time, even within the tolerated clock drift."""

    user: User

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if not cache.add(f"code-used:{self.user.pk}:{code.replace(' ', '')}", 1, CODE_REMEMBERED_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class OnceOnlyAuthenticateForm(OnceOnlyCode, AuthenticateForm):
    """Second step of signing in."""


class OnceOnlyReauthenticateForm(OnceOnlyCode, ReauthenticateForm):
    """Asked again before something sensitive."""


class DeviceAnswerField(forms.JSONField):
    """What a passkey answered. It is never written back into the page: the device answers anew."""

    def to_python(self, value: Any) -> Any:
        try:
            answer = super().to_python(value)
            json.dumps(answer, ensure_ascii=False).encode()  # half a surrogate is no text
        except (RecursionError, ValueError) as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return answer

    def bound_data(self, data: Any, initial: Any) -> Any:
        return None

    def prepare_value(self, value: Any) -> Any:
        return ""


class DeviceAnswer:
    """A form with a passkey's answer: one with letters where base64 belongs is wrong, as any other is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = DeviceAnswerField(widget=forms.HiddenInput)  # type: ignore[attr-defined]

    def _clean_fields(self) -> None:
        try:
            super()._clean_fields()  # type: ignore[misc]
        except ValueError:
            self.add_error("credential", get_adapter().validation_error("incorrect_code"))  # type: ignore[attr-defined]

    def _clean_form(self) -> None:
        try:
            super()._clean_form()  # type: ignore[misc]
        except ValueError:
            self.add_error(None, get_adapter().validation_error("incorrect_code"))  # type: ignore[attr-defined]


class PasskeyLoginForm(DeviceAnswer, LoginWebAuthnForm):
    """Signing in with a passkey alone."""


class PasskeyAuthenticateForm(DeviceAnswer, AuthenticateWebAuthnForm):
    """Second step of signing in, by passkey."""


class PasskeyReauthenticateForm(DeviceAnswer, ReauthenticateWebAuthnForm):
    """Asked again before something sensitive, by passkey."""


class AddPasskeyForm(DeviceAnswer, AddWebAuthnForm):
    """A device that is to be enough to sign in, unless its owner wants it as a second step only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = _("Sign in with it alone, without a password")
        alone.help_text = _("The device then asks for your finger, your face or its PIN.")


class WelcomeForm(forms.Form):
    """What a person with a one-time link fills in: the code (from the link itself), a name, a password twice."""

    secret = forms.CharField(
        label=_("Code from your link"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-from-fragment": ""}),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_secret(self) -> OneTimeLink:
        link = OneTimeLink.objects.for_secret(self.cleaned_data["secret"]).usable().select_related("user").first()
        if link is None:
            raise forms.ValidationError(_("This link has been used or is too old. Ask for a new one."))
        return link

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", _("The two passwords differ."))
        elif data.get("secret") and data.get("password"):
            self._check_strength(data["secret"].user, data["password"])
        return data

    def _check_strength(self, user: User, password: str) -> None:
        try:
            validate_password(password, user)
        except forms.ValidationError as weak:
            self.add_error("password", weak)


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=100)
    role = forms.ChoiceField(label=_("Role"), choices=Role)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is already a person with this address."))
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, strip=True)


class AuditFilterForm(forms.Form):
    """What an auditor looks for; an empty form finds everything."""

    subject = forms.CharField(label=_("Record"), max_length=40, required=False)
    actor = forms.ModelChoiceField(User.objects.order_by("name", "pk"), label=_("Who"), required=False)
    verb = forms.ChoiceField(label=_("What"), choices=[("", _("Anything")), *Verb.choices], required=False)

    def query(self) -> dict[str, Any]:
        """Filters for AuditEvent; a field that is not understood is left out."""
        self.full_clean()
        data = getattr(self, "cleaned_data", {})
        return {name: value for name, value in data.items() if value}
