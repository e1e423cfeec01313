"""The helpline's private tables, one file per noun. Personal values are encrypted row by row."""

from insurance.models.attempt import VerificationAttempt
from insurance.models.benefits import BenefitLine, BenefitSnapshot, CostEstimate
from insurance.models.call import ManualCall
from insurance.models.consent import Consent
from insurance.models.desk import Casework, Disclosure, IntakeDraft, Note, Outcome, Review
from insurance.models.keys import KeyCheck
from insurance.models.route import (
    PayerPhoneLine,
    PayerRoute,
    ProgramBilling,
    ProgramPayerContract,
    RouteMeter,
)
from insurance.models.verification import (
    ComparedProgram,
    Priority,
    StatusEvent,
    Verification,
)

__all__ = [
    "BenefitLine",
    "BenefitSnapshot",
    "Casework",
    "ComparedProgram",
    "Consent",
    "CostEstimate",
    "Disclosure",
    "IntakeDraft",
    "KeyCheck",
    "ManualCall",
    "Note",
    "Outcome",
    "PayerPhoneLine",
    "PayerRoute",
    "Priority",
    "ProgramBilling",
    "ProgramPayerContract",
    "Review",
    "RouteMeter",
    "StatusEvent",
    "Verification",
    "VerificationAttempt",
]
