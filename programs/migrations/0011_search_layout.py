"""Records get their layout as a column, at the front of the row.

What they hold is derived, so the table is made anew; `rebuild_search --if-needed`, which follows each `migrate`, fills it.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import programs.models.search


class Migration(migrations.Migration):
    dependencies = [("programs", "0010_search_cards")]

    operations = [
        migrations.DeleteModel(name="SearchRecord"),
        migrations.CreateModel(
            name="SearchRecord",
            fields=[
                ("program_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("rev", models.BigIntegerField(unique=True)),
                ("layout", models.IntegerField(null=True)),
                ("is_sample", models.BooleanField(default=False)),
                ("location", programs.models.search.PointField(null=True)),
                ("rec", models.BinaryField(null=True)),
                ("payers", models.BinaryField(default=bytes)),
                ("sessions", models.BinaryField(default=bytes)),
                (
                    "virtual_states",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2), null=True, size=None
                    ),
                ),
            ],
            options={"verbose_name": "search record", "verbose_name_plural": "search records"},
        ),
        migrations.AddIndex(
            model_name="searchrecord",
            index=django.contrib.postgres.indexes.GistIndex(fields=["location"], name="search_location"),
        ),
        migrations.AddIndex(
            model_name="searchrecord",
            index=django.contrib.postgres.indexes.GinIndex(fields=["virtual_states"], name="search_virtual_states"),
        ),
    ]
