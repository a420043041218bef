"""A returned application is corrected at a counter too: an intake of each round."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_squashed_0023_intakes")]

    operations = [
        migrations.AddField(
            model_name="intake",
            name="round",
            field=models.PositiveIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="intake",
            name="application",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="intakes",
                to="approvals.application",
            ),
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.UniqueConstraint(
                fields=("application", "round"), name="intake_once_a_round"
            ),
        ),
    ]
