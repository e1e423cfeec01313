"""The same records kept in this process: whole searches in about a millisecond, patched by revision.

Rows are sorted by quarter-degree cell, so that a radius reads a few runs of rows. New and moved programs go
to a short tail that every radius reads too; when the tail is full the index is read anew. Beside the rows
stand the same bits by 64 rows at a time, one word for each facet value, which count many rows at once.
"""

import logging
import math
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import InterfaceError, OperationalError, connection

from programs.search import sphere
from programs.search.prepared import Prepared
from programs.search.record import DEAD, PACKED, PAYER, RECORD, SAMPLE, SESSION, VIRTUAL, Packed
from programs.search.table import FIELD, Counts, Rows, Sessions, Table, place_vector
from programs.search.vocabulary import LAYOUT

log = logging.getLogger(__name__)

CELLS = 4  # to a degree
ACROSS = 360 * CELLS + 1
NO_CELL = np.iinfo(np.int32).max
SPARE = 512  # rows of the tail, at least
# What a row holds; the states a program may treat stand beside the few that are by video only.
HELD = ("ids", "rev", "cost", "start", "told_until", "fresh", "state", "zone", "flags")
# The fields of a record as PACKED gives them, where its place is three numbers.
AS_UNPACKED = [name for field in RECORD.names or () for name in ([*"xyz"] if field == "place" else [field])]
# From so many rows on, if so many of them are in a word, counting in words is cheaper than unpacking the rows.
WORDS_FROM, CLOSE = 1_000, 12
WORDS = 256  # at a time: more do not stay in a processor's own memory

ALL = f"""
SELECT coalesce((SELECT version FROM programs_directoryversion), 0), string_agg(rec, ''::bytea),
  string_agg(payers, ''::bytea), string_agg(sessions, ''::bytea),
  EXISTS (SELECT FROM programs_searchrecord WHERE layout <> {LAYOUT})
FROM programs_searchrecord WHERE layout = {LAYOUT}
"""  # noqa: S608  (a number of ours)
# One statement, so one snapshot: the version, and what changed since ours.
CHANGED = Prepared(
    "search_changed",
    f"""
SELECT v.version, r.program_id, CASE WHEN r.layout = {LAYOUT} THEN r.rec END, r.payers, r.sessions
FROM programs_directoryversion v LEFT JOIN programs_searchrecord r ON r.rev > $1 LIMIT $2
""",  # noqa: S608  (a number of ours)
)


