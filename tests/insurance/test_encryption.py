import base64
import contextlib
import io
import random
import secrets
from datetime import date

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from insurance import encryption, keychecks
from insurance.models import KeyCheck, StatusEvent, Verification
from tests.insurance.factories import VerificationFactory
from tests.staff import PASSWORD, code_now

TABLE = "insurance_verification"


def new_key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def stored(row: Verification, column: str = "member_id") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {TABLE} WHERE id = %s", [row.pk])
        return bytes(cursor.fetchone()[0])


def plant(row: Verification, value: bytes, column: str = "member_id") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET {column} = %s WHERE id = %s", [value, row.pk])


def test_a_blind_index_is_keyed_by_kind():
    assert encryption.blind_index("member", "A1") == encryption.blind_index("member", "A1")
    assert encryption.blind_index("member", "A1") != encryption.blind_index("phone", "A1")
    assert len(encryption.blind_index("member", "A1")) == 32


@pytest.mark.django_db
class TestField:
    def test_values_come_back_as_they_were_and_are_not_in_the_table(self):
        row = VerificationFactory(member_id="W12 Ünïcode 李", subscriber_birth_date=date(1950, 1, 2))
        again = Verification.objects.get(pk=row.pk)
        assert (again.member_id, again.subscriber_birth_date) == ("W12 Ünïcode 李", date(1950, 1, 2))
        assert "Ünïcode".encode() not in stored(row)

    def test_the_same_value_is_never_stored_the_same(self):
        assert stored(VerificationFactory(member_id="SAME")) != stored(VerificationFactory(member_id="SAME"))

    @pytest.mark.parametrize("column", ["member_id", "group_number"])
    def test_a_value_moved_to_another_row_or_column_is_refused(self, column):
        row, other = VerificationFactory(), VerificationFactory()
        plant(other, stored(row), column) if column == "member_id" else plant(row, stored(row), column)
        victim = Verification.objects.get(pk=other.pk if column == "member_id" else row.pk)
        with pytest.raises(encryption.DecryptionError):
            getattr(victim, column)

    def test_a_changed_or_planted_value_is_refused(self):
        row = VerificationFactory()
        whole = stored(row)
        for at in range(0, len(whole), 3):
            plant(row, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(encryption.DecryptionError):
                _ = Verification.objects.get(pk=row.pk).member_id
        for planted in (b"", b"\x01", b"\x01\x04", b"SIMPPO001"):
            plant(row, planted)
            with pytest.raises(encryption.DecryptionError):
                _ = Verification.objects.get(pk=row.pk).member_id

    def test_ten_thousand_random_attacks_upon_values_are_refused(self):
        """Moved to another place, cut, lengthened, a bit turned, planted, or under another key: none opens."""
        chance, opened = random.Random(9), []
        places = [f"table{t}|column{c}|{row}" for t in range(3) for c in range(3) for row in range(3)]
        values = {place: encryption.seal(b"W12345678", context=place).data for place in places}
        other = AESGCM(secrets.token_bytes(32))
        for number in range(10_000):
            place, source = chance.sample(places, 2)
            whole, at = values[place], chance.randrange(1, len(values[place]))
            turned = whole[at] ^ 1 << number % 8
            foreign = other.encrypt(bytes(12), b"W12345678", place.encode())
            forgeries = (
                values[source],
                whole[:at],
                whole + chance.randbytes(1 + number % 20),
                whole[:at] + bytes([turned]) + whole[at + 1 :],
                chance.randbytes(len(whole)),
                b"W12345678",
                encryption.key_prefix() + bytes(12) + foreign,
            )
            forged = forgeries[number % len(forgeries)]
            with contextlib.suppress(encryption.DecryptionError):
                opened.append((number, encryption.unseal(encryption.Sealed(forged), context=place)))
        assert opened == []

    def test_update_and_lookups_are_refused_instead_of_storing_plain_text(self):
        row = VerificationFactory()
        with pytest.raises(TypeError, match="save"):
            Verification.objects.filter(pk=row.pk).update(member_id="X")
        with pytest.raises(FieldError):
            Verification.objects.filter(member_id="X").exists()

    def test_values_lists_show_a_seal_and_no_ciphertext(self):
        VerificationFactory()
        assert str(Verification.objects.values_list("member_id", flat=True).get()) == "<sealed>"

    def test_a_deferred_value_is_loaded_when_asked_for(self):
        row = VerificationFactory()
        assert Verification.objects.only("public_id").get(pk=row.pk).member_id == "SIMPPO001"

    def test_export_is_refused(self):
        with pytest.raises(TypeError, match="never serialised"):
            serializers.serialize("json", [VerificationFactory()])


@pytest.mark.django_db
class TestKeys:
    def test_an_old_key_still_reads_and_reencrypt_moves_everything_to_the_new_one(self, settings):
        row = VerificationFactory(member_id="KEEP")
        StatusEvent.objects.create(verification=row, version=1, to_state="draft", note="said so")
        old, settings.FIELD_KEYS = settings.FIELD_KEYS, f"{new_key('next')},{settings.FIELD_KEYS}"
        assert Verification.objects.get(pk=row.pk).member_id == "KEEP"
        call_command("reencrypt", "--batch", "1", stdout=io.StringIO())
        settings.FIELD_KEYS = settings.FIELD_KEYS.removesuffix(f",{old}")
        again = Verification.objects.get(pk=row.pk)
        assert (again.member_id, again.events.get().note, KeyCheck.objects.get().sentence) == (
            "KEEP",
            "said so",
            KeyCheck.SENTENCE,
        )

    def test_a_second_factor_still_works_when_the_old_key_is_gone(self, settings, staff, client):
        user = staff("agent")
        code = RecoveryCodes.activate(user).get_unused_codes()[0]
        settings.FIELD_KEYS, old = f"{new_key('next')},{settings.FIELD_KEYS}", settings.FIELD_KEYS
        out = io.StringIO()
        call_command("reencrypt", stdout=out)
        assert "second-factor secrets: 2" in out.getvalue()
        settings.FIELD_KEYS = settings.FIELD_KEYS.removesuffix(f",{old}")
        for typed in (code_now(user.totp_secret), code):
            client.logout()
            client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
            assert client.post(reverse("mfa_authenticate"), {"code": typed}).url == settings.LOGIN_REDIRECT_URL

    def test_a_row_that_cannot_be_read_is_named_and_holds_up_no_other(self, settings):
        broken, other = VerificationFactory(), VerificationFactory()
        plant(broken, b"planted")
        settings.FIELD_KEYS = f"{new_key('next')},{settings.FIELD_KEYS}"
        err = io.StringIO()
        with pytest.raises(CommandError, match="before you drop the old key"):
            call_command("reencrypt", "--batch", "1", stdout=io.StringIO(), stderr=err)
        assert err.getvalue().startswith(f"insurance.Verification {broken.pk}: cannot be read")
        assert stored(other).startswith(encryption.key_prefix())

    def test_the_right_keys_pass(self):
        assert keychecks.fault() is None

    @pytest.mark.parametrize("name", ["FIELD_KEYS", "BLIND_INDEX_KEY"])
    def test_a_missing_key_stops_the_start_with_a_sentence(self, settings, capsys, name):
        setattr(settings, name, "")
        assert [problem.id for problem in keychecks.keys_are_set(None)] == ["insurance.E002"]
        with pytest.raises(SystemExit):
            keychecks.require_keys()
        assert name in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "value"),
        [("FIELD_KEYS", new_key("test")), ("BLIND_INDEX_KEY", new_key("")[1:])],
        ids=["FIELD_KEYS", "BLIND_INDEX_KEY"],  # the keys are made anew in every process
    )
    def test_a_wrong_key_stops_the_start_and_changes_nothing(self, settings, name, value):
        setattr(settings, name, value)
        assert keychecks.keys_open_the_data(None, databases=["default"])[0].msg == keychecks.WRONG_KEYS

    @pytest.mark.parametrize("text", ["a", "a:short", "a:" + "A" * 44, "a:%%%", ":" + "A" * 43 + "="])
    def test_a_malformed_key_is_named(self, settings, text):
        settings.FIELD_KEYS = text
        with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
            encryption.keyring()
