"""Tables; two counters: places of certificates, and organisation codes for new traders and companies.

``CACHE`` stays 1: a batch takes all its numbers in one query anyway, and a gap is harmless.
"""

import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers


class Migration(migrations.Migration):
    replaces = [
        ("certificates", "0001_initial"),
        ("certificates", "0002_sequences"),
        ("certificates", "0003_filings_before_partners"),
        ("certificates", "0004_filing_place"),
        ("certificates", "0005_names"),
        ("certificates", "0006_fewer_indexes"),
        ("certificates", "0007_jws"),
        ("certificates", "0008_number"),
        ("certificates", "0009_labels"),
    ]

    initial = True

    dependencies = [
        ("exchange", "0001_squashed_0008_labels"),
        ("people", "0001_squashed_0009_person_of_officer"),
    ]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("events", models.PositiveIntegerField(default=0, editable=False)),
                ("head", models.BinaryField(max_length=32, null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=ledger.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("identifier", models.CharField(max_length=100)),
                ("public_id", models.CharField(max_length=26)),
                ("serial", models.BigIntegerField()),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("service", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("application", models.CharField(blank=True, max_length=40)),
                ("holder", models.CharField(max_length=32)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("valid", "valid"),
                            ("suspended", "suspended"),
                            ("superseded", "superseded"),
                            ("revoked", "revoked"),
                            ("expired", "expired"),
                            ("cancelled", "cancelled"),
                        ],
                        default="valid",
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("issued_at", models.DateTimeField()),
                ("expires_on", models.DateField(null=True)),
                ("payload", models.BinaryField()),
                ("jws", models.TextField()),
                ("kid", models.CharField(max_length=64)),
                (
                    "office",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.office",
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="certificates.certificate",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.region",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
                "indexes": [
                    models.Index(fields=["holder"], name="certificate_holder"),
                    models.Index(fields=["number"], name="certificate_number"),
                    models.Index(
                        condition=models.Q(("state", "valid"), _negated=True),
                        fields=["serial"],
                        name="certificate_not_valid",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("expires_on__isnull", False), ("state__in", ["valid", "suspended"])
                        ),
                        fields=["expires_on"],
                        name="certificate_to_expire",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["valid", "suspended"]),
                            models.Q(("application", ""), _negated=True),
                        ),
                        fields=("application", "kind"),
                        name="certificate_one_live",
                    ),
                    models.UniqueConstraint(fields=("identifier",), name="certificate_identifier"),
                    models.UniqueConstraint(fields=("public_id",), name="certificate_public_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Filing",
            fields=[
                ("events", models.PositiveIntegerField(default=0, editable=False)),
                ("head", models.BinaryField(max_length=32, null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=ledger.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("item", models.CharField(max_length=40, verbose_name="filing item")),
                ("place", models.PositiveSmallIntegerField(default=0)),
                ("zh", models.CharField(max_length=80)),
                ("en", models.CharField(max_length=160)),
                ("basis", models.CharField(max_length=200)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("due", "to be pushed"),
                            ("pushed", "sent, no answer yet"),
                            ("overdue", "no answer in time"),
                            ("accepted", "accepted"),
                            ("returned", "returned with a reason"),
                            ("not_applicable", "not applicable"),
                            ("revoked", "revoked"),
                        ],
                        default="due",
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("why_zh", models.CharField(blank=True, max_length=200)),
                ("why_en", models.CharField(blank=True, max_length=300)),
                ("data", models.JSONField(default=dict)),
                ("cause", models.CharField(default="issued", max_length=12)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("pushed_at", models.DateTimeField(null=True)),
                ("answer_by", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("receipt", models.CharField(blank=True, max_length=120)),
                ("reason", models.CharField(blank=True, max_length=400)),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filings",
                        to="certificates.certificate",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exchange.partner",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "filing",
                "verbose_name_plural": "filings",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["due", "pushed", "overdue"])),
                        fields=["answer_by"],
                        name="filing_unanswered",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["due", "returned", "overdue"])),
                        fields=["certificate"],
                        name="filing_for_clerks",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("certificate", "item"), name="filing_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Reliance",
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
                ("purpose", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reliances",
                        to="certificates.certificate",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="exchange.partner"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("certificate", "partner"), name="reliance_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Revocation",
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
                    "ground",
                    models.CharField(
                        choices=[
                            ("deception", "obtained by deception or bribery (must be revoked)"),
                            ("abuse", "abuse of power or neglect of duty (may be revoked)"),
                            ("authority", "beyond the authority of the office (may be revoked)"),
                            ("procedure", "against the statutory procedure (may be revoked)"),
                            ("unqualified", "the holder was not qualified (may be revoked)"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(max_length=400)),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revocations",
                        to="certificates.certificate",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "filing",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="certificates.filing",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("confirmed_at__isnull", True), ("dropped_at__isnull", True)
                        ),
                        fields=("certificate", "filing"),
                        name="revocation_one_open",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at__isnull", True), ("confirmed_by__isnull", True)
                            ),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", False),
                                ("dropped_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="revocation_confirmed_at_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="revocation_two_officers",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE certificates_serial MINVALUE 0 START 0;"
            "CREATE SEQUENCE certificates_licence MINVALUE 0 MAXVALUE 887503680 START 0;",
            "DROP SEQUENCE certificates_serial; DROP SEQUENCE certificates_licence;",
        ),
    ]
