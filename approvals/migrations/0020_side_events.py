from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0019_unapproved"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="side_events",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
