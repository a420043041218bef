"""The guards in the database against those that the code installs: triggers, functions, grants.

What should be there is read from the very statements that ``migrate`` runs.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from ledger.audit.fault import Fault

_FUNCTION = re.compile(
    r"CREATE OR REPLACE FUNCTION\s+\"?(\w+)\"?\s*\(.*?AS \$(\w*)\$(.*?)\$\2\$", re.DOTALL
)
_TRIGGER = re.compile(
    r"CREATE (?:OR REPLACE )?TRIGGER\s+(\S+)\s+(BEFORE|AFTER)\s+(.*?)\s+ON\s+(\S+)\s+(.*?)"
    r"EXECUTE FUNCTION\s+(\S+?)\((.*?)\)",
    re.DOTALL,
)
_GRANT = re.compile(
    r"(GRANT|REVOKE)\s+([A-Z, ]+?)\s*(\([^)]*\))?\s+ON\s+(ALL TABLES IN SCHEMA public|\S+)"
    r"\s+(?:TO|FROM)\s+\"?(\w+)\"?"
)
_PARTITIONED = re.compile(r"pg_partition_tree\('(\w+)'\)")
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

Triggers = dict[tuple[str, str], str]  # (table, name): definition, in a form of our own


def faults() -> Iterator[Fault]:
    from ledger.management.commands.migrate import statements

    text = "\n".join(s if s.rstrip().endswith(";") else f"{s};" for s in statements())
    yield from _functions(text)
    yield from _triggers(text)
    yield from _grants(text)
    yield from _constraints()
    yield from _roles()


def _query(text: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return list(cursor.fetchall())


def _functions(text: str) -> Iterator[Fault]:
    wanted = {name: body for name, _, body in _FUNCTION.findall(text)}
    there = dict(
        _query(
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_proc.oid"
            "  AND d.deptype = 'e')"
        )
    )
    for name in sorted(wanted.keys() | there.keys()):
        if name not in there:
            yield Fault(f"function {name}", -1, "is missing: run migrate")
        elif name not in wanted:
            yield Fault(f"function {name}", -1, "is none of ours")
        elif wanted[name] != there[name]:
            yield Fault(f"function {name}", -1, "is not as the code has it")


def _triggers(text: str) -> Iterator[Fault]:
    joined = re.sub(r"'\s*\n\s*'", "", text)  # literals of one statement on several lines
    wanted = _read(joined)
    for table in _PARTITIONED.findall(joined):
        parts = [
            r[0] for r in _query("SELECT relid::regclass::text FROM pg_partition_tree(%s)", [table])
        ]
        wanted |= {
            (part, name): definition
            for (on, name), definition in wanted.items()
            if on == "%s"
            for part in parts
        }
    there: Triggers = {}
    disabled = set()
    for table, name, enabled, definition in _query(
        "SELECT c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid) FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
        " AND c.relnamespace = 'public'::regnamespace"
    ):
        there |= {(table, n): d for (_, n), d in _read(definition).items()}
        if enabled != "O":
            disabled.add((table, name))
    for at in sorted(key for key in wanted.keys() | there.keys() if key[0] != "%s"):
        where = f"trigger {at[1]} on {at[0]}"
        if at not in there:
            yield Fault(where, -1, "is missing: run migrate")
        elif at not in wanted:
            yield Fault(where, -1, "is none of ours")
        elif at in disabled:
            yield Fault(where, -1, "is switched off")
        elif wanted[at] != there[at]:
            yield Fault(where, -1, "is not as the code has it")
    for table, name in _query(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgisinternal AND t.tgenabled <> 'O'"
        " AND c.relnamespace = 'public'::regnamespace"
    ):
        yield Fault(f"foreign key trigger {name} on {table}", -1, "is switched off")
    for table, name in _query(
        "SELECT tablename, rulename FROM pg_rules WHERE schemaname = 'public'"
    ):
        yield Fault(f"rule {name} on {table}", -1, "is none of ours")


def _read(text: str) -> Triggers:
    found: Triggers = {}
    for name, when, events, table, middle, function, arguments in _TRIGGER.findall(text):
        on = table.replace('"', "").removeprefix("public.")
        at = (on, name.strip('"'))
        parts = sorted(re.split(r"\s+OR\s+", events))
        rest = re.sub(r"::text|[()\"\s]", "", middle).replace("FOREACH", "EACH").lower()
        written = re.sub(r"\s", "", arguments)
        called = function.replace('"', "").removeprefix("public.")
        found[at] = re.sub(
            r"[\"\s]", "", f"{when} {','.join(parts)} {rest} {called}({written})"
        ).lower()
    return found


def _grants(text: str) -> Iterator[Fault]:
    role = settings.APPLICATION_ROLE
    tables = [
        row[0]
        for row in _query(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') ORDER BY 1"
        )
    ]
    wanted: dict[str, set[str]] = defaultdict(set)
    for granted, rights, columns, target, whom in _GRANT.findall(text):
        if whom != role or columns:
            continue
        for table in tables if target.startswith("ALL") else [target.strip('"')]:
            change = {right.strip() for right in rights.split(",")}
            wanted[table] = wanted[table] | change if granted == "GRANT" else wanted[table] - change
    for table in tables:
        for right in WRITES:
            (has,) = _query(
                "SELECT has_table_privilege(%s, quote_ident(%s), %s)", [role, table, right]
            )[0]
            if has and right not in wanted[table]:
                yield Fault(f"table {table}", -1, f"{role} may {right}, which no code grants")
    for table, whom, right in _query(
        "SELECT c.relname, coalesce(r.rolname, 'everybody'), a.privilege_type FROM pg_class c"
        " CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.grantee <> c.relowner AND coalesce(r.rolname, '') <> %s"
        " AND a.privilege_type <> 'SELECT' ORDER BY 1, 2, 3",
        [role],
    ):
        yield Fault(f"table {table}", -1, f"{whom} may {right}, which no code grants")


def _constraints() -> Iterator[Fault]:
    """Unique keys, checks and foreign keys that the models name, and heads that are events."""
    there = {
        row[0]
        for row in _query(
            "SELECT conname FROM pg_constraint WHERE convalidated"
            " UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            "  WHERE i.indisvalid AND i.indisunique"
        )
    }
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name not in there:
                yield Fault(f"constraint {constraint.name}", -1, "is missing")
        if {"events", "head"} <= {f.name for f in model._meta.concrete_fields}:
            name = f"{model._meta.db_table}_head_is_an_event"
            if name not in there:
                yield Fault(f"constraint {name}", -1, "is missing")


def _roles() -> Iterator[Fault]:
    role = settings.APPLICATION_ROLE
    for what, is_so in _query(
        "SELECT w, b FROM pg_roles r CROSS JOIN LATERAL (VALUES ('is a superuser', rolsuper),"
        " ('may make roles', rolcreaterole), ('passes by row security', rolbypassrls),"
        " ('owns tables', EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid"
        "  AND c.relnamespace = 'public'::regnamespace)),"
        " ('may create in the schema', has_schema_privilege(r.oid, 'public', 'CREATE')))"
        " AS v(w, b) WHERE rolname = %s",
        [role],
    ):
        if is_so:
            yield Fault(f"role {role}", -1, what)
