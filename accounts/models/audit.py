"""Who did what to whose record, when and why. Rows are only ever added."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ADD_ONLY = [
    pgtrigger.Protect(name="add_only", operation=pgtrigger.Update | pgtrigger.Delete),
    pgtrigger.Trigger(
        name="never_emptied",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'Cannot empty the audit trail';",
    ),
]


class Verb(models.TextChoices):
    READ = "read", _("Looked at")
    FOUND = "found", _("Found by search")
    REVEALED = "revealed", _("Showed a hidden value")
    RAW = "raw", _("Read the payer's raw answer")
    CHANGED = "changed", _("Changed")
    EXPORTED = "exported", _("Exported or printed")
    DISCLOSED = "disclosed", _("Told somebody outside")
    ERASED = "erased", _("Erased")
    ACCESS = "access", _("Changed a colleague's access")


class AuditEvent(models.Model):
    """One act upon a personal record or a colleague's access. It names the record, never what is in it.

    `mac` is keyed outside the database: a row written by anybody but this application does not carry a good one.
    Example: Dana read the raw answer of IV-7QK4-2M9P at 10:02, because the caller asked what the payer wrote.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    verb = models.CharField(_("what"), max_length=10, choices=Verb)
    subject = models.CharField(_("record"), max_length=40, db_index=True)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    mac = models.CharField(max_length=64, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="audit_verb_known"),
            models.CheckConstraint(condition=~Q(verb__in=["raw", "revealed"]) | ~Q(reason=""), name="audit_says_why"),
        ]
        triggers = ADD_ONLY

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.subject}"


class AuditSeal(models.Model):
    """A closed batch of events, chained by a keyed digest to the batch before it.

    Exporting the newest one (`manage.py audit_head`) fixes everything up to it, even against a database's owner.
    """

    number = models.IntegerField(primary_key=True)
    event_ids = ArrayField(models.BigIntegerField())
    sealed_at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number=1, previous="") | (Q(number__gt=1) & ~Q(previous="")), name="seal_is_chained"
            ),
        ]
        triggers = ADD_ONLY

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"
