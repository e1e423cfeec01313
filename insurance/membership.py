"""Member IDs: how they are typed, compared and looked up, and which cannot be right."""

import re
import unicodedata

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insurance.encryption import blind_index
from insurance.x12.inquiry_270 import IDENTIFIER
from programs.models import Payer
from programs.models.payer import PayerKind

# A Medicare Beneficiary Identifier, without its dashes (CMS: never S, L, O, I, B or Z).
MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d[AC-HJKMNP-RT-Y]{2}\d{2}"
)

# At the end of a telephone number, as `fields.PhoneField` takes it.
EXTENSION = re.compile(r"(?i)\s*(?:ext\.?|x|#)\s*\d{1,6}\s*$")


def tidy(typed: str) -> str:
    """As typed, without what people add to read it more easily at either end."""
    return unicodedata.normalize("NFKC", typed).strip(" -\t")


def canonical(member_id: str) -> str:
    """What two spellings of one member ID share: no spaces or dashes, upper case."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", member_id)).upper()


def hints(member_id: str) -> list[Promise]:
    """What to ask again before such an ID is sent. Nothing is changed by itself: another ID is somebody else's."""
    found: list[Promise] = []
    if "O" in canonical(member_id):
        found.append(_("The member ID has a letter O in it. Read it back: is it an O or a zero?"))
    if re.fullmatch(r"\d{3}-\d{2}-\d{4}", tidy(member_id)):
        found.append(_("The member ID looks like a Social Security number. Use the number on the card."))
    return found


def index(member_id: str) -> str:
    """The key to find a member's verifications by; empty for an empty ID."""
    plain = canonical(member_id)
    return blind_index("member", plain) if plain else ""


def phone_index(phone: str) -> str:
    """The key to find a number's verifications by; whoever answers behind it, the extension, is no part of it."""
    return _of_last_ten(EXTENSION.sub("", phone))


def phone_indexes(phone: str) -> set[str]:
    """All keys a number may be filed under: until `manage.py reencrypt` has run, an old row's key holds its extension."""
    return {phone_index(phone), _of_last_ten(phone)} - {""}


def same_line(phone: str, other: str) -> bool:
    """Whether both ring at one desk. Behind a switchboard each extension is somebody else's."""
    return _line(phone) == _line(other)


def _line(phone: str) -> tuple[str, str]:
    """The last ten digits of the number itself, and its extension."""
    number = EXTENSION.sub("", phone)
    return re.sub(r"\D", "", number)[-10:], re.sub(r"\D", "", phone[len(number) :])


def _of_last_ten(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)[-10:]
    return blind_index("phone", digits) if digits else ""


def is_possible(member_id: str, payer: Payer) -> bool:
    """Whether this payer could have given out such an ID. Only Medicare publishes a firm rule; no card has a "#"."""
    if member_id and not IDENTIFIER.fullmatch(tidy(member_id)):
        return False
    if payer.kind != PayerKind.MEDICARE or not member_id:
        return True
    return MBI.fullmatch(canonical(member_id)) is not None
