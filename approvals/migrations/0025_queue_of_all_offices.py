"""What is with officers, by deadline, whatever the office."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0024_corrections_at_counters")]

    operations = [
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("state", "review")),
                fields=["due_at", "id"],
                name="application_by_deadline",
            ),
        ),
    ]
