"""What PostgreSQL itself refuses about entitlements, whoever asks."""

from collections.abc import Sequence

from entitlements.models import Entitlement, Instalment, Overpayment, PaymentList
from entitlements.states import EDGES, INSTALMENT_EDGES
from ledger.guards import append_only, edges, head_exists
from ledger.row_events import RecordedTable

HISTORY: Sequence[str] = ("entitlements_paymentlist",)
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(Entitlement),
    RecordedTable(Instalment),
    RecordedTable(PaymentList),
    RecordedTable(Overpayment),
)

_MOVES = ", ".join(f"('{a}', '{b}')" for a, b in INSTALMENT_EDGES)
# Paid is paid: a row on a payment list never changes, and comes onto one only as it was due. What
# an amount rests on may change while the row is held, and then no more.
_PAID_ONCE = f"""
CREATE OR REPLACE FUNCTION entitlements_paid_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    spare text[] := ARRAY['state', 'payment_id'];
BEGIN
    IF OLD.payment_id IS NOT NULL THEN
        RAISE EXCEPTION 'instalment %: it is on a payment list', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state <> OLD.state AND ((OLD.state, NEW.state) IN ({_MOVES})) IS NOT TRUE THEN
        RAISE EXCEPTION 'instalment %: no edge leads from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.payment_id IS NOT NULL AND OLD.state <> 'due' THEN
        RAISE EXCEPTION 'instalment %: % is not paid', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'held' THEN
        spare := spare || ARRAY['amount', 'basis', 'edition'];
    END IF;
    IF to_jsonb(NEW) - spare <> to_jsonb(OLD) - spare THEN
        RAISE EXCEPTION 'instalment %: history only grows', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER paid_once BEFORE UPDATE ON entitlements_instalment
    FOR EACH ROW EXECUTE FUNCTION entitlements_paid_once();
"""

# Nothing is due after the end, nor before the first period; asked when the row is written, and
# when it comes onto a list.
_NOT_AFTER_END = """
CREATE OR REPLACE FUNCTION entitlements_not_after_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'cancelled' AND EXISTS (SELECT FROM entitlements_entitlement e
            WHERE e.id = NEW.entitlement_id
              AND (NEW.period < e.first_period OR NEW.period > e.ended_on)) THEN
        RAISE EXCEPTION 'instalment of %: nothing is due for the period of %',
            NEW.entitlement_id, NEW.period USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER not_after_end BEFORE INSERT OR UPDATE OF payment_id, state
    ON entitlements_instalment FOR EACH ROW EXECUTE FUNCTION entitlements_not_after_end();
"""

_MUTABLE = (
    "state",
    "events",
    "head",
    "reasons",
    "is_pinned",
    "cleared",
    "confirmed_on",
    "ended_on",
    "reviewed_for",
    "amount",
    "basis",
    "edition",
)

GUARDS: Sequence[str] = (
    *edges("entitlements_entitlement", EDGES, initial=("active",), silent=()),
    *append_only("entitlements_entitlement", except_columns=_MUTABLE),
    *head_exists("entitlements_entitlement"),
    *append_only(
        "entitlements_instalment",
        except_columns=("state", "payment_id", "amount", "basis", "edition"),
    ),
    *append_only(
        "entitlements_overpayment",
        except_columns=(
            "state", "choice", "reason", "proposed_by_id", "proposed_at", "decided_by_id",
            "decided_at",
        ),
    ),
    _PAID_ONCE,
    _NOT_AFTER_END,
)  # fmt: skip
