"""Since when each fact is known: no fresh check speaks for what it did not check, and what is out of date says so."""

import csv
import io

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs import wording
from programs.models import Program
from programs.search import record
from tests.factories import (
    ConfirmationFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    ProgramFactory,
    SourceRecordFactory,
    days_ago,
)

pytestmark = pytest.mark.django_db

Checks = dict[str, tuple[int, str]]  # days ago and how, by topic


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def words(element: BeautifulSoup) -> str:
    return " ".join(element.text.split())


def checked(program: Program, checks: Checks) -> Program:
    for topic, (days, method) in checks.items():
        ConfirmationFactory(program=program, topic=topic, method=method, confirmed_on=days_ago(days))
    record.write([program.pk])
    return program


def day(days: int) -> str:
    return wording.date(days_ago(days))


@pytest.fixture
def told() -> Program:
    """One that told its times, its price and a kind of payment."""
    return ProgramFactory(slug="door", evening=True, priced=True, medicaid=True)


ALL_TOLD = [
    (
        {"schedule": (30, "call"), "cost": (40, "call"), "payers": (3, "program")},
        ("Checked by phone {40}", False),
    ),
    (
        {"schedule": (130, "call"), "cost": (40, "call"), "payers": (3, "program")},
        ("Checked by phone {130}", True),
    ),
    ({"payers": (3, "program")}, ("Insurance: told by the program {3}", False)),
    ({"payers": (3, "program"), "schedule": (3, "program")}, ("Insurance, schedule: told by the program {3}", False)),
    ({"payers": (3, "program"), "schedule": (130, "call")}, ("Schedule: checked by phone {130}", True)),
    ({"phone": (3, "call")}, ("Phone numbers: checked by phone {3}", False)),
    ({}, ("Not checked yet", True)),
]


@pytest.mark.parametrize(("checks", "said"), ALL_TOLD)
def test_one_line_says_no_more_than_was_checked(
    client: Client, told: Program, checks: Checks, said: tuple[str, bool]
) -> None:
    checked(told, checks)
    line, is_old = said[0].format(*map(day, range(200))), said[1]

    seen = soup(client, "/programs/").select_one("li.card .ver")
    tag = soup(client, "/programs/door/").select_one(".ph .tag")
    table = soup(client, "/compare/?p=door").select("table.compare tr")

    assert (words(seen), "old" in seen["class"]) == (line, is_old)
    assert (words(tag), "ok" in tag["class"]) == (f"{line}. Call first." if is_old else line, not is_old)
    assert next(row.td.find_all(string=True)[-1] for row in table if row.th.text == "Last checked") == line
    assert f"Checked{line}" in soup(client, "/programs/door/sheet/").select_one("dl.facts").text


def test_a_check_of_all_that_was_told_speaks_for_no_more(client: Client) -> None:
    checked(ProgramFactory(slug="door", samhsa=True, medicaid=True), {"payers": (3, "program")})
    line = f"Insurance: told by the program {day(3)}"

    assert words(soup(client, "/programs/").select_one("li.card .ver")) == line
    assert words(soup(client, "/programs/door/").select_one(".ph .tag")) == line


def test_a_check_of_times_alone_says_that_it_was_of_times(client: Client) -> None:
    checked(ProgramFactory(slug="door", priced=True), {"schedule": (3, "call")})

    assert words(soup(client, "/programs/").select_one("li.card .ver")) == f"Schedule: checked by phone {day(3)}"


def test_what_another_directory_still_lists_is_not_gone(client: Client) -> None:
    program = ProgramFactory(slug="door")
    SourceRecordFactory(program=program, source="samhsa-su", survey_year=2023, gone_since_year=2024)
    SourceRecordFactory(program=program, source="samhsa-mh", survey_year=2023)
    record.write([program.pk])

    assert "any more" not in soup(client, "/programs/").select_one("li.card").text
    assert "any more" not in soup(client, "/programs/door/").main.text


@pytest.mark.parametrize("address", ["/compare/?p=door", "/programs/door/sheet/"])
def test_a_comparison_says_what_a_survey_is_worth(client: Client, address: str) -> None:
    ProgramFactory(slug="door", samhsa=True)

    assert "Reported to SAMHSA in 2023, not confirmed" in soup(client, address).text


def section(client: Client, name: str) -> str:
    return words(soup(client, "/programs/door/").select_one(f"section[aria-labelledby={name}]"))


