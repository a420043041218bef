import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers


class Migration(migrations.Migration):
    replaces = [
        ("approvals", "0001_initial"),
        ("approvals", "0002_cosignature"),
        ("approvals", "0003_fewer_indexes"),
        ("approvals", "0004_unanswered_checks"),
        ("approvals", "0005_guard_keys"),
        ("approvals", "0006_second_officer"),
        ("approvals", "0007_subjects_of_checks"),
        ("approvals", "0008_terms"),
        ("approvals", "0009_terms_of_open_cases"),
        ("approvals", "0010_desk"),
        ("approvals", "0011_terms_of_officers"),
        ("approvals", "0012_absences"),
        ("approvals", "0013_sampling"),
        ("approvals", "0014_return_permission"),
        ("approvals", "0015_legal_review"),
        ("approvals", "0016_acceptance"),
        ("approvals", "0017_documents"),
        ("approvals", "0018_permission_of_an_office"),
        ("approvals", "0019_unapproved"),
        ("approvals", "0020_side_events"),
        ("approvals", "0021_deliveries"),
        ("approvals", "0022_extension_by_government"),
        ("approvals", "0023_intakes"),
    ]

    initial = True

    dependencies = [
        ("exchange", "0001_squashed_0008_labels"),
        ("people", "0001_squashed_0009_person_of_officer"),
        ("services", "0001_squashed_0008_extension"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SampleDraw",
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
                ("month", models.DateField(unique=True)),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("drawn_at", models.DateTimeField()),
                ("head_size", models.BigIntegerField()),
                ("head_root", models.BinaryField(max_length=32)),
                ("population", models.PositiveIntegerField()),
                ("late", models.PositiveIntegerField()),
                ("list_hash", models.BinaryField(max_length=32)),
                ("strata", models.JSONField()),
            ],
            options={
                "verbose_name": "re-review: rates",
                "verbose_name_plural": "re-review: rates",
            },
        ),
        migrations.CreateModel(
            name="Application",
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
                ("number", models.CharField(max_length=40)),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("waiting", "waiting for others to answer"),
                            ("returned", "returned for correction"),
                            ("review", "with an officer"),
                            ("procedure", "in a special procedure"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("withdrawn", "withdrawn"),
                            ("expired", "expired"),
                        ],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("applicant_kind", models.CharField(max_length=12)),
                ("applicant", models.CharField(max_length=32)),
                ("applicant_number", models.BinaryField()),
                ("applicant_name", models.CharField(db_collation="C", max_length=120)),
                ("channel", models.CharField(max_length=12)),
                ("contested", models.TextField(blank=True, default="")),
                ("answers", models.JSONField(default=dict)),
                ("by_person", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("received_on", models.DateField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("term_from", models.DateField(null=True)),
                ("pauses", models.JSONField(default=list)),
                ("extended_days", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("promised_at", models.DateTimeField(null=True)),
                ("due_provisional", models.BooleanField(default=False)),
                ("calendar", models.CharField(blank=True, max_length=8)),
                ("correct_by", models.DateTimeField(null=True)),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("checks_due", models.PositiveSmallIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("handover", models.CharField(blank=True, max_length=200)),
                ("taken_at", models.DateTimeField(null=True)),
                ("side_events", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="exchange.partner",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="services.edition",
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.office",
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
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="services.service",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
                "indexes": [
                    models.Index(
                        condition=models.Q(("checks_due", 0), ("state", "submitted")),
                        fields=["submitted_at"],
                        name="application_ready",
                    ),
                    models.Index(
                        condition=models.Q(("state", "review")),
                        fields=["office", "due_at"],
                        name="application_queue",
                    ),
                    models.Index(
                        fields=["applicant", "-created_at"], name="approvals_a_applica_f73325_idx"
                    ),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                ["submitted", "waiting", "returned", "review", "procedure"],
                            )
                        ),
                        fields=["state", "submitted_at"],
                        name="application_open",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["approved", "expired", "refused", "withdrawn"])
                        ),
                        fields=["office", "id", "state", "service", "region"],
                        name="application_settled",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["approved", "expired", "refused", "withdrawn"])
                        ),
                        fields=["applicant_name", "office"],
                        name="application_named",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["approved", "expired", "refused", "withdrawn"]),
                            models.Q(("handover", ""), _negated=True),
                        ),
                        fields=["office", "id"],
                        name="application_handled",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["approved", "expired", "refused", "withdrawn"]),
                            models.Q(("state", "approved"), _negated=True),
                        ),
                        fields=["state", "id"],
                        name="application_unapproved",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="application_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_at__isnull", True), ("taken_by__isnull", True)),
                            models.Q(("taken_at__isnull", False), ("taken_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="application_taken_at_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "draft"),
                            models.Q(("round__gte", 1), ("submitted_at__isnull", False)),
                            ("state", "withdrawn"),
                            _connector="OR",
                        ),
                        name="application_submitted_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Acceptance",
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
                ("received_on", models.DateField()),
                ("at", models.DateTimeField()),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acceptance",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "verbose_name": "deemed acceptance",
                "verbose_name_plural": "deemed acceptances",
            },
        ),
        migrations.CreateModel(
            name="ApprovalProposal",
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
                ("version", models.PositiveIntegerField()),
                ("reason", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("confirmed", models.BooleanField(null=True)),
                ("answer", models.TextField(blank=True, default="")),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="approvals.application",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "proposed approval",
                "verbose_name_plural": "proposed approvals",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "version"), name="proposal_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed", None), ("settled_at", None), ("settled_by", None)
                            ),
                            models.Q(
                                ("confirmed__isnull", False),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_settled_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_by", None),
                            models.Q(("settled_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_two_officers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Check",
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
                ("round", models.PositiveSmallIntegerField()),
                ("registry", models.CharField(max_length=24)),
                ("subject", models.CharField(blank=True, default="", max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Due"),
                            ("answered", "Answered"),
                            ("failed", "Failed"),
                            ("unanswered", "Unanswered"),
                        ],
                        default="due",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=80)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "due")),
                        fields=["registry", "next_at"],
                        name="check_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "unanswered")),
                        fields=["registry", "next_at"],
                        name="check_unanswered",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "round", "registry", "subject"),
                        name="check_once_a_round",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
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
                ("item", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("granted", "Granted"), ("denied", "Denied")],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=400)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="approvals.application",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "asked")),
                        fields=["due_at"],
                        name="consent_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("application", "item"), name="consent_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Cosignature",
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
                ("signer", models.CharField(db_index=True, max_length=32)),
                ("answers_hash", models.BinaryField(max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("granted", "Granted"), ("denied", "Denied")],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=400)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "asked")),
                        fields=["due_at"],
                        name="cosignature_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "signer", "answers_hash"), name="cosignature_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
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
                ("round", models.PositiveSmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("refuse", "Refused"),
                            ("return", "Returned for correction"),
                            ("refer", "Handed to an officer"),
                            ("wait", "Others were asked"),
                        ],
                        max_length=8,
                    ),
                ),
                ("live", models.BooleanField()),
                ("by", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                ("as_of", models.DateField()),
                ("inputs", models.JSONField()),
                ("receipt", models.BinaryField()),
                ("kid", models.CharField(max_length=64)),
                ("algorithm", models.CharField(max_length=16)),
                ("signature", models.BinaryField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="approvals.application",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="services.edition",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["edition", "at"], name="approvals_d_edition_ef5b98_idx"),
                    models.Index(
                        condition=models.Q(("outcome", "return")),
                        fields=["at"],
                        name="decision_returned",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("live", True)),
                        fields=("application",),
                        name="decision_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("live", False), ("outcome__in", ["approve", "refuse"]), _connector="OR"
                        ),
                        name="decision_live_is_final",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "refuse"), _negated=True),
                            ("officer__isnull", False),
                            _connector="OR",
                        ),
                        name="decision_refusal_has_officer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proposed_by", None),
                            models.Q(("proposed_by", models.F("officer")), _negated=True),
                            _connector="OR",
                        ),
                        name="decision_two_officers",
                    ),
                ],
            },
        ),
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
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("electronic", "electronically, as agreed"),
                            ("in_person", "handed over"),
                            ("post", "by post"),
                            ("entrusted", "by another office"),
                            ("left", "left with a witness"),
                            ("notice", "by public notice"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
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
                            models.Q(
                                ("by", None),
                                ("delivered_on", None),
                                ("recorded_at", None),
                                ("way", ""),
                            ),
                            models.Q(
                                ("by", None),
                                ("delivered_on__isnull", False),
                                ("recorded_at__isnull", False),
                                ("way", "electronic"),
                            ),
                            models.Q(
                                ("by__isnull", False),
                                ("delivered_on__isnull", False),
                                ("recorded_at__isnull", False),
                                ("way__in", ["in_person", "post", "entrusted", "left", "notice"]),
                                models.Q(("recipient", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_recorded_whole",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("acceptance", "Notice of acceptance"),
                            ("correction", "Notice of what is to be corrected"),
                            ("approval", "Decision to grant"),
                            ("refusal", "Decision to refuse"),
                            ("extension", "Notice of a longer term"),
                            ("procedure", "Notice of a special procedure"),
                            ("transfer", "Notice of a transfer"),
                        ],
                        max_length=12,
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("source", models.UUIDField()),
                ("public_id", models.CharField(max_length=16)),
                ("number", models.CharField(max_length=60)),
                ("issued_at", models.DateTimeField()),
                ("issued_by", models.CharField(max_length=120)),
                ("jws", models.TextField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "constraints": [
                    models.UniqueConstraint(fields=("source",), name="document_once"),
                    models.UniqueConstraint(fields=("public_id",), name="document_public_id"),
                    models.UniqueConstraint(fields=("number",), name="document_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "acceptance",
                                    "correction",
                                    "approval",
                                    "refusal",
                                    "extension",
                                    "procedure",
                                    "transfer",
                                ],
                            )
                        ),
                        name="document_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
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
                    "stage",
                    models.CharField(
                        choices=[("soon", "soon overdue"), ("over", "overdue")], max_length=4
                    ),
                ),
                ("of_delivery", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="escalations",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "verbose_name": "escalation",
                "verbose_name_plural": "escalations",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "due_at", "stage", "of_delivery"),
                        name="escalation_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
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
                ("round", models.PositiveSmallIntegerField()),
                ("registry", models.CharField(max_length=24)),
                ("subject", models.CharField(blank=True, default="", max_length=32)),
                ("outcome", models.CharField(max_length=12)),
                ("reason", models.CharField(blank=True, max_length=80)),
                ("facts", models.TextField()),
                ("version", models.CharField(blank=True, max_length=40)),
                ("read_at", models.DateTimeField()),
                ("purpose", models.CharField(max_length=80)),
                ("hash", models.BinaryField(max_length=32)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "round", "registry", "subject"),
                        name="evidence_once_a_round",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GuardKey",
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
                ("guard", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=64)),
                ("while_open", models.BooleanField()),
                ("while_live", models.BooleanField()),
                ("held", models.BooleanField()),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guard_keys",
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("held", True)), fields=("key",), name="guard_once"
                    ),
                    models.UniqueConstraint(
                        fields=("application", "key"), name="guard_once_a_case"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Intake",
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
                ("counter", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("consented_at", models.DateTimeField()),
                (
                    "acting",
                    models.CharField(
                        choices=[
                            ("self", "the applicant"),
                            ("guardian", "a guardian of the applicant"),
                            ("agent", "an agent with a written mandate"),
                            ("statutory", "the legal representative of the enterprise"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "paper",
                    models.CharField(
                        choices=[
                            ("id_card", "resident identity card"),
                            ("temporary", "temporary identity card"),
                            ("household", "household register"),
                            ("licence", "business licence"),
                        ],
                        max_length=10,
                    ),
                ),
                ("representative", models.CharField(blank=True, max_length=32)),
                ("representative_number", models.BinaryField(null=True)),
                ("representative_name", models.CharField(blank=True, max_length=120)),
                (
                    "representative_paper",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("id_card", "resident identity card"),
                            ("temporary", "temporary identity card"),
                            ("household", "household register"),
                            ("licence", "business licence"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "relation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("parent", "parent"),
                            ("spouse", "spouse"),
                            ("child", "child"),
                            ("grandparent", "grandparent"),
                            ("sibling", "brother or sister"),
                            ("other", "other person or organisation"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "authority",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("registry", "the registry of kinship"),
                            ("mandate", "written mandate"),
                            ("household", "household register"),
                            ("birth", "medical certificate of birth"),
                            ("judgment", "judgment of a court"),
                            ("appointment", "appointment as guardian"),
                            ("licence", "business licence"),
                        ],
                        max_length=12,
                    ),
                ),
                ("authority_on", models.DateField(null=True)),
                ("authority_note", models.CharField(blank=True, max_length=200)),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intake",
                        to="approvals.application",
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.office",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "intake",
                "verbose_name_plural": "applications taken at a counter",
                "indexes": [models.Index(fields=["office", "-at"], name="intake_of_office")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("acting", "self"),
                                ("authority", ""),
                                ("authority_note", ""),
                                ("authority_on", None),
                                ("relation", ""),
                                ("representative", ""),
                                ("representative_name", ""),
                                ("representative_number", None),
                                ("representative_paper", ""),
                            ),
                            models.Q(
                                models.Q(("representative", ""), _negated=True),
                                models.Q(("representative_name", ""), _negated=True),
                                models.Q(("representative_paper", ""), _negated=True),
                                ("authority_on__isnull", False),
                                ("representative_number__isnull", False),
                                models.Q(
                                    models.Q(
                                        ("acting", "guardian"),
                                        (
                                            "authority__in",
                                            [
                                                "registry",
                                                "household",
                                                "birth",
                                                "judgment",
                                                "appointment",
                                            ],
                                        ),
                                        models.Q(("relation", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("acting", "agent"),
                                        ("authority__in", ["mandate"]),
                                        ("relation", ""),
                                    ),
                                    models.Q(
                                        ("acting", "statutory"),
                                        ("authority__in", ["licence"]),
                                        ("relation", ""),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="intake_representative_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consented_at__lte", models.F("at"))),
                        name="intake_consent_first",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalReview",
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
                ("version", models.PositiveIntegerField()),
                ("outcome", models.CharField(max_length=8)),
                ("reason", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("agreed", models.BooleanField(null=True)),
                ("opinion", models.TextField(blank=True, default="")),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="approvals.application",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "legal review",
                "verbose_name_plural": "legal reviews",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "version"), name="legal_review_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["refuse", "approve"])),
                        name="legal_review_of_a_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("agreed", None),
                                ("opinion", ""),
                                ("settled_at", None),
                                ("settled_by", None),
                            ),
                            models.Q(
                                ("agreed__isnull", False),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                                models.Q(("opinion", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="legal_review_settled_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Procedure",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("hearing", "hearing"),
                            ("expert_review", "expert review"),
                            ("inspection", "inspection on site"),
                            ("testing", "testing or appraisal"),
                        ],
                        max_length=16,
                    ),
                ),
                ("law", models.CharField(max_length=200)),
                ("words", models.TextField()),
                ("until", models.DateField()),
                ("opened_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("result", models.TextField(blank=True, default="")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="procedures",
                        to="approvals.application",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "special procedure",
                "verbose_name_plural": "special procedures",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("application",),
                        name="procedure_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_by", None), ("result", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                models.Q(("result", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="procedure_ended_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnPermission",
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
                ("round", models.PositiveSmallIntegerField()),
                ("reason", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("permitted", models.BooleanField(null=True)),
                ("answer", models.TextField(blank=True, default="")),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="return_permissions",
                        to="approvals.application",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.office",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "permission to return",
                "verbose_name_plural": "permissions to return",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("permitted", None), ("permitted", True), _connector="OR"
                        ),
                        fields=("application", "round", "office"),
                        name="return_permission_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("permitted", None), ("settled_at", None), ("settled_by", None)
                            ),
                            models.Q(
                                ("permitted__isnull", False),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="return_permission_settled_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_by", None),
                            models.Q(("settled_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="return_permission_two_persons",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SampleReview",
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
                ("place", models.PositiveIntegerField()),
                ("is_control", models.BooleanField()),
                ("candidates", models.JSONField()),
                ("assigned_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approve", "I would approve"),
                            ("reject", "I would not approve"),
                            ("unsure", "I cannot tell"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("conditions", models.JSONField(default=list)),
                ("reason", models.TextField(blank=True, default="")),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.application",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.decision",
                    ),
                ),
                (
                    "draw",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="approvals.sampledraw",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "re-review",
                "verbose_name_plural": "re-reviews",
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at", None)),
                        fields=["reviewer", "application"],
                        name="sample_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("draw", "place"), name="sample_one_per_place"),
                    models.UniqueConstraint(
                        fields=("draw", "decision"), name="sample_decision_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""),
                                ("answered_at", None),
                                ("conditions", []),
                                ("reason", ""),
                            ),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("reviewer__isnull", False),
                                ("answer__in", ["approve", "reject", "unsure"]),
                            ),
                            _connector="OR",
                        ),
                        name="sample_answered_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SampleFinding",
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
                ("found_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("confirmed", models.BooleanField(null=True)),
                ("note", models.TextField(blank=True, default="")),
                ("ground", models.CharField(blank=True, default="", max_length=12)),
                ("test", models.TextField(blank=True, default="")),
                (
                    "found_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding",
                        to="approvals.samplereview",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings of re-reviews",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed", None),
                                ("ground", ""),
                                ("settled_at", None),
                                ("settled_by", None),
                            ),
                            models.Q(
                                ("confirmed__isnull", False),
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="finding_settled_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_by", None),
                            models.Q(("settled_by", models.F("found_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="finding_two_officers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
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
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("query", models.CharField(max_length=400)),
                (
                    "officer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("officer", "name"), name="saved_filter_one_of_a_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("client", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=120)),
                ("body_hash", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(db_index=True)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="approvals.application",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "key"), name="submission_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="TermExtension",
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
                ("version", models.PositiveIntegerField()),
                ("days", models.PositiveSmallIntegerField()),
                ("reason", models.TextField()),
                ("approval_number", models.CharField(blank=True, default="", max_length=80)),
                ("approved_on", models.DateField(null=True)),
                ("at", models.DateTimeField()),
                ("was_due_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="approvals.application",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "extension",
                "verbose_name_plural": "extensions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "version"), name="extension_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gt", 0), ("due_at__gt", models.F("was_due_at"))),
                        name="extension_is_longer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approval_number", ""), ("approved_on", None), ("days__lte", 10)
                            ),
                            models.Q(
                                ("approved_on__isnull", False),
                                ("days", 15),
                                models.Q(("approval_number", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="extension_by_government",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
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
                ("until", models.DateField()),
                ("marked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "marked_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("officer",),
                        name="absence_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="absence_ended_at_by",
                    ),
                ],
            },
        ),
        migrations.RunSQL(  # of 文号; gaps are harmless
            "CREATE SEQUENCE approvals_document_serial",
            "DROP SEQUENCE approvals_document_serial",
        ),
    ]
