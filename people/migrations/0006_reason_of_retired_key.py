from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_signing_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="signingkey",
            name="retired_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=400),
        ),
    ]
