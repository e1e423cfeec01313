"""How we know what we publish: sources, confirmations, reports, likely duplicates."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from programs.models import plausible


class Topic(models.TextChoices):
    """A group of facts that is confirmed together and goes stale together (days in `programs.freshness`)."""

    AVAILABILITY = "availability", _("Openings")
    PHONE = "phone", _("Phone numbers")
    PAYERS = "payers", _("Insurance")
    SCHEDULE = "schedule", _("Schedule")
    COST = "cost", _("Cost")
    LICENSE = "license", _("Licenses and accreditation")
    DESCRIPTION = "description", _("Description and services")


class Method(models.TextChoices):
    CALL = "call", _("By phone")
    PROGRAM = "program", _("By the program in writing")
    REGISTRY = "registry", _("License registry")
    WEBSITE = "website", _("The program's website")
    BENEFITS_CHECK = "benefits-check", _("Benefits check")


class Confirmation(models.Model):
    """Somebody checked one topic of one program: when, how, by whom. The newest counts.

    Example: schedule of Third Ward Recovery Center, by phone, 12 November 2026.
    """

    program = models.ForeignKey("programs.Program", models.CASCADE, related_name="confirmations")
    topic = models.CharField(_("topic"), max_length=14, choices=Topic)
    method = models.CharField(_("method"), max_length=14, choices=Method)
    confirmed_on = models.DateField(_("confirmed on"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("by"),
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        ordering = ["-confirmed_on", "-pk"]
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        indexes = [models.Index(fields=["program", "topic", "-confirmed_on"], name="confirmation_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="confirmation_topic_known"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="confirmation_method_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()} · {self.confirmed_on}"

    def clean(self) -> None:
        plausible.not_after_today(confirmed_on=self.confirmed_on)


class SourceRecord(models.Model):
    """One row of a source as it was received, and when it was first and last seen. Never edited by hand.

    Example: a row of SAMHSA's 2023 substance use directory; `key` is its identity there.
    """

    class Source(models.TextChoices):
        SAMHSA_SU = "samhsa-su", _("SAMHSA National Directory (substance use)")
        SAMHSA_MH = "samhsa-mh", _("SAMHSA National Directory (mental health)")
        PARTNER_CSV = "partner-csv", _("Partner's list")

    source = models.CharField(max_length=12, choices=Source)
    key = models.CharField(max_length=64)  # hash of the row's identity (contract: name, address, phone)
    program = models.ForeignKey("programs.Program", models.CASCADE, related_name="sources")
    survey_year = models.SmallIntegerField()
    content_hash = models.CharField(max_length=64)
    raw = models.JSONField()
    first_seen_year = models.SmallIntegerField()
    seen_at = models.DateTimeField(auto_now=True)
    gone_since_year = models.SmallIntegerField(null=True, blank=True)  # "not in the newest directory"

    class Meta:
        verbose_name = _("source record")
        verbose_name_plural = _("source records")
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="source_key_once"),
            models.CheckConstraint(
                condition=Q(first_seen_year__lte=F("survey_year")),
                name="source_years_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.survey_year}"


class DuplicateCandidate(models.Model):
    """Two listings that may be the same program; a curator says merge or keep apart."""

    class Verdict(models.TextChoices):
        OPEN = "open", _("To decide")
        MERGED = "merged", _("Merged")
        DISTINCT = "distinct", _("Not the same")

    first = models.ForeignKey("programs.Program", models.CASCADE, related_name="+")
    second = models.ForeignKey("programs.Program", models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    verdict = models.CharField(max_length=8, choices=Verdict, default=Verdict.OPEN)

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_pair_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class Merge(models.Model):
    """Two listings that proved to be one: who merged them when, and what moved, so that it can be undone.

    Example: Riverside Recovery Ctr went into Riverside Recovery Center on 3 May; one phone and two sources moved.
    """

    loser = models.ForeignKey(
        "programs.Program", models.CASCADE, related_name="merges_lost", verbose_name=_("merged listing")
    )
    winner = models.ForeignKey(
        "programs.Program", models.CASCADE, related_name="merges_won", verbose_name=_("kept listing")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("by"))
    moved = models.JSONField()  # {"phone": [ids], …}: rows that went from loser to winner
    status_before = models.CharField(max_length=10)
    closed_before = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField(_("merged"), auto_now_add=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.UniqueConstraint(fields=["loser"], condition=Q(undone_at=None), name="merge_standing_once"),
            models.CheckConstraint(condition=~Q(loser=F("winner")), name="merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.loser} → {self.winner}"


def new_report_code() -> str:
    """A code that cannot be guessed: 128 bits, safe in a link."""
    return secrets.token_urlsafe(16)


class ProblemReport(models.Model):
    """Somebody told us that a listing is wrong: a task with a clock and a public status link.

    It never holds personal data; the form asks for none and says so.
    Example: "The phone number is disconnected", due the next day.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("The phone number is wrong or does not answer")
        CLOSED = "closed", _("The program is closed")
        ADDRESS = "address", _("The address is wrong")
        INSURANCE = "insurance", _("The insurance information is wrong")
        SCHEDULE = "schedule", _("The schedule is wrong")
        COST = "cost", _("The cost is wrong")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        CHECKING = "checking", _("Being checked")
        FIXED = "fixed", _("Fixed")
        NOT_CHANGED = "not-changed", _("Checked, not changed")

    code = models.CharField(max_length=32, unique=True, default=new_report_code, editable=False)
    program = models.ForeignKey("programs.Program", models.CASCADE, related_name="problem_reports")
    kind = models.CharField(_("what is wrong"), max_length=10, choices=Kind)
    message = models.TextField(_("tell us more"), max_length=2000, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.RECEIVED)
    answer = models.TextField(_("answer to the public"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(_("due"))
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name = _("problem report")
        verbose_name_plural = _("problem reports")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["received", "checking"], closed_at=None)
                | Q(state__in=["fixed", "not-changed"], closed_at__isnull=False),
                name="report_closed_when_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
