"""Every address by method by role, generated from the addresses themselves."""

import re
from itertools import product

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts import policy
from accounts.models import Role

# Middleware that only adds to an answer.
DRESSING = re.compile(r"\.(gzip|clickjacking)\.|^(csp|whitenoise)\.|SecurityHeaders")
METHODS = ("GET", "POST", "PUT", "DELETE")
PATH_VALUES = {"int": "1", "public_id": "IV-2222-2222", "uuid": "0b6f7f3e-0000-4000-8000-000000000000"}


class Reached:
    """Last in the chain: says that the request came through to the view, without running it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, *_):
        return HttpResponse(status=299)


class KnownPeople(AuthenticationBackend):
    """Looks each person up once, not with each of some thousand requests."""

    people: dict = {}

    def get_user(self, user_id):
        if user_id not in self.people:
            self.people[user_id] = super().get_user(user_id)
        return self.people[user_id]


def sample_path(route: str) -> str:
    """An address that the route matches: a converter or a group gives its plainest value."""
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: PATH_VALUES.get(found[1] or "", "x"), route.replace("?P<", "?P{"))
    path = re.sub(r"\(\?P\{\w+>(.*?)\)(?=[-/$]|$)", _first_choice, path)
    return "/" + path.replace("^", "").replace("$", "").replace("\\Z", "")


def _first_choice(group: re.Match[str]) -> str:
    return group[1].partition("|")[0] if "|" in group[1] else "x"


def test_every_address_has_its_line_in_the_table():
    assert policy.problems() == []


def test_a_name_that_is_not_in_the_table_is_refused_to_all():
    assert not any(policy.allows("no-such-page", method, role) for method in METHODS for role in (*Role, None))


@pytest.fixture
def through_the_walls(settings, caplog):
    """Every middleware that decides runs and the view does not; refusals are bare, without the site's page around them."""
    deciding = [name for name in settings.MIDDLEWARE if not DRESSING.search(name)]
    settings.MIDDLEWARE = [*deciding, f"{__name__}.Reached"]
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.KnownPeople"]
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [], "APP_DIRS": False}]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in settings.CACHES}
    settings.SECURE_SSL_REDIRECT = False
    caplog.set_level("CRITICAL")
    KnownPeople.people.clear()
    handler = BaseHandler()
    handler.load_middleware()

    def knock(actor: Client, method: str, path: str) -> bool:
        """Is the view reached? Straight to the handler: the client's own work would be half of the time."""
        request = RequestFactory().generic(method, path)
        request.COOKIES = {name: cookie.value for name, cookie in actor.cookies.items()}
        request._dont_enforce_csrf_checks = True
        return handler.get_response(request).status_code == 299

    return knock


@pytest.mark.django_db
def test_each_role_reaches_exactly_what_the_table_says(through_the_walls, staff, signed_in, client):
    clients = {role: signed_in(staff(role)) for role in Role} | {None: client}
    wrong, asked = [], 0
    for name, route, _ in policy.all_urls():
        path = sample_path(route)
        for method, (role, actor) in product(METHODS, clients.items()):
            asked += 1
            if through_the_walls(actor, method, path) != policy.allows(name, method, role):
                wrong.append((name, path, method, role))
    assert wrong == []
    assert asked > 5000


@pytest.mark.django_db
def test_without_a_second_factor_only_enrolment_is_reached(through_the_walls, staff, signed_in):
    actor = signed_in(staff("admin", enrolled=False))
    reached = {name for name, route, _ in policy.all_urls() if through_the_walls(actor, "GET", sample_path(route))}
    public = {name for name in reached if policy.allows(name, "GET", None)}
    assert reached - public <= policy.ENROLMENT
