"""A file somebody sent, as rows of text: a workbook or CSV, told by its content and never by its name."""

import codecs
import contextlib
import csv
import io
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TextIO

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from programs.spreadsheet import FORMULA

MAX_BYTES: Final = 200 * 1024 * 1024
MAX_UNPACKED: Final = 1024 * 1024 * 1024  # of a workbook, whose parts are compressed
MAX_RATIO: Final = 200  # unpacked to packed; a real workbook stays below 20
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 60
MAX_CELL: Final = 10_000
MAX_LINE: Final = 1_000_000
SMALL_FILE_ROWS: Final = 100
# What `Report.write_rejected` puts before a row's own cells. They say nothing of the row and are not read back.
REJECTED_COLUMNS: Final = ["line", "reason"]

NOT_TABLES: Final = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls). Save it as .xlsx or CSV",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive. Unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive. Unpack it first",
    b"Rar!": "a RAR archive. Unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


class UnreadableFileError(Exception):
    """Why a whole file is refused, in a sentence for the person who sent it."""


class Row(NamedTuple):
    """One row: the line (CSV) or row number (workbook) where it stands, and its cells in the file's order."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The header (trimmed, lower case) and the rows below it, read as they are asked for."""

    columns: list[str]
    rows: Iterator[Row]
    created_year: int | None = None  # of a workbook


@contextlib.contextmanager
def read_table(path: Path, *, required: frozenset[str]) -> Iterator[Table]:
    """The table in a file, open while its rows are read; raises `UnreadableFileError` at once or on the way."""
    try:
        if not path.is_file() and path.exists():
            raise UnreadableFileError(f"{path.name} is not a file.")
        size, file = path.stat().st_size, path.open("rb")
    except OSError as error:
        raise UnreadableFileError(f"{path.name} cannot be opened: {error.strerror or error}.") from error
    with file:
        if size == 0:
            raise UnreadableFileError(f"{path.name} is empty.")
        if size > MAX_BYTES:
            raise UnreadableFileError(f"{path.name} has {size // 2**20} MB; {MAX_BYTES // 2**20} MB is the most.")
        start = file.read(8)
        file.seek(0)
        for mark, what in NOT_TABLES.items():
            if start.startswith(mark):
                raise UnreadableFileError(f"{path.name} is {what}, not a table.")
        kind = _workbook if start.startswith(b"PK\x03\x04") else _csv
        with kind(file, name=path.name, required=required) as table:
            yield table


