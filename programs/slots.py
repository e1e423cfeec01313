"""HTML with holes: a template rendered once, its holes filled for each request by joining strings.

Twenty cards and two hundred filter options cost a stock template several milliseconds a page; filled this
way they cost a fraction of one, and stay ordinary templates that a designer can edit. A hole is written
`{% slot "name" %}`; what fills it must be escaped already. What comes out is ASCII, other characters as references
(so no template here may hold a script or a style sheet): Python joins and encodes it several times as fast.
"""

import html
import re
import secrets
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

# Letters and digits only, so that a hole survives in an address too; random, so that no listing can hold one.
OPEN, CLOSE = f"S{secrets.token_hex(8)}", f"E{secrets.token_hex(8)}"
HOLE = re.compile(f"{OPEN}(.*?){CLOSE}")
SPACE_BETWEEN_TAGS = re.compile(r">\s{2,}<")


@lru_cache(maxsize=10_000)
def hole(name: str) -> SafeString:
    return SafeString(f"{OPEN}{name}{CLOSE}")  # names are ours


def in_ascii(drawn: str) -> SafeString:
    """The same HTML with every other character as a reference."""
    if not drawn.isascii():
        drawn = drawn.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return SafeString(drawn)  # as safe as it came


class Skeleton:
    """A rendered template and the holes in it."""

    def __init__(self, template: str, context: Mapping[str, object], request: HttpRequest | None = None) -> None:
        drawn = SPACE_BETWEEN_TAGS.sub("> <", render_to_string(template, dict(context), request))
        self._parts = HOLE.split(in_ascii(drawn))
        self.holes = self._parts[1::2]

    def fill(self, value_of: Callable[[str], str]) -> SafeString:
        """The whole HTML; `value_of` gives the escaped content of each hole."""
        return self.fill_in_order(map(value_of, self.holes))

    def fill_in_order(self, contents: Iterable[str]) -> SafeString:
        """The whole HTML from the escaped contents of `holes`, one by one."""
        return in_ascii("".join(self.pieces(contents)))  # the caller escapes

    def pieces(self, contents: Iterable[str]) -> list[str]:
        """The same, not joined yet."""
        parts = self._parts.copy()
        parts[1::2] = contents
        return parts


_drawn: dict[tuple[str, str, Hashable], Skeleton] = {}
KEPT_SHAPES = 500


def skeleton(
    template: str,
    language: str,
    shape: Hashable = None,
    *,
    context: Callable[[], Mapping[str, object]] = dict,
    request: Callable[[], HttpRequest | None] = lambda: None,
) -> Skeleton:
    """The skeleton of a template, drawn once for each language and shape of what it reads."""
    key = (template, language, shape)
    if key not in _drawn:
        if len(_drawn) > KEPT_SHAPES:
            _drawn.clear()
        _drawn[key] = Skeleton(template, context(), request())
    return _drawn[key]


class Outline:
    """What a template reads, parted into words and their shape: pages of one shape are one skeleton, filled anew.

    Every text becomes a hole, in lists and dicts too; an empty one stays empty, and numbers, flags and None stay as
    they are. So a template may ask whether there is a text, not what it says.
    """

    def __init__(self, read: Mapping[str, Any]) -> None:
        self._read = read
        self.words: dict[str, str] = {}  # the escaped content of each hole
        self.shape: Hashable = tuple([self._shape(value, name) for name, value in read.items()])

    def _shape(self, value: Any, name: str) -> Hashable:
        if isinstance(value, str):
            if value:
                self.words[name] = value if isinstance(value, SafeString) else html.escape(value)
            return bool(value)
        if isinstance(value, dict):
            return tuple([(key, self._shape(one, f"{name}.{key}")) for key, one in value.items()])
        if isinstance(value, list):
            return tuple([self._shape(one, f"{name}.{number}") for number, one in enumerate(value)])
        return value  # a number, a flag or None

    def stand_ins(self) -> dict[str, object]:
        """What the template reads instead: holes where texts are."""
        return {name: _stand_in(value, name) for name, value in self._read.items()}


def _stand_in(value: Any, name: str) -> object:
    if isinstance(value, str):
        return hole(name) if value else ""
    if isinstance(value, dict):
        return {key: _stand_in(one, f"{name}.{key}") for key, one in value.items()}
    if isinstance(value, list):
        return [_stand_in(one, f"{name}.{number}") for number, one in enumerate(value)]
    return value
