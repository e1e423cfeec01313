"""Flesch–Kincaid grade of English text: school years needed to read it. 8 is a newspaper; our pages stay below."""

import re

WORD = re.compile(r"[A-Za-z]+(?:[’'-][A-Za-z]+)*")
VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    letters = re.sub(r"[^a-z]", "", word.lower())
    count = len(VOWELS.findall(letters))
    if letters.endswith("e") and not letters.endswith(("le", "ee")) and count > 1:
        count -= 1
    return max(count, 1)


def sentences(text: str) -> list[str]:
    """Sentences of at least four words, block by block (blank lines part them); headings are not prose."""
    blocks = (re.sub(r"\s+", " ", block).strip() for block in text.split("\n\n"))
    parts = [part for block in blocks for part in re.split(r"(?<=[.?!”])\s+", block)]
    return [
        part for part in parts if len(WORD.findall(part)) >= 4 and part.rstrip().endswith((".", "?", "!", "”", ":"))
    ]


def grade(text: str) -> float:
    prose = sentences(text)
    words = [word for sentence in prose for word in WORD.findall(sentence)]
    return 0.39 * len(words) / len(prose) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
