"""What PostgreSQL itself refuses about services and editions, whoever asks."""

from collections.abc import Sequence

from ledger.guards import append_only, head_exists
from ledger.row_events import RecordedTable
from services import switch_guards
from services.clauses.guards import GUARDS as CLAUSES
from services.guards import proposals
from services.guards.trials import TRIALS
from services.models import ClauseTask, Draft, DraftText, Proposal, Review
from services.regressions import guards as regressions

# an application keeps the edition that it began with: no edition changes or goes;
# a draft's earlier texts can be had again
HISTORY: Sequence[str] = (
    *("services_edition", "services_drafttext", "services_trialflip"),
    *proposals.HISTORY,
)
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(Draft),
    RecordedTable(DraftText),
    RecordedTable(ClauseTask),
    RecordedTable(Proposal),
    RecordedTable(Review),
    *regressions.RECORDED,
    *switch_guards.RECORDED,
)

# closing a service is history too
_SWITCHES = """
CREATE OR REPLACE FUNCTION services_switch_has_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.enabled IS DISTINCT FROM OLD.enabled
       AND (NEW.events <> OLD.events + 1 OR NEW.head IS NOT DISTINCT FROM OLD.head) THEN
        RAISE EXCEPTION 'service % was switched without an event', OLD.code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

# a hash is that of its text; a draft changes by one version at a time, whose text is kept, and not
# after it was sent for review or dropped
_DRAFTS = """
CREATE OR REPLACE FUNCTION services_draft_hash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.hash <> encode(sha256(convert_to(NEW.source, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'draft: the hash is not that of its text' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER services_draft_hash BEFORE INSERT OR UPDATE ON services_draft
    FOR EACH ROW EXECUTE FUNCTION services_draft_hash();
CREATE OR REPLACE TRIGGER services_draft_hash BEFORE INSERT ON services_drafttext
    FOR EACH ROW EXECUTE FUNCTION services_draft_hash();
CREATE OR REPLACE FUNCTION services_draft_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'draft %: it is % already', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.source, NEW.author) IS DISTINCT FROM (OLD.source, OLD.author)
       AND (NEW.version <> OLD.version + 1 OR NEW.state <> 'open' OR NOT EXISTS (
            SELECT FROM services_drafttext AS t WHERE t.draft_id = NEW.id
              AND t.version = NEW.version AND t.hash = NEW.hash AND t.by = NEW.author)) THEN
        RAISE EXCEPTION 'draft %: changed without a version whose text is kept', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'proposed' AND NOT EXISTS (SELECT FROM services_proposal AS p
            WHERE p.id = NEW.proposal_id AND p.service_id = NEW.service_id
              AND p.source = NEW.source) THEN
        RAISE EXCEPTION 'draft %: another text was sent for review', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER services_draft_changes BEFORE UPDATE ON services_draft
    FOR EACH ROW EXECUTE FUNCTION services_draft_changes();
"""

GUARDS: Sequence[str] = (
    *append_only(
        "services_draft",
        except_columns=(
            *("source", "hash", "author", "state", "version", "changed_at", "proposal_id"),
        ),
    ),
    _DRAFTS,
    _SWITCHES,
    "DROP TRIGGER IF EXISTS services_switch_has_event ON services_service",
    "CREATE TRIGGER services_switch_has_event BEFORE UPDATE ON services_service"
    " FOR EACH ROW EXECUTE FUNCTION services_switch_has_event()",
    *head_exists("services_service"),
    *CLAUSES,
    *TRIALS,
    *regressions.GUARDS,
    *switch_guards.GUARDS,
    *proposals.GUARDS,
)
