"""Statements that a connection plans once."""

import pytest
from django.db import DatabaseError, connection, transaction

from programs.search.prepared import Prepared

TWICE = Prepared("test_twice", "SELECT 2 * $1::int")


def twice(number: int) -> int:
    with connection.cursor() as cursor:
        TWICE.execute(cursor, number)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_it_is_planned_at_its_first_use_only_and_counts_as_one_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        assert [twice(4), twice(5)] == [8, 10]
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name = 'test_twice'")
        assert cursor.fetchone()[0] >= 2


@pytest.mark.django_db(transaction=True)
def test_it_outlives_a_transaction_that_failed_and_the_connection_itself() -> None:
    with transaction.atomic():
        assert twice(1) == 2
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        transaction.set_rollback(True)
    assert twice(2) == 4
    connection.close()
    assert twice(3) == 6
