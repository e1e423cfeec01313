"""The one definition of what may be asked of the directory: page, API, map, export and sitemap all use it.

`query()` gives the question as one value for `programs.search`; `qs` is the same question in plain SQL: slower,
easy to read, the truth that the fast answers are tested against, and what exports stream from.
"""

import copy
import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, When
from django.db.models.functions import Cast, ExtractHour, ExtractMinute, Mod
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from programs import freshness, gazetteer, schedule, wording
from programs.choices import Day, Daypart, Format, PaymentType
from programs.gazetteer import AmbiguousPlace, InvalidPlace, UnknownPlace
from programs.models import PayerAcceptance, Place, Program, SessionBlock
from programs.models.evidence import Topic
from programs.models.payer import Network
from programs.models.program import ProgramQuerySet
from programs.pills import filled, may_mean
from programs.search import payment
from programs.search.names import by_name
from programs.search.query import Query
from programs.search.record import ZONES
from programs.search.vocabulary import FACETS, is_payment_type, kinds_of, label_of, payers

MOST_PARAMETERS = 50
MOST_VALUES = 100  # of one parameter
# What may be written there, said for whatever is wrong.
MESSAGES = {
    "near": _("Write a city or a ZIP code, in at most 200 letters."),
    "radius": _("Choose a distance from 1 to 100 miles."),
    "q": _("Write a name in at most 100 letters."),
    "max_cost": _("Write whole dollars a week, from 0 to 100,000."),
    "start_within": _("Write a number of days from 0 to 365."),
    "sort": _("There is no such order."),
    "page": _("There is no such page."),
}
CODES = ("invalid", "min_value", "max_value", "max_length", "null_characters_not_allowed", "invalid_choice")
UNKNOWN_PAYER = _("We do not know a plan called “%(value)s”. Try another part of its name, or tick a kind of payment.")
SHARED_NAME = _("“%(value)s” fits more than one: %(names)s. Tick yours, or write more of its name.")
SORTS = {"distance": _("Nearest"), "cost": _("Lowest cost"), "start": _("Soonest start")}


class PlaceField(forms.CharField):
    """What people type, as a place, a choice of places, or one we do not know."""

    def clean(self, value: Any) -> Place | AmbiguousPlace | UnknownPlace | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return gazetteer.locate(text)
        except InvalidPlace as error:
            raise ValidationError(str(error), code="invalid") from error


class ManyField(forms.Field):
    """A repeated parameter of any texts; blanks and repetitions are left out."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"invalid": _("“%(value)s” is not one of the choices.")}

    def to_python(self, value: Any) -> tuple[Any, ...]:
        return tuple(self.clean_one(text) for text in dict.fromkeys(value or ()) if text)

    def clean_one(self, text: str) -> Any:
        return text

    def refuse(self, text: str) -> ValidationError:
        return ValidationError(self.error_messages["invalid"], code="invalid", params={"value": text[:60]})


class FacetField(ManyField):
    """Slugs of one facet; of the payers also those that are in the directory by name."""

    def __init__(self, *, facet: str, **options: Any) -> None:
        super().__init__(**options)
        self.facet = facet

    def clean_one(self, text: str) -> str:
        if text in FACETS[self.facet].values:
            return text
        if self.facet != "payer":
            raise self.refuse(text)
        if "\0" not in text and payers.find(text):
            return text
        raise self.refuse_payer(text)

    def refuse_payer(self, text: str) -> ValidationError:
        """Says what the name may mean, if that is several."""
        words, found = UNKNOWN_PAYER, payment.meant(text)
        names = [_with_state(slug) for slug in may_mean(text)]
        if len(found) > 1:
            words = SHARED_NAME
            names += ["…"] * (len(found) > len(names))
        return ValidationError(words, code="invalid", params={"value": text[:60], "names": ", ".join(names)})


class FreeField(ManyField):
    """Free hours: mon-0900-1200."""

    default_error_messages = {"invalid": _("“%(value)s” are no hours of a week. Write them like mon-0900-1200.")}

    def clean_one(self, text: str) -> schedule.Span:
        try:
            return schedule.parse_free(text)
        except ValueError as error:
            raise self.refuse(text) from error


class FlagField(forms.Field):
    """A filter that is on (1) or not there."""

    def to_python(self, value: Any) -> bool:
        if value in (None, "", "0"):
            return False
        if value == "1":
            return True
        raise ValidationError(_("Write 1 to switch this filter on."), code="invalid")


class PlaceFilter(django_filters.Filter):
    field_class = PlaceField


class FacetFilter(django_filters.Filter):
    field_class = FacetField


class FreeFilter(django_filters.Filter):
    field_class = FreeField


class FlagFilter(django_filters.Filter):
    field_class = FlagField


class IntegerFilter(django_filters.Filter):
    field_class = forms.IntegerField


class DecimalFilter(django_filters.Filter):
    field_class = forms.FloatField


class TextFilter(django_filters.CharFilter):
    pass


class SortFilter(django_filters.Filter):
    field_class = forms.ChoiceField


class SharedFields(dict[str, forms.Field]):
    """Fields that no form changes, so that each form may use the same ones instead of copies."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "SharedFields":
        return self

    @cached_property
    def absent(self) -> dict[str, Any]:
        """What each field makes of a parameter that is not there: nothing that can be changed."""
        return {name: field.clean(None) for name, field in self.items()}


