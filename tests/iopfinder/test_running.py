"""`python -m iopfinder` as a person uses it: start, look, Ctrl-C, kill, start again, and what can be in the way."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from iopfinder import embedded, local, processes
from iopfinder.__main__ import PAYER_PORT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not processes.LINUX, reason="reads /proc")]

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """One `python -m iopfinder` on a free port, with its state in a folder of its own."""

    def __init__(self, var: Path, *, before: str = "", **environment: str) -> None:
        self.var = var
        self.port = embedded.free_port()
        self.said = ""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'{before} exec "$0" -m iopfinder', sys.executable],
            cwd=ROOT,
            env=kept | {"VAR_DIR": str(var), "PORT": str(self.port), "SAMPLE": "0"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.said += line

    def ready(self) -> "Site":
        until(lambda: "Ctrl-C stops everything" in self.said or self.process.poll() is not None, seconds=90)
        assert self.process.poll() is None, self.said
        return self

    def ended(self) -> int:
        code = self.process.wait(60)
        self.reader.join(10)
        return code

    def get(self, path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.read()

    def processes(self) -> dict[int, str]:
        """Every living process that carries our folder in its environment or command line, or works in it."""
        mine = str(self.var).encode()
        found = {}
        for each in Path("/proc").glob("[0-9]*"):
            try:
                if mine in b" ".join(
                    [
                        (each / "environ").read_bytes(),
                        (each / "cmdline").read_bytes(),
                        bytes((each / "cwd").readlink()),
                    ]
                ):
                    found[int(each.name)] = processes.command_line(int(each.name))
            except OSError:
                continue
        return found

    def manage(self, *arguments: str) -> str:
        """What a person sees who types a command in another terminal."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=kept | {"VAR_DIR": str(self.var)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()


