"""What we keep of an answer: every line as it came, the reading of it, and the dollars worked out from it."""

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from insurance.encryption import EncryptedJSONField
from insurance.states import Determination


class BenefitSnapshot(models.Model):
    """One reading of one answer, by a payer's computer or its representative. Never edited; the newest counts.

    `data` is the reading as `insurance.reading` gives it, each value with its source.
    Example: covered with approval in advance, evidence L3, deductible remaining $600, read from attempt 1.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey("insurance.Verification", models.CASCADE, related_name="snapshots")
    attempt = models.OneToOneField(
        "insurance.VerificationAttempt", models.CASCADE, null=True, blank=True, related_name="snapshot"
    )
    call = models.OneToOneField("insurance.ManualCall", models.CASCADE, null=True, blank=True, related_name="snapshot")
    determination = models.CharField(max_length=28, choices=Determination)
    evidence_level = models.SmallIntegerField()
    review = ArrayField(models.CharField(max_length=60), default=list)  # why a person must look; empty = nothing
    flags = ArrayField(models.CharField(max_length=60), default=list)
    data = EncryptedJSONField()
    as_of = models.DateTimeField(db_default=Now())
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-as_of", "-pk"]
        verbose_name = _("benefits")
        verbose_name_plural = _("benefits")
        constraints = [
            models.UniqueConstraint(
                fields=["verification"], condition=Q(superseded_at=None), name="snapshot_one_current"
            ),
            models.CheckConstraint(
                condition=Q(attempt__isnull=True) | Q(call__isnull=True), name="snapshot_one_source"
            ),
            models.CheckConstraint(
                condition=Q(determination__in=Determination.values), name="snapshot_determination_known"
            ),
            models.CheckConstraint(condition=Q(evidence_level__range=(0, 4)), name="snapshot_evidence_range"),
            models.CheckConstraint(
                condition=~Q(evidence_level=4) | Q(call__isnull=False), name="snapshot_l4_needs_a_call"
            ),
            models.CheckConstraint(
                condition=~Q(determination__in=["covered", "covered_auth_required"]) | Q(evidence_level__gte=3),
                name="snapshot_covered_needs_evidence",
            ),
        ]
        triggers = [pgtrigger.ReadOnly(name="never_edited", exclude=["superseded_at"])]

    def __str__(self) -> str:
        return f"{self.get_determination_display()} (L{self.evidence_level})"


class BenefitLine(models.Model):
    """One EB segment of an answer with all that hangs on it, lossless: nothing the payer said is dropped.

    Example: line 13, EB*A*IND*CJ***27**.2*****Y, message "PRIOR AUTHORIZATION REQUIRED".
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.ForeignKey(BenefitSnapshot, models.CASCADE, related_name="lines")
    seq = models.IntegerField()
    content = EncryptedJSONField()

    class Meta:
        ordering = ["seq"]
        verbose_name = _("benefit line")
        verbose_name_plural = _("benefit lines")
        constraints = [models.UniqueConstraint(fields=["snapshot", "seq"], name="line_seq_once")]
        triggers = [pgtrigger.ReadOnly(name="never_edited")]

    def __str__(self) -> str:
        return str(self.seq)


class CostEstimate(models.Model):
    """What the family may pay at one program, from one snapshot, with the inputs frozen. Not a guarantee.

    `result` holds total, low, high, the parts and the unknowns; `inputs` what it was worked out from.
    Example: $2,160 to $3,240 for 36 days at Third Ward Recovery Center.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.ForeignKey(BenefitSnapshot, models.CASCADE, related_name="estimates")
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    rule_version = models.CharField(max_length=20)
    inputs = EncryptedJSONField()
    result = EncryptedJSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        verbose_name = _("cost estimate")
        verbose_name_plural = _("cost estimates")
        constraints = [models.UniqueConstraint(fields=["snapshot", "program"], name="estimate_once_per_program")]
        triggers = [pgtrigger.ReadOnly(name="never_edited")]

    def __str__(self) -> str:
        return str(self.program)
