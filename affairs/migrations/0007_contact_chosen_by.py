from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("affairs", "0006_entitlements"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="chosen_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
    ]
