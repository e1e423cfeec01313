"""Second-factor secrets, encrypted before they reach the database.

AES-256-GCM with the keys of `FIELD_KEYS`; the key's name is stored beside the value, so keys rotate.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

PURPOSE = b"accounts|second factor"
NONCE_BYTES = 12
# Where allauth keeps what `encrypt` gave it, by the kind of factor. Passkeys hold no secret of ours.
KEPT_IN = {"totp": "secret", "recovery_codes": "seed"}


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


@transaction.atomic
def reencrypt(unreadable: list[str]) -> int:
    """Write secrets that are under an older key anew under the first one; how many. Others' names go to `unreadable`."""
    from allauth.mfa.models import Authenticator

    current, rewritten = next(iter(_keys())), 0
    for factor in Authenticator.objects.filter(type__in=KEPT_IN).order_by("pk").select_for_update():
        place = KEPT_IN[factor.type]
        if factor.data[place].startswith(f"{current}:"):
            continue
        try:
            factor.data[place] = encrypt(decrypt(factor.data[place]))
        except UnreadableSecretError:
            unreadable.append(f"second factor {factor.pk}")
            continue
        factor.save(update_fields=["data"])
        rewritten += 1
    return rewritten


def _keys() -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in filter(None, settings.FIELD_KEYS.split(",")):
        name, _, value = entry.strip().partition(":")
        keys[name] = base64.b64decode(value)
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: set it as “name:base64 of 32 random bytes”.")
    return keys
