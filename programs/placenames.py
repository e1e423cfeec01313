"""How the names of places are compared: one spelling for every way people write a town."""

import re
import unicodedata

# Short forms that the Post Office and people use, and what they stand for.
SHORT_FORMS = {
    "st": "saint",
    "ste": "sainte",
    "ft": "fort",
    "mt": "mount",
    "pt": "point",
    "hts": "heights",
    "spgs": "springs",
    "spg": "spring",
    "jct": "junction",
    "vlg": "village",
    "twp": "township",
}
# "N Little Rock"; "St" is expanded anywhere, a compass point only in front of a name.
COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west"}


def ascii_fold(text: str) -> str:
    """Lower case without accents: "Cañon City" → "canon city"."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def words(text: str) -> list[str]:
    """The words of a name, without punctuation: "Coeur d'Alene" → ["coeur", "dalene"]."""
    return re.sub(r"[^a-z0-9 ]", " ", ascii_fold(text).replace("&", " and ").replace("'", "")).split()


def key(name: str) -> str:
    """One key for every spelling of a name; equal keys mean the same name.

    Blanks go, because nobody agrees on them: "Mc Lean", "McLean"; "St. Louis", "Saint Louis"; "Coeur d Alene".
    """
    return key_of_words(words(name))


def key_of_words(parts: list[str]) -> str:
    """The key of a name that is already split into words."""
    if len(parts) > 1 and parts[0] in COMPASS:
        parts = [COMPASS[parts[0]], *parts[1:]]
    full = [SHORT_FORMS.get(word, word) for word in parts]
    if len(full) > 1 and full[-1] == "township":
        full = full[:-1]
    return "".join(full)
