"""Search: one query in, one whole answer out (count, page, facet counts, what is unknown, points for the map).

`query.py` the question and the answer as values · `vocabulary.py` what can be asked · `record.py` a program as a
record, written in the transaction that changed it · `table.py` records as columns · `answer.py` the arithmetic ·
`index.py` the columns kept in this process · `stateless.py` the same straight from PostgreSQL.
"""

import datetime as dt

from django.db import connection
from django.utils import timezone

from programs.search import stateless
from programs.search.answer import Search
from programs.search.index import IndexUnavailableError, directory
from programs.search.names import named
from programs.search.query import Answer, Query

__all__ = ["Answer", "Query", "run"]


def run(query: Query, *, today: dt.date | None = None) -> Answer:
    """Answer a query from this process's index, or straight from the database when that is not possible.

    Inside a transaction the database answers: what is not committed yet must not enter the index.
    """
    today = today or timezone.localdate()
    asked = named(query.name) if query.name else None
    if not connection.in_atomic_block:
        try:
            with directory.lock:
                return Search(directory.current(), query, today=today, named=asked).answer()
        except IndexUnavailableError:
            pass
    return stateless.run(query, today=today, named=asked)
