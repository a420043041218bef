"""What PostgreSQL itself refuses about certificates, whoever asks (I2, I3, I12)."""

from collections.abc import Sequence

from certificates.states import EDGES, FILING_EDGES
from ledger.guards import append_only, edges, head_exists

HISTORY: Sequence[str] = ("certificates_reliance",)

# A state "revoked" without two named officers cannot be committed, by whatever way it was written.
_TWO_OFFICERS = """
CREATE OR REPLACE FUNCTION certificates_two_officers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM certificates_revocation r
        WHERE r.confirmed_by_id IS NOT NULL AND r.confirmed_by_id <> r.proposed_by_id
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
    _TWO_OFFICERS,
    *_two_officers("certificates_certificate"),
    *_two_officers("certificates_filing"),
)
