"""The callers of the fault run, as a process of their own: `prepare`, then `submit NUMBER COUNT RATE LEDGER [ONLY]`.

A line, key and seconds it took, is written to the ledger only after the request was confirmed. A failed submit is
tried again with the same key, as a browser or an impatient person would.
"""

import os
import random
import sys
import time
import uuid
from datetime import date
from pathlib import Path

import django

NAMESPACE = uuid.UUID("6f1dfb8e-5a3e-4b0e-9d53-2a7a3f6f0b11")
# How often each kind of payer is met. The tail after X makes every member another person.
MIX = (
    *(("SIMPPO001X{n}", 0.80), ("SIMSLOW1X{n}", 0.08), ("SIMDOWN1X{n}", 0.03), ("SIMDROPX{n}", 0.01)),
    *(("SIMHTMLX{n}", 0.01), ("SIMEMPTYX{n}", 0.01), ("SIMHANGX{n}", 0.01), ("SIMWRONGIDX{n}", 0.02)),
    *(("SIMAAA75CX{n}", 0.02), ("SIM202-2X{n}", 0.01)),
)


def prepare() -> None:
    from tests.factories import PayerFactory
    from tests.insurance.factories import PayerRouteFactory, ProgramBillingFactory, ProgramPayerContractFactory

    program = ProgramBillingFactory().program
    for pattern, _share in MIX:
        slug = pattern.partition("X{")[0].lower()
        route = PayerRouteFactory(payer=PayerFactory(slug=slug), payer_code=slug.upper())
        ProgramPayerContractFactory(program=program, payer=route.payer)


def submit(number: int, count: int, rate: float, ledger: Path, only: str = "") -> None:
    """Confirm `count` requests, those that an earlier life of this process confirmed not again. `only`: one payer."""
    rng = random.Random(number)
    mix = [each for each in MIX if each[0].startswith(only)]
    wanted = [rng.choices([each[0] for each in mix], [each[1] for each in mix])[0] for _ in range(count)]
    sent = {line.split()[0] for line in ledger.read_text().splitlines()} if ledger.exists() else set()
    start, new = time.monotonic(), 0
    for at, pattern in enumerate(wanted):
        key = uuid.uuid5(NAMESPACE, f"{number}:{at}")
        if str(key) not in sent:
            # By the clock: callers do not come later because an earlier one had to wait.
            time.sleep(max(start + new / rate - time.monotonic(), 0))
            new += 1
            began = time.monotonic()
            _confirm(key, pattern, number * 1_000_000 + at)
            _write(ledger, f"{key} {time.monotonic() - began:.3f}")


def _confirm(key: uuid.UUID, pattern: str, person: int) -> None:
    from django.db import Error, connection

    from insurance import intake
    from insurance.models import Consent, Verification
    from programs.models import Payer, Program

    while True:
        try:
            row = Verification(
                payer=Payer.objects.get(slug=pattern.partition("X{")[0].lower()),
                consent=Consent.objects.create(scopes=["verify"], method="online", text_version="2026-11"),
                condition="mh",
                member_id=pattern.format(n=person),
                subscriber_first_name="Jordan",
                subscriber_last_name="Example",
                subscriber_birth_date=date(1990, 4, 12),
            )
            intake.submit(row, programs=[Program.objects.get()], submission_key=key)
            return
        except Error:
            connection.close()
            time.sleep(0.2)


def _write(ledger: Path, line: str) -> None:
    """In one write, and on its way to the disk before the next request is made."""
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iopfinder.settings")
    django.setup()
    if sys.argv[1] == "prepare":
        prepare()
    else:
        submit(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]), *sys.argv[6:])
