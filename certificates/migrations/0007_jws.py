"""The signed payload of a certificate is called what it is: a JWS."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("certificates", "0006_fewer_indexes"),)

    operations = (
        migrations.RenameField(model_name="certificate", old_name="seal", new_name="jws"),
    )
