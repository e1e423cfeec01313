"""What follows when somebody signs in, proves again who they are, or changes how they sign in."""

import logging
from typing import Any

from allauth.account.signals import authentication_step_completed, password_changed, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import Signal
from django.http import HttpRequest

from accounts import audit
from accounts.models import User, Verb

log = logging.getLogger(__name__)
# Somebody was disabled or has a new role: `user` as they are now, `by` the administrator. In that transaction.
access_changed = Signal()


def connect() -> None:
    """Once, when the app is ready."""
    authenticator_added.connect(_factor_added)
    authenticator_removed.connect(_factor_removed)
    authenticator_reset.connect(_factor_reset)
    password_changed.connect(_password_changed)
    authentication_step_completed.connect(_proved_again)
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    user_login_failed.connect(_refused)
    authentication_failed.connect(_second_step_refused)


def _factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _changed(request, user, f"second step added: {authenticator.type}")


def _factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _changed(request, user, f"second step removed: {authenticator.type}")


def _factor_reset(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _changed(request, user, f"made anew: {authenticator.type}")


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _changed(request, user, "password changed")


def _changed(request: HttpRequest, user: User, act: str) -> None:
    """Whoever changed it keeps this session; every other one, perhaps a stranger's, ends."""
    audit.record(actor=user, verb=Verb.ACCESS, subject=f"person {user.pk}", act=act)
    for session in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
        session.end()


def _proved_again(request: HttpRequest, user: User, reauthenticated: bool = False, **_: Any) -> None:
    """The session goes on under a new key: one that was copied before is worth nothing after."""
    if reauthenticated:
        before = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def _signed_in(user: User, **_: Any) -> None:
    log.info("Signed in.", extra={"person": user.pk})


def _signed_out(user: User | None, **_: Any) -> None:
    log.info("Signed out.", extra={"person": user.pk if user else None})


def _refused(**_: Any) -> None:
    log.warning("A sign-in was refused.")


def _second_step_refused(user: User, **_: Any) -> None:
    log.warning("A second step was refused.", extra={"person": user.pk})
