"""What payers say only in free text, and what we infer from it.

A reviewed table: each pattern was seen in, or modelled on, a published answer. The raw sentence always stands beside
the inference, so that staff can disagree. A sentence that no pattern knows is shown and changes nothing, unless it is
all that tells two different values apart.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Fact(StrEnum):
    """What a sentence can tell."""

    PROVIDER_IN_NETWORK = "provider_in_network"
    PROVIDER_OUT_OF_NETWORK = "provider_out_of_network"
    NO_OUT_OF_NETWORK_BENEFITS = "no_out_of_network_benefits"
    SELF_INSURED = "self_insured"
    FULLY_INSURED = "fully_insured"
    AGGREGATE_DEDUCTIBLE = "aggregate_deductible"
    AGGREGATE_OUT_OF_POCKET = "aggregate_out_of_pocket"
    EMBEDDED = "embedded"
    AUTHORIZATION_REQUIRED = "authorization_required"
    AUTHORIZATION_NOT_REQUIRED = "authorization_not_required"
    DEDUCTIBLE_APPLIES = "deductible_applies"
    DEDUCTIBLE_WAIVED = "deductible_waived"
    DEDUCTIBLE_IN_OUT_OF_POCKET = "deductible_in_out_of_pocket"
    OFFICE_VISIT = "office_visit"
    OTHER_LEVEL_OF_CARE = "other_level_of_care"
    IOP_EXCLUDED = "iop_excluded"
    FREE_STANDING_EXCLUDED = "free_standing_excluded"
    NARROW_EXCLUSION = "narrow_exclusion"
    IOP_NAMED = "iop_named"
    NEWBORN = "newborn"
    ADDITIONAL = "additional"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Inference:
    """A fact and the sentence it was read in. `label` names a tier."""

    fact: Fact
    sentence: str
    label: str = ""


_IOP = r"\b(INTENSIVE OUT-?\s?PATIENT|IOP)\b"
_AUTHORIZATION = r"\b(PRE-?\s?CERT\w*|PRE-?\s?AUTH\w*|PRIOR AUTH\w*|AUTHORI[SZ]ATION|PRE-?\s?APPROVAL)\b"
_NOT_COVERED = r"\b(NOT (A )?COVERED|EXCLUDED|EXCLUSION|NON-?COVERED|NOT A BENEFIT)\b"

# First match of a group wins, so what denies stands above what affirms.
_GROUPS: tuple[tuple[tuple[Fact, str], ...], ...] = (
    (
        (Fact.NO_OUT_OF_NETWORK_BENEFITS, r"\bNO (BENEFITS? )?OUT[- ]OF[- ]NETWORK (BENEFIT|COVERAGE)|\bIN[- ]NETWORK ONLY\b"),
        (Fact.PROVIDER_OUT_OF_NETWORK, r"\bPROVIDER (IS |STATUS:? ?)?(NOT IN|OUT|NON-?PAR|NOT PARTICIPATING)"),
        (Fact.PROVIDER_OUT_OF_NETWORK, r"\b(NON-?PARTICIPATING|OUT[- ]OF[- ]NETWORK) PROVIDER FOR (THIS )?MEMBER"),
        (Fact.PROVIDER_IN_NETWORK, r"\bPROVIDER (IS |STATUS:? ?)?(A )?(IN|PAR|PARTICIPATING|CONTRACTED)\b"),
    ),
    (
        (Fact.SELF_INSURED, r"\bSELF[- ]?(INSURED|FUNDED)\b|\bASO\b"),
        (Fact.FULLY_INSURED, r"\bFUNDING\b.*\bFULLY[- ]?(INSURED|FUNDED)\b|\bFULLY[- ]?INSURED\b"),
    ),
    ((Fact.AGGREGATE_DEDUCTIBLE, r"\bDEDUCTIBLE IS MET WHEN FAMILY\b|\b(AGGREGATE|NON-?EMBEDDED) DEDUCTIBLE\b"),),
    (
        (Fact.AGGREGATE_OUT_OF_POCKET, r"\b(OOP|OUT[- ]OF[- ]POCKET)\b.*\bIS MET WHEN FAMILY\b"),
        (Fact.EMBEDDED, r"(?<!NON-)(?<!NON )\bEMBEDDED\b|\bMET WHEN (EACH )?INDIVIDUAL\b"),
    ),
    (
        (Fact.AUTHORIZATION_NOT_REQUIRED, rf"\bNO {_AUTHORIZATION}|{_AUTHORIZATION}.*\b(NOT|NEVER) (BE )?(REQUIRED|NEEDED)"),
        (Fact.AUTHORIZATION_REQUIRED, rf"{_AUTHORIZATION}.*\b(REQUIRED|NEEDED|NECESSARY|MUST)|\b(REQUIRES?|NEEDS?|OBTAIN)\b.*{_AUTHORIZATION}"),
    ),
    (
        (Fact.DEDUCTIBLE_IN_OUT_OF_POCKET, r"\bDEDUCTIBLE\b.*\b(INCLUDED IN|COUNTS? TOWARDS?|APPLIES TO(WARDS?)?)\b.*\b(OOP|OUT[- ]OF[- ]POCKET)"),
        (Fact.DEDUCTIBLE_WAIVED, r"\bDEDUCTIBLE\b.*\b(WAIVED|DOES NOT APPLY|NOT APPLICABLE)|\b(NO|NOT SUBJECT TO|BEFORE)( THE)? DEDUCTIBLE\b"),
        (Fact.DEDUCTIBLE_APPLIES, r"\b(AFTER|SUBJECT TO)( THE)?( \w+)? DEDUCTIBLE\b|\bDEDUCTIBLE APPLIES\b"),
    ),
    (
        (Fact.OFFICE_VISIT, r"\bOFFICE (VISIT|SETTING|BASED)|\bIN (THE )?OFFICE\b"),
        (Fact.OTHER_LEVEL_OF_CARE, r"\b(PARTIAL HOSPITAL\w*|PHP|RESIDENTIAL|INPATIENT|DETOX\w*|(TELE|VIRTUAL)\w*( VISIT)?)\b"),
    ),
    (
        (Fact.FREE_STANDING_EXCLUDED, rf"\bFREE-?\s?STANDING\b.*{_NOT_COVERED}|{_NOT_COVERED}.*\bFREE-?\s?STANDING\b"),
        (Fact.IOP_EXCLUDED, rf"{_IOP}.*{_NOT_COVERED}|{_NOT_COVERED}.*{_IOP}"),
        (Fact.NARROW_EXCLUSION, r"\b(COURT[- ]ORDERED|EXPERIMENTAL|TELE\w+|VIRTUAL|OUT[- ]OF[- ]STATE|UNLICENSED|EDUCATIONAL)\b"),
        (Fact.IOP_NAMED, _IOP),
    ),
    ((Fact.NEWBORN, r"\bNEW-?\s?BORN\b"),),
    ((Fact.ADDITIONAL, r"^ADDITIONAL COVERED PER OCCURRENCE$"),),
    ((Fact.TIER, r"\bHIGHEST (LEVEL OF )?BENEFIT\b|\bABLETO (FULLY|PARTIALLY) FUNDED\b|\b(BENEFIT )?TIER [0-9A-Z]\b"),),
    ((Fact.TIER, r"\b(NON-?)?(PREFERRED|DESIGNATED)( NETWORK| PROVIDER)?\b|\bCENT(ER|RE)S? OF EXCELLENCE\b"),),
)  # fmt: skip
_COMPILED = tuple(tuple((fact, re.compile(pattern)) for fact, pattern in group) for group in _GROUPS)
LONGEST_SENTENCE = 264  # what MSG01 may hold; a longer text is matched on its beginning only


def infer(sentence: str) -> tuple[Inference, ...]:
    """Everything the table reads in one sentence; empty for an unknown one."""
    text = " ".join(sentence.upper().split())[:LONGEST_SENTENCE]
    found = []
    for group in _COMPILED:
        for fact, pattern in group:
            if match := pattern.search(text):
                label = match[0].lower() if fact is Fact.TIER else ""
                found.append(Inference(fact, sentence, label))
                break
    return tuple(found)
