"""Django's ``migrate``, then what only PostgreSQL can promise: grants and guards.

Runs as the owner (``manage.py`` sees to it). Everything installed afterwards is made from the
code's own tables on every run, so that a deleted edge or a new table of history is in force as
soon as ``migrate`` has run.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections, transaction
from psycopg import sql

from ledger import row_events
from ledger.guards import REFUSE, append_only

# The application's role reads and writes rows; tables, types and functions belong to the owner.
GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
"""


def statements() -> Iterator[str]:
    """Yield all SQL to be run after the tables: grants first, then each app's guards.

    Raises ``ModuleNotFoundError`` when ``settings.GUARDS`` names a module that does not exist:
    a guard that is silently missing is worse than no start.
    """
    yield (
        sql.SQL(GRANTS).format(role=sql.Identifier(str(settings.APPLICATION_ROLE))).as_string(None)
    )
    yield REFUSE
    yield row_events.WRITE
    for path in settings.GUARDS:
        module = import_module(path)
        for table in module.HISTORY:
            yield from append_only(table)
        for guard in module.GUARDS:
            yield from (guard,) if isinstance(guard, str) else guard
        for recorded in getattr(module, "RECORDED", ()):
            yield from row_events.guard(recorded)


class Command(migrate.Command):
    help = "Create and change tables, then install guards and grants."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--no-guards", action="store_true", help="Only tables (for moving back and forth)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        partial = options["app_label"] or options["plan"] or options["check_unapplied"]
        if partial or options["no_guards"]:
            if options["verbosity"] >= 1:
                self.stdout.write("Guards and grants were left as they are.")
            return
        alias = options["database"]
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            for statement in statements():
                cursor.execute(statement)
        if options["verbosity"] >= 1:
            self.stdout.write(self.style.SUCCESS("Guards and grants are in place."))
