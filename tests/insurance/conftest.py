"""A payer to ask (the simulator, on a loopback port of this test process), and a program that lets us ask it."""

import threading
from collections.abc import Iterator

import pytest

from payersim.server import PayerServer


@pytest.fixture(scope="session")
def _payer_server() -> Iterator[PayerServer]:
    server = PayerServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def payer_server(_payer_server, settings) -> PayerServer:
    """The simulator with an empty call log, as endpoint "payersim"."""
    endpoint = {"url": f"{_payer_server.url}/", "sender_id": "IOPFINDER", "receiver_id": "PAYERSIM"}
    settings.PAYER_ENDPOINTS = {
        "payersim": endpoint,
        "payersim-json": {**endpoint, "format": "json"},
    }
    _payer_server.ledger.clear()
    return _payer_server


@pytest.fixture
def route(db):
    """How the simulator is asked, as payer SIM01."""
    from tests.insurance.factories import PayerRouteFactory

    return PayerRouteFactory(payer_code="SIM01")


@pytest.fixture
def program(route):
    """A program that has agreed that we ask that payer on its behalf."""
    from tests.insurance.factories import ProgramBillingFactory, ProgramPayerContractFactory

    program = ProgramBillingFactory().program
    ProgramPayerContractFactory(program=program, payer=route.payer)
    return program
