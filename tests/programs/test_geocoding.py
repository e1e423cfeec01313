"""An optional geocoder: asked in the background, believed only near the ZIP code's centre."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from programs import geocoding, tasks
from programs.choices import LocationQuality
from programs.models import SearchRecord
from tests.factories import ProgramFactory

pytestmark = pytest.mark.django_db
COARSE = {"location_quality": LocationQuality.ZIP_CENTRE, "latitude": 43.05, "longitude": -87.90}


def answer(latitude: float, longitude: float) -> Any:
    return lambda address: SimpleNamespace(latitude=latitude, longitude=longitude)


def test_a_street_address_moves_a_program_from_its_zip_codes_centre() -> None:
    program = ProgramFactory(**COARSE)
    asked: list[str] = []

    def geocode(address: str) -> Any:
        asked.append(address)
        return SimpleNamespace(latitude=43.0331, longitude=-87.9070)

    assert geocoding.locate_some(geocode=geocode) == program.pk

    program.refresh_from_db()
    assert asked == ["100 N Broadway, Milwaukee, WI 53202, USA"]
    assert (program.latitude, program.location_quality) == (43.0331, LocationQuality.STREET)
    assert SearchRecord.objects.filter(program_id=program.pk, rec__isnull=False).exists()


@pytest.mark.parametrize("found", [answer(44.9, -93.2), lambda address: None], ids=["another city", "nothing"])
def test_a_far_answer_or_none_changes_nothing(found: Any) -> None:
    program = ProgramFactory(**COARSE)

    geocoding.locate_some(geocode=found)

    program.refresh_from_db()
    assert (program.latitude, program.location_quality) == (43.05, LocationQuality.ZIP_CENTRE)


def test_who_has_a_place_is_not_asked_about() -> None:
    ProgramFactory(location_quality=LocationQuality.MANUAL)
    ProgramFactory(sample=True, **COARSE)
    ProgramFactory(closed=True, **COARSE)

    assert geocoding.locate_some(geocode=answer(0, 0)) is None


def test_the_task_rings_for_the_rest(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = ProgramFactory.create_batch(geocoding.BATCH + 2, **COARSE)
    monkeypatch.setattr(geocoding, "geocoder", lambda: answer(43.0331, -87.9070))
    monkeypatch.setattr(tasks.geocode, "delay", tasks.geocode)

    tasks.geocode()

    assert {type(program).objects.get(pk=program.pk).location_quality for program in programs} == {"street"}


def test_the_named_geocoder_is_asked_through_geopys_rate_limiter(settings: Any) -> None:
    settings.GEOCODER, settings.GEOCODER_USER_AGENT = "nominatim", "iop-finder tests"

    limiter = geocoding.geocoder()

    assert limiter.min_delay_seconds == geocoding.SECONDS_BETWEEN
    assert limiter.func.__self__.headers["User-Agent"] == "iop-finder tests"


def test_without_a_geocoder_nobody_is_asked() -> None:
    with pytest.raises(CommandError, match="nothing was asked"):
        call_command("geocode")
