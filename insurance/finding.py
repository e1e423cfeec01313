"""Finding a request by what a caller can tell: its number, a phone number, a member ID, a name. Always audited."""

import re
from itertools import islice

from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.models import User, Verb
from insurance import membership
from insurance.models import Verification

MOST = 50
# Names have no index on purpose (they are few enough to guess); so many of the newest requests are read through.
NAMES_READ = 2000


@transaction.atomic
def find(text: str, *, by: User) -> list[Verification]:
    """The newest requests that match. The trail says how it was looked for and what was found, not the words."""
    how, found = _find(text)
    for verification in found:
        audit.record(actor=by, verb=Verb.FOUND, subject=verification.public_id, how=how)
    if not found:
        audit.record(actor=by, verb=Verb.FOUND, subject="nothing", how=how)
    return found


def _find(text: str) -> tuple[str, list[Verification]]:
    everything = Verification.objects.select_related("payer", "program", "casework__owner", "casework__holder")
    everything = everything.order_by("-created_at", "-pk")
    if re.fullmatch(r"(?i)\s*iv[\s-]*[a-z0-9]{4}[\s-]*[a-z0-9]{4}\s*", text):
        letters = re.sub(r"[^A-Z0-9]", "", text.upper())[2:]
        return "number", list(everything.filter(public_id=f"IV-{letters[:4]}-{letters[4:]}"))
    member_index = membership.index(text)
    if _may_be_a_phone_number(text):  # or a member ID of as many digits
        either = Q(phone_index__in=membership.phone_indexes(text)) | Q(member_index=member_index)
        return "phone or member ID", list(everything.filter(either)[:MOST])
    by_member = list(everything.of_member(member_index)[:MOST])
    if by_member or re.search(r"\d", text):
        return "member ID", by_member
    return "name", list(islice((row for row in everything[:NAMES_READ] if _is_called(row, text)), MOST))


def _may_be_a_phone_number(text: str) -> bool:
    number = membership.EXTENSION.sub("", text)
    return len(re.sub(r"\D", "", number)) in (10, 11) and re.fullmatch(r"[\d\s().+\-]+", number) is not None


def _is_called(row: Verification, text: str) -> bool:
    words = text.casefold().split()
    columns = (
        "caller_name",
        "subscriber_first_name",
        "subscriber_last_name",
        "patient_first_name",
        "patient_last_name",
    )
    names = " ".join(getattr(row, column) for column in columns).casefold()
    return all(word in names for word in words)
