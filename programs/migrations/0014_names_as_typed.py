"""Names are compared without apostrophes and with plain dashes: the indexes of what they are compared by are made anew.

That of beginnings has the order of a typeahead whole: to sort the many of one name cost more than to find them.
"""

import django.contrib.postgres.indexes
import django.db.models.functions.comparison
from django.db import migrations, models

import programs.models.spelling

NAME = programs.models.spelling.Spelled("name")
TRIGRAMS = django.contrib.postgres.indexes.OpClass(NAME, "gin_trgm_ops")
INDEXES = {
    "organization": [django.contrib.postgres.indexes.GinIndex(TRIGRAMS, name="org_name_trigrams")],
    "program": [
        django.contrib.postgres.indexes.GinIndex(TRIGRAMS, name="program_name_trigrams"),
        models.Index(django.db.models.functions.comparison.Collate(NAME, "C"), "id", name="program_name_begins"),
    ],
}


class Migration(migrations.Migration):
    dependencies = [("programs", "0013_names_spelled")]

    operations = [
        operation
        for model, indexes in INDEXES.items()
        for index in indexes
        for operation in (migrations.RemoveIndex(model, index.name), migrations.AddIndex(model, index))
    ]
