"""How people say they will pay: a kind of payment or a plan, by any of its names, in any language of the site."""

from functools import cache

from django.conf import settings
from django.utils.translation import override

from programs.placenames import words
from programs.search.vocabulary import FACETS, NamedPayer, payers

MOST_TOLD = 6  # of what a name may mean


def meant(typed: str, *, state: str = "") -> list[str]:
    """Slugs of what this may mean; one is what it means.

    Whatever is called exactly so stands before what is called so in part. Of plans that share a name those of `state` are
    meant, if any are, and a kind of payment has in it the plans of its own that are called like it.
    """
    kinds = _exactly(words(typed[:100]))
    plans = [payer for payer in payers.called(typed) if _is_called(payer, typed) and payer.type not in kinds]
    here = [payer for payer in plans if state in payer.states or not payer.states] if state else []
    exactly = kinds + [payer.slug for payer in here or plans]
    return exactly or list(dict.fromkeys([*kinds_called(typed), *(payer.slug for payer in payers.called(typed))]))


def kinds_called(typed: str) -> list[str]:
    """Kinds of payment called so; else those in whose name every word typed begins a word, as "private ins" does."""
    begun = words(typed[:100])
    if len("".join(begun)) < 2:
        return []
    partly = [slug for slug, names in _kinds().items() if any(_begin(begun, name) for name in names)]
    return _exactly(begun) or partly


def _exactly(name: list[str]) -> list[str]:
    return [slug for slug, names in _kinds().items() if name in names]


def _begin(begun: list[str], name: list[str]) -> bool:
    return all(any(word.startswith(start) for word in name) for start in begun)


def _is_called(payer: NamedPayer, typed: str) -> bool:
    text = " ".join(typed.lower().split())
    return any(text == name.lower() for name in (payer.name, *payer.aliases))


@cache
def _kinds() -> dict[str, list[list[str]]]:
    """Every kind of payment with its names: its slug and its label in each language, in words without accents or case."""
    found = {slug: [words(slug)] for slug in FACETS["payer"].values}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for slug, label in FACETS["payer"].labels.items():
                found[slug].append(words(str(label)))
    return found