class SearchForm(forms.Form):
    """A form that is cleaned but never drawn: Django would make a bound field, labels translated, for each of its fields."""

    fields: SharedFields

    def __init__(self, data: QueryDict, *, prefix: None) -> None:
        super().__init__(data, label_suffix="")  # which would be translated for labels that nobody sees

    def _clean_fields(self) -> None:
        self.cleaned_data = self.fields.absent.copy()
        for name, field in self.fields.items():
            if name not in self.data:
                continue
            try:
                self.cleaned_data[name] = field.clean(field.widget.value_from_datadict(self.data, self.files, name))
            except ValidationError as error:
                self.add_error(name, error)


def _facet_filters() -> dict[str, FacetFilter]:
    return {
        facet.name: FacetFilter(facet=facet.name, label=facet.label, help_text=facet.help, method="filter_facet")
        for facet in FACETS.values()
    }


class ProgramFilterSet(django_filters.FilterSet):
    """A search as typed into a form or an address."""

    near = PlaceFilter(label=_("City or ZIP code"), max_length=200, method="filter_near")
    radius = DecimalFilter(label=_("Distance"), min_value=1, max_value=100, method="leave")
    q = TextFilter(label=_("Name of the program"), max_length=100, method="filter_name")
    locals().update(_facet_filters())
    free = FreeFilter(label=_("My free hours"), method="leave")
    max_cost = IntegerFilter(label=_("Dollars a week, at most"), min_value=0, max_value=100_000, method="filter_cost")
    sliding = FlagFilter(label=_("Sliding scale"), method="filter_sliding")
    accepting = FlagFilter(label=_("Accepting new patients"), method="filter_accepting")
    start_within = IntegerFilter(label=_("Starts within days"), min_value=0, max_value=365, method="filter_start")
    sort = SortFilter(label=_("Sort by"), choices=list(SORTS.items()), method="leave")
    page = IntegerFilter(label=_("Page"), min_value=1, max_value=10**9, method="leave")
    not_told = FlagFilter(label=_("Programs that have not told us"), method="leave")
    video = FlagFilter(label=_("Programs by video"), method="leave")

    class Meta:
        model = Program
        fields: Sequence[str] = []

    def __init__(self, data: QueryDict | dict[str, Any] | None = None, *, counts_free: bool = False) -> None:
        data = data if isinstance(data, QueryDict) else _query_dict(data or {})
        # The page's week grid has more boxes than a search may have parameters; they do not count there.
        counted = [len(values) for name, values in data.lists() if counts_free or name != "free"]
        self.is_crowded = sum(counted) > MOST_PARAMETERS or len(data.getlist("free")) > MOST_VALUES
        data = filled(data)
        if self.is_crowded:
            data = _query_dict({"near": data.get("near", "")})
        # As the base class does, but for what only `qs` needs.
        self.is_bound, self.data, self.request, self.form_prefix = True, data, None, None

    @cached_property
    def queryset(self) -> ProgramQuerySet:
        return Program.objects.published()

    @cached_property
    def filters(self) -> dict[str, Any]:
        filters = copy.deepcopy(self.base_filters)
        for one in filters.values():
            one.parent, one.model = self, Program
        return filters

    @classmethod
    @cache
    def form_class(cls) -> type[forms.Form]:
        """The form, made once: its fields depend on nothing in a request."""
        made = type("ProgramSearchForm", (SearchForm,), {name: one.field for name, one in cls.base_filters.items()})
        fields = SharedFields(made.base_fields)  # type: ignore[attr-defined]  # made by the metaclass
        for name, words in MESSAGES.items():
            fields[name].error_messages |= dict.fromkeys(CODES, words)
        made.base_fields = fields  # type: ignore[attr-defined]
        return made

    def get_form_class(self) -> type[forms.Form]:
        return self.form_class()

    def is_valid(self) -> bool:
        return not self.errors

    @cached_property
    def errors(self) -> Any:
        """Messages by parameter."""
        errors = self.form.errors
        if self.is_crowded:
            self.form.add_error(None, _("That is more filters than we can search at once. Please pick fewer."))
        return errors

    @cached_property
    def cleaned(self) -> dict[str, Any]:
        """What could be understood; the rest is in `errors`."""
        self.errors  # noqa: B018  (cleans)
        return dict(self.form.cleaned_data)

    @cached_property
    def located(self) -> Place | AmbiguousPlace | UnknownPlace | None:
        located: Place | AmbiguousPlace | UnknownPlace | None = self.cleaned.get("near")
        return located

    @cached_property
    def place(self) -> Place | None:
        return self.located if isinstance(self.located, Place) else None

    def query(self, *, open_data: bool = False, page_size: int | None = None) -> Query:
        """The question as one value."""
        cleaned, place = self.cleaned, self.place
        return Query(
            place=place,
            radius=cleaned.get("radius") if place and place.kind != Place.Kind.STATE else None,  # from where?
            facets={name: cleaned[name] for name in FACETS if cleaned.get(name)},
            name=cleaned.get("q") or "",
            free=cleaned.get("free") or (),
            max_cost=cleaned.get("max_cost"),
            sliding=bool(cleaned.get("sliding")),
            accepting=bool(cleaned.get("accepting")),
            start_within=cleaned.get("start_within"),
            sort=cleaned.get("sort") or "",
            page=cleaned.get("page") or 1,
            told=not cleaned.get("not_told"),
            video=bool(cleaned.get("video")),
            open_data=open_data,
            **({"page_size": page_size} if page_size else {}),
        )

    # --- the same in plain SQL --------------------------------------------------------------------------
    @property
    def qs(self) -> ProgramQuerySet:
        """Programs at an address that are known to match, nearest first."""
        known: ProgramQuerySet = super().qs
        found = known.at_an_address()
        if self.place and self.place.kind != Place.Kind.STATE:
            if radius := self.cleaned.get("radius"):
                return found.within(self.place, radius)
            return found.with_miles(self.place).order_by("miles", "pk")
        return (found.filter(state=self.place.state) if self.place else found).order_by("pk")

    @property
    def with_virtual(self) -> ProgramQuerySet:
        """What an export holds: those, and the programs by video that may treat people in the place's state."""
        known: ProgramQuerySet = super().qs
        virtual = known.filter(formats=["virtual"])
        if self.place:
            virtual = virtual.filter(virtual_states__contains=[self.place.state])
        return Program.objects.filter(Q(pk__in=self.qs.order_by().values("pk")) | Q(pk__in=virtual.values("pk")))

    def leave(self, found: ProgramQuerySet, _name: str, _value: Any) -> ProgramQuerySet:
        """A parameter that selects nothing by itself."""
        return found

    def filter_near(self, found: ProgramQuerySet, _name: str, value: Any) -> ProgramQuerySet:
        """What a place leaves depends on how a program is reached: see `qs` and `with_virtual`."""
        return found if value is None or isinstance(value, Place) else found.none()

    def filter_name(self, found: ProgramQuerySet, _name: str, value: str) -> ProgramQuerySet:
        return by_name(found, value, of=Program.objects.published())

    def filter_facet(self, found: ProgramQuerySet, name: str, values: Sequence[str]) -> ProgramQuerySet:
        if not values:
            return found
        if name in ("when", "day"):
            return found.filter(Exists(_sessions(name, values, zone=self.place.time_zone if self.place else "")))
        condition = Q(**{f"{FACETS[name].column}__overlap": list(values)})
        return found.filter(condition | _acceptance(values) if name == "payer" else condition)

    def filter_cost(self, found: ProgramQuerySet, _name: str, value: int) -> ProgramQuerySet:
        only_highest = Q(cost_per_week_min=None, cost_per_week_max__lte=value)
        return found.filter(Q(cost_per_week_min__lte=value) | only_highest)

    def filter_sliding(self, found: ProgramQuerySet, _name: str, value: bool) -> ProgramQuerySet:
        return found.filter(_slides()) if value else found

    def filter_accepting(self, found: ProgramQuerySet, _name: str, value: bool) -> ProgramQuerySet:
        return found.with_openings_on().filter(accepting_new=True, **_fresh()) if value else found

    def filter_start(self, found: ProgramQuerySet, _name: str, value: int) -> ProgramQuerySet:
        today = timezone.localdate()
        until = today + dt.timedelta(days=value)
        return found.with_openings_on().filter(next_start_on__range=(today, until), **_fresh())


