"""Every rejection a payer may send, driven from the request to the place where the work goes on.

The codes and what follows from each are those of the X12 271's AAA segment; loops are where the guide allows them.
"""

import pytest
from django.utils import timezone

from insurance import verification
from insurance.models import Verification
from payersim.scenarios import LOOP_OF
from tests.insurance.asking import run, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]

ENDS = {
    "retry_wait: payer_busy": "42 80 79",
    "needs_info: fix_details": "15 56 58 60 61 62 63 64 65 66 67 68 71 72 73 74 75 76 77 78",
    "manual_required: not_enrolled": "41 43 44 45 46 47 48 50 51 52 97",
    "manual_required: manual_payer": "49",
    "manual_required: payer_out_of_network": "35",
    "config_error: gateway_refused": "04 T4",
    # About one benefit line only: the others stand, and what they tell is too little.
    "completed: answered": "33 53 54 55 57 69 70 98 AA AE AF AG AO CI E8 IA MA",
}
END_OF = {code: end for end, codes in ENDS.items() for code in codes.split()}
# What is sent once more by itself, changed in one way, before anybody is bothered. Never the birth date.
VARIED = {**dict.fromkeys("56 62 63".split(), "today"), **dict.fromkeys("65 67 73 75".split(), "fewer_names")}


def test_the_table_names_every_code_of_the_simulator():
    assert set(END_OF) == set(LOOP_OF)


def test_each_code_goes_to_whoever_can_mend_it(route, program):
    asked = {code: submit(route, program, member_id=f"SIMAAA{code}C") for code in END_OF}
    while verification.run_batch(len(asked)):
        pass
    ended = {code: Verification.objects.get(pk=row.pk) for code, row in asked.items()}
    assert {code: f"{row.state}: {row.state_reason}" for code, row in ended.items()} == END_OF
    varied = {code: row.variations for code, row in ended.items() if row.variations}
    assert {code: changed for code, changed in varied.items() if code in VARIED} == {
        code: [changed] for code, changed in VARIED.items() if code in varied
    }
    assert all(len(changed) == len(set(changed)) for changed in varied.values())
    assert all(row.needed_fields for row in ended.values() if row.state == "needs_info")
    assert not any(row.determination in {"covered", "covered_auth_required"} for row in ended.values())


def test_a_code_means_what_it_means_in_its_place(route, program):
    about_member, above = (
        run(submit(route, program, member_id=f"SIMAAA{place}")) for place in ("33C2100C", "71C2100A")
    )
    assert (about_member.state, above.state) == ("needs_info", "config_error")


@pytest.mark.parametrize("followup", ["Y", "S", "W", "X"])
def test_a_payer_that_will_come_back_is_waited_for(route, program, followup):
    row = run(submit(route, program, member_id=f"SIMAAA42{followup}"))
    assert (row.state, row.tries.count()) == ("awaiting_payer", 1)
    assert row.next_attempt_at > timezone.now()
