"""One row for each sentence the table knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance.messages import Fact, infer

SENTENCES = [
    ("PROVIDER IS OUT NETWORK FOR MEMBER", "provider_out_of_network"),
    ("Provider is not in network", "provider_out_of_network"),
    ("PROVIDER STATUS: NON-PAR", "provider_out_of_network"),
    ("OUT-OF-NETWORK PROVIDER FOR THIS MEMBER", "provider_out_of_network"),
    ("PROVIDER IS IN NETWORK", "provider_in_network"),
    ("PROVIDER IS A PARTICIPATING PROVIDER", "provider_in_network"),
    ("NO OUT OF NETWORK BENEFITS EXCEPT EMERGENCY", "no_out_of_network_benefits"),
    ("IN-NETWORK ONLY PLAN", "no_out_of_network_benefits"),
    ("FUNDING TYPE = SELF INSURED - LARGE GROUP", "self_insured"),
    ("SELF-FUNDED PLAN", "self_insured"),
    ("FUNDING TYPE = FULLY INSURED", "fully_insured"),
    ("DEDUCTIBLE IS MET WHEN FAMILY AMOUNT IS SATISFIED", "aggregate_deductible"),
    ("NON-EMBEDDED DEDUCTIBLE", "aggregate_deductible"),
    ("OOP MAXIMUM IS MET WHEN FAMILY AMOUNT IS SATISFIED", "aggregate_out_of_pocket"),
    ("EMBEDDED DEDUCTIBLE", "embedded"),
    ("PRIOR AUTHORIZATION REQUIRED", "authorization_required"),
    ("PRE-CERTIFICATION IS REQUIRED FOR THIS SERVICE", "authorization_required"),
    ("YOU MUST OBTAIN PREAUTHORIZATION", "authorization_required"),
    ("PRECERTIFICATION NOT REQUIRED", "authorization_not_required"),
    ("NO PRIOR AUTHORIZATION NEEDED", "authorization_not_required"),
    ("DEDUCTIBLE INCLUDED IN OUT OF POCKET", "deductible_in_out_of_pocket"),
    ("DEDUCTIBLE WAIVED", "deductible_waived"),
    ("NOT SUBJECT TO DEDUCTIBLE", "deductible_waived"),
    ("COPAY AFTER DEDUCTIBLE", "deductible_applies"),
    ("OFFICE VISIT", "office_visit"),
    ("PARTIAL HOSPITALIZATION", "other_level_of_care"),
    ("TELEHEALTH", "other_level_of_care"),
    ("FREE STANDING FACILITY EXCLUDED", "free_standing_excluded"),
    ("NOT COVERED AT A FREE-STANDING FACILITY", "free_standing_excluded"),
    ("INTENSIVE OUTPATIENT IS NOT COVERED", "iop_excluded"),
    ("COURT ORDERED TREATMENT EXCLUDED", "narrow_exclusion"),
    ("MENTAL HEALTH BENEFITS ARE ADMINISTERED BY SAMPLE BEHAVIORAL", "carved_out"),
    ("QMB ONLY", "qualified_beneficiary"),
    ("INTENSIVE OUT-PATIENT PROGRAM", "iop_named"),
    ("NEWBORN COVERED FOR 31 DAYS", "newborn"),
    ("ADDITIONAL COVERED PER OCCURRENCE", "additional"),
    ("HIGHEST BENEFIT", "tier"),
    ("ABLETO FULLY FUNDED", "tier"),
    ("BENEFIT TIER 1", "tier"),
    ("PREFERRED PROVIDER", "tier"),
]


@pytest.mark.parametrize(("sentence", "fact"), SENTENCES)
def test_a_sentence_tells_its_fact(sentence, fact):
    assert fact in {inference.fact for inference in infer(sentence)}
    assert all(inference.sentence == sentence for inference in infer(sentence))


def test_every_fact_has_a_sentence():
    assert {fact for _sentence, fact in SENTENCES} == {fact.value for fact in Fact}


SLOPPY = [
    ("PRECERT REQ'D", "authorization_required"),
    ("AUTH REQ", "authorization_required"),
    ("PRIOR APPROVAL NEEDED", "authorization_required"),
    ("SUBJECT TO PREAUTHORIZATION", "authorization_required"),
    ("AUTHORIZATION REQUIRED FOR IOP. NOT REQUIRED FOR OFFICE VISITS", "authorization_required"),
    ("AUTHORIZATION REQUIRED FOR IOP, NOT REQUIRED FOR OFFICE VISITS", "authorization_required"),
    ("NO AUTH REQUIRED FOR FIRST 8 VISITS", "authorization_required"),
    ("PRECERTIFICATION NOT REQUIRED UNTIL VISIT 9", "authorization_required"),
    ("SERVICE DOES NOT REQUIRE PRIOR AUTHORIZATION", "authorization_not_required"),
    ("NO PRECERT", "authorization_not_required"),
    ("PROVIDER IN NETWORK", "provider_in_network"),
    ("PROVIDER STATUS: PAR", "provider_in_network"),
    ("PROVIDER IS NOT CONTRACTED", "provider_out_of_network"),
    ("PROVIDER IS NON PARTICIPATING", "provider_out_of_network"),
    ("PROVIDER IS OUT-OF-NETWORK", "provider_out_of_network"),
    ("PROVIDER IN NETWORK: NO", "provider_out_of_network"),
    ("PROVIDER NO LONGER PARTICIPATING", "provider_out_of_network"),
    ("OUT-OF-NETWORK SERVICES ARE NOT COVERED", "no_out_of_network_benefits"),
    ("NO OON BENEFITS", "no_out_of_network_benefits"),
    ("DEDUCTIBLE IS NOT WAIVED", "deductible_applies"),
    ("COPAY BEFORE DEDUCTIBLE", "deductible_waived"),
    ("DEDUCTIBLE IS NOT EMBEDDED", "aggregate_deductible"),
    ("OUTPATIENT OFFICE VISIT", "office_visit"),
    ("RESIDENTIAL IS NOT COVERED. IOP COVERED WITH APPROVAL", "iop_named"),
    ("NON PREFERRED", "tier"),
]


@pytest.mark.parametrize(("sentence", "fact"), SLOPPY)
def test_a_sentence_as_payers_really_write_it_tells_its_fact(sentence, fact):
    assert fact in {inference.fact for inference in infer(sentence)}


SILENT = [
    "NO AUTHORIZATION ON FILE",
    "AUTHORIZED REPRESENTATIVE REQUIRED",
    "IF PROVIDER IS IN NETWORK",
    "WHEN THE PROVIDER IS PARTICIPATING, 20 PERCENT",
    "PROVIDER IS IN PROCESS OF CREDENTIALING",
    "PROVIDER NETWORK STATUS UNKNOWN",
    "PARTICIPATING PROVIDER OUT OF POCKET MAXIMUM",
    "OUT OF NETWORK DEDUCTIBLE NOT MET",
    "DEDUCTIBLE DOES NOT APPLY TO OUT OF POCKET",
    "DEDUCTIBLE NOT INCLUDED IN OUT OF POCKET",
    "DEDUCTIBLE WAIVED FOR FIRST 3 VISITS",
    "NOTHING IS PAID BEFORE DEDUCTIBLE IS MET",
    "NO DEDUCTIBLE CARRYOVER",
    "CALL TELEPHONE 800-555-0100",
    "INPATIENT AND OUTPATIENT MENTAL HEALTH",
    "PHARMACY BENEFITS ADMINISTERED BY RXCO",
    "NON-QMB",
    "PREFERRED PROVIDER ORGANIZATION",
]


@pytest.mark.parametrize("sentence", SILENT)
def test_what_only_sounds_like_a_fact_is_none(sentence):
    assert infer(sentence) == ()


def test_a_condition_of_the_network_is_not_the_programs_network():
    facts = {inference.fact for inference in infer("DEDUCTIBLE APPLIES IN NETWORK ONLY")}
    assert facts == {Fact.DEDUCTIBLE_APPLIES}


@pytest.mark.parametrize(
    ("sentence", "fact"),
    [
        ("PRECERTIFICATION NOT REQUIRED", Fact.AUTHORIZATION_REQUIRED),
        ("RESIDENTIAL IS NOT COVERED. IOP COVERED WITH APPROVAL", Fact.IOP_EXCLUDED),
        ("DEDUCTIBLE IS NOT EMBEDDED", Fact.EMBEDDED),
        ("NON-EMBEDDED DEDUCTIBLE", Fact.EMBEDDED),
        ("INTENSIVE OUTPATIENT", Fact.OTHER_LEVEL_OF_CARE),
        ("PROVIDER IS NOT IN NETWORK", Fact.PROVIDER_IN_NETWORK),
        ("DEDUCTIBLE WAIVED", Fact.DEDUCTIBLE_APPLIES),
    ],
)
def test_what_denies_is_not_read_as_its_opposite(sentence, fact):
    assert fact not in {inference.fact for inference in infer(sentence)}


def test_tiers_are_named_by_the_words_that_tell_them():
    assert infer("Highest  Benefit level")[0].label == "highest benefit"


@given(st.text(max_size=400))
def test_an_unknown_sentence_changes_nothing_and_breaks_nothing(sentence):
    assert all(inference.sentence == sentence for inference in infer(sentence))
