"""Is this answer about the person we asked about? If not, nobody sees it but a reviewer."""

import re

from insurance import membership
from insurance.x12.inquiry_270 import Person, Question, transliterate
from insurance.x12.lines import Member
from insurance.x12.response_271 import Response


def mismatch(question: Question, response: Response) -> str:
    """What does not fit ("BHT03", "TRN02", "member"), or nothing. A missing trace is no mismatch."""
    for transaction in response.transactions:
        if transaction.bht03 and transaction.bht03 != question.bht03:
            return "BHT03"
    if not response.members:
        return ""
    echoed = [trace.number for member in response.members for trace in member.traces if trace.kind == "2"]
    if echoed and question.trn02 not in echoed:
        return "TRN02"
    return "" if any(_fits(question, member) for member in response.members) else "member"


def _fits(question: Question, member: Member) -> bool:
    asked = question.dependent or question.subscriber
    if member.name is None:  # a rejection names nobody
        return True
    if member.birth_date and asked.birth_date and member.birth_date != asked.birth_date:
        return False
    ours, theirs = membership.canonical(question.subscriber.member_id), membership.canonical(member.member_id)
    if ours and theirs and _same_id(ours, theirs):
        return True
    return _same_name(asked, member) and (not (ours and theirs) or member.birth_date == asked.birth_date)


def _same_id(ours: str, theirs: str) -> bool:
    """Payers add or drop the person's suffix."""
    shorter, longer = sorted((ours, theirs), key=len)
    return len(shorter) >= 6 and longer.startswith(shorter) and len(longer) - len(shorter) <= 3


def _same_name(asked: Person, member: Member) -> bool:
    return member.name is not None and _letters(asked.last) == _letters(member.name.last)


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z]", "", transliterate(name).upper())
