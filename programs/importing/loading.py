"""One file of SAMHSA's National Directory into the listings, in one transaction.

Rows are compared with what was seen before by key and content; only what is new or changed is written,
in batches, with COPY. Nothing is ever deleted: a program that a newer directory no longer lists is marked so.
"""

import contextlib
import gc
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from django.db import OperationalError, connection, transaction
from django.db.models import Count

from programs.choices import CareLevel, Ownership, Status
from programs.importing import samhsa
from programs.importing.ledger import SOURCES, Ledger, Seen
from programs.importing.location import Gazetteer, Spot
from programs.importing.reader import Row, Table, UnreadableFileError, read_table
from programs.importing.report import Report
from programs.importing.samhsa_codes import KEY_YEAR, Side
from programs.importing.writing import Change, Listing, Provenance, Writer
from programs.models import SourceRecord
from programs.search import record

BATCH: Final = 2000
PEEK: Final = 500  # rows that tell which directory a file is
LOCK: Final = 0x494F5031  # one import at a time
LOCK_SECONDS: int = 20  # an import that was killed a moment ago may still be rolling back


class Progress(Protocol):
    """A progress bar, as far as an import moves it."""

    def update(self, n: int, /) -> object: ...


class Incoming(NamedTuple):
    """A usable row on its way to a program: as it came, cleaned, and what identifies it."""

    raw: dict[str, str]
    row: dict[str, str]
    mask: int
    key: str
    content_hash: str
    identity: str


@dataclass(slots=True)
class Batch:
    """Rows of one batch by what becomes of them."""

    new: list[Incoming] = field(default_factory=list)
    promoted: list[tuple[Incoming, Seen]] = field(default_factory=list)  # a draft that proved to be an IOP
    changed: list[tuple[Incoming, Seen]] = field(default_factory=list)
    evidence: list[tuple[Incoming, Seen]] = field(default_factory=list)
    unplaced: list[tuple[Incoming, Seen]] = field(default_factory=list)
    same: list[int] = field(default_factory=list)  # ids of source records seen again as they were

    def rows(self) -> Iterator[Incoming]:
        yield from self.new
        for incoming, _ in itertools.chain(self.promoted, self.changed, self.unplaced):
            yield incoming


def import_file(
    path: Path,
    *,
    survey_year: int | None = None,
    dry_run: bool = False,
    drafts: bool = False,
    progress: Progress | None = None,
) -> tuple[Report, list[str]]:
    """Bring a directory in, all of it or nothing; returns the report and the file's columns.

    Raises `UnreadableFileError`, and then nothing has changed.
    """
    with read_table(path, required=samhsa.REQUIRED) as table, _rare_collections(), transaction.atomic():
        rows, side, found_year = _open(table, path)
        _lock(path)
        ledger = Ledger(side)
        report = Report(side, survey_year or found_year or ledger.newest_year or KEY_YEAR, dry_run)
        Import(table.columns, side=side, report=report, ledger=ledger, drafts=drafts).run(rows, progress)
        if dry_run:
            transaction.set_rollback(True)
    return report, table.columns


def _open(table: Table, path: Path) -> tuple[Iterator[Row], Side, int | None]:
    """The rows from the first on, which directory they are, and the survey year if the file tells it."""
    first = list(itertools.islice(table.rows, PEEK))
    if not first:
        raise UnreadableFileError(f"{path.name} has a header and no rows.")
    at = table.columns.index("service_code_info")
    codes = [row.cells[at] for row in first if len(row.cells) > at]
    side = samhsa.tell_side(codes)
    if side is None:
        raise UnreadableFileError(
            f"{path.name} is not a SAMHSA National Directory: its service_code_info does not hold the codes of one."
        )
    named = re.search(r"(?<!\d)(20[0-4]\d)(?!\d)", path.stem)
    year = int(named[1]) if named else table.created_year or samhsa.tell_year(codes)
    return itertools.chain(first, table.rows), side, year


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """An import makes millions of small objects and no cycles: looking for cycles would cost a fifth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _lock(path: Path) -> None:
    """One import at a time, however long it takes."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        except OperationalError as error:
            raise UnreadableFileError(f"Another import is running; {path.name} was not read.") from error


