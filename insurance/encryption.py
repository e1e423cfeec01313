"""Personal values at rest: AES-256-GCM, each value bound to its own table, column and row.

A value copied to another row, another column or another table does not decrypt; neither does one that was
changed or that was planted as plain text. Nothing here ever hands ciphertext to a caller.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django import forms
from django.conf import settings
from django.core import checks, validators
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.query_utils import DeferredAttribute

VERSION = b"\x01"
NONCE_BYTES = 12


class DecryptionError(Exception):
    """A stored value is not what we wrote there: moved, changed, planted, or its key is not here."""


# --- keys -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Keyring:
    """The keys of FIELD_KEYS. The first encrypts; all decrypt."""

    current: str
    ciphers: Mapping[str, AESGCM]


def keyring() -> Keyring:
    return _parse_keys(settings.FIELD_KEYS)


@lru_cache(maxsize=4)
def _parse_keys(text: str) -> Keyring:
    ciphers: dict[str, AESGCM] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        if not key_id.isascii() or not 1 <= len(key_id) <= 20 or key_id in ciphers:
            raise ImproperlyConfigured("FIELD_KEYS: each key needs its own short name, as in 2026a:BASE64.")
        ciphers[key_id] = AESGCM(_decode_key("FIELD_KEYS", encoded))
    if not ciphers:
        raise ImproperlyConfigured(
            "FIELD_KEYS is not set: personal data cannot be read or stored without it. "
            "Set it to NAME:KEY, where KEY is 32 random bytes in base64."
        )
    return Keyring(next(iter(ciphers)), ciphers)


@lru_cache(maxsize=4)
def _index_key(text: str) -> bytes:
    if not text:
        raise ImproperlyConfigured("BLIND_INDEX_KEY is not set: set it to 32 random bytes in base64.")
    return _decode_key("BLIND_INDEX_KEY", text)


def _decode_key(name: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name}: a key must be 32 bytes in base64 (44 characters).")
    return key


# --- sealing ----------------------------------------------------------------------------------------
@dataclass(frozen=True, repr=False)
class Sealed:
    """Ciphertext on its way to or from the database; it never shows its bytes."""

    data: bytes

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


def seal(plain: bytes, *, context: str) -> Sealed:
    """Encrypt under the current key, bound to `context`: it opens under the same context only."""
    keys = keyring()
    key_id = keys.current.encode()
    nonce = os.urandom(NONCE_BYTES)
    text = keys.ciphers[keys.current].encrypt(nonce, plain, context.encode())
    return Sealed(VERSION + bytes([len(key_id)]) + key_id + nonce + text)


def unseal(sealed: Sealed, *, context: str) -> bytes:
    """The plain bytes, or DecryptionError; never the ciphertext."""
    data = sealed.data
    try:
        if data[:1] != VERSION:
            raise DecryptionError("A stored value is not encrypted as this version does it.")
        start = 2 + data[1]
        cipher = keyring().ciphers.get(data[2:start].decode())
        if cipher is None:
            raise DecryptionError("A stored value was encrypted with a key that is not in FIELD_KEYS.")
        return cipher.decrypt(data[start : start + NONCE_BYTES], data[start + NONCE_BYTES :], context.encode())
    except (InvalidTag, IndexError, UnicodeDecodeError, ValueError) as error:
        raise DecryptionError("A stored value was moved, changed, or encrypted with another key.") from error


def key_prefix() -> bytes:
    """How every value under the current key begins; anything else waits for `manage.py reencrypt`."""
    key_id = keyring().current.encode()
    return VERSION + bytes([len(key_id)]) + key_id


def blind_index(kind: str, value: str) -> str:
    """A keyed hash to find equal values by: 128 bits in hex. The same value of another kind hashes differently."""
    message = kind.encode() + b"\x00" + value.encode()
    return hmac.new(_index_key(settings.BLIND_INDEX_KEY), message, hashlib.sha256).hexdigest()[:32]


# --- the field --------------------------------------------------------------------------------------
class EncryptedAttribute(DeferredAttribute):
    """Opens a loaded value when it is first looked at, with the identity of the row it was loaded into."""

    field: "EncryptedField"

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.from_bytes(unseal(value, context=self.field.context(instance)))
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        # Being a data descriptor, this class is asked before the instance's own dictionary.
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.Field):
    """Text that only this application can read. Its model carries `uid`, a UUID made before the insert.

    It is written by `save()` and `bulk_create()` alone; `update()` does not know the row and is refused, and
    so is any lookup but `isnull`. Find equal values by a `blind_index` column beside it.
    """

    descriptor_class = EncryptedAttribute
    empty_strings_allowed = True

    def __init__(self, verbose_name: Any = None, **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        if self.max_length is not None:
            self.validators.append(validators.MaxLengthValidator(self.max_length))

    def to_bytes(self, value: Any) -> bytes:
        return str(value).encode()

    def from_bytes(self, data: bytes) -> Any:
        return data.decode()

    def context(self, instance: models.Model) -> str:
        return f"{instance._meta.db_table}|{self.column}|{instance.uid}"  # type: ignore[attr-defined]

    # --- to and from the database
    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bytea"

    def from_db_value(self, value: Any, expression: Expression, connection: BaseDatabaseWrapper) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return seal(self.to_bytes(value), context=self.context(model_instance))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is encrypted per row: write it with save(), not with update().")
        return connection.Database.Binary(value.data)  # type: ignore[attr-defined]

    def get_lookup(self, lookup_name: str) -> Any:
        # df and ndf compare a row's old and new ciphertext inside pgtrigger's read-only triggers.
        return super().get_lookup(lookup_name) if lookup_name in {"isnull", "df", "ndf"} else None

    def get_transform(self, lookup_name: str) -> None:
        return None

    # --- forms, exports, checks
    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().formfield(**{"form_class": forms.CharField, "max_length": self.max_length, **kwargs})

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is personal: it is never serialised.")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        problems = super().check(**kwargs)
        if not any(field.name == "uid" for field in self.model._meta.fields):
            problems.append(
                checks.Error(
                    "A model with encrypted fields needs uid = UUIDField(default=uuid4).",
                    obj=self,
                    id="insurance.E001",
                )
            )
        return problems


class EncryptedDateField(EncryptedField):
    """A date, such as a birth date."""

    empty_strings_allowed = False

    def to_bytes(self, value: Any) -> bytes:
        day: date = self.to_python(value)
        return day.isoformat().encode()

    def from_bytes(self, data: bytes) -> date:
        return date.fromisoformat(data.decode())

    def to_python(self, value: Any) -> Any:
        return models.DateField().to_python(value)

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        return models.Field.formfield(self, **{"form_class": forms.DateField, **kwargs})


class EncryptedJSONField(EncryptedField):
    """A JSON value; Decimals and dates become strings."""

    empty_strings_allowed = False

    def to_bytes(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder, separators=(",", ":")).encode()

    def from_bytes(self, data: bytes) -> Any:
        return json.loads(data)

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        return models.Field.formfield(self, **{"form_class": forms.JSONField, **kwargs})


def plain_json(value: Any) -> Any:
    """A value as it will come back from an EncryptedJSONField: only JSON's own types."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


class EncryptedBytesField(EncryptedField):
    """Bytes as they came, such as a payer's raw answer; longer ones are refused, never cut."""

    empty_strings_allowed = False

    def to_bytes(self, value: Any) -> bytes:
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(f"{self.name} holds at most {self.max_length} bytes.")
        return bytes(value)

    def from_bytes(self, data: bytes) -> bytes:
        return data

    def formfield(self, **kwargs: Any) -> None:  # type: ignore[override]
        return None
