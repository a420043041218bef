"""What PostgreSQL itself refuses about proposed editions: who reviews, and what is published.

Actions say it first, in words; this holds for whoever writes rows by other ways.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from psycopg import sql

from ledger.guards import append_only, edges, head_exists
from services.states import EDGES, ProposalState

# whose account it is, of an officer at work; nobody: null
_PERSON = """
CREATE OR REPLACE FUNCTION services_person(who text, of_role text) RETURNS text
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT nullif(u.person, '') FROM people_user u
    WHERE 'officer:' || u.username = who AND u.role = of_role AND u.is_active
$$;
"""

# the persons behind a proposal, by the account as it is and as it was
_AUTHORS = """
CREATE OR REPLACE FUNCTION services_is_author(one services_proposal, somebody text)
    RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT somebody = one.author OR EXISTS (SELECT FROM people_user u
        WHERE 'officer:' || u.username = one.proposed_by AND u.person = somebody)
$$;
"""

_PROPOSALS = """
CREATE OR REPLACE FUNCTION services_proposal_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF services_person(NEW.proposed_by, 'policy') IS DISTINCT FROM NEW.author
           OR NEW.edition_id IS NOT NULL OR NEW.ordered_at IS NOT NULL THEN
            RAISE EXCEPTION 'proposal of %: by no policy officer', NEW.service_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.ordered_at IS DISTINCT FROM OLD.ordered_at AND (OLD.ordered_at IS NOT NULL
        OR services_person(NEW.ordered_by, 'head') IS DISTINCT FROM NEW.orderer
        OR services_is_author(NEW, NEW.orderer)
        OR EXISTS (SELECT FROM services_review r WHERE r.proposal_id = NEW.id
            AND r.approves AND r.person = NEW.orderer))
       OR OLD.ordered_at IS NOT NULL AND (NEW.ordered_by, NEW.orderer, NEW.order_reason)
            IS DISTINCT FROM (OLD.ordered_by, OLD.orderer, OLD.order_reason) THEN
        RAISE EXCEPTION 'proposal %: no head of office has ordered that', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND (
        NEW.state = 'approved' AND NOT services_is_approved(NEW)
        OR NEW.state = 'sent_back' AND NOT EXISTS (SELECT FROM services_review r
            WHERE r.proposal_id = NEW.id AND NOT r.approves)
        OR NEW.state = 'published' AND NOT EXISTS (SELECT FROM services_edition e
            WHERE e.id = NEW.edition_id AND e.service_id = NEW.service_id
              AND e.hash = NEW.hash AND e.number > coalesce(
                (SELECT b.number FROM services_edition b WHERE b.id = NEW.base_id), 0))) THEN
        RAISE EXCEPTION 'proposal %: nothing makes it %', NEW.id, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER kept BEFORE INSERT OR UPDATE ON services_proposal
    FOR EACH ROW EXECUTE FUNCTION services_proposal_kept();
"""

_APPROVED = """
CREATE OR REPLACE FUNCTION services_is_approved(one services_proposal) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM services_review l JOIN services_review t
        ON t.proposal_id = l.proposal_id
        WHERE l.proposal_id = one.id AND l.role = 'legal' AND t.role = 'technical'
          AND l.approves AND t.approves AND l.hash = one.hash AND t.hash = one.hash
          AND l.person <> t.person AND one.author <> ''
          AND NOT services_is_author(one, l.person) AND NOT services_is_author(one, t.person)
          AND one.orderer NOT IN (l.person, t.person))
$$;
"""

_REVIEWS = """
CREATE OR REPLACE FUNCTION services_review_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF services_person(NEW."by", NEW.role) IS DISTINCT FROM NEW.person
       OR NOT EXISTS (SELECT FROM services_proposal p WHERE p.id = NEW.proposal_id
            AND p.hash = NEW.hash AND p.state IN ('proposed', 'approved')
            AND NOT services_is_author(p, NEW.person)
            AND NEW.at >= p.proposed_at) THEN
        RAISE EXCEPTION 'review of proposal %: by its author, no such officer, or of another text',
            NEW.proposal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER kept BEFORE INSERT ON services_review
    FOR EACH ROW EXECUTE FUNCTION services_review_kept();
"""

# An edition comes of an approved proposal of just this text, tried and reviewed, on a day that is
# not past; a first one decides from its publication on, whatever day its pack says.
_EDITIONS = """
CREATE OR REPLACE FUNCTION services_edition_passed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today date := (NEW.published_at AT TIME ZONE {zone})::date;
    found services_proposal;
    tried services_trial;
BEGIN
    SELECT * INTO found FROM services_proposal p
    WHERE p.service_id = NEW.service_id AND p.hash = NEW.hash AND p.state = 'approved';
    IF found.id IS NULL OR NOT services_is_approved(found)
       OR (NEW.source, NEW.city, NEW.in_force_from, NEW.proposed_by, NEW.rollback_of_id, NEW.reason,
           NEW.ordered_by, NEW.order_reason) IS DISTINCT FROM
          (found.source, found.city, found.in_force_from, found.proposed_by, found.rollback_of_id,
           found.reason, found.ordered_by, found.order_reason)
       OR services_person(NEW.published_by, 'policy') IS NULL THEN
        RAISE EXCEPTION 'edition of %: a legal and a technical officer have not approved it',
            NEW.service_id USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO tried FROM services_trial t WHERE t.id = NEW.trial_id;
    IF tried.id IS NULL OR (tried.service_id, tried.hash, tried.source, tried.city)
            IS DISTINCT FROM (NEW.service_id, NEW.hash, NEW.source, NEW.city)
       OR NOT services_trial_stands(tried, NEW.published_at) THEN
        RAISE EXCEPTION 'edition of %: its text was not tried on what the city asks for',
            NEW.service_id USING ERRCODE = 'check_violation';
    END IF;
    IF found.base_id IS DISTINCT FROM (SELECT e.id FROM services_edition e
            WHERE e.service_id = NEW.service_id ORDER BY e.number DESC LIMIT 1)
       OR NEW.is_first <> (found.base_id IS NULL) THEN
        RAISE EXCEPTION 'edition of %: another was published since it was proposed', NEW.service_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.is_first AND NEW.in_force_from < today AND NEW.ordered_by = '' THEN
        RAISE EXCEPTION 'edition of %: % is past', NEW.service_id, NEW.in_force_from
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER passed BEFORE INSERT ON services_edition
    FOR EACH ROW EXECUTE FUNCTION services_edition_passed();
"""

HISTORY: Sequence[str] = ("services_review",)

_MAY_CHANGE = (
    *("state", "events", "head", "edition_id"),
    *("ordered_by", "orderer", "ordered_at", "order_reason"),
)


def _editions() -> str:
    zone = sql.Literal(str(settings.CITY.calendar.zone))
    return sql.SQL(_EDITIONS).format(zone=zone).as_string(None)


GUARDS: Sequence[str] = (
    *append_only("services_proposal", except_columns=_MAY_CHANGE),
    *edges("services_proposal", EDGES, initial=(ProposalState.PROPOSED,), silent=()),
    *head_exists("services_proposal"),
    _PERSON,
    _AUTHORS,
    _APPROVED,
    _PROPOSALS,
    _REVIEWS,
    _editions(),
)
