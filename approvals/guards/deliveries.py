"""What PostgreSQL refuses of deliveries: by elsewhere, before the decision, or unagreed."""

from django.conf import settings

from approvals.rows.deliveries import DeliveryWay
from ledger.guards import append_only

# A clerk of the case's office and region, who is no party of it, records it, once, and of no day
# before the decision or still to come; electronic delivery needs the applicant's agreement in the
# history of the case.
_DELIVERED = f"""
CREATE OR REPLACE FUNCTION approvals_delivered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.recorded_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM approvals_decision d JOIN approvals_application a ON a.id = d.application_id
              LEFT JOIN people_user u ON u.id = NEW.by_id
            WHERE d.id = NEW.decision_id AND a.id = NEW.application_id
              AND d.outcome IN ('approve', 'refuse') AND NEW.delivered_on
                BETWEEN (d.at AT TIME ZONE '{settings.TIME_ZONE}')::date
                AND (NEW.recorded_at AT TIME ZONE '{settings.TIME_ZONE}')::date
              AND (NEW.way = '{DeliveryWay.ELECTRONIC}' AND EXISTS (SELECT FROM ledger_event e
                    WHERE e.subject = 'application:' || a.number AND e.kind = 'delivery_agreed')
                OR u.is_active AND u.role = 'clerk' AND u.office_id = a.office_id
                  AND (u.region_id IS NULL OR u.region_id = a.region_id)
                  AND NOT approvals_is_party(a.id, u.id))) THEN
        RAISE EXCEPTION 'delivery %: recorded before, by somebody of elsewhere, not agreed to, or of a day that cannot be',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER approvals_delivered BEFORE INSERT OR UPDATE ON approvals_delivery
    FOR EACH ROW WHEN (NEW.recorded_at IS NOT NULL) EXECUTE FUNCTION approvals_delivered();
"""  # noqa: E501, S608 - one sentence; words of ours

GUARDS = (
    *append_only(
        "approvals_delivery",
        except_columns=("way", "recipient", "note", "delivered_on", "by_id", "recorded_at"),
    ),
    _DELIVERED,
)
