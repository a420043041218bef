"""Indexes in which the desk counts what is with officers, and finds what is open."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0025_queue_of_all_offices"),
        ("exchange", "0001_squashed_0008_labels"),
        ("people", "0001_squashed_0009_person_of_officer"),
        ("services", "0001_squashed_0008_extension"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="application",
            name="application_queue",
        ),
        migrations.RemoveIndex(
            model_name="application",
            name="application_open",
        ),
        migrations.RemoveIndex(
            model_name="application",
            name="application_by_deadline",
        ),
        migrations.RemoveIndex(
            model_name="application",
            name="application_unapproved",
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["approved", "expired", "refused", "withdrawn"]),
                    models.Q(("state", "approved"), _negated=True),
                ),
                fields=["state", "id", "office", "service", "region"],
                name="application_unapproved",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("state", "review")),
                fields=["office", "due_at", "id"],
                include=("region", "taken_by", "applicant", "submitted_at"),
                name="application_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("state", "review")),
                fields=["due_at", "id"],
                include=("region", "taken_by", "applicant", "submitted_at"),
                name="application_by_deadline",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["submitted", "waiting", "returned", "review", "procedure"])
                ),
                fields=["state", "office", "due_at", "applicant_name"],
                name="application_open",
            ),
        ),
    ]
