"""The database connection of a thread, given back while it waits for something else."""

from django.db import connection


def give_back() -> None:
    """Give the connection back to the pool; the next statement takes one again.

    For what waits, however long, for anything but PostgreSQL: others need it. Within a transaction
    nothing is done.
    """
    if not connection.in_atomic_block:
        connection.close()
