"""The caller's own form: the desk's questions in the caller's words, and quiet walls against machines."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from insurance.fields import plan_not_known
from insurance.forms import AskForm

FASTEST_SECONDS = 4
LONGEST_SECONDS = 24 * 60 * 60
SALT = "insurance.verify"

# The desk's choices, as the caller would say them.
ASKING_FOR = [
    ("self", _("Me")),
    ("child", _("My child")),
    ("partner", _("My husband, wife or partner")),
    ("other", _("Somebody else")),
]
ON_THE_PLAN = [
    ("self", _("The main person on the card")),
    ("spouse", _("Their husband, wife or partner")),
    ("child", _("Their child")),
    ("other", _("Somebody else on the plan")),
]
LABELS = {
    "phone": _("Phone number"),
    "caller_name": _("What may we call you?"),
    "language": _("Which language shall we speak?"),
    "asking_for": _("Is this for you or somebody else?"),
    "relationship": _("On this plan, the patient is"),
}


@dataclass(frozen=True)
class Step:
    """One page of the form: the end of its address, its heading, and what it asks."""

    slug: str
    title: Promise | str
    fields: tuple[str, ...]


STEPS = (
    Step(
        "who",
        _("Who is it for?"),
        ("asking_for", "condition", "zip", "state", "program_1", "program_2", "program_3"),
    ),
    Step(
        "plan",
        _("Which plan is it?"),
        (
            *("wants_call", "payer", "member_id", "subscriber_first_name", "subscriber_last_name"),
            *("subscriber_birth_date", "group_number", "relationship"),
            *("patient_first_name", "patient_last_name", "patient_birth_date"),
        ),
    ),
    Step(
        "contact",
        _("How can we reach you safely?"),
        ("phone", "may_leave_message", "contact_notes", "caller_name", "language"),
    ),
    Step(
        "consent",
        _("Your permission"),
        ("consent_verify", "consent_sud", "consent_share", "consent_version"),
    ),
)
PLAN = STEPS[1]


def new_mark() -> str:
    """Signed: when the page was drawn, and the key that makes sending it twice one request."""
    return signing.dumps([str(uuid.uuid4()), int(time.time())], salt=SALT)


class PublicAskForm(AskForm):
    """A family's own request. Whoever would rather talk leaves a number, and we call."""

    wants_call = forms.BooleanField(
        label=_("I would rather tell you on the phone. Please call me."),
        required=False,
        help_text=_("Tick this too if there is no insurance, or you do not know the plan. We help you find a way."),
    )
    # People do not see it; machines fill it in.
    website = forms.CharField(label=_("Leave this empty"), required=False)
    mark = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["payer"].required = False
        self.fields["payer"].error_messages["payer"] = _(
            "We do not know this plan by that name. Pick it from the list, or tick “Please call me”."
        )
        self.fields["language"].initial = "es" if get_language() == "es" else "en"
        for name, label in LABELS.items():
            self.fields[name].label = label
            self.ask(name)
        for name, choices in (("asking_for", ASKING_FOR), ("relationship", ON_THE_PLAN)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty, then send again."))
        return ""

    def clean_mark(self) -> uuid.UUID:
        """Too old or changed: the page is drawn anew with everything kept, and sending again works."""
        try:
            key, drawn = signing.loads(self.cleaned_data["mark"], salt=SALT, max_age=LONGEST_SECONDS)
        except signing.BadSignature:
            raise ValidationError(_("This page was open for too long. Please send it again."), code="stale") from None
        if time.time() - drawn < FASTEST_SECONDS:
            raise ValidationError(_("That was very fast. Please look it over and send it again."), code="fast")
        return uuid.UUID(key)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("wants_call"):
            for name in PLAN.fields:  # nothing there has to be right, or is shown
                if self.errors.pop(name, None):
                    data[name] = None if name.endswith("birth_date") else ""
            data["relationship"] = data.get("relationship") or "self"
            data["payer"] = data.get("payer") or plan_not_known()
        elif not data.get("payer") and "payer" not in self.errors:
            self.add_error("payer", _("Which plan is it? If you do not know, tick “Please call me”."))
        return data

    def answers(self) -> dict[str, Any]:
        """What has been answered so far, as typed: to be carried to another step."""
        values = {name: self[name].value() for name in self.fields if name != "website"}
        return {name: value for name, value in values.items() if value not in (None, "", False)}

    def wrong_steps(self) -> list[Step]:
        """The steps with an answer that is missing or wrong, in their order."""
        return [step for step in STEPS if not self.errors.keys().isdisjoint(step.fields)]

    def judge_only(self, step: Step) -> bool:
        """Forget what is wrong elsewhere; True if nothing is wrong on this page."""
        for name in self.errors.keys() - {*step.fields, "website"}:
            del self.errors[name]
        return not self.errors