def _with_state(slug: str) -> str:
    """A kind of payment or a plan, with the state that its name leaves out."""
    label, payer = label_of("payer", slug), payers.current().by_slug.get(slug)
    [state] = wording.states(payer.states) if payer and len(payer.states) == 1 else [""]
    return label if state in label else f"{label} ({state})"


def _query_dict(data: dict[str, Any]) -> QueryDict:
    made = QueryDict(mutable=True)
    for name, value in data.items():
        made.setlist(name, [str(one) for one in (value if isinstance(value, list | tuple) else [value])])
    return made


def _sessions(name: str, values: Sequence[str], *, zone: str) -> Any:
    """Required sessions (all, where none is marked required) at these times.

    In person they meet on the program's clock, by video on that of the person's place.
    """
    clock = Cast(ExtractHour("starts") * 60 + ExtractMinute("starts"), IntegerField())
    at = Mod(F("weekday") * schedule.DAY + clock + _shift(zone) + schedule.WEEK, schedule.WEEK)
    blocks = SessionBlock.objects.filter(program=OuterRef("pk")).annotate(at=Cast(at, IntegerField()))
    blocks = blocks.annotate(day=F("at") / schedule.DAY, minute=Cast(Mod(F("at"), schedule.DAY), IntegerField()))
    marked = SessionBlock.objects.filter(program=OuterRef("program"), is_required=True)
    blocks = blocks.filter(Q(is_required=True) | ~Exists(marked))
    if name == "day":
        return blocks.filter(day__in=[Day.values.index(value) for value in values])
    wanted = Q(pk__in=[])
    for value in values:
        wanted |= {
            Daypart.MORNING: Q(minute__lt=12 * 60),
            Daypart.AFTERNOON: Q(minute__range=(12 * 60, 17 * 60 - 1)),
            Daypart.EVENING: Q(minute__gte=17 * 60),
            Daypart.WEEKEND: Q(day__gte=5),
        }[Daypart(value)]
    return blocks.filter(wanted)


