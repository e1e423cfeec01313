"""Letting people in and keeping them out: one-time links, disabling, second factors lost.

Nothing here sends mail: a link is shown once to whoever made it, who hands it over.
"""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import FactorReset, LinkPurpose, OneTimeLink, Role, User, Verb
from accounts.models.access import LINK_LIFETIME
from accounts.models.user import ADMIN_SITE_ROLES
from accounts.signals import access_changed


@transaction.atomic
def invite(*, email: str, name: str, role: str, by: User | None) -> str:
    """Make a person without a password; the address that lets them set one, to be shown once."""
    user = User.objects.create_user(email, name=name, role=role)
    return new_link(user=user, purpose=LinkPurpose.INVITATION, by=by)


@transaction.atomic
def new_link(*, user: User, purpose: str, by: User | None) -> str:
    """A fresh one-time address for `user`; earlier ones stop working."""
    OneTimeLink.objects.filter(user=user, used_at=None).update(expires_at=timezone.now())
    _record(user, by, "one-time link", purpose=purpose)
    secret = OneTimeLink.new_secret()
    OneTimeLink.objects.create(
        user=user,
        purpose=purpose,
        digest=OneTimeLink.digest_of(secret),
        created_by=by,
        expires_at=timezone.now() + LINK_LIFETIME,
    )
    return f"{settings.SITE_URL}{reverse('account_welcome')}#{secret}"


@transaction.atomic
def accept(*, link: OneTimeLink, password: str) -> User:
    """Set the password the link is for. Two tries at once: one wins, the other is refused."""
    if OneTimeLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()) != 1:
        raise PermissionDenied
    user = link.user
    _record(user, user, "password set with a link")
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    return user


@transaction.atomic
def change_role(*, user: User, role: str, by: User) -> None:
    """A new role begins at the next sign-in: what is open now belongs to the old one."""
    _record(user, by, "role", before=user.role, after=role)
    user.role = Role(role)
    user.is_staff = role in ADMIN_SITE_ROLES
    user.is_superuser = False
    user.save(update_fields=["role", "is_staff", "is_superuser"])
    end_sessions(user)
    access_changed.send(User, user=user, by=by)


@transaction.atomic
def disable(*, user: User, by: User) -> None:
    """Nobody signs in as `user` any more, and whoever is signed in is out at the next click."""
    _record(user, by, "disabled")
    user.is_active = False
    user.save(update_fields=["is_active"])
    OneTimeLink.objects.filter(user=user, used_at=None).update(expires_at=timezone.now())
    end_sessions(user)
    access_changed.send(User, user=user, by=by)


@transaction.atomic
def enable(*, user: User, by: User) -> None:
    _record(user, by, "enabled")
    user.is_active = True
    user.save(update_fields=["is_active"])


def end_sessions(user: User) -> None:
    """Sign `user` out everywhere."""
    for session in UserSession.objects.filter(user=user):
        session.end()


@transaction.atomic
def request_factor_reset(*, user: User, by: User, reason: str) -> FactorReset:
    """First of two people. Asking twice keeps the first request."""
    _record(user, by, "second step reset asked")
    reset, _ = FactorReset.objects.get_or_create(
        user=user, approved_at=None, defaults={"requested_by": by, "reason": reason}
    )
    return reset


@transaction.atomic
def approve_factor_reset(*, reset: FactorReset, by: User) -> str:
    """Second of two people: the factors go, the password too, and a one-time link takes their place."""
    if by.pk in (reset.requested_by_id, reset.user_id):
        raise PermissionDenied
    mine = FactorReset.objects.filter(pk=reset.pk, approved_at=None)
    if mine.update(approved_by=by, approved_at=timezone.now()) != 1:
        raise PermissionDenied
    user = reset.user
    _record(user, by, "second step reset approved")
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    end_sessions(user)
    return new_link(user=user, purpose=LinkPurpose.NEW_PASSWORD, by=by)


def _record(user: User, by: User | None, act: str, **detail: str) -> None:
    audit.record(actor=by, verb=Verb.ACCESS, subject=f"person {user.pk}", act=act, **detail)
