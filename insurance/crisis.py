"""Words that mean somebody may be in danger: the 988 panel opens at once, and nothing is held up by it."""

import re

PATTERNS = (
    r"kill (?:my|him|her|them)\s?sel(?:f|ves)",
    r"suicid\w*",
    r"end (?:it all|my life|his life|her life)",
    r"(?:want|wants|going) to die",
    r"better off dead",
    r"(?:cut|hurt|harm)(?:s|ting|ing)? (?:my|him|her|them)sel(?:f|ves)",
    r"self[- ]harm\w*",
    r"overdos\w*",
    r"took (?:all|too many) (?:the |his |her |my )?pills",
    r"(?:has|have|with) a gun",
    r"matar(?:me|se)",
    r"suicid(?:io|arse|arme)",
    r"quiero morir",
    r"hacer(?:me|se) da[nñ]o",
    r"sobredosis",
)
_DANGER = re.compile("|".join(rf"\b{pattern}\b" for pattern in PATTERNS), re.IGNORECASE)


def speaks_of_danger(*texts: str) -> bool:
    """True if any of the texts speaks of suicide, self-harm, overdose or a weapon. Errs on the side of help."""
    return any(_DANGER.search(text) for text in texts if text)
