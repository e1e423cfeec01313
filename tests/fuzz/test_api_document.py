"""The API does what its own OpenAPI document says, for whatever that document allows and for what it does not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from programs.search import record
from tests.factories import PlaceFactory, ProgramFactory
from tests.fuzz.conftest import EFFORT, SEED

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
def test_the_api_keeps_its_word(
    document: Any, mode: schemathesis.GenerationMode, count_requests: Callable[[int, int], None]
) -> None:
    paths, made = sorted(document), []
    assert len(paths) >= 4
    for path in paths:
        if mode == schemathesis.GenerationMode.NEGATIVE and path in WITHOUT_WRONG_INPUT:
            continue

        @seed(SEED)
        @settings(max_examples=EFFORT.cases, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=document[path]["GET"].as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            # Its WSGI transport asks for gzip but does not unpack it.
            answer = case.call(headers={"Accept-Encoding": "identity"})
            made.append(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask()
    count_requests(len(made), sum(status >= 500 for status in made))
