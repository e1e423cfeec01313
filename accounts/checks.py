"""`manage.py check --deploy` fails on an address that the policy table does not know."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from accounts import policy


@register(deploy=True)
def every_address_has_a_policy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [Error(problem, id="accounts.E001") for problem in policy.problems()]
