"""B11: every column of every table, edited by a superuser with the triggers off, is found.

The list of what may be edited unseen is here, with the reason for each; a column that is added
later is in neither list, and the test says so. ``--full`` edits each; else
the decisive ones and a few.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from approvals.records.audit import faults
from deploy.local.servers import with_database
from ledger import row_events
from tests.attacks import history

pytestmark = [
    pytest.mark.usefixtures("furnished_committed"),
    pytest.mark.skipif(
        not os.environ.get("DATABASE_ADMIN_URL"), reason="needs a superuser of PostgreSQL"
    ),
]

WORK = "how far work is, not what was decided; the worst is that it is done again or late"
QUEUE = "what is yet to be done or sent; who was decided on and how is in the events"
FRAME = "kept by Django or its packages; what officers did is in the events"
TERM = "a deadline: it moves when a case is returned or a calendar is published"
ENTITLED = "each column is edited in tests/entitlements/test_insiders.py"
COUNTED = "only counted from the cases, and counted anew at will; no decision rests on it"
NOT_COVERED: dict[str, str] = {
    "approvals_application.attempts": WORK,
    "approvals_application.checks_due": WORK,
    "approvals_application.leased_until": WORK,
    "approvals_application.taken_at": WORK,
    "approvals_application.taken_by_id": "who has it in hand; the decision names who decided",
    "approvals_application.handover": "why an officer has it; the receipt has the reasons",
    "approvals_application.due_at": TERM,
    "approvals_application.promised_at": TERM,
    "approvals_application.due_provisional": TERM,
    "approvals_application.correct_by": TERM,
    "approvals_application.calendar": TERM,
    "approvals_application.paused_at": TERM,
    "approvals_application.edition_shown": "compared once, at the submission",
    "certificates_certificate.id": "a key of the row; nothing outside names it",
    "certificates_filing.attempts": WORK,
    "certificates_filing.taken_by_id": WORK,
    "exchange_message.result": "how it was answered; the message itself and its effect are bound",
    "exchange_endpoint.paused_until": WORK,
    "exchange_endpoint.failures": WORK,
    "exchange_endpoint.failing_since": WORK,
    "exchange_endpoint.told_at": WORK,
    "people_user.last_login": FRAME,
    "people_user.elder_mode": "how large the type is",
    "approvals_guardkey.id": "a key of the row; nothing names it",
    "people_officerchange.half": "of a password that nobody has yet; the password has a row event",
    "services_proposal.edition_id": "what came of it; the edition's event says who made it",
    "services_proposal.id": "a key of the row; nothing names it",
    "services_proposal.rollback_of_id": "the event has the reason; the edition, the number",
}
TABLES_NOT_COVERED = {
    "approvals_check": WORK,
    "approvals_heartbeat": WORK,
    "approvals_submission": "idempotency keys of a day",
    "approvals_approvalproposal": "two officers, by the decision's receipt",
    "approvals_legalreview": "the legal officer and the opinion's hash, by the decision's receipt",
    "approvals_returnpermission": "has row events; the receipt names who permitted",
    "approvals_intake": "has row events, and its event a hash; nobody comes to a counter here",
    "approvals_assistant": "has row events; nobody registers one here",
    "approvals_assistantcall": "has row events; nobody lets an assistant act here",
    "approvals_assistantmandate": "has row events; as before",
    "approvals_assistantsubmission": "has row events, and its event the mandate; as before",
    "approvals_mandate": "has row events; nobody gives one here",
    "people_enterprise": "has row events; nobody acts for one here",
    "approvals_representation": "has row events, its event a hash; nobody acts for another here",
    "approvals_undertaking": "has row events, its event a hash; nobody signs one here",
    "approvals_inspection": "has row events, its event a hash; nothing is inspected here",
    "approvals_creditrecord": "has row events; nobody has one here",
    "approvals_quotaplace": "has row events; each column in tests/approvals/test_quotas_at_once.py",
    "approvals_attachment": "has row events; its answers name it; nobody hands in a file here",
    "approvals_materialfinding": "has row events, and its event says all; as before",
    "materials_material": "has row events; its receipt names its hash; as before",
    "affairs_progresscode": "codes of minutes, kept for a day; nothing is decided on them",
    "credentials_credentialoffer": "has row events; nobody has a wallet here",
    "credentials_credential": "has row events; tests/credentials/test_guards.py",
    "credentials_statusentry": "has row events; as before",
    "credentials_presentationrequest": "has row events; nothing is decided on it",
    "offers_offer": "has row events; nobody is offered anything here",
    "services_suspension": "has row events; tests/approvals/test_suspension.py",
    "services_shadow": "has row events, but for what is only counted",
    "services_divergence": "is only counted: a page's figures, and no decision rests on it",
    "services_tally": "lives for a second; no decision rests on it",
    "services_rate": "is only counted; what it leads to is a suspension with its event",
    "operations_casecount": COUNTED,
    "operations_handovercount": COUNTED,
    "operations_answercount": COUNTED,
    "operations_rowchange": COUNTED,
    "operations_counteduntil": COUNTED,
    "offers_scan": "has row events, and a list with its hash; nothing is scanned here",
    "offers_scanorder": "has row events; as before",
    "offers_scanreading": "has row events; as before",
    "services_trial": "signed, and its event a hash; tests/services/test_trials.py",
    "services_trialflip": "their digest is signed with their trial; as before",
    "counter_appointment": "has row events; nobody books here",
    "approvals_absence": "has row events; nobody is away here",
    "approvals_savedfilter": "how an officer narrows a list",
    "affairs_contact": "where messages go besides the inbox; encrypted and bound to whose it is",
    "affairs_draft": "what was not handed in; encrypted and bound to whose it is",
    "affairs_message": "says that something is in the events, and nothing else",
    "affairs_messagedelivery": QUEUE,
    "affairs_rating": "has row events; nobody rates here",
    "entitlements_entitlement": ENTITLED,
    "entitlements_instalment": ENTITLED,
    "entitlements_overpayment": ENTITLED,
    "entitlements_paymentlist": ENTITLED,
    "django_admin_log": FRAME,
    "django_content_type": FRAME,
    "django_migrations": FRAME,
    "django_session": FRAME,
    "auth_permission": FRAME,
    "axes_accessattempt": FRAME,
    "axes_accessattemptexpiration": FRAME,
    "axes_accessfailurelog": FRAME,
    "axes_accesslog": FRAME,
    "otp_static_staticdevice": FRAME,
    "otp_static_statictoken": FRAME,
    "otp_totp_totpdevice": FRAME,
    "people_authenticator": "secrets of second factors",
    "people_passkey": "has row events; nobody has one here",
    "people_passkeychallenge": FRAME,
    "exchange_change": QUEUE,
    "exchange_notice": QUEUE,
    "exchange_webhookattempt": QUEUE,
    "exchange_webhookdelivery": QUEUE,
    "exchange_record": "the city's own store: whether it is true, no ledger of ours can say",
    "ledger_unsequenced": QUEUE,
    "services_pinyin": "how a word is read, for finding services; nothing is decided on it",
    "people_user_user_permissions": "has row events; nobody has a right of his own here",
}

CHANGES: dict[str, list[str]] = {  # what an insider would write instead, by PostgreSQL's type
    "varchar": ["{0} || 'x'", "'x'", "left({0}, -1)", "'440305'", "'approved'", "'valid'"],
    "text": ["{0} || 'x'", "'x'", "'{{}}'"],
    "int2": ["{0} + 1", "{0} - 1"],
    "int4": ["{0} + 1", "{0} - 1", "{0} + 1000"],
    "int8": ["{0} + 1", "{0} - 1", "1"],
    "bool": ["not {0}"],
    "bytea": ["{0} || 'x'::bytea", "sha256('x')"],
    "timestamptz": ["{0} + interval '1 day'", "now()", "{0} - interval '1 day'"],
    "date": ["{0} + 1", "{0} - 1", "'2020-01-01'"],
    "numeric": ["{0} + 1"],
    "jsonb": ['\'{{"a": "1"}}\'', "'[]'", "'[\"x\"]'"],
    "uuid": ["gen_random_uuid()"],
}
CHANGES["varchar"] += [
    "'in_person'",
    "'granted'",
    "'denied'",
    "'refuse'",
    "'accepted'",
    "'approve'",
    "'reject'",
    "'refer'",
    "'acceptance'",
    "'correction'",
    "'clerk'",
    "'abuse'",
]

# rows that are edited only where there are no others: constraints leave them no other value
LAST = {
    ("certificates_filing", ""): "events = 0",  # does not apply
    ("approvals_samplereview", ""): "answered_at IS NULL",
    ("approvals_decision", "outcome"): "live",  # the machine approves, and nothing else
    ("approvals_decision", "live"): "NOT live",
}

COLUMNS = """
SELECT table_name, column_name, udt_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name !~ '^exchange_record_'
ORDER BY table_name, ordinal_position
"""


@pytest.fixture
def admin(at_furnished: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser, whose triggers and foreign keys are off."""
    url = with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    history.live_through(tmp_path)
    assert list(faults(tmp_path)) == []
    return tmp_path


