"""What no listing can mean, told beside its field.

The constraints say less than this, so that a directory with older rows in it can be updated.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs import schedule
from programs.choices import STATES, Status

if TYPE_CHECKING:
    from programs.models.program import Program

# Addresses below /programs/ and /api/v1/programs/ that are no listing's.
RESERVED_SLUGS: Final = frozenset({"export", "in", "suggest"})
# What a number may be, from and to.
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "min_age": (0, 120),
    "max_age": (0, 120),
    "hours_per_week": (0, 168),
    "weeks_min": (1, 520),
    "weeks_max": (1, 520),
    "cost_per_week_min": (0, 1_000_000),
    "cost_per_week_max": (0, 1_000_000),
    "seats_open": (0, 10_000),
}
NO_STATES: Final = _("Name the states whose people it may treat: no search near them finds it without.")
ORDERED: Final = [("min_age", "max_age"), ("weeks_min", "weeks_max"), ("cost_per_week_min", "cost_per_week_max")]


def refusals(program: "Program") -> dict[str, Any]:
    """What is wrong with a listing, by field. What is blank is the fields' own to judge."""
    errors: dict[str, Any] = {}
    if program.time_zone not in schedule.zones():
        errors["time_zone"] = _("Not a time zone: write it like America/Chicago.")
    if strange := strange_states([program.state] if program.state else []):
        errors["state"] = strange
    if strange := strange_states(program.virtual_states):
        errors["virtual_states"] = strange
    elif program.is_virtual_only and program.status == Status.PUBLISHED and not program.virtual_states:
        errors["virtual_states"] = NO_STATES
    if program.zip and not re.fullmatch(r"[0-9]{5}", program.zip):
        errors["zip"] = _("Write five digits, like 53202.")
    # A saved address stays as it is, so only a new one is judged.
    if program._state.adding and (program.slug != program.slug.lower() or program.slug in RESERVED_SLUGS):
        errors["slug"] = _("Write small letters, digits and hyphens, and no word that the site itself uses.")
    return errors | dict(_odd_numbers(program))


def strange_states(codes: Iterable[str]) -> str:
    """What to say of codes that are no state's; "" if all are."""
    strange = ", ".join(code for code in codes if code not in STATES)
    return _("Not a state: %s. Write its two capital letters, like WI.") % strange if strange else ""


def not_after_today(**dates: Any) -> None:
    """Refuse what was confirmed or told on a day that has not come: it would count as fresh until long after."""
    today = timezone.localdate()
    late = {name: _("This day has not come yet.") for name, date in dates.items() if date and date > today}
    if late:
        raise ValidationError(late)


def _odd_numbers(program: "Program") -> Iterator[tuple[str, ValidationError]]:
    """What is out of its bounds, and what is called the most and is less than the least."""
    odd = set()
    for name, (least, most) in BOUNDS.items():
        if error := _outside(_number(program, name), least, most):
            odd.add(name)
            yield name, error
    for low, high in ORDERED:
        value, least = _number(program, high), _number(program, low)
        if least is not None and not odd & {low, high} and (error := _outside(value, least)):
            yield high, error


def _number(program: "Program", name: str) -> Any:
    """As the database will have it: lists that are loaded give text."""
    field: Any = program._meta.get_field(name)
    return field.to_python(getattr(program, name))


def _outside(value: Any, least: float, most: float | None = None) -> ValidationError | None:
    """In Django's words, which are translated; a number that was not told is in every bound."""
    if value is None:
        return None
    try:
        MinValueValidator(least)(value)
        if most is not None:
            MaxValueValidator(most)(value)
    except ValidationError as error:
        return error
    return None
