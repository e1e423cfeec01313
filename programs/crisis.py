"""Words that mean somebody may be in danger: the 988 panel opens at once, and nothing is held up by it."""

import re

PATTERNS = (
    r"kill(?:s|ed|ing)? (?:my|him|her|them)\s?sel(?:f|ves)",
    r"suicid\w*",
    r"end(?:s|ing)? (?:it all|(?:my|his|her|their) (?:own )?life)",
    r"(?:want|wants|wanted|going) to die",
    r"(?:do(?:es)?n[’']?t|do(?:es)? not) want to (?:live|be here|be alive)",
    r"better off (?:dead|without (?:me|him|her))",
    r"jump(?:ed|ing)? off (?:a|the) (?:bridge|roof|building)",
    r"hang(?:ed|ing)? (?:my|him|her|them)sel(?:f|ves)",
    r"(?:cut|hurt|harm)(?:s|ting|ing)? (?:my|him|her|them)sel(?:f|ves)",
    r"self[- ]harm\w*",
    r"overdos\w*",
    r"took (?:all|too many) (?:the |his |her |my )?pills",
    r"(?:has|have|with) a gun",
    r"matar(?:me|se|nos)",
    r"(?:me|se) (?:quier[eo]|va|voy) a? ?matar",
    r"quitar(?:me|se) la vida",
    r"(?:quier[eo]|quisiera|ganas de) morir(?:me|se)?",
    r"(?:me|se) quier[eo] morir",
    r"no quier[eo] (?:seguir )?(?:vivir|viviendo)",
    r"hacer(?:me|se) da[nñ]o",
    r"(?:lastimar|cortar|ahorcar)(?:me|se)",
    r"mejor muert[oa]",
    r"sobredosis",
    r"tom[oó] (?:todas|demasiadas) (?:las |sus )?(?:pastillas|p[ií]ldoras)",
    r"tiene una (?:pistola|arma)",
)
_DANGER = re.compile("|".join(rf"\b{pattern}\b" for pattern in PATTERNS), re.IGNORECASE)


def speaks_of_danger(*texts: str) -> bool:
    """True if any of the texts speaks of suicide, self-harm, overdose or a weapon. Errs on the side of help."""
    return any(_DANGER.search(text) for text in texts if text)
