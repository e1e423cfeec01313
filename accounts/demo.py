"""Demo accounts of local mode: one for each role, with a password and a second factor made at the first run.

They are kept in var/ (mode 0600) because they must be shown again at every start. Nothing here works
outside local mode.
"""

import base64
import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from accounts.models import Role, User

STEP_SECONDS = 30


@dataclass(frozen=True)
class DemoAccount:
    """What a visitor of a local run needs to sign in as one role."""

    role: str
    email: str
    password: str
    totp_secret: str

    @property
    def code(self) -> str:
        """The six digits that the second factor asks for now."""
        return format_hotp_value(hotp_value(self.totp_secret, int(time.time()) // STEP_SECONDS))


def accounts() -> list[DemoAccount]:
    """The demo accounts as they were made; empty before the first run."""
    _local_only()
    kept = _file()
    return [DemoAccount(**each) for each in json.loads(kept.read_text())] if kept.is_file() else []


def ensure() -> list[DemoAccount]:
    """Make what is missing, on disk and in the database, and return all of them."""
    known = {account.email: account for account in accounts()}
    wanted = [known.get(_email(role)) or _new(role) for role in Role]
    if list(known.values()) != wanted:
        _write(wanted)
    present = set(User.objects.filter(email__in=[a.email for a in wanted]).values_list("email", flat=True))
    for account in wanted:
        if account.email not in present:
            _create(account)
    return wanted


@transaction.atomic
def _create(account: DemoAccount) -> None:
    staff = account.role == Role.ADMIN
    user = User.objects.create_user(
        account.email,
        account.password,
        name=f"Demo {Role(account.role).label}",
        role=account.role,
        is_staff=account.role in (Role.ADMIN, Role.CURATOR),
        is_superuser=staff,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Authenticator.objects.filter(user=user).delete()
    TOTP.activate(user, account.totp_secret)


def _new(role: Role) -> DemoAccount:
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    return DemoAccount(role.value, _email(role), password, secret)


def _email(role: Role) -> str:
    return f"{role.value}@demo.example"


def _file() -> Path:
    return Path(settings.VAR_DIR) / "demo_accounts.json"


def _write(all_of_them: list[DemoAccount]) -> None:
    kept = _file()
    kept.touch(mode=0o600)
    kept.chmod(0o600)
    kept.write_text(json.dumps([asdict(account) for account in all_of_them], indent=2))


def _local_only() -> None:
    if not settings.LOCAL:
        raise ImproperlyConfigured("Demo accounts exist in local mode (`make run`) only.")
