"""The sample after curators tried their hand at merging it: it loads again, and goes when it is told to."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from programs import curation
from programs.choices import Status
from programs.models import Merge, Program, SearchRecord
from tests.factories import ProgramFactory
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


def load(**options: Any) -> str:
    call_command("load_sample", stdout=(out := StringIO()), **options)
    return out.getvalue()


@pytest.fixture(autouse=True, scope="module")
def loaded(module_database: None) -> None:
    load()


def merged_pair() -> tuple[Program, Program]:
    loser, winner = Program.objects.published().filter(is_sample=True).order_by("pk")[:2]
    curation.merge(loser=loser, winner=winner)
    return loser, winner


def test_loading_it_again_brings_merged_listings_back() -> None:
    loser, winner = merged_pair()

    assert load() == "348 sample listings loaded.\n"

    loser.refresh_from_db()
    assert (loser.status, loser.merged_into) == (Status.PUBLISHED, None)
    assert SearchRecord.objects.filter(program_id=loser.pk, rec__isnull=False).exists()
    assert not Merge.objects.exists()
    curation.merge(loser=loser, winner=winner)


def test_merged_listings_that_the_file_no_longer_has_go_at_the_next_load() -> None:
    loser, winner = merged_pair()
    Program.objects.filter(pk=winner.pk).update(slug="sample-of-an-older-file")

    load()

    assert Program.objects.count() == 348
    assert Program.objects.get(slug=loser.slug).status == Status.PUBLISHED


def test_removing_it_takes_merged_listings_too() -> None:
    merged_pair()

    assert load(remove=True) == "Sample listings removed.\n"
    assert not Program.objects.exists()


def test_a_merged_listing_that_a_benefits_check_names_stays_closed() -> None:
    loser, _winner = merged_pair()
    VerificationFactory(program=loser)

    load(remove=True)

    assert list(Program.objects.values_list("pk", "status", "merged_into")) == [(loser.pk, Status.CLOSED, None)]


def test_what_a_real_listing_was_led_to_by_an_older_version_stays_closed() -> None:
    real, fictional = ProgramFactory(), Program.objects.published().filter(is_sample=True)[0]
    Program.objects.filter(pk=real.pk).update(status=Status.MERGED, merged_into=fictional)

    load(remove=True)

    real.refresh_from_db()
    assert real.merged_into == fictional
    assert list(Program.objects.filter(is_sample=True).values_list("pk", "status")) == [(fictional.pk, Status.CLOSED)]
