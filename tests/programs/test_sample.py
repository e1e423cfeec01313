"""The sample: fictional, valid, varied, and gone again without a trace."""

import csv
import gzip
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from insurance.x12.inquiry_270 import is_npi
from programs.freshness import shows_openings
from programs.models import Organization, Payer, Phone, Program, SearchRecord, SessionBlock
from scripts import build_sample
from tests.factories import PlaceFactory, ProgramFactory
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db
FILE = Path(settings.BASE_DIR) / "fixtures" / "sample_programs.csv"


def load(**options: Any) -> str:
    call_command("load_sample", stdout=(out := StringIO()), **options)
    return out.getvalue()


@pytest.fixture(autouse=True, scope="module")
def loaded(module_database: None) -> str:
    """The sample, loaded once; each test rolls back to it."""
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    return load()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with FILE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_covers_every_state_and_says_so_on_every_listing(loaded: str) -> None:
    assert loaded == "348 sample listings loaded.\n"

    programs = Program.objects.all()
    assert programs.filter(is_sample=True, slug__startswith="sample-").count() == 348
    assert programs.values("state").distinct().count() == 52
    assert not Organization.objects.filter(is_sample=False).exists()
    assert SearchRecord.objects.filter(is_sample=True, rec__isnull=False).count() == programs.published().count()


def test_every_phone_is_fictional() -> None:
    assert not Phone.objects.exclude(number__regex=r"^\+1\d{3}55501\d{2}$").exists()


def test_every_npi_passes_its_check_digit_and_belongs_to_nobody(rows: list[dict[str, str]]) -> None:
    numbers = [row["npi"] for row in rows]

    assert all(is_npi(number) and number.startswith("2") for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(row["website"].endswith(".example/") for row in rows)


def test_milwaukee_has_evenings_with_badgercare() -> None:
    near = Program.objects.published().filter(county="Milwaukee County")
    evenings = near.filter(sessions__starts__gte="17:00", payer_acceptances__payer__slug="badgercare").distinct()
    assert near.count() >= 12
    assert evenings.count() >= 4


def test_it_is_varied_and_knows_what_it_does_not_know() -> None:
    programs = Program.objects.with_details()
    assert programs.filter(sessions=None).count() > 80
    assert programs.filter(cost_per_week_min=None).count() > 80
    assert programs.filter(status="closed").count() >= 5
    assert programs.filter(formats=["virtual"]).exclude(virtual_states=[]).count() >= 15
    assert programs.filter(ages=["children"], max_age=17).count() >= 10
    assert 20 < sum(map(shows_openings, programs)) < 200
    tracks = set(SessionBlock.objects.values_list("track", flat=True))
    assert {"Morning", "Evening", "Weekend"} <= tracks


def test_loading_again_changes_no_address_and_adds_nothing() -> None:
    before = dict(Program.objects.values_list("slug", "pk"))
    sessions = SessionBlock.objects.count()

    load()

    assert dict(Program.objects.values_list("slug", "pk")) == before
    assert SessionBlock.objects.count() == sessions


def test_removing_takes_the_sample_and_nothing_else() -> None:
    real = ProgramFactory()

    assert load(remove=True) == "Sample listings removed.\n"
    assert list(Program.objects.all()) == [real]
    assert not Organization.objects.filter(is_sample=True).exists()
    assert not SearchRecord.objects.filter(is_sample=True, rec__isnull=False).exists()


def test_what_curators_changed_in_a_payer_stays() -> None:
    Payer.objects.filter(slug="badgercare").update(name="BadgerCare Plus and more")

    call_command("load_payers", stdout=StringIO())

    assert Payer.objects.get(slug="badgercare").name == "BadgerCare Plus and more"
    assert Payer.objects.get(slug="florida-blue").parent.slug == "blue-cross-blue-shield"


def test_every_state_has_its_medicaid() -> None:
    states = Payer.objects.filter(kind="medicaid").values_list("states", flat=True)
    assert len({state for each in states for state in each}) == 52


def test_billing_columns_name_payers_and_prices(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert re.fullmatch(r"\d+\.00", row["cash_day"])
        assert float(row["billed_day"]) > float(row["cash_day"])
        for part in filter(None, row["contracts"].split("|")):
            assert re.fullmatch(r"[a-z0-9-]+ (in|out|unknown) (-|\d+\.\d+) (yes|no)", part)


def test_the_file_is_what_its_script_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_sample, "OUTPUT", tmp_path / "built.csv")

    build_sample.main()

    assert build_sample.OUTPUT.read_bytes() == FILE.read_bytes()


def test_a_sample_program_that_a_benefits_check_names_is_closed_instead_of_removed() -> None:
    named = Program.objects.published().first()
    VerificationFactory(program=named)

    assert (
        load(remove=True) == "Sample listings removed. 1 stay, closed: a benefits check or a real listing needs them.\n"
    )
    assert list(Program.objects.values_list("pk", "status")) == [(named.pk, "closed")]


@pytest.mark.parametrize("address", ["/programs/?near=53202", "/programs/"])
def test_a_search_is_a_small_page_for_a_slow_phone(client: Client, address: str) -> None:
    page = client.get(address).content

    assert page.count(b'<li class="card"') >= 20
    assert len(BeautifulSoup(page, "html.parser").find_all(True)) <= 1500
    assert len(gzip.compress(page)) <= 19_000  # of the 75 kB that a first visit may cost
