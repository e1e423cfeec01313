"""People who sign in, the links that let them in, the audit trail, and the throttle's table."""

from accounts.models.access import FactorReset, LinkPurpose, OneTimeLink, Throttle, ThrottleEntry
from accounts.models.audit import AuditEvent, AuditSeal, Verb
from accounts.models.user import Role, User, UserManager

__all__ = [
    "AuditEvent",
    "AuditSeal",
    "FactorReset",
    "LinkPurpose",
    "OneTimeLink",
    "Role",
    "Throttle",
    "ThrottleEntry",
    "User",
    "UserManager",
    "Verb",
]
