"""`make run`: the whole site on this machine with one command; Ctrl-C stops all of it.

Order: PostgreSQL, Redis, tables, places, sample listings, demo accounts, payer simulator, worker,
sweeper, web server. Each is also a command of its own, as docker-compose.yml shows.
"""

import contextlib
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from iopfinder import embedded, local, preparation, processes
from iopfinder.local import BASE_DIR, LocalError
from iopfinder.supervisor import Command, Supervisor, SupervisorError

if TYPE_CHECKING:
    from accounts.demo import DemoAccount

PAYER_PORT = 8271
APP_ROLE = "iopfinder_app"
START_SECONDS = 60.0
SENTENCES = (LocalError, SupervisorError, embedded.EmbeddedError, preparation.PreparationError)


def main() -> int:
    """Run until Ctrl-C. 0: stopped on request; 1: could not start or go on, said in one sentence."""
    _catch_signals()
    local.read_dotenv()
    var = local.var_directory()
    try:
        var = local.state_directory()
        _run(var)
    except KeyboardInterrupt:
        say("Everything is stopped.")
    except SENTENCES as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(local.explain(error, var))
    return 0


def say(text: str) -> None:
    """A line of progress; a closed terminal is no reason to fail."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _failed(sentence: str) -> int:
    sys.stderr.write(f"\n{sentence}\n")
    return 1


def _run(var: Path) -> None:
    port = local.wanted_port()
    with local.only_run(var):
        supervisor = Supervisor(notes=var / "run" / "children.json", say=say)
        supervisor.end_strays()
        try:
            with local.command_environment(var):
                _bring_up(supervisor, var, port)
                while True:
                    time.sleep(0.25)
                    supervisor.watch()
        finally:
            _ignore_signals()
            local.say_stopping(var)
            supervisor.stop()


def _bring_up(supervisor: Supervisor, var: Path, port: int) -> None:
    began = time.monotonic()
    say(f"IOP Finder, local mode. Its whole state is in {var}.")
    _set_environment(var, port)
    _start_servers(supervisor, var)
    local.write_command_environment(var)
    for step in preparation.steps(sample=os.environ.get("SAMPLE", "1") != "0"):
        with _timed(step.title):
            step.run()
    _set_payer_address()
    local.write_command_environment(var)
    demo_accounts = preparation.demo_accounts()
    for command in _commands(var, port):
        with _timed(command.name):
            supervisor.start(command)
    with _timed("First page"):
        _wait_for(f"http://127.0.0.1:{port}/livez", supervisor)
    say(_welcome(port, demo_accounts, time.monotonic() - began))


def _set_environment(var: Path, port: int) -> None:
    """What the processes read; anything already set in the environment or in .env wins."""
    defaults = {
        **local.generated_secrets(var),
        "LOCAL": "1",
        "VAR_DIR": str(var),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "iopfinder.settings",
        "PYTHONUNBUFFERED": "1",
    }
    _set(defaults)


def _set_payer_address() -> None:
    """Chosen when the simulator is about to start: what was free at the beginning of a long first start may be taken."""
    port = os.environ.get("PAYERSIM_PORT") or str(local.port_or_free(PAYER_PORT))
    _set({"PAYERSIM_PORT": port, "PAYERSIM_URL": f"http://127.0.0.1:{port}/"})


def _set(defaults: dict[str, str]) -> None:
    for name, value in defaults.items():
        if not os.environ.get(name):  # a copied .env.example leaves many empty
            os.environ[name] = value


def _start_servers(supervisor: Supervisor, var: Path) -> None:
    if not os.environ.get("DATABASE_URL"):
        postgres = embedded.Postgres(var / "postgres")
        with _timed("PostgreSQL"):
            supervisor.start(postgres)
        os.environ["DATABASE_URL"] = postgres.url
        os.environ["APP_DATABASE_URL"] = postgres.url_of(APP_ROLE, secrets.token_hex(16))
    if not os.environ.get("REDIS_URL"):
        redis = embedded.Redis(var / "redis")
        with _timed("Redis"):
            supervisor.start(redis)
        os.environ["REDIS_URL"] = redis.url


def _commands(var: Path, port: int) -> list[Command]:
    """The site's own processes, in the order they start. Payer calls leave the machine nowhere in local mode."""
    environment = dict(os.environ)
    # What serves visitors is not the owner of the tables: see `iopfinder.database_role`.
    environment["DATABASE_URL"] = environment.pop("APP_DATABASE_URL", "") or environment["DATABASE_URL"]
    manage = BASE_DIR / "manage.py"
    python = sys.executable
    wanted: list[tuple[str, str, list[str | Path]]] = [
        ("Payer simulator", "payersim", [python, "-m", "payersim", "--port", os.environ["PAYERSIM_PORT"]]),
        ("Worker", "worker", [python, "-m", "celery", "-A", "iopfinder", "worker", *WORKER_OPTIONS]),
        ("Sweeper", "sweeper", [python, manage, "sweep"]),
        (
            "Web server",
            "web",
            [python, "-m", "gunicorn", "iopfinder.wsgi", *WEB_OPTIONS, "--bind", f"127.0.0.1:{port}"],
        ),
    ]
    return [
        Command(name, arguments, var / "log" / f"{log}.log", environment, BASE_DIR) for name, log, arguments in wanted
    ]


WORKER_OPTIONS = ("--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle")
WEB_OPTIONS = (
    "--workers",
    "2",
    "--threads",
    "4",
    "--graceful-timeout",
    "8",
    "--preload",
    "--log-level",
    "warning",
    "--no-control-socket",
)


def _wait_for(url: str, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        supervisor.watch()
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (our own loopback address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise LocalError(f"The web server did not answer within {START_SECONDS:.0f} s: see var/log/web.log.")


@contextlib.contextmanager
def _timed(title: str) -> Iterator[None]:
    """Name the step before it begins and its time when it is done."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"  {title} …")
        sys.stdout.flush()
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f" {time.monotonic() - began:.1f} s")


def _welcome(port: int, accounts: "list[DemoAccount]", seconds: float) -> str:
    lines = [
        "",
        f"Ready in {seconds:.1f} s.",
        f"  Site    http://127.0.0.1:{port}/",
        f"          http://localhost:{port}/   (use this one to try passkeys)",
        f"  Desk    http://127.0.0.1:{port}/desk/",
        f"  Admin   http://127.0.0.1:{port}/admin/",
        "",
        "Demo accounts (this machine only; the code of the moment: manage.py demo_code EMAIL):",
        f"  {'role':<11} {'e-mail':<24} {'password':<29} TOTP secret",
        *(f"  {a.role:<11} {a.email:<24} {a.password:<29} {a.totp_secret}" for a in accounts),
        "",
        "Ctrl-C stops everything.",
    ]
    return "\n".join(lines)


def _catch_signals() -> None:
    """SIGTERM and a closed terminal end the run as Ctrl-C does; so does the death of `make`."""

    def interrupt(number: int, frame: object) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    if "MAKELEVEL" in os.environ:
        processes.end_with_parent(signal.SIGTERM)


def _ignore_signals() -> None:
    """From here on we are stopping: an impatient second Ctrl-C must not leave processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
