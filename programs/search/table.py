"""Search records as columns in memory, and the questions the arithmetic asks of them.

Both the index and the stateless path read programs through this one class, so they cannot differ in what
a record means.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from django.utils.functional import cached_property  # Python 3.11 locks its own at each use

from programs.search import sphere
from programs.search.record import (
    DEAD,
    NOWHERE,
    PARTS,
    PAYER,
    RECORD,
    SAMPLE,
    SESSION,
    VIRTUAL,
)
from programs.search.vocabulary import WIDTH

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]


PART = 16_384  # rows at a time, where each needs much memory for a moment
MANY = 1_500  # rows from which on adding bits is cheaper than unpacking them
COLUMNS = ("ids", "rev", "cost", "start", "told_until", "fresh", "state", "zone", "flags", "licensed")
FIELD = {"ids": "id"}


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

    def __init__(self, records: bytes, payers: bytes, sessions: bytes, *, only_video_meets: bool = False) -> None:
        """With `only_video_meets`, `sessions` are those of programs by video; the others then have none."""
        raw = np.frombuffer(records, RECORD)
        self._read_answers(raw, np.frombuffer(payers, PAYER))
        counts = (
            np.where(raw["flags"] & VIRTUAL, raw["n_sessions"], np.uint16(0)) if only_video_meets else raw["n_sessions"]
        )
        self._read_sessions(counts, np.frombuffer(sessions, SESSION))
        for name in COLUMNS:
            setattr(self, name, raw[FIELD.get(name, name)])
        self.xyz = place_vectors(raw)
        self._find_virtual()
        self.has_real = bool((self.flags & (SAMPLE | DEAD) == 0).any())

    def __len__(self) -> int:
        return len(self.ids)

    def _read_answers(self, raw: npt.NDArray[np.void], payers: npt.NDArray[np.int32]) -> None:
        ids, numbers = _numbered(np.abs(payers).astype(np.intp))
        self.payer_bit = {payer: WIDTH * 8 + number for number, payer in enumerate(ids.tolist())}
        draw = partial(_answers, raw, numbers, room=(len(ids) + 7) // 8)
        self.yes = draw(payers > 0, name="yes")
        self._draw_no = partial(draw, payers < 0, name="no")

    @cached_property
    def no(self) -> npt.NDArray[np.uint8]:
        """Drawn when it is first asked for: a search without filters never asks."""
        return self._draw_no()

    def _read_sessions(self, counts: npt.NDArray[np.uint16], blocks: npt.NDArray[np.void]) -> None:
        if not len(blocks):
            counts = np.zeros_like(counts)
        first = np.cumsum(counts, dtype=np.uint32) - counts
        self.sessions = Sessions(first.astype(np.uint32), counts, blocks)

    def _find_virtual(self) -> None:
        """Programs by video only: their rows and the states they may treat."""
        self.virtual = np.flatnonzero(self.flags & VIRTUAL)
        self.virtual_in = self.licensed[self.virtual]

    def widen(self, payer_bytes: int) -> None:
        """Make room for more named payers."""
        if payer_bytes > self.yes.shape[1] - WIDTH:
            more = np.zeros((len(self.yes), payer_bytes + WIDTH - self.yes.shape[1]), np.uint8)
            self.yes, self.no = np.hstack([self.yes, more]), np.hstack([self.no, more])

    @property
    def bits(self) -> int:
        return self.yes.shape[1] * 8

    def everything(self) -> Rows:
        return np.flatnonzero(self.flags & DEAD == 0)

    def near(self, latitude: float, longitude: float, radius: float) -> Rows:
        """Rows that may lie within `radius` miles; the caller measures."""
        return self.everything()

    def by_video(self, state: int | None) -> tuple[Rows, Mask]:
        """Programs by video only that may treat people in this state, and (not marked) those that tell no states.

        With None, all of them are given and marked; for what is no state, none.
        """
        if state is None:
            return self.virtual, np.ones(len(self.virtual), bool)
        there = (self.virtual_in & np.uint64(1 << state) != 0) if state < 64 else np.zeros(len(self.virtual), bool)
        perhaps = there | (self.virtual_in == 0) if state < 64 else there
        return self.virtual[perhaps], there[perhaps]

    def any_yes(self, rows: Rows, bits: Sequence[int]) -> Mask:
        """Which of these rows say yes to at least one of the bits."""
        found = np.zeros(len(rows), np.uint8)
        for byte, mask in _by_byte(tuple(bits)):
            found |= self.yes[:, byte][rows] & mask
        return found != 0

    def all_no(self, rows: Rows, bits: Sequence[int]) -> Mask:
        """Which of these rows say no to every one of the bits."""
        other = np.zeros(len(rows), np.uint8)
        for byte, mask in _by_byte(tuple(bits)):
            other |= ~self.no[:, byte][rows] & mask
        return other == 0

    def totals(self, rows: Rows, first: int = 0, last: int | None = None) -> Counts:
        """How many of these rows say yes to each bit of the bytes [first, last)."""
        width = len(range(self.yes.shape[1])[first:last])
        total: Counts = np.zeros(width * 8, np.int64)
        for at in range(0, len(rows), PART):
            total += _columns(self.yes.take(rows[at : at + PART], axis=0)[:, first:last])
        return total


def _answers(raw: npt.NDArray[np.void], numbers: Rows, said: Mask, *, name: str, room: int) -> npt.NDArray[np.uint8]:
    """Rows of bits: the facets', and in `room` more bytes those of named payers, each set if it is `said`."""
    answers = np.zeros((len(raw), WIDTH + room), np.uint8)
    answers[:, :WIDTH] = raw[name]
    ends = raw["n_payers"].cumsum(dtype=np.int64)[PART - 1 :: PART].tolist()
    for part, (first, last) in enumerate(pairwise([0, *ends, len(numbers)])):
        if said[first:last].any():
            rows = slice(part * PART, part * PART + PART)
            answers[rows, WIDTH:] = _bits(raw["n_payers"][rows], numbers[first:last], said[first:last], bytes_=room)
    return answers


