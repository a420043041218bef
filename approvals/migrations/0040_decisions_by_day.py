"""The index in which past cases are counted by edition and day; built while decisions come in."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0039_assistants"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("live", True)),
                fields=["edition", "as_of", "at"],
                name="decision_by_day",
            ),
        ),
    ]
