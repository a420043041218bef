"""Messages that were refused because their id came before with another body."""

import django.db.models.deletion
from django.db import migrations, models

import ledger.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0012_oauth_clients"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReusedId",
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
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("body_hash", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField(db_index=True, verbose_name="first refused at")),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exchange.message",
                        verbose_name="message that counts",
                    ),
                ),
            ],
            options={
                "verbose_name": "reused message id",
                "verbose_name_plural": "reused message ids",
                "constraints": [
                    models.UniqueConstraint(fields=("message", "body_hash"), name="reused_id_once"),
                ],
            },
        ),
    ]
