"""What the helpline itself keeps about a request: who looks after the caller, drafts, notes, reviews, disclosures."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from insurance.encryption import EncryptedField, EncryptedJSONField


class Outcome(models.TextChoices):
    """Why staff closed a request; one is required."""

    REACHED = "reached", _("The caller has the answer")
    NO_ANSWER = "no-answer", _("No answer, three times")
    NOT_ELIGIBLE = "not-eligible", _("Not eligible")
    WITHDREW = "withdrew", _("The caller withdrew")


class Casework(models.Model):
    """Who looks after the person behind a request, how it is safe to reach them, and whether they know the answer.

    The hold is a lease: one person at a time, until a moment the database's clock decides.
    Example: Dana looks after IV-7QK4-2M9P; call after 3 pm, no voicemail, in Spanish.
    """

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        SPANISH = "es", _("Spanish")
        OTHER = "other", _("Another language (interpreter)")

    class AskingFor(models.TextChoices):
        SELF = "self", _("Themselves")
        CHILD = "child", _("Their child")
        PARTNER = "partner", _("Their partner")
        OTHER = "other", _("Somebody else")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.OneToOneField("insurance.Verification", models.CASCADE, related_name="casework")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    held_until = models.DateTimeField(null=True, blank=True)

    asking_for = EncryptedField(_("asking for"), max_length=10, choices=AskingFor, default=AskingFor.SELF)
    may_leave_message = models.BooleanField(_("may we leave a message"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=Language, default=Language.ENGLISH)
    state = models.CharField(_("state"), max_length=2, blank=True)
    zip = EncryptedField(_("ZIP code"), max_length=10, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    wants_call = models.BooleanField(_("asked us to call instead"), default=False)

    outcome = models.CharField(_("how it ended"), max_length=12, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("casework")
        verbose_name_plural = _("casework")
        constraints = [
            models.CheckConstraint(
                condition=Q(holder=None, held_until=None) | Q(holder__isnull=False, held_until__isnull=False),
                name="casework_hold_paired",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="casework_closed_says_how",
            ),
            models.CheckConstraint(condition=Q(language__in=["en", "es", "other"]), name="casework_language_known"),
        ]

    def __str__(self) -> str:
        return str(self.verification)


class Note(models.Model):
    """A line staff wrote on a request. Only ever added."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey("insurance.Verification", models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = EncryptedField(_("note"), max_length=2000)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return f"{self.verification_id}"


class IntakeDraft(models.Model):
    """A call that is being written down. It survives a crash, a lost connection and a lost session.

    Its `uid` becomes the request's submission key, so sending it twice makes one request.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    data = EncryptedJSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = _("unfinished call")
        verbose_name_plural = _("unfinished calls")

    def __str__(self) -> str:
        return str(self.uid)


class Review(models.Model):
    """A second person reads a result before anybody relies on it; disagreement is kept and shown.

    Example: Sam read Dana's call on IV-7QK4-2M9P and disagreed: the representative spoke of inpatient care.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.OneToOneField("insurance.BenefitSnapshot", models.CASCADE, related_name="second_reading")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    agreed = models.BooleanField(null=True, blank=True)
    remark = EncryptedField(_("remark"), max_length=500, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["requested_at", "pk"]
        verbose_name = _("second reading")
        verbose_name_plural = _("second readings")
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("author")), name="review_by_a_second_person"
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None, agreed=None, decided_at=None)
                | Q(reviewer__isnull=False, agreed__isnull=False, decided_at__isnull=False),
                name="review_decided_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}"


class Disclosure(models.Model):
    """One time personal facts left the helpline: to whom, what kinds, under which consent and notice. Only ever added.

    Questions sent to payers by wire are in the attempts; this holds what staff told or handed over.
    """

    class Recipient(models.TextChoices):
        PAYER = "payer", _("The payer, by phone")
        CALLER = "caller", _("The caller")
        PROGRAM = "program", _("The program")
        PERSON = "person", _("The person, all that is kept about them")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey("insurance.Verification", models.CASCADE, related_name="disclosures")
    consent = models.ForeignKey("insurance.Consent", models.PROTECT, related_name="+")
    recipient = models.CharField(_("to whom"), max_length=8, choices=Recipient)
    what = models.CharField(_("what"), max_length=200)
    notice_version = models.CharField(max_length=20)
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__in=["payer", "caller", "program", "person"]), name="disclosure_recipient_known"
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_recipient_display()}: {self.what}"
