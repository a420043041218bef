"""A permission to return holds for the office that asked for it; rows from before name none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0017_documents"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="returnpermission",
            name="return_permission_once",
        ),
        migrations.AddField(
            model_name="returnpermission",
            name="office",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.office",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnpermission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("permitted", None), ("permitted", True), _connector="OR"),
                fields=("application", "round", "office"),
                name="return_permission_once",
            ),
        ),
    ]
