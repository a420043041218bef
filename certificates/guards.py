"""What PostgreSQL itself refuses about certificates, whoever asks (I2, I3, I12)."""

from collections.abc import Sequence

from certificates.models import Endorsement, Filing, Reliance, Revocation
from certificates.states import EDGES, FILING_EDGES, LIVE_WORDS
from ledger.guards import append_only, edges, head_exists
from ledger.row_events import RecordedTable

HISTORY: Sequence[str] = ("certificates_reliance",)
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(Filing, but=("attempts", "taken_by")),  # one event for all that a licence plans
    RecordedTable(Reliance),
    RecordedTable(Endorsement),
    RecordedTable(Revocation),
)

# A state "revoked" without two named officers cannot be committed, by whatever way it was written.
_TWO_OFFICERS = """
CREATE OR REPLACE FUNCTION certificates_two_officers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM certificates_revocation r
        WHERE r.confirmed_by_id IS NOT NULL AND r.confirmed_by_id <> r.proposed_by_id
          AND (r.heard_until IS NULL OR r.stated_at IS NOT NULL OR r.confirmed_at >= r.heard_until)
          AND CASE TG_TABLE_NAME
              WHEN 'certificates_filing' THEN r.filing_id = NEW.id
              ELSE r.certificate_id = NEW.id AND r.filing_id IS NULL END
    ) THEN
        RAISE EXCEPTION '% % is revoked without a confirmation by a second officer',
            TG_TABLE_NAME, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""

# What the city itself has issued is a registry like the others (certificates.registry). Only an end
# by law or by the holder's will is a change of fact: versions and last days were known before.
_ENDED = """
CREATE OR REPLACE FUNCTION certificates_ended() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM exchange_queue(array_agg(holder), array_agg('certificates'::text)) FROM (
        SELECT DISTINCT after.holder FROM before JOIN after USING (id)
        WHERE before.state <> after.state AND after.state IN ('revoked', 'cancelled')) AS ended;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER ended AFTER UPDATE ON certificates_certificate
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION certificates_ended();
"""


# What a licence entered in a registry ends with it, in the statement that ends it.
_ENTRIES = """
CREATE OR REPLACE FUNCTION certificates_entries_end() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE exchange_entry AS e SET ended_at = clock_timestamp()
    FROM before JOIN after USING (id)
    WHERE e.certificate = after.id AND e.ended_at IS NULL
      AND before.state IN (<live>) AND after.state NOT IN (<live>);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER entries_end AFTER UPDATE ON certificates_certificate
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION certificates_entries_end();
""".replace("<live>", LIVE_WORDS)


# An endorsement is that of a live certificate, longer than the one before it, which is never
# current again.
_ENDORSED_BY = """
CREATE OR REPLACE FUNCTION certificates_endorsed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.is_current THEN
            RAISE EXCEPTION 'endorsement %: what has ended is not current again', NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM certificates_certificate
            WHERE id = NEW.certificate_id AND state IN (<live>))
        OR EXISTS (SELECT FROM certificates_endorsement
            WHERE certificate_id = NEW.certificate_id AND id <> NEW.id AND until >= NEW.until) THEN
        RAISE EXCEPTION 'endorsement %: of no live certificate, or shorter than before', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER endorsed AFTER INSERT OR UPDATE ON certificates_endorsement
    FOR EACH ROW EXECUTE FUNCTION certificates_endorsed();
""".replace("<live>", LIVE_WORDS)


def _two_officers(table: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {table}_two_officers ON {table}",
        f"CREATE TRIGGER {table}_two_officers AFTER INSERT OR UPDATE OF state ON {table}"
        " FOR EACH ROW WHEN (NEW.state = 'revoked')"
        " EXECUTE FUNCTION certificates_two_officers()",
    ]


GUARDS: Sequence[str] = (
    *edges("certificates_certificate", EDGES, initial=("valid",)),
    # all that was certified is frozen; only the state moves, with its event
    *append_only("certificates_certificate", except_columns=("state", "events", "head")),
    *head_exists("certificates_certificate"),
    *edges(
        "certificates_filing",
        FILING_EDGES,
        initial=("due", "pushed", "not_applicable"),
        silent=("not_applicable",),  # a plan's exclusions: nothing happened to them
    ),
    *head_exists("certificates_filing"),
    *append_only("certificates_endorsement", except_columns=("is_current",)),
    _ENDORSED_BY,
    _TWO_OFFICERS,
    _ENDED,
    _ENTRIES,
    *_two_officers("certificates_certificate"),
    *_two_officers("certificates_filing"),
)