def edit(admin: psycopg.Connection[Any], table: str, column: str, kind: str) -> Any:
    """Edit one row, with a value where there is one; return how to undo it, None if none could."""
    names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    last = LAST.get((table, column)) or LAST.get((table, ""), "NULL::bool")
    first = f"SELECT ctid::text, {{column}} FROM {{table}} ORDER BY {last}, {{column}} IS NULL"
    first += ", ctid DESC LIMIT 1"
    row = admin.execute(sql.SQL(first).format(**names)).fetchone()
    if row is None:
        return None
    place, value = row
    if kind == "jsonb":
        value = Jsonb(value)
    undo = sql.SQL("UPDATE {table} SET {column} = %s WHERE ctid = %s::tid").format(**names)
    for change in CHANGES[kind]:
        if row[1] is None and "{0}" in change:
            continue
        new = sql.SQL(change).format(names["column"])
        statement = sql.SQL(
            "UPDATE {table} SET {column} = {new} WHERE ctid = %s::tid"
            " AND {column} IS DISTINCT FROM {new} RETURNING ctid::text"
        ).format(**names, new=new)
        try:
            moved = admin.execute(statement, [place]).fetchone()
        except psycopg.Error:
            continue  # a check constraint, or one value of a kind: another change may do
        if moved is not None:
            return lambda to=moved[0]: admin.execute(undo, [value, to])
    return None


