"""Partners take webhooks at several endpoints, signed by secrets that can be changed in use."""

import django.db.models.deletion
from django.db import migrations, models

import exchange.models
import ledger.identifiers

# Each partner's webhook becomes an endpoint for everything, and its notices' deliveries go there.
# A partner without one keeps what it is owed; what it was once sent is not said any more.
MOVE = """
INSERT INTO exchange_endpoint (id, partner_id, url, description, kinds, services, districts, ended,
        created_at, paused_until, failures)
    SELECT gen_random_uuid(), code, webhook_url, '', '["*"]', '["*"]', '["*"]', '', now(),
        paused_until, failures
    FROM exchange_partner WHERE webhook_url <> '';
INSERT INTO exchange_webhooksecret (id, partner_id, direction, secret, created_at)
    SELECT gen_random_uuid(), code, direction, secret, now() FROM exchange_partner,
        LATERAL (VALUES ('out', webhook_secret), ('in', inbound_secret)) AS s (direction, secret)
    WHERE secret IS NOT NULL;
INSERT INTO exchange_webhookdelivery (id, notice_id, endpoint_id, subject, place, state, attempts,
        next_at, leased_until, last_status, delivered_at)
    SELECT gen_random_uuid(), n.id, e.id, n.subject, n.place, n.state, n.attempts, n.next_at,
        n.leased_until, n.last_status, n.delivered_at
    FROM exchange_notice n JOIN exchange_endpoint e ON e.partner_id = n.partner_id;
UPDATE exchange_notice n SET routed_at = n.created_at WHERE n.state <> 'due'
    OR EXISTS (SELECT FROM exchange_endpoint e WHERE e.partner_id = n.partner_id);
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0009_changes_of_certificates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Endpoint",
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
                ("url", models.CharField(max_length=300, verbose_name="webhook address")),
                (
                    "description",
                    models.CharField(blank=True, max_length=120, verbose_name="what it is"),
                ),
                (
                    "kinds",
                    models.JSONField(default=exchange.models.everything, verbose_name="kinds"),
                ),
                (
                    "services",
                    models.JSONField(default=exchange.models.everything, verbose_name="services"),
                ),
                (
                    "districts",
                    models.JSONField(default=exchange.models.everything, verbose_name="districts"),
                ),
                (
                    "ended",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "no"),
                            ("owner", "by its owner"),
                            ("gone", "its answer was 410 Gone"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="switched off",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="made at")),
                (
                    "paused_until",
                    models.DateTimeField(editable=False, null=True, verbose_name="paused until"),
                ),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="failures in a row"
                    ),
                ),
                (
                    "failing_since",
                    models.DateTimeField(editable=False, null=True, verbose_name="failing since"),
                ),
                (
                    "told_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="its owner was told at"
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook endpoint",
                "verbose_name_plural": "webhook endpoints",
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
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
                ("url", models.CharField(max_length=300, verbose_name="webhook address")),
                ("status", models.CharField(max_length=80, verbose_name="answer")),
                ("headers", models.TextField(verbose_name="headers sent")),
                (
                    "answer",
                    models.CharField(blank=True, max_length=500, verbose_name="answer's text"),
                ),
                ("milliseconds", models.PositiveIntegerField(verbose_name="milliseconds")),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "each attempt",
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
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
                ("place", models.BigIntegerField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "to be sent"),
                            ("delivered", "delivered"),
                            ("dead", "given up"),
                        ],
                        default="due",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_at", models.DateTimeField(verbose_name="next attempt at")),
                ("leased_until", models.DateTimeField(null=True, verbose_name="being sent until")),
                (
                    "last_status",
                    models.CharField(blank=True, max_length=80, verbose_name="last answer"),
                ),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
            ],
            options={
                "verbose_name": "notice sent",
                "verbose_name_plural": "notices sent",
            },
        ),
        migrations.CreateModel(
            name="WebhookSecret",
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
                    "direction",
                    models.CharField(
                        choices=[("out", "signs what we send"), ("in", "verifies what it sends")],
                        max_length=3,
                    ),
                ),
                ("secret", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="notice",
            name="routed_at",
            field=models.DateTimeField(null=True, verbose_name="given to endpoints at"),
        ),
        migrations.AddField(
            model_name="partner",
            name="contact",
            field=models.EmailField(
                blank=True,
                db_default="",
                default="",
                max_length=254,
                verbose_name="e-mail of its engineers",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("routed_at", None)), fields=["partner"], name="notice_to_route"
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="endpoints",
                to="exchange.partner",
                verbose_name="partner",
            ),
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="exchange.endpoint",
                verbose_name="webhook endpoint",
            ),
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="notice",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="exchange.notice",
                verbose_name="notice",
            ),
        ),
        migrations.AddField(
            model_name="webhookattempt",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="log",
                to="exchange.webhookdelivery",
            ),
        ),
        migrations.AddField(
            model_name="webhooksecret",
            name="endpoint",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="exchange.endpoint"
            ),
        ),
        migrations.AddField(
            model_name="webhooksecret",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="secrets",
                to="exchange.partner",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "due")),
                fields=["endpoint", "next_at"],
                name="webhook_delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "due")),
                fields=["subject", "endpoint", "place"],
                name="webhook_delivery_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("notice", "endpoint"), name="webhook_delivery_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhooksecret",
            constraint=models.CheckConstraint(
                condition=models.Q(("endpoint", None), ("direction", "out"), _connector="OR"),
                name="secret_of_endpoint_signs",
            ),
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name="notice",
            name="notice_due",
        ),
        migrations.RemoveField(
            model_name="notice",
            name="attempts",
        ),
        migrations.RemoveField(
            model_name="notice",
            name="delivered_at",
        ),
        migrations.RemoveField(
            model_name="notice",
            name="last_status",
        ),
        migrations.RemoveField(
            model_name="notice",
            name="leased_until",
        ),
        migrations.RemoveField(
            model_name="notice",
            name="next_at",
        ),
        migrations.RemoveField(
            model_name="notice",
            name="state",
        ),
        migrations.RemoveField(
            model_name="partner",
            name="failures",
        ),
        migrations.RemoveField(
            model_name="partner",
            name="inbound_secret",
        ),
        migrations.RemoveField(
            model_name="partner",
            name="paused_until",
        ),
        migrations.RemoveField(
            model_name="partner",
            name="webhook_secret",
        ),
        migrations.RemoveField(
            model_name="partner",
            name="webhook_url",
        ),
    ]
