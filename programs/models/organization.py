"""Who runs programs."""

import re

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from programs.choices import Ownership
from programs.models.spelling import Spelled


class Organization(models.Model):
    """The body that runs one or more programs, under its public name.

    Example: "Aurora Health Care" runs programs in Milwaukee and Green Bay.
    """

    name = models.CharField(_("public name"), max_length=200)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    ownership = models.CharField(_("ownership"), max_length=20, choices=Ownership, blank=True)  # "" = not told us
    npi = models.CharField(_("NPI"), max_length=10, blank=True)
    website = models.URLField(_("website"), blank=True)
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ownership__in=["", *Ownership.values]),
                name="org_ownership_known",
            ),
            models.CheckConstraint(
                condition=models.Q(npi="") | models.Q(npi__regex=r"^[12]\d{9}$"),
                name="org_npi_shape",
            ),
        ]
        indexes = [
            models.Index(fields=["name"], name="org_name"),
            GinIndex(OpClass(Spelled("name"), "gin_trgm_ops"), name="org_name_trigrams"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.npi and not re.fullmatch(r"[12][0-9]{9}", self.npi):
            raise ValidationError({"npi": _("An NPI has ten digits, the first of which is 1 or 2.")})
