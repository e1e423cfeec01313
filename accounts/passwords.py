"""A blocklist that fits a 15-character minimum.

Lists of leaked passwords hold almost nothing that long, so long passwords are tested for the shapes
people reach for instead: repeats, sequences, walks over the keyboard, a common word doubled, and the
words of this place (the site's name, the person's own).
"""

import re
from functools import cache
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CONTEXT_WORDS = ("iopfinder", "finder", "helpline", "recovery", "treatment", "insurance", "verification", "password")
KEYBOARD_ROWS = ("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.")
WALK = 4  # neighbours in a row before it counts as a walk
SHORTEST_WORD = 4
ENOUGH_LEFT = 6  # characters that must remain when what is guessable is taken away


class GuessableShapeValidator:
    """Refuses long passwords that are short ideas."""

    def validate(self, password: str, user: Any = None) -> None:
        text = password.casefold()
        if is_repeat(text):
            raise ValidationError(_("This password repeats a short piece."), code="password_repeats")
        if len(without_walks(text)) < ENOUGH_LEFT:
            raise ValidationError(_("This password is a sequence or a walk over the keyboard."), code="password_walk")
        if is_few_common_words(text):
            raise ValidationError(_("This password is one or two common words."), code="password_common_words")
        if len(without_words(text, context_words(user))) < ENOUGH_LEFT:
            raise ValidationError(
                _("This password is made of this site's words or your name."), code="password_context"
            )

    def get_help_text(self) -> str:
        return _("A few unrelated words work well. No repeats, sequences, or the name of this site.")


def is_repeat(text: str) -> bool:
    """True for “abcabcabcabcabc” and for fewer than five different characters."""
    return len(set(text)) < 5 or bool(re.fullmatch(r"(.{1,7}?)\1+.{0,6}", text))


def without_walks(text: str) -> str:
    """`text` without runs of neighbours in the alphabet, in numbers, or on a keyboard."""
    left, position = [], 0
    while position < len(text):
        length = _walk_length(text, position)
        if length < WALK:
            left.append(text[position])
            length = 1
        position += length
    return "".join(left)


def _walk_length(text: str, start: int) -> int:
    longest = 1
    for neighbours in _neighbour_tests():
        end = start + 1
        while end < len(text) and neighbours(text[end - 1], text[end]):
            end += 1
        longest = max(longest, end - start)
    return longest


@cache
def _neighbour_tests() -> tuple[Any, ...]:
    def step(by: int) -> Any:
        return lambda a, b: ord(b) - ord(a) == by

    walks = {pair for row in KEYBOARD_ROWS for line in (row, row[::-1]) for pair in pairwise(line)}
    return (step(1), step(-1), lambda a, b: (a, b) in walks)


def is_few_common_words(text: str) -> bool:
    """True if letters are at most two common words (or one of them repeated) and little else is there."""
    letters = re.sub(r"[^a-z]", "", text)
    if len(text) - len(letters) >= ENOUGH_LEFT:
        return False
    common = _common_passwords()
    pieces = range(SHORTEST_WORD, len(letters) - SHORTEST_WORD + 1)
    return letters in common or any(letters[:cut] in common and letters[cut:] in common for cut in pieces)


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(word for word in CommonPasswordValidator().passwords if len(word) >= SHORTEST_WORD)


def context_words(user: Any) -> list[str]:
    """Words anybody here would try first, longest first."""
    own = f"{getattr(user, 'name', '')} {getattr(user, 'email', '')} {settings.OPERATOR['site_name']}".casefold()
    words = {*CONTEXT_WORDS, *re.split(r"[^\w]+", own)}
    return sorted((word for word in words if len(word) >= SHORTEST_WORD), key=len, reverse=True)


def without_words(text: str, words: list[str]) -> str:
    """The letters that are left when `words` are taken out; all of `text` if none is in it."""
    left = text
    for word in words:
        left = left.replace(word, "")
    return text if left == text else re.sub(r"[\W\d_]", "", left)
