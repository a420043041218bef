import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("services", "0001_initial"),
        ("services", "0002_names"),
        ("services", "0003_edition_city"),
        ("services", "0004_proposals"),
        ("services", "0005_legal_review"),
        ("services", "0006_pinyin"),
        ("services", "0007_labels"),
        ("services", "0008_extension"),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Pinyin",
            fields=[
                ("word", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("syllables", models.CharField(max_length=1400)),
            ],
            options={
                "verbose_name": "pinyin",
                "verbose_name_plural": "pinyin",
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                ("events", models.PositiveIntegerField(default=0, editable=False)),
                ("head", models.BinaryField(max_length=32, null=True)),
                (
                    "code",
                    models.SlugField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="code"
                    ),
                ),
                (
                    "enabled",
                    models.BooleanField(default=True, verbose_name="open for applications"),
                ),
                ("automatic", models.BooleanField(default=True, verbose_name="automatic approval")),
            ],
            options={
                "verbose_name": "service",
                "verbose_name_plural": "services",
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("source", models.TextField()),
                ("city", models.JSONField(default=dict)),
                ("hash", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("legal_review", models.JSONField(default=list)),
                ("extension", models.PositiveSmallIntegerField(db_default=10, default=10)),
                ("engine", models.CharField(max_length=20, verbose_name="rule engine")),
                ("in_force_from", models.DateField(verbose_name="in force from")),
                ("proposed_by", models.CharField(max_length=120, verbose_name="proposed by")),
                ("published_at", models.DateTimeField(verbose_name="published at")),
                ("published_by", models.CharField(max_length=120, verbose_name="published by")),
                ("is_first", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=400, verbose_name="reason")),
                (
                    "rollback_of",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.edition",
                        verbose_name="rolled back to",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="editions",
                        to="services.service",
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "edition",
                "verbose_name_plural": "editions",
                "ordering": ["service", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("service", "number"), name="edition_numbered"),
                    models.UniqueConstraint(
                        condition=models.Q(("rollback_of__isnull", True)),
                        fields=("hash",),
                        name="edition_text_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_first", True), ("number", 1)),
                            models.Q(
                                ("is_first", False),
                                models.Q(("proposed_by", models.F("published_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="edition_two_officers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rollback_of__isnull", True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="edition_rollback_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.TextField()),
                ("city", models.JSONField(default=dict)),
                ("hash", models.CharField(max_length=64)),
                ("in_force_from", models.DateField()),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("proposed_at", models.DateTimeField()),
                ("proposed_by", models.CharField(max_length=120)),
                (
                    "edition",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal",
                        to="services.edition",
                    ),
                ),
                (
                    "rollback_of",
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
                        related_name="proposals",
                        to="services.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "proposed edition",
                "verbose_name_plural": "proposed editions",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("edition__isnull", True)),
                        fields=("service", "hash"),
                        name="proposal_pending_once",
                    )
                ],
            },
        ),
    ]
