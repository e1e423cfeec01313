"""Whatever bytes a file holds: it is read, or refused in a sentence. Whatever a cell holds: used, or rejected."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programs.importing.reader import UnreadableFileError, read_table
from programs.importing.samhsa import (
    REQUIRED,
    CodeReader,
    UnusableRowError,
    clean,
    columns,
    content_hash,
    given_point,
    identity,
    phones,
)
from tests.programs.importing import rows

HEADER = ",".join(rows.HEADER).encode()
anything = st.one_of(
    st.binary(max_size=400),
    st.binary(max_size=400).map(lambda tail: HEADER + b"\n" + tail),
    st.binary(max_size=400).map(lambda tail: b"PK\x03\x04" + tail),
    st.text(max_size=200).map(lambda tail: f"{HEADER.decode()}\r\n{tail}".encode("utf-16", "surrogatepass")),
)
SU = CodeReader("su")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "list.csv"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=anything)
def test_any_file_is_read_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    refusal = ""
    try:
        with read_table(path, required=REQUIRED) as table:
            for row in table.rows:
                assert all(isinstance(cell, str) for cell in row.cells)
    except UnreadableFileError as error:
        refusal = str(error)
    assert not refusal or refusal.endswith((".", "?"))


@settings(max_examples=300, deadline=None)
@given(cells=st.fixed_dictionaries(dict.fromkeys([*rows.HEADER, "latitude", "longitude"], st.text(max_size=130))))
def test_any_row_is_used_or_rejected(cells: dict[str, str]) -> None:
    try:
        row = clean(rows.row() | {name: cell for name, cell in cells.items() if cell})
        given_point(row)
    except UnusableRowError:
        return
    mask, _unknown = SU.parse(row["service_code_info"])
    assert len(columns(row, SU, mask)["name"]) <= 200
    assert len(content_hash(row)) == 64
    assert identity(row).count("\n") == 6
    assert all(number.startswith("+1") and len(number) == 12 for _purpose, number, _extension in phones(row))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grid=st.lists(st.lists(st.text(st.characters(exclude_characters="\x00"), max_size=20), max_size=5), max_size=5))
def test_whatever_a_csv_writer_writes_comes_back(path: Path, grid: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([rows.HEADER, *([*line, *[""] * (13 - len(line))] for line in grid)])
    try:
        path.write_bytes(text.getvalue().encode())
    except UnicodeEncodeError:
        return

    with read_table(path, required=REQUIRED) as table:
        read = [row.cells[:5] for row in table.rows]

    assert [[cell for cell in line if cell] for line in read] == [
        [cell for cell in line if cell] for line in grid if any(line)
    ]


def test_a_workbook_with_a_bomb_of_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("[Content_Types].xml", f"{bomb}]><x>&i;</x>")
        zipped.writestr("xl/workbook.xml", f"{bomb}]><x>&i;</x>")

    with pytest.raises(UnreadableFileError), read_table(path, required=REQUIRED):
        pass
