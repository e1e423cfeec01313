"""The doctor names each fault of an installation and how to mend it."""

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import Role, User
from iopfinder import doctor


def fault(check: doctor.Check) -> str:
    finding = check()
    assert finding.question
    if finding.fault:
        assert finding.fix
    return finding.fault


@pytest.mark.parametrize(
    ("check", "setting", "good", "bad"),
    [
        (doctor.secret_key, "SECRET_KEY", "x" * 50, "short"),
        (doctor.debug_off, "DEBUG", False, True),
        (doctor.https, "HTTPS", True, False),
        (doctor.hosts, "ALLOWED_HOSTS", ["127.0.0.1"], ["*"]),
        (doctor.hosts, "ALLOWED_HOSTS", ["127.0.0.1"], ["elsewhere.example"]),
        (doctor.broker_encrypted, "REDIS_URL", "redis://127.0.0.1:6379/0", "redis://10.0.0.7:6379/0"),
        (doctor.broker_encrypted, "REDIS_URL", "rediss://10.0.0.7:6379/0", "redis://queue.example/0"),
    ],
)
def test_a_setting_is_judged(settings, check: doctor.Check, setting: str, good: object, bad: object) -> None:
    setattr(settings, setting, good)
    assert not fault(check)
    setattr(settings, setting, bad)
    assert fault(check)


@pytest.mark.parametrize(
    ("host", "sslmode", "fine"),
    [
        ("127.0.0.1", None, True),
        ("/run/postgresql", None, True),
        ("db.example", None, False),
        ("db.example", "require", False),
        ("db.example", "verify-full", True),
    ],
)
def test_a_distant_database_needs_verified_tls(monkeypatch, host: str, sslmode: str | None, fine: bool) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", host)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"sslmode": sslmode} if sslmode else {})
    assert (fault(doctor.database_encrypted) == "") is fine


@pytest.mark.django_db
def test_demo_accounts_outside_local_mode_are_a_fault(settings) -> None:
    User.objects.create_user("agent@demo.example", name="Demo", role=Role.AGENT)
    settings.LOCAL = True
    assert not fault(doctor.no_demo_accounts)
    settings.LOCAL = False
    assert fault(doctor.no_demo_accounts)


@pytest.mark.django_db
def test_an_administrator_without_a_second_factor_does_not_count() -> None:
    User.objects.create_user("root@example.org", name="Root", role=Role.ADMIN)
    assert fault(doctor.administrator)


@pytest.mark.django_db
def test_wrong_keys_are_told_in_the_words_of_the_key_check(settings) -> None:
    settings.FIELD_KEYS = ""
    assert "FIELD_KEYS is not set" in fault(doctor.keys)


@pytest.mark.django_db
def test_the_command_lists_every_check_and_fails_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        call_command("doctor")
    assert left.value.code == 1
    said = capsys.readouterr().out
    assert said.count("ok  ") + said.count("FAIL") == 1 + len(doctor.WITHOUT_DATABASE) + len(doctor.WITH_DATABASE)
    assert "FAIL  Redis answers: no\n      → Set REDIS_URL" in said
    assert "ok    The database answers" in said
