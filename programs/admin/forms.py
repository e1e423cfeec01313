"""The forms of a listing: its facets as answers, its place looked up, its numbers as people write them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from programs import geo
from programs.admin.versions import VersionedForm
from programs.answers import AnswersField
from programs.choices import LocationQuality
from programs.importing.location import Gazetteer, Spot
from programs.importing.samhsa import parse_phone
from programs.models import Phone, Program
from programs.models.program import FACET_COLUMNS

ADDRESS = {"city", "state", "zip"}  # what the gazetteer knows of an address
POINT = {"latitude", "longitude", "location_quality"}
FAR_MILES = 25  # further from a ZIP code's centre than nearly all of it
COARSE = {"", LocationQuality.ZIP_CENTRE, LocationQuality.CITY_CENTRE}  # points that we looked up ourselves


class ProgramForm(VersionedForm):
    """A listing with its facets as answers."""

    website = forms.URLField(label=_("website"), required=False, assume_scheme="https")
    answers_condition = AnswersField("condition")
    answers_therapy = AnswersField("therapy")
    answers_population = AnswersField("population")
    answers_age = AnswersField("age")
    answers_gender = AnswersField("gender")
    answers_language = AnswersField("language")
    answers_service = AnswersField("service")
    answers_medication = AnswersField("medication")
    answers_accreditation = AnswersField("accreditation")
    answers_payment = AnswersField("payment")
    answers_level = AnswersField("level")
    answers_format = AnswersField("format")

    class Meta:
        model = Program
        exclude = [*FACET_COLUMNS.values(), "not_offered"]  # the answers below stand for them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = self._columns()
        for name, field in self.fields.items():
            if isinstance(field, AnswersField):
                self.initial[name] = field.read(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        point = [self.instance_value(cleaned, name) for name in ("latitude", "longitude")]
        quality = self.instance_value(cleaned, "location_quality")
        if (None in point) != (point == [None, None]) or (None in point) == bool(quality):
            raise forms.ValidationError(_("A place needs latitude, longitude and how exactly we know it: all or none."))
        return cleaned

    def instance_value(self, cleaned: Mapping[str, Any], name: str) -> Any:
        return cleaned[name] if name in cleaned else getattr(self.instance, name)

    def _post_clean(self) -> None:
        """The answers are the listing's before it is judged as a whole."""
        for name in self.changed_data:
            if isinstance(field := self.fields[name], AnswersField) and name in self.cleaned_data:
                field.write(self.instance, self.cleaned_data[name])
        super()._post_clean()  # type: ignore[misc]  # not in its stubs

    def save(self, commit: bool = True) -> Program:
        self._find_place()
        return super().save(commit)

    def changed_columns(self) -> list[str]:
        """What is to be written: everything else stays as it is in the database."""
        return [name for name, value in self._columns().items() if value != self._before[name]]

    def _columns(self) -> dict[str, Any]:
        return {field.attname: getattr(self.instance, field.attname) for field in Program._meta.concrete_fields}

    def _find_place(self) -> None:
        """The centre of a new address, unless the listing was placed there more exactly.

        What was set by hand in the same save stays as it was set.
        """
        listing, by_hand = self.instance, {*self.changed_data}
        moved = listing.pk is None or bool(ADDRESS & by_hand)
        if POINT & by_hand or not (moved or listing.latitude is None):
            return
        gazetteer = Gazetteer()
        gazetteer.look_up([(listing.zip, listing.city, listing.state)])
        spot = gazetteer.spot(listing.zip, listing.city, listing.state, given=None)
        if listing.location_quality not in COARSE and not _is_elsewhere(listing, spot):
            return
        found: dict[str, Any] = {"county": spot.county[:80]}
        if spot.latitude is not None:
            found["time_zone"] = spot.time_zone
        elif not moved:
            return  # nobody knows the place, as before
        for name, value in found.items():
            if name not in by_hand:
                setattr(listing, name, value)
        listing.latitude, listing.longitude, listing.location_quality = spot.latitude, spot.longitude, spot.quality


def _is_elsewhere(listing: Program, spot: Spot) -> bool:
    """Whether a point that was known exactly is not that of this address: it belongs to the one before."""
    if listing.latitude is None or listing.longitude is None or spot.latitude is None or spot.longitude is None:
        return False
    before, now = geo.Point(listing.latitude, listing.longitude), geo.Point(spot.latitude, spot.longitude)
    return geo.distance(before, now) > FAR_MILES


class PhoneForm(forms.ModelForm):
    """A number as people write it, with its extension if they write that too; kept as +1 and ten digits."""

    class Meta:
        model = Phone
        fields = ["purpose", "number", "extension", "hours"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "number" not in cleaned or "number" not in self.changed_data:
            return cleaned
        if (parsed := parse_phone(cleaned["number"])) is None:
            self.add_error("number", _("Not a number of the United States: write it like 414-555-0142."))
            return cleaned
        cleaned["number"], extension = parsed
        cleaned["extension"] = cleaned.get("extension") or extension
        return cleaned
