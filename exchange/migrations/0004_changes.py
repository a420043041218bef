"""The queue of records that have changed (see exchange/changes.py); fed by exchange/guards.py."""

from django.db import migrations

# One row a record, however often it changes meanwhile: its ``turn`` is the latest change's.
CHANGE = """
CREATE SEQUENCE exchange_change_turn;
CREATE TABLE exchange_change (
    subject varchar(32) NOT NULL,
    registry varchar(24) NOT NULL,
    turn bigint NOT NULL DEFAULT nextval('exchange_change_turn'),
    seen_at timestamptz,
    readers text[],
    next_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    attempts smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    PRIMARY KEY (subject, registry),
    CHECK ((seen_at IS NULL) = (readers IS NULL))
);
CREATE INDEX exchange_change_due ON exchange_change (next_at);
"""
BACK = "DROP TABLE exchange_change; DROP SEQUENCE exchange_change_turn;"


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_names")]

    operations = [migrations.RunSQL(CHANGE, BACK)]
