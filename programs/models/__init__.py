"""The public directory's tables, one file per noun."""

from programs.models.evidence import (
    Confirmation,
    DuplicateCandidate,
    Merge,
    ProblemReport,
    SourceRecord,
)
from programs.models.organization import Organization
from programs.models.payer import Payer, PayerAcceptance
from programs.models.place import Place
from programs.models.program import Credential, Phone, Program
from programs.models.search import DirectoryVersion, SearchCard, SearchRecord
from programs.models.session import SessionBlock

__all__ = [
    "Confirmation",
    "Credential",
    "DirectoryVersion",
    "DuplicateCandidate",
    "Merge",
    "Organization",
    "Payer",
    "PayerAcceptance",
    "Phone",
    "Place",
    "ProblemReport",
    "Program",
    "SearchCard",
    "SearchRecord",
    "SessionBlock",
    "SourceRecord",
]
