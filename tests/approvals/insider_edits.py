"""What somebody with all rights in the database may do to it, by the names of docs/ledger.md."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection

from approvals.models import Application, Decision, Evidence, EvidenceProof
from approvals.records import proofs
from approvals.records.receipts import evidence_hash
from certificates.payload import TYP
from exchange import protocol
from exchange.queries import Proof
from exchange.registry_keys import RegistryKeys
from ledger import encryption, events, heads, keys, merkle, row_events
from ledger.clock import now
from ledger.models import Event, Leaf, TreeHead

Edit = Callable[[Application], None]


def run(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def sql(statement: str) -> Edit:
    """An edit of the case that is meant: ``%(id)s``, ``%(number)s``, ``%(subject)s``."""

    def edit(case: Application) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                statement, {"id": case.id, "number": case.number, "subject": case.subject}
            )
            assert cursor.rowcount != 0, "the edit touched nothing"

    return edit


def swap_two_events(case: Application) -> None:
    first, second = Event.objects.filter(subject=case.subject).order_by("seq")[:2]
    for event, seq, previous in (
        (first, 99, second.previous or b"x"),
        (second, 1, None),
        (first, 2, first.previous or second.hash),
    ):
        run(
            "UPDATE ledger_event SET seq = %s, previous = %s WHERE id = %s",
            seq,
            previous,
            event.id,
        )


def with_triggers(statement: str) -> Edit:
    def edit(case: Application) -> None:
        run("SET session_replication_role = origin")
        sql(statement)(case)
        run("SET session_replication_role = replica")

    return edit


def own_key(purpose: str) -> tuple[str, Ed25519PrivateKey]:
    """A key that the insider made and put among the published ones."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    kid = keys.thumbprint(public)
    run(
        "INSERT INTO ledger_publickey (kid, purpose, algorithm, public, active_from)"
        " VALUES (%s, %s, 'Ed25519', %s, now())",
        kid,
        purpose,
        public,
    )
    return kid, private


def sign_the_receipt_again(case: Application) -> None:
    kid, private = own_key("receipt")
    decision = Decision.objects.get(application=case)
    receipt = bytes(decision.receipt).replace(b'"as_of":"20', b'"as_of":"19')
    run(
        "UPDATE approvals_decision SET receipt = %s, kid = %s, signature = %s WHERE id = %s",
        receipt,
        kid,
        private.sign(receipt),
        decision.id,
    )


def hash_the_evidence_again(case: Application) -> None:
    row = Evidence.objects.filter(application=case).order_by("registry")[0]
    facts = row.facts.replace("true", "false").replace("20", "19")
    assert facts != row.facts
    fresh = evidence_hash(row.registry, row.subject, row.outcome, row.version, row.read_at, facts)
    run("UPDATE approvals_evidence SET facts = %s, hash = %s WHERE id = %s", facts, fresh, row.id)


def sign_the_answer_again(case: Application) -> None:
    """Another record, by a key that the insider made, in every place that the database has."""
    row = Evidence.objects.exclude(proof="").order_by("id")[0]
    kept = EvidenceProof.objects.select_related("answer").get(evidence=row)
    _, (item,) = protocol.check_proof(proofs.presentation(kept), demo_keys(row.registry))
    key = protocol.generated("Ed25519")
    text = protocol.answer(key, row.registry, "n" * 32, kept.answer.received_at, [item]).decode()
    statement, (disclosure,) = protocol.split(text)
    fresh = proofs.named(Proof(statement, disclosure, key.kid, "Ed25519"))
    run(
        "UPDATE exchange_signedanswer SET statement = %s, kid = %s WHERE id = %s",
        statement,
        key.kid,
        kept.answer_id,
    )
    hidden = encryption.encrypt("identity", disclosure.encode(), row.id.bytes)
    run("UPDATE approvals_evidenceproof SET item = %s WHERE evidence_id = %s", hidden, row.id)
    run("UPDATE approvals_evidence SET proof = %s WHERE id = %s", fresh, row.id)


def demo_keys(registry: str) -> tuple[protocol.Key, ...]:
    return RegistryKeys(registry, settings.CITY.registries[registry].signature).all("answer")


