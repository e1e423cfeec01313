"""The derived half of the directory: what search reads. Rebuilt by one command, never edited."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models.functions import Now


class PointField(models.Field):
    """PostgreSQL's own `point` (longitude, latitude); written and read by the search's SQL only."""

    def db_type(self, connection: object) -> str:
        return "point"


class SearchRecord(models.Model):
    """A published program as one fixed-width record, written in the transaction that changed the program.

    `program_id` is not a foreign key: a program that is gone leaves a tombstone (`rec` NULL), so
    that every process learns of it. What differs in length from program to program stands beside the
    record: its payers by name and its required weekly sessions, packed as `programs.search.record` says.
    """

    program_id = models.BigIntegerField(primary_key=True)
    rev = models.BigIntegerField(unique=True)
    layout = models.IntegerField(null=True)  # of `rec`; only those of the present one are read
    is_sample = models.BooleanField(default=False)
    location = PointField(null=True)
    rec = models.BinaryField(null=True)
    payers = models.BinaryField(default=bytes)
    sessions = models.BinaryField(default=bytes)
    virtual_states = ArrayField(models.CharField(max_length=2), null=True)  # of programs by video only

    class Meta:
        verbose_name = "search record"
        verbose_name_plural = "search records"
        indexes = [
            GistIndex(fields=["location"], name="search_location"),
            # Without its condition, an edit of any program would write an entry for "none" into it.
            GinIndex(
                fields=["virtual_states"],
                condition=models.Q(virtual_states__isnull=False),
                name="search_virtual_states",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program_id} @ {self.rev}"


class SearchCard(models.Model):
    """What lists show of a program, as a JSON array: `programs.search.cards` says of what.

    Beside the record and not in it, because a search reads a thousand records and twenty cards.
    """

    program_id = models.BigIntegerField(primary_key=True)
    facts = models.TextField()

    class Meta:
        verbose_name = "search card"
        verbose_name_plural = "search cards"

    def __str__(self) -> str:
        return str(self.program_id)


class DirectoryVersion(models.Model):
    """One row: the newest revision. It is bumped under its row lock, so revision order is commit order."""

    version = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "directory version"
        verbose_name_plural = "directory version"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="directory_version_single")]

    def __str__(self) -> str:
        return str(self.version)
