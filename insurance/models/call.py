"""A call to a payer's representative: the first-class path where the computers do not know."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from insurance.encryption import EncryptedField, EncryptedJSONField


class ManualCall(models.Model):
    """One call by one member of staff to one payer. Its answers are kept while they are typed.

    Example: 555-0134, spoke with Kim, reference 88-1207, IOP covered at 20 % after deductible.
    """

    class Outcome(models.TextChoices):
        FINISHED = "finished", _("Answered")
        CLOSED = "closed", _("The line was closed")
        HUNG_UP = "hung_up", _("Cut off or held too long")
        REFUSED = "refused", _("They would not say")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey("insurance.Verification", models.CASCADE, related_name="calls")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("how it ended"), max_length=8, choices=Outcome, blank=True)
    number_dialed = models.CharField(_("number dialed"), max_length=20, blank=True)
    department = models.CharField(_("department"), max_length=80, blank=True)
    rep_name = EncryptedField(_("representative's name"), max_length=100, null=True, blank=True)
    reference = EncryptedField(_("call reference number"), max_length=60, null=True, blank=True)
    reference_refused = models.BooleanField(_("refused to give a reference"), default=False)
    disclaimer_read = models.BooleanField(_("“not a guarantee of payment” was read to us"), default=False)
    answers = EncryptedJSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="")
                | Q(ended_at__isnull=False, outcome__in=["finished", "closed", "hung_up", "refused"]),
                name="call_ended_says_how",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="call_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="finished")
                | (
                    Q(rep_name__isnull=False, disclaimer_read=True)
                    & (Q(reference__isnull=False) | Q(reference_refused=True))
                ),
                name="call_finished_has_proof",
            ),
            models.UniqueConstraint(
                fields=["verification"], condition=Q(ended_at=None), name="call_one_open_per_verification"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
