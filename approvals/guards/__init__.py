"""What PostgreSQL itself refuses in this app; installed by ``manage.py migrate``."""

from approvals.guards import (
    assistants,
    confirmations,
    deliveries,
    disputes,
    editions,
    intakes,
    keys,
    materials,
    moves,
    quotas,
    representations,
    samples,
    suspensions,
    terms,
    undertakings,
    updates,
)
from approvals.models import (
    Absence,
    Acceptance,
    ApprovalProposal,
    Attachment,
    Confirmation,
    Consent,
    Cosignature,
    CreditRecord,
    Delivery,
    Dispute,
    Document,
    Escalation,
    Evidence,
    EvidenceProof,
    Inspection,
    Intake,
    LegalReview,
    Mandate,
    MaterialFinding,
    Procedure,
    Representation,
    ReturnPermission,
    TermExtension,
    Undertaking,
)
from approvals.rows.confirmations import ASKING
from approvals.states import EDGES, INITIAL, PAUSED, RUNNING, State
from ledger.guards import append_only, edges, head_exists
from ledger.row_events import RecordedTable

# Who decided before, alone or as one of two, or opened it again, does not decide what was reopened,
# nor take it in hand; nor does anybody what they applied for, or handed in at a counter for
# another. Only a clerk of the case's office and region takes it, and only who has taken it decides
# it, or proposes what a second officer decides.
_ANOTHER_OFFICER = """
CREATE OR REPLACE FUNCTION approvals_may_handle(case_id uuid, officer bigint) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM approvals_application a JOIN people_user u ON u.id = officer
            WHERE a.id = case_id AND u.is_active AND u.role = 'clerk' AND u.office_id = a.office_id
              AND NOT approvals_is_party(a.id, u.id)
              AND (u.region_id IS NULL OR u.region_id = a.region_id))
        AND NOT EXISTS (SELECT FROM approvals_decision d
            WHERE d.application_id = case_id AND officer IN (d.officer_id, d.proposed_by_id)
              AND d.outcome IN ('approve', 'refuse'))
        AND NOT EXISTS (SELECT FROM approvals_application a JOIN people_user u ON u.id = officer
            JOIN ledger_event e ON e.subject = 'application:' || a.number
            WHERE a.id = case_id AND e.kind = 'reopened' AND e.by = 'officer:' || u.username)
$$;
CREATE OR REPLACE FUNCTION approvals_another_officer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first bigint := coalesce(NEW.proposed_by_id, NEW.officer_id);
BEGIN
    IF NOT (approvals_may_handle(NEW.application_id, NEW.officer_id)
            AND approvals_may_handle(NEW.application_id, first)) THEN
        RAISE EXCEPTION 'decision %: its officer is of elsewhere, or decided this case before',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM approvals_application
                   WHERE id = NEW.application_id AND taken_by_id = first) THEN
        RAISE EXCEPTION 'decision %: its officer has not taken the case', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_another_officer BEFORE INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.officer_id IS NOT NULL)
    EXECUTE FUNCTION approvals_another_officer();
CREATE OR REPLACE FUNCTION approvals_taken_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT approvals_may_handle(NEW.id, NEW.taken_by_id) THEN
        RAISE EXCEPTION 'case %: who takes it is of elsewhere, or decided it before', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_taken_by_another BEFORE UPDATE OF taken_by_id
    ON approvals_application FOR EACH ROW
    WHEN (NEW.taken_by_id IS NOT NULL AND NEW.taken_by_id IS DISTINCT FROM OLD.taken_by_id)
    EXECUTE FUNCTION approvals_taken_by_another();
"""

