"""Promises that PostgreSQL keeps by itself: SQL made from the code's own tables.

Every app has a ``guards`` module with ``GUARDS`` (statements, or what the builders below return;
each safe to run again) and ``HISTORY`` (tables that only grow). ``manage.py migrate`` installs
them after the tables and the grants; see ``ledger.management.commands.migrate``.
"""

from collections.abc import Sequence

from django.conf import settings
from psycopg import sql

from ledger.models import Edges


def _text(template: str, **parts: sql.Composable) -> tuple[str]:
    return (sql.SQL(template).format(**parts).as_string(None),)


def _list(words: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Literal(str(word)) for word in words)


# One function for all tables. The arguments are the columns that may still change.
REFUSE = """
CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0
        AND to_jsonb(NEW) - TG_ARGV::text[] = to_jsonb(OLD) - TG_ARGV::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'history only grows: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""


def append_only(table: str, except_columns: Sequence[str] = ()) -> tuple[str, ...]:
    """Return SQL after which ``table`` only grows; ``except_columns`` may still be changed.

    Triggers stop everybody, the owner included; the missing grants stop the application's role
    even where somebody has switched the triggers off.
    """
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in except_columns)
    again = sql.SQL("GRANT UPDATE ({c}) ON {t} TO {role};").format(
        c=columns, t=sql.Identifier(table), role=sql.Identifier(str(settings.APPLICATION_ROLE))
    )
    return _text(
        """
        CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {t}
            FOR EACH ROW EXECUTE FUNCTION ledger_append_only({columns});
        CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON {t}
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
        REVOKE UPDATE, DELETE, TRUNCATE ON {t} FROM {role};
        {again}
        """,
        t=sql.Identifier(table),
        columns=_list(except_columns),
        role=sql.Identifier(str(settings.APPLICATION_ROLE)),
        again=again if except_columns else sql.SQL(""),
    )


def edges(
    table: str,
    table_of_edges: Edges,
    column: str = "state",
    initial: Sequence[str] = ("draft",),
    silent: Sequence[str] = ("draft",),
) -> tuple[str, ...]:
    """Return SQL statements that refuses any change of state which is not an edge, or has no Event.

    ``table_of_edges`` is the app's own ``EDGES`` (name: (from states, to state)), from which
    django-fsm's transitions are made too. A row is born in one of ``initial``, with its first
    event already there unless that state is in ``silent``. Raises ``check_violation``, which
    Django shows as ``IntegrityError``.
    """
    pairs = sorted({(str(a), str(to)) for sources, to in table_of_edges.values() for a in sources})
    moves = sql.SQL(", ").join(
        sql.SQL("({}, {})").format(sql.Literal(a), sql.Literal(b)) for a, b in pairs
    )
    return _text(
        """
        CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF (NEW.{s} IN ({initial})) IS NOT TRUE THEN
                    RAISE EXCEPTION '% is not born in state %', TG_TABLE_NAME, NEW.{s}
                        USING ERRCODE = 'check_violation';
                END IF;
                IF NEW.head IS NULL AND (NEW.{s} IN ({silent})) IS NOT TRUE THEN
                    RAISE EXCEPTION '% in state % has no event', TG_TABLE_NAME, NEW.{s}
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF NEW.{s} IS DISTINCT FROM OLD.{s} THEN
                IF ((OLD.{s}, NEW.{s}) IN ({moves})) IS NOT TRUE THEN
                    RAISE EXCEPTION '%: no edge leads from % to %',
                        TG_TABLE_NAME, OLD.{s}, NEW.{s} USING ERRCODE = 'check_violation';
                END IF;
                IF NEW.events <> OLD.events + 1 OR NEW.head IS NOT DISTINCT FROM OLD.head THEN
                    RAISE EXCEPTION '%: % to % has no event of its own',
                        TG_TABLE_NAME, OLD.{s}, NEW.{s} USING ERRCODE = 'check_violation';
                END IF;
            ELSIF (NEW.events, NEW.head) IS DISTINCT FROM (OLD.events, OLD.head)
                AND (NEW.events <= OLD.events OR NEW.head IS NULL OR NEW.head = OLD.head) THEN
                RAISE EXCEPTION '%: a history only grows', TG_TABLE_NAME
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER edges BEFORE INSERT OR UPDATE OF {s}, events, head ON {t}
            FOR EACH ROW EXECUTE FUNCTION {function}();
        """,
        function=sql.Identifier(f"{table}_edges"),
        t=sql.Identifier(table),
        s=sql.Identifier(column),
        initial=_list(initial),
        silent=_list(silent) if silent else sql.SQL("NULL"),
        moves=moves if pairs else sql.SQL("(NULL, NULL)"),
    )


def head_exists(table: str) -> tuple[str, ...]:
    """Return SQL that makes ``head`` of ``table`` a foreign key to an event's hash, once.

    Deferred, so that state and event may be written in either order; checked at commit, so that
    no state can be committed without the event that made it.
    """
    return _text(
        """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = {literal}) THEN
                ALTER TABLE {t} ADD CONSTRAINT {name} FOREIGN KEY (head)
                    REFERENCES ledger_event (hash) DEFERRABLE INITIALLY DEFERRED;
            END IF;
        END $$;
        """,
        t=sql.Identifier(table),
        name=sql.Identifier(f"{table}_head_is_an_event"),
        literal=sql.Literal(f"{table}_head_is_an_event"),
    )


# Statement-level with a transition table: one extra insert a statement, however many events.
# It runs with the owner's rights, so that the application's role cannot forget an event.
QUEUE = """
CREATE OR REPLACE FUNCTION ledger_event_unsequenced() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_unsequenced (event) SELECT id FROM added;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER unsequenced AFTER INSERT ON ledger_event
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_event_unsequenced();
"""

# Only the owner publishes keys, in the commands that have the root key at hand.
KEYS = _text(
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_publickey FROM {role}",
    role=sql.Identifier(str(settings.APPLICATION_ROLE)),
)[0]

GUARDS: Sequence[str] = (
    QUEUE,
    *append_only("ledger_publickey", ("retired_at", "number", "previous", "root_signature")),
    KEYS,
)
HISTORY: Sequence[str] = ("ledger_event", "ledger_leaf", "ledger_treehead")
