"""Rows that are left out: said why, written out, mended, and brought back as if they had been right at once."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from programs.importing.loading import import_file
from programs.importing.reader import read_table
from programs.importing.samhsa import REQUIRED
from programs.models import Program, SourceRecord
from tests.programs.importing import rows
from tests.programs.importing.test_import import counts, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_places(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE programs_place")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"name1": "A" * 110, "name2": "B" * 110}, "name1 and name2 make a name longer than 200 characters"),
        ({"name1": "A" * 201}, "name1 is longer than 200 characters"),
        ({"city": "C" * 81}, "city is longer than 80 characters"),
        ({"street2": "S" * 121}, "street2 is longer than 120 characters"),
    ],
)
def test_a_cell_that_is_too_long_costs_its_own_row_and_no_other(
    cells: dict[str, str], reason: str, tmp_path: Path
) -> None:
    path = rows.write(tmp_path / "su2023.csv", rows.row("Long") | cells, rows.row("Good"))
    rejected = tmp_path / "rejected.csv"

    assert counts(run(path, "--rejected", str(rejected))) == {"created": 1, "rejected": 1}

    assert Program.objects.get().name == "Good"
    assert f"2,{reason}," in rejected.read_text()


def test_names_as_long_as_may_be_are_taken(tmp_path: Path) -> None:
    longest = {"name2": "B" * 97, "street1": "S" * 120, "street2": "T" * 120, "city": "C" * 80}
    path = rows.write(tmp_path / "su2023.csv", rows.row("A" * 100, **longest), rows.row("Ä" * 200))

    assert counts(run(path)) == {"created": 2}

    assert {len(name) for name in Program.objects.values_list("name", flat=True)} == {200}


around = st.one_of(*(st.integers(most - 2, most + 2) for most in (0 + 2, 80, 97, 103, 120, 200)))
letters = st.sampled_from("aÄ中'@ \\\"")
long_cells = st.fixed_dictionaries(
    {
        name: st.builds(lambda letter, length: letter * length, letters, around)
        for name in ("name1", "name2", "street1", "street2", "city", "phone", "intake1")
    }
)


@settings(max_examples=60, deadline=None)
@given(made=st.lists(long_cells, min_size=1, max_size=4))
def test_rows_of_any_length_are_written_or_rejected(
    made: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "long.csv"
    rows.write(path, rows.row("Good"), *[rows.row() | cells for cells in made])

    with transaction.atomic():
        report, _columns = import_file(path, survey_year=2023)
        assert report.read == 1 + len(made) == report.created + len(report.rejected)
        assert Program.objects.count() == report.created
        transaction.set_rollback(True)


def test_a_mended_row_comes_back_as_if_it_had_been_right_at_once(tmp_path: Path) -> None:
    """A name that a spreadsheet would run is written with an apostrophe; that is no part of the name."""
    names = ["@Home Recovery", "-Minus", "Plain", "'Quoted", "'s Heeren"]
    bad = [rows.row(name, street1=f"{n} A St", zip="532") for n, name in enumerate(names)]
    good = [rows.row(name, street1=f"{n} A St") for n, name in enumerate(names)]
    rejected = tmp_path / "rejected.csv"
    run(rows.write(tmp_path / "su2023.csv", *bad), "--rejected", str(rejected))
    assert "'@Home Recovery" in rejected.read_text()
    rejected.write_text(rejected.read_text().replace(",532,", ",53202,"))

    assert counts(run(rejected, "--survey-year", "2023")) == {"created": len(names)}

    assert set(Program.objects.values_list("name", flat=True)) == set(names)
    assert not {"line", "reason"} & {
        column for raw in SourceRecord.objects.values_list("raw", flat=True) for column in raw
    }
    assert counts(run(rows.write(tmp_path / "su2023.csv", *good))) == {"unchanged": len(names)}


def test_a_workbooks_rejected_rows_are_read_back_the_same_way(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book, row = Workbook(), rows.row("'=Sum")
    book.active.append(["Line", " reason ", *row])
    book.active.append([7, "bad ZIP", *row.values()])
    book.save(tmp_path / "rejected.xlsx")

    with read_table(tmp_path / "rejected.xlsx", required=REQUIRED) as table:
        assert table.columns == rows.HEADER
        assert [read.cells[0] for read in table.rows] == ["=Sum"]


def test_a_column_called_line_elsewhere_is_the_lists_own(tmp_path: Path) -> None:
    path = rows.write(tmp_path / "a.csv", rows.row() | {"line": "4", "reason": "x"})

    with read_table(path, required=REQUIRED) as table:
        assert table.columns == [*rows.HEADER, "line", "reason"]


def test_the_file_itself_is_never_overwritten_by_its_rejected_rows(tmp_path: Path) -> None:
    path = rows.write(tmp_path / "su2023.csv", rows.row("Good"), rows.row("Bad", zip="1"))
    before = path.read_bytes()
    (tmp_path / "link.csv").symlink_to(path)

    for name in ("su2023.csv", "link.csv"):
        with pytest.raises(CommandError, match="would overwrite"):
            run(path, "--rejected", str(tmp_path / name))

    assert path.read_bytes() == before
    assert not Program.objects.exists()


def test_when_no_row_is_rejected_last_times_file_goes_and_no_other(tmp_path: Path) -> None:
    rejected, other = tmp_path / "rejected.csv", tmp_path / "mine.csv"
    run(rows.write(tmp_path / "su2023.csv", rows.row("Bad", zip="1")), "--rejected", str(rejected))
    assert rejected.exists()
    other.write_text("something,else\n")
    good = rows.write(tmp_path / "su2023.csv", rows.row("Bad"))

    for path in (rejected, other):
        assert run(good, "--rejected", str(path))["rejected_file"] is None

    assert not rejected.exists()
    assert other.exists()
