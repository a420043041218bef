"""What Django cannot say: the partitioned store, and the order of notices."""

from django.db import migrations

PARTITIONS = 8  # by hash of the subject; a multiple of it splits further without a rewrite

RECORD = f"""
CREATE TABLE exchange_record (
    subject varchar(32) NOT NULL,
    registry varchar(24) NOT NULL,
    version integer NOT NULL DEFAULT 1 CHECK (version >= 0),
    data jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (subject, registry)
) PARTITION BY HASH (subject);
{
    "".join(
        f"CREATE TABLE exchange_record_{i} PARTITION OF exchange_record"
        f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {i});"
        for i in range(PARTITIONS)
    )
}
"""

# Numbered while the subject's lock is held, so places follow the order of commits.
NOTICE = """
ALTER TABLE exchange_notice ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX notice_order ON exchange_notice (subject, partner_id, place);
"""
NOTICE_BACK = """
DROP INDEX notice_order;
ALTER TABLE exchange_notice DROP COLUMN place;
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]

    operations = [
        migrations.RunSQL(RECORD, "DROP TABLE exchange_record"),
        migrations.RunSQL(NOTICE, NOTICE_BACK),
    ]
