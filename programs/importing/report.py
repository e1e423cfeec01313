"""What an import did, row by row in numbers, and why it left rows out."""

import csv
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from programs.importing.reader import REJECTED_COLUMNS
from programs.spreadsheet import harmless


@dataclass(frozen=True, slots=True)
class Rejected:
    line: int
    reason: str
    cells: list[str]


@dataclass(slots=True)
class Report:
    """Counts of one import. Every row read is in exactly one of created … rejected; `gone` counts old ones."""

    directory: str
    survey_year: int
    dry_run: bool
    read: int = 0
    iop: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    skipped: int = 0
    gone: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    unknown_codes: dict[str, int] = field(default_factory=dict)
    unplaced: int = 0
    rejected_file: str | None = None
    started: float = field(default_factory=time.monotonic)

    def reject(self, line: int, reason: str, cells: list[str]) -> None:
        self.rejected.append(Rejected(line, reason, cells))

    def write_rejected(self, path: Path, columns: list[str]) -> None:
        """A file to mend and import again: line, reason, and the row as it came. Without any, last time's file goes."""
        if not self.rejected:
            if _is_ours(path):
                path.unlink()
            return
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*REJECTED_COLUMNS, *columns])
            for row in self.rejected:
                writer.writerow([row.line, row.reason, *(harmless(cell) for cell in row.cells)])
        self.rejected_file = str(path)

    def as_json(self) -> str:
        counts = {
            name: getattr(self, name)
            for name in "directory survey_year dry_run read iop created updated unchanged merged skipped".split()
        }
        return json.dumps(
            {
                **counts,
                "rejected": len(self.rejected),
                "gone": self.gone,
                "rejected_file": self.rejected_file,
                "seconds": round(time.monotonic() - self.started, 1),
            },
            separators=(",", ":"),
        )


def _is_ours(path: Path) -> bool:
    """Whether a file is one of rejected rows; nothing else is removed because its name was typed."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline(1000).startswith(",".join(REJECTED_COLUMNS) + ",")