def until(true: Callable[[], object], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    """All runs in one folder; the first of them made it."""
    runs = [Site(tmp_path_factory.mktemp("first") / "var").ready()]
    yield runs
    stop(runs[-1])


@pytest.fixture
def site(sites: list[Site]) -> Site:
    """One that runs. It is the same as in the test before, unless that one ended it."""
    if sites[-1].process.poll() is not None:
        sites.append(Site(sites[-1].var).ready())
    return sites[-1]


def stop(site: Site) -> None:
    if site.process.poll() is None:
        site.process.send_signal(signal.SIGINT)
        assert site.ended() == 0
    until(lambda: not site.processes(), seconds=20)


def serving_address(site: Site) -> str:
    """The database as the web server was told of it."""
    (web,) = {
        each
        for pid, line in site.processes().items()
        if "gunicorn" in line
        for each in Path(f"/proc/{pid}/environ").read_text().split("\0")
        if each.startswith("DATABASE_URL=")
    }
    return web.partition("=")[2]


@pytest.mark.timeout(300)
def test_it_takes_long_addresses_and_serves_with_a_role_that_owns_nothing(site: Site) -> None:
    assert site.get("/livez") == (200, b"ok\n")
    assert json.loads(site.get("/readyz")[1])["status"] == "ok"
    assert site.get(f"/programs/?near={10_000 * 'a'}")[0] == 200
    with contextlib.closing(psycopg2.connect(serving_address(site))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_auditevent")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):  # not the owner of the tables
            cursor.execute("DELETE FROM accounts_auditevent")


@pytest.mark.timeout(300)
def test_ctrl_c_leaves_no_process_and_the_next_start_has_the_same_accounts(site: Site, sites: list[Site]) -> None:
    site.process.send_signal(signal.SIGINT)
    assert site.ended() == 0
    assert re.findall(r"Stopping (\w+)", site.said)[-2:] == ["Redis", "PostgreSQL"]
    assert not site.processes()
    accounts = json.loads((site.var / "demo_accounts.json").read_text())
    sites.append(Site(site.var).ready())
    assert all(each["password"] in sites[-1].said for each in accounts)


@pytest.mark.timeout(300)
def test_the_demo_accounts_are_printed_and_kept_private(site: Site) -> None:
    kept = site.var / "demo_accounts.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    accounts = json.loads(kept.read_text())
    assert [each["role"] for each in accounts] == ["agent", "supervisor", "curator", "admin", "auditor"]
    for each in accounts:
        assert f"{each['email']:<24} {each['password']}" in site.said
        assert each["totp_secret"] in site.said
    assert re.fullmatch(r"\d{6}", site.manage("demo_code", "agent@demo.example"))


@pytest.mark.timeout(300)
def test_killed_with_9_nothing_is_left_and_the_next_start_recovers(site: Site) -> None:
    site.process.kill()
    site.ended()
    until(lambda: not site.processes(), seconds=30)
    again = Site(site.var)
    until(lambda: "PostgreSQL" in again.said, seconds=60)
    with socket.socket() as other, contextlib.suppress(OSError):
        other.bind(("127.0.0.1", PAYER_PORT))  # another site on this machine takes the simulator's usual port meanwhile
        again.ready()
    assert again.ready().get("/livez")[0] == 200
    assert "ended unexpectedly" not in again.said
    again.process.send_signal(signal.SIGTERM)
    assert again.ended() == 0
    assert not again.processes()


@pytest.mark.timeout(300)
def test_what_dies_is_started_again(site: Site) -> None:
    victims = {pid: line for pid, line in site.processes().items() if "redis-server" in line or "postgres -D" in line}
    assert len(victims) == 2
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    until(lambda: site.said.count("is up again") == 2, seconds=30)
    until(lambda: json.loads(site.get("/readyz")[1])["status"] == "ok", seconds=20)


@pytest.mark.timeout(300)
def test_a_second_run_in_the_same_folder_is_refused_in_a_sentence(site: Site) -> None:
    other = Site(site.var)
    assert other.ended() == 1
    assert "is already running here" in other.said
    assert "Traceback" not in other.said


def refusal(site: Site) -> str:
    assert site.ended() == 1
    assert "Traceback" not in site.said
    assert not site.processes()
    return site.said


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is in use" in refusal(Site(tmp_path / "var", PORT=str(port)))


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1", "\uff18\uff10"])
def test_a_port_that_is_none_is_a_sentence(tmp_path: Path, port: str) -> None:
    assert "PORT must be a number" in refusal(Site(tmp_path / "var", PORT=port))


def test_an_unwritable_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the way")
    assert "is a file where a folder is needed" in refusal(Site(tmp_path / "var"))


@pytest.mark.parametrize("blocks", [20, 2000])
def test_a_full_disk_is_a_sentence(tmp_path: Path, blocks: int) -> None:
    # Compiled modules would be cut off as well, and stay so beside their sources.
    said = refusal(Site(tmp_path / "var", before=f"ulimit -f {blocks};", PYTHONDONTWRITEBYTECODE="1"))
    assert "full" in said or "did not start" in said or "could not lay out" in said


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    said = refusal(
        Site(tmp_path / "var", DATABASE_URL="postgres://nobody@127.0.0.1:1/none", REDIS_URL="redis://127.0.0.1:1/0")
    )
    assert "does not answer at the address in DATABASE_URL" in said


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    made = local.generated_secrets(tmp_path)
    assert local.generated_secrets(tmp_path) == made
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert set(made) == {"SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY"}


def bare(*arguments: str, var: Path) -> subprocess.CompletedProcess[str]:
    """`manage.py` where nothing is configured and nothing runs."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | {"VAR_DIR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_that_needs_no_site_runs_on_a_bare_clone(tmp_path: Path) -> None:
    assert bare("check", var=tmp_path).returncode == 0


def test_a_command_that_needs_the_database_says_what_is_missing(tmp_path: Path) -> None:
    done = bare("load_places", var=tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "No database is configured: start `make run` in another terminal, or set DATABASE_URL."
    )


def test_demo_codes_exist_in_local_mode_only(tmp_path: Path) -> None:
    done = bare("demo_code", "agent@demo.example", var=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
