"""Import against a bare COPY of the same rows into the same tables, in CPU seconds of both sides.

COPY is the floor: nothing that keeps the same rows with the same indexes, checks and history can be faster.
"""

import csv
import io
import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from programs.importing.loading import import_file
from programs.importing.samhsa_codes import CODE_KEY
from tests.programs.importing import rows
from tests.realdata import DATA

TABLES = [
    f"programs_{name}" for name in ("organization", "program", "phone", "sourcerecord", "searchrecord", "searchcard")
]
EMPTIED = ["programs_duplicatecandidate", "programs_programevent", *reversed(TABLES)]
REPEATS = 3


def made_up_directory(path: Path, count: int) -> Path:
    """Rows as long and as varied as SAMHSA's: some 65 codes of 25 questions each."""
    chance = random.Random(53202)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows.HEADER)
        writer.writeheader()
        for number in range(count):
            groups = [
                " ".join(code for code in codes.split() if chance.random() < 0.6) for codes in CODE_KEY["su"].values()
            ]
            groups[1] = f"OIT {groups[1].replace('OIT', '')}"
            writer.writerow(
                rows.row(
                    f"Program {number // 2}",
                    street1=f"{number} Main Street",
                    zip=f"{chance.randrange(10000, 99950):05}",
                    phone=f"414-555-01{number % 100:02}",
                    service_code_info=" * ".join(group for group in groups if group.strip()),
                )
            )
    return path


def backend_cpu() -> float:
    """CPU seconds of our PostgreSQL backend so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(act: Callable[[], object]) -> float:
    before = time.process_time() + backend_cpu()
    act()
    return time.process_time() + backend_cpu() - before


def empty() -> None:
    with connection.cursor() as cursor:
        for table in EMPTIED:
            cursor.execute(f"DELETE FROM {table}")
        for table in EMPTIED:
            cursor.execute(f"VACUUM ANALYZE {table}")


def snapshot() -> dict[str, io.BytesIO]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.copy_expert(f"COPY {table} TO STDOUT", buffer := io.BytesIO())
            found[table] = buffer
    return found


def bare_copy(stored: dict[str, io.BytesIO]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for table, buffer in stored.items():
            buffer.seek(0)
            cursor.copy_expert(f"COPY {table} FROM STDIN", buffer)
        cursor.execute("COMMIT")


@pytest.mark.bench
@pytest.mark.django_db(transaction=True)
def test_import_reaches_half_the_speed_of_a_bare_copy(tmp_path: Path) -> None:
    given = DATA / "samhsa" / "su2023.csv"
    path = given if given.is_file() else made_up_directory(tmp_path / "su2023.csv", 5736)
    call_command("load_places", verbosity=0)
    bare, new, unchanged = [], [], []
    for _ in range(REPEATS):
        empty()
        new.append(cpu_seconds(lambda: import_file(path)))
        unchanged.append(cpu_seconds(lambda: import_file(path)))
        stored = snapshot()
        empty()
        bare.append(cpu_seconds(partial(bare_copy, stored)))
    count = stored["programs_program"].getvalue().count(b"\n")
    rate = {name: count / min(times) for name, times in (("copy", bare), ("import", new), ("unchanged", unchanged))}
    print(  # noqa: T201
        f"\nimport of {path.name}, {count:,} programs, programs per CPU-second: bare COPY {rate['copy']:,.0f} · "
        f"import {rate['import']:,.0f} ({rate['import'] / rate['copy']:.0%}) · "
        f"unchanged rows {rate['unchanged']:,.0f} ({rate['unchanged'] / rate['import']:.1f}× the import)"
    )
    assert rate["import"] >= 0.5 * rate["copy"]
    assert rate["unchanged"] > rate["import"]
