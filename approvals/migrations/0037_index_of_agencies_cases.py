"""The index in which an agency's programs list their cases; built while applications come in."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0036_keyed_answers"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(
                condition=models.Q(("client__isnull", False)),
                fields=["client", "updated_at", "id"],
                include=("state", "service", "region", "received_on"),
                name="application_of_client",
            ),
        ),
    ]
