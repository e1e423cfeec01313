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
    CARVED_OUT = "carved_out"
    QUALIFIED_BENEFICIARY = "qualified_beneficiary"
    NEWBORN = "newborn"
    ADDITIONAL = "additional"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Inference:
    """A fact and the message it was read in, as sent. `label` names a tier."""

    fact: Fact
    sentence: str
    label: str = ""


_IOP = r"\b(INTENSIVE OUT-?\s?PATIENT|IOP)\b"
_AUTHORIZATION = (
    r"\b(PRE-?\s?CERT\w*|PRE-?\s?AUTH\w*|PRIOR (AUTH\w*|APPROVAL)|AUTHORI[SZ]ATION|AUTH|PRE-?\s?APPROVAL)\b"
)
_REQUIRED = r"(REQUIRED|REQ'?D|REQ|NEEDED|NECESSARY)\b"
_AT_FIRST = r"\b(FIRST|INITIAL|UNTIL|UNLESS|UP TO)\b"
_NOT_COVERED = r"\b(NOT (A )?COVERED|EXCLUDED|EXCLUSION|NON-?COVERED|NOT A BENEFIT)\b"
_OUTSIDE = r"(OUT[- ]OF[- ]NETWORK|OON)"
_IS_CERTAIN = r"^(?!.*\b(IF|WHEN|UNLESS|WHETHER|VERIFY|CONFIRM|UNKNOWN)\b).*"
_PROVIDER_IS = r"\bPROVIDER( IS|'?S? STATUS( IS)?)?:? "
_BEHAVIORAL = r"\b(BEHAVIORAL|MENTAL|PSYCH\w*|SUBSTANCE|CHEMICAL DEPENDENCY)\b"
_TELEHEALTH = r"\b(TELE(HEALTH|MED\w*|PSYCH\w*|THERAPY|VISIT\w*|PHONIC)|VIRTUAL)\b"

