import django.db.models.deletion
import django_fsm
from django.db import migrations, models

STATES = [
    ("proposed", "waits for its reviews"),
    ("approved", "approved, not published"),
    ("sent_back", "sent back"),
    ("withdrawn", "withdrawn"),
    ("published", "published"),
]


def _words(longest, **more):
    return models.CharField(blank=True, db_default="", max_length=longest, **more)


class Migration(migrations.Migration):
    dependencies = [("services", "0013_switches")]

    operations = [
        migrations.RemoveConstraint(model_name="edition", name="edition_two_officers"),
        migrations.RemoveConstraint(model_name="proposal", name="proposal_pending_once"),
        migrations.AddField("edition", "ordered_by", _words(120, verbose_name="ordered by")),
        migrations.AddField(
            "edition", "order_reason", _words(400, verbose_name="reason of the correction")
        ),
        migrations.AddField(
            "proposal",
            "author",
            models.CharField(db_default="", editable=False, max_length=32),
        ),
        migrations.AddField(
            "proposal",
            "base",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="services.edition",
            ),
        ),
        migrations.AddField(
            "proposal",
            "events",
            models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            "proposal", "head", models.BinaryField(editable=False, max_length=32, null=True)
        ),
        migrations.AddField("proposal", "ordered_by", _words(120)),
        migrations.AddField(
            "proposal",
            "orderer",
            models.CharField(db_default="", editable=False, max_length=32),
        ),
        migrations.AddField("proposal", "ordered_at", models.DateTimeField(null=True)),
        migrations.AddField("proposal", "order_reason", _words(400)),
        migrations.AddField(
            "proposal",
            "state",
            django_fsm.FSMField(
                choices=STATES,
                default="proposed",
                max_length=50,
                protected=True,
                verbose_name="state",
            ),
        ),
        # what came of those from before there were states
        migrations.RunSQL(
            "UPDATE services_proposal SET state = 'published' WHERE edition_id IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            "proposal", "hash", models.CharField(max_length=64, verbose_name="SHA-256")
        ),
        migrations.AlterField(
            "proposal", "in_force_from", models.DateField(verbose_name="in force from")
        ),
        migrations.AlterField(
            "proposal", "proposed_at", models.DateTimeField(verbose_name="proposed at")
        ),
        migrations.AlterField(
            "proposal",
            "proposed_by",
            models.CharField(max_length=120, verbose_name="proposed by"),
        ),
        migrations.AlterField(
            "proposal",
            "service",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposals",
                to="services.service",
                verbose_name="service",
            ),
        ),
        migrations.AddConstraint(
            "edition",
            models.CheckConstraint(
                condition=models.Q(("is_first", False), ("number", 1), _connector="OR"),
                name="edition_first_is_first",
            ),
        ),
        migrations.AddConstraint(
            "edition",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order_reason", ""), ("ordered_by", "")),
                    models.Q(
                        ("ordered_by", ""), ("order_reason", ""), _connector="OR", _negated=True
                    ),
                    _connector="OR",
                ),
                name="edition_order_has_reason",
            ),
        ),
        migrations.AddConstraint(
            "proposal",
            models.UniqueConstraint(
                condition=models.Q(("state__in", ["proposed", "approved"])),
                fields=("service", "hash"),
                name="proposal_open_once",
            ),
        ),
        migrations.AddConstraint(
            "proposal",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("edition__isnull", False), ("state", "published")),
                    models.Q(
                        models.Q(("state", "published"), _negated=True),
                        ("edition__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="proposal_published_has_edition",
            ),
        ),
        migrations.AddConstraint(
            "proposal",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("order_reason", ""),
                        ("ordered_at", None),
                        ("ordered_by", ""),
                        ("orderer", ""),
                    ),
                    models.Q(
                        ("ordered_at__isnull", False),
                        models.Q(
                            ("ordered_by", ""),
                            ("orderer", ""),
                            ("order_reason", ""),
                            _connector="OR",
                            _negated=True,
                        ),
                    ),
                    _connector="OR",
                ),
                name="proposal_ordered_whole",
            ),
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "role",
                    models.CharField(
                        choices=[("legal", "Legal officer"), ("technical", "Technical officer")],
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                ("approves", models.BooleanField(verbose_name="approves")),
                ("opinion", models.TextField(max_length=2000, verbose_name="opinion")),
                ("by", models.CharField(max_length=120, verbose_name="who")),
                ("person", models.CharField(editable=False, max_length=32)),
                ("at", models.DateTimeField(verbose_name="time")),
                ("signature", models.TextField(blank=True, default="")),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="services.proposal",
                        verbose_name="proposal",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of an edition",
                "verbose_name_plural": "reviews of editions",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("approves", True)),
                        fields=("proposal", "role"),
                        name="review_once_a_role",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("approves", True)),
                        fields=("proposal", "person"),
                        name="review_once_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("opinion", ""), _negated=True),
                        name="review_has_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["legal", "technical"])),
                        name="review_of_a_role",
                    ),
                ],
            },
        ),
    ]
