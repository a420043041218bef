"""Fills in when the terms of earlier cases began, and since when those stand still that do."""

from django.conf import settings
from django.db import migrations

TERMS = """
UPDATE approvals_application SET term_from = received_on WHERE received_on IS NOT NULL;
UPDATE approvals_application a SET pauses = jsonb_build_array(jsonb_build_array(
        to_char(e.at AT TIME ZONE %s, 'YYYY-MM-DD'), NULL))
    FROM (SELECT subject, max(at) AS at FROM ledger_event
          WHERE after IN ('returned', 'waiting') AND before <> after GROUP BY subject) AS e
    WHERE a.state IN ('returned', 'waiting') AND e.subject = 'application:' || a.number;
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in TERMS.split(";")[:2]:
            cursor.execute(statement, [settings.TIME_ZONE] if "%s" in statement else None)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0008_terms"), ("ledger", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
