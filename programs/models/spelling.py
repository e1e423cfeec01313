"""How names are compared: in small letters, and without the accents that people leave out."""

import unicodedata

from django.db.models import Func, TextField, Value
from django.db.models.functions import Lower

# Of Spanish and its neighbours. Indexes hold them: whoever changes them makes a migration for these.
ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"
_TABLE = str.maketrans(ACCENTED, PLAIN)


def spelled(text: str) -> str:
    """Ñandú → nandu"""
    return unicodedata.normalize("NFC", text).lower().translate(_TABLE)


class Spelled(Func):
    """The same of a column, by functions that an index may be built of."""

    function = "TRANSLATE"

    def __init__(self, column: str) -> None:
        super().__init__(Lower(column), Value(ACCENTED), Value(PLAIN), output_field=TextField())
