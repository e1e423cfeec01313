"""The call sheet of a program that has told a great deal is one page of paper."""

import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from programs.models import Program
from tests.factories import (
    ConfirmationFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    PhoneFactory,
    ProgramFactory,
    SourceRecordFactory,
)
from tests.factories import SessionBlockFactory as Session

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), "")


@pytest.fixture
def full() -> Program:
    """Three tracks, eight payers, three numbers; what it has not told is asked."""
    program = ProgramFactory(
        slug="saint-elizabeths-behavioral-health-and-recovery-center-of-greater-milwaukee-wi",
        name="Saint Elizabeth’s Behavioral Health and Recovery Center of Greater Milwaukee",
        street2="Professional Building North, Suite 1240",
        sample=True,
        detailed=True,
        formats=["hybrid"],
        virtual_states=["DC", "NC", "WI"],
        languages=["english", "spanish", "sign-language", "hmong", "arabic", "vietnamese", "portuguese"],
        ages=["children", "young-adults", "adults", "seniors"],
        therapies=[],
        cost_per_week_min=300,
        cost_per_week_max=450,
    )
    for number in range(2):
        PhoneFactory(program=program, purpose="intake", extension=f"12{number}")
    for track, starts in (("Morning", 9), ("Afternoon", 13), ("Evening for people who work", 18)):
        for weekday, minute in ((0, 0), (2, 15), (4, 30)):
            times = {"starts": dt.time(starts, minute), "ends": dt.time(starts + 3, minute)}
            Session(program=program, track=track, weekday=weekday, **times)
    for number in range(8):
        payer = PayerFactory(name=f"{number} Blue Cross and Blue Shield of Wisconsin")
        PayerAcceptanceFactory(program=program, payer=payer)
    ConfirmationFactory(program=program, topic="schedule", method="registry")
    SourceRecordFactory(program=program, gone_since_year=2024)
    return program


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here (apt-get install chromium)")
@pytest.mark.parametrize("language", ["", "/es"])
def test_a_full_call_sheet_is_one_page(client: Client, full: Program, tmp_path: Path, language: str) -> None:
    html = client.get(f"{language}/programs/{full.slug}/sheet/").content.decode()
    sheet, paper = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    sheet.write_text(html.replace('"/static/', f'"file://{ROOT}/static/'))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path}/profile"]

    subprocess.run(
        [CHROMIUM, *options, "--no-pdf-header-footer", f"--print-to-pdf={paper}", sheet.as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )

    assert len(re.findall(rb"/Type /Page\b", paper.read_bytes())) == 1
