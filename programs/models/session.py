"""When a program meets."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from programs.choices import Day, Format


class SessionKind(models.TextChoices):
    GROUP = "group", _("Group")
    INDIVIDUAL = "individual", _("Individual")
    FAMILY = "family", _("Family")
    EDUCATION = "education", _("Class")
    MEDICATION = "medication", _("Medication visit")
    PEER = "peer", _("Peer support")


class SessionBlock(models.Model):
    """One weekly session of one program, in the program's own time zone.

    A program without any block has not told us its schedule. Blocks of different tracks are
    alternatives (a morning track or an evening track); blocks of one track all belong together.
    Example: Monday 18:00–21:00, group, evening track, required.
    """

    program = models.ForeignKey("programs.Program", models.CASCADE, related_name="sessions")
    weekday = models.SmallIntegerField(_("day"), choices=list(enumerate(Day.labels)))
    starts = models.TimeField(_("starts"))
    ends = models.TimeField(_("ends"))
    kind = models.CharField(_("kind"), max_length=12, choices=SessionKind, default=SessionKind.GROUP)
    format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.IN_PERSON)
    track = models.CharField(_("track"), max_length=60, blank=True)
    is_required = models.BooleanField(_("required"), default=True)

    class Meta:
        ordering = ["track", "weekday", "starts", "pk"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="session_weekday_range"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="session_ends_after_start"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="session_format_known"),
            models.CheckConstraint(condition=Q(kind__in=SessionKind.values), name="session_kind_known"),
            models.UniqueConstraint(fields=["program", "track", "weekday", "starts"], name="session_once"),
        ]

    def __str__(self) -> str:
        return f"{Day.labels[self.weekday]} {self.starts:%H:%M}–{self.ends:%H:%M}"

    def clean(self) -> None:
        if self.starts and self.ends and self.ends <= self.starts:
            raise ValidationError({"ends": _("A session ends after it starts, on the same day.")})
