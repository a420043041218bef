"""Suspensions of automatic approval take the place of a column of services; shadows; counts.

The column stays in the table, with a default, for processes of the former release that still read
it; nothing writes it any more. What was suspended by it stays so.
"""

import django.db.models.deletion
from django.db import migrations, models

import ledger.identifiers

CARRY_OVER = """
INSERT INTO services_suspension (scope, code, cause, measured, reason, by, at,
    release_reason, release_proposed_by, released_by)
SELECT 'service', code, 'band', '{"carried_over": true}', '此前已暂停自动审批', 'machine:clock',
    now(), '', '', '' FROM services_service WHERE NOT automatic
"""


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0012_regressions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
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
                ("scope", models.CharField(max_length=8)),
                ("code", models.CharField(max_length=40)),
                ("cases", models.PositiveIntegerField()),
                ("approved", models.PositiveIntegerField(default=0)),
                ("handed_over", models.PositiveIntegerField(default=0)),
                ("diverged", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("unheld", models.PositiveIntegerField(default=0)),
                ("detail", models.JSONField(default=list)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="service", name="automatic")],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE services_service ALTER COLUMN automatic SET DEFAULT true",
                    "ALTER TABLE services_service ALTER COLUMN automatic DROP DEFAULT",
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("scope", models.CharField(max_length=8)),
                ("code", models.CharField(max_length=40)),
                ("measure", models.CharField(max_length=12)),
                ("side", models.CharField(max_length=5)),
                ("cases", models.PositiveIntegerField(default=0)),
                ("hits", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "code", "measure", "side"), name="rate_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hits__lte", models.F("cases"))), name="rate_hits"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Shadow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.TextField()),
                ("city", models.JSONField(default=dict)),
                ("hash", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "expected",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=4,
                        null=True,
                        verbose_name="divergence expected",
                    ),
                ),
                ("reason", models.CharField(max_length=400, verbose_name="reason")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("started_by", models.CharField(max_length=120, verbose_name="started by")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                ("ended_by", models.CharField(blank=True, max_length=120, verbose_name="ended by")),
                ("found_at", models.DateTimeField(null=True, verbose_name="left its band at")),
                ("measured", models.JSONField(default=dict)),
                ("cases", models.PositiveBigIntegerField(default=0, verbose_name="cases")),
                ("diverged", models.PositiveBigIntegerField(default=0, verbose_name="diverged")),
                ("failed", models.PositiveBigIntegerField(default=0, verbose_name="judge failed")),
                ("unheld", models.PositiveBigIntegerField(default=0, verbose_name="lacked a fact")),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.edition",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shadows",
                        to="services.service",
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "shadow",
                "verbose_name_plural": "shadows",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Divergence",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("condition", models.CharField(blank=True, max_length=80)),
                ("live", models.CharField(max_length=16)),
                ("other", models.CharField(max_length=16)),
                ("live_outcome", models.CharField(max_length=8)),
                ("other_outcome", models.CharField(max_length=8)),
                ("cases", models.PositiveBigIntegerField()),
                ("samples", models.JSONField(default=list)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "shadow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="divergences",
                        to="services.shadow",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "scope",
                    models.CharField(
                        choices=[("service", "service"), ("registry", "registry")],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                (
                    "cause",
                    models.CharField(
                        choices=[("person", "a person"), ("band", "a measured rate left its band")],
                        max_length=6,
                        verbose_name="cause",
                    ),
                ),
                ("measured", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=400, verbose_name="reason")),
                ("by", models.CharField(max_length=120, verbose_name="suspended by")),
                ("at", models.DateTimeField(verbose_name="suspended at")),
                (
                    "release_reason",
                    models.CharField(
                        blank=True, max_length=400, verbose_name="reason of the release"
                    ),
                ),
                (
                    "release_proposed_by",
                    models.CharField(
                        blank=True, max_length=120, verbose_name="release proposed by"
                    ),
                ),
                ("release_proposed_at", models.DateTimeField(null=True)),
                (
                    "released_by",
                    models.CharField(blank=True, max_length=120, verbose_name="released by"),
                ),
                ("released_at", models.DateTimeField(null=True, verbose_name="released at")),
            ],
            options={
                "verbose_name": "suspension",
                "verbose_name_plural": "suspensions",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("scope", "code"),
                        name="suspension_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="suspension_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cause", "person"), ("measured", {})),
                            models.Q(("cause", "band"), models.Q(("measured", {}), _negated=True)),
                            _connector="OR",
                        ),
                        name="suspension_band_is_measured",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("release_proposed_at", None),
                                ("release_proposed_by", ""),
                                ("release_reason", ""),
                            ),
                            models.Q(
                                ("release_proposed_at__isnull", False),
                                models.Q(("release_proposed_by", ""), _negated=True),
                                models.Q(("release_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="suspension_release_proposed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at", None), ("released_by", "")),
                            models.Q(
                                ("release_proposed_at__isnull", False),
                                ("released_at__isnull", False),
                                models.Q(("released_by", ""), _negated=True),
                                models.Q(
                                    ("released_by", models.F("release_proposed_by")), _negated=True
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="suspension_two_officers",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="shadow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("service",),
                name="shadow_one_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", "")),
                    models.Q(
                        ("ended_at__isnull", False), models.Q(("ended_by", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="shadow_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expected", None),
                    models.Q(("expected__gt", 0), ("expected__lt", 1)),
                    _connector="OR",
                ),
                name="shadow_expected_is_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="divergence",
            constraint=models.UniqueConstraint(
                fields=("shadow", "condition", "live", "other", "live_outcome", "other_outcome"),
                name="divergence_once",
            ),
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
    ]
