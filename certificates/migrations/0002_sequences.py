"""Two counters: places of certificates, and organisation codes for new traders and companies.

``CACHE`` stays 1: a batch takes all its numbers in one query anyway, and a gap is harmless.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE certificates_serial MINVALUE 0 START 0;"
            "CREATE SEQUENCE certificates_licence MINVALUE 0 MAXVALUE 887503680 START 0;",
            "DROP SEQUENCE certificates_serial; DROP SEQUENCE certificates_licence;",
        ),
    ]
