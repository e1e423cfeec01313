"""How names are compared: in small letters, without the accents and apostrophes that people leave out, with plain dashes."""

import unicodedata

from django.db.models import Func, TextField, Value
from django.db.models.functions import Lower

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ"  # of Spanish and its neighbours
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"
DASHES = "\N{EN DASH}\N{EM DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{MINUS SIGN}"
APOSTROPHES = (
    "'`\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{ACUTE ACCENT}"
)
# Indexes hold both: whoever changes them makes a migration for these. What has no counterpart is left out.
WRITTEN, SOUGHT = ACCENTED + DASHES + APOSTROPHES, PLAIN + "-" * len(DASHES)
_TABLE = str.maketrans(ACCENTED + DASHES, SOUGHT, APOSTROPHES)


def spelled(text: str) -> str:
    """Ñandú → nandu, Mary’s – West → marys - west. As people type it: a run of blanks is one."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split()).translate(_TABLE)


class Spelled(Func):
    """The same of a column, by functions that an index may be built of; its blanks stay as they are."""

    function = "TRANSLATE"

    def __init__(self, column: str) -> None:
        super().__init__(Lower(column), Value(WRITTEN), Value(SOUGHT), output_field=TextField())
