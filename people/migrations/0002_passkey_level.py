from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_squashed_0009_person_of_officer")]

    operations = [
        migrations.AddField(
            model_name="passkey",
            name="level",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddConstraint(
            model_name="passkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__lte", 3)), name="passkey_level"
            ),
        ),
    ]
