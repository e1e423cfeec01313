"""The forms of the self-check: one answer a page, and the answers before it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from guides import selfcheck


class StateForm(forms.Form):
    """What every posted page carries: the answers so far, signed, and whether "Back" was pressed."""

    state = forms.CharField(required=False, max_length=2000)
    back = forms.CharField(required=False, max_length=8)

    def answers(self) -> selfcheck.Answers:
        """The answers so far; without the last one when the person goes back."""
        answers = selfcheck.unsign(self.cleaned_data.get("state", "")) if self.is_valid() else {}
        if self.goes_back and answers:
            answers.popitem()
        return answers

    @property
    def goes_back(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["back"])


class AnswerForm(forms.Form):
    """One question of the check, as a page."""

    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose an answer"), "invalid_choice": _("Choose an answer")},
    )

    def __init__(self, question: selfcheck.Question, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 for the type checker
        field.choices = [(option.value, option.label) for option in question.options]
        field.label = str(question.title)
        field.help_text = str(question.hint)
