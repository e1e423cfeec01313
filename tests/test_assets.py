"""What a visitor's phone must fetch, and whether its colours can be read: budgets of the look."""

import re
from itertools import chain
from pathlib import Path

import brotli
import pytest

STATIC = Path(__file__).resolve().parent.parent / "static"
KILOBYTE = 1024


def sent(*files: Path) -> int:
    return sum(len(brotli.compress(file.read_bytes())) for file in files)


@pytest.mark.parametrize("name", ["app.css", "desk.css", "sheet.css"])
def test_each_style_sheet_is_at_most_12_kb(name):
    assert sent(STATIC / "css" / name) <= 12 * KILOBYTE


def test_our_own_script_of_a_public_page_is_at_most_6_kb():
    assert sent(STATIC / "js" / "app.js") <= 6 * KILOBYTE


def test_fonts_are_at_most_30_kb():
    assert sum(font.stat().st_size for font in (STATIC / "fonts").glob("*.woff2")) <= 30 * KILOBYTE


def test_styles_and_scripts_ask_nobody_outside():
    for file in chain(STATIC.glob("css/*.css"), STATIC.glob("js/*.js")):
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(\"?//", text), file.name


def test_third_party_files_bring_their_licence():
    for folder in (STATIC / "vendor").iterdir():
        assert any(file.name.upper().startswith("LICENSE") for file in folder.iterdir()), folder.name
    assert {font.stem for font in (STATIC / "fonts").glob("*.woff2")} == {
        file.stem.removesuffix("-OFL") for file in (STATIC / "fonts").glob("*-OFL.txt")
    }


def tokens() -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+-?\d?): (#[0-9a-f]{3,6});", (STATIC / "css" / "app.css").read_text()))


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "paper", 4.5),
        ("ink-2", "paper", 4.5),
        ("ink-2", "sand-1", 4.5),
        ("ink-3", "paper", 4.5),
        ("ink-3", "sand-1", 4.5),
        ("surface", "pine-9", 4.5),
        ("surface", "pine-7", 4.5),
        ("pine-7", "paper", 4.5),
        ("pine-7", "pine-1", 4.5),
        ("clay-7", "clay-1", 4.5),
        ("surface", "clay-6", 4.5),
        ("gold-7", "gold-1", 4.5),
        ("red-7", "red-0", 4.5),
        ("surface", "red-7", 4.5),
        ("edge", "surface", 3),
        ("edge", "paper", 3),
        ("ink", "gold-1", 4.5),
    ],
)
def test_every_pair_of_colours_in_use_can_be_read(ink, ground, least):
    colour = tokens()
    assert contrast(colour[ink], colour[ground]) >= least
