"""A program with two rows of one directory, because curators merged two listings: each row speaks for itself."""

from pathlib import Path

import pytest

from programs import curation
from programs.models import Program
from tests.programs.importing import rows
from tests.programs.importing.test_import import counts, run

pytestmark = pytest.mark.django_db
WITHOUT_SPANISH = rows.IOP.replace(" * SP", "")
LINES = {"Alpha": "414-555-0142", "Beta": "414-555-0199"}


def year(directory: Path, number: int, **codes: str) -> dict[str, int]:
    """The directory of one year: Alpha and Beta, with codes of their own."""
    told = [rows.row(name, phone=LINES[name], service_code_info=codes[name]) for name in codes]
    return counts(run(rows.write(directory / f"su{number}.csv", *told)))


@pytest.fixture
def kept(tmp_path: Path) -> Program:
    year(tmp_path, 2023, Alpha=rows.IOP, Beta=rows.IOP)
    kept, gone = Program.objects.order_by("name")
    curation.merge(loser=gone, winner=kept)
    return kept


def test_a_value_stays_while_one_of_the_two_rows_still_says_it(kept: Program, tmp_path: Path) -> None:
    assert "spanish" in kept.languages

    assert year(tmp_path, 2024, Alpha=WITHOUT_SPANISH, Beta=rows.IOP) == {"updated": 1, "unchanged": 1}
    kept.refresh_from_db()
    assert "spanish" in kept.languages

    year(tmp_path, 2025, Alpha=WITHOUT_SPANISH, Beta=WITHOUT_SPANISH)
    kept.refresh_from_db()
    assert "spanish" not in kept.languages


def test_a_value_goes_when_both_rows_withdraw_it_in_one_file(kept: Program, tmp_path: Path) -> None:
    assert year(tmp_path, 2024, Alpha=WITHOUT_SPANISH, Beta=WITHOUT_SPANISH) == {"updated": 2}

    kept.refresh_from_db()
    assert "spanish" not in kept.languages


def test_a_number_stays_while_one_of_the_two_rows_still_gives_it(tmp_path: Path) -> None:
    one, other = (rows.row(name, intake1="414-555-0177") for name in LINES)
    run(rows.write(tmp_path / "su2023.csv", one, other))
    kept, gone = Program.objects.order_by("name")
    curation.merge(loser=gone, winner=kept)

    run(rows.write(tmp_path / "su2024.csv", one | {"intake1": ""}, other))
    assert kept.phones.filter(number="+14145550177").exists()

    run(rows.write(tmp_path / "su2025.csv", one | {"intake1": ""}, other | {"intake1": ""}))
    assert not kept.phones.filter(number="+14145550177").exists()


def test_what_a_curator_took_out_is_not_brought_back_by_the_other_row(kept: Program, tmp_path: Path) -> None:
    Program.objects.filter(pk=kept.pk).update(languages=[])

    year(tmp_path, 2024, Alpha=WITHOUT_SPANISH, Beta=rows.IOP)

    kept.refresh_from_db()
    assert kept.languages == []
