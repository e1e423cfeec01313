"""Whole files: our own samples (fictional people and payers), and real answers where they are at hand.

Two other X12 libraries look over our shoulder: pyx12 counts the envelopes, TigerShark knows the 270 and 271 grammar.
"""

import io
import json
import warnings

import pytest

from insurance.reading import default_condition
from insurance.reading_json import response_json
from insurance.x12.envelope import read_envelope
from insurance.x12.inquiry_270 import Person, write
from insurance.x12.response_271 import read
from insurance.x12.segments import tokenise
from tests.insurance.x12.messages import ASKED_AT, CONTROL, SAMPLES, SENDER, question
from tests.realdata import DATA

# File, kind, verdict, problems, and for each member the determination with its evidence level.
READ = [
    ("batch_of_three.271", "271", "read", [], ["active_iop_unconfirmed 1", "inactive 0", "rejected 0"]),
    ("bom_and_windows_line_ends_indented.271", "271", "read", ["BOM"], ["active_iop_unconfirmed 2"]),
    ("carve_out_names_an_administrator.271", "271", "read", [], ["carve_out_contact 1"]),
    ("conflicting_coinsurance.271", "271", "review", [], ["covered 3"]),
    ("control_character_terminator.271", "271", "read", [], ["active_iop_unconfirmed 2"]),
    ("count_is_wrong.271", "271", "malformed", ["SE_COUNT"], ["unknown 0"]),
    ("cut_in_the_middle.271", "271", "malformed", ["NO_TERMINATOR", "SE_MISSING", "GE_MISSING", "IEA_MISSING"], []),
    ("dependent.271", "271", "read", [], ["covered 3"]),
    ("empty.271", "unreadable", "malformed", ["EMPTY"], []),
    ("free_standing_exclusion.271", "271", "read", [], ["not_covered 2"]),
    ("half_a_quantity.271", "271", "review", ["UNPAIRED_QUANTITY"], ["active_iop_unconfirmed 1"]),
    ("hmo_copay_no_out_of_network.271", "271", "read", [], ["covered_auth_required 3"]),
    ("html_page.271", "unreadable", "malformed", ["NO_ISA"], []),
    ("interchange_number_is_wrong.271", "271", "malformed", ["IEA_CONTROL"], ["unknown 0"]),
    ("latin1_name.271", "271", "read", ["ENCODING"], ["active_iop_unconfirmed 2"]),
    ("medicaid_spend_down.271", "271", "read", [], ["active_iop_unconfirmed 1"]),
    ("member_not_found.271", "271", "rejected", [], ["rejected 0"]),
    ("negative_amount.271", "271", "review", ["NEGATIVE_NUMBER"], ["active_iop_unconfirmed 1"]),
    (
        "no_version_no_trace.271",
        "271",
        "read",
        ["ST_VERSION", "GS_VERSION", "TRN_ABSENT"],
        ["active_iop_unconfirmed 2"],
    ),
    ("other_delimiters.271", "271", "read", [], ["active_iop_unconfirmed 2"]),
    ("payer_down_beside_benefits.271", "271", "rejected", [], ["unknown 0"]),
    ("plan_ended.271", "271", "read", [], ["inactive 0"]),
    ("ppo_in_and_out_with_authorization.271", "271", "read", [], ["covered_auth_required 3"]),
    ("refused_by_a_999.999", "999", "rejected", [], []),
    ("refused_by_a_ta1.ta1", "TA1", "rejected", [], []),
    ("tiers_told_apart_by_text_only.271", "271", "read", [], ["active_iop_unconfirmed 1"]),
    ("unpadded_isa.271", "271", "read", ["ISA_WIDTH"], ["active_iop_unconfirmed 2"]),
    ("visit_limit_in_eb_and_hsd.271", "271", "read", [], ["covered 3"]),
]


def test_every_sample_is_in_the_table():
    assert [row[0] for row in READ] == sorted(path.name for path in SAMPLES.iterdir())


@pytest.mark.parametrize(("name", "kind", "verdict", "problems", "members"), READ)
def test_samples_are_read(name, kind, verdict, problems, members):
    response = read((SAMPLES / name).read_bytes())
    content = response_json(response, default_condition(response))
    found = [member["benefits"] for each in content["transactions"] for member in each["subscribers"]]
    assert (content["kind"], content["verdict"]) == (kind, verdict)
    assert [problem["code"] for problem in content["problems"]] == problems
    assert [f"{each['determination']} {each['evidence_level']}" for each in found] == members
    assert json.loads(json.dumps(content)) == content


SHARED = DATA / "x12"
FILES = [
    *sorted(SAMPLES.iterdir()),
    *sorted(p for p in SHARED.rglob("*") if p.suffix in (".270", ".271", ".999", ".ta1")),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_of_a_file_is_lost(path):
    data = path.read_bytes()
    assert bytes(tokenise(data)) == data


def test_real_answers_are_at_hand():
    if not SHARED.exists():
        pytest.skip(f"no real answers in {SHARED}: only our own samples were read")
    assert len([path for path in FILES if SHARED in path.parents]) >= 40


# --- other people's eyes ----------------------------------------------------------------------------
STRAIGHT = [
    name for name, kind, verdict, problems, _ in READ if kind == "271" and verdict != "malformed" and not problems
]

UNUSUAL_DELIMITERS = ("other_delimiters.271", "control_character_terminator.271")  # TigerShark reads only "~"


@pytest.fixture(scope="module")
def grammar():
    """TigerShark's parsers of a 270 and a 271, strict about what does not belong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was written for an older Python
        from tigershark.parsers.M270_5010_X279_A1 import parsed_270
        from tigershark.parsers.M271_5010_X279_A1 import parsed_271
    return {"270": parsed_270, "271": parsed_271}


def envelope_errors(data: bytes) -> list[str]:
    """What pyx12 has to say about the counts and numbers of the envelopes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyx12.x12file import X12Reader
    reader = X12Reader(io.StringIO(data.decode()))
    list(reader)
    reader.cleanup()
    return [code for _kind, code, *_ in reader.pop_errors()]


@pytest.mark.parametrize("name", [name for name in STRAIGHT if name not in UNUSUAL_DELIMITERS])
def test_tigershark_takes_our_samples_for_271s(grammar, name):
    grammar["271"].unmarshall((SAMPLES / name).read_text().replace("\n", ""), ignoreExtra=False)


@pytest.mark.parametrize("name", [*STRAIGHT, "count_is_wrong.271", "interchange_number_is_wrong.271"])
def test_pyx12_finds_the_same_faults_in_envelopes(name):
    data = (SAMPLES / name).read_bytes()
    assert bool(envelope_errors(data)) is bool(read_envelope(tokenise(data)).problems)


@pytest.mark.parametrize("dependent", [None, Person("Rivera", "Riley", gender="M")])
def test_both_take_what_we_write_for_a_270(grammar, dependent):
    data = write(question(dependent=dependent), SENDER, CONTROL, at=ASKED_AT).data
    grammar["270"].unmarshall(data.decode(), ignoreExtra=False)
    assert envelope_errors(data) == []
