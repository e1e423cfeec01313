"""A source's news brought into a listing that people have edited: their edits stay."""

from collections.abc import Mapping
from typing import Any


def merged(current: Mapping[str, Any], *, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a listing after its source changed from `before` to `after`.

    A single value follows the source only while it still is what the source last said. In an array,
    what the source added is added and what it withdrew is withdrawn; values a curator added stay.
    """
    result: dict[str, Any] = {}
    for column, said in after.items():
        if column == "not_offered":
            continue
        if isinstance(said, tuple):
            result[column] = _merged_values(current[column], before.get(column, ()), said)
        else:
            result[column] = said if current[column] == before.get(column, current[column]) else current[column]
    if "not_offered" in after:
        tokens = _merged_values(current["not_offered"], before.get("not_offered", ()), after["not_offered"])
        offered = _offered(result)
        result["not_offered"] = tuple(token for token in tokens if token not in offered)
    return result


def _merged_values(current: list[str], before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    withdrawn = set(before).difference(after)
    kept = [value for value in current if value not in withdrawn]
    return (*kept, *(value for value in after if value not in before and value not in current))


def _offered(columns: Mapping[str, Any]) -> set[str]:
    from programs.models.program import FACET_COLUMNS

    return {f"{facet}:{value}" for facet, column in FACET_COLUMNS.items() for value in columns.get(column, ())}
