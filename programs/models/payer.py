"""Who pays, and what a program says about each payer."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from programs.models import plausible


class PayerKind(models.TextChoices):
    COMMERCIAL = "commercial", _("Private insurance")
    MEDICAID = "medicaid", _("Medicaid")
    MEDICAID_PLAN = "medicaid-plan", _("Medicaid managed care plan")
    MEDICARE = "medicare", _("Medicare")
    MEDICARE_ADVANTAGE = "medicare-advantage", _("Medicare Advantage")
    MILITARY = "military", _("Military")
    BEHAVIORAL = "behavioral", _("Behavioral health administrator")
    OTHER = "other", _("Other")


class Payer(models.Model):
    """An insurer, government plan or administrator, by the name on the card.

    Example: "BadgerCare Plus", Medicaid in WI, also called "Wisconsin Medicaid".
    How it is asked electronically is `insurance.PayerRoute`.
    """

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=PayerKind)
    aliases = ArrayField(
        models.CharField(max_length=120),
        verbose_name=_("also called"),
        default=list,
        blank=True,
    )
    states = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("states (none = nationwide)"),
        default=list,
        blank=True,
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="brands",
        verbose_name=_("part of"),
    )

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        constraints = [models.CheckConstraint(condition=Q(kind__in=PayerKind.values), name="payer_kind_known")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if strange := plausible.strange_states(self.states):
            raise ValidationError({"states": strange})


class Network(models.TextChoices):
    IN_NETWORK = "in-network", _("In network")
    OUT_OF_NETWORK = "out-of-network", _("Accepted, out of network")
    SINGLE_CASE = "single-case", _("By single-case agreement")
    NOT_ACCEPTED = "not-accepted", _("Not accepted")
    UNKNOWN = "unknown", _("Accepted; network not told")


class AcceptanceSource(models.TextChoices):
    """How we know; only a benefits check or a payer's word counts as confirmed."""

    PROGRAM = "program", _("The program says so")
    CURATOR_CALL = "curator-call", _("We asked the program by phone")
    BENEFITS_CHECK = "benefits-check", _("A benefits check confirmed it")


class PayerAcceptanceQuerySet(models.QuerySet["PayerAcceptance"]):
    def accepted(self) -> "PayerAcceptanceQuerySet":
        return self.exclude(network=Network.NOT_ACCEPTED)


class PayerAcceptance(models.Model):
    """What is known about one program and one payer: network status, how we know, since when.

    Example: Third Ward Recovery Center is in network with BadgerCare Plus, the program said so on 3 May.
    """

    program = models.ForeignKey("programs.Program", models.CASCADE, related_name="payer_acceptances")
    payer = models.ForeignKey(Payer, models.PROTECT, related_name="acceptances")
    network = models.CharField(_("network"), max_length=16, choices=Network, default=Network.UNKNOWN)
    source = models.CharField(
        _("how we know"),
        max_length=16,
        choices=AcceptanceSource,
        default=AcceptanceSource.PROGRAM,
    )
    as_of = models.DateField(_("as of"))
    plan_note = models.CharField(_("plans"), max_length=200, blank=True)
    # What others say while a benefits check stands before it: {"network", "source", "as_of", "plan_note"}.
    told = models.JSONField(null=True, editable=False)

    objects = PayerAcceptanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        constraints = [
            models.UniqueConstraint(fields=["program", "payer"], name="acceptance_once_per_payer"),
            models.CheckConstraint(condition=Q(network__in=Network.values), name="acceptance_network_known"),
            models.CheckConstraint(
                condition=Q(source__in=AcceptanceSource.values),
                name="acceptance_source_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} · {self.get_network_display()}"

    def clean(self) -> None:
        plausible.not_after_today(as_of=self.as_of)