# An approval against the verdict: confirmed by a second officer, of the case as it was proposed.
# What is against it is read from the signed receipt, as receipts.is_against_verdict does.
_TWO_OFFICERS = """
CREATE OR REPLACE FUNCTION approvals_two_officers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    receipt jsonb := convert_from(NEW.receipt, 'UTF8')::jsonb;
BEGIN
    IF NEW.proposed_by_id IS NULL
       AND NOT receipt @? '$.verdict.requirements[*] ? (@.result == "unmet")'
       AND NOT receipt @? '$.verdict.consents.* ? (@ == "denied")'
       AND receipt #>> '{identity,result}' IS DISTINCT FROM 'unmet' THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM approvals_approvalproposal p JOIN approvals_application a
            ON a.id = p.application_id AND a.events - a.side_events = p.version
        WHERE p.application_id = NEW.application_id AND p.confirmed
          AND p.proposed_by_id = NEW.proposed_by_id AND p.settled_by_id = NEW.officer_id
          AND p.proposed_by_id <> p.settled_by_id
    ) THEN
        RAISE EXCEPTION 'decision %: against the verdict, without a second officer', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_two_officers BEFORE INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.officer_id IS NOT NULL AND NEW.outcome = 'approve')
    EXECUTE FUNCTION approvals_two_officers();
CREATE OR REPLACE FUNCTION approvals_proposal_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_application a WHERE a.id = NEW.application_id
              AND a.taken_by_id = NEW.proposed_by_id
              AND a.events - a.side_events = NEW.version)) THEN
        RAISE EXCEPTION 'proposal %: not of a case in its officer''s hands', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.settled_at IS NOT NULL OR NOT approvals_may_handle(
            NEW.application_id, NEW.settled_by_id)) THEN
        RAISE EXCEPTION 'proposal %: settled before, or by somebody of elsewhere', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_proposal_open BEFORE INSERT OR UPDATE
    ON approvals_approvalproposal FOR EACH ROW
    EXECUTE FUNCTION approvals_proposal_open();
"""


# What the edition wants reviewed is decided in the words, and of the case as it was, that a legal
# officer of the office has agreed to.
_LEGAL_REVIEW = """
CREATE OR REPLACE FUNCTION approvals_legally_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    receipt jsonb := convert_from(NEW.receipt, 'UTF8')::jsonb;
    wanted jsonb := (SELECT legal_review FROM services_edition WHERE id = NEW.edition_id);
BEGIN
    IF NOT wanted @> (CASE WHEN NEW.outcome = 'refuse' THEN '"refuse"' ELSE '"override"' END)::jsonb
       OR NEW.outcome NOT IN ('approve', 'refuse')
       OR NEW.outcome = 'approve' AND NEW.proposed_by_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM approvals_legalreview l JOIN approvals_application a
            ON a.id = l.application_id AND a.events - a.side_events = l.version
          JOIN people_user u ON u.id = l.settled_by_id
        WHERE l.application_id = NEW.application_id AND l.agreed AND l.outcome = NEW.outcome
          AND l.asked_by_id = coalesce(NEW.proposed_by_id, NEW.officer_id)
          AND receipt -> 'reasons' = jsonb_build_array(l.reason)
          AND receipt #>> '{legal_review,by}' = 'officer:' || u.username
          AND receipt #>> '{legal_review,opinion_sha256}'
            = encode(sha256(convert_to(l.opinion, 'UTF8')), 'hex')
    ) THEN
        RAISE EXCEPTION 'decision %: without the legal review that its edition wants', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_legally_reviewed BEFORE INSERT ON approvals_decision
    FOR EACH ROW WHEN (NEW.officer_id IS NOT NULL)
    EXECUTE FUNCTION approvals_legally_reviewed();
CREATE OR REPLACE FUNCTION approvals_review_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_application a WHERE a.id = NEW.application_id
              AND a.taken_by_id = NEW.asked_by_id
              AND a.events - a.side_events = NEW.version)) THEN
        RAISE EXCEPTION 'legal review %: not of a case in its officer''s hands', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.settled_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_application a JOIN people_user u ON u.id = NEW.settled_by_id
            WHERE a.id = NEW.application_id AND u.is_active AND u.role = 'legal'
              AND u.office_id = a.office_id AND NOT approvals_is_party(a.id, u.id)
              AND (u.region_id IS NULL OR u.region_id = a.region_id))) THEN
        RAISE EXCEPTION
            'legal review %: settled before, or by no legal officer of the office, or a party',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_review_open BEFORE INSERT OR UPDATE
    ON approvals_legalreview FOR EACH ROW EXECUTE FUNCTION approvals_review_open();
"""


def _any(states: object) -> str:
    """Written as PostgreSQL writes it, for the audit compares."""
    return " OR ".join(f"NEW.state = '{s}'" for s in sorted(map(str, states)))  # type: ignore[call-overload]


