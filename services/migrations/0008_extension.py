from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0007_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="extension",
            field=models.PositiveSmallIntegerField(db_default=10, default=10),
        ),
    ]
