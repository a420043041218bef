"""What PostgreSQL itself does and refuses in this app; installed by ``manage.py migrate``.

Messages are written by PostgreSQL, in the statement that writes what they tell of: no action can
forget one, and nobody else writes any.
"""

from collections.abc import Iterable, Sequence

from django.conf import settings
from psycopg import sql

from affairs import assistant_guards
from affairs.kinds import OF_APPLICATION, OF_CERTIFICATE, OF_ENTITLEMENT, OF_SIGNERS, MessageKind
from affairs.models import Rating
from approvals.rows.representations import REPRESENTED
from approvals.states import SETTLED
from ledger.guards import append_only
from ledger.row_events import RecordedTable
from services.pack.model import COSIGN

# what a value of ledger.encryption is bound to
_BOUND = "encode(substring({0} FROM 19 FOR 16), 'hex')"
# a citizen's account, or an enterprise's
_ACCOUNT = (
    "(EXISTS (SELECT FROM people_user AS u WHERE u.subject = NEW.subject AND u.role = 'citizen')"
    " OR EXISTS (SELECT FROM people_enterprise AS p WHERE p.subject = NEW.subject))"
)


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(map(str, words)))


# The plan is of few events and many cases, whatever the tables held when it was first made.
_FEW = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
_KINDS = " ".join(f"WHEN '{event}' THEN '{kind}'" for event, kind in OF_APPLICATION.items())
_ENTITLED = " ".join(f"WHEN '{event}' THEN '{kind}'" for event, kind in OF_ENTITLEMENT.items())
_OF_EVENTS = f"""
CREATE OR REPLACE FUNCTION affairs_messages_of_events() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp {_FEW} AS $$
BEGIN
    IF EXISTS (SELECT FROM added
               WHERE kind IN ({_words({*OF_APPLICATION, *OF_SIGNERS} - {*OF_CERTIFICATE})})
               OR kind = 'expired' AND starts_with(subject, 'application:')) THEN
        INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
        SELECT whose.id, whose.subject, CASE
                WHEN e.kind IN ({_words(OF_SIGNERS)}) AND e.kind <> 'handed_over'
                THEN '{MessageKind.SIGNED}' ELSE CASE e.kind {_KINDS} END END,
            e.subject, a.number, e.at
        FROM added AS e JOIN approvals_application AS a ON a.number = substr(e.subject, 13)
        CROSS JOIN LATERAL (SELECT e.id, a.applicant AS subject
            UNION ALL SELECT gen_random_uuid(), r.representative
            FROM approvals_representation AS r
            LEFT JOIN approvals_mandate AS m ON m.id = r.mandate_id
            WHERE a.channel IN ({_words(REPRESENTED)}) AND a.applicant_kind = 'person'
              AND r.application_id = a.id
              AND (m.id IS NULL OR m.ended_at IS NULL AND m.ends_at > e.at)) AS whose
        WHERE starts_with(e.subject, 'application:')
          AND CASE WHEN e.kind = 'delivered' THEN e.data::jsonb ->> 'way' <> 'electronic'
              WHEN e.kind IN ({_words(set(OF_SIGNERS) - {"handed_over"})})
              THEN e.data::jsonb ->> 'item' = '{COSIGN}'
              ELSE e.kind IN ({_words(OF_APPLICATION)}) END;
    END IF;
    IF EXISTS (SELECT FROM added WHERE kind IN ({_words(OF_CERTIFICATE)})
               AND starts_with(subject, 'certificate:')) THEN
        INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
        SELECT e.id, coalesce(a.applicant, c.holder), '{MessageKind.CERTIFICATE_CHANGED}',
            e.subject, c.application, e.at
        FROM added AS e JOIN certificates_certificate AS c ON c.public_id = substr(e.subject, 13)
        LEFT JOIN approvals_application AS a ON a.number = c.application
        WHERE starts_with(e.subject, 'certificate:') AND e.kind IN ({_words(OF_CERTIFICATE)});
    END IF;
    IF EXISTS (SELECT FROM added WHERE kind IN ({_words(OF_ENTITLEMENT)})
               AND starts_with(subject, 'entitlement:')) THEN
        INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
        SELECT e.id, n.holder, CASE e.kind {_ENTITLED} END, e.subject, n.application, e.at
        FROM added AS e
        JOIN entitlements_entitlement AS n ON n.id = substr(e.subject, 13)::uuid
        WHERE starts_with(e.subject, 'entitlement:') AND e.kind IN ({_words(OF_ENTITLEMENT)});
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER messages AFTER INSERT ON ledger_event
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION affairs_messages_of_events();
"""  # noqa: S608 - words of ours

