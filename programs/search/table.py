"""Search records as columns in memory, and the questions the arithmetic asks of them.

Both the index and the stateless path read programs through this one class, so they cannot differ in what
a record means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from programs.search import sphere
from programs.search.record import (
    DEAD,
    DEGREE,
    NOWHERE,
    PAYER,
    RECORD,
    SAMPLE,
    SESSION,
    VIRTUAL,
)
from programs.search.vocabulary import LAYOUT, WIDTH

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]


@dataclass
class Sessions:
    """Required weekly sessions: those of row r are `count[r]` of `blocks` from `first[r]` on."""

    first: npt.NDArray[np.uint32]
    count: npt.NDArray[np.uint16]
    blocks: npt.NDArray[np.void]

    def of(self, rows: Rows) -> tuple[npt.NDArray[np.void], Rows]:
        """The sessions of these rows, and for each the place of its row in `rows`."""
        counts = self.count[rows].astype(np.int64)
        place = np.repeat(np.arange(len(rows)), counts)
        first = np.repeat(self.first[rows] - (np.cumsum(counts) - counts), counts)
        return self.blocks[first + np.arange(len(place))], place


class Table:
    """Programs as columns. `yes` and `no` hold the facets' bits, then one bit for each named payer."""

    first_payer_bit = WIDTH * 8
    ids: npt.NDArray[np.uint32]
    rev: npt.NDArray[np.uint32]
    xyz: sphere.Floats
    cost: npt.NDArray[np.int32]
    start: npt.NDArray[np.uint16]
    told_until: npt.NDArray[np.uint16]
    fresh: npt.NDArray[np.uint16]
    state: npt.NDArray[np.uint8]
    zone: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    licensed: npt.NDArray[np.uint64]
    yes: npt.NDArray[np.uint8]
    no: npt.NDArray[np.uint8]

    def __init__(self, records: bytes, payers: bytes, sessions: bytes) -> None:
        raw = np.frombuffer(records, RECORD)
        known = raw["layout"] == LAYOUT
        self.skipped = int(len(raw) - known.sum())
        self.payer_bit: dict[int, int] = {}
        self._payer_bytes = 0
        keep = np.flatnonzero(known)
        self._read_columns(raw[keep])
        self._read_payers(raw["n_payers"], np.frombuffer(payers, PAYER), keep)
        self._read_sessions(raw["n_sessions"], np.frombuffer(sessions, SESSION), keep)
        self.has_real = bool((self.flags & (SAMPLE | DEAD) == 0).any())

    def __len__(self) -> int:
        return len(self.ids)

    def _read_columns(self, raw: npt.NDArray[np.void]) -> None:
        self.ids = raw["id"].astype(np.uint32)
        self.rev = raw["rev"].astype(np.uint32)
        self.xyz = place_vectors(raw)
        for name in ("cost", "start", "told_until", "fresh", "state", "zone", "flags", "licensed"):
            setattr(self, name, np.ascontiguousarray(raw[name]))
        self.yes, self.no = np.ascontiguousarray(raw["yes"]), np.ascontiguousarray(raw["no"])

    def _read_payers(self, counts: npt.NDArray[np.uint16], payers: npt.NDArray[np.int32], keep: Rows) -> None:
        if not len(payers):
            return
        row_of = np.full(len(counts), -1)
        row_of[keep] = np.arange(len(keep))
        rows = np.repeat(row_of, counts)
        rows, payers = rows[rows >= 0], payers[rows >= 0]
        ids, numbers = np.unique(np.abs(payers), return_inverse=True)
        self.payer_bit = {int(payer): WIDTH * 8 + number for number, payer in enumerate(ids.tolist())}
        self.widen((len(ids) + 7) // 8)
        bits = WIDTH * 8 + numbers
        for matrix, wanted in ((self.yes, payers > 0), (self.no, payers < 0)):
            np.bitwise_or.at(matrix, (rows[wanted], bits[wanted] >> 3), (1 << (bits[wanted] & 7)).astype(np.uint8))

    def _read_sessions(self, counts: npt.NDArray[np.uint16], blocks: npt.NDArray[np.void], keep: Rows) -> None:
        if not len(blocks):
            counts = np.zeros_like(counts)
        first = np.cumsum(counts, dtype=np.uint32) - counts
        self.sessions = Sessions(first[keep].astype(np.uint32), counts[keep], blocks)

    def widen(self, payer_bytes: int) -> None:
        """Make room for more named payers."""
        more = payer_bytes - self._payer_bytes
        if more > 0:
            self.yes = np.pad(self.yes, ((0, 0), (0, more)))
            self.no = np.pad(self.no, ((0, 0), (0, more)))
            self._payer_bytes = payer_bytes

    @property
    def bits(self) -> int:
        return self.yes.shape[1] * 8

    def everything(self) -> Rows:
        return np.flatnonzero(self.flags & DEAD == 0)

    def near(self, latitude: float, longitude: float, radius: float) -> Rows:
        """Rows that may lie within `radius` miles; the caller measures."""
        return self.everything()

    def virtual_rows(self) -> Rows:
        return np.flatnonzero(self.flags & (VIRTUAL | DEAD) == VIRTUAL)

    def any_yes(self, rows: Rows, bits: Sequence[int]) -> Mask:
        """Which of these rows say yes to at least one of the bits."""
        found: Mask = np.logical_or.reduce(self._test(self.yes, rows, bits), axis=1)
        return found

    def all_no(self, rows: Rows, bits: Sequence[int]) -> Mask:
        """Which of these rows say no to every one of the bits."""
        found: Mask = np.logical_and.reduce(self._test(self.no, rows, bits), axis=1)
        return found

    @staticmethod
    def _test(matrix: npt.NDArray[np.uint8], rows: Rows, bits: Sequence[int]) -> Mask:
        columns = np.array([bit >> 3 for bit in bits], np.intp)
        masks = np.array([1 << (bit & 7) for bit in bits], np.uint8)
        found: Mask = (matrix[rows[:, None], columns] & masks) != 0
        return found

    def totals(self, rows: Rows, first: int = 0, last: int | None = None) -> Counts:
        """How many of these rows say yes to each bit of the bytes [first, last)."""
        chosen = self.yes[:, first:last]
        total = np.zeros(chosen.shape[1] * 8, np.int64)
        for at in range(0, len(rows), 16384):  # one part at a time, so that counters may be two bytes
            part = np.unpackbits(chosen[rows[at : at + 16384]], axis=1, bitorder="little")
            total += part.sum(axis=0, dtype=np.uint16)
        return total


def place_vectors(raw: npt.NDArray[np.void]) -> sphere.Floats:
    """Where the programs are; not a number for one without a point."""
    lat, lng = np.radians(raw["lat"] / DEGREE), np.radians(raw["lng"] / DEGREE)
    xyz: sphere.Floats = np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=1)
    xyz[raw["lat"] == NOWHERE] = np.nan
    return xyz
