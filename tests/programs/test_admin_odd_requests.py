"""Whatever stands in an address or a form of the admin: an answer, never a crash."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from programs.models import Organization, Payer, PayerAcceptance, Program
from programs.search import record
from tests.factories import OrganizationFactory, PayerFactory, ProblemReportFactory, ProgramFactory, days_ago
from tests.programs.test_admin import filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> Any:
    return signed_in(staff("curator", name="Cora"))


@pytest.mark.parametrize(
    "address",
    [
        "program/?source=%00",
        "program/?state=%00",
        "program/?status__exact=%00",
        "program/?a%00=1",
        "program/?q=%00",
        "problemreport/?kind__exact=%00",
        "payer/?kind__exact=%00",
        "sourcerecord/?source__exact=%00",
        "organization/?ownership__exact=%00",
    ],
)
def test_a_zero_byte_in_a_list_is_a_bad_request(curator: Any, address: str) -> None:
    ProgramFactory()

    assert curator.get(f"/admin/programs/{address}").status_code == 400


@pytest.mark.parametrize("table", ["program", "duplicatecandidate", "merge", "problemreport", "payer", "organization"])
@pytest.mark.parametrize("picked", ["abc", "\x00", "1.5", ""])
def test_an_act_on_what_is_no_row_changes_nothing_and_says_so(curator: Any, table: str, picked: str) -> None:
    program, _report = ProgramFactory(), ProblemReportFactory()
    url = f"/admin/programs/{table}/"

    for action in ("close", "delete_selected", "keep_first", "undo", "merge"):
        page = curator.post(url, {"action": action, "_selected_action": [program.pk, picked]}, follow=True)
        assert page.status_code == 200
        assert "Nothing was changed" in page.content.decode()

    assert Program.objects.get(pk=program.pk).status == "published"


def test_an_act_on_a_row_that_there_is_not_changes_nothing(curator: Any) -> None:
    for picked in ("0", "99999999999999999999", "-1"):
        assert (
            curator.post("/admin/programs/program/", {"action": "close", "_selected_action": picked}).status_code == 302
        )


@pytest.mark.parametrize("payer", ["abc", "\x00", "99999999999999999999", "1.5", "0"])
def test_a_payer_that_there_is_not_is_refused_beside_its_field(curator: Any, payer: str) -> None:
    program = ProgramFactory()
    url = reverse("admin:programs_program_change", args=[program.pk])
    row = {"payer": payer, "network": "unknown", "source": "program", "as_of": days_ago(0).isoformat()}
    data = {f"payer_acceptances-0-{name}": value for name, value in row.items()}

    page = curator.post(url, filled(curator, url) | data | {"payer_acceptances-TOTAL_FORMS": "1"})

    assert page.status_code == 200
    [acceptances] = [
        each.formset for each in page.context["inline_admin_formsets"] if each.opts.model is PayerAcceptance
    ]
    assert list(acceptances.errors[0]) == ["payer"]
    assert not PayerAcceptance.objects.exists()


@pytest.mark.parametrize("key", ["abc", "99999999999999999999", "1.5"])
def test_a_page_of_what_is_no_row_leads_home(curator: Any, key: str) -> None:
    for method in (curator.get, curator.post):
        assert method(f"/admin/programs/program/{key}/change/").status_code == 302


def test_a_payers_slug_stays_once_it_is_saved(curator: Any) -> None:
    payer = PayerFactory(slug="aetna")
    url = reverse("admin:programs_payer_change", args=[payer.pk])

    assert curator.post(url, filled(curator, url) | {"slug": "aetna-us", "name": "Aetna US"}).status_code == 302

    payer.refresh_from_db()
    assert (payer.slug, payer.name) == ("aetna", "Aetna US")
    new = reverse("admin:programs_payer_add")
    assert curator.post(new, filled(curator, new) | {"slug": "b", "name": "B", "kind": "other"}).status_code == 302
    assert Payer.objects.filter(slug="b").exists()


@pytest.mark.parametrize("by_action", [False, True])
def test_a_deleted_payer_is_gone_from_the_next_answer(curator: Any, by_action: bool) -> None:
    payer = PayerFactory(name="Zed Health")
    first = curator.get("/api/v1/vocabulary")
    assert "Zed Health" in first.content.decode()
    version = record.current_version()

    if by_action:
        data = {"action": "delete_selected", "_selected_action": [payer.pk], "post": "yes"}
        curator.post(reverse("admin:programs_payer_changelist"), data)
    else:
        curator.post(reverse("admin:programs_payer_delete", args=[payer.pk]), {"post": "yes"})

    assert record.current_version() > version
    answer = curator.get("/api/v1/vocabulary", headers={"If-None-Match": first["ETag"]})
    assert answer.status_code == 200
    assert "Zed Health" not in answer.content.decode()


def test_organizations_come_in_the_order_of_their_names(curator: Any) -> None:
    for name in ("Zeta", "Alpha", "Mid"):
        OrganizationFactory(name=name)
    Organization.objects.filter(name="Alpha").update(legal_name="x")  # moves the row in its table
    asked = {"app_label": "programs", "model_name": "program", "field_name": "organization", "term": ""}

    found = curator.get(reverse("admin:autocomplete"), asked).json()["results"]

    assert [each["text"] for each in found] == ["Alpha", "Mid", "Zeta"]
