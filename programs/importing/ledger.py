"""What a directory told us before: which program a row is, whether it says anything new."""

import itertools
from typing import NamedTuple

from programs.choices import Status
from programs.importing.samhsa import key_of
from programs.importing.samhsa_codes import Side
from programs.models import SourceRecord

SOURCES: dict[Side, SourceRecord.Source] = {
    "su": SourceRecord.Source.SAMHSA_SU,
    "mh": SourceRecord.Source.SAMHSA_MH,
}


class Seen(NamedTuple):
    """One source record, without its raw row."""

    id: int
    key: str
    program_id: int
    content_hash: str
    survey_year: int
    is_draft: bool
    is_placed: bool


class Ledger:
    """The records of one directory, and of its sister directory (substance use, mental health)."""

    def __init__(self, side: Side) -> None:
        self.mine = _records(SOURCES[side])
        self.sister = _records(SOURCES["mh" if side == "su" else "su"])
        self.newest_year = max((record.survey_year for record in self.mine.values()), default=0)
        self._taken: set[str] = set()

    def claim(self, identity: str, phone: str, content_hash: str) -> str:
        """The key of a row. Rows of one file never share one: the telephone tells twins apart, then their order."""
        bare = key_of(identity)
        if bare not in self.mine and bare not in self._taken:
            self._taken.add(bare)
            return bare
        by_phone = key_of(identity, phone)
        numbered = (key_of(identity, phone, str(number)) for number in itertools.count(2))
        known = [by_phone, bare, *itertools.takewhile(self.mine.__contains__, numbered)]
        same = (key for key in known if key in self.mine and self.mine[key].content_hash == content_hash)
        told_apart = (key for key in known[:1] if key in self.mine)
        numbered = (key_of(identity, phone, str(number)) for number in itertools.count(2))
        choice = itertools.chain(same, told_apart, (bare, by_phone), numbered)
        key = next(key for key in choice if key not in self._taken)
        self._taken.add(key)
        return key

    def find_sister(self, identity: str, phone: str) -> Seen | None:
        """The same place's record in the other directory."""
        if not self.sister:
            return None
        return self.sister.get(key_of(identity, phone)) or self.sister.get(key_of(identity))


def _records(source: SourceRecord.Source) -> dict[str, Seen]:
    rows = SourceRecord.objects.filter(source=source).values_list(
        *("pk", "key", "program_id", "content_hash", "survey_year", "program__status", "program__latitude")
    )
    return {
        key: Seen(pk, key, program_id, digest, year, is_draft=status == Status.DRAFT, is_placed=latitude is not None)
        for pk, key, program_id, digest, year, status, latitude in rows.iterator()
    }
