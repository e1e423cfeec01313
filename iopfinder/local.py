"""What local mode keeps in var/: the lock of the one run, generated secrets, and checks before a start."""

import base64
import contextlib
import errno
import fcntl
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

# Nobody listens there: a command that asks the database all the same learns so at once.
NO_DATABASE = "postgres://127.0.0.1:1/none"

# What a command in another terminal needs to join this run.
SHARED = (
    "LOCAL",
    "SECRET_KEY",
    "FIELD_KEYS",
    "BLIND_INDEX_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "SITE_URL",
    "PAYERSIM_URL",
)


class LocalError(Exception):
    """Why `make run` cannot go on, in one sentence."""


def state_directory() -> Path:
    """var/, made and proved writable."""
    var = var_directory()
    try:
        (var / "log").mkdir(parents=True, exist_ok=True)
        (var / "run").mkdir(exist_ok=True)
        probe = var / "run" / "probe"
        probe.write_bytes(b"x" * 65536)
        probe.unlink()
    except OSError as error:
        raise LocalError(explain(error, var)) from error
    return var


def var_directory() -> Path:
    """Where VAR_DIR says, or var/ beside the code."""
    return Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()


def explain(error: OSError, var: Path) -> str:
    """A sentence for what the operating system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"The disk that holds {var} is full: free some space (about 500 MB) and start again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{error.filename or var} cannot be written: give yourself the right to, or set VAR_DIR to another folder."
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{error.filename or var} is a file where a folder is needed: move it away."
    return f"The operating system refused: {error.strerror or error} ({error.filename or var})."


@contextlib.contextmanager
def only_run(var: Path, *, patience: float = 20.0) -> Iterator[None]:
    """Hold var/ for this run alone; waits for one that is still stopping. The kernel frees it if we are killed."""
    with (var / "run" / "lock").open("a+") as lock:
        deadline = time.monotonic() + patience
        while not _locked(lock.fileno()):
            lock.seek(0)
            holder = lock.read().strip() or "?"
            if "stopping" not in holder and time.monotonic() > deadline - patience + 2:
                raise LocalError(f"IOP Finder is already running here (process {holder}): stop it first (Ctrl-C).")
            if time.monotonic() > deadline:
                raise LocalError(f"An earlier run (process {holder}) has not ended yet: try again in a moment.")
            time.sleep(0.1)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def read_dotenv() -> None:
    """Take what .env names, as settings.py does; the environment itself wins."""
    dotenv = BASE_DIR / ".env"
    if dotenv.is_file():
        environ.Env.read_env(dotenv)


@contextlib.contextmanager
def command_environment(var: Path) -> Iterator[None]:
    """While we run, `manage.py` in another terminal finds our database through var/run/local.env."""
    try:
        yield
    finally:
        _environment_file(var).unlink(missing_ok=True)


def write_command_environment(var: Path) -> None:
    """Let settings.py in another terminal read what this run made up."""
    lines = [f"{name}={os.environ[name]}\n" for name in SHARED if name in os.environ]
    write_private(_environment_file(var), "".join(lines))


@contextlib.contextmanager
def command_without_a_site() -> Iterator[None]:
    """Let commands that need no site (read_271, estimate_cost) run on a bare clone.

    Nothing configured means: no environment, no .env, no `make run` in another terminal. Such a command
    gets keys for itself alone and no database; one that needs the database ends with a sentence.
    """
    read_dotenv()
    configured = "SECRET_KEY" in os.environ or _environment_file(var_directory()).is_file()
    if not configured:
        for name, value in {**_new_secrets(), "DATABASE_URL": NO_DATABASE}.items():
            os.environ.setdefault(name, value)
    try:
        yield
    except Exception as error:
        if type(error).__name__ == "OperationalError" and os.environ.get("DATABASE_URL") == NO_DATABASE:
            sys.exit("No database is configured: start `make run` in another terminal, or set DATABASE_URL.")
        raise


def _environment_file(var: Path) -> Path:
    return var / "run" / "local.env"


def say_stopping(var: Path) -> None:
    """Tell a start that waits for the lock that we are on our way out."""
    with contextlib.suppress(OSError):
        (var / "run" / "lock").write_text(f"{os.getpid()} stopping")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wanted_port() -> int:
    """The port of PORT, proved free."""
    given = os.environ.get("PORT") or "8000"
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 65535:
        raise LocalError(f"PORT must be a number from 1 to 65535, not {given!r}.")
    port = int(given)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise LocalError(f"Port {port} needs root: choose one above 1023, as in `make run PORT=8100`.") from None
        except OSError:
            raise LocalError(f"Port {port} is in use: choose another, as in `make run PORT={_near(port)}`.") from None
    return port


def port_or_free(port: int) -> int:
    """`port` if nobody has it, else one that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


def _near(port: int) -> int:
    return port + 100 if port + 100 <= 65535 else 8100


def generated_secrets(var: Path) -> dict[str, str]:
    """SECRET_KEY, FIELD_KEYS and BLIND_INDEX_KEY: made at the first run, the same ever after."""
    kept = var / "secrets.env"
    if not kept.is_file():
        write_private(kept, "".join(f"{name}={value}\n" for name, value in _new_secrets().items()))
    lines = kept.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _new_secrets() -> dict[str, str]:
    return {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": f"k1:{_key()}", "BLIND_INDEX_KEY": _key()}


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read; it appears whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