_OF_SIGNATURES = f"""
CREATE OR REPLACE FUNCTION affairs_messages_of_signatures() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp {_FEW} AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT c.id, c.signer, '{MessageKind.SIGNATURE_ASKED}', 'application:' || a.number, a.number,
        c.asked_at
    FROM added AS c JOIN approvals_application AS a ON a.id = c.application_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER messages AFTER INSERT ON approvals_cosignature
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION affairs_messages_of_signatures();
CREATE OR REPLACE FUNCTION affairs_message_of_signature() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), NEW.signer, '{MessageKind.SIGNATURE_GIVEN}',
        'application:' || a.number, a.number, NEW.answered_at
    FROM approvals_application AS a WHERE a.id = NEW.application_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_answer AFTER UPDATE OF state ON approvals_cosignature
    FOR EACH ROW WHEN (OLD.answered_at IS NULL AND NEW.answered_at IS NOT NULL)
    EXECUTE FUNCTION affairs_message_of_signature();
"""  # noqa: S608 - words of ours

# Acting for others: the agent hears of a mandate, the other side of its end, and the principal of
# each application that came of it.
_OF_MANDATES = f"""
CREATE OR REPLACE FUNCTION affairs_message_of_mandate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), CASE WHEN NEW.ended_by = 'citizen:' || NEW.agent
            THEN coalesce(NEW.enterprise_id, u.subject) ELSE NEW.agent END,
        CASE WHEN NEW.ended_at IS NULL THEN '{MessageKind.MANDATE_GIVEN}'
            ELSE '{MessageKind.MANDATE_ENDED}' END,
        'mandate:' || NEW.id, '', coalesce(NEW.ended_at, NEW.given_at)
    FROM people_user AS u WHERE u.id = NEW.principal_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_mandate AFTER INSERT OR UPDATE OF ended_at
    ON approvals_mandate FOR EACH ROW EXECUTE FUNCTION affairs_message_of_mandate();
CREATE OR REPLACE FUNCTION affairs_message_of_representation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), a.applicant, '{MessageKind.HANDED_IN_FOR_YOU}',
        'application:' || a.number, a.number, NEW.at
    FROM approvals_application AS a WHERE a.id = NEW.application_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_use AFTER INSERT ON approvals_representation
    FOR EACH ROW WHEN (NEW.mandate_id IS NOT NULL)
    EXECUTE FUNCTION affairs_message_of_representation();
"""  # noqa: S608 - words of ours

_OF_APPOINTMENTS = f"""
CREATE OR REPLACE FUNCTION affairs_message_of_appointment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'booked' OR NEW.state NOT IN ('booked', 'cancelled')
            OR (NEW.state = 'booked'
                AND (NEW.counter, NEW.starts_at) = (OLD.counter, OLD.starts_at))) THEN
        RETURN NULL;
    END IF;
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), u.subject, CASE WHEN TG_OP = 'INSERT'
            THEN '{MessageKind.APPOINTMENT_BOOKED}' WHEN NEW.state = 'cancelled'
            THEN '{MessageKind.APPOINTMENT_CANCELLED}' ELSE '{MessageKind.APPOINTMENT_MOVED}' END,
        'appointment:' || NEW.id, coalesce((SELECT a.number FROM approvals_application AS a
            WHERE a.id = NEW.application_id), ''), NEW.changed_at
    FROM people_user AS u WHERE u.id = NEW.citizen_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_booking AFTER INSERT ON counter_appointment
    FOR EACH ROW EXECUTE FUNCTION affairs_message_of_appointment();
CREATE OR REPLACE TRIGGER message_of_change AFTER UPDATE ON counter_appointment
    FOR EACH ROW EXECUTE FUNCTION affairs_message_of_appointment();
"""  # noqa: S608 - words of ours

# What comes near its end is found by the clock (``affairs.duties``), and noted once.
_ENDINGS = f"""
CREATE OR REPLACE FUNCTION affairs_note_certificates(today date, until date, moment timestamptz)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), coalesce(a.applicant, c.holder), '{MessageKind.CERTIFICATE_ENDING}',
        'certificate:' || c.public_id, c.application, moment
    FROM certificates_certificate AS c
    LEFT JOIN approvals_application AS a ON a.number = c.application
    WHERE c.state IN ('valid', 'suspended') AND c.expires_on IS NOT NULL
      AND c.expires_on BETWEEN today AND until
      AND c.issued_at < moment - interval '30 days'
      AND NOT EXISTS (SELECT FROM affairs_message AS m
        WHERE m.topic = 'certificate:' || c.public_id
          AND m.kind = '{MessageKind.CERTIFICATE_ENDING}')
    ON CONFLICT DO NOTHING
$$;
REVOKE EXECUTE ON FUNCTION affairs_note_certificates(date, date, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION affairs_note_certificates(date, date, timestamptz) TO <role>;
"""  # noqa: S608 - words of ours

