"""Allow-list logs: one JSON object a line; a field that is not named here is dropped.

A message's text is written by programmers and is kept; the values put into it come from people and are not.
Values that may be kept are passed by name: `logger.info("Asked a payer", extra={"public_id": …})`.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

# Names that may be logged. Nothing personal, no query string, no free text from people.
ALLOWED = frozenset(
    {
        "attempt",
        "count",
        "duration_ms",
        "kind",
        "method",
        "path",
        "person",  # the number of a member of staff
        "public_id",
        "reason",
        "request_id",
        "route",
        "state",
        "status",
        "task_id",
        "task_name",
    }
)
# Celery passes its values as a mapping; these two are a name of ours and a random number.
CELERY_NAMES = {"name": "task_name", "id": "task_id"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; control characters are escaped by JSON itself."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": str(record.msg),
        }
        line.update({key: value for key, value in vars(record).items() if key in ALLOWED})
        if isinstance(record.args, Mapping):
            line.update({CELERY_NAMES[key]: value for key, value in record.args.items() if key in CELERY_NAMES})
        if record.name == "django.request":
            line.update(_request(record))
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = _where(record)
        return json.dumps(line, default=str)


def _request(record: logging.LogRecord) -> dict[str, object]:
    """Which page failed and how: its path, which names no person, never its query string."""
    request = getattr(record, "request", None)
    return {
        "status": getattr(record, "status_code", None),
        "method": getattr(request, "method", None),
        "path": getattr(request, "path", None),
    }


def _where(record: logging.LogRecord) -> list[str]:
    """File and line of each frame, without values: a traceback that cannot leak a person's data."""
    frames = []
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-8:]
