"""How people get in when they have no password yet, or have lost their second factor."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LINK_LIFETIME = timedelta(days=3)


class LinkPurpose(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    NEW_PASSWORD = "new-password", _("New password")


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    def usable(self) -> "OneTimeLinkQuerySet":
        return self.filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)

    def for_secret(self, secret: str) -> "OneTimeLinkQuerySet":
        return self.filter(digest=OneTimeLink.digest_of(secret))


class OneTimeLink(models.Model):
    """A link that lets one person set a password once, handed over in person or by any messenger.

    Only the SHA-256 of its 256-bit secret is kept, and the secret travels in the fragment of the address,
    so it is in no log and no database.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="links")
    purpose = models.CharField(_("purpose"), max_length=12, choices=LinkPurpose)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=LinkPurpose.values), name="link_purpose_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.user}"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.strip().encode()).hexdigest()

    @classmethod
    def new_secret(cls) -> str:
        return secrets.token_urlsafe(32)


class FactorReset(models.Model):
    """One person asks that a colleague's second factor be removed, another one agrees.

    Example: Dana has lost her phone; Sam asks, Ana approves, Dana gets a one-time link.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factor_resets")
    reason = models.CharField(_("reason"), max_length=200)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(approved_at=None), name="reset_one_open_per_person"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")), name="reset_takes_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(requested_by=F("user")) & (Q(approved_by=None) | ~Q(approved_by=F("user"))),
                name="reset_never_ones_own",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="reset_approved_both_or_neither",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"


class ThrottleEntry(models.Model):
    """The table behind Django's database cache: throttles and used one-time codes.

    It is a model so that `migrate` makes it and nobody has to remember `createcachetable`.
    Nothing personal is in it: keys are hashes, counters and times.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "throttle_cache"

    def __str__(self) -> str:
        return self.cache_key


class Throttle(models.Model):
    """How often one network has tried one thing since a moment; see `accounts.throttle`. The key is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    began_at = models.DateTimeField(db_index=True)
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.count} since {self.began_at:%H:%M}"