def sign_the_certificate_again(case: Application) -> None:
    kid, private = own_key("certificate")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, payload FROM certificates_certificate WHERE application = %s",
            [case.number],
        )
        pk, payload = cursor.fetchone()
    header = keys.b64(b'{"alg":"EdDSA","kid":"%s","typ":"%s"}' % (kid.encode(), TYP.encode()))
    body = bytes(payload).replace(b'"expires":"20', b'"expires":"30')
    text = f"{header}.{keys.b64(body)}"
    run(
        "UPDATE certificates_certificate SET jws = %s, payload = %s, kid = %s WHERE id = %s",
        f"{text}.{keys.b64(private.sign(text.encode()))}",
        body,
        kid,
        pk,
    )


def insert_an_event(case: Application) -> None:
    """At the end of the chain, every hash right, the row's head too."""
    event = events.append(case, case.subject, "reopened", by="officer:x", now=now(), after="review")
    run(
        "INSERT INTO ledger_event (id, subject, seq, kind, before, after, by, at, data, previous,"
        " hash) VALUES (%s, %s, %s, 'reopened', '', 'review', %s, %s, '{}', %s, %s)",
        event.id,
        event.subject,
        event.seq,
        event.by,
        event.at,
        event.previous,
        event.hash,
    )
    run(
        "UPDATE approvals_application SET events = %s, head = %s, state = 'review' WHERE id = %s",
        case.events,
        case.head,
        case.id,
    )


def rewrite_the_chain(case: Application) -> None:
    previous = None
    for event in Event.objects.filter(subject=case.subject).order_by("seq"):
        event.by, event.previous = "officer:x", previous
        previous = event.hash = events.digest(event)
        run(
            "UPDATE ledger_event SET by = 'officer:x', previous = %s, hash = %s WHERE id = %s",
            event.previous,
            event.hash,
            event.id,
        )
    run("UPDATE approvals_application SET head = %s WHERE id = %s", previous, case.id)


def sign_the_heads_again(case: Application) -> None:
    rewrite_the_chain(case)
    kid, private = own_key("head")
    frontier: list[bytes] = []
    stored = {head.size: head for head in TreeHead.objects.all()}
    for leaf in Leaf.objects.order_by("position").select_related("event"):
        merkle.append(frontier, leaf.position, merkle.leaf(bytes(leaf.event.hash)))
        if head := stored.get(leaf.position + 1):
            root = merkle.frontier_root(frontier)
            run(
                "UPDATE ledger_treehead SET root = %s, kid = %s, signature = %s, frontier = %s"
                " WHERE size = %s",
                root,
                kid,
                private.sign(heads.statement(head.size, root, head.at)),
                heads.canonical.dumps([item.hex() for item in frontier]).decode(),
                head.size,
            )


def roll_back(case: Application) -> None:
    """The last case was never there: all of it goes, back to an earlier signed head."""
    last = TreeHead.objects.order_by("-size")[1].size
    gone = list(Leaf.objects.filter(position__gte=last).values_list("event_id", flat=True))
    rows = Event.objects.filter(id__in=gone, subject__startswith="rows:")
    key_of = {table.name: table.key for table in row_events.tables()}
    for data in rows.values_list("subject", "data"):
        table = data[0].split(":")[1]
        for pk, _ in heads.canonical.loads(data[1])["rows"]:
            run(f"DELETE FROM {table} WHERE {key_of[table]}::text = %s", pk)
    run("DELETE FROM ledger_leaf WHERE position >= %s", last)
    run("DELETE FROM ledger_event WHERE id = ANY(%s)", gone)
    run("DELETE FROM ledger_treehead WHERE size > %s", last)
    for table in ("guardkey", "decision", "evidence", "check", "application"):
        for model in ("approvals_" + table,):
            column = "id" if table == "application" else "application_id"
            run(
                f"DELETE FROM {model} WHERE {column} IN (SELECT id FROM approvals_application a"
                " WHERE NOT EXISTS (SELECT FROM ledger_event e"
                " WHERE e.subject = 'application:' || a.number))"
            )


_COPY = "INSERT INTO {t} SELECT (jsonb_populate_record(x, {c})).* FROM {t} x WHERE {w}"
_NEW = "jsonb_build_object('id', gen_random_uuid(){})"


def copied(table: str, where: str, changes: str = "") -> Edit:
    record = _NEW.format(changes)
    return sql(_COPY.format(t=table, c=record, w=f"{where} ORDER BY id LIMIT 1"))


# the first evidence of another agency; the case that is meant has none
_PROVED = "(SELECT * FROM approvals_evidenceproof ORDER BY evidence_id LIMIT 1) AS proved"


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
    "a switch": sql("UPDATE services_service SET automatic = NOT automatic"),
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
