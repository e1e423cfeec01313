"""Child processes that never outlive us, and that give up root when they should."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINUX = sys.platform == "linux"
# Loaded before any fork: a child between fork and exec must not import.
_LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Account:
    """An operating-system user to run a child as; `capability` lets it pass folders that only root may enter."""

    uid: int
    gid: int
    capability: int | None = None


def unprivileged() -> Account | None:
    """The user to hand work to when we are root; None when we are somebody ordinary already."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(nobody.pw_uid, nobody.pw_gid)


def start(
    command: Sequence[str | Path],
    *,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    death_signal: int = signal.SIGTERM,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group; on Linux the kernel ends it if we are killed -9.

    A group of its own keeps Ctrl-C in the terminal for us, so that we stop children in order.
    """
    output = log.open("ab") if log else subprocess.DEVNULL
    try:
        return subprocess.Popen(  # noqa: S603 (fixed commands, no shell)
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            cwd=directory,
            start_new_session=True,
            preexec_fn=_prepare(account, death_signal),
        )
    finally:
        if log:
            output.close()  # type: ignore[union-attr]


def run(command: Sequence[str | Path], *, account: Account | None = None) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end as `account`; never raises for a bad exit code."""
    return subprocess.run(  # noqa: S603 (fixed commands, no shell)
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_prepare(account, signal.SIGKILL),
    )


def stop(process: subprocess.Popen[bytes], *, by: int = signal.SIGTERM, patience: float = 10.0) -> None:
    """Ask a child to end, then insist; whatever it left in its group goes with it."""
    if process.poll() is None:
        process.send_signal(by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_stray(pid: int, *, marker: str, by: int = signal.SIGTERM, patience: float = 10.0) -> bool:
    """End a process left by an earlier run, if its command line still holds `marker`.

    A process id may since belong to somebody else; the marker (a path only we use) tells.
    """
    if marker not in command_line(pid):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, by)
        deadline = time.monotonic() + patience
        while marker in command_line(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                deadline += patience
            time.sleep(0.05)
    return True


def end_with_parent(by: int) -> None:
    """Ask the kernel to send us this signal when our parent dies; does nothing where it cannot."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, by, 0, 0, 0)


def identity(pid: int) -> str:
    """What tells this process from a later one with the same number: when it began. Empty if there is none."""
    if LINUX:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return "" if fields[0] == "Z" else f"{boot}/{fields[19]}"
    return run(["ps", "-o", "lstart=", "-p", str(pid)]).stdout.strip()


def end_group(pid: int, known_as: str, *, patience: float = 5.0) -> bool:
    """End a child of an earlier run and its group, if the number still belongs to it."""
    if not known_as or identity(pid) != known_as:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while identity(pid) == known_as and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)
    return True


def command_line(pid: int) -> str:
    """The command line of a living process; empty when there is none (a zombie has none either)."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return run(["ps", "-o", "command=", "-p", str(pid)]).stdout


def _prepare(account: Account | None, death_signal: int) -> Callable[[], None]:
    """What a child does between fork and exec."""
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            _become(account)
        if _LIBC is not None:
            # After the change of user, which would clear it.
            _LIBC.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

    return prepare


def _become(account: Account) -> None:
    """Change user for good, keeping at most one capability."""
    if account.capability is not None and _LIBC is not None:
        _LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if account.capability is not None and _LIBC is not None:
        bit = 1 << account.capability
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable
        _LIBC.capset(header, sets)
        _LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, account.capability, 0, 0)
