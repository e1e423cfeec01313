"""Curators at work in the admin: finding, editing yes, no and not told us, checking, merging, answering."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from django.urls import reverse
from django.utils import timezone

from programs.models import Confirmation, DuplicateCandidate, Merge, Program, SearchRecord
from programs.models.evidence import Topic
from programs.search import cards, record, run
from programs.search.query import Query
from tests.factories import (
    ConfirmationFactory,
    DuplicateCandidateFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    ProblemReportFactory,
    ProgramFactory,
    SourceRecordFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db
PROGRAMS = "admin:programs_program_changelist"


@pytest.fixture
def curator(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> Any:
    return signed_in(staff("curator", name="Cora"))


def names(client: Any, **query: str) -> set[str]:
    page = client.get(reverse(PROGRAMS), query)
    assert page.status_code == 200
    return {program.name for program in page.context["cl"].result_list}


def act(client: Any, action: str, *programs: Program, **more: Any) -> Any:
    ids = [program.pk for program in programs]
    return client.post(reverse(PROGRAMS), {"action": action, "_selected_action": ids, **more}, follow=True)


BLANK = {"checkbox": "on"}  # what a browser sends of a control without a value


def filled(client: Any, url: str) -> dict[str, Any]:
    """What a browser would send for the form on a page, untouched."""
    page = client.get(url).content.decode()
    form = re.search(r'id="content".*?(<form\b.*?</form>)', page, re.DOTALL)[1]
    # A listing's page is long, and the tree of all of it takes longer than its answer.
    fields = BeautifulSoup(form, "html.parser", parse_only=SoupStrainer(["input", "textarea", "select"]))
    data: dict[str, Any] = {}
    for field in fields.select("input[name], textarea[name], select[name]"):
        kind, name = field.get("type"), field["name"]
        if kind in ("radio", "checkbox") and not field.has_attr("checked"):
            continue
        if field.name == "select":
            data[name] = [option["value"] for option in field.select("option[selected]")]
        elif kind not in ("submit", "button"):
            data[name] = field.text.strip() if field.name == "textarea" else field.get("value", BLANK.get(kind, ""))
    return {name: value for name, value in data.items() if "__prefix__" not in name}


@pytest.mark.parametrize(("role", "status"), [("curator", 200), ("admin", 200), ("agent", 403), ("auditor", 403)])
def test_who_may_enter(role: str, status: int, staff: Callable[..., Any], signed_in: Callable[..., Any]) -> None:
    assert signed_in(staff(role)).get(reverse(PROGRAMS)).status_code == status


def test_finding_a_listing(curator: Any) -> None:
    by_name = ProgramFactory(name="Harbor Lights")
    samhsa = ProgramFactory(name="Old Mill", zip="53999", samhsa=True)
    SourceRecordFactory(program=ProgramFactory(name="Gone"), gone_since_year=2024)
    checked = ProgramFactory(name="Checked")
    ConfirmationFactory(program=checked, topic=Topic.PHONE, confirmed_on=days_ago(10))

    assert names(curator, q="harbor") == {by_name.name}
    assert names(curator, q="53999") == {samhsa.name}
    assert names(curator, source="gone") == {"Gone"}
    assert names(curator, source="samhsa-su") == {"Old Mill", "Gone"}
    assert names(curator, source="none") == {"Harbor Lights", "Checked"}
    assert names(curator, due="phone") == {"Harbor Lights", "Old Mill", "Gone"}


def test_the_list_asks_few_questions(curator: Any, django_assert_max_num_queries: Any) -> None:
    ProgramFactory.create_batch(30)

    with django_assert_max_num_queries(20):
        curator.get(reverse(PROGRAMS))


def test_yes_no_and_not_told_us_are_three_answers(curator: Any) -> None:
    program = ProgramFactory(detailed=True)
    url = reverse("admin:programs_program_change", args=[program.pk])
    data = filled(curator, url)
    assert (data["answers_therapy-cbt"], data["answers_therapy-emdr"], data["answers_therapy-act"]) == ("yes", "no", "")

    data |= {"answers_therapy-cbt": "", "answers_therapy-act": "yes", "answers_therapy-dbt": "no", "name": "New name"}
    page = curator.post(url, data)

    assert page.status_code == 302, page.context["errors"]
    program.refresh_from_db()
    assert (program.name, set(program.therapies)) == ("New name", {"act", "group"})
    assert set(program.not_offered) == {"therapy:emdr", "therapy:dbt"}
    assert SearchRecord.objects.filter(program_id=program.pk, rec__isnull=False).exists()


def test_saving_an_untouched_form_changes_nothing(curator: Any) -> None:
    program = ProgramFactory(detailed=True, evening=True, priced=True)
    before = Program.objects.values().get(pk=program.pk)
    url = reverse("admin:programs_program_change", args=[program.pk])

    assert curator.post(url, filled(curator, url)).status_code == 302

    after = Program.objects.values().get(pk=program.pk)
    after.pop("updated_at"), before.pop("updated_at")
    assert {name: sorted(value) if isinstance(value, list) else value for name, value in after.items()} == {
        name: sorted(value) if isinstance(value, list) else value for name, value in before.items()
    }


def test_a_new_listing_is_a_draft_with_an_address_of_its_own(curator: Any) -> None:
    url = reverse("admin:programs_program_add")
    told = {"name": "New", "slug": "new-madison-wi", "city": "Madison", "state": "WI", "zip": "53703"}
    organization = ProgramFactory().organization

    page = curator.post(url, filled(curator, url) | told | {"organization": organization.pk})

    assert page.status_code == 302, page.context["errors"]
    program = Program.objects.get(slug="new-madison-wi")
    assert (program.status, program.therapies, program.not_offered) == ("draft", [], [])
    change = curator.get(reverse("admin:programs_program_change", args=[program.pk])).content
    assert not BeautifulSoup(change, "html.parser").select("input[name=slug]")


def test_a_place_by_halves_is_refused_on_the_page(curator: Any) -> None:
    program = ProgramFactory()
    url = reverse("admin:programs_program_change", args=[program.pk])

    page = curator.post(url, filled(curator, url) | {"latitude": ""})

    assert page.status_code == 200
    assert "all or none" in page.content.decode()


def test_history_tells_who_changed_what(curator: Any) -> None:
    program = ProgramFactory(name="Before", detailed=True)
    url = reverse("admin:programs_program_change", args=[program.pk])
    curator.post(url, filled(curator, url) | {"name": "After", "answers_therapy-act": "yes"})

    page = curator.get(reverse("admin:programs_program_history", args=[program.pk])).content.decode()

    cells = [
        [cell.text for cell in row.select("td")][1:]
        for row in BeautifulSoup(page, "html.parser").select("#change-history tbody tr")
    ]
    assert ["Cora", "Name", "Before", "After"] in cells
    assert ["Cora", "Therapies", "—", "act"] in cells
    assert cells[-1][1] == "Created"


def test_marking_listings_as_checked_today(curator: Any) -> None:
    programs = ProgramFactory.create_batch(2)

    act(curator, "checked_phone", *programs)

    assert set(Confirmation.objects.values_list("topic", "by__name", "confirmed_on")) == {
        ("phone", "Cora", days_ago(0))
    }
    assert Confirmation.objects.count() == 2


def test_closing_and_publishing_from_the_list(curator: Any) -> None:
    program = ProgramFactory()

    act(curator, "close", program)
    program.refresh_from_db()
    assert program.status == "closed"

    act(curator, "publish", program)
    program.refresh_from_db()
    assert program.status == "published"


def test_merging_asks_which_one_is_kept_and_can_be_undone(curator: Any) -> None:
    keep, drop = ProgramFactory(name="Keep"), ProgramFactory(name="Drop")

    assert "Which listing is kept?" in act(curator, "merge", keep, drop).content.decode()
    act(curator, "merge", keep, drop, winner=keep.pk)
    drop.refresh_from_db()
    assert drop.merged_into == keep
    assert "Choose exactly two" in act(curator, "merge", keep).content.decode()

    merges = reverse("admin:programs_merge_changelist")
    curator.post(merges, {"action": "undo", "_selected_action": [Merge.objects.get().pk]})
    drop.refresh_from_db()
    assert drop.status == "published"


def test_deciding_about_likely_twins(curator: Any) -> None:
    pairs = DuplicateCandidateFactory.create_batch(3)
    url = reverse("admin:programs_duplicatecandidate_changelist")

    for action, pair in zip(("keep_apart", "keep_first", "keep_second"), pairs, strict=True):
        curator.post(url, {"action": action, "_selected_action": [pair.pk]})

    assert list(DuplicateCandidate.objects.order_by("pk").values_list("verdict", flat=True)) == [
        "distinct",
        "merged",
        "merged",
    ]
    assert Program.objects.get(pk=pairs[1].second.pk).merged_into == pairs[1].first
    assert Program.objects.get(pk=pairs[2].first.pk).merged_into == pairs[2].second


def test_reports_are_answered_in_the_order_of_their_clocks(curator: Any) -> None:
    later = ProblemReportFactory()
    late = ProblemReportFactory(due_at=timezone.now() - dt.timedelta(hours=3))
    url = reverse("admin:programs_problemreport_changelist")
    assert [report.pk for report in curator.get(url).context["cl"].result_list] == [late.pk, later.pk]
    assert "3\xa0hours late" in curator.get(url).content.decode()

    change = reverse("admin:programs_problemreport_change", args=[late.pk])
    page = curator.post(change, {"state": "fixed", "answer": "We called them: it is 414-555-0142 now."})

    assert page.status_code == 302
    late.refresh_from_db()
    assert late.closed_at is not None
    assert [report.pk for report in curator.get(url).context["cl"].result_list] == [later.pk]
    assert len(curator.get(url, {"open": "all"}).context["cl"].result_list) == 2
    assert len(curator.get(url, {"open": "late"}).context["cl"].result_list) == 0


def test_source_records_cannot_be_edited(curator: Any) -> None:
    source = SourceRecordFactory()

    page = curator.get(reverse("admin:programs_sourcerecord_change", args=[source.pk]))

    assert page.status_code == 200
    assert not BeautifulSoup(page.content, "html.parser").select("#content input[type=submit]")


def test_payers_are_found_by_their_other_names(curator: Any) -> None:
    PayerFactory(badgercare=True)

    page = curator.get(reverse("admin:programs_payer_changelist"), {"q": "wisconsin medicaid"})

    assert [payer.slug for payer in page.context["cl"].result_list] == ["badgercare"]


def test_deleting_a_listing_takes_it_out_of_search(curator: Any) -> None:
    program = ProgramFactory()
    act(curator, "publish", program)

    curator.post(reverse("admin:programs_program_delete", args=[program.pk]), {"post": "yes"})

    assert not SearchRecord.objects.filter(program_id=program.pk, rec__isnull=False).exists()


def test_another_name_of_an_organization_is_in_every_list_at_once(curator: Any) -> None:
    program = ProgramFactory(organization__name="Old Mill Recovery")
    record.write([program.pk])
    url = reverse("admin:programs_organization_change", args=[program.organization.pk])

    assert curator.post(url, filled(curator, url) | {"name": "New Mill Recovery"}).status_code == 302

    assert cards.read([program.pk])[program.pk].organization == "New Mill Recovery"


def test_another_kind_of_a_payer_is_another_kind_of_payment_of_who_takes_it(curator: Any) -> None:
    acceptance = PayerAcceptanceFactory(program=ProgramFactory(), payer=PayerFactory(kind="other"))
    record.write([acceptance.program.pk])
    url = reverse("admin:programs_payer_change", args=[acceptance.payer.pk])

    assert curator.post(url, filled(curator, url) | {"kind": "medicaid-plan"}).status_code == 302

    assert run(Query(facets={"payer": ("medicaid",)})).count == 1


def test_another_name_of_a_payer_is_in_the_next_answer(curator: Any) -> None:
    payer = PayerFactory(name="Badger Care")
    first = curator.get("/api/v1/vocabulary")
    url = reverse("admin:programs_payer_change", args=[payer.pk])

    assert curator.post(url, filled(curator, url) | {"name": "BadgerCare Plus"}).status_code == 302

    answer = curator.get("/api/v1/vocabulary", headers={"If-None-Match": first["ETag"]})
    assert "BadgerCare Plus" in answer.content.decode()
