"""Files are told by their content; what cannot be read whole is refused in a sentence."""

import gzip
import zipfile
from pathlib import Path

import openpyxl
import pytest

from programs.importing import reader
from programs.importing.reader import UnreadableFileError, read_table
from programs.importing.samhsa import REQUIRED
from tests.programs.importing import rows


def read(path: Path) -> list[list[str]]:
    with read_table(path, required=REQUIRED) as table:
        return [row.cells for row in table.rows]


def workbook(path: Path, *cells: list[object]) -> Path:
    book = openpyxl.Workbook()
    for line in ([column.title() for column in rows.HEADER], *cells):
        book.active.append(line)
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_usual_encoding_and_separator_reads_the_same(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = rows.write(tmp_path / "a.csv", rows.row("Centro Español"), encoding=encoding, delimiter=delimiter)

    assert read(path)[0][0] == "Centro Español"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_and_line_breaks_inside_a_cell(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "a.csv"
    lines = [",".join(rows.HEADER), '"Riverside\nRecovery"' + "," * 12, ""]
    path.write_bytes(line_end.join(lines).encode())

    assert read(path)[0][0] == "Riverside\nRecovery"


def test_a_workbook_is_read_whatever_its_name_and_numbers_stay_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.csv", ["A", None, "1 Main St", None, "Boston", "MA", 2138.0, "617-555-0101"])

    assert read(path)[0] == ["A", "", "1 Main St", "", "Boston", "MA", "2138", "617-555-0101", "", "", "", "", ""]


def test_rows_know_their_line(tmp_path: Path) -> None:
    path = rows.write(tmp_path / "a.csv", rows.row(name2="two\nlines"), rows.row("B"))

    with read_table(path, required=REQUIRED) as table:
        assert [row.line for row in table.rows] == [3, 4]


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("su.csv", "name1\n")


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)


def cut_workbook(path: Path) -> None:
    workbook(path, ["A"] * 13)
    path.write_bytes(path.read_bytes()[:-200])


def damaged_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("xl/workbook.xml", "<workbook")


REFUSED = {
    "is empty": nothing,
    "a zip archive": archive,
    "would unpack to 47 MB": bomb,
    "cut-off or damaged workbook": cut_workbook,
    "damaged or cut-off workbook": damaged_workbook,
    "gzip archive": lambda path: path.write_bytes(gzip.compress(b"name1\n")),
    "PDF": lambda path: path.write_bytes(b"%PDF-1.7\n"),
    "old Excel workbook": lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "lacks city": lambda path: path.write_text("name1,town\nA,B\n"),
    "column twice: zip": lambda path: path.write_text(",".join([*rows.HEADER, "Zip"]) + "\n"),
    "has 73 columns": lambda path: path.write_text(",".join([*rows.HEADER, *map(str, range(60))]) + "\n"),
    "holds a zero byte": lambda path: path.write_bytes(
        ",".join(rows.HEADER).encode() + b"\n" + b"x" * 5000 + b"\x00\n"
    ),
    "is a quotation mark missing": lambda path: path.write_text(
        ",".join(rows.HEADER) + '\n"A' + "\nmore" * 5000, newline=""
    ),
    "longer than 1,000,000": lambda path: path.write_text(",".join(rows.HEADER) + "\n" + "x" * 2_000_000),
    "ends in the middle of a row": lambda path: path.write_text(",".join(rows.HEADER) + "\nRiverside,,100 N"),
    "begins as utf-8-sig": lambda path: path.write_bytes(b"\xef\xbb\xbfname1\n\xff\xff\n"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_no_whole_table_is_refused_with_its_reason(tmp_path: Path, sentence: str) -> None:
    path = tmp_path / "list.csv"
    REFUSED[sentence](path)

    with pytest.raises(UnreadableFileError, match=sentence):
        read(path)


def test_a_long_list_without_its_last_line_end_was_cut(tmp_path: Path) -> None:
    path = rows.write(tmp_path / "a.csv", *[rows.row(f"Program {n}") for n in range(120)])
    path.write_bytes(path.read_bytes().rstrip())

    with pytest.raises(UnreadableFileError, match="cut off"):
        read(path)


def test_a_folder_a_missing_file_and_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ROWS", 2)
    long = rows.write(tmp_path / "long.csv", *[rows.row(f"Program {n}") for n in range(3)])

    for path, sentence in ((tmp_path, "not a file"), (tmp_path / "none", "cannot be opened"), (long, "more than 2")):
        with pytest.raises(UnreadableFileError, match=sentence):
            read(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(reader.MAX_BYTES + 1)

    with pytest.raises(UnreadableFileError, match="200 MB is the most"):
        read(path)
