"""People who sign in: helpline staff, supervisors, curators, administrators, auditors."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is here to do; what each role may do is in `accounts.policy`."""

    AGENT = "agent", _("Helpline agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    CURATOR = "curator", _("Curator")
    ADMIN = "admin", _("Administrator")
    AUDITOR = "auditor", _("Auditor")


# Who sees Django's admin site at all; `accounts.policy` says which pages of it.
ADMIN_SITE_ROLES = frozenset({Role.CURATOR, Role.ADMIN})
# Whose models a role may change there.
ADMIN_SITE_APPS: dict[str, frozenset[str]] = {
    Role.CURATOR: frozenset({"programs"}),
    Role.ADMIN: frozenset({"programs", "insurance"}),
}


class UserQuerySet(models.QuerySet["User"]):
    def with_factors(self) -> "UserQuerySet":
        """Adds `has_factor`: has this person a passkey or an authenticator app?"""
        enrolled = self.model.objects.filter(pk=models.OuterRef("pk"), authenticator__type__in=["totp", "webauthn"])
        return self.annotate(has_factor=models.Exists(enrolled))


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Creates people by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        fields.setdefault("is_staff", fields.get("role") in ADMIN_SITE_ROLES)
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, role=Role.ADMIN, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A member of staff, known by e-mail address. Families and callers never have an account.

    Example: dana@helpline.example, agent.
    """

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.AGENT)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """A role's permissions come from the role alone; there are no groups to keep in step."""
        return self.has_module_perms(perm.partition(".")[0])

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and app_label in ADMIN_SITE_APPS.get(self.role, ())
