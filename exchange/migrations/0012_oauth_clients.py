"""Clients of partners (OAuth 2.1) and their access tokens."""

import django.db.models.deletion
from django.db import migrations, models

import exchange.models
import ledger.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0011_signed_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="scopes",
            field=models.JSONField(
                db_default=["*"], default=exchange.models.everything, verbose_name="scopes"
            ),
        ),
        migrations.CreateModel(
            name="Client",
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
                (
                    "client_id",
                    models.SlugField(max_length=60, unique=True, verbose_name="client ID"),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "scopes",
                    models.JSONField(default=exchange.models.everything, verbose_name="scopes"),
                ),
                (
                    "services",
                    models.JSONField(default=exchange.models.everything, verbose_name="services"),
                ),
                (
                    "certificates",
                    models.JSONField(blank=True, default=list, verbose_name="certificates"),
                ),
                ("created_at", models.DateTimeField(verbose_name="made at")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clients",
                        to="exchange.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "client",
                "verbose_name_plural": "clients",
            },
        ),
        migrations.CreateModel(
            name="AccessToken",
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
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("scopes", models.JSONField()),
                ("services", models.JSONField(default=exchange.models.everything)),
                ("certificate", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="exchange.client",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClientSecret",
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
                ("secret_hash", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="secrets",
                        to="exchange.client",
                    ),
                ),
            ],
        ),
    ]
