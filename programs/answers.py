"""Yes, no, not told us: one form field for a whole facet of a listing, for curators' hands."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from programs.models import Program
from programs.models.program import ARRAY_VOCABULARIES, FACET_COLUMNS

YES, NO, UNKNOWN = "yes", "no", ""
STATES = [(YES, _("Yes")), (NO, _("No")), (UNKNOWN, _("Not told us"))]


def label_of(column: str) -> Any:
    """What a column of a listing is called."""
    return next(field.verbose_name for field in Program._meta.concrete_fields if field.name == column)


class AnswersWidget(forms.Widget):
    """A table with a row for every value and three radio buttons in it."""

    template_name = "admin/programs/answers.html"

    def __init__(self, values: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.values = values

    def get_context(self, name: str, value: Mapping[str, str] | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        told = value or {}
        context["rows"] = [(f"{name}-{slug}", label, told.get(slug, UNKNOWN)) for slug, label in self.values]
        context["states"] = STATES
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        return {slug: data.get(f"{name}-{slug}", UNKNOWN) for slug, _label in self.values}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(f"{name}-{slug}" in data for slug, _label in self.values)

    def id_for_label(self, id_: str | None) -> str:
        return ""  # there is no single control that a label could belong to


class AnswersField(forms.Field):
    """The answers of one facet: {"dbt": "yes", "emdr": "no"}; values that were not told are left out."""

    def __init__(self, facet: str) -> None:
        column = FACET_COLUMNS[facet]
        self.facet, self.column = facet, column
        super().__init__(
            required=False, label=label_of(column), widget=AnswersWidget(list(ARRAY_VOCABULARIES[column].choices))
        )

    def clean(self, value: Mapping[str, str] | None) -> dict[str, str]:
        answers = {slug: state for slug, state in (value or {}).items() if state}
        if not set(answers.values()) <= {YES, NO}:
            raise forms.ValidationError(_("Choose yes, no or not told us."))
        return answers

    def has_changed(self, initial: Mapping[str, str] | None, data: Mapping[str, str] | None) -> bool:
        return (initial or {}) != {slug: state for slug, state in (data or {}).items() if state}

    def read(self, program: Program) -> dict[str, str]:
        """What a listing says now."""
        no = [token.partition(":")[2] for token in program.not_offered if token.startswith(f"{self.facet}:")]
        return dict.fromkeys(no, NO) | dict.fromkeys(getattr(program, self.column), YES)

    def write(self, program: Program, answers: Mapping[str, str]) -> None:
        """Set the listing's column and its tokens of this facet."""
        setattr(program, self.column, [slug for slug, state in answers.items() if state == YES])
        others = [token for token in program.not_offered if not token.startswith(f"{self.facet}:")]
        program.not_offered = [*others, *(f"{self.facet}:{slug}" for slug, state in answers.items() if state == NO)]
