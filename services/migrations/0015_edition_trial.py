import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("services", "0014_review_of_proposals")]

    operations = [
        migrations.AddField(
            "edition",
            "trial",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="editions",
                to="services.trial",
                verbose_name="trial of a draft",
            ),
        ),
    ]
