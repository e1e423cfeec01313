"""What proves a fact stays on record: confirmations, reports, who added which telephone."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from programs import curation
from programs.models import Confirmation, Phone, ProblemReport
from tests.factories import PayerFactory, ProblemReportFactory, ProgramFactory, days_ago
from tests.programs.test_admin import act, filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> Any:
    return signed_in(staff("curator", name="Cora"))


def test_a_confirmation_is_not_taken_out(curator: Any) -> None:
    program = ProgramFactory()
    curation.confirm(program=program, topic="phone")
    url = reverse("admin:programs_program_change", args=[program.pk])
    data = filled(curator, url)

    assert curator.post(url, data | {"confirmations-0-DELETE": "on"}).status_code == 302

    assert Confirmation.objects.count() == 1
    assert "confirmations-0-DELETE" not in curator.get(url).content.decode()


def test_a_problem_report_is_not_deleted_under_whoever_sent_it(curator: Any, client: Any) -> None:
    report = ProblemReportFactory()

    assert (
        curator.post(reverse("admin:programs_problemreport_delete", args=[report.pk]), {"post": "yes"}).status_code
        == 403
    )
    everything = {"action": "delete_selected", "_selected_action": [report.pk], "post": "yes"}
    curator.post(reverse("admin:programs_problemreport_changelist"), everything)

    assert ProblemReport.objects.exists()
    assert client.get(reverse("report_status", args=[report.code])).status_code == 200


def test_a_listing_that_somebody_reported_is_closed_and_not_deleted(curator: Any) -> None:
    report = ProblemReportFactory()

    curator.post(reverse("admin:programs_program_delete", args=[report.program.pk]), {"post": "yes"})
    act(curator, "delete_selected", report.program, post="yes")

    assert ProblemReport.objects.get() == report


def test_history_tells_what_was_done_in_the_tables_beside_a_listing(curator: Any) -> None:
    program, payer = ProgramFactory(phone=None), PayerFactory(name="BadgerCare Plus")
    Phone.objects.create(program=program, number="+14145550101")
    url = reverse("admin:programs_program_change", args=[program.pk])
    curator.post(url, filled(curator, url) | {"phones-0-number": "414-555-0142"})
    row = {"payer": payer.pk, "network": "in-network", "source": "program", "as_of": days_ago(0).isoformat()}
    added = {f"payer_acceptances-0-{name}": value for name, value in row.items()}
    curator.post(url, filled(curator, url) | added | {"payer_acceptances-TOTAL_FORMS": "1", "phones-0-DELETE": "on"})

    page = curator.get(reverse("admin:programs_program_history", args=[program.pk])).content

    saves = [
        [cell.text for cell in row.select("td")][1:]
        for row in BeautifulSoup(page, "html.parser").select("#saves tbody tr")
    ]
    assert [who for who, _what in saves] == ["Cora", "Cora"]
    assert "Deleted phone “414-555-0142”." in saves[0][1]
    assert "Added payer “BadgerCare Plus · In network”." in saves[0][1]
    assert "Changed Number for phone “414-555-0142”." in saves[1][1]
