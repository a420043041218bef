from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("exchange", "0004_changes")]

    operations = [
        migrations.RenameField("partner", "quiet_until", "paused_until"),
        migrations.RenameField("partner", "strikes", "failures"),
    ]
