"""What PostgreSQL itself keeps of this app's promises; installed by ``manage.py migrate``."""

from collections.abc import Sequence

from exchange.models import (
    AccessToken,
    Client,
    ClientSecret,
    Endpoint,
    Entry,
    Lookup,
    Message,
    Partner,
    ReusedId,
    SignedAnswer,
    WebhookSecret,
)
from ledger.guards import append_only
from ledger.row_events import RecordedTable

# Whoever writes the store, by whatever way, queues what has changed in the same transaction.
# Always in the order of the key, so that two writers of the same records do not lock each other.
# While nobody has ever looked anything up, nothing rests on any record: the first filling of the
# store queues nothing. The lock makes that certain: it waits for look-ups that are being written.
QUEUE = """
CREATE OR REPLACE FUNCTION exchange_queue(subjects text[], registries text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO exchange_change (subject, registry)
        SELECT s, r FROM unnest(subjects, registries) AS changed(s, r) ORDER BY s, r
    ON CONFLICT (subject, registry) DO UPDATE SET turn = EXCLUDED.turn, seen_at = NULL,
        readers = NULL, next_at = EXCLUDED.next_at, leased_until = NULL, attempts = 0
$$;
CREATE OR REPLACE FUNCTION exchange_record_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM exchange_lookup) THEN
        LOCK TABLE exchange_lookup IN SHARE MODE;
        IF NOT EXISTS (SELECT FROM exchange_lookup) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM exchange_queue(array_agg(subject), array_agg(registry)) FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM exchange_queue(array_agg(subject), array_agg(registry)) FROM before;
    ELSE
        PERFORM exchange_queue(array_agg(subject), array_agg(registry))
            FROM before FULL JOIN after USING (subject, registry)
            WHERE before.data IS DISTINCT FROM after.data;
    END IF;
    RETURN NULL;
END $$;
"""

# A statement fires the triggers of the table that it names: parent and partitions have their own.
FEED = """
DO $$
DECLARE
    place regclass;
BEGIN
    FOR place IN SELECT relid FROM pg_partition_tree('exchange_record') LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER changed_insert AFTER INSERT ON %s'
            ' REFERENCING NEW TABLE AS after'
            ' FOR EACH STATEMENT EXECUTE FUNCTION exchange_record_changed()', place);
        EXECUTE format('CREATE OR REPLACE TRIGGER changed_update AFTER UPDATE ON %s'
            ' REFERENCING OLD TABLE AS before NEW TABLE AS after'
            ' FOR EACH STATEMENT EXECUTE FUNCTION exchange_record_changed()', place);
        EXECUTE format('CREATE OR REPLACE TRIGGER changed_delete AFTER DELETE ON %s'
            ' REFERENCING OLD TABLE AS before'
            ' FOR EACH STATEMENT EXECUTE FUNCTION exchange_record_changed()', place);
    END LOOP;
END $$
"""

# An entry ends once: what ended would otherwise hold a name again without its licence.
ENDS_ONCE = """
CREATE OR REPLACE FUNCTION exchange_entry_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entry % has ended', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE TRIGGER ends_once BEFORE UPDATE ON exchange_entry FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION exchange_entry_ends_once();
"""

GUARDS: Sequence[str] = (
    # an incoming message is kept as it came; what became of it is written later
    *append_only("exchange_message", ("result",)),
    *append_only("exchange_reusedid"),
    # what was entered stays as it was; it ends once (the trigger of certificates)
    *append_only("exchange_entry", ("ended_at",)),
    ENDS_ONCE,
    QUEUE,
    FEED,
)
HISTORY: Sequence[str] = ("exchange_lookup", "exchange_signedanswer")
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(Entry),
    RecordedTable(Lookup),
    RecordedTable(SignedAnswer),
    RecordedTable(Message, but=("result",)),
    RecordedTable(ReusedId),
    RecordedTable(Partner),
    RecordedTable(Endpoint, but=("failures", "paused_until", "failing_since", "told_at")),
    RecordedTable(WebhookSecret),
    RecordedTable(Client),
    RecordedTable(ClientSecret),
    RecordedTable(AccessToken),  # one that nobody was given is seen in the audit
)
