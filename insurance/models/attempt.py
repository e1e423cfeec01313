"""Each time a payer was asked: what went out, what came back, under which numbers."""

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

from insurance.encryption import EncryptedBytesField, EncryptedField

RAW_BYTES = 1024 * 1024  # the cap of a payer's answer


class NextValue(models.Func):
    """The next number of a sequence, given by the database with the insert."""

    function = "nextval"
    output_field = models.BigIntegerField()

    def __init__(self, sequence: str, **extra: Any) -> None:
        super().__init__(models.Value(sequence), **extra)


class VerificationAttempt(models.Model):
    """One question to one payer. The row is committed before a byte leaves, and finished at most once.

    Example: attempt 2 of IV-7QK4-2M9P, service type MH, answered in 1.2 s.
    """

    class Kind(models.TextChoices):
        """How it ended; empty while it is under way."""

        ANSWERED = "answered", _("Answered")
        REJECTED = "rejected", _("Rejected by the payer")
        PENDING = "pending", _("The payer will answer later")
        SYNTAX_REJECTED = "syntax_rejected", _("Not readable to the payer")
        TRANSIENT_NOT_SENT = "transient_not_sent", _("Not reached")
        TRANSIENT_AMBIGUOUS = "transient_ambiguous", _("No answer; may have been asked")
        THROTTLED = "throttled", _("Asked to slow down")
        CONFIG_ERROR = "config_error", _("Refused: our set-up")
        MALFORMED = "malformed", _("Answer not readable")
        ABANDONED = "abandoned", _("Worker lost; may have been asked")

    class Trigger(models.TextChoices):
        FIRST = "first", _("First question")
        RETRY = "retry", _("Retry")
        NEXT_QUESTION = "next_question", _("Next service type")
        VARIATION = "variation", _("Same question with other details")
        POLL = "poll", _("Fetching a promised answer")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey("insurance.Verification", models.CASCADE, related_name="tries")
    number = models.SmallIntegerField()
    fence = models.IntegerField()
    route = models.ForeignKey("insurance.PayerRoute", models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=10)
    trigger = models.CharField(max_length=13, choices=Trigger)
    service_type = models.CharField(max_length=2)
    variation = models.CharField(max_length=20, blank=True)

    isa13 = models.IntegerField(db_default=NextValue("insurance_isa13"))
    gs06 = models.IntegerField(db_default=NextValue("insurance_gs06"))
    st02 = models.IntegerField(db_default=NextValue("insurance_st02"))
    bht03 = models.CharField(
        max_length=50, unique=True, db_default=Cast(NextValue("insurance_bht03"), models.TextField())
    )
    trn02 = models.CharField(max_length=50, unique=True)

    claimed_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    elapsed_ms = models.IntegerField(null=True)
    kind = models.CharField(max_length=20, choices=Kind, blank=True)
    http_status = models.SmallIntegerField(null=True)
    retry_after = models.FloatField(null=True)
    poll_token = EncryptedField(max_length=500, null=True)
    raw_request = EncryptedBytesField(max_length=RAW_BYTES, null=True)
    raw_response = EncryptedBytesField(max_length=RAW_BYTES, null=True)
    aaa = models.JSONField(default=list)  # [{"loop": "2100C", "code": "75", "followup": "C"}]
    problems = models.JSONField(default=list)  # [{"code": "SE_COUNT", "segment": 33}]
    billable = models.BooleanField(default=False)
    applied = models.BooleanField(null=True)  # False: kept as evidence, came too late to count
    worker = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["route", "-claimed_at"], name="attempt_of_route")]
        constraints = [
            models.UniqueConstraint(fields=["verification", "number"], name="attempt_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="attempt_number_positive"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | ~Q(kind__in=["", "abandoned"]), name="attempt_finished_says_how"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="finished_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__finished_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.get_kind_display()}"
