"""Django's PostgreSQL backend with one difference: a connection that the server has ended is
replaced before the next statement, in every process and thread alike.

Django by itself looks at a connection at the beginning of a request, by a query. Celery's
children, the engine and threads have no requests: after a restart of PostgreSQL they would fail
at every statement, and the pool would hand out ended connections. Here each statement outside a
transaction looks at the socket first, which asks nobody and takes two microseconds.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


def is_ended(connection: psycopg.Connection[Any]) -> bool:
    """Has the server ended this idle connection?

    Nothing arrives on an idle connection but the end of it, or a rare notice: only then is the
    server asked. An end that the network swallows is found by the keepalives of the socket.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        connection.execute("")
    except psycopg.Error:
        connection.close()
    return connection.closed


class DatabaseWrapper(base.DatabaseWrapper):
    def close_if_health_check_failed(self) -> None:
        """Called by Django before each statement and before a transaction begins.

        Within a transaction nothing is replaced: what it wrote is gone, and its next statement
        must fail.
        """
        idle = self.connection is not None and self.autocommit and not self.in_atomic_block
        if idle and is_ended(self.connection):
            self.close()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection, or one of the pool that is still in use at the other end."""
        connection = super().get_new_connection(conn_params)
        if self.pool:
            for _ in range(self.pool.max_size):
                if not is_ended(connection):
                    break
                self.pool.putconn(connection)  # which replaces it
                connection = super().get_new_connection(conn_params)
        return connection
