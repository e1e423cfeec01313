"""The policy table, enforced before any view runs."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, resolve_url

from accounts import audit, policy
from accounts.models import User, Verb

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]


class StaffRequest(HttpRequest):
    """A request to a private page, as its view sees it: somebody is signed in and may be here."""

    user: User


class AccessMiddleware:
    """Refuses what `accounts.policy` does not allow, and sends people without a second factor to get one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if policy.rule(name) is None:
            return self._undeclared(request, view)
        allowed_methods = policy.methods(name)
        if not allowed_methods:
            raise Http404
        if request.method not in allowed_methods:
            return HttpResponseNotAllowed(sorted(allowed_methods))
        return self._decide(request, name)

    def _decide(self, request: HttpRequest, name: str) -> HttpResponse | None:
        method, user = request.method or "GET", request.user
        if policy.allows(name, method, None):
            return None
        if not user.is_authenticated:
            return sign_in(request)
        if name not in policy.ENROLMENT and not has_second_factor(request):
            return redirect("mfa_index")
        if not policy.allows(name, method, user.role):
            self._write_down_refusal(request, user, name)
            raise PermissionDenied
        return None

    def _write_down_refusal(self, request: HttpRequest, user: User, name: str) -> None:
        log.warning(
            "Somebody tried what their role may not do.",
            extra={"person": user.pk, "method": request.method, "path": request.path},
        )
        if name in policy.EXPORTS:
            audit.record(actor=user, verb=Verb.EXPORTED, subject=name, act="refused: role")

    def _undeclared(self, request: HttpRequest, view: Callable[..., Any]) -> HttpResponse | None:
        """Closed unless the view itself says it is public (the tests still ask for its line)."""
        if not getattr(view, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return sign_in(request)
        raise PermissionDenied


def sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and from there back to the page left; a background poll takes the whole page along."""
    if request.headers.get("HX-Request") == "true":
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        response = HttpResponse(status=401)
        response["HX-Redirect"] = redirect_to_login(urlunsplit(("", "", page.path, page.query, "")) or "/").url
        return response
    name = request.resolver_match.view_name if request.resolver_match else ""
    is_page = request.method == "GET" or "GET" in policy.methods(name)
    return redirect_to_login(request.get_full_path() if is_page else resolve_url(settings.LOGIN_REDIRECT_URL))


def has_second_factor(request: HttpRequest) -> bool:
    """Asked anew each time: whoever removes the last one goes no further."""
    return bool(get_adapter().is_mfa_enabled(request.user, ["totp", "webauthn"]))
