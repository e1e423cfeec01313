"""Security headers that Django does not set itself, problem documents of the API, the idle time-out of staff sessions."""

import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
PROBLEM = "application/problem+json"
UTF_8 = frozenset({"utf-8", "utf8"})

PERMISSIONS_POLICY = "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), browsing-topics=()"


class SecurityHeadersMiddleware:
    """Adds COOP's sister CORP and a Permissions-Policy to every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class ApiProblemMiddleware:
    """Whoever refuses a request below /api/ (host, method, address, a crash): the answer is a problem document (RFC 9457).

    The API's own views say theirs in more detail; this is for what never reaches them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = not response.headers.get("Content-Type", "").startswith(PROBLEM)
        if response.status_code < 400 or not is_page or not request.path.startswith("/api/"):
            return response
        status = HTTPStatus(response.status_code)
        body = {"type": "about:blank", "title": status.phrase.capitalize(), "status": status, "detail": ""}
        allow = {"Allow": response.headers["Allow"]} if "Allow" in response.headers else {}
        headers = {"Access-Control-Allow-Origin": "*", **allow}
        return JsonResponse(body, status=status, content_type=PROBLEM, headers=headers)


class RequestGuardMiddleware:
    """What no view can mean well: an address with a NUL byte, which PostgreSQL refuses, names nothing; a form in another
    encoding than UTF-8 could bring text that nothing can store."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path:
            raise Http404
        if (request.content_params or {}).get("charset", "utf-8").lower() not in UTF_8:
            request.encoding = "utf-8"  # the page that says so looks for a token in the form
            raise BadRequest("A form must be UTF-8.")
        return self.get_response(request)


class IdleTimeoutMiddleware:
    """Ends a session after 15 idle minutes or 12 hours; a background poll is not activity.

    Pages poll with the header `HX-Poll: 1`, which keeps the clock as it was. Every answer to a
    signed-in person is private and never stored.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = time.time()
        started = request.session.setdefault("started_at", now)
        seen = request.session.get("seen_at", now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - started > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif request.headers.get("HX-Poll") != "1" and (now - seen > 30 or "seen_at" not in request.session):
            request.session["seen_at"] = now
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store, private")
        if SESSION_KEY not in request.session:  # signed out; the API puts its own user on the request
            response.setdefault("Clear-Site-Data", '"cache", "storage"')
        return response
