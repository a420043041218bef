"""Deliveries and notices are listed by time and endpoint; built beside what is being written."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("exchange", "0013_reused_message_ids"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(fields=["partner", "created_at"], name="notice_log"),
        ),
        AddIndexConcurrently(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "place"], name="webhook_delivery_log"),
        ),
        AddIndexConcurrently(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "dead")),
                fields=["place"],
                name="webhook_delivery_dead",
            ),
        ),
    ]