def _shift(zone: str) -> Case:
    """Minutes from a program's clock to that of `zone`, for programs by video."""
    today = timezone.localdate()
    minutes = {own: schedule.shift(own, zone, on=today) for own in ZONES}
    cases = [
        When(program__formats=[Format.VIRTUAL], program__time_zone=own, then=moved)
        for own, moved in minutes.items()
        if moved
    ]
    return Case(*cases, default=0, output_field=IntegerField())


def _acceptance(values: Sequence[str]) -> Q:
    """Payers by name, and by the kinds of payment asked for."""
    kinds = [kind for value in values if is_payment_type(value) for kind in kinds_of(value)]
    accepted = PayerAcceptance.objects.filter(program=OuterRef("pk")).exclude(network=Network.NOT_ACCEPTED)
    named = [value for value in values if not is_payment_type(value)]
    by_payer = Q(Exists(accepted.filter(Q(payer__slug__in=named) | Q(payer__kind__in=kinds))))
    return by_payer | _slides() if PaymentType.SLIDING_FEE in values else by_payer


def _slides() -> Q:
    return Q(sliding_scale=True) | Q(payment_types__contains=[PaymentType.SLIDING_FEE])


def _fresh() -> dict[str, Any]:
    """Openings are believed for some days only."""
    days = freshness.FRESH_DAYS[Topic.AVAILABILITY]
    return {"openings_on__gte": timezone.localdate() - dt.timedelta(days=days)}
