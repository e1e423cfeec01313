"""The page of one program: what is known, since when, from whom, and what to ask."""

import datetime as dt
import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from programs.models import ProblemReport, Program
from programs.models.payer import AcceptanceSource
from tests.factories import (
    ConfirmationFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    PhoneFactory,
    ProblemReportFactory,
    ProgramFactory,
    SessionBlockFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db


def page(client: Client, program: Program) -> BeautifulSoup:
    return BeautifulSoup(client.get(program.get_absolute_url()).content, "html.parser")


def test_the_week_is_drawn_and_its_hours_are_counted(client: Client) -> None:
    words = page(client, ProgramFactory(evening=True)).select_one("section[aria-labelledby=schedule]").text
    assert "6–9 pm" in words
    assert "9 hours a week" in words


def test_hours_below_an_intensive_program_are_flagged(client: Client) -> None:
    program = ProgramFactory()
    SessionBlockFactory(program=program)
    assert "less than the 9 hours" in page(client, program).text


def test_what_is_not_known_is_never_shown_as_no(client: Client) -> None:
    words = page(client, ProgramFactory()).text
    assert "Not told us" in words
    assert "not offered or not reported" not in words


def test_what_a_program_denied_is_shown_as_such(client: Client) -> None:
    assert (
        "EMDR" in page(client, ProgramFactory(detailed=True)).select_one("section[aria-labelledby=care] details").text
    )


def test_a_federal_listing_says_reported_not_confirmed(client: Client) -> None:
    assert "Reported to SAMHSA in 2023, not confirmed" in page(client, ProgramFactory(samhsa=True)).text


@pytest.mark.parametrize(
    ("source", "age", "words"),
    [
        (AcceptanceSource.BENEFITS_CHECK, 20, "Confirmed by a benefits check"),
        (AcceptanceSource.BENEFITS_CHECK, 91, "The program says so"),
        (AcceptanceSource.PROGRAM, 20, "The program says so"),
    ],
)
def test_a_payer_stands_on_its_rung_of_the_ladder(client: Client, source: str, age: int, words: str) -> None:
    acceptance = PayerAcceptanceFactory(source=source, as_of=days_ago(age), payer=PayerFactory(badgercare=True))
    row = page(client, acceptance.program).find("th", string="BadgerCare Plus").find_parent("tr")
    assert words in row.text


def test_openings_that_nobody_renewed_this_week_are_hidden(client: Client) -> None:
    program = ProgramFactory(accepting_new=True, seats_open=4)
    ConfirmationFactory(program=program, topic="availability", confirmed_on=days_ago(8))
    words = page(client, program).text
    assert "4 seats open" not in words
    assert "Not told us this week" in words


def test_a_closed_program_keeps_its_page_and_names_the_nearest_open_ones(client: Client) -> None:
    near = ProgramFactory(name="Open Door", latitude=43.05)
    response = client.get(ProgramFactory(closed=True).get_absolute_url())
    words = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 200
    assert words.select_one("meta[name=robots][content=noindex]")
    assert near.name in words.select_one("[role=alert]").text


def test_a_merged_program_leads_to_the_one_that_stays(client: Client) -> None:
    loser, winner = ProgramFactory(), ProgramFactory()
    Program.objects.filter(pk=loser.pk).update(status="merged", merged_into=winner)
    response = client.get(f"/programs/{loser.slug}/")
    assert (response.status_code, response["Location"]) == (301, winner.get_absolute_url())


def test_a_draft_has_no_page(client: Client) -> None:
    assert client.get(f"/programs/{ProgramFactory(draft=True).slug}/").status_code == 404


def test_a_number_shared_by_many_listings_is_flagged(client: Client) -> None:
    programs = [ProgramFactory(phone=None) for _ in range(5)]
    for program in programs:
        PhoneFactory(program=program, number="+18005550142")
    assert "5 listings show this same number" in page(client, programs[0]).text


def test_the_page_shows_where_it_is_unless_it_is_only_on_video(client: Client) -> None:
    here = ProgramFactory(name="Third Ward")

    assert page(client, here).select_one(".mapbox svg[role=img]")["aria-label"] == "Map: Third Ward"
    assert not page(client, ProgramFactory(virtual=True)).select(".mapbox")


def test_care_before_and_after_nearby_is_offered(client: Client) -> None:
    ProgramFactory(name="Day Program House", other_levels=["php"], latitude=43.06)
    ProgramFactory(name="Far Away House", other_levels=["php"], latitude=44.06)
    words = page(client, ProgramFactory()).select_one("section[aria-labelledby=place]").text
    assert "Day Program House" in words
    assert "Far Away House" not in words


def test_search_engines_get_a_description_without_any_text_that_ends_the_block(client: Client) -> None:
    program = ProgramFactory(name="</script><b>Clinic", evening=True, priced=True)
    soup = page(client, program)
    data: dict[str, Any] = json.loads(soup.find("script", type="application/ld+json").string)
    clinic = data["@graph"][0]
    assert clinic["@type"] == "MedicalClinic"
    assert clinic["name"] == program.name
    assert clinic["openingHoursSpecification"][0]["opens"] == "18:00"
    assert "aggregateRating" not in clinic


@pytest.mark.parametrize(
    ("told", "has_point", "has_hours"),
    [
        ({}, True, True),
        ({"location_quality": "zip-centre"}, False, True),
        ({"location_quality": "city-centre"}, False, True),
        ({"location_quality": "given"}, True, True),
        ({"virtual": True}, False, False),
        ({"hybrid": True}, True, True),
    ],
)
def test_search_engines_are_told_no_place_and_no_office_hours_that_nobody_told(
    client: Client, told: dict[str, object], has_point: bool, has_hours: bool
) -> None:
    soup = page(client, ProgramFactory(evening=True, **told))
    clinic = json.loads(soup.find("script", type="application/ld+json").string)["@graph"][0]

    assert ("geo" in clinic, "openingHoursSpecification" in clinic) == (has_point, has_hours)


def test_sessions_by_video_are_no_office_hours(client: Client) -> None:
    program = ProgramFactory(hybrid=True)
    SessionBlockFactory(program=program, weekday=0)
    SessionBlockFactory(program=program, weekday=1, format="virtual")
    data = json.loads(page(client, program).find("script", type="application/ld+json").string)

    [hours] = data["@graph"][0]["openingHoursSpecification"]
    assert hours["dayOfWeek"] == "https://schema.org/Monday"


def test_a_silent_listing_is_no_wall_of_not_told_us(client: Client) -> None:
    soup = page(client, ProgramFactory(samhsa=True, ages=["adults"]))
    assert [term.text for term in soup.select(".glance dt")] == ["Ages"]
    assert "Not told us: time, length, where, languages, price without insurance." in " ".join(soup.text.split())
    assert "We have not checked any of it ourselves yet." in soup.select_one("section[aria-labelledby=sources]").text
    order = [part["class"] for part in soup.select_one(".prog").find_all(recursive=False)]
    assert order == [["ph"], ["ask"], ["pg"], ["pb"]]  # a name, whom to call, then the rest


def test_a_call_sheet_asks_nothing_twice(client: Client) -> None:
    soup = BeautifulSoup(client.get(f"/programs/{ProgramFactory(slug='door').slug}/sheet/").content, "html.parser")
    asked = [item.text for item in soup.select("ol.ask li")]
    assert len(asked) == 13
    assert not [question for question in asked if "whether family can take part" in question]
    assert [question for question in asked if question.startswith("How do you include family?")]


def test_the_call_sheet_starts_with_what_this_program_has_not_told_us(client: Client) -> None:
    soup = BeautifulSoup(client.get(f"/programs/{ProgramFactory(slug='door').slug}/sheet/").content, "html.parser")
    assert "what it costs a week" in soup.select("ol.ask li")[1].text
    assert soup.select_one("svg.qr path")


def test_a_comparison_can_show_only_what_differs(client: Client) -> None:
    ProgramFactory(slug="one", evening=True, priced=True)
    ProgramFactory(slug="two", morning=True, priced=True)
    everything = client.get("/compare/?p=one&p=two").context["comparison"]
    differences = client.get("/compare/?p=one&p=two&differences=1").context["comparison"]
    assert all(row.differs for row in differences.rows)
    assert len(everything.rows) == len(differences.rows) + differences.hidden


def test_a_comparison_keeps_four_and_says_so(client: Client) -> None:
    slugs = [ProgramFactory().slug for _ in range(6)]
    response = client.get("/compare/", {"p": slugs})
    assert [program.slug for program in response.context["programs"]] == slugs[:4]
    assert b"the first four" in response.content


@pytest.mark.parametrize("query", ["", "?p=", "?p=nobody", "?p=%00", "?p=one&p=one&differences=7"])
def test_a_comparison_takes_any_query(client: Client, query: str) -> None:
    assert client.get(f"/compare/{query}").status_code == 200


def test_a_report_opens_a_task_with_a_clock_and_a_status_page(client: Client) -> None:
    program = ProgramFactory()
    response = client.post(f"/programs/{program.slug}/report/", {"kind": "phone", "message": "No answer"})
    report = ProblemReport.objects.get()
    assert report.due_at - report.created_at <= dt.timedelta(hours=24)
    assert response["Location"].endswith(f"/reports/{report.code}/")
    assert "Received" in client.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    "data", [{}, {"kind": "nonsense"}, {"kind": "phone", "website": "spam"}, {"kind": "phone", "message": "x" * 2001}]
)
def test_a_report_with_bad_input_is_shown_again(client: Client, data: dict[str, str]) -> None:
    response = client.post(f"/programs/{ProgramFactory().slug}/report/", data)
    assert response.status_code == 200
    assert b"There is a problem" in response.content
    assert not ProblemReport.objects.exists()


def test_what_became_of_a_report_says_whose_clock_its_times_are_of(client: Client) -> None:
    report = ProblemReportFactory()
    assert "Times in Central Time" in client.get(f"/reports/{report.code}/").content.decode()
    assert "Horas en la hora del centro" in client.get(f"/es/reports/{report.code}/").content.decode()


def test_an_unknown_report_code_is_not_found(client: Client) -> None:
    assert client.get("/reports/abc/").status_code == 404


def test_a_listing_costs_few_queries(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    program = ProgramFactory(evening=True, detailed=True, priced=True)
    with django_assert_max_num_queries(11):
        client.get(program.get_absolute_url())


def test_a_comparison_of_four_costs_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    slugs = [ProgramFactory(evening=True).slug for _ in range(4)]
    with django_assert_max_num_queries(11):
        client.get("/compare/", {"p": slugs})
