"""What an operator wants to know before opening the doors: each finding with what to do about it."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection

from accounts.models import Role, User
from insurance import keychecks
from iopfinder import database_role, health
from programs.models import Place, Program
from programs.search import record

OLDEST_POSTGRESQL = 15
LATE_SECONDS = 15 * 60
LOOPBACK = {"", "localhost", "127.0.0.1", "::1"}
DEMO_DOMAIN = "@demo.example"


@dataclass(frozen=True)
class Finding:
    """One question, its answer (empty = fine), and the next step."""

    question: str
    fault: str = ""
    fix: str = ""


Check = Callable[[], Finding]


def examine() -> Iterator[Finding]:
    """Every check in order; one that needs the database says so instead of failing."""
    yield database()
    for check in (*WITHOUT_DATABASE, *WITH_DATABASE):
        try:
            yield check()
        except DatabaseError:
            yield Finding(_question(check), "the database could not be asked", "Mend the database first.")


def _question(check: Check) -> str:
    return (check.__doc__ or check.__name__).strip()


def _finding(check: Check, fault: str | bool, fix: str) -> Finding:
    return Finding(_question(check), fault if isinstance(fault, str) else "no" if fault else "", fix)


# --- without the database ---------------------------------------------------------------------------
def database() -> Finding:
    """The database answers and is new enough"""
    if not health.database_answers():
        return _finding(database, True, "Set DATABASE_URL, and see that PostgreSQL runs and lets us in.")
    version = connection.pg_version // 10000  # type: ignore[attr-defined]
    old = f"it is PostgreSQL {version}" if version < OLDEST_POSTGRESQL else ""
    return _finding(database, old, f"Use PostgreSQL {OLDEST_POSTGRESQL} or newer.")


def secret_key() -> Finding:
    """SECRET_KEY is long"""
    return _finding(secret_key, len(settings.SECRET_KEY) < 50, "Set SECRET_KEY to 50 or more random characters.")


def debug_off() -> Finding:
    """DEBUG is off"""
    return _finding(debug_off, settings.DEBUG, "Unset DEBUG: it shows code and values to visitors.")


def https() -> Finding:
    """SITE_URL is https"""
    plain = not (settings.HTTPS or settings.LOCAL)
    return _finding(https, plain, "Set SITE_URL to the https address visitors use, and BEHIND_PROXY=1 behind a proxy.")


def hosts() -> Finding:
    """ALLOWED_HOSTS names this site and nothing wild"""
    wrong = "*" in settings.ALLOWED_HOSTS or urlsplit(settings.SITE_URL).hostname not in settings.ALLOWED_HOSTS
    return _finding(hosts, wrong, "Set ALLOWED_HOSTS to the host of SITE_URL (and those of your probes).")


def database_encrypted() -> Finding:
    """A database on another machine is reached over verified TLS"""
    host, options = connection.settings_dict["HOST"], connection.settings_dict["OPTIONS"]
    remote = host not in LOOPBACK and not host.startswith("/")
    verified = options.get("sslmode") in {"verify-full", "verify-ca"}
    return _finding(database_encrypted, remote and not verified, "Add ?sslmode=verify-full to DATABASE_URL.")


def broker() -> Finding:
    """Redis answers"""
    return _finding(broker, not health.broker_answers(), "Set REDIS_URL and start Redis; until then work waits longer.")


def broker_encrypted() -> Finding:
    """A Redis on another machine is reached over TLS"""
    url = urlsplit(settings.REDIS_URL)
    bare = url.scheme == "redis" and (url.hostname or "") not in LOOPBACK
    return _finding(broker_encrypted, bare, "Use a rediss:// address in REDIS_URL.")


def disk() -> Finding:
    """More than 5 % of the disk is free"""
    usage = shutil.disk_usage(settings.BASE_DIR)
    return _finding(disk, usage.free < usage.total * 0.05, "Free some space, old logs and dumps first.")


def static_files() -> Finding:
    """Static files are collected"""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    return _finding(static_files, not manifest.is_file(), "Run `manage.py collectstatic --noinput`.")


def deploy_checks() -> Finding:
    """Django's own deployment checks find nothing"""
    if settings.LOCAL:
        return Finding(_question(deploy_checks))
    found = [each.msg for each in checks.run_checks(include_deployment_checks=True) if each.is_serious(checks.WARNING)]
    return _finding(deploy_checks, "; ".join(found), "Run `manage.py check --deploy` and follow its hints.")


# --- with the database ------------------------------------------------------------------------------
def migrations() -> Finding:
    """Every migration is applied"""
    return _finding(migrations, not health.migrations_applied(), "Run `manage.py migrate`.")


def keys() -> Finding:
    """The keys of personal data are the right ones"""
    return _finding(keys, keychecks.fault() or "", "Put the keys back that this database was written with.")


def audit_trail() -> Finding:
    """The site's database role can only add to the audit trail"""
    open_ = not settings.LOCAL and database_role.may_alter_the_trail()
    return _finding(
        audit_trail, open_, "Run `manage.py app_role` as the owner; let web, worker and sweeper use its address."
    )


def clock() -> Finding:
    """This machine's clock agrees with the database's"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT abs(extract(epoch FROM clock_timestamp()) - %s)", [time.time()])
        seconds = float(cursor.fetchone()[0])
    return _finding(
        clock, f"{seconds:.0f} s apart" if seconds > 2 else "", "Run a time service (NTP) on both machines."
    )


def places() -> Finding:
    """Places are loaded"""
    return _finding(places, not Place.objects.exists(), "Run `manage.py load_places`.")


def listings() -> Finding:
    """Real programs are listed"""
    none = not settings.LOCAL and not Program.objects.published().filter(is_sample=False).exists()
    return _finding(listings, none, "Run `manage.py import_samhsa FILE` with the newest directory.")


def no_sample() -> Finding:
    """No sample listing is public"""
    some = not settings.LOCAL and Program.objects.filter(is_sample=True).exists()
    return _finding(no_sample, some, "Run `manage.py load_sample --remove`.")


def search_records() -> Finding:
    """Search knows every published program"""
    return _finding(search_records, not record.is_current(), "Run `manage.py rebuild_search`.")


def no_demo_accounts() -> Finding:
    """No demo account can sign in"""
    some = not settings.LOCAL and User.objects.filter(email__endswith=DEMO_DOMAIN, is_active=True).exists()
    return _finding(no_demo_accounts, some, f"Delete the people whose address ends in {DEMO_DOMAIN}.")


def administrator() -> Finding:
    """An administrator with a second factor can sign in"""
    ready = Authenticator.objects.filter(user__role=Role.ADMIN, user__is_active=True).exists()
    return _finding(
        administrator, not ready, "Run `manage.py create_admin` and enrol a second factor at first sign-in."
    )


def waiting_work() -> Finding:
    """Nothing has waited longer than 15 minutes"""
    waited = health.oldest_unfinished_seconds() or 0.0
    late = f"the oldest has waited {waited / 60:.0f} minutes" if waited > LATE_SECONDS else ""
    return _finding(waiting_work, late, "See that a worker and the sweeper run, and look at the desk's queue.")


WITHOUT_DATABASE: tuple[Check, ...] = (
    secret_key,
    debug_off,
    https,
    hosts,
    database_encrypted,
    broker,
    broker_encrypted,
    disk,
    static_files,
)
WITH_DATABASE: tuple[Check, ...] = (
    deploy_checks,
    migrations,
    keys,
    audit_trail,
    clock,
    places,
    listings,
    no_sample,
    search_records,
    no_demo_accounts,
    administrator,
    waiting_work,
)
