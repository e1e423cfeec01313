"""The search page over gunicorn, asked by wrk: against a bare view behind the same middleware, and a stock template."""

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.management import call_command

from iopfinder import embedded, processes
from programs.models import Place
from tests.benchmarks import dataset
from tests.benchmarks.goals import Goals, say
from tests.benchmarks.test_search import FILTERS, SIZE, _filled  # noqa: F401  (the same directory)
from tests.plant import ROOT, database_url, wait_for

pytestmark = [
    pytest.mark.bench,
    pytest.mark.django_db,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed (Debian: apt install wrk)"),
]
# Short turns and many: what else the machine does then disturbs neighbours alike, and a few pairs at most.
SECONDS, ROUNDS = int(os.environ.get("WRK_SECONDS", "2")), 11
CITIES = 12
ASK_IN_TURN = """
local paths, at = {%s}, 0
request = function() at = at %% #paths + 1; return wrk.format("GET", paths[at]) end
"""


@pytest.fixture(scope="module")
def site(_filled, django_db_blocker) -> dict[str, str]:  # noqa: F811
    """The environment of the servers, with static files ready, and places: committed, or no server would know them."""
    with django_db_blocker.unblock():
        if not Place.objects.exists():
            call_command("load_places", verbosity=0)
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "CONN_MAX_AGE": "60",
        "LOG_LEVEL": "ERROR",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(collect, env=environment, cwd=ROOT, check=True)
    return environment


@contextlib.contextmanager
def gunicorn(environment: dict[str, str], log: Path) -> Iterator[str]:
    """Two workers, as in production; each way of answering has its own, so that none spoils what another keeps."""
    port = embedded.free_port()
    command = ["-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--log-level", "error", "iopfinder.wsgi"]
    server = processes.start([sys.executable, *command], environment=environment, log=log, directory=ROOT)
    try:
        wait_for(lambda: _answers(port), seconds=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop(server)


def _answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/bare/", timeout=2).status == 200
    except OSError:
        return False


def searches() -> list[str]:
    """Three searches from each of twelve cities, as people type them."""
    return [
        urlencode({"near": f"{city['name']}, {city['state']}", "radius": 25, **chosen}, doseq=True)
        for city in dataset.origins(CITIES)
        for chosen in FILTERS.values()
    ]


def requests_a_second(site: str, paths: list[str], script: Path) -> float:
    """Four connections ask these paths in turn; anything but a 200 fails."""
    script.write_text(ASK_IN_TURN % ", ".join(f'"{path}"' for path in paths))
    command = ["wrk", "-t1", "-c4", f"-d{SECONDS}s", "--timeout", "20s", "-s", str(script), site]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def test_the_search_page_against_a_bare_view_and_a_stock_template(site: dict[str, str], tmp_path: Path) -> None:
    asked = searches()
    ways = {
        "bare view": ["/bare/"],
        "our page": [f"/programs/?{query}" for query in asked],
        "stock template": [f"/stock/?{query}" for query in asked],
    }
    rates: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(gunicorn(site, tmp_path / f"{name}.log")) for name in ways}
        with urllib.request.urlopen(servers["our page"] + ways["our page"][0]) as page:
            assert page.read().count(b'class="card') >= 20
        for turn in range(ROUNDS + 1):
            for name, paths in ways.items():
                rate = requests_a_second(servers[name], paths, tmp_path / "ask.lua")
                if turn:  # the first warms both workers
                    rates.setdefault(name, []).append(rate)
    bare, ours, stock = (statistics.median(rates[name]) for name in ways)
    goals = Goals(f"search page over gunicorn, 2 workers, {SIZE:,} programs, requests a second, by turns")
    say(f"  bare view {bare:.0f} · our page {ours:.0f} · stock template {stock:.0f}")
    goals.at_least("our page in % of the bare view", 100 * times(rates["our page"], rates["bare view"]), 20, sure=10)
    goals.at_least(
        "our page in times the stock template", times(rates["our page"], rates["stock template"]), 3, sure=1.5
    )
    goals.settle()


def times(these: list[float], those: list[float]) -> float:
    """How many times as fast, turn by turn; the median."""
    return statistics.median(this / that for this, that in zip(these, those, strict=True))
