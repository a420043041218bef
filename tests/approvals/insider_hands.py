"""How somebody with all rights in the database edits it: the parts of ``insider_edits``."""

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
