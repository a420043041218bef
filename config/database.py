"""Django's settings of a connection to PostgreSQL, from its URL."""

from psycopg.conninfo import conninfo_to_dict

# of each session, unless the URL has `options` of its own for the same
SESSION = (
    "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=30s"
    " -c synchronous_commit=on -c timezone=UTC"
)
# A server that vanishes without a word (its machine or network is gone) is noticed within half a
# minute; none of this matters on a Unix socket. libpq waits for ever otherwise.
NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}
OWN_KEYS = {
    "dbname": "NAME",
    "user": "USER",
    "password": "PASSWORD",
    "host": "HOST",
    "port": "PORT",
}


def from_url(url: str, *, pool: int = 0, prepare: bool) -> dict[str, object]:
    """The entry of `DATABASES` for a URL that libpq takes (sslmode and all its other parameters).

    `pool`: most connections of a pool; 0: one connection a thread, kept. `prepare`: statements
    are prepared once a connection.
    """
    parts = {"dbname": "miaopi", **conninfo_to_dict(url)}
    options: dict[str, object] = NETWORK | {
        key: value for key, value in parts.items() if key not in OWN_KEYS
    }
    options["options"] = f"{SESSION} {parts.get('options', '')}".rstrip()
    # planning the same statements was a quarter to a half of PostgreSQL's part in small batches
    options |= {"server_side_binding": prepare, "prepare_threshold": 5 if prepare else None}
    if pool:
        # few, so that they are warm (a new one costs tens of milliseconds before its caches are
        # full, and the pool takes all in turn), and more when everybody comes at once. Without
        # PostgreSQL an attempt is given up soon, because while it lasts the pool makes no other:
        # its pauses double, and after an outage requests would fail for as long again
        options["pool"] = {
            "min_size": min(4, pool),
            "max_size": pool,
            "timeout": 10,
            "reconnect_timeout": 2,
        }
    return {
        "ENGINE": "bulk.postgresql",  # replaces a connection that the server has ended
        **{key: str(parts.get(name, "")) for name, key in OWN_KEYS.items()},
        "CONN_MAX_AGE": 0 if pool else 60,  # seconds; looked at where requests end
        "OPTIONS": options,
    }