# Of an endorsement that ends soon, once: each endorsement is a row of its own.
_ENDORSEMENTS = f"""
CREATE OR REPLACE FUNCTION affairs_note_endorsements(today date, moment timestamptz)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), c.holder, '{MessageKind.ENDORSEMENT_DUE}',
        'certificate:' || c.public_id, c.application, moment
    FROM certificates_endorsement AS e JOIN certificates_certificate AS c
        ON c.id = e.certificate_id AND c.state IN ('valid', 'suspended')
    WHERE e.is_current AND e.until >= today AND e.notice_on <= today
      AND NOT EXISTS (SELECT FROM affairs_message AS m
        WHERE m.topic = 'certificate:' || c.public_id AND m.at >= e.at
          AND m.kind = '{MessageKind.ENDORSEMENT_DUE}')
$$;
REVOKE EXECUTE ON FUNCTION affairs_note_endorsements(date, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION affairs_note_endorsements(date, timestamptz) TO <role>;
"""  # noqa: S608 - words of ours

# Of drafts by the clock as well; a draft that was saved again ends another time.
_DRAFT_ENDINGS = f"""
CREATE OR REPLACE FUNCTION affairs_note_drafts(until timestamptz, moment timestamptz)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), d.subject, '{MessageKind.DRAFT_ENDING}',
        'draft:' || d.service_id || ':' || d.expires_at::date, '', moment
    FROM affairs_draft AS d WHERE d.expires_at > moment AND d.expires_at <= until
    ON CONFLICT DO NOTHING
$$;
REVOKE EXECUTE ON FUNCTION affairs_note_drafts(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION affairs_note_drafts(timestamptz, timestamptz) TO <role>;
"""  # noqa: S608 - words of ours

# A draft is its owner's from first to last, and is gone with the application that comes of it.
_DRAFTS = f"""
CREATE OR REPLACE FUNCTION affairs_draft_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'UPDATE' AND (NEW.id, NEW.subject, NEW.service_id)
            <> (OLD.id, OLD.subject, OLD.service_id))
       OR {_BOUND.format("NEW.answers")} <> NEW.subject
       OR coalesce({_BOUND.format("NEW.disputes")}, NEW.subject) <> NEW.subject
       OR NOT {_ACCOUNT}
       OR NOT EXISTS (SELECT FROM services_edition AS e
            WHERE e.number = NEW.edition AND e.service_id = NEW.service_id) THEN
        RAISE EXCEPTION 'draft: of another person or service, or of none'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER draft_own BEFORE INSERT OR UPDATE ON affairs_draft
    FOR EACH ROW EXECUTE FUNCTION affairs_draft_own();
CREATE OR REPLACE FUNCTION affairs_draft_handed_in() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp {_FEW} AS $$
BEGIN
    DELETE FROM affairs_draft AS d USING added AS a
    WHERE d.subject = a.applicant AND d.service_id = a.service_id
      AND (a.channel NOT IN ({_words(REPRESENTED)}) OR a.applicant_kind = 'enterprise');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER draft_handed_in AFTER INSERT ON approvals_application
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION affairs_draft_handed_in();
"""  # noqa: S608 - words of ours

# An offer of the city (免申即享) is told of, and that it ended without an answer.
_OF_OFFERS = f"""
CREATE OR REPLACE FUNCTION affairs_messages_of_offers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), o.subject, '{MessageKind.OFFER_MADE}', 'offer:' || o.id, '', o.made_at
    FROM added AS o;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER messages AFTER INSERT ON offers_offer
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION affairs_messages_of_offers();
CREATE OR REPLACE FUNCTION affairs_messages_of_ended_offers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), o.subject, '{MessageKind.OFFER_ENDED}', 'offer:' || o.id, '',
        o.ended_at
    FROM after AS o JOIN before AS b ON b.id = o.id
    WHERE b.state = 'open' AND o.state IN ('expired', 'withdrawn');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER messages_of_ends AFTER UPDATE ON offers_offer
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION affairs_messages_of_ended_offers();
"""  # noqa: S608 - words of ours

