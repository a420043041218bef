import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers


class Migration(migrations.Migration):
    replaces = [
        ("people", "0001_initial"),
        ("people", "0002_authenticator"),
        ("people", "0003_supervisor"),
        ("people", "0004_readings"),
        ("people", "0005_officer_changes"),
        ("people", "0006_roles"),
        ("people", "0007_unmasking"),
        ("people", "0008_passkeys"),
        ("people", "0009_person_of_officer"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Office",
            fields=[
                (
                    "code",
                    models.SlugField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="code"
                    ),
                ),
                ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                (
                    "uscc",
                    models.CharField(max_length=18, verbose_name="unified social credit code"),
                ),
            ],
            options={
                "verbose_name": "office",
                "verbose_name_plural": "offices",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("citizen", "Citizen"),
                            ("clerk", "Clerk"),
                            ("supervisor", "Supervisor"),
                            ("head", "Head of office"),
                            ("legal", "Legal officer"),
                            ("policy", "Policy officer"),
                            ("technical", "Technical officer"),
                            ("operator", "Operator"),
                            ("administrator", "Administrator"),
                            ("auditor", "Auditor"),
                        ],
                        default="citizen",
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                ("subject", models.CharField(blank=True, db_index=True, max_length=32)),
                ("number", models.BinaryField(null=True)),
                ("person", models.CharField(default="", editable=False, max_length=32)),
                ("elder_mode", models.BooleanField(default=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.office",
                        verbose_name="office",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="OfficerChange",
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
                            ("enrol", "enrol"),
                            ("change", "change role, name, office or region"),
                            ("bar", "bar"),
                            ("admit", "admit again"),
                            ("password", "reset the password"),
                            ("second_factor", "reset the second factor"),
                        ],
                        max_length=16,
                        verbose_name="change",
                    ),
                ),
                ("username", models.CharField(max_length=150, verbose_name="username")),
                ("person", models.CharField(default="", editable=False, max_length=32)),
                ("role", models.CharField(max_length=16, verbose_name="role")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("half", models.BinaryField(null=True)),
                ("first", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("proposed_at", models.DateTimeField(verbose_name="proposed at")),
                ("settled_at", models.DateTimeField(null=True, verbose_name="settled at")),
                ("confirmed", models.BooleanField(null=True, verbose_name="confirmed")),
                (
                    "office",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.office",
                        verbose_name="office",
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
                        verbose_name="proposed by",
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
                        verbose_name="settled by",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of an officer",
                "verbose_name_plural": "changes of officers",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="change",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.officerchange",
            ),
        ),
        migrations.CreateModel(
            name="Reading",
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
                ("at", models.DateTimeField(verbose_name="time")),
                ("by", models.CharField(max_length=120, verbose_name="who")),
                ("role", models.CharField(max_length=16, verbose_name="role")),
                ("office", models.CharField(blank=True, max_length=40, verbose_name="office")),
                ("region", models.CharField(blank=True, max_length=9, verbose_name="region")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("case", "case"),
                            ("certificate", "certificate"),
                            ("person", "person"),
                            ("event", "event"),
                            ("lookup", "look-up"),
                            ("search", "search"),
                        ],
                        max_length=12,
                        verbose_name="what",
                    ),
                ),
                ("subject", models.CharField(max_length=120, verbose_name="which")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("handling", "handling cases"),
                            ("supervision", "supervision"),
                            ("legal_review", "legal review"),
                            ("rules", "keeping the rules"),
                            ("accounts", "keeping accounts and operation"),
                            ("audit", "audit"),
                            ("unmasking", "names and numbers shown, with a reason"),
                            ("program", "the state of one's own submission"),
                        ],
                        max_length=12,
                        verbose_name="purpose",
                    ),
                ),
                ("reason", models.TextField(blank=True, default="", verbose_name="reason")),
            ],
            options={
                "verbose_name": "trace of reading",
                "verbose_name_plural": "traces of reading",
                "indexes": [
                    models.Index(fields=["by", "-at"], name="reading_of_reader"),
                    models.Index(fields=["kind", "subject", "-at"], name="reading_of_subject"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", "unmasking"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="unmasking_has_a_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                (
                    "code",
                    models.CharField(
                        max_length=9, primary_key=True, serialize=False, verbose_name="code"
                    ),
                ),
                ("name_zh", models.CharField(max_length=40, verbose_name="Chinese name")),
                ("name_en", models.CharField(max_length=80, verbose_name="English name")),
                (
                    "since",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="valid from year"
                    ),
                ),
                (
                    "until",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="valid to year"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.region",
                        verbose_name="part of",
                    ),
                ),
            ],
            options={
                "verbose_name": "region",
                "verbose_name_plural": "regions",
                "ordering": ["code"],
            },
        ),
        migrations.AddField(
            model_name="officerchange",
            name="region",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="people.region",
                verbose_name="region",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="region",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="people.region",
                verbose_name="region",
            ),
        ),
        migrations.CreateModel(
            name="Authenticator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                (
                    "throttling_failure_timestamp",
                    models.DateTimeField(
                        blank=True,
                        default=None,
                        help_text="A timestamp of the last failed verification attempt. Null if last attempt succeeded.",
                        null=True,
                    ),
                ),
                (
                    "throttling_failure_count",
                    models.PositiveIntegerField(
                        default=0, help_text="Number of successive failed attempts."
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        help_text="The date and time when this device was initially created in the system.",
                        null=True,
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="The most recent date and time this device was used.",
                        null=True,
                    ),
                ),
                ("secret", models.BinaryField()),
                ("drift", models.SmallIntegerField(default=0)),
                ("last_step", models.BigIntegerField(default=-1)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "confirmed"), name="authenticator_one_per_officer"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        help_text="The date and time when this device was initially created in the system.",
                        null=True,
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="The most recent date and time this device was used.",
                        null=True,
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                ("credential", models.BinaryField(max_length=1023, unique=True)),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField(editable=False)),
                ("transports", models.JSONField(default=list, editable=False)),
                ("is_synced", models.BooleanField(editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "passkey",
                "verbose_name_plural": "passkeys",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="passkey_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sign_count__gte", 0)), name="passkey_counts"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PasskeyChallenge",
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
                    "purpose",
                    models.CharField(
                        choices=[
                            ("enrol", "Enrol"),
                            ("second_factor", "Second Factor"),
                            ("log_in", "Log In"),
                        ],
                        max_length=16,
                    ),
                ),
                ("challenge", models.BinaryField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", "log_in"), ("user", None)),
                            models.Q(
                                models.Q(("purpose", "log_in"), _negated=True),
                                ("user__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="passkeychallenge_is_for_somebody",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="officerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("confirmed", True),
                        ("first__in", [1, 2]),
                        ("kind", "enrol"),
                        ("proposed_by", None),
                        ("role__in", ["administrator", "operator"]),
                        ("settled_by", None),
                    ),
                    models.Q(("first", None), ("proposed_by__isnull", False)),
                    _connector="OR",
                ),
                name="officer_first_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("first__isnull", False)),
                fields=("first", "role"),
                name="officer_each_first_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed", True), _negated=True),
                    ("first__isnull", False),
                    models.Q(
                        ("settled_by__isnull", False),
                        models.Q(("settled_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="officer_two_administrators",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed", None), ("settled_at", None)),
                    models.Q(("confirmed__isnull", False), ("settled_at__isnull", False)),
                    _connector="OR",
                ),
                name="officer_settled_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None)),
                fields=("username",),
                name="officer_one_open_change",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("subject", ""), _negated=True),
                fields=("subject",),
                name="user_one_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("person", ""), _negated=True), ("is_active", True)),
                fields=("person",),
                name="officer_one_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role__in", ["clerk", "supervisor", "head", "legal"]), _negated=True),
                    ("office__isnull", False),
                    _connector="OR",
                ),
                name="clerk_has_an_office",
            ),
        ),
    ]
