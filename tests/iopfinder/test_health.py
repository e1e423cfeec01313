"""What monitoring asks: alive, ready, numbers."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from accounts.models import User


@pytest.fixture
def redis_up(settings, redis_server):
    settings.REDIS_URL = redis_server


def test_livez_needs_nothing_but_the_process(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_is_ok_when_every_part_answers(client: Client, redis_up: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "keys": "ok", "redis": "ok"},
        "oldest_unfinished_seconds": None,
    }


@pytest.mark.django_db
def test_readyz_without_redis_is_degraded_and_still_200(client: Client, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.django_db
def test_readyz_is_503_while_a_migration_is_missing(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="accounts").delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "failed")


@pytest.mark.django_db
def test_readyz_is_503_without_usable_keys(client: Client, settings) -> None:
    settings.FIELD_KEYS = "k1:short"
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_readyz_is_503_when_the_database_is_gone(client: Client) -> None:
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        answer = client.get("/readyz")
    finally:
        connection.settings_dict["PORT"] = port
        connection.close()
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failed")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_cannot_be_posted_to(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_metrics_are_closed_without_a_token(client: Client) -> None:
    assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer ", "", "Bearer rig%68t"])
@pytest.mark.django_db
def test_metrics_refuse_a_wrong_token(client: Client, settings, given: str) -> None:
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers={"authorization": given}).status_code == 403


@pytest.mark.django_db
def test_metrics_for_a_bearer_of_the_token(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "right"
    answer = client.get("/metrics", headers={"authorization": "Bearer right"})
    assert answer.status_code == 200
    assert "# TYPE iopfinder_programs gauge\niopfinder_programs 0\n" in answer.content.decode()


@pytest.mark.django_db
def test_metrics_for_signed_in_staff_only(client: Client) -> None:
    client.force_login(User.objects.create_user("a@example.org", name="A", is_staff=False))
    assert client.get("/metrics").status_code == 403
    client.force_login(User.objects.create_user("s@example.org", name="S", is_staff=True))
    assert client.get("/metrics").status_code == 200
