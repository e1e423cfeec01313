"""What a family has answered so far on the public form: sealed in a cookie on their own device, never kept by us.

Each page also carries the answers of the other steps as hidden fields, so that sending a page loses nothing. The
cookie is for going back, a reload and a change of language. It ends with the browser's session, opens for an hour
after the last step, and goes when the request is sent, when the family deletes it, and when they leave the site.
"""

import base64
import json
import time
import zlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from insurance.encryption import DecryptionError, Sealed, seal, unseal

CONTEXT = "verify|draft|cookie"
SECONDS = 60 * 60
MOST_BYTES = 3800  # browsers drop a longer cookie without a word


def name() -> str:
    return "__Host-asked" if settings.SESSION_COOKIE_SECURE else "asked"


def read(request: HttpRequest) -> dict[str, Any]:
    """The answers so far; empty if there are none, they are too old, or the cookie is not ours."""
    try:
        sealed = base64.urlsafe_b64decode(request.COOKIES.get(name(), ""))
        at, answers = json.loads(zlib.decompress(unseal(Sealed(sealed), context=CONTEXT)))
    except (DecryptionError, ValueError, zlib.error):
        return {}
    return answers if time.time() - at < SECONDS else {}


def keep(response: HttpResponse, answers: Mapping[str, Any]) -> bool:
    """Put the answers into the visitor's cookie; False if they are too long for one."""
    plain = zlib.compress(json.dumps([int(time.time()), answers], separators=(",", ":")).encode())
    value = base64.urlsafe_b64encode(seal(plain, context=CONTEXT).data).decode()
    if len(value) > MOST_BYTES:
        return False
    response.set_cookie(name(), value, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")
    return True


def forget(response: HttpResponse) -> None:
    response.set_cookie(name(), "", max_age=0, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")
