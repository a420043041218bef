"""What somebody with all rights in the database may do to it, by the names of docs/ledger.md."""

from tests.approvals.insider_hands import (
    _PROVED,
    Edit,
    copied,
    hash_the_evidence_again,
    insert_an_event,
    own_key,
    rewrite_the_chain,
    roll_back,
    sign_the_answer_again,
    sign_the_certificate_again,
    sign_the_heads_again,
    sign_the_receipt_again,
    sql,
    swap_two_events,
    with_triggers,
)

EDITS: dict[str, Edit] = {
    # history
    "who did it": sql("UPDATE ledger_event SET by = 'officer:x' WHERE subject = %(subject)s"),
    "what was done": sql("UPDATE ledger_event SET kind = 'x' WHERE subject = %(subject)s"),
    "when it was done": sql(
        "UPDATE ledger_event SET at = at - interval '1 us' WHERE subject = %(subject)s"
    ),
    "an event's data, a NUL": sql(
        'UPDATE ledger_event SET data = \'{"reason":"\\u0000"}\' WHERE subject = %(subject)s'
    ),
    "an event's data, no JSON": sql(
        "UPDATE ledger_event SET data = '{' WHERE subject = %(subject)s"
    ),
    "an event's moment, no date": sql(
        "UPDATE ledger_event SET at = 'infinity' WHERE subject = %(subject)s AND seq = 1"
    ),
    "an event deleted": sql("DELETE FROM ledger_event WHERE subject = %(subject)s AND seq = 1"),
    "two events swapped": swap_two_events,
    "an event put in": insert_an_event,
    "a chain rewritten": rewrite_the_chain,
    "a chain rewritten, heads signed again": sign_the_heads_again,
    "a leaf deleted": sql("DELETE FROM ledger_leaf WHERE position = 1"),
    "the last head deleted": sql(
        "DELETE FROM ledger_treehead WHERE size = (SELECT max(size) FROM ledger_treehead)"
    ),
    "a head's moment": sql("UPDATE ledger_treehead SET at = at + interval '1 s'"),
    "the last case never was": roll_back,
    # cases
    "an applicant's name": sql(
        "UPDATE approvals_application SET applicant_name = '李四' WHERE id = %(id)s"
    ),
    "an applicant": sql(
        "UPDATE approvals_application SET applicant = repeat('a', 32) WHERE id = %(id)s"
    ),
    "an applicant's number": sql(
        "UPDATE approvals_application SET applicant_number = '\\x01' WHERE id = %(id)s"
    ),
    "the answers": sql(
        'UPDATE approvals_application SET answers = answers || \'{"address": "x"}\''
        " WHERE id = %(id)s"
    ),
    "the office": sql(
        "UPDATE approvals_application SET office_id = (SELECT code FROM people_office"
        " WHERE code <> office_id LIMIT 1) WHERE id = %(id)s"
    ),
    "the edition of a case": sql(
        "UPDATE approvals_application SET edition_id = (SELECT max(id) FROM services_edition"
        " WHERE id <> edition_id) WHERE id = %(id)s"
    ),
    "a state": sql("UPDATE approvals_application SET state = 'refused' WHERE id = %(id)s"),
    "a case's moment, no date": sql(
        "UPDATE approvals_application SET settled_at = 'infinity' WHERE id = %(id)s"
    ),
    "a case deleted": sql("DELETE FROM approvals_application WHERE id = %(id)s"),
    # decisions and what they rest on
    "a receipt": sql(
        "UPDATE approvals_decision SET receipt = overlay(receipt placing '\\x58' from 40)"
        " WHERE application_id = %(id)s"
    ),
    "a receipt, signed again": sign_the_receipt_again,
    "a decision no longer stands": sql(
        "UPDATE approvals_decision SET live = false WHERE application_id = %(id)s"
    ),
    "an outcome": sql(
        "UPDATE approvals_decision SET outcome = 'refuse', officer_id = (SELECT min(id)"
        " FROM people_user) WHERE application_id = %(id)s"
    ),
    "a decision deleted": sql("DELETE FROM approvals_decision WHERE application_id = %(id)s"),
    "a decision put in": copied("approvals_decision", "application_id = %(id)s", ", 'live', false"),
    "a fact": sql(
        "UPDATE approvals_evidence SET facts = replace(facts, '\":\"', '\":\"x')"
        " WHERE application_id = %(id)s"
    ),
    "a fact, hashed again": hash_the_evidence_again,
    "what an agency has signed": sql(
        "UPDATE exchange_signedanswer SET statement = overlay(statement placing 'x' from 200)"
        f" WHERE id = (SELECT answer_id FROM {_PROVED})"
    ),
    "what an agency has signed, signed again": sign_the_answer_again,
    "when an agency's answer came": sql(
        "UPDATE exchange_signedanswer SET received_at = 'infinity'"
        f" WHERE id = (SELECT answer_id FROM {_PROVED})"
    ),
    "an item that an agency has signed": sql(
        "UPDATE approvals_evidenceproof SET item = overlay(item placing '\\x00' from 60)"
        f" WHERE evidence_id = (SELECT evidence_id FROM {_PROVED})"
    ),
    "an item of another case": sql(
        "UPDATE approvals_evidenceproof t SET (answer_id, item) = (SELECT p.answer_id, p.item"
        " FROM approvals_evidenceproof p WHERE p.evidence_id <> t.evidence_id LIMIT 1)"
        f" WHERE evidence_id = (SELECT evidence_id FROM {_PROVED})"
    ),
    "what proves evidence deleted": sql(
        "DELETE FROM approvals_evidenceproof"
        f" WHERE evidence_id = (SELECT evidence_id FROM {_PROVED})"
    ),
    "what proves evidence deleted, and its name": sql(
        "WITH gone AS (DELETE FROM approvals_evidenceproof WHERE evidence_id ="
        f" (SELECT evidence_id FROM {_PROVED}) RETURNING evidence_id)"
        " UPDATE approvals_evidence SET proof = '' WHERE id IN (SELECT evidence_id FROM gone)"
    ),
    "evidence deleted": sql("DELETE FROM approvals_evidence WHERE application_id = %(id)s"),
    "evidence put in": copied(
        "approvals_evidence", "application_id = %(id)s", ", 'registry', 'credit2'"
    ),
    "a look-up edited": sql("UPDATE exchange_lookup SET purpose = 'x' WHERE \"case\" = %(number)s"),
    "a look-up deleted": sql('DELETE FROM exchange_lookup WHERE "case" = %(number)s'),
    "a look-up put in": copied("exchange_lookup", '"case" = %(number)s'),
    "a consent put in": sql(
        "INSERT INTO approvals_consent (id, application_id, item, partner_id, state, asked_at,"
        " due_at, answered_at, reason) SELECT gen_random_uuid(), %(id)s, 'food', code, 'granted',"
        " now(), now(), now(), '' FROM exchange_partner LIMIT 1"
    ),
    "a signature put in": sql(
        "INSERT INTO approvals_cosignature (id, application_id, signer, answers_hash, state,"
        " asked_at, due_at, answered_at, reason) VALUES (gen_random_uuid(), %(id)s,"
        " repeat('a', 32), sha256('x'), 'granted', now(), now(), now(), '')"
    ),
    # certificates
    "a holder": sql(
        "UPDATE certificates_certificate SET holder = repeat('a', 32)"
        " WHERE application = %(number)s"
    ),
    "a certificate's content": sql(
        "UPDATE certificates_certificate SET payload = overlay(payload placing '\\x58' from 40)"
        " WHERE application = %(number)s"
    ),
    "a last day": sql(
        "UPDATE certificates_certificate SET expires_on = '2099-12-31'"
        " WHERE application = %(number)s"
    ),
    "a certificate, signed again": sign_the_certificate_again,
    "a certificate deleted": sql(
        "DELETE FROM certificates_certificate WHERE application = %(number)s"
    ),
    "a certificate revoked": sql(
        "UPDATE certificates_certificate SET state = 'revoked' WHERE application = %(number)s"
    ),
    # who may do what
    "a role": sql("UPDATE people_user SET role = 'operator' WHERE role = 'auditor'"),
    "a region's name, triggers on": with_triggers("UPDATE people_region SET name_zh = 'x'"),
    "a password": sql("UPDATE people_user SET password = 'x' WHERE role = 'auditor'"),
    "an officer's name": sql("UPDATE people_user SET name = name || 'x' WHERE role = 'auditor'"),
    "an officer's office": sql(
        "UPDATE people_user SET office_id = (SELECT code FROM people_office WHERE code <> office_id"
        " LIMIT 1) WHERE role = 'clerk'"
    ),
    "an officer barred": sql("UPDATE people_user SET is_active = false WHERE role = 'auditor'"),
    "an officer deleted": sql("DELETE FROM people_user WHERE role = 'auditor'"),
    "what was to change of an officer": sql("UPDATE people_officerchange SET name = name || 'x'"),
    "who confirmed an officer": sql(
        "UPDATE people_officerchange SET settled_at = now() - interval '1 day'"
    ),
    "a change of an officer deleted": sql("DELETE FROM people_officerchange"),
    "a reading put in": sql(
        "INSERT INTO people_reading (id, at, by, role, office, region, kind, subject, purpose,"
        " reason) VALUES (gen_random_uuid(), now(), 'officer:x', 'clerk', '', '', 'case',"
        " %(number)s, 'handling', '')"
    ),
    "a passkey put in": sql(
        "INSERT INTO people_passkey (user_id, name, confirmed, credential, public_key, sign_count,"
        " transports, is_synced) SELECT id, 'x', true, 'x', 'x', 0, '[]', false FROM people_user"
        " WHERE role = 'administrator' LIMIT 1"
    ),
    "a right of a role": sql(
        "INSERT INTO auth_group_permissions (group_id, permission_id)"
        " SELECT g.id, p.id FROM auth_group g, auth_permission p WHERE g.name = 'clerk'"
        " AND p.codename = 'change_user'"
    ),
    "a partner's token": sql(
        "UPDATE exchange_partner SET token_hash = sha256(code::bytea) WHERE token_hash IS NOT NULL"
    ),
    "an access token put in": sql(
        "WITH made AS (INSERT INTO exchange_client (id, client_id, partner_id, name, scopes,"
        " services, certificates, created_at) SELECT gen_random_uuid(), 'x', code, 'x',"
        " '[\"*\"]', '[\"*\"]', '[]', now() FROM exchange_partner LIMIT 1 RETURNING id)"
        " INSERT INTO exchange_accesstoken (id, token_hash, client_id, scopes, services,"
        " certificate, created_at, expires_at) SELECT gen_random_uuid(), sha256('x'), id,"
        " '[\"consents\"]', '[\"*\"]', '', now(), 'infinity' FROM made"
    ),
    "a partner's services": with_triggers("UPDATE exchange_partner SET services = '[\"x\"]'"),
    "an office's code": sql("UPDATE people_office SET uscc = 'x'"),
    # rules and keys
    "an edition's text": sql("UPDATE services_edition SET source = source || '#'"),
    "an edition's day": sql("UPDATE services_edition SET in_force_from = '2000-01-01'"),
    "an edition's trial": sql("UPDATE services_edition SET trial_id = NULL"),
    "a switch": sql("UPDATE services_service SET enabled = NOT enabled"),
    "a key put in": lambda case: (own_key("receipt"), None)[1],
    "a key's purpose": sql(
        "UPDATE ledger_publickey SET purpose = 'certificate' WHERE purpose = 'receipt'"
    ),
    "a key deleted": sql("DELETE FROM ledger_publickey WHERE purpose = 'webhook'"),
    # guards
    "a trigger off": sql("ALTER TABLE ledger_event DISABLE TRIGGER append_only"),
    "a trigger dropped": sql("DROP TRIGGER row_event_update ON people_user"),
    "a trigger more": sql(
        "CREATE TRIGGER more BEFORE INSERT ON people_user FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "a function emptied": sql(
        "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"
    ),
    "a grant": sql("GRANT UPDATE ON ledger_event TO miaopi_app"),
    "a grant to everybody": sql("GRANT DELETE ON ledger_event TO PUBLIC"),
    "a constraint dropped": sql(
        "DROP INDEX decision_one_live; DROP INDEX IF EXISTS nothing_of_that_name"
    ),
    "a foreign key off": sql("ALTER TABLE approvals_application DISABLE TRIGGER ALL"),
}


# Tables of people of which no audit finds an edit, with the reason, as docs/ledger.md lists them.
# Columns of the other ones: tests.attacks.test_insiders.
NOT_BOUND = {
    "people_authenticator": "counts at each log-in; a secret is bound to its user by encryption",
    "people_passkeychallenge": "what a passkey is to sign within five minutes; deleted when it is"
    " answered",
    "otp_static_staticdevice": "recovery codes, used up one by one",
    "otp_static_statictoken": "recovery codes, used up one by one",
    "axes_accessattempt": "failed log-ins of a few minutes; reset by a success",
    "axes_accessattemptexpiration": "failed log-ins of a few minutes; reset by a success",
    "axes_accessfailurelog": "failed log-ins; nothing is decided on them",
    "axes_accesslog": "log-ins; nothing is decided on them",
    "django_session": "written at each request; ends by itself after 8 hours",
}
