"""Second-factor secrets, encrypted before they reach the database.

AES-256-GCM with the keys of `FIELD_KEYS`; the key's name is stored beside the value, so keys rotate.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PURPOSE = b"accounts|second factor"
NONCE_BYTES = 12


class UnreadableSecretError(Exception):
    """The value was changed, or the key it was written with is gone."""


def encrypt(text: str) -> str:
    """`text` as "key name:base64"; never the same twice."""
    name, key = next(iter(_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), PURPOSE + name.encode())
    return f"{name}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str) -> str:
    """What was given to `encrypt`; raises `UnreadableSecretError`, never returns anything else."""
    name, _, value = stored.partition(":")
    try:
        key = _keys()[name]
        raw = base64.b64decode(value, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], PURPOSE + name.encode()).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise UnreadableSecretError("A second-factor secret cannot be read with the present FIELD_KEYS.") from error


def _keys() -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in filter(None, settings.FIELD_KEYS.split(",")):
        name, _, value = entry.strip().partition(":")
        keys[name] = base64.b64decode(value)
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: set it as “name:base64 of 32 random bytes”.")
    return keys
