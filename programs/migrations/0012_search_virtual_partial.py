"""The index of states served by video leaves out the programs that have none: each edit of those wrote an entry into it."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("programs", "0011_search_layout")]

    operations = [
        migrations.RemoveIndex(model_name="searchrecord", name="search_virtual_states"),
        migrations.AddIndex(
            model_name="searchrecord",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["virtual_states"],
                condition=models.Q(virtual_states__isnull=False),
                name="search_virtual_states",
            ),
        ),
    ]
