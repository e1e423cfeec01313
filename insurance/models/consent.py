"""What a person allowed; every request rests on one."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from insurance.encryption import EncryptedField


class Consent(models.Model):
    """What a person allowed us to do with their insurance details, in which words, and until when.

    Example: Maria allowed us by phone on 3 May to ask her plan (verify), also about substance use (sud).
    """

    class Scope(models.TextChoices):
        VERIFY = "verify", _("Ask the plan about benefits")
        SUD = "sud", _("Ask about substance use treatment")
        SHARE = "share", _("Share the answer with the program")

    class Method(models.TextChoices):
        VERBAL = "verbal", _("By voice, heard by staff")
        SIGNED = "signed", _("Signed on paper")
        ONLINE = "online", _("On the website")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=6, choices=Scope), verbose_name=_("allowed"))
    method = models.CharField(_("method"), max_length=6, choices=Method)
    given_by = EncryptedField(_("given by"), max_length=150, blank=True, default="")
    witness = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("heard by")
    )
    text_version = models.CharField(_("version of the text"), max_length=20)
    given_at = models.DateTimeField(_("given at"), db_default=Now())
    revoked_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["verify", "sud", "share"], scopes__contains=["verify"]),
                name="consent_scopes_known",
            ),
            models.CheckConstraint(condition=Q(method__in=["verbal", "signed", "online"]), name="consent_method_known"),
            models.CheckConstraint(
                condition=~Q(method="verbal") | Q(witness__isnull=False), name="consent_verbal_was_heard"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("given_at")), name="consent_revoked_after_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()}, {self.given_at:%Y-%m-%d}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None

    def covers(self, scope: str) -> bool:
        return self.is_live and scope in self.scopes
