"""Two curators, or a curator and an import, at one listing: nobody undoes unseen what the other did."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs import curation
from programs.admin.versions import version_of
from programs.choices import SmokingPolicy
from programs.models import Phone, Program
from tests.factories import OrganizationFactory, PayerFactory, PhoneFactory, ProgramFactory, days_ago
from tests.programs.importing import rows
from tests.programs.importing.test_import import run
from tests.programs.test_admin import filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> Any:
    return signed_in(staff("curator", name="Cora"))


def page_of(program: Program) -> str:
    return reverse("admin:programs_program_change", args=[program.pk])


def errors(page: Any) -> list[str]:
    return [str(error) for error in page.context["adminform"].form.non_field_errors()]


def again(page: Any) -> dict[str, Any]:
    """What a browser would send for the form on a page that was answered."""

    class Answered:
        def get(self, url: str) -> Any:
            return page

    return filled(Answered(), "")


def test_what_another_changed_meanwhile_is_told_and_not_overwritten(curator: Any) -> None:
    program = ProgramFactory(cost_per_week_min=100, cost_per_week_max=200, website="https://a.example/")
    url = page_of(program)
    first, second = filled(curator, url), filled(curator, url)
    assert curator.post(url, first | {"cost_per_week_min": "150"}).status_code == 302

    page = curator.post(url, second | {"website": "https://b.example/", "cost_per_week_max": "250"})

    assert page.status_code == 200
    assert "Dollars a week, from: 150" in errors(page)
    program.refresh_from_db()
    assert (program.cost_per_week_min, program.website) == (150, "https://a.example/")

    sent = again(page)
    assert (sent["cost_per_week_min"], sent["cost_per_week_max"]) == ("150", "250"), "theirs, and what was typed"
    assert curator.post(url, sent).status_code == 302
    program.refresh_from_db()
    assert (program.cost_per_week_min, program.cost_per_week_max, program.website) == (150, 250, "https://b.example/")


def test_of_a_field_that_both_changed_both_values_are_shown(curator: Any) -> None:
    program, other = ProgramFactory(summary="Before", accepting_new=None), OrganizationFactory(name="Other House")
    url = page_of(program)
    data = filled(curator, url)
    theirs = {"summary": "Theirs", "organization": other.pk, "accepting_new": "true", "smoking": "designated"}
    curator.post(url, filled(curator, url) | theirs)

    page = curator.post(url, data | {"summary": "Mine"})

    told = errors(page)
    assert "Summary: Theirs" in told
    assert {"Organization: Other House", "Accepting new patients: Yes"} <= set(told)
    assert f"Smoking: {SmokingPolicy.DESIGNATED.label}" in told
    assert again(page)["summary"] == "Mine"
    assert again(page)["organization"] == [str(other.pk)]
    curator.post(url, again(page))
    program.refresh_from_db()
    assert (program.summary, program.organization, program.accepting_new) == ("Mine", other, True)


def test_an_import_between_opening_and_saving_is_not_undone(curator: Any, tmp_path: Path) -> None:
    run(rows.write(tmp_path / "su2023.csv", rows.row()))
    program = Program.objects.get()
    url = page_of(program)
    data = filled(curator, url)
    run(rows.write(tmp_path / "su2024.csv", rows.row(service_code_info=rows.IOP.replace(" SP", " F4"))))

    page = curator.post(url, data | {"summary": "Written during the import."})

    assert any("Spanish (" in line for line in errors(page))
    assert curator.post(url, again(page)).status_code == 302
    program.refresh_from_db()
    assert (program.summary, "spanish" in program.languages) == ("Written during the import.", False)


def import_during(change: Callable[[], Any], path: Path) -> None:
    """Import a file while somebody saves a change, which the import has to wait for."""
    held = threading.Event()

    def save() -> None:
        with transaction.atomic():
            change()
            held.set()
            until = time.monotonic() + 15
            while not _somebody_waits_for_us() and time.monotonic() < until:
                time.sleep(0.02)
        connection.close()

    other = threading.Thread(target=save)
    other.start()
    try:
        assert held.wait(10)
        run(path)
    finally:
        other.join()


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_what_a_curator_saves_during_an_import_is_not_undone_by_it(tmp_path: Path) -> None:
    run(rows.write(tmp_path / "su2023.csv", rows.row()))
    program, other = Program.objects.get(), OrganizationFactory(name="Other House")
    told = {"name": "Told by phone", "therapies": ["cbt", "dbt"], "organization": other}
    changed = rows.IOP.replace("CBT MOTI TELE", "CBT TWFA")

    import_during(
        lambda: Program.objects.filter(pk=program.pk).update(**told),
        rows.write(tmp_path / "su2024.csv", rows.row(service_code_info=changed, phone="414-555-0199")),
    )

    program.refresh_from_db()
    assert (program.name, program.organization) == ("Told by phone", other)
    assert program.therapies == ["cbt", "dbt", "twelve-step"]
    assert program.phones.get().number == "+14145550199"


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_closed_during_an_import_is_not_published_by_it(tmp_path: Path) -> None:
    run(rows.write(tmp_path / "mh2023.csv", rows.row(service_code_info=rows.MENTAL_HEALTH)), "--drafts")
    draft = Program.objects.get()

    import_during(lambda: curation.close(program=draft), rows.write(tmp_path / "su2023.csv", rows.row()))

    draft.refresh_from_db()
    assert (draft.status, draft.closed_on) == ("closed", days_ago(0))
    assert draft.sources.count() == 2


def test_an_organization_and_a_payer_say_too_that_they_were_changed(curator: Any) -> None:
    for row in (OrganizationFactory(name="Before"), PayerFactory(name="Before")):
        url = reverse(f"admin:programs_{row._meta.model_name}_change", args=[row.pk])
        data = filled(curator, url)
        assert curator.post(url, filled(curator, url) | {"name": "Theirs"}).status_code == 302

        page = curator.post(url, data | {"name": "Mine"})

        assert [line for line in errors(page) if line.endswith(": Theirs")]
        assert curator.post(url, again(page)).status_code == 302
        row.refresh_from_db()
        assert row.name == "Mine"


def test_a_form_never_claims_a_version_that_is_newer_than_what_it_shows() -> None:
    """Somebody may save between the reading of a row and that of its history."""
    program = ProgramFactory()
    shown = Program.objects.get(pk=program.pk)
    before = version_of(shown)

    Program.objects.filter(pk=program.pk).update(summary="New")

    assert version_of(shown) == before
    assert version_of(Program.objects.get(pk=program.pk)) != before


def said_above(page: Any, prefix: str) -> list[str]:
    [formset] = [each.formset for each in page.context["inline_admin_formsets"] if each.formset.prefix == prefix]
    return [str(error) for error in formset.non_form_errors()]


def test_a_row_that_both_changed_is_shown_as_it_is_now(curator: Any) -> None:
    program = ProgramFactory()
    url = page_of(program)
    data = filled(curator, url)
    assert curator.post(url, filled(curator, url) | {"phones-0-number": "414-555-0199"}).status_code == 302

    page = curator.post(url, data | {"phones-0-hours": "9 to 5", "summary": "Mine"})

    assert page.status_code == 200
    told = said_above(page, "phones")
    assert "Somebody else changed this" in told[0]
    assert told[1].startswith("You had: Main line, +1414555")
    assert told[1].endswith(", 9 to 5")
    sent = again(page)
    assert (sent["phones-0-number"], sent["phones-0-hours"], sent["summary"]) == ("+14145550199", "", "Mine")
    assert curator.post(url, sent | {"phones-0-hours": "9 to 5"}).status_code == 302
    assert program.phones.values_list("number", "hours").get() == ("+14145550199", "9 to 5")


def test_a_row_that_is_gone_does_not_hold_the_page(curator: Any) -> None:
    """An import takes numbers out and puts others in."""
    program = ProgramFactory()
    payer = PayerFactory(name="BadgerCare Plus")
    url = page_of(program)
    row = {"payer": payer.pk, "network": "in-network", "source": "program", "as_of": days_ago(0).isoformat()}
    added = {f"payer_acceptances-0-{name}": value for name, value in row.items()}
    data = filled(curator, url) | added | {"payer_acceptances-TOTAL_FORMS": "1", "phones-0-hours": "9 to 5"}
    program.phones.all().delete()
    Phone.objects.create(program=program, number="+14145550199")

    page = curator.post(url, data)

    assert page.status_code == 200
    assert len(said_above(page, "phones")) == 2
    assert not said_above(page, "payer_acceptances")
    assert curator.post(url, again(page)).status_code == 302
    assert program.phones.get().number == "+14145550199"
    assert program.payer_acceptances.get().payer == payer


def test_a_table_that_only_another_changed_follows_them(curator: Any) -> None:
    program = ProgramFactory(evening=True)
    url = page_of(program)
    data = filled(curator, url)
    assert curator.post(url, filled(curator, url) | {"phones-0-number": "414-555-0199"}).status_code == 302
    program.sessions.order_by("pk").first().delete()

    page = curator.post(url, data | {"summary": "Mine"})
    assert page.status_code == 302, page.context["errors"]

    program.refresh_from_db()
    assert (program.summary, program.phones.get().number) == ("Mine", "+14145550199")
    assert program.sessions.count() == 2


def test_a_table_that_only_another_changed_is_shown_as_it_is_now_where_something_else_is_refused(curator: Any) -> None:
    program = ProgramFactory()
    url = page_of(program)
    data = filled(curator, url)
    program.phones.update(number="+14145550199")

    page = curator.post(url, data | {"zip": "?", "summary": "Mine"})

    assert page.status_code == 200
    assert not said_above(page, "phones")
    sent = again(page)
    assert sent["phones-0-number"] == "+14145550199"
    assert curator.post(url, sent | {"zip": "53202", "phones-0-hours": "9 to 5"}).status_code == 302
    assert program.phones.values_list("number", "hours").get() == ("+14145550199", "9 to 5")


def test_of_a_table_that_both_changed_only_what_this_person_changed_is_told_as_theirs(curator: Any) -> None:
    program = ProgramFactory(phone=None)
    for number in ("+14145550101", "+14145550102", "+14145550103"):
        PhoneFactory(program=program, number=number)
    url = page_of(program)
    data = filled(curator, url)
    program.phones.filter(number="+14145550101").update(hours="until noon")

    page = curator.post(url, data | {"phones-1-hours": "9 to 5"})

    assert said_above(page, "phones")[1:] == ["You had: Main line, +14145550102, 9 to 5"]
    assert again(page)["phones-0-hours"] == "until noon"


def test_a_session_of_monday_is_told_with_its_day(curator: Any) -> None:
    program = ProgramFactory(evening=True)
    url = page_of(program)
    data = filled(curator, url)
    program.sessions.filter(weekday=0).update(track="Late")

    page = curator.post(url, data | {"sessions-0-ends": "20:00"})

    assert said_above(page, "sessions")[1:] == [
        "You had: Monday, 18:00:00, 20:00:00, Group, In person, Evening, Required"
    ]


def test_what_two_people_add_to_a_table_is_told_too(curator: Any) -> None:
    program, first, second = ProgramFactory(), PayerFactory(name="First"), PayerFactory(name="Second")
    url = page_of(program)
    row = {"network": "in-network", "source": "program", "as_of": days_ago(0).isoformat(), "plan_note": "all"}
    data = filled(curator, url) | {f"payer_acceptances-0-{name}": value for name, value in row.items()}
    data |= {"payer_acceptances-TOTAL_FORMS": "1"}
    assert curator.post(url, data | {"payer_acceptances-0-payer": first.pk}).status_code == 302

    page = curator.post(url, data | {"payer_acceptances-0-payer": second.pk})

    assert "Second, In network, The program says so" in said_above(page, "payer_acceptances")[1]
    assert program.payer_acceptances.get().payer == first


def test_a_table_that_another_changed_to_the_same_is_no_conflict(curator: Any) -> None:
    program = ProgramFactory()
    url = page_of(program)
    data = filled(curator, url) | {"phones-0-number": "+14145550199"}

    for _time in range(2):
        assert curator.post(url, data).status_code == 302


def test_the_same_change_made_twice_is_no_conflict(curator: Any) -> None:
    program = ProgramFactory()
    url = page_of(program)
    data = filled(curator, url)

    for _time in range(2):
        assert curator.post(url, data | {"website": "https://new.example/"}).status_code == 302


def test_what_changed_outside_the_form_is_no_conflict(curator: Any) -> None:
    program = ProgramFactory(draft=True)
    url = page_of(program)
    data = filled(curator, url)
    Program.objects.filter(pk=program.pk).update(status="published")

    assert curator.post(url, data | {"summary": "New"}).status_code == 302

    program.refresh_from_db()
    assert (program.status, program.summary) == ("published", "New")


@pytest.mark.parametrize("version", ["", "0", "abc", "9" * 19, "\u0661"])
def test_a_version_that_nobody_gave_breaks_nothing(curator: Any, version: str) -> None:
    program = ProgramFactory()
    url = page_of(program)

    page = curator.post(url, filled(curator, url) | {"version": version, "summary": "New"})

    assert page.status_code == (302 if not version else 200)
    assert not version or "Summary: —" in errors(page)


def test_a_save_writes_only_what_was_changed_in_the_form(curator: Any) -> None:
    program = ProgramFactory(detailed=True)
    url = page_of(program)
    data = filled(curator, url)

    with CaptureQueriesContext(connection) as asked:
        assert curator.post(url, data | {"answers_therapy-emdr": "yes"}).status_code == 302

    [update] = [each["sql"] for each in asked if 'UPDATE "programs_program" SET' in each["sql"]]
    written = update.partition(" SET ")[2].partition(" WHERE ")[0]
    assert set(re.findall(r'"(\w+)" = ', written)) == {"therapies", "not_offered", "updated_at"}
    program.refresh_from_db()
    assert ("emdr" in program.therapies, program.not_offered) == (True, [])


def test_the_version_is_no_part_of_what_the_history_says_was_changed(curator: Any) -> None:
    program = ProgramFactory()
    url = page_of(program)
    curator.post(url, filled(curator, url) | {"summary": "New"})

    page = curator.get(reverse("admin:programs_program_history", args=[program.pk])).content
    [save] = BeautifulSoup(page, "html.parser").select("#saves tbody tr")
    assert [cell.text for cell in save.select("td")][1:] == ["Cora", "Changed Summary."]


@pytest.mark.django_db(transaction=True)
def test_a_listing_that_an_import_is_writing_keeps_what_was_typed_and_asks_to_wait(
    curator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = ProgramFactory(summary="Before")
    url = page_of(program)
    data = filled(curator, url)
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Program.objects.filter(pk=program.pk).update(summary="Imported")
            held.set()
            free.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        held.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        page = curator.post(url, data | {"website": "https://new.example/"})
    finally:
        free.set()
        other.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    assert page.status_code == 200
    assert "changing this just now" in errors(page)[0]
    assert again(page)["website"] == "https://new.example/"
    page = curator.post(url, again(page))
    assert "Summary: Imported" in errors(page)
    assert curator.post(url, again(page)).status_code == 302
    program.refresh_from_db()
    assert (program.summary, program.website) == ("Imported", "https://new.example/")


def test_states_that_another_named_meanwhile_stay(curator: Any) -> None:
    program = ProgramFactory(virtual=True)
    url = page_of(program)
    opened = filled(curator, url)
    Program.objects.filter(pk=program.pk).update(virtual_states=["WI", "IL", "MN"])

    page = curator.post(url, opened | {"summary": "New"})

    program.refresh_from_db()
    assert program.virtual_states == ["WI", "IL", "MN"]
    if page.status_code == 200:
        assert curator.post(url, again(page)).status_code == 302
        program.refresh_from_db()
    assert (program.virtual_states, program.summary) == (["WI", "IL", "MN"], "New")


def test_how_it_meets_is_judged_as_it_is_saved(curator: Any) -> None:
    there, by_video = ProgramFactory(), ProgramFactory(virtual=True)
    url, answers = page_of(there), {"answers_format-in-person": "", "answers_format-virtual": "yes"}

    page = curator.post(url, filled(curator, url) | answers)
    assert page.status_code == 200
    assert "virtual_states" in page.context["adminform"].form.errors

    url, answers = page_of(by_video), {"answers_format-in-person": "yes", "answers_format-virtual": ""}
    assert curator.post(url, filled(curator, url) | answers | {"virtual_states": ""}).status_code == 302
