from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0005_legal_review"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pinyin",
            fields=[
                ("word", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("syllables", models.CharField(max_length=1400)),
            ],
            options={"verbose_name": "pinyin", "verbose_name_plural": "pinyin"},
        ),
    ]
