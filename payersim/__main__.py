"""`python -m payersim`: run the payer simulator until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from payersim.server import PayerServer


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="payersim", description="A payer that answers 270s; see payersim/scenarios.py"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8271)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        server = PayerServer(options.host, options.port)
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen on {options.host}:{options.port}: {error}")
    with server:
        sys.stdout.write(f"payersim: {server.url}\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
