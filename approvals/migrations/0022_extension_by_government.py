from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0008_extension"),
        ("approvals", "0021_deliveries"),
    ]

    operations = [
        migrations.AddField(
            model_name="termextension",
            name="approval_number",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddField(
            model_name="termextension",
            name="approved_on",
            field=models.DateField(null=True),
        ),
        migrations.RemoveConstraint(model_name="termextension", name="extension_is_longer"),
        migrations.AddConstraint(
            model_name="termextension",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__gt", 0), ("due_at__gt", models.F("was_due_at"))),
                name="extension_is_longer",
            ),
        ),
        migrations.AddConstraint(
            model_name="termextension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approval_number", ""), ("approved_on", None), ("days__lte", 10)
                )
                | models.Q(("approved_on__isnull", False), ("days", 15))
                & ~models.Q(("approval_number", "")),
                name="extension_by_government",
            ),
        ),
    ]
