"""A source's news brought into a listing that people have edited: their edits stay."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def merged(
    current: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    elsewhere: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The columns of a listing after its source changed from `before` to `after`.

    A single value follows the source only while it still is what the source last said. In an array,
    what the source added is added and what it withdrew is withdrawn; values a curator added stay, and so do
    those that another source of the listing still says (`elsewhere`).
    """

    def values(column: str, said: Iterable[str]) -> tuple[str, ...]:
        others = {value for other in elsewhere for value in other.get(column, ())}
        return _merged_values(current[column], set(before.get(column, ())), tuple(said), others)

    result: dict[str, Any] = {}
    for column, said in after.items():
        if column == "not_offered":
            continue
        if isinstance(said, tuple):
            result[column] = values(column, said)
        else:
            result[column] = said if current[column] == before.get(column, current[column]) else current[column]
    if "not_offered" in after:
        offered = _offered(result)
        tokens = values("not_offered", after["not_offered"])
        result["not_offered"] = tuple(token for token in tokens if token not in offered)
    return result


def _merged_values(
    current: Sequence[str], before: set[str], after: tuple[str, ...], elsewhere: set[str]
) -> tuple[str, ...]:
    withdrawn = before.difference(after, elsewhere)
    kept = [value for value in current if value not in withdrawn]
    return (*kept, *(value for value in after if value not in before and value not in current))


def _offered(columns: Mapping[str, Any]) -> set[str]:
    from programs.models.program import FACET_COLUMNS

    return {f"{facet}:{value}" for facet, column in FACET_COLUMNS.items() for value in columns.get(column, ())}
