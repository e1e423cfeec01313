"""Rotate keys: put the new key first in FIELD_KEYS, run this, then drop the old one."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, models, transaction

from insurance.encryption import EncryptedField, key_prefix


class Command(BaseCommand):
    help = "Write every personal value that is under an older key anew under the first key of FIELD_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows a transaction (default 500)")

    def handle(self, *args: Any, **options: Any) -> None:
        for model, fields in encrypted_models():
            rows = 0
            while changed := reencrypt_batch(model, fields, options["batch"]):
                rows += changed
            self.stdout.write(f"{model._meta.label}: {rows}")


def encrypted_models() -> Iterator[tuple[type[models.Model], list[EncryptedField]]]:
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, EncryptedField)]
        if fields and not model._meta.proxy:
            yield model, fields


def reencrypt_batch(model: type[models.Model], fields: list[EncryptedField], batch: int) -> int:
    """Rewrite up to `batch` rows that hold a value under another key; returns how many. Safe to stop at any row."""
    prefix = key_prefix()
    quoted = connection.ops.quote_name
    stale = " OR ".join(f"substr({quoted(field.column)}, 1, {len(prefix)}) <> %s" for field in fields)
    table, key = quoted(model._meta.db_table), quoted(model._meta.pk.column)
    with transaction.atomic(), pgtrigger.ignore():
        with connection.cursor() as cursor:
            # Names come from the models, never from outside.
            cursor.execute(
                f"SELECT {key} FROM {table} WHERE {stale} ORDER BY {key} LIMIT {int(batch)} FOR UPDATE SKIP LOCKED",  # noqa: S608
                [prefix] * len(fields),
            )
            found = [row[0] for row in cursor.fetchall()]
        for instance in model._default_manager.filter(pk__in=found):
            instance.save(update_fields=[field.name for field in fields])
    return len(found)
