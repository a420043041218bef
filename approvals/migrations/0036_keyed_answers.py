"""Answers kept under a program's key; when an agency's case last changed.

Rows that are there already have the moment of the migration: no later change is missed.
"""

import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0035_reminders_of_consents"),
        ("exchange", "0010_webhook_endpoints"),
        ("people", "0003_enterprise"),
        ("services", "0001_squashed_0008_extension"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyedAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("client", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=120)),
                ("request_hash", models.BinaryField(max_length=32)),
                ("answer", models.BinaryField()),
                ("created_at", models.DateTimeField(db_index=True)),
                ("readable_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="application",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=None,
                editable=False,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="keyedanswer",
            index=models.Index(
                condition=models.Q(("readable_until__isnull", False)),
                fields=["readable_until"],
                name="keyed_answer_secret",
            ),
        ),
        migrations.AddConstraint(
            model_name="keyedanswer",
            constraint=models.UniqueConstraint(fields=("client", "key"), name="keyed_answer_once"),
        ),
    ]