# Beside the inbox it goes where its reader wants it, by a row in the same statement.
_DELIVERIES = """
CREATE OR REPLACE FUNCTION affairs_deliveries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_messagedelivery (message_id, channel, state, next_at)
    SELECT m.id, way.channel, 'due', m.at FROM added AS m
    JOIN affairs_contact AS c ON c.subject = m.subject
    JOIN (VALUES ('email'), ('sms')) AS way (channel)
        ON CASE way.channel WHEN 'email' THEN c.email ELSE c.phone END IS NOT NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER deliveries AFTER INSERT ON affairs_message
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION affairs_deliveries();
CREATE OR REPLACE FUNCTION affairs_delivery_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('sent', 'unconfirmed', 'dead')
       OR (NEW.state = 'sending' AND NEW.attempts <> OLD.attempts + 1) THEN
        RAISE EXCEPTION 'delivery %: it is %, and nothing is sent twice', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER delivery_ends BEFORE UPDATE ON affairs_messagedelivery
    FOR EACH ROW EXECUTE FUNCTION affairs_delivery_ends();
"""

_CONTACT = f"""
CREATE OR REPLACE FUNCTION affairs_contact_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'UPDATE' AND NEW.subject <> OLD.subject)
       OR coalesce({_BOUND.format("NEW.email")}, NEW.subject) <> NEW.subject
       OR coalesce({_BOUND.format("NEW.phone")}, NEW.subject) <> NEW.subject
       OR NOT {_ACCOUNT} THEN
        RAISE EXCEPTION 'contact: of another person, or of none' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER contact_own BEFORE INSERT OR UPDATE ON affairs_contact
    FOR EACH ROW EXECUTE FUNCTION affairs_contact_own();
"""

# One rating a case is a unique key. It is the applicant's, of a settled case; an answer is given
# once, by a supervisor of the case's office, and brings its applicant a message.
_RATINGS = f"""
CREATE OR REPLACE FUNCTION affairs_rating_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.answered_at IS NOT NULL OR NOT EXISTS (SELECT FROM approvals_application AS a
            WHERE a.id = NEW.application_id AND a.applicant = NEW.subject
              AND a.service_id = NEW.service_id AND a.state IN ({_words(SETTLED)})) THEN
        RAISE EXCEPTION 'rating: not of a settled case by its own applicant'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_own BEFORE INSERT ON affairs_rating
    FOR EACH ROW EXECUTE FUNCTION affairs_rating_own();
CREATE OR REPLACE FUNCTION affairs_rating_answered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL OR NOT EXISTS (SELECT FROM people_user AS u
            JOIN approvals_application AS a ON a.id = NEW.application_id
            WHERE u.id = NEW.answered_by_id AND u.is_active AND u.role = 'supervisor'
              AND u.office_id = a.office_id
              AND (u.region_id IS NULL OR u.region_id = a.region_id)
              AND u.person <> NEW.subject) THEN
        RAISE EXCEPTION 'rating: answered before, or by no supervisor of the case'
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), NEW.subject, '{MessageKind.RATING_ANSWERED}',
        'rating:' || a.number, a.number, NEW.answered_at
    FROM approvals_application AS a WHERE a.id = NEW.application_id;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_answered BEFORE UPDATE ON affairs_rating
    FOR EACH ROW EXECUTE FUNCTION affairs_rating_answered();
"""  # noqa: S608 - words of ours


def _for_role(text: str) -> str:
    role = sql.Identifier(str(settings.APPLICATION_ROLE)).as_string(None)
    return text.replace("<role>", role)


HISTORY: Sequence[str] = ()
RECORDED: Sequence[RecordedTable] = (RecordedTable(Rating),)
GUARDS = (
    *append_only("affairs_message", except_columns=("read_at",)),
    *append_only(
        "affairs_messagedelivery",
        except_columns=("state", "attempts", "next_at", "leased_until", "sent_at", "last_fault"),
    ),
    *append_only("affairs_rating", except_columns=("answered_at", "answered_by_id", "answer")),
    _RATINGS,
    _for_role("REVOKE INSERT ON affairs_message, affairs_messagedelivery FROM <role>"),
    _OF_EVENTS,
    _OF_SIGNATURES,
    _OF_MANDATES,
    assistant_guards.MESSAGES,
    _OF_APPOINTMENTS,
    _OF_OFFERS,
    _for_role(_ENDINGS),
    _for_role(_ENDORSEMENTS),
    _for_role(_DRAFT_ENDINGS),
    _DRAFTS,
    _DELIVERIES,
    _CONTACT,
)
