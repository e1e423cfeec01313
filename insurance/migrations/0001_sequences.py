from django.db import migrations

# ISA13, GS06 and ST02 are nine digits and begin again after the last; BHT03 and TRN02 never repeat.
SEQUENCES = {"isa13": 999_999_999, "gs06": 999_999_999, "st02": 999_999_999, "bht03": 999_999_999_999}


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            f"CREATE SEQUENCE insurance_{name} MINVALUE 1 MAXVALUE {last} CYCLE",
            f"DROP SEQUENCE insurance_{name}",
        )
        for name, last in SEQUENCES.items()
    ]
