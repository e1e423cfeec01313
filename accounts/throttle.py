"""How often somebody may do something, counted in the database in one atomic statement.

It survives a lost Redis and a restart, and every process counts the same. Whoever asks is known by a keyed hash of
their network (IPv4 address, IPv6 /64), which is worthless once the window has passed.
"""

import hashlib
import hmac

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.db import connection
from django.http import HttpRequest

UPSERT = """
INSERT INTO accounts_throttle AS t (key, began_at, count) VALUES (%(key)s, statement_timestamp(), 1)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN t.began_at < statement_timestamp() - make_interval(secs => %(seconds)s) THEN 1 ELSE t.count + 1 END,
  began_at = CASE WHEN t.began_at < statement_timestamp() - make_interval(secs => %(seconds)s)
             THEN statement_timestamp() ELSE t.began_at END
RETURNING count
"""


def allows(request: HttpRequest, what: str, *, limit: int, seconds: int) -> bool:
    """Count one more try of `what` from where this request comes; False once `limit` in `seconds` is passed."""
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, {"key": _key(what, get_ip(request)), "seconds": seconds})
        return bool(cursor.fetchone()[0] <= limit)


def _key(what: str, source: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{what}|{source}".encode(), hashlib.sha256).hexdigest()
