import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers

WAYS = [
    ("electronic", "electronically, as agreed"),
    ("in_person", "handed over"),
    ("post", "by post"),
    ("entrusted", "by another office"),
    ("left", "left with a witness"),
    ("notice", "by public notice"),
]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("approvals", "0020_side_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ledger.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("way", models.CharField(blank=True, choices=WAYS, default="", max_length=10)),
                ("recipient", models.CharField(blank=True, default="", max_length=120)),
                ("note", models.CharField(blank=True, default="", max_length=400)),
                ("delivered_on", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="approvals.application",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delivery",
                        to="approvals.decision",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("recorded_at", None)),
                        fields=["due_at"],
                        name="delivery_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("by", None), ("delivered_on", None), ("recorded_at", None), ("way", "")
                        )
                        | models.Q(
                            ("by", None),
                            ("delivered_on__isnull", False),
                            ("recorded_at__isnull", False),
                            ("way", "electronic"),
                        )
                        | models.Q(
                            ("by__isnull", False),
                            ("delivered_on__isnull", False),
                            ("recorded_at__isnull", False),
                            ("way__in", ["in_person", "post", "entrusted", "left", "notice"]),
                        )
                        & ~models.Q(("recipient", "")),
                        name="delivery_recorded_whole",
                    )
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="escalation", name="escalation_once"),
        migrations.AddField(
            model_name="escalation",
            name="of_delivery",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                fields=("application", "due_at", "stage", "of_delivery"), name="escalation_once"
            ),
        ),
    ]
