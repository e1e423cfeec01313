"""Every address by method by role, generated from the addresses themselves."""

import re
from itertools import product

import pytest
from django.http import HttpResponse

from accounts import policy
from accounts.models import Role

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
def through_the_walls(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Reached"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in settings.CACHES}
    settings.SECURE_SSL_REDIRECT = False


@pytest.mark.django_db
def test_each_role_reaches_exactly_what_the_table_says(through_the_walls, staff, signed_in, client):
    clients = {role: signed_in(staff(role)) for role in Role} | {None: client}
    wrong, asked = [], 0
    for name, route, _ in policy.all_urls():
        path = sample_path(route)
        for method, (role, actor) in product(METHODS, clients.items()):
            reached = actor.generic(method, path).status_code == 299
            asked += 1
            if reached != policy.allows(name, method, role):
                wrong.append((name, path, method, role))
    assert wrong == []
    assert asked > 1000


@pytest.mark.django_db
def test_without_a_second_factor_only_enrolment_is_reached(through_the_walls, staff, signed_in):
    actor = signed_in(staff("admin", enrolled=False))
    reached = {name for name, route, _ in policy.all_urls() if actor.get(sample_path(route)).status_code == 299}
    public = {name for name in reached if policy.allows(name, "GET", None)}
    assert reached - public <= policy.ENROLMENT
