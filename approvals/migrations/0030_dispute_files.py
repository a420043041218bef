from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0029_materials"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="files",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
    ]