# First match of a group wins, so what denies stands above what affirms.
_GROUPS: tuple[tuple[tuple[Fact, str], ...], ...] = (
    (
        (Fact.NO_OUT_OF_NETWORK_BENEFITS, rf"\bNO (BENEFITS? )?{_OUTSIDE} (BENEFIT|COVERAGE)"),
        (Fact.NO_OUT_OF_NETWORK_BENEFITS, rf"\b{_OUTSIDE}( SERVICES?| CARE| BENEFITS?| COVERAGE| IS| ARE)* NOT (A )?COVERED\b"),
        (Fact.NO_OUT_OF_NETWORK_BENEFITS, r"^IN[- ]NETWORK ONLY\b|\bCOVERED IN[- ]NETWORK ONLY\b|\bIN[- ]NETWORK ONLY (PLAN|COVERAGE|BENEFIT)"),
        (Fact.PROVIDER_OUT_OF_NETWORK, r"\bPROVIDER (IS )?IN[- ]NETWORK ?[:=-] ?(N|NO)\b"),
        (Fact.PROVIDER_OUT_OF_NETWORK, rf"{_IS_CERTAIN}{_PROVIDER_IS}(NOT|NO LONGER) (IN|A |PAR|CONTRACTED)"),
        (Fact.PROVIDER_OUT_OF_NETWORK, rf"{_IS_CERTAIN}{_PROVIDER_IS}(A )?(NON-?\s?(PAR|CONTRACTED)|OON\b|OUT[- ](OF[- ])?(THE )?NETWORK)"),
        (Fact.PROVIDER_OUT_OF_NETWORK, rf"\b(NON-?\s?PARTICIPATING|{_OUTSIDE}) PROVIDER FOR (THIS )?MEMBER"),
        (Fact.PROVIDER_IN_NETWORK, rf"{_IS_CERTAIN}{_PROVIDER_IS}(AN? )?(IN[- ](THE )?NETWORK|PAR|PARTICIPATING|CONTRACTED)\b(?! (BENEFIT|COPAY|COINS|DEDUCT|RATE))"),
    ),
    (
        (Fact.SELF_INSURED, r"\bSELF[- ]?(INSURED|FUNDED)\b|\bASO\b"),
        (Fact.FULLY_INSURED, r"\bFUNDING\b.*\bFULLY[- ]?(INSURED|FUNDED)\b|\bFULLY[- ]?INSURED\b"),
    ),
    ((Fact.AGGREGATE_DEDUCTIBLE, r"\bDEDUCTIBLE IS MET WHEN FAMILY\b|\b(AGGREGATE|NON-?EMBEDDED) DEDUCTIBLE\b|\bDEDUCTIBLE\b.*\bNOT EMBEDDED\b"),),
    (
        (Fact.AGGREGATE_OUT_OF_POCKET, r"\b(OOP|OUT[- ]OF[- ]POCKET)\b.*\bIS MET WHEN FAMILY\b"),
        (Fact.EMBEDDED, r"(?<!NON-)(?<!NON )(?<!NOT )\bEMBEDDED\b|\bMET WHEN (EACH )?INDIVIDUAL\b"),
    ),
    (
        (Fact.AUTHORIZATION_REQUIRED, rf"^(?=.*{_AT_FIRST}).*(\bNO {_AUTHORIZATION}|{_AUTHORIZATION}.*\bNOT (BE )?{_REQUIRED})"),
        (Fact.AUTHORIZATION_REQUIRED, rf"^(?!.*\bNO {_AUTHORIZATION}).*{_AUTHORIZATION}( IS| MAY BE| MUST BE| WILL BE)? {_REQUIRED}"),
        (Fact.AUTHORIZATION_NOT_REQUIRED, rf"\bNO {_AUTHORIZATION}( IS)? {_REQUIRED}|^NO {_AUTHORIZATION}$|{_AUTHORIZATION}.*\b(NOT|NEVER) (BE )?{_REQUIRED}"),
        (Fact.AUTHORIZATION_NOT_REQUIRED, rf"\b(NOT|NEVER) (REQUIRE|NEED)\b.*{_AUTHORIZATION}"),
        (Fact.AUTHORIZATION_REQUIRED, rf"{_AUTHORIZATION}.*\b(MUST\b|{_REQUIRED})|\b(REQUIRES?|NEEDS?|OBTAIN|SUBJECT TO)\b.*{_AUTHORIZATION}"),
    ),
    (
        (Fact.DEDUCTIBLE_IN_OUT_OF_POCKET, r"^(?!.*\bNOT\b).*\bDEDUCTIBLE\b.*\b(INCLUDED IN|COUNTS? TOWARDS?|APPLIES TO(WARDS?)?)\b.*\b(OOP|OUT[- ]OF[- ]POCKET)"),
        (Fact.DEDUCTIBLE_WAIVED, r"^(?!.*\b(NOT (BE )?WAIVED|OOP|OUT[- ]OF[- ]POCKET|FIRST|PREVENTIVE|EMERGENCY|IF|UNLESS|UNTIL)\b).*"
                                 r"(\bDEDUCTIBLE\b.*\b(WAIVED|DOES NOT APPLY|NOT APPLICABLE)|\bNOT SUBJECT TO( THE)? DEDUCTIBLE\b|\bNO DEDUCTIBLE( APPLIES| REQUIRED)?$|\bCOPAY\w* BEFORE( THE)? DEDUCTIBLE\b)"),
        (Fact.DEDUCTIBLE_APPLIES, r"\b(AFTER|SUBJECT TO)( THE)?( \w+)? DEDUCTIBLE\b|\bDEDUCTIBLE (APPLIES|IS NOT WAIVED)\b"),
    ),
    (
        (Fact.OFFICE_VISIT, r"^(?!.*\bFACILITY\b).*(\bOFFICE (VISIT|SETTING|BASED)|\bIN (THE )?OFFICE\b)"),
        (Fact.OTHER_LEVEL_OF_CARE, rf"^(?!.*\bOUT-?\s?PATIENT\b).*\b(PARTIAL HOSPITAL\w*|PHP|RESIDENTIAL|INPATIENT|DETOX\w*)\b|{_TELEHEALTH}"),
    ),
    (
        (Fact.FREE_STANDING_EXCLUDED, rf"\bFREE-?\s?STANDING\b.*{_NOT_COVERED}|{_NOT_COVERED}.*\bFREE-?\s?STANDING\b"),
        (Fact.IOP_EXCLUDED, rf"{_IOP}.*{_NOT_COVERED}|{_NOT_COVERED}.*{_IOP}"),
        (Fact.NARROW_EXCLUSION, rf"\b(COURT[- ]ORDERED|EXPERIMENTAL|OUT[- ]OF[- ]STATE|UNLICENSED|EDUCATIONAL)\b|{_TELEHEALTH}"),
        (Fact.IOP_NAMED, _IOP),
    ),
    ((Fact.CARVED_OUT, rf"^(?=.*\b((ADMINISTERED|MANAGED|HANDLED) BY|CARVED[- ]OUT)\b).*{_BEHAVIORAL}"),),
    ((Fact.QUALIFIED_BENEFICIARY, r"(?<!NON-)(?<!NON )\bQMB\b|\bQUALIFIED MEDICARE BENEFICIARY\b"),),
    ((Fact.NEWBORN, r"\bNEW-?\s?BORN\b"),),
    ((Fact.ADDITIONAL, r"^ADDITIONAL COVERED PER OCCURRENCE$"),),
    ((Fact.TIER, r"\bHIGHEST (LEVEL OF )?BENEFIT\b|\bABLETO (FULLY|PARTIALLY) FUNDED\b|\b(BENEFIT )?TIER [0-9A-Z]\b"),),
    ((Fact.TIER, r"\b(NON-?\s?)?(PREFERRED|DESIGNATED)\b(?! PROVIDER ORGANI[SZ])( NETWORK| PROVIDER)?|\bCENT(ER|RE)S? OF EXCELLENCE\b"),),
)  # fmt: skip
_COMPILED = tuple(tuple((fact, re.compile(pattern)) for fact, pattern in group) for group in _GROUPS)
LONGEST_MESSAGE = 264  # what MSG01 may hold; a longer text is matched on its beginning only
_BETWEEN_SENTENCES = re.compile(r"[.;] +")


def infer(message: str) -> tuple[Inference, ...]:
    """Everything the table reads in one message, sentence by sentence; empty for an unknown one."""
    text = " ".join(message.upper().split())[:LONGEST_MESSAGE]
    found = []
    for sentence in _BETWEEN_SENTENCES.split(text):
        for group in _COMPILED:
            for fact, pattern in group:
                if match := pattern.search(sentence):
                    label = match[0].lower() if fact is Fact.TIER else ""
                    found.append(Inference(fact, message, label))
                    break
    return tuple(dict.fromkeys(found))