def is_empty(admin: psycopg.Connection[Any], table: str) -> bool:
    """Nobody has such a row in this history; a table with row events has them for every column."""
    statement = sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    found = admin.execute(statement).fetchone()
    return found is not None and bool(found[0])


def test_an_edit_of_any_column_is_found(admin, heads, pytestconfig):
    columns = [
        (table, column, kind)
        for table, column, kind in admin.execute(COLUMNS).fetchall()
        if table not in TABLES_NOT_COVERED and f"{table}.{column}" not in NOT_COVERED
    ]
    assert len(columns) > 150
    if not pytestconfig.getoption("--full"):
        dice = random.Random(20260302)
        columns = [*dice.sample(columns, 8), *(c for c in columns if f"{c[0]}.{c[1]}" in DECISIVE)]
    unseen, untried = [], []
    recorded = {table.name: table.columns for table in row_events.tables()}
    for table, column, kind in columns:
        undo = edit(admin, table, column, kind)
        if undo is None:
            if not (column in recorded.get(table, ()) and is_empty(admin, table)):
                untried.append(f"{table}.{column}")
            continue
        if next(iter(faults(heads)), None) is None:
            unseen.append(f"{table}.{column}")
        undo()
    assert not unseen, unseen
    assert set(untried) <= UNTRIED, untried
    assert list(faults(heads)) == []


DECISIVE = {
    "approvals_application.received_on",
    "approvals_application.contested",
    "approvals_guardkey.key",
    "approvals_guardkey.held",
    "approvals_decision.officer_id",
    "certificates_endorsement.until",
    "certificates_filing.receipt",
    "services_edition.proposed_by",
    "services_proposal.source",
}
# no other value is possible in this history: constraints without triggers refuse it
UNTRIED: set[str] = {
    "bundles_bundlestep.state",  # submitted, and no other, goes with its application
    "approvals_termextension.approval_number",  # of fifteen days alone, by a check
    "approvals_termextension.approved_on",
    "auth_group_permissions.id",
    "certificates_revocation.dropped_at",
    "ledger_event.seq",
    "ledger_leaf.position",
    "ledger_publickey.number",
    "people_officerchange.first",
    "people_region.until",
    "people_user.id",
    "people_user_groups.id",
    "people_user_groups.user_id",
    "services_edition.number",
    "services_edition.is_first",
    "services_edition.rollback_of_id",
    "services_proposal.edition_id",
}

ROWS = {
    "a guard's key is deleted": "DELETE FROM approvals_guardkey WHERE ctid = (SELECT min(ctid) FROM"
    " approvals_guardkey)",
    "a claim is given to another case": "UPDATE approvals_guardkey SET application_id = (SELECT id"
    " FROM approvals_application ORDER BY id DESC LIMIT 1) WHERE guard = 'once'",
    "a proposal is edited with its hash": "UPDATE services_proposal SET source = source || '#',"
    " hash = encode(sha256(convert_to(E'1\\n' || source || '#', 'UTF8')), 'hex'), city = '{}'",
    "a proposal is put in": "INSERT INTO services_proposal (source, city, hash, in_force_from,"
    " reason, proposed_at, proposed_by, service_id) SELECT source, city, 'x', in_force_from, '',"
    " now(), 'officer:policy', service_id FROM services_proposal",
    "a filing is deleted": "DELETE FROM certificates_filing WHERE events = 0",
    "a row event is deleted": "DELETE FROM ledger_event WHERE subject LIKE 'rows:%'",
    "an office is put in": "INSERT INTO people_office SELECT 'x', name_zh, name_en, uscc"
    " FROM people_office LIMIT 1",
    "a look-up is put in": "INSERT INTO exchange_lookup SELECT gen_random_uuid(), registry,"
    ' subject, fields, by, purpose, "case", basis, outcome, reason, milliseconds, at'
    " FROM exchange_lookup LIMIT 1",
    "all tree heads are deleted": "DELETE FROM ledger_treehead",
    "all of history is deleted": "DELETE FROM ledger_treehead; DELETE FROM ledger_leaf;"
    " DELETE FROM ledger_event",
}


@pytest.mark.parametrize("statement", ROWS.values(), ids=ROWS.keys())
@pytest.mark.full
@pytest.mark.slow
def test_rows_that_come_and_go_are_found(statement, admin, heads):
    admin.execute(statement)
    assert next(iter(faults(heads)), None) is not None
