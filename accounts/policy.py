"""Who may do what: one table of URL name and method → roles. What is not in it is refused.

Names may end in `*`; the longest match counts. `None` among the roles is somebody who is not signed in.
HEAD and OPTIONS follow GET. `manage.py check --deploy` and the tests fail on an address without a line here.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Role

Who = frozenset[str | None]

NOBODY: Who = frozenset()
STAFF: Who = frozenset(Role)
ANYONE: Who = frozenset({*Role, None})
DESK: Who = frozenset({Role.AGENT, Role.SUPERVISOR})
LEADS: Who = frozenset({Role.SUPERVISOR})
READERS: Who = frozenset({Role.AGENT, Role.SUPERVISOR, Role.AUDITOR})
CURATORS: Who = frozenset({Role.CURATOR, Role.ADMIN})
ADMINS: Who = frozenset({Role.ADMIN})
AUDITORS: Who = frozenset({Role.AUDITOR})


def reads(who: Who) -> dict[str, Who]:
    return {"GET": who}


def writes(who: Who) -> dict[str, Who]:
    return {"POST": who}


def both(who: Who) -> dict[str, Who]:
    return {"GET": who, "POST": who}


RULES: Mapping[str, Mapping[str, Who]] = {
    # Probes; /metrics asks for its token or a staff session itself.
    "livez": reads(ANYONE),
    "readyz": reads(ANYONE),
    "metrics": reads(ANYONE),
    # Pages without data: home, guides, the self-check, how the site works.
    "robots": reads(ANYONE),
    "home": reads(ANYONE),
    "guides": reads(ANYONE),
    "guide": reads(ANYONE),
    "check": both(ANYONE),
    "privacy": reads(ANYONE),
    "how-we-rank": reads(ANYONE),
    "data": reads(ANYONE),
    # Signing in, and one's own second factors and sessions.
    "account_login": both(ANYONE),
    "account_logout": both(ANYONE),
    "account_inactive": reads(ANYONE),
    "account_welcome": both(ANYONE),
    "account_reauthenticate": both(STAFF),
    "account_change_password": both(STAFF),
    "mfa_authenticate": both(ANYONE),
    "mfa_login_webauthn": both(ANYONE),
    "mfa_*": both(STAFF),
    "usersessions_list": both(STAFF),
    # allauth's other ways in: there is no sign-up, and nothing depends on e-mail.
    "account_*": {},
    # The public directory.
    "search": reads(ANYONE),
    "state": reads(ANYONE),
    "program": reads(ANYONE),
    "sheet": reads(ANYONE),
    "compare": reads(ANYONE),
    "report": both(ANYONE),
    "report_status": reads(ANYONE),
    "cost": both(ANYONE),
    "city": reads(ANYONE),
    "shortlist": both(ANYONE),
    "place_suggestions": reads(ANYONE),
    "payer_suggestions": reads(ANYONE),
    "program_suggestions": reads(ANYONE),
    "sitemap_index": reads(ANYONE),
    "django.contrib.sitemaps.views.sitemap": reads(ANYONE),
    # Open data.
    "api_*": reads(ANYONE),
    "export": reads(ANYONE),
    # The caller's own form and progress page.
    "verify": both(ANYONE),
    "verify_step": both(ANYONE),
    "verify_send": writes(ANYONE),
    "status": both(ANYONE),
    # The desk. Auditors read nothing here: they have the audit trail.
    "desk": reads(STAFF),
    "desk_rows": reads(DESK),
    "desk_new": both(DESK),
    "desk_next": writes(DESK),
    "desk_search": writes(DESK),
    "desk_undo": writes(DESK),
    "desk_draft": writes(DESK),
    "desk_choose": writes(DESK),
    "desk_send": writes(DESK),
    "desk_discard": writes(DESK),
    "verification": reads(DESK),
    "verification_fresh": reads(DESK),
    "verification_*": writes(DESK),
    "payer_call": reads(DESK),
    "payer_call_*": writes(DESK),
    "desk_board": reads(LEADS),
    "desk_board_export": writes(LEADS),
    "desk_reviews": reads(DESK),
    "desk_review": reads(DESK),
    "desk_review_decide": writes(DESK),
    # People.
    "people": reads(ADMINS),
    "people_invite": both(ADMINS),
    "person": reads(ADMINS),
    "person_*": writes(ADMINS),
    "audit_trail": reads(AUDITORS),
    # Django's admin: curators see the directory's tables, administrators all of them.
    "admin:login": {},
    "admin:logout": writes(CURATORS),
    "admin:index": reads(CURATORS),
    "admin:app_list": reads(CURATORS),
    "admin:jsi18n": reads(CURATORS),
    "admin:autocomplete": reads(CURATORS),
    "admin:programs_*": both(CURATORS),
    "admin:*": both(ADMINS),
}

# Where data leave in a file: a try by somebody who may not is in the audit trail as well.
EXPORTS = frozenset({"desk_board_export"})

# Reachable by somebody who has signed in but has no second factor yet: only the way to get one.
ENROLMENT = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    }
)


@cache
def rule(name: str) -> Mapping[str, Who] | None:
    """The table's line for a URL name ("admin:index"), or None if there is none."""
    if name in RULES:
        return RULES[name]
    patterns = [key for key in RULES if key.endswith("*") and name.startswith(key[:-1])]
    return RULES[max(patterns, key=len)] if patterns else None


def methods(name: str) -> frozenset[str]:
    """The methods anybody may use there."""
    found = frozenset(rule(name) or ())
    return found | {"HEAD", "OPTIONS"} if "GET" in found else found


def allows(name: str, method: str, role: str | None) -> bool:
    """May somebody in `role` (None: not signed in) use `method` there?"""
    asked = "GET" if method in ("HEAD", "OPTIONS") else method
    return role in (rule(name) or {}).get(asked, NOBODY)


def all_urls() -> Iterator[tuple[str, str, URLPattern]]:
    """(name with namespaces, route, pattern) of every address the site answers."""
    yield from _walk(get_resolver(), "", "")


def _walk(resolver: URLResolver, namespace: str, route: str) -> Iterator[tuple[str, str, URLPattern]]:
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, inner, here)
        else:
            yield f"{namespace}{entry.name or ''}", here, entry


def problems() -> list[str]:
    """What the table and the addresses do not agree on, one sentence each; empty is right."""
    found = []
    for name, route, pattern in all_urls():
        line = rule(name)
        public = not getattr(pattern.callback, "login_required", True)
        if line is None:
            found.append(f"“{route}” ({name or 'no name'}) has no line in accounts.policy.RULES.")
        elif public and line and not any(None in who for who in line.values()):
            found.append(f"“{route}” ({name}) is open in the code but not in accounts.policy.RULES.")
    return found
