"""Keep translations current without a system gettext: Babel extracts, polib writes and compiles.

    python scripts/messages.py            extract into locale/*/LC_MESSAGES/django.po and compile
    python scripts/messages.py --check    fail if that would change a file, or if a translation is missing

Catalogues carry file names but no line numbers and no dates, so that they change only when a text does.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("es",)
PACKAGES = ("iopfinder", "insurance", "programs", "accounts", "guides")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
METADATA = {
    "Project-Id-Version": "IOP Finder",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

# Context ("" for none), text, plural ("" for none): what a translation is found by.
Key = tuple[str, str, str]


def sources() -> Iterator[Path]:
    """Files that may hold texts for people."""
    for package in PACKAGES:
        folder = ROOT / package
        yield from (path for path in folder.rglob("*.py") if "migrations" not in path.parts)
        yield from (path for path in folder.rglob("templates/**/*") if path.suffix in {".html", ".txt"})
    yield from (path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})


def extracted() -> dict[Key, tuple[set[str], list[str]]]:
    """Every marked text with the files it stands in and the comments for translators."""
    found: dict[Key, tuple[set[str], list[str]]] = {}
    for path in sources():
        text = path.read_text()
        if path.suffix != ".py":
            text = _as_python(text, path)
        for _line, message, comments, context in extract(
            "python", io.BytesIO(text.encode()), keywords=KEYWORDS, comment_tags=("Translators:",)
        ):
            singular, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, "")
            if singular:
                files, notes = found.setdefault((context or "", singular, plural), (set(), []))
                files.add(path.relative_to(ROOT).as_posix())
                notes.extend(note for note in comments if note not in notes)
    return found


def _as_python(template: str, path: Path) -> str:
    """The template with everything but its texts blanked out, in a form Python's tokenizer can read."""
    return "\n".join(line.lstrip() for line in templatize(template, origin=str(path)).splitlines())


def updated(old: polib.POFile, texts: dict[Key, tuple[set[str], list[str]]]) -> polib.POFile:
    """A catalogue of exactly these texts, with the translations the old one had."""
    known = {(entry.msgctxt or "", entry.msgid, entry.msgid_plural): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=110)
    new.metadata = METADATA | {"Language": old.metadata.get("Language", "")}
    for key in sorted(texts, key=lambda each: (each[1].lower(), each)):
        files, notes = texts[key]
        before = known.get(key)
        entry = polib.POEntry(
            msgctxt=key[0] or None,
            msgid=key[1],
            msgid_plural=key[2],
            occurrences=[(file, "") for file in sorted(files)],
            comment="\n".join(notes),
            flags=["python-format"] if "%(" in key[1] else [],
        )
        if key[2]:
            entry.msgstr_plural = dict(before.msgstr_plural) if before else {0: "", 1: ""}
        else:
            entry.msgstr = before.msgstr if before else ""
        if before and before.fuzzy:
            entry.flags.append("fuzzy")
        new.append(entry)
    return new


def gaps(catalogue: polib.POFile) -> Iterator[str]:
    """What a reader would notice: a text without translation, or one that lost or invented a placeholder."""
    for entry in catalogue:
        given = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy or not all(given):
            yield f"not translated: {entry.msgid!r}"
            continue
        allowed = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        if not set(PLACEHOLDER.findall(" ".join(given))) <= allowed:
            yield f"unknown placeholder in the translation of {entry.msgid!r}"
        elif set(PLACEHOLDER.findall(given[-1])) != wanted:
            yield f"placeholder lost in the translation of {entry.msgid!r}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(arguments).check
    settings.configure(USE_I18N=False)
    texts = extracted()
    problems = [problem for language in LANGUAGES for problem in _one_language(language, texts, check=check)]
    for problem in problems:
        print(problem)
    return 1 if check and problems else 0


def _one_language(language: str, texts: dict[Key, tuple[set[str], list[str]]], *, check: bool) -> list[str]:
    po = LOCALE / language / "LC_MESSAGES" / "django.po"
    mo = po.with_suffix(".mo")
    old = polib.pofile(str(po), wrapwidth=110) if po.is_file() else polib.POFile(wrapwidth=110)
    old.metadata["Language"] = language
    new = updated(old, texts)
    text, binary = str(new) + "\n", new.to_binary()
    stale = []
    if check:
        stale = [
            f"{path.relative_to(ROOT)} is not current: run `make messages`"
            for path, content in ((po, text.encode()), (mo, binary))
            if not path.is_file() or path.read_bytes() != content
        ]
    else:
        po.parent.mkdir(parents=True, exist_ok=True)
        po.write_text(text)
        mo.write_bytes(binary)
    return stale + [f"{language}: {gap}" for gap in gaps(new)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
