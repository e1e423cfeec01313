"""The sentinel by which a process knows that it holds the right keys."""

import uuid

from django.db import models

from insurance.encryption import EncryptedField


class KeyCheck(models.Model):
    """One row written under the keys this database is used with. It opens, or the process does not start."""

    SENTENCE = "These are the right keys."

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sentence = EncryptedField(default=SENTENCE)
    index = models.CharField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="key_check_single")]

    def __str__(self) -> str:
        return "key check"
