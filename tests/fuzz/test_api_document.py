"""The API does what its own OpenAPI document says, for whatever that document allows and for what it does not."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from programs.search import record
from tests.factories import PlaceFactory, ProgramFactory

ROUNDS = {"short": 25, "ci": 150, "long": 2000}[os.environ.get("PROFILE", "short")]
pytestmark = [pytest.mark.fuzz, pytest.mark.django_db, pytest.mark.timeout(1800)]


@pytest.fixture
def document(db: None) -> Iterator[Any]:
    for signal in (request_started, request_finished):  # the test's own connection stays open
        signal.disconnect(close_old_connections)
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", latitude=43.0506, longitude=-87.8968)
    PlaceFactory(name="Springfield", key="springfield", state="IL", latitude=39.8, longitude=-89.64)
    PlaceFactory(name="Springfield", key="springfield", state="MO", latitude=37.2, longitude=-93.29)
    ProgramFactory(slug="full", evening=True, detailed=True, priced=True, open=True, medicaid=True, samhsa=True)
    ProgramFactory(slug="video", virtual=True)
    record.rebuild()
    yield schemathesis.openapi.from_wsgi("/api/v1/schema", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


WITHOUT_WRONG_INPUT = {"/api/v1/vocabulary"}  # it takes none


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_the_api_keeps_its_word(document: Any, mode: schemathesis.GenerationMode) -> None:
    paths = sorted(document)
    assert len(paths) >= 4
    for path in paths:
        if mode == schemathesis.GenerationMode.NEGATIVE and path in WITHOUT_WRONG_INPUT:
            continue

        @settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=document[path]["GET"].as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            # Its WSGI transport asks for gzip but does not unpack it.
            answer = case.call(headers={"Accept-Encoding": "identity"})
            case.validate_response(answer, checks=CHECKS)

        ask()
