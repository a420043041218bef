import django.db.models.deletion
from django.db import migrations, models

import ledger.identifiers


class Migration(migrations.Migration):
    replaces = [
        ("ledger", "0001_initial"),
        ("ledger", "0002_key_history"),
        ("ledger", "0003_labels"),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TreeHead",
            fields=[
                (
                    "size",
                    models.BigIntegerField(
                        primary_key=True, serialize=False, verbose_name="events under it"
                    ),
                ),
                ("root", models.BinaryField(max_length=32)),
                ("frontier", models.TextField()),
                ("at", models.DateTimeField(verbose_name="time")),
                ("kid", models.CharField(max_length=64, verbose_name="key")),
                ("algorithm", models.CharField(max_length=16, verbose_name="algorithm")),
                ("signature", models.BinaryField()),
            ],
            options={
                "verbose_name": "tree head",
                "verbose_name_plural": "tree heads",
            },
        ),
        migrations.CreateModel(
            name="Unsequenced",
            fields=[
                ("event", models.UUIDField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Event",
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
                ("subject", models.CharField(max_length=80, verbose_name="subject")),
                ("seq", models.PositiveIntegerField(verbose_name="place in the chain")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                (
                    "before",
                    models.CharField(blank=True, max_length=16, verbose_name="state before"),
                ),
                ("after", models.CharField(blank=True, max_length=16, verbose_name="state after")),
                ("by", models.CharField(max_length=120, verbose_name="who")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("data", models.TextField(default="{}", verbose_name="data")),
                ("previous", models.BinaryField(max_length=32, null=True)),
                ("hash", models.BinaryField(max_length=32, unique=True)),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "seq"), name="event_one_per_place"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("previous__isnull", True), ("seq", 1)),
                            models.Q(("previous__isnull", False), ("seq__gt", 1)),
                            _connector="OR",
                        ),
                        name="event_linked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaf",
                        to="ledger.event",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PublicKey",
            fields=[
                (
                    "kid",
                    models.CharField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="key"
                    ),
                ),
                ("purpose", models.CharField(max_length=24, verbose_name="signs")),
                (
                    "algorithm",
                    models.CharField(default="Ed25519", max_length=16, verbose_name="algorithm"),
                ),
                ("public", models.BinaryField()),
                ("active_from", models.DateTimeField(verbose_name="in use from")),
                ("retired_at", models.DateTimeField(null=True, verbose_name="retired at")),
                ("number", models.PositiveIntegerField(null=True, unique=True)),
                ("previous", models.BinaryField(max_length=32, null=True)),
                ("root_signature", models.BinaryField(null=True)),
            ],
            options={
                "verbose_name": "public key",
                "verbose_name_plural": "public keys",
                "indexes": [
                    models.Index(
                        fields=["purpose", "-active_from"], name="ledger_publ_purpose_673e04_idx"
                    )
                ],
            },
        ),
    ]
