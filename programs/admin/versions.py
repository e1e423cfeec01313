"""Two people at one row, or a person and an import: nobody undoes unseen what another did meanwhile.

A form carries the version it was filled from: the number of the row's newest event in its history. If there is a
newer one when the form comes back, what changed in between is told; what the person left alone follows it. Rows whose
history is not kept, and the tables below a form, carry a checksum; of them it is known only that they changed. The cells
of a table carry along what they said, so that only what a person changed in it is told as theirs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.formsets import ManagementForm
from django.utils.translation import gettext as _

from programs.answers import STATES, UNKNOWN, AnswersField

LAST: Final = 5  # events among which the one is that made a row what it was a moment ago
VERSION: Final = "VERSION"


def version_of(row: models.Model) -> str:
    """The event that made a row what it is (there may be newer ones by now); without a history, its checksum."""
    columns = [field.attname for field in row._meta.concrete_fields]
    for event in _events(row)[:LAST]:
        if all(getattr(event, column) == getattr(row, column) for column in columns):
            return str(event.pgh_id)
    return checksum([row])


def checksum(rows: Iterable[models.Model]) -> str:
    """Another when any of the rows says something else, or there are more or fewer."""
    said = [[field.value_to_string(row) for field in row._meta.concrete_fields if _is_shown(field)] for row in rows]
    return sha256(repr(sorted(said)).encode()).hexdigest()[:20]


def _is_shown(field: Any) -> bool:
    return field.editable or field.primary_key


def _events(row: models.Model, **which: Any) -> Sequence[Any]:
    """The newest first."""
    try:
        model: Any = apps.get_model(row._meta.app_label, f"{row._meta.object_name}Event")
    except LookupError:  # its history is not kept
        return []
    events: Sequence[Any] = model._default_manager.filter(pgh_obj_id=row.pk, **which).order_by("-pgh_id")
    return events


class VersionField(forms.CharField):
    """Which version a form was filled from. It is no answer, so it never counts as changed."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=20, widget=forms.HiddenInput, label="")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class VersionedForm(forms.ModelForm):
    """A form that refuses to write over what was changed since it was opened."""

    version = VersionField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = version_of(self.instance)
        for field in self.fields.values():
            field.show_hidden_initial = (
                False  # what was changed is told against the row, not against what was sent along
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opened, now = cleaned.get("version"), self.initial.get("version")
        if opened and now and opened != now:
            self._compare(opened, now)
        return cleaned

    def _compare(self, opened: str, now: str) -> None:
        """Tell what changed since the form was opened; the next save is of the version that was told."""
        row = next(iter(_events(self.instance, pgh_id=opened)), None) if opened.isdecimal() else None
        changed = [
            name for name in self.changed_data if row is None or self._value(row, name) != self.initial.get(name)
        ]
        if not changed:
            return
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("version")] = now
        for name in changed:
            if row is not None and not self.fields[name].has_changed(self._value(row, name), self[name].data):
                for control, value in self._shown(name):
                    data[control] = value
        self.data = data
        self.add_error(None, [
            _("This was changed by somebody else while you were writing, and is not saved yet. What it says now:"),
            *(self._told(name, row) for name in changed),
            _("What you typed is kept. Look at these once more, then save again."),
        ])  # fmt: skip

    def _value(self, row: Any, name: str) -> Any:
        field = self.fields[name]
        if isinstance(field, AnswersField):
            return field.read(row)
        return self.instance._meta.get_field(name).value_from_object(row)

    def _shown(self, name: str) -> Iterator[tuple[str, Any]]:
        """What a browser would send for a field that stands at its present value."""
        field: Any = self.fields[name]
        value: Any = self.initial.get(name)
        if isinstance(field, AnswersField):
            for slug, _label in field.widget.values:
                yield f"{self.add_prefix(name)}-{slug}", value.get(slug, UNKNOWN)
            return
        shown = field.widget.format_value(field.prepare_value(value))
        yield self.add_prefix(name), "" if shown is None else shown[0] if isinstance(shown, list) else shown

    def _told(self, name: str, before: Any) -> str:
        field: Any = self.fields[name]
        value: Any = self.initial.get(name)
        if isinstance(field, AnswersField):
            words = _answers(field, {} if before is None else field.read(before), value)
        elif isinstance(field, forms.ModelChoiceField):
            words = str(field.queryset.filter(pk=value).first() or "—")  # type: ignore[union-attr]
        elif isinstance(value, list):
            words = ", ".join(map(str, value)) or "—"
        elif isinstance(field, forms.NullBooleanField):
            words = str({True: _("Yes"), False: _("No"), None: _("Not told us")}[value])
        elif value in (None, ""):
            words = "—"
        else:
            words = str(dict(getattr(field, "choices", ())).get(value, value))
        return f"{field.label}: {words}"


def _answers(field: AnswersField, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    words = dict(STATES)
    return ", ".join(
        f"{label} ({words[now.get(slug, UNKNOWN)]})"
        for slug, label in field.widget.values
        if before.get(slug) != now.get(slug)
    )


class VersionedFormSet(forms.BaseInlineFormSet):
    """A table that is shown anew when its rows were changed since it was opened; what this person changed is told above it.

    Where they changed nothing, nothing is told and nothing written.
    """

    is_left = False  # as others have made it

    @cached_property
    def management_form(self) -> ManagementForm:
        form: ManagementForm = super().management_form
        form.fields[VERSION] = forms.CharField(required=False, widget=forms.HiddenInput, initial=self.version)
        return form

    @cached_property
    def version(self) -> str:
        return checksum(self.get_queryset())

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        for name, field in form.fields.items():
            field.show_hidden_initial = not self.is_bound or form.add_initial_prefix(name) in self.data
        super().add_fields(form, index)

    def is_valid(self) -> bool:
        opened = self.data.get(f"{self.prefix}-{VERSION}") if self.is_bound else None
        if opened and opened != self.version:
            mine = [_row(form) for form in self.forms if _is_changed(form)]
            self.is_left = not mine
            self._show_anew(mine)
        return self.is_left or super().is_valid()

    def save(self, commit: bool = True) -> list[Any]:
        if not self.is_left:
            return list(super().save(commit))
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        return []

    def _show_anew(self, mine: list[str]) -> None:
        told = _("Somebody else changed this while you were writing. It is shown as it is now; make your change again.")
        self.is_bound, self.data = False, {}
        for kept in ("forms", "management_form"):
            self.__dict__.pop(kept, None)
        self._errors: list[Any] = []
        self._non_form_errors = self.error_class(
            [told, *(_("You had: %s") % row for row in mine)] if mine else [],
            error_class="nonform",
            renderer=self.renderer,  # type: ignore[attr-defined]
        )


def _is_changed(form: forms.ModelForm) -> bool:
    """Whether this person changed the row, to something else than it says by now."""
    return any(
        form.fields[name].has_changed(form[name].initial, form[name].data)
        for name in form.changed_data
        if not form[name].is_hidden
    )


def _row(form: forms.ModelForm) -> str:
    """What was sent in one row, in words."""
    words = [_cell(field, form[name].data) for name, field in form.fields.items() if not form[name].is_hidden]
    return ", ".join(filter(None, words))


def _cell(field: forms.Field, sent: Any) -> str:
    try:
        value = field.clean(sent)
    except ValidationError:
        return str(sent)
    if value is False or value in (None, ""):  # Monday is day 0
        return ""
    choices = [] if isinstance(field, forms.ModelChoiceField) else getattr(field, "choices", [])
    return str(dict(choices).get(value, field.label if value is True else value))
