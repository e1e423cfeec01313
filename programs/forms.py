"""What the public may type: a report that a listing is wrong, a comparison."""

from django import forms
from django.utils.translation import gettext_lazy as _

from programs.models import ProblemReport


class ProblemReportForm(forms.ModelForm):
    """Tells us that a listing is wrong. Asks for nothing about the person."""

    kind = forms.ChoiceField(label=_("What is wrong"), choices=ProblemReport.Kind.choices, widget=forms.RadioSelect)
    website = forms.CharField(required=False, widget=forms.HiddenInput)  # people leave it empty, robots fill it

    class Meta:
        model = ProblemReport
        fields = ["kind", "message"]
        widgets = {"message": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"message": _("Please write nothing about yourself or your health. At most 2,000 letters.")}

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty."))
        return ""
