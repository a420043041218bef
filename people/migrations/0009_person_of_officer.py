"""Whose an officer's account is, by the keyed index of their ID number: one active account each."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0008_passkeys"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="person",
            field=models.CharField(default="", editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name="officerchange",
            name="person",
            field=models.CharField(default="", editable=False, max_length=32),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("person", ""), _negated=True), ("is_active", True)),
                fields=("person",),
                name="officer_one_per_person",
            ),
        ),
    ]
