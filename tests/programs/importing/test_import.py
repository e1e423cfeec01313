"""`manage.py import_samhsa`: counts, a second run, another year, two directories, and nothing by halves."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from programs.choices import LocationQuality, Status
from programs.importing import loading, writing
from programs.models import DuplicateCandidate, Program, SearchRecord, SourceRecord
from tests.factories import PlaceFactory
from tests.programs.importing import rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_places(db: None) -> None:
    """These tests know only the places they make, whatever another test has loaded."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE programs_place")


def run(path: Path, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_samhsa", str(path), *arguments, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue().splitlines()[-1])


def counts(result: dict[str, Any]) -> dict[str, int]:
    names = "created updated unchanged merged skipped rejected gone".split()
    return {name: result[name] for name in names if result[name]}


@pytest.fixture
def su(tmp_path: Path) -> Path:
    return rows.write(
        tmp_path / "su2023.csv",
        rows.row("Riverside Recovery"),
        rows.row("Lakeside Center", street1="2 Lake Dr", phone="414-555-0150 x7", intake1="414-555-0151"),
        rows.row("Plain Outpatient", service_code_info=rows.OUTPATIENT),
        rows.row("Nowhere", state="ZZ"),
    )


def test_the_last_line_is_the_agreed_json(su: Path) -> None:
    result = run(su)

    assert result.pop("seconds") >= 0
    assert result == {
        "directory": "su", "survey_year": 2023, "dry_run": False, "read": 4, "iop": 3, "created": 2,
        "updated": 0, "unchanged": 0, "merged": 0, "skipped": 1, "rejected": 1, "gone": 0, "rejected_file": None,
    }  # fmt: skip


def test_a_row_becomes_a_published_program_with_everything_it_says(su: Path) -> None:
    PlaceFactory(zip53202=True, key="53202", county="Milwaukee")

    run(su)

    program = Program.objects.get(slug="lakeside-center-milwaukee-wi")
    assert (program.status, program.level_of_care, program.is_sample) == ("published", "iop", False)
    assert (program.city, program.county, program.time_zone) == ("Milwaukee", "Milwaukee", "America/Chicago")
    assert (program.latitude, program.location_quality) == (43.0506, LocationQuality.ZIP_CENTRE)
    assert program.payment_types == ["medicaid", "private", "self-pay", "sliding-fee"]
    assert "payment:medicare" in program.not_offered
    assert (program.formats, program.sliding_scale, program.smoking) == (["in-person"], True, "not-permitted")
    assert program.organization.ownership == "nonprofit"
    assert [str(phone) for phone in program.phones.all()] == ["414-555-0150 x7", "414-555-0151"]
    source = program.sources.get()
    assert (source.survey_year, source.raw["service_code_info"]) == (2023, rows.IOP)
    assert SearchRecord.objects.filter(program_id=program.pk, rec__isnull=False).exists()


def test_a_second_run_changes_nothing(su: Path) -> None:
    run(su)
    before = list(Program.objects.order_by("pk").values())

    assert counts(run(su)) == {"unchanged": 2, "skipped": 1, "rejected": 1}
    assert list(Program.objects.order_by("pk").values()) == before


def test_a_dry_run_counts_and_changes_nothing(su: Path) -> None:
    assert counts(run(su, "--dry-run")) == {"created": 2, "skipped": 1, "rejected": 1}
    assert not Program.objects.exists()


def test_a_newer_year_updates_and_marks_what_it_no_longer_lists(su: Path, tmp_path: Path) -> None:
    run(su)
    newer = rows.write(
        tmp_path / "su2024.csv",
        rows.row("RIVERSIDE  Recovery", phone="414-555-0199", service_code_info=f"{rows.IOP} * TRMA"),
        rows.row("New Program"),
    )

    assert counts(run(newer)) == {"created": 1, "updated": 1, "gone": 1}
    riverside = Program.objects.get(slug="riverside-recovery-milwaukee-wi")
    assert "trauma" in riverside.conditions
    assert [phone.number for phone in riverside.phones.all()] == ["+14145550199"]
    gone = SourceRecord.objects.get(program__slug="lakeside-center-milwaukee-wi")
    assert (gone.survey_year, gone.gone_since_year, gone.program.status) == (2023, 2024, "published")

    assert counts(run(newer)) == {"unchanged": 2}


def test_an_older_year_after_a_newer_one_overwrites_nothing(su: Path, tmp_path: Path) -> None:
    run(su, "--survey-year", "2024")
    older = rows.write(
        tmp_path / "old.csv",
        rows.row("Riverside Recovery", service_code_info="SA * OIT * PVTP"),
        rows.row("Closed Long Ago"),
    )

    assert counts(run(older, "--survey-year", "2022")) == {"created": 1, "unchanged": 1, "gone": 1}
    riverside = SourceRecord.objects.get(program__slug="riverside-recovery-milwaukee-wi")
    assert (riverside.survey_year, riverside.first_seen_year) == (2024, 2022)
    assert "medicaid" in riverside.program.payment_types
    assert SourceRecord.objects.get(program__name="Closed Long Ago").gone_since_year == 2024


def test_a_program_that_comes_back_is_no_longer_gone(su: Path, tmp_path: Path) -> None:
    run(su)
    run(rows.write(tmp_path / "b.csv", rows.row("New")), "--survey-year", "2024")

    run(su, "--survey-year", "2025")

    record = SourceRecord.objects.get(program__slug="riverside-recovery-milwaukee-wi")
    assert (record.survey_year, record.gone_since_year) == (2025, None)


def test_what_a_curator_changed_stays(su: Path, tmp_path: Path) -> None:
    run(su)
    program = Program.objects.get(slug="riverside-recovery-milwaukee-wi")
    program.name, program.therapies = "Riverside Recovery IOP", [*program.therapies, "dbt"]
    program.smoking = "designated"
    program.save(update_fields=["name", "therapies", "smoking"])

    changed = rows.IOP.replace("CBT MOTI TELE", "CBT TWFA").replace("SMON", "SMOP")
    run(rows.write(tmp_path / "b.csv", rows.row(service_code_info=changed)), "--survey-year", "2024")

    program.refresh_from_db()
    assert (program.name, program.smoking) == ("Riverside Recovery IOP", "designated")
    assert program.therapies == ["cbt", "dbt", "twelve-step"]
    assert "therapy:motivational-interviewing" in program.not_offered
    assert "therapy:dbt" not in program.not_offered


def test_a_mental_health_row_with_the_same_key_adds_what_only_it_asks(su: Path, tmp_path: Path) -> None:
    run(su)
    mh = rows.write(
        tmp_path / "mh.csv",
        rows.row("riverside recovery", service_code_info=rows.MENTAL_HEALTH),
        rows.row("Somebody Else", service_code_info=rows.MENTAL_HEALTH),
    )

    assert counts(run(mh, "--survey-year", "2023")) == {"merged": 1, "skipped": 1}
    program = Program.objects.get(slug="riverside-recovery-milwaukee-wi")
    assert {"dbt", "emdr"} <= set(program.therapies)
    assert "ptsd" in program.conditions
    assert program.payment_types == ["medicaid", "private", "self-pay", "sliding-fee"]
    assert program.sources.count() == 2

    assert counts(run(mh, "--survey-year", "2023")) == {"unchanged": 1, "skipped": 1}
    assert counts(run(su)) == {"unchanged": 2, "skipped": 1, "rejected": 1}


def test_mental_health_drafts_are_published_when_the_other_directory_names_them(su: Path, tmp_path: Path) -> None:
    mh = rows.write(tmp_path / "mh2023.csv", rows.row(service_code_info=rows.MENTAL_HEALTH))
    assert counts(run(mh, "--drafts")) == {"created": 1}
    draft = Program.objects.get()
    assert (draft.status, draft.level_of_care) == ("draft", None)
    assert not SearchRecord.objects.filter(program_id=draft.pk, rec__isnull=False).exists()

    assert counts(run(su)) == {"created": 1, "updated": 1, "skipped": 1, "rejected": 1}
    draft.refresh_from_db()
    assert (draft.status, draft.level_of_care) == (Status.PUBLISHED, "iop")
    assert {"cbt", "emdr", "motivational-interviewing"} <= set(draft.therapies)


def test_twins_of_one_file_stay_apart_and_are_shown_to_a_curator(tmp_path: Path) -> None:
    twins = rows.write(
        tmp_path / "a.csv",
        rows.row(phone="414-555-0101"),
        rows.row(phone="414-555-0102"),
        rows.row(phone="414-555-0102", service_code_info=f"{rows.IOP} * TRMA"),
    )

    assert counts(run(twins)) == {"created": 3}
    assert Program.objects.values("slug").distinct().count() == 3
    assert DuplicateCandidate.objects.count() == 1
    turned = rows.write(tmp_path / "b.csv", *reversed([rows.row(phone=f"414-555-010{n}") for n in (1, 2)]))
    assert counts(run(turned)) == {"unchanged": 2}


def test_given_coordinates_are_used_as_they_are(tmp_path: Path) -> None:
    PlaceFactory(zip53202=True, key="53202")
    run(rows.write(tmp_path / "a.csv", rows.row() | {"latitude": "43.031", "longitude": "-87.908"}))

    program = Program.objects.get()
    assert (program.latitude, program.longitude, program.location_quality) == (43.031, -87.908, "given")


def test_programs_without_a_place_get_one_when_the_gazetteer_knows_it(su: Path) -> None:
    run(su)
    PlaceFactory(name="Milwaukee", key="milwaukee")

    assert counts(run(su)) == {"updated": 2, "skipped": 1, "rejected": 1}
    assert set(Program.objects.values_list("location_quality", flat=True)) == {LocationQuality.CITY_CENTRE}
    assert counts(run(su)) == {"unchanged": 2, "skipped": 1, "rejected": 1}


def test_rejected_rows_go_to_a_file_with_their_reasons(su: Path, tmp_path: Path) -> None:
    rejected = tmp_path / "rejected.csv"

    assert run(su, "--rejected", str(rejected))["rejected_file"] == str(rejected)
    lines = rejected.read_text().splitlines()
    assert lines[0].startswith("line,reason,name1,")
    assert lines[1].startswith("5,state 'ZZ' is not a state or territory,Nowhere,")


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
def test_a_truncated_file_is_refused_and_nothing_is_half_imported(tmp_path: Path, cut: float) -> None:
    whole = rows.write(tmp_path / "whole.csv", *[rows.row(f"Program {n}") for n in range(3000)]).read_bytes()
    (tmp_path / "cut.csv").write_bytes(whole[: int(len(whole) * cut)].rstrip())

    with pytest.raises(CommandError, match="Nothing was changed"):
        run(tmp_path / "cut.csv")

    assert not Program.objects.exists()
    assert not SourceRecord.objects.exists()


def test_another_list_is_refused(tmp_path: Path) -> None:
    path = rows.write(tmp_path / "a.csv", rows.row(service_code_info="tea coffee milk"))

    with pytest.raises(CommandError, match="not a SAMHSA National Directory"):
        run(path)
    with pytest.raises(CommandError, match="no rows"):
        run(rows.write(tmp_path / "b.csv"))


def test_rows_with_too_many_or_too_few_cells_are_rejected(tmp_path: Path) -> None:
    path = rows.write(tmp_path / "a.csv", rows.row(), rows.row("B"))
    with path.open("a") as file:
        file.write("Short,,1 Main St\n")
        file.write(",".join(["Long", *["x"] * 20]) + "\n")

    result = run(path)

    assert (result["created"], result["rejected"]) == (2, 2)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("calls", [1, 3, 6])
def test_killed_at_any_point_and_run_again_it_ends_the_same(
    su: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    left = iter(range(calls))
    copy = writing.copy_rows

    def copy_until_killed(*arguments: Any, **options: Any) -> None:
        if next(left, None) is None:
            raise KilledError
        copy(*arguments, **options)

    monkeypatch.setattr(writing, "copy_rows", copy_until_killed)
    if calls < 5:
        with pytest.raises(KilledError):
            run(su)
        assert not Program.objects.exists()
    monkeypatch.setattr(writing, "copy_rows", copy)

    run(su)

    assert sorted(Program.objects.values_list("slug", flat=True)) == [
        "lakeside-center-milwaukee-wi",
        "riverside-recovery-milwaukee-wi",
    ]


def test_two_imports_at_once_are_one_too_many(su: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LOCK_SECONDS", 1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; SELECT pg_advisory_xact_lock(%s)", [loading.LOCK])
        with pytest.raises(CommandError, match="Another import is running"):
            run(su)
    finally:
        other.close()


def test_the_query_count_does_not_grow_with_the_rows(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    path = rows.write(tmp_path / "a.csv", *[rows.row(f"Program {n}", street1=f"{n} Main St") for n in range(500)])

    with django_assert_max_num_queries(30):
        run(path)
