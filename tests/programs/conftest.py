"""What tests of the directory share."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def module_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows made once for a whole module: its tests run inside this transaction and roll back to it."""
    from django.db import connection, transaction  # not before the settings are there

    from programs.search.vocabulary import payers

    with django_db_blocker.unblock():
        payers.forget()
        around = transaction.atomic()
        around.__enter__()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE programs_place")  # another test's whole gazetteer comes back with the rollback
        try:
            yield
        finally:
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
            payers.forget()
