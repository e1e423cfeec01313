"""No process starts without the keys that this database was written with.

A missing key is a failed system check. A wrong one is found by the sentinel row, `models.KeyCheck`.
"""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import transaction

from insurance import encryption
from insurance.models import KeyCheck

WRONG_KEYS = (
    "FIELD_KEYS or BLIND_INDEX_KEY are not the keys this database was written with. "
    "Put the right ones back (an old FIELD_KEYS entry may stand behind the new one); nothing was changed."
)


def fault() -> str | None:
    """What is wrong with the keys, in a sentence; None when they are right. Needs the database."""
    try:
        encryption.keyring()
        expected = encryption.blind_index("key-check", KeyCheck.SENTENCE)
        sentinel = KeyCheck.objects.filter(pk=1).first()
        if sentinel and (sentinel.sentence != KeyCheck.SENTENCE or sentinel.index != expected):
            return WRONG_KEYS
    except ImproperlyConfigured as error:
        return str(error)
    except encryption.DecryptionError:
        return WRONG_KEYS
    return None


def require_keys() -> None:
    """Leave with the sentence and status 1 unless the keys are right; a database that is away is not our matter."""
    try:
        sentence = fault()
    except DatabaseError:
        return
    if sentence:
        sys.stderr.write(f"{sentence}\n")
        raise SystemExit(1)


def keys_are_set(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        encryption.keyring()
        encryption.blind_index("key-check", "")
    except ImproperlyConfigured as error:
        return [Error(str(error), id="insurance.E002")]
    return []


def keys_open_the_data(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if not databases:
        return []
    try:
        sentence = fault()
    except DatabaseError:  # not migrated yet
        return []
    return [Error(sentence, id="insurance.E003")] if sentence else []


def write_sentinel(**kwargs: Any) -> None:
    """After the first migration: the row that later starts are checked against."""
    with transaction.atomic():
        if not KeyCheck.objects.filter(pk=1).exists():
            KeyCheck.objects.create(pk=1, index=encryption.blind_index("key-check", KeyCheck.SENTENCE))


def worker_needs_keys(**kwargs: Any) -> None:
    require_keys()
