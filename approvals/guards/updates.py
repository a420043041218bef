"""When an agency's case last changed, kept by PostgreSQL (``approvals.guards`` installs it).

Whatever its programs are shown of a case may change it: a move, a date, what becomes of its
certificate. The time is taken when the row is written, under its lock: never before the
transaction began that writes it, which is what ``agencies.cases.complete_until`` rests on.
"""

_SHOWN = ("events", "state", "region_id", "due_at", "promised_at", "correct_by")
_CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _SHOWN)

GUARDS = (
    f"""
CREATE OR REPLACE FUNCTION approvals_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_made BEFORE INSERT ON approvals_application
    FOR EACH ROW WHEN (NEW.client_id IS NOT NULL) EXECUTE FUNCTION approvals_updated();
CREATE OR REPLACE TRIGGER approvals_updated BEFORE UPDATE ON approvals_application
    FOR EACH ROW WHEN (NEW.client_id IS NOT NULL AND ({_CHANGED}))
    EXECUTE FUNCTION approvals_updated();
CREATE OR REPLACE FUNCTION approvals_certificate_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approvals_application SET updated_at = clock_timestamp()
        WHERE number = NEW.application AND client_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER approvals_certificate_updated AFTER UPDATE OF state
    ON certificates_certificate FOR EACH ROW
    WHEN (NEW.application <> '' AND OLD.state <> NEW.state)
    EXECUTE FUNCTION approvals_certificate_updated();
""",  # noqa: S608 - names of ours
)
