"""Addresses of a listing that was merged, as people kept them: each leads to the listing that stays."""

import pytest
from django.test import Client
from django.urls import reverse

from programs import curation
from programs.models import ProblemReport, Program
from programs.search import record
from tests.factories import ProgramFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def merged() -> tuple[Program, Program]:
    old, new = ProgramFactory(name="Old Mill"), ProgramFactory(name="New Mill")
    record.write([old.pk, new.pk])
    curation.merge(loser=old, winner=new)
    return old, new


def test_a_saved_listing_that_was_merged_is_still_on_the_shortlist(
    client: Client, merged: tuple[Program, Program]
) -> None:
    old, new = merged

    for slugs in ([old.slug], [old.slug, new.slug]):
        response = client.get(reverse("shortlist"), {"p": slugs})
        assert (response.context["count"], response.context["missing"]) == (1, 0)
        assert "New Mill" in response.content.decode()


def test_the_call_sheet_of_a_merged_listing_is_that_of_the_one_that_stays(
    client: Client, merged: tuple[Program, Program]
) -> None:
    old, new = merged

    response = client.get(reverse("sheet", args=[old.slug]))

    assert (response.status_code, response["Location"]) == (301, reverse("sheet", args=[new.slug]))


def test_the_shortlist_says_how_many_saved_listings_are_no_longer_listed(
    client: Client, merged: tuple[Program, Program]
) -> None:
    old, new = merged
    curation.close(program=new)
    kept = ProgramFactory()
    record.write([kept.pk])

    response = client.get(reverse("shortlist"), {"p": [old.slug, kept.slug, "no-such-program"]})

    assert (response.context["count"], response.context["missing"]) == (1, 2)


def test_a_comparison_shows_the_listing_that_stays_and_shows_it_once(
    client: Client, merged: tuple[Program, Program]
) -> None:
    old, new = merged

    for slugs in ([old.slug], [old.slug, new.slug]):
        response = client.get(reverse("compare"), {"p": slugs})
        assert (response.context["programs"], response.context["missing"]) == ([new], 0)

    response = client.get(reverse("compare"), {"p": [old.slug, ProgramFactory(draft=True).slug, "no-such-program"]})
    assert (response.context["programs"], response.context["missing"]) == ([new], 2)


def test_a_problem_with_a_merged_listing_is_reported_of_the_one_that_stays(
    client: Client, merged: tuple[Program, Program]
) -> None:
    old, new = merged
    url = reverse("report", args=[old.slug])

    response = client.get(url)
    assert (response.status_code, response["Location"]) == (301, reverse("report", args=[new.slug]))

    assert client.post(url, {"kind": "phone"}).status_code == 302
    assert ProblemReport.objects.get().program == new


def test_nobody_reports_a_problem_with_a_draft(client: Client) -> None:
    assert client.get(reverse("report", args=[ProgramFactory(draft=True).slug])).status_code == 404