def _bits(counts: npt.NDArray[np.uint16], numbers: Rows, said: Mask, *, bytes_: int) -> npt.NDArray[np.uint8]:
    """Rows of bits: row r has the next `counts[r]` of `numbers`, each set if it is `said`."""
    room = bytes_ * 8
    bits = np.zeros(len(counts) * room, bool)
    bits[np.repeat(np.arange(len(counts)) * room, counts) + numbers] = said
    return np.packbits(bits, bitorder="little").reshape(len(counts), bytes_)


def _columns(bits: npt.NDArray[np.uint8]) -> Counts:
    """How many of at most 65,535 rows have each bit.

    Many rows are first added up as bits, by full adders (Harley and Seal's way): three rows become their sum and their
    carry, so that fifteen become four, and few are left to unpack.
    """
    if len(bits) < MANY:
        one_by_one = np.unpackbits(bits, axis=1, bitorder="little")
        total = np.zeros(one_by_one.shape[1], np.int64)
        for at in range(0, len(bits), 255):  # what a byte can count is counted in bytes
            total += one_by_one[at : at + 255].sum(axis=0, dtype=np.uint8)
        return total
    share = len(bits) // 15
    total, weight = _columns(bits[share * 15 :]), 1
    summands = [bits[share * part : share * (part + 1)] for part in range(15)]
    while summands:
        carries = []
        while len(summands) > 2:
            one, two, three = summands.pop(), summands.pop(), summands.pop()
            odd = one ^ two
            carries.append((one & two) | (odd & three))
            summands.append(odd ^ three)
        for summand in summands:
            total += weight * _columns(summand)
        summands, weight = carries, weight * 2
    return total


def _numbered(ids: Rows) -> tuple[Rows, Rows]:
    """The different ids in rising order, and for each of `ids` its place among them. Ids are small: no sorting."""
    if len(ids) == 0 or ids.max() > 64 * len(ids):
        return np.unique(ids, return_inverse=True)
    used = np.zeros(int(ids.max()) + 1, bool)
    used[ids] = True
    return used.nonzero()[0], (used.cumsum() - 1).take(ids)


@lru_cache(maxsize=2000)
def _by_byte(bits: tuple[int, ...]) -> list[tuple[int, np.uint8]]:
    """The bits as (byte, mask)."""
    masks: dict[int, int] = {}
    for bit in bits:
        masks[bit >> 3] = masks.get(bit >> 3, 0) | 1 << (bit & 7)
    return [(byte, np.uint8(mask)) for byte, mask in masks.items()]


def place_vectors(raw: npt.NDArray[np.void]) -> sphere.Floats:
    """Where the programs are, one row each of x, y and z; not a number for one without a place."""
    places = raw["place"].T
    xyz: sphere.Floats = np.divide(places, PARTS, order="C")
    xyz[:, places[0] == NOWHERE] = np.nan
    return xyz


def place_vector(x: int, y: int, z: int) -> tuple[float, float, float]:
    """The same of one program."""
    return (math.nan,) * 3 if x == NOWHERE else (x / PARTS, y / PARTS, z / PARTS)