def _header(cells: list[str], *, name: str, required: frozenset[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    missing = sorted(required.difference(columns))
    if missing:
        raise UnreadableFileError(
            f"{name} is not a list we know: its first row lacks {', '.join(missing)}. "
            f"It has: {', '.join(columns)[:200] or 'nothing'}."
        )
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFileError(f"{name} has {len(columns)} columns; {MAX_COLUMNS} is the most.")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise UnreadableFileError(f"{name} has a column twice: {', '.join(twice)}.")
    return columns


def _table(columns: list[str], rows: Iterator[Row], *, created_year: int | None = None) -> Table:
    """The table as it was before rejected rows were written out: without what was put before and into their cells."""
    own = len(REJECTED_COLUMNS) if columns[: len(REJECTED_COLUMNS)] == REJECTED_COLUMNS else 0
    bare = (Row(row.line, [_bare(cell) if cell[:1] == "'" else cell for cell in row.cells[own:]]) for row in rows)
    return Table(columns[own:], bare, created_year)


def _bare(cell: str) -> str:
    """A cell without the apostrophe that `spreadsheet.harmless` put before what looks like a formula."""
    return cell[1:] if FORMULA.match(cell, 1) else cell


def _limited(rows: Iterator[Row], *, name: str) -> Iterator[Row]:
    count = 0
    for row in rows:
        if not any(row.cells):
            continue
        count += 1
        if count > MAX_ROWS:
            raise UnreadableFileError(f"{name} has more than {MAX_ROWS:,} rows.")
        yield row


# --- CSV --------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _csv(file: BinaryIO, *, name: str, required: frozenset[str]) -> Iterator[Table]:
    encoding, ends_with_newline = _inspect(file, name=name)
    csv.field_size_limit(MAX_CELL)
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        first = text.readline(MAX_LINE)
        text.seek(0)
        reader = csv.reader(_lines(text, name=name), delimiter=max(",;\t|", key=first.count), strict=True)
        try:
            columns = _header(next(reader, []), name=name, required=required)
        except csv.Error as error:
            raise UnreadableFileError(f"{name} is not a CSV file we can read: {error}.") from error
        rows = _csv_rows(reader, name=name, width=len(columns), whole=ends_with_newline)
        yield _table(columns, _limited(rows, name=name))


def _inspect(file: BinaryIO, *, name: str) -> tuple[str, bool]:
    """The encoding in which the whole file reads, and whether its last line is ended."""
    start = file.read(4096)
    file.seek(max(0, file.seek(0, io.SEEK_END) - 2))
    ends_with_newline = file.read(2).strip(b"\x00")[-1:] in (b"\n", b"\r")
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif b"\x00" in start:
        encoding = "utf-16-le" if start[1:2] == b"\x00" else "utf-16-be"
    else:
        encoding = "utf-8"
    if not _decodes(file, encoding):
        if encoding != "utf-8":
            raise UnreadableFileError(f"{name} is damaged: it begins as {encoding} text and does not go on so.")
        encoding = "cp1252" if _decodes(file, "cp1252") else "latin-1"
    return encoding, ends_with_newline


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True


def _lines(text: TextIO, *, name: str) -> Iterator[str]:
    """Lines of bounded length: a gigabyte without a line end never sits in memory."""
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise UnreadableFileError(f"{name} is not a table: line {number} is longer than {MAX_LINE:,} characters.")
        if "\x00" in line:
            raise UnreadableFileError(f"{name} is not text: line {number} holds a zero byte.")
        yield line


def _csv_rows(reader: "Iterator[list[str]]", *, name: str, width: int, whole: bool) -> Iterator[Row]:
    count, last = 0, []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise UnreadableFileError(
                f"{name} cannot be read beyond line {reader.line_num}: {error}. "  # type: ignore[attr-defined]
                "Is it cut off, or is a quotation mark missing?"
            ) from error
        count, last = count + 1, cells
        yield Row(reader.line_num, cells)  # type: ignore[attr-defined]
    if whole or not count:
        return
    # Short lists typed by hand may lack the last line end; a long one without it was cut.
    if count > SMALL_FILE_ROWS or len(last) < width:
        raise UnreadableFileError(f"{name} ends in the middle of a row (no line end after row {count}): it is cut off.")


# --- workbooks --------------------------------------------------------------------------------------
@contextlib.contextmanager
def _workbook(file: BinaryIO, *, name: str, required: frozenset[str]) -> Iterator[Table]:
    _refuse_bombs(file, name=name)
    try:
        workbook = load_workbook(file, read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size is not to be believed
    except Exception as error:  # openpyxl raises whatever its parsers meet in a damaged file
        raise UnreadableFileError(f"{name} is a damaged or cut-off workbook ({type(error).__name__}).") from error
    with contextlib.closing(workbook), contextlib.closing(_sheet_rows(sheet, name=name)) as rows:
        columns = _header(next(rows, Row(1, [])).cells, name=name, required=required)
        created = workbook.properties.created
        padded = (Row(row.line, row.cells + [""] * (len(columns) - len(row.cells))) for row in rows)
        yield _table(columns, _limited(padded, name=name), created_year=created.year if created else None)


def _refuse_bombs(file: BinaryIO, *, name: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFileError(f"{name} is a cut-off or damaged workbook.") from error
    finally:
        file.seek(0)
    if not any(part.filename.startswith("xl/") for part in parts):
        raise UnreadableFileError(f"{name} is a zip archive, not a workbook. Unpack it first.")
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * packed:
        raise UnreadableFileError(f"{name} would unpack to {unpacked // 2**20} MB: it is refused.")


def _sheet_rows(sheet: ReadOnlyWorksheet, *, name: str) -> Generator[Row, None, None]:
    values, number = sheet.iter_rows(values_only=True), 0
    while True:
        try:
            cells = next(values)
        except StopIteration:
            return
        except Exception as error:  # as above: a damaged sheet shows only when it is read
            raise UnreadableFileError(f"{name} is damaged near row {number + 1} ({type(error).__name__}).") from error
        number += 1
        yield Row(number, [_cell_text(cell) for cell in cells])


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # 2138.0 is a ZIP code or a phone number that Excel took for a number
    return str(cell)
