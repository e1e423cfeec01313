"""The catalogue tool finds every text, and every gap a reader would notice."""

from pathlib import Path

import polib
import pytest

from scripts import messages


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "programs").mkdir()
    (tmp_path / "templates").mkdir()
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    return tmp_path


def test_texts_are_found_in_code_and_templates(project: Path) -> None:
    (project / "programs" / "words.py").write_text('x = _("Evening")\ny = ngettext("%(n)s day", "%(n)s days", n)\n')
    (project / "templates" / "page.html").write_text(
        '{% load i18n %}\n<p>{% translate "Don\'t worry" %}</p>\n'
        "    {% blocktranslate count n=days trimmed %}\n      {{ n }} hour\n    {% plural %}\n      {{ n }} hours\n"
        "    {% endblocktranslate %}\n"
        '{% translate "Open" context "place" %}\n'
    )
    assert set(messages.extracted()) == {
        ("", "Evening", ""),
        ("", "%(n)s day", "%(n)s days"),
        ("", "Don't worry", ""),
        ("", "%(n)s hour", "%(n)s hours"),
        ("place", "Open", ""),
    }


def catalogue(**translations: str) -> polib.POFile:
    texts = {("", msgid, ""): ({"page.html"}, []) for msgid in translations}
    old = polib.POFile()
    old.extend(polib.POEntry(msgid=msgid, msgstr=msgstr) for msgid, msgstr in translations.items())
    return messages.updated(old, texts)


def test_a_translation_is_kept_and_a_text_that_is_gone_goes() -> None:
    old = polib.POFile()
    old.extend([polib.POEntry(msgid="Yes", msgstr="Sí"), polib.POEntry(msgid="Gone", msgstr="Ido")])
    new = messages.updated(old, {("", "Yes", ""): ({"a.html"}, []), ("", "New", ""): ({"a.html"}, [])})
    assert {entry.msgid: entry.msgstr for entry in new} == {"New": "", "Yes": "Sí"}


@pytest.mark.parametrize(
    ("msgid", "msgstr", "gap"),
    [
        ("Yes", "Sí", None),
        ("Yes", "", "not translated"),
        ("%(n)s left", "quedan", "placeholder lost"),
        ("Left", "quedan %(n)s", "unknown placeholder"),
        ("%(n)s left", "quedan %(n)s", None),
    ],
)
def test_a_gap_is_named(msgid: str, msgstr: str, gap: str | None) -> None:
    found = list(messages.gaps(catalogue(**{msgid: msgstr})))
    assert [gap in each for each in found] == ([True] if gap else [])
