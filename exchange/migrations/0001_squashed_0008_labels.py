"""Tables; what Django cannot say: the partitioned store, the order of notices, the queue of changes."""

import django.db.models.deletion
from django.db import migrations, models

import ledger.identifiers

PARTITIONS = 8  # by hash of the subject; a multiple of it splits further without a rewrite

RECORD = f"""
CREATE TABLE exchange_record (
    subject varchar(32) NOT NULL,
    registry varchar(24) NOT NULL,
    version integer NOT NULL DEFAULT 1 CHECK (version >= 0),
    data jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (subject, registry)
) PARTITION BY HASH (subject);
{
    "".join(
        f"CREATE TABLE exchange_record_{i} PARTITION OF exchange_record"
        f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {i});"
        for i in range(PARTITIONS)
    )
}
"""

# Numbered while the subject's lock is held, so places follow the order of commits.
NOTICE = """
ALTER TABLE exchange_notice ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX notice_order ON exchange_notice (subject, partner_id, place);
"""
NOTICE_BACK = """
DROP INDEX notice_order;
ALTER TABLE exchange_notice DROP COLUMN place;
"""


# One row a record, however often it changes meanwhile: its ``turn`` is the latest change's.
CHANGE = """
CREATE SEQUENCE exchange_change_turn;
CREATE TABLE exchange_change (
    subject varchar(32) NOT NULL,
    registry varchar(24) NOT NULL,
    turn bigint NOT NULL DEFAULT nextval('exchange_change_turn'),
    seen_at timestamptz,
    readers text[],
    next_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    attempts smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    PRIMARY KEY (subject, registry),
    CHECK ((seen_at IS NULL) = (readers IS NULL))
);
CREATE INDEX exchange_change_due ON exchange_change (next_at);
"""
CHANGE_BACK = "DROP TABLE exchange_change; DROP SEQUENCE exchange_change_turn;"


class Migration(migrations.Migration):
    replaces = [
        ("exchange", "0001_initial"),
        ("exchange", "0002_tables"),
        ("exchange", "0003_names"),
        ("exchange", "0004_changes"),
        ("exchange", "0005_paused_partners"),
        ("exchange", "0006_longer_message_ids"),
        ("exchange", "0007_entries"),
        ("exchange", "0008_labels"),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subject",
                        "registry",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("subject", models.CharField(max_length=32)),
                ("registry", models.CharField(max_length=24)),
                ("version", models.PositiveIntegerField(default=1)),
                ("data", models.JSONField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "exchange_record",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "code",
                    models.SlugField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="code"
                    ),
                ),
                ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                ("token_hash", models.BinaryField(max_length=32, null=True, unique=True)),
                (
                    "webhook_url",
                    models.CharField(blank=True, max_length=300, verbose_name="webhook address"),
                ),
                ("webhook_secret", models.BinaryField(null=True)),
                ("inbound_secret", models.BinaryField(null=True)),
                ("services", models.JSONField(default=list, verbose_name="services")),
                ("active", models.BooleanField(default=True, verbose_name="active")),
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
            ],
            options={
                "verbose_name": "partner",
                "verbose_name_plural": "partners",
            },
        ),
        migrations.CreateModel(
            name="Entry",
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
                ("registry", models.CharField(max_length=24)),
                ("subject", models.CharField(max_length=32)),
                ("case", models.CharField(max_length=40)),
                ("certificate", models.UUIDField()),
                ("data", models.TextField()),
                ("entered_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["subject", "registry"],
                        name="entry_live",
                    ),
                    models.Index(fields=["certificate"], name="entry_certificate"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lookup",
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
                ("registry", models.CharField(max_length=24, verbose_name="registry")),
                (
                    "subject",
                    models.CharField(max_length=32, verbose_name="keyed index of the person"),
                ),
                ("fields", models.TextField(verbose_name="fields")),
                ("by", models.CharField(max_length=120, verbose_name="who")),
                ("purpose", models.TextField(verbose_name="purpose")),
                ("case", models.CharField(blank=True, max_length=40, verbose_name="case")),
                ("basis", models.TextField(verbose_name="legal basis")),
                ("outcome", models.CharField(max_length=12, verbose_name="outcome")),
                ("reason", models.CharField(blank=True, max_length=80, verbose_name="reason")),
                (
                    "milliseconds",
                    models.PositiveIntegerField(default=0, verbose_name="milliseconds"),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
            ],
            options={
                "verbose_name": "look-up",
                "verbose_name_plural": "look-ups",
                "indexes": [
                    models.Index(fields=["subject", "-at"], name="exchange_lo_subject_10f44e_idx"),
                    models.Index(fields=["case"], name="exchange_lo_case_a9c852_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
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
                ("subject", models.CharField(max_length=80, verbose_name="subject")),
                ("body", models.TextField(verbose_name="content")),
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
                ("created_at", models.DateTimeField(verbose_name="made at")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exchange.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "due")),
                        fields=["partner", "next_at"],
                        name="notice_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
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
                ("message_id", models.CharField(max_length=255, verbose_name="message id")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("body_hash", models.BinaryField(max_length=32)),
                ("body", models.TextField(verbose_name="content")),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                ("result", models.CharField(blank=True, max_length=80, verbose_name="result")),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exchange.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "message received",
                "verbose_name_plural": "messages received",
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "message_id"), name="message_once")
                ],
            },
        ),
        migrations.RunSQL(RECORD, "DROP TABLE exchange_record"),
        migrations.RunSQL(NOTICE, NOTICE_BACK),
        migrations.RunSQL(CHANGE, CHANGE_BACK),
    ]