def test_each_section_says_since_when_it_is_known(client: Client) -> None:
    program = ProgramFactory(slug="door", evening=True, priced=True, medicaid=True, detailed=True)
    checked(program, {"schedule": (130, "program"), "payers": (3, "call"), "availability": (1, "call")})
    Program.objects.filter(pk=program.pk).update(accepting_new=True, accreditations=["carf"])

    assert section(client, "schedule").endswith(f"Told by the program {day(130)} Out of date")
    cost, insurance = section(client, "cost").split("Insurance and payment")
    assert cost.strip().endswith("Not checked yet")
    assert f"Checked by phone {day(3)}" in insurance
    assert section(client, "care").endswith("Not checked yet")
    assert section(client, "people").endswith("Not checked yet")
    assert section(client, "quality").endswith("Not checked yet")
    assert f"Checked by phone {day(1)}" in words(soup(client, "/programs/door/").select_one(".ask"))


def test_what_a_directory_told_is_dated_by_it_and_the_rest_is_not(client: Client) -> None:
    ProgramFactory(slug="door", samhsa=True, medicaid=True, detailed=True, evening=True, priced=True)
    reported = "Reported to SAMHSA in 2023, not confirmed"

    assert section(client, "care").endswith(reported)
    assert reported in section(client, "cost")
    assert section(client, "schedule").endswith("Not checked yet")
    assert "Not checked yet" in section(client, "cost").split("Insurance and payment")[0]


def test_a_kind_of_payment_is_dated_though_something_else_was_checked(client: Client) -> None:
    checked(ProgramFactory(slug="door", samhsa=True, medicaid=True), {"phone": (3, "call")})

    assert "Reported in 2023" in section(client, "cost")


def test_a_section_that_tells_nothing_has_no_date(client: Client) -> None:
    ProgramFactory(slug="door")

    for name in ("schedule", "cost", "care", "people", "quality"):
        assert "checked" not in section(client, name)


@pytest.mark.parametrize(
    ("days", "checks", "age"),
    [
        (20, {}, ""),
        (120, {}, "Out of date"),
        (200, {}, "Too old"),
        (120, {"payers": (3, "call")}, ""),
        (120, {"payers": (3, "benefits-check")}, "Out of date"),
    ],
)
def test_a_payer_that_nobody_asked_about_lately_is_out_of_date(
    client: Client, days: int, checks: Checks, age: str
) -> None:
    program = ProgramFactory(slug="door")
    PayerAcceptanceFactory(program=program, payer=PayerFactory(badgercare=True), as_of=days_ago(days))
    checked(program, checks)

    row = soup(client, "/programs/door/").find("th", string="BadgerCare Plus").find_parent("tr")

    assert words(row.select("td")[1]) == f"In network ({day(days)}). {age}".strip()


@pytest.mark.parametrize(("days", "note"), [(20, True), (120, False)])
def test_a_card_says_confirmed_only_while_it_is(client: Client, days: int, note: bool) -> None:
    program = ProgramFactory()
    payer = PayerFactory(badgercare=True)
    PayerAcceptanceFactory(program=program, payer=payer, source="benefits-check", as_of=days_ago(days))
    record.write([program.pk])

    assert (f"(confirmed {day(days)})" in soup(client, "/programs/").select_one("li.card .ins").text) is note


GONE = "Not in the 2024 directory any more"


@pytest.fixture
def gone() -> Program:
    program = ProgramFactory(slug="door")
    SourceRecordFactory(program=program, gone_since_year=2024)
    SourceRecordFactory(program=program, survey_year=2022, first_seen_year=2022)
    record.write([program.pk])
    return program


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("/programs/", "li.card .where"),
        ("/programs/door/", ".ph .tags"),
        ("/programs/door/sheet/", "dl.facts"),
        ("/compare/?p=door", "table.compare thead"),
        ("/shortlist/?p=door", "li.card .where"),
    ],
)
def test_who_a_newer_directory_does_not_list_says_so_everywhere(
    client: Client, gone: Program, address: str, part: str
) -> None:
    assert GONE in words(soup(client, address).select_one(part))

    gone.sources.update(gone_since_year=None)
    record.write([gone.pk])
    assert GONE not in soup(client, address).text


def test_data_say_so_too(client: Client, gone: Program) -> None:
    listed = client.get("/api/v1/programs").json()["results"][0]["source"]
    exported = client.get("/api/v1/programs/export?format=csv").getvalue().decode()
    [row] = csv.DictReader(io.StringIO(exported))

    assert listed == {"name": "SAMHSA National Directory", "year": 2023, "gone_since": 2024}
    assert list(row)[-1] == "gone_since"
    assert (row["survey_year"], row["gone_since"]) == ("2023", "2024")
    assert client.get("/api/v1/programs/door").json()["sources"][0]["gone_since"] == 2024