# The statutory clock stands still exactly while another agency, a signer or an examiner has the
# pen, and while the citizen corrects what was not accepted before. Whether it does is looked at
# without a call, but of what is returned: the function only says what is wrong.
_CLOCK = f"""
CREATE OR REPLACE FUNCTION approvals_clock_follows_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'application %: in state % its clock must %', NEW.number, NEW.state,
        CASE WHEN NEW.state IN ({keys.listed(PAUSED)}) THEN 'stand still' ELSE 'run' END
        USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE TRIGGER approvals_clock_follows_state
    BEFORE INSERT OR UPDATE OF state, pauses ON approvals_application FOR EACH ROW
    WHEN ((({_any(PAUSED)}) AND NEW.pauses::text !~~ '%, null]]')
          OR (({_any(RUNNING)}) AND NEW.pauses::text ~~ '%, null]]'))
    EXECUTE FUNCTION approvals_clock_follows_state();
CREATE OR REPLACE FUNCTION approvals_correction_of_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM approvals_acceptance a WHERE a.application_id = NEW.id)
       OR EXISTS (SELECT FROM approvals_decision d WHERE d.application_id = NEW.id
            AND d.outcome = 'return' AND d.round < NEW.round) THEN
        RAISE EXCEPTION 'application %: accepted before it was returned, so its clock must run',
            NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_correction_of_accepted
    BEFORE UPDATE OF state, pauses ON approvals_application FOR EACH ROW
    WHEN (NEW.state = '{State.RETURNED}' AND NEW.pauses::text ~~ '%, null]]'
          AND (NEW.state <> OLD.state OR NEW.pauses <> OLD.pauses))
    EXECUTE FUNCTION approvals_correction_of_accepted();
"""  # noqa: S608 - states of ours

# A document puts in writing a decision, or an event, of its own case.
_DOCUMENT_OF_CASE = """
CREATE OR REPLACE FUNCTION approvals_document_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_decision
                   WHERE id = NEW.source AND application_id = NEW.application_id)
       AND NOT EXISTS (SELECT FROM ledger_event e JOIN approvals_application a
                       ON e.subject = 'application:' || a.number
                       WHERE e.id = NEW.source AND a.id = NEW.application_id) THEN
        RAISE EXCEPTION 'document %: of no decision or event of its case', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_document_of_case BEFORE INSERT ON approvals_document
    FOR EACH ROW EXECUTE FUNCTION approvals_document_of_case();
"""

HISTORY = (
    "approvals_evidence",
    "approvals_evidenceproof",
    "approvals_document",
    *intakes.HISTORY,
    *representations.HISTORY,
    *assistants.HISTORY,
    *materials.HISTORY,
    *samples.HISTORY,
    *undertakings.HISTORY,
)
RECORDED = (
    RecordedTable(Evidence, but=("proof",)),  # the receipt has it, and the audit makes it anew
    RecordedTable(EvidenceProof),
    RecordedTable(Consent, but=("reminded_at",)),
    RecordedTable(Confirmation, but=ASKING),
    RecordedTable(Cosignature),
    RecordedTable(ApprovalProposal),
    RecordedTable(LegalReview),
    RecordedTable(TermExtension),
    RecordedTable(Procedure),
    RecordedTable(Escalation),
    RecordedTable(Acceptance),
    RecordedTable(Absence),
    *samples.RECORDED,
    RecordedTable(ReturnPermission),
    RecordedTable(Document),
    RecordedTable(Delivery),
    RecordedTable(Intake),
    RecordedTable(Dispute),
    RecordedTable(Mandate),
    RecordedTable(Representation),
    RecordedTable(Attachment),
    RecordedTable(MaterialFinding),
    RecordedTable(Undertaking, but=("reminded_at",)),
    RecordedTable(Inspection, but=("escalated_at",)),
    RecordedTable(CreditRecord),
    *quotas.RECORDED,
    *assistants.RECORDED,
)
GUARDS = (
    *edges("approvals_application", EDGES, initial=tuple(state.value for state in INITIAL)),
    *head_exists("approvals_application"),
    *append_only("approvals_decision", except_columns=("live",)),
    *append_only("approvals_absence", except_columns=("ended_at", "ended_by_id")),
    *append_only(
        "approvals_approvalproposal",
        except_columns=("settled_by_id", "settled_at", "confirmed", "answer"),
    ),
    intakes.PARTY,
    _ANOTHER_OFFICER,
    _TWO_OFFICERS,
    *samples.GUARDS,
    *append_only(
        "approvals_legalreview",
        except_columns=("settled_by_id", "settled_at", "agreed", "opinion"),
    ),
    _LEGAL_REVIEW,
    *suspensions.GUARDS,
    _DOCUMENT_OF_CASE,
    _CLOCK,
    *terms.GUARDS,
    *deliveries.GUARDS,
    *moves.GUARDS,
    *intakes.GUARDS,
    *disputes.GUARDS,
    *representations.GUARDS,
    *assistants.GUARDS,
    *materials.GUARDS,
    *undertakings.GUARDS,
    *confirmations.GUARDS,
    keys.HOLD,
    keys.RELEASE,
    keys.SUCCEED,
    *quotas.GUARDS,
    *updates.GUARDS,
    *editions.GUARDS,
)