class Index(Table):
    """All published programs as of one version. Not safe for threads by itself; `Directory` guards it."""

    def __init__(self, records: bytes, payers: bytes, sessions: bytes, version: int) -> None:
        super().__init__(records, payers, sessions)
        self.version = version
        self._used = len(self.ids)
        self._sort()
        self._make_room()
        self._draw_words()
        self._tail: dict[int, int] = {}

    @property
    def nbytes(self) -> int:
        """Memory of all columns."""
        arrays = [getattr(self, name) for name in HELD]
        arrays += [self.xyz, self.yes, self.no, self._words, self._cells, self.virtual, self.virtual_in]
        arrays += [self.sessions.first, self.sessions.count, self.sessions.blocks]
        return sum(array.nbytes for array in arrays)

    # --- building ---------------------------------------------------------------------------------------
    def _sort(self) -> None:
        cells = cells_of(self.xyz)
        order = np.argsort(cells, kind="stable")
        for name in (*HELD, "licensed", "yes", "no"):
            setattr(self, name, np.ascontiguousarray(getattr(self, name)[order]))
        self.xyz, self.rev = self.xyz.take(order, axis=1), self.rev.astype(np.uint32)
        self._find_virtual()
        del self.licensed, self._draw_no  # with the records they are drawn from
        self.sessions.first, self.sessions.count = self.sessions.first[order], self.sessions.count[order]
        self._cells = cells[order]

    def _make_room(self) -> None:
        rows = len(self.ids) + max(SPARE, len(self.ids) // 64)
        more = -(-rows // 64) * 64 - len(self.ids)  # whole words
        for name in (*HELD, "yes", "no"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros((more, *column.shape[1:]), column.dtype)]))
        self.flags[self._used :] = DEAD
        self.xyz = np.concatenate([self.xyz, np.full((3, more), np.nan)], axis=1)
        old = self.sessions
        self._blocks_used = len(old.blocks)
        self.sessions = Sessions(
            np.concatenate([old.first, np.zeros(more, np.uint32)]),
            np.concatenate([old.count, np.zeros(more, np.uint16)]),
            np.concatenate([old.blocks, np.zeros(more * 8, SESSION)]),
        )

    def _draw_words(self) -> None:
        """Of each 64 rows one word a bit: its bits are the rows'."""
        self._words = np.empty((len(self.ids) // 64, self.bits), np.uint64)
        for at in range(0, len(self._words), WORDS):  # a part at a time keeps the memory small
            words = self._words[at : at + WORDS]
            bits = np.unpackbits(self.yes[at * 64 : (at + WORDS) * 64], axis=1, bitorder="little")
            by_rows = np.packbits(bits.reshape(len(words), 64, self.bits), axis=1, bitorder="little")
            words[:] = by_rows.transpose(0, 2, 1).copy().view("<u8")[..., 0]

    # --- reading ----------------------------------------------------------------------------------------
    def near(self, latitude: float, longitude: float, radius: float) -> Rows:
        runs = [np.arange(len(self._cells), self._used)]
        for south, north, west, east in sphere.boxes(latitude, longitude, radius):
            first, last = int((west + 180) * CELLS), int((east + 180) * CELLS) + 1
            rows = range(int((south + 90) * CELLS) * ACROSS, int((north + 90) * CELLS) * ACROSS + 1, ACROSS)
            sought = [row + column for row in rows for column in (first, last)]
            # Another type than that of the cells would copy them all at each search.
            edges = self._cells.searchsorted(np.array(sought, np.int32)).tolist()
            runs += [np.arange(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
        return np.concatenate(runs)

    def totals(self, rows: Rows, first: int = 0, last: int | None = None) -> Counts:
        if len(rows) < WORDS_FROM:
            return super().totals(rows, first, last)
        word = rows >> 6
        begins = np.concatenate([[0], (word[1:] != word[:-1]).nonzero()[0] + 1])
        if len(rows) < CLOSE * len(begins):
            return super().totals(rows, first, last)
        words, chosen = word[begins], np.bitwise_or.reduceat(np.uint64(1) << (rows & 63).astype(np.uint64), begins)
        span = slice(first * 8, self.bits if last is None else last * 8)
        total: Counts = np.zeros(span.stop - span.start, np.int64)
        for at in range(0, len(words), WORDS):
            bits = self._words[words[at : at + WORDS], span]
            bits &= chosen[at : at + WORDS, np.newaxis]
            total += np.bitwise_count(bits).sum(axis=0, dtype=np.uint16)
        return total

    # --- patching ---------------------------------------------------------------------------------------
    def patch(self, changed: Sequence[Packed], gone: Sequence[int]) -> bool:
        """Take over changed records and forget the gone ones; False when there is no room left."""
        records = [dict(zip(AS_UNPACKED, PACKED.unpack(packed.rec), strict=True)) for packed in changed]
        if len(records) > len(self.ids) - self._used:
            return False
        if self._blocks_used + sum(fields["n_sessions"] for fields in records) > len(self.sessions.blocks):
            return False
        for program_id in gone:
            if (row := self._row(program_id)) is not None:
                self._bury(row)
        for packed, fields in zip(changed, records, strict=True):
            self._put(packed, fields)
        is_real = any(not fields["flags"] & SAMPLE for fields in records)
        self.has_real = is_real or bool((self.flags & (SAMPLE | DEAD) == 0).any())
        return True

    def _know_payers(self, ids: Iterable[int]) -> None:
        for payer in ids:
            if payer not in self.payer_bit:
                bit = max(self.payer_bit.values(), default=self.first_payer_bit - 1) + 1
                self.payer_bit[payer] = bit
        needed = (max(self.payer_bit.values(), default=0) >> 3) + 1 - self.first_payer_bit // 8
        before = self.yes.shape[1]
        self.widen(needed)
        if self.yes.shape[1] > before:
            more = np.zeros((len(self._words), (self.yes.shape[1] - before) * 8), np.uint64)
            self._words = np.hstack([self._words, more])

    def _row(self, program_id: int, first: int = 0, last: int | None = None) -> int | None:
        """Where a program lies: in the tail, or among the sorted rows [first, last)."""
        if (row := self._tail.get(program_id)) is not None:
            return row
        found = np.flatnonzero(self.ids[first : len(self._cells) if last is None else last] == program_id)
        return first + int(found[0]) if len(found) else None

    def _place_for(self, program_id: int, cell: int) -> int:
        """The program's own row, if it did not move; else a new one in the tail."""
        cells, sought = self._cells, np.int32(cell)
        first, last = int(cells.searchsorted(sought)), int(cells.searchsorted(sought, "right"))
        if (row := self._row(program_id, first, last)) is not None:
            return row
        if (row := self._row(program_id)) is not None:
            self._bury(row)
        self._tail[program_id] = self._used
        self._used += 1
        return self._used - 1

    def _put(self, packed: Packed, fields: dict[str, Any]) -> None:
        place = place_vector(*[fields[name] for name in "xyz"])
        row = self._place_for(fields["id"], cell_of(*place))
        for name in HELD:
            getattr(self, name)[row] = fields[FIELD.get(name, name)]
        self.xyz[:, row] = place
        payers = np.frombuffer(packed.payers, PAYER).tolist()
        self._know_payers(map(abs, payers))
        before, width = self.yes[row].copy(), self.first_payer_bit // 8
        for mine, told in ((self.yes, fields["yes"]), (self.no, fields["no"])):
            mine[row, :width] = np.frombuffer(told, np.uint8)
            mine[row, width:] = 0
        for payer in payers:
            bit = self.payer_bit[abs(payer)]
            (self.yes if payer > 0 else self.no)[row, bit >> 3] |= 1 << (bit & 7)
        if before.tobytes() != self.yes[row].tobytes():
            turned = np.unpackbits(before ^ self.yes[row], bitorder="little").nonzero()[0]
            self._words[row >> 6, turned] ^= np.uint64(1 << (row & 63))
        self._license(row, fields["licensed"] if fields["flags"] & VIRTUAL else None)
        self._put_sessions(row, np.frombuffer(packed.sessions, SESSION))

    def _bury(self, row: int) -> None:
        self.flags[row] = DEAD
        self._license(row, None)

    def _license(self, row: int, states: int | None) -> None:
        others = self.virtual != row
        if states is None and others.all():
            return
        self.virtual, self.virtual_in = self.virtual[others], self.virtual_in[others]
        if states is not None:
            self.virtual = np.append(self.virtual, row)
            self.virtual_in = np.append(self.virtual_in, np.uint64(states))

    def _put_sessions(self, row: int, blocks: npt.NDArray[np.void]) -> None:
        self.sessions.blocks[self._blocks_used : self._blocks_used + len(blocks)] = blocks
        self.sessions.first[row], self.sessions.count[row] = self._blocks_used, len(blocks)
        self._blocks_used += len(blocks)


def cells_of(xyz: sphere.Floats) -> npt.NDArray[np.int32]:
    """The quarter-degree cell of each point, counted row by row from the south pole; NO_CELL without a point."""
    has_point = ~np.isnan(xyz[0])
    cells = np.full(len(has_point), NO_CELL, np.int32)
    latitudes, longitudes = sphere.degrees(xyz[:, has_point])
    cells[has_point] = np.floor((latitudes + 90) * CELLS) * ACROSS + np.floor((longitudes + 180) * CELLS)
    return cells


def cell_of(x: float, y: float, z: float) -> int:
    """The cell of one point: the same for less, because numpy is slow at one."""
    if math.isnan(x):
        return NO_CELL
    latitude, longitude = math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))
    return math.floor((latitude + 90) * CELLS) * ACROSS + math.floor((longitude + 180) * CELLS)


class Directory:
    """This process's index, brought up to date before every use."""

    RETRY_SECONDS = 5.0

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._index: Index | None = None
        self._broken_until = 0.0

    def forget(self) -> None:
        """Read everything anew at the next use."""
        with self.lock:
            self._index, self._broken_until = None, 0.0

    def current(self) -> Index:
        """The index as of this moment. Call it, and use what it gives, under `lock`."""
        if time.monotonic() < self._broken_until:
            raise IndexUnavailableError
        try:
            if self._index is None or not self._catch_up(self._index):
                self._index = _read_all()
        except Exception as error:  # whatever it was, the stateless path answers this request
            log.exception("search index not refreshed")
            self._index, self._broken_until = None, time.monotonic() + self.RETRY_SECONDS
            raise IndexUnavailableError from error
        return self._index

    def _catch_up(self, index: Index) -> bool:
        """Patch what changed; False if it must be read anew."""
        rows = _changed_since(index.version)
        version = rows[0][0] if rows else 0
        if version == index.version:  # nearly always
            return True
        changed = [Packed(*map(bytes, row[2:])) for row in rows if row[2] is not None]
        if version < index.version or len(rows) > SPARE:
            return False
        gone = [row[1] for row in rows if row[1] is not None and row[2] is None]
        if not index.patch(changed, gone):
            return False
        index.version = version
        return True


class IndexUnavailableError(Exception):
    """The index could not be brought up to date."""


def _changed_since(version: int) -> list[tuple[Any, ...]]:
    """The directory's version and up to SPARE + 1 changed records, or a row without one; nothing before the first write.

    As the first question of nearly every request it is also the check whether the kept connection still lives.
    """
    is_checked = connection.health_check_done or connection.in_atomic_block  # type: ignore[attr-defined]  # not in its stubs
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        with connection.cursor() as cursor:
            CHANGED.execute(cursor, version, SPARE + 1)
            return cursor.fetchall()
    except (OperationalError, InterfaceError):
        if is_checked:
            raise
        connection.close()  # the next question opens another
        return _changed_since(version)


def _read_all() -> Index:
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        version, records, payers, sessions, has_others = cursor.fetchone()
    index = Index(bytes(records or b""), bytes(payers or b""), bytes(sessions or b""), version)
    if has_others:
        log.warning("search records of another layout ignored: run rebuild_search")
    return index


directory = Directory()
