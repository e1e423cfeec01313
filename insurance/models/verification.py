"""One request to learn what a member's plan pays for, and what happened to it."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from insurance.encryption import EncryptedDateField, EncryptedField
from insurance.models.consent import Consent
from insurance.states import (
    DUE_STATES,
    MOVES,
    OPEN_STATES,
    STAFF_STATES,
    Determination,
    Reason,
    State,
)
from programs.choices import CareLevel

ID_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is mistaken for another


def new_public_id() -> str:
    """IV-7QK4-2M9P: random, short enough to be read out on the phone."""
    letters = [secrets.choice(ID_LETTERS) for _ in range(8)]
    return f"IV-{''.join(letters[:4])}-{''.join(letters[4:])}"


class Priority(models.IntegerChoices):
    """Lower goes first."""

    WAITING = 10, _("The caller is waiting")
    NORMAL = 20, _("Today")
    BACKGROUND = 30, _("When there is time")


class VerificationQuerySet(models.QuerySet["Verification"]):
    """Adjectives filter; each end of a queue has its own."""

    def open(self) -> "VerificationQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def due(self) -> "VerificationQuerySet":
        """What a worker may take now, by the database's clock, the most urgent first.

        Nothing that the desk has finished, which `desk.stop_finished` stops.
        """
        return (
            self.filter(state__in=DUE_STATES, next_attempt_at__lte=Now())
            .filter(casework__closed_at=None)  # also without any casework
            .order_by("priority", "next_attempt_at", "pk")
        )

    def for_staff(self) -> "VerificationQuerySet":
        return self.filter(state__in=STAFF_STATES).order_by("priority", "sla_due_at", "pk")

    def of_member(self, member_index: str) -> "VerificationQuerySet":
        return self.filter(member_index=member_index).exclude(member_index="")


def _in(field: str, values: Iterable[str]) -> Q:
    return Q(**{f"{field}__in": list(values)})


class Verification(models.Model):
    """One request to learn what a member's plan pays for at a program (VOB). Its row is the queue.

    Example: IV-7QK4-2M9P, Jordan, Blue Cross PPO, mental health IOP at Third Ward Recovery Center and two more.
    """

    class Condition(models.TextChoices):
        MH = "mh", _("Mental health")
        SUD = "sud", _("Substance use")
        BOTH = "both", _("Both")

    class Relationship(models.TextChoices):
        """Of the patient to the subscriber (the person whose plan it is)."""

        SELF = "self", _("The subscriber")
        SPOUSE = "spouse", _("Spouse")
        CHILD = "child", _("Child")
        OTHER = "other", _("Other dependent")

    class Channel(models.TextChoices):
        DESK = "desk", _("By phone, logged by staff")
        PUBLIC = "public", _("The caller's own form")
        ENGINE = "engine", _("Opened by the system")

    class Origin(models.TextChoices):
        NEW = "new", _("New")
        CARVE_OUT = "carve_out", _("Second company of the same plan")
        REVERIFY = "reverify", _("Asked again")
        CORRECTION = "correction", _("Correction")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    submission_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dedupe_key = models.CharField(max_length=32, blank=True, editable=False)
    channel = models.CharField(_("channel"), max_length=6, choices=Channel, default=Channel.DESK)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.NEW)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logged by")
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, blank=True, related_name="verifications")

    # What is asked
    payer = models.ForeignKey("programs.Payer", models.PROTECT, related_name="+", verbose_name=_("payer"))
    program = models.ForeignKey(
        "programs.Program", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("program")
    )
    compared = models.ManyToManyField(
        "programs.Program", through="insurance.ComparedProgram", related_name="+", verbose_name=_("programs compared")
    )
    level_of_care = models.CharField(_("level of care"), max_length=20, choices=CareLevel, default=CareLevel.IOP)
    condition = models.CharField(_("condition"), max_length=4, choices=Condition)
    service_date = models.DateField(_("date of service (none = today)"), null=True, blank=True)
    admission_on = models.DateField(_("planned first day"), null=True, blank=True)

    # Whose plan, and who is to be treated; blank patient fields mean the subscriber
    member_id = EncryptedField(_("member ID"), max_length=80, blank=True, default="")
    member_index = models.CharField(max_length=32, blank=True, editable=False)
    group_number = EncryptedField(_("group number"), max_length=50, blank=True, default="")
    subscriber_first_name = EncryptedField(_("subscriber's first name"), max_length=35, blank=True, default="")
    subscriber_last_name = EncryptedField(_("subscriber's last name"), max_length=60, blank=True, default="")
    subscriber_birth_date = EncryptedDateField(_("subscriber's birth date"), null=True, blank=True)
    subscriber_sex = EncryptedField(_("subscriber's sex on the card"), max_length=1, blank=True, default="")
    relationship = EncryptedField(_("patient is"), max_length=6, choices=Relationship, default=Relationship.SELF)
    patient_first_name = EncryptedField(_("patient's first name"), max_length=35, blank=True, default="")
    patient_last_name = EncryptedField(_("patient's last name"), max_length=60, blank=True, default="")
    patient_birth_date = EncryptedDateField(_("patient's birth date"), null=True, blank=True)
    patient_sex = EncryptedField(_("patient's sex on the card"), max_length=1, blank=True, default="")

    # Whom to tell
    caller_name = EncryptedField(_("caller's name"), max_length=150, blank=True, default="")
    phone = EncryptedField(_("phone"), max_length=20, blank=True, default="")
    phone_index = models.CharField(max_length=32, blank=True, editable=False)
    email = EncryptedField(_("e-mail"), max_length=254, blank=True, default="")
    contact_notes = EncryptedField(_("how it is safe to reach them"), max_length=500, blank=True, default="")
    card_phone = EncryptedField(_("behavioral health phone on the card"), max_length=20, blank=True, default="")
    status_key_hash = models.CharField(max_length=64, blank=True, editable=False)

    # Where the work is
    state = models.CharField(_("state"), max_length=18, choices=State, default=State.DRAFT)
    state_reason = models.CharField(_("reason"), max_length=24, choices=Reason, blank=True)
    reason_code = models.CharField(_("payer's code"), max_length=24, blank=True)  # "2100C 71"
    needed_fields = ArrayField(
        models.CharField(max_length=30), verbose_name=_("details to ask for"), default=list, blank=True
    )
    variations = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False)
    version = models.IntegerField(default=0, editable=False)
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    next_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.IntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    route = models.ForeignKey("insurance.PayerRoute", models.PROTECT, null=True, blank=True, related_name="+")
    attempts = models.SmallIntegerField(default=0, editable=False)
    billable = models.SmallIntegerField(default=0, editable=False)
    rung_at = models.DateTimeField(null=True, blank=True, editable=False)
    ring_count = models.SmallIntegerField(default=0, editable=False)
    auto_deadline_at = models.DateTimeField(null=True, blank=True, editable=False)
    sla_due_at = models.DateTimeField(_("due"), null=True, blank=True, editable=False)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("held by")
    )
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    call_after = models.DateTimeField(_("call after"), null=True, blank=True)

    # What was learned
    determination = models.CharField(_("answer"), max_length=28, choices=Determination, blank=True)
    evidence_level = models.SmallIntegerField(_("evidence"), default=0)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    stale_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        indexes = [
            models.Index(
                fields=["priority", "next_attempt_at", "id"],
                condition=_in("state", DUE_STATES),
                name="verification_due",
            ),
            models.Index(fields=["next_attempt_at"], condition=_in("state", DUE_STATES), name="verification_waiting"),
            models.Index(fields=["route", "lease_until"], condition=Q(state="sending"), name="verification_leased"),
            models.Index(
                fields=["priority", "sla_due_at", "id"], condition=_in("state", STAFF_STATES), name="verification_staff"
            ),
            models.Index(fields=["stale_at"], condition=Q(state="completed"), name="verification_stale"),
            models.Index(fields=["member_index"], condition=~Q(member_index=""), name="verification_member"),
            models.Index(fields=["-created_at", "-id"], name="verification_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                condition=_in("state", OPEN_STATES) & ~Q(dedupe_key=""),
                name="verification_one_open_per_question",
            ),
            models.UniqueConstraint(
                fields=["status_key_hash"], condition=~Q(status_key_hash=""), name="verification_status_key_once"
            ),
            models.CheckConstraint(
                condition=Q(public_id__regex=rf"^IV-[{ID_LETTERS}]{{4}}-[{ID_LETTERS}]{{4}}$"),
                name="verification_public_id_shape",
            ),
            models.CheckConstraint(condition=_in("state", State.values), name="verification_state_known"),
            models.CheckConstraint(
                condition=_in("condition", ["mh", "sud", "both"]), name="verification_condition_known"
            ),
            models.CheckConstraint(
                condition=_in("channel", ["desk", "public", "engine"]), name="verification_channel_known"
            ),
            models.CheckConstraint(
                condition=_in("determination", ["", *Determination.values]), name="verification_determination_known"
            ),
            models.CheckConstraint(condition=Q(evidence_level__range=(0, 4)), name="verification_evidence_range"),
            models.CheckConstraint(
                condition=~_in("determination", ["covered", "covered_auth_required"]) | Q(evidence_level__gte=3),
                name="verification_covered_needs_evidence",
            ),
            models.CheckConstraint(
                condition=Q(origin="new", parent=None) | (~Q(origin="new") & Q(parent__isnull=False)),
                name="verification_child_has_parent",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(consent__isnull=False), name="verification_needs_consent"
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_until__isnull=False) | (~Q(state="sending") & Q(lease_until=None)),
                name="verification_lease_while_sending",
            ),
            models.CheckConstraint(
                condition=(_in("state", DUE_STATES) & Q(next_attempt_at__isnull=False))
                | (~_in("state", DUE_STATES) & Q(next_attempt_at=None)),
                name="verification_due_has_time",
            ),
            models.CheckConstraint(
                condition=Q(held_by=None, held_until=None) | Q(held_by__isnull=False, held_until__isnull=False),
                name="verification_hold_paired",
            ),
            models.CheckConstraint(
                condition=~Q(state="manual_in_progress") | Q(held_by__isnull=False), name="verification_call_is_held"
            ),
            models.CheckConstraint(
                condition=~_in("state", ["completed", "expired"])
                | (~Q(determination="") & Q(completed_at__isnull=False)),
                name="verification_done_has_answer",
            ),
            models.CheckConstraint(
                condition=Q(attempts__gte=0, billable__gte=0, billable__lte=F("attempts")),
                name="verification_counts_sane",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_moves",
                field="state",
                transitions=[
                    (str(origin), str(to)) for origin, targets in MOVES.items() for to in targets if to != origin
                ],
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("verification", args=[self.public_id])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def waits_for_caller_since(self) -> datetime | None:
        """When its clock was stopped; None while it runs. A queue brings the moment along."""
        if self.state != State.NEEDS_INFO:
            return None
        asked = getattr(self, "asked_caller_at", None)
        return (
            asked
            or self.events.filter(to_state=State.NEEDS_INFO).order_by("-version").values_list("at", flat=True).first()
        )

    @property
    def patient_is_subscriber(self) -> bool:
        return self.relationship == self.Relationship.SELF

    @property
    def snapshot(self) -> "models.Model | None":
        """The newest answer, if there is one."""
        return self.snapshots.filter(superseded_at=None).first()


class ComparedProgram(models.Model):
    """One of up to three programs whose cost is worked out from the same check; position 1 is asked for."""

    verification = models.ForeignKey(Verification, models.CASCADE, related_name="compared_programs")
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    position = models.SmallIntegerField()

    class Meta:
        ordering = ["position"]
        verbose_name = _("compared program")
        verbose_name_plural = _("compared programs")
        constraints = [
            models.CheckConstraint(condition=Q(position__range=(1, 3)), name="compared_up_to_three"),
            models.UniqueConstraint(fields=["verification", "position"], name="compared_position_once"),
            models.UniqueConstraint(fields=["verification", "program"], name="compared_program_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.program}"


class StatusEvent(models.Model):
    """One move of one verification: from where, to where, why, by whom, when. Only ever added.

    Example: queued → sending, a worker took it, 10:02:07.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verification = models.ForeignKey(Verification, models.CASCADE, related_name="events")
    version = models.IntegerField()
    from_state = models.CharField(max_length=18, choices=State, blank=True)
    to_state = models.CharField(max_length=18, choices=State)
    reason = models.CharField(max_length=24, choices=Reason, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    note = EncryptedField(max_length=2000, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["version"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["verification", "version"], name="event_once_per_version"),
            models.CheckConstraint(condition=_in("to_state", State.values), name="event_state_known"),
        ]
        # Retention deletes whole verifications inside pgtrigger.ignore("insurance.StatusEvent:append_only").
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
