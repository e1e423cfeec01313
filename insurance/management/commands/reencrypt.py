"""Rotate keys: put the new key first in FIELD_KEYS, run this, then drop the old one. What is found by is filed anew too."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, models, transaction

from accounts import secrets
from insurance import membership
from insurance.encryption import DecryptionError, EncryptedField, key_prefix
from insurance.models import Verification


class Command(BaseCommand):
    help = "Write all personal values and second-factor secrets under an older key anew under the first of FIELD_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows a transaction (default 500)")

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable: list[str] = []
        for model, fields in encrypted_models():
            rows = after = 0
            while found := reencrypt_batch(model, fields, options["batch"], after=after, unreadable=unreadable):
                rows, after = rows + len(found), found[-1]
            self.stdout.write(f"{model._meta.label}: {rows}")
        self.stdout.write(f"second-factor secrets: {secrets.reencrypt(unreadable)}")
        self.stdout.write(f"telephone numbers filed anew: {file_numbers_anew()}")
        if unreadable:
            self.stderr.write("\n".join(f"{name}: cannot be read; it was left as it is" for name in unreadable))
            raise CommandError(f"{len(unreadable)} could not be read. Look at them before you drop the old key.")


def file_numbers_anew() -> int:
    """Keys to find a number by that were made when its extension was still part of them."""
    filed = 0
    rows = Verification.objects.exclude(phone_index="").only("uid", "phone", "phone_index")
    for row in rows.order_by("pk").iterator():
        try:
            index = membership.phone_index(row.phone)
        except DecryptionError:  # named above if its key is an old one, and by `verify_audit`
            continue
        if index != row.phone_index:
            filed += Verification.objects.filter(pk=row.pk, phone_index=row.phone_index).update(phone_index=index)
    return filed


def encrypted_models() -> Iterator[tuple[type[models.Model], list[EncryptedField]]]:
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, EncryptedField)]
        if fields and not model._meta.proxy:
            yield model, fields


def reencrypt_batch(
    model: type[models.Model], fields: list[EncryptedField], batch: int, *, after: int, unreadable: list[str]
) -> list[int]:
    """Rewrite up to `batch` rows behind key `after` that hold a value under another key; gives their keys.

    Safe to stop at any row. What does not open is named in `unreadable` and keeps nobody else waiting.
    """
    prefix = key_prefix()
    quoted = connection.ops.quote_name
    stale = " OR ".join(f"substr({quoted(field.column)}, 1, {len(prefix)}) <> %s" for field in fields)
    table, key = quoted(model._meta.db_table), quoted(model._meta.pk.column)
    with transaction.atomic(), pgtrigger.ignore():
        with connection.cursor() as cursor:
            # Names come from the models, never from outside. A row somebody holds is waited for: none is left behind.
            cursor.execute(
                f"SELECT {key} FROM {table} WHERE {key} > %s AND ({stale}) ORDER BY {key} LIMIT {int(batch)} FOR UPDATE",  # noqa: S608
                [after, *[prefix] * len(fields)],
            )
            found = [row[0] for row in cursor.fetchall()]
        for instance in model._default_manager.filter(pk__in=found):
            try:
                _open(instance, fields)
            except DecryptionError:
                unreadable.append(f"{model._meta.label} {instance.pk}")
                continue
            instance.save(update_fields=[field.name for field in fields])
    return found


def _open(instance: models.Model, fields: list[EncryptedField]) -> None:
    for field in fields:
        getattr(instance, field.attname)
