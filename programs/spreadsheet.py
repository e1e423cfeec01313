"""Cells of a CSV file that a spreadsheet shows and does not run."""

import re

# What begins a formula, in full width too, also behind spaces and characters that nobody sees.
FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05]|[\t\r\n]")


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text