class Import:
    """One run over one file: decides about each row, writes by the batch, counts everything."""

    def __init__(self, columns: list[str], *, side: Side, report: Report, ledger: Ledger, drafts: bool) -> None:
        self.columns, self.side, self.report, self.ledger = columns, side, report, ledger
        self.drafts = drafts and side == "mh"
        self.reader = samhsa.CodeReader(side)
        self.evidence_reader = samhsa.CodeReader("mh", only=samhsa.beside_substance_use())
        self.year = report.survey_year
        self.writer, self.gazetteer = Writer(), Gazetteer()
        self.programs_in_su = {seen.program_id for seen in (ledger.mine if side == "su" else ledger.sister).values()}
        self._codes = columns.index("service_code_info")
        self._iop = re.compile(rf"\b{samhsa.IOP}\b")
        self._unknown: Counter[str] = Counter()

    def run(self, rows: Iterator[Row], progress: Progress | None) -> None:
        while chunk := list(itertools.islice(rows, BATCH)):
            self._write(self._decide(chunk))
            if progress is not None:
                progress.update(len(chunk))
        gone = self._mark_gone()
        self.writer.find_twins()
        self.report.unknown_codes = dict(self._unknown.most_common(20))
        record.write([*self.writer.created, *self.writer.touched, *gone])

    # --- deciding -----------------------------------------------------------------------------------
    def _decide(self, chunk: list[Row]) -> Batch:
        batch = Batch()
        for row in chunk:
            self.report.read += 1
            try:
                self._place(row, batch)
            except samhsa.UnusableRowError as reason:
                self.report.reject(row.line, str(reason), row.cells)
        return batch

    def _place(self, row: Row, batch: Batch) -> None:
        """Put a row where it belongs in the batch, and count it."""
        if len(row.cells) < len(self.columns) or any(row.cells[len(self.columns) :]):
            raise samhsa.UnusableRowError(f"{len(row.cells)} cells where the header has {len(self.columns)}")
        codes = row.cells[self._codes]
        if self.side == "su":
            if samhsa.IOP not in codes or not self._iop.search(codes):
                self.report.skipped += 1
                return
            self.report.iop += 1
        incoming = self._understand(row)
        seen = self.ledger.mine.get(incoming.key)
        if seen:
            self._place_known(incoming, seen, batch)
        else:
            self._place_new(incoming, batch)

    def _understand(self, row: Row) -> Incoming:
        raw = dict(zip(self.columns, row.cells, strict=False))
        cells = samhsa.clean(raw)
        samhsa.given_point(cells)
        mask, unknown = self.reader.parse(cells["service_code_info"])
        if unknown:
            self._unknown.update(unknown)
        identity, digest = samhsa.identity(cells), samhsa.content_hash(cells)
        key = self.ledger.claim(identity, cells["phone"], digest)
        return Incoming(raw, cells, mask, key, digest, identity)

    def _place_known(self, incoming: Incoming, seen: Seen, batch: Batch) -> None:
        if incoming.content_hash != seen.content_hash and self.year >= seen.survey_year:
            self.report.updated += 1
            batch.changed.append((incoming, seen))
            return
        batch.same.append(seen.id)
        if seen.is_placed:
            self.report.unchanged += 1
        else:
            batch.unplaced.append((incoming, seen))

    def _place_new(self, incoming: Incoming, batch: Batch) -> None:
        sister = self.ledger.find_sister(incoming.identity, incoming.row["phone"])
        if self.side == "mh" and sister:
            self.report.merged += 1
            batch.evidence.append((incoming, sister))
        elif self.side == "mh" and not self.drafts:
            self.report.skipped += 1
        elif sister and sister.is_draft:
            self.report.updated += 1
            batch.promoted.append((incoming, sister))
        else:
            self.report.created += 1
            batch.new.append(incoming)

    # --- writing ------------------------------------------------------------------------------------
    def _write(self, batch: Batch) -> None:
        self.gazetteer.look_up((new.row["zip"], new.row["city"], new.row["state"]) for new in batch.rows())
        if batch.new:
            rows = [(self._listing(new), self._spot(new), self._provenance(new)) for new in batch.new]
            self.report.unplaced += sum(spot.latitude is None for _, spot, _ in rows)
            published = (Status.PUBLISHED, CareLevel.IOP) if self.side == "su" else (Status.DRAFT, None)
            self.writer.create(rows, status=published[0], level=published[1])
        if batch.evidence:
            self.writer.attach((seen.program_id, self._provenance(new)) for new, seen in batch.evidence)
            self.writer.change([self._evidence(new, seen.program_id, before=None) for new, seen in batch.evidence])
        self._write_changed(batch.changed)
        self._write_promoted(batch.promoted)
        self._write_unplaced(batch.unplaced)
        self._touch(batch.same)

    def _write_changed(self, rows: list[tuple[Incoming, Seen]]) -> None:
        if not rows:
            return
        raws = dict(SourceRecord.objects.filter(pk__in=[seen.id for _, seen in rows]).values_list("pk", "raw"))
        others = self._others(rows)
        changes = []
        for new, seen in rows:
            before, beside = self._remembered(raws[seen.id]), others.get(seen.program_id, {})
            elsewhere = [incoming for record_id, incoming in beside.items() if record_id != seen.id]
            if self.side == "mh" and seen.program_id in self.programs_in_su:
                change = self._evidence(new, seen.program_id, before=before)
                change = replace(change, elsewhere=[self._added(one) for one in elsewhere])
            else:
                change = Change(seen.program_id, self._listing(before), self._listing(new), self._spot(new))
                change = replace(change, elsewhere=[self._listing(one) for one in elsewhere])
            changes.append(change)
        self.writer.change(changes)
        self.writer.resee([(seen.id, self._provenance(new)) for new, seen in rows])

    def _others(self, rows: list[tuple[Incoming, Seen]]) -> dict[int, dict[int, Incoming]]:
        """What this directory says by now of programs that it lists more than once, because curators merged them."""
        news = {seen.id: new for new, seen in rows}
        listed = SourceRecord.objects.filter(source=SOURCES[self.side], gone_since_year=None)
        listed = listed.filter(program__in={seen.program_id for _, seen in rows})
        twice = listed.values("program").annotate(records=Count("pk")).filter(records__gt=1).values("program")
        found: dict[int, dict[int, Incoming]] = {}
        for pk, program_id, raw in listed.filter(program__in=twice).values_list("pk", "program", "raw"):
            found.setdefault(program_id, {})[pk] = news.get(pk) or self._remembered(raw)
        return found

    def _write_promoted(self, rows: list[tuple[Incoming, Seen]]) -> None:
        """Drafts from the mental health directory that the substance-use one names as IOP: published now."""
        if not rows:
            return
        raws = dict(SourceRecord.objects.filter(pk__in=[seen.id for _, seen in rows]).values_list("pk", "raw"))
        other = samhsa.CodeReader("mh")
        changes = []
        for new, seen in rows:
            raw = raws[seen.id]
            mask = other.mask(raw["service_code_info"])
            before = self._listing(self._remembered(raw), reader=other, mask=mask)
            after, kept = self._listing(new), self.evidence_reader.read(mask)
            columns = dict(after.columns)
            for name, values in kept.arrays.items():
                columns[name] = (*columns[name], *values)
            columns["not_offered"] = (*columns["not_offered"], *kept.not_offered)
            changes.append(Change(seen.program_id, before, after._replace(columns=columns), self._spot(new)))
        self.writer.change(changes, status=Status.PUBLISHED, level_of_care=CareLevel.IOP)
        self.writer.attach((seen.program_id, self._provenance(new)) for new, seen in rows)

    def _write_unplaced(self, rows: list[tuple[Incoming, Seen]]) -> None:
        """Programs that had no place on the map: the gazetteer may know them by now."""
        changes = []
        for new, seen in rows:
            spot = self._spot(new)
            if spot.latitude is None:
                self.report.unchanged += 1
                continue
            self.report.updated += 1
            listing = self._listing(new)
            changes.append(Change(seen.program_id, listing, listing, spot))
        if changes:
            self.writer.change(changes)

    def _touch(self, record_ids: list[int]) -> None:
        """Records that came again as they were: seen in this year's directory too."""
        records = SourceRecord.objects.filter(pk__in=record_ids)
        records.filter(first_seen_year__gt=self.year).update(first_seen_year=self.year)
        back = records.filter(survey_year__lte=self.year).exclude(survey_year=self.year, gone_since_year=None)
        self.writer.touched.update(back.values_list("program_id", flat=True))
        back.update(survey_year=self.year, gone_since_year=None, seen_at=self.writer.now)

    def _mark_gone(self) -> list[int]:
        """What this directory listed in an earlier year and no longer lists."""
        gone = SourceRecord.objects.filter(source=SOURCES[self.side], survey_year__lt=self.year, gone_since_year=None)
        programs = list(gone.values_list("program_id", flat=True))
        self.report.gone += gone.update(gone_since_year=self.year)
        return programs

    # --- one row ------------------------------------------------------------------------------------
    def _remembered(self, raw: Mapping[str, str]) -> Incoming:
        """A row as its source record kept it, understood again."""
        row = samhsa.clean(raw)
        return Incoming(dict(raw), row, self.reader.mask(row["service_code_info"]), "", "", "")

    def _listing(
        self, incoming: Incoming, *, reader: samhsa.CodeReader | None = None, mask: int | None = None
    ) -> Listing:
        reader, mask, row = reader or self.reader, incoming.mask if mask is None else mask, incoming.row
        return Listing(
            columns=samhsa.columns(row, reader, mask),
            organization=row["name1"],
            ownership=reader.one(mask, Ownership),
            phones=samhsa.phones(row),
        )

    def _evidence(self, new: Incoming, program_id: int, *, before: Incoming | None) -> Change:
        """What the mental health directory adds to a program of the substance-use one: answers only it asks for."""
        return Change(program_id, self._added(before), self._added(new))

    def _added(self, incoming: Incoming | None) -> Listing:
        coded = self.evidence_reader.read(incoming.mask if incoming else 0)
        columns: dict[str, Any] = {**coded.arrays, "not_offered": coded.not_offered}
        return Listing(columns, "", "", ())

    def _spot(self, incoming: Incoming) -> Spot:
        row = incoming.row
        return self.gazetteer.spot(row["zip"], row["city"], row["state"], given=samhsa.given_point(row))

    def _provenance(self, incoming: Incoming) -> Provenance:
        newer = self.ledger.newest_year if self.ledger.newest_year > self.year else None
        self.report.gone += newer is not None and not self.ledger.mine.get(incoming.key)
        return Provenance(
            source=SOURCES[self.side],
            key=incoming.key,
            survey_year=self.year,
            content_hash=incoming.content_hash,
            raw=incoming.raw,
            gone_since_year=newer,
        )
