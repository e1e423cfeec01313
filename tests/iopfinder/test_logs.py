"""Logs keep what is named in the allow-list and nothing a person typed."""

import json
import logging
import sys

import pytest
from django.test import Client

from iopfinder.logs import JsonFormatter

MEMBER = "SIMPPO001-secret"


def logged(message: str, *args: object, name: str = "insurance", exc_info: object = None, **extra: object) -> dict:
    record = logging.getLogger(name).makeRecord(
        name,
        logging.INFO,
        "file.py",
        1,
        message,
        args,
        exc_info,
        extra=extra,  # type: ignore[arg-type]
    )
    return json.loads(JsonFormatter().format(record))


def test_a_value_put_into_a_message_is_not_written() -> None:
    assert MEMBER not in json.dumps(logged("member %s not found", MEMBER))
    assert logged("member %s not found", MEMBER)["message"] == "member %s not found"


@pytest.mark.parametrize("name", ["celery.app.trace", "gunicorn.error", "django.request", "insurance", "httpx"])
def test_no_logger_is_trusted_with_values(name: str) -> None:
    assert MEMBER not in json.dumps(logged("failed: %(exc)s", {"exc": MEMBER}, name=name))


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "fido2.server"])
def test_libraries_that_write_values_into_their_messages_say_nothing_of_their_work(name: str) -> None:
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


def test_a_named_field_is_written_and_another_dropped() -> None:
    line = logged("Asked", public_id="IV-7QK4-2M9P", member_id=MEMBER)
    assert line["public_id"] == "IV-7QK4-2M9P"
    assert MEMBER not in json.dumps(line)


def test_a_traceback_shows_places_without_values() -> None:
    try:
        raise ValueError(MEMBER)
    except ValueError:
        line = logged("failed", exc_info=sys.exc_info())
    assert line["exception"] == "ValueError"
    assert line["where"][0].rpartition(":")[0].endswith("test_logs.py")
    assert MEMBER not in json.dumps(line)


def test_celery_tells_task_and_number() -> None:
    line = logged("Task %(name)s[%(id)s] failed", {"name": "verify", "id": "123", "args": MEMBER}, name="celery.worker")
    assert (line["task_name"], line["task_id"]) == ("verify", "123")
    assert MEMBER not in json.dumps(line)


def test_one_record_is_one_line_whatever_it_holds() -> None:
    assert "\n" not in JsonFormatter().format(
        logging.getLogger("x").makeRecord("x", 20, "f", 1, "two\nlines\x1b[31m", (), None)
    )


@pytest.mark.django_db
def test_a_failed_request_is_logged_without_its_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/no-such-page/", {"member": MEMBER})
    lines = [JsonFormatter().format(record) for record in caplog.records if record.name == "django.request"]
    assert '"path": "/no-such-page/"' in lines[0]
    assert MEMBER not in "".join(lines)
