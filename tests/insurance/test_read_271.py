"""`manage.py read_271` on files: our own samples, and the real ones where they are at hand."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insurance.pricing import ProgramTerms, price
from insurance.reading import benefits
from insurance.x12.response_271 import read
from tests.insurance.x12.messages import answer, interchange
from tests.realdata import DATA

PPO = (
    "EB*1**30*PR*EXAMPLE PPO 1500", "EB*1**MH^CH^CJ", "EB*C*IND*30***23*1500*****Y", "EB*C*IND*30***29*600*****Y",
    "EB*G*IND*30***23*5000*****Y", "EB*G*IND*30***29*3850*****Y", "EB*A*IND*CH^CJ*****.2***Y*Y",
)  # fmt: skip


def read_file(path: Path, *options: str) -> dict:
    out = StringIO()
    call_command("read_271", str(path), *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def message(tmp_path):
    def write(data: bytes, *options: str) -> dict:
        path = tmp_path / "answer.271"
        path.write_bytes(data)
        return read_file(path, *options)

    return write


def test_both_layers_of_an_answer(message):
    content = message(answer(*PPO))
    (transaction,) = content["transactions"]
    (member,) = transaction["subscribers"]
    assert (content["kind"], content["verdict"], content["problems"]) == ("271", "read", [])
    assert (transaction["bht03"], transaction["trn02"]) == ("IV7QK42M9P-1", ["IV7QK42M9P-1"])
    assert (member["loop"], member["aaa"], len(member["lines"])) == ("2000C", [], 7)
    found = member["benefits"]
    assert (found["determination"], found["evidence_level"]) == ("covered_auth_required", 3)
    assert (found["plan"]["name"], found["plan"]["active"]) == ("EXAMPLE PPO 1500", True)
    assert found["program_network"] == "unknown"
    (tier,) = found["tiers"]
    assert (tier["network"], tier["tier"], tier["proxy"]) == ("in", "base", False)
    assert tier["deductible"] == {"individual": {"total": "1500.00", "remaining": "600.00"}}
    assert tier["out_of_pocket"] == {"individual": {"total": "5000.00", "remaining": "3850.00"}}
    share = {"value": "0.20", "low": "0.20", "high": "0.20", "stc": "CJ", "line": 7, "proxy": False}
    assert tier["coinsurance"] == share
    assert (tier["copay"], tier["visit_limit"], tier["authorization"]) == (None, None, "yes")
    assert tier["sources"]["deductible.individual.remaining"] == {"line": 4, "stc": "30"}
    assert found["next_question"]


def test_every_element_of_every_line_is_there(message):
    line = message(answer("EB*C*IND*30***29*600*****Y", "MSG*HELLO"))["transactions"][0]["subscribers"][0]["lines"][0]
    assert [line[f"eb{number:02d}"] for number in (1, 2, 3, 6, 7, 12)] == ["C", "IND", "30", "29", "600", "Y"]
    assert (line["stc"], line["messages"], line["segment"]) == (["30"], ["HELLO"], 11)


def test_a_rejection_is_listed_with_its_loop(message):
    content = message(answer(member=("AAA*N**75*C",)))
    (member,) = content["transactions"][0]["subscribers"]
    assert content["verdict"] == "rejected"
    assert {key: member["aaa"][0][key] for key in ("loop", "code", "followup")} == {
        "loop": "2100C", "code": "75", "followup": "C",
    }  # fmt: skip
    assert member["benefits"]["determination"] == "rejected"


def test_a_wrong_count_shows_lines_but_no_benefits(message):
    content = message(answer(*PPO).replace(b"SE*18", b"SE*30"))
    (problem,) = content["problems"]
    (member,) = content["transactions"][0]["subscribers"]
    assert (content["verdict"], problem["code"], problem["segment"]) == ("malformed", "SE_COUNT", 18)
    assert (len(member["lines"]), member["benefits"]["tiers"]) == (7, [])


def test_an_answer_about_nobody_is_for_a_person(message):
    content = message(interchange("BHT*0022*11*B*20260302*1000", "HL*1**20*1", "NM1*PR*2*X"))
    assert content["verdict"] == "review"


@pytest.mark.parametrize(("options", "level"), [((), 3), (("--condition", "mh"), 1), (("--condition", "sud"), 3)])
def test_condition_can_be_told_or_follows_the_codes(message, options, level):
    content = message(answer("EB*1**30", "EB*A*IND*CJ*****.2****Y"), *options)
    assert content["transactions"][0]["subscribers"][0]["benefits"]["evidence_level"] == level


def test_a_file_that_is_not_there_is_an_error_in_words(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("read_271", str(tmp_path / "none"))


@given(data=st.binary(max_size=300), place=st.integers(0, 700))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_json_and_never_a_traceback(message, data, place):
    assert message(data)["kind"] == "unreadable" or data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"ISA")
    whole = answer(*PPO)
    assert message(whole[:place] + data + whole[place:])["verdict"] in ("read", "review", "rejected", "malformed")


SHARED = DATA / "x12"
CORPUS = sorted(path for path in SHARED.rglob("*") if path.suffix in (".271", ".999", ".ta1"))
if not CORPUS:
    CORPUS = [pytest.param(SHARED, marks=pytest.mark.skip(reason=f"no real answers in {SHARED}"))]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_real_answers_are_read(path):
    content = read_file(path)
    assert content["kind"] in ("271", "999", "TA1", "unreadable")
    covered = [
        member["benefits"]
        for transaction in content["transactions"]
        for member in transaction["subscribers"]
        if member["benefits"]["determination"].startswith("covered")
    ]
    assert all(found["evidence_level"] >= 3 for found in covered)


def test_the_published_self_insured_ppo_has_its_base_limit_left_and_never_zero():
    path = SHARED / "271" / "stedi_docs_active_ppo_selfinsured_UHC.271"
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    (member,) = read_file(path)["transactions"][0]["subscribers"]
    found = member["benefits"]
    base = {tier["network"]: tier for tier in found["tiers"] if tier["tier"] == "base"}
    assert base["in"]["out_of_pocket"]["family"]["remaining"] == "1294.84"
    assert base["in"]["deductible"]["family"]["remaining"] == "0.00"
    assert (base["in"]["coinsurance"]["value"], base["in"]["proxy"]) == ("0.20", True)
    assert base["out"]["out_of_pocket"]["family"]["remaining"] == "9944.84"
    assert (found["program_network"], found["determination"]) == ("out", "active_iop_unconfirmed")
    assert found["review"] == []
    told = benefits(read(path.read_bytes()), condition="mh")
    inside = price(told, ProgramTerms(days=36, network="in", allowed=Decimal(300), is_asked=False))
    assert (inside.low, inside.high) == (Decimal("1294.84"), Decimal("1294.84"))
    asked = price(told, ProgramTerms(days=36, allowed=Decimal(250), billed=Decimal(600)))
    assert asked.low > inside.high  # the payer says that this provider is out of network
