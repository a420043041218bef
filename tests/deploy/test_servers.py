"""Our own PostgreSQL and Redis: real processes, killed for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from deploy.local.lock import FolderInUse
from deploy.local.paths import ROOT, is_reachable, socket_folder
from deploy.local.process import start_ticks
from deploy.local.servers import Servers

pytestmark = pytest.mark.slow


def test_what_was_committed_survives_every_kind_of_crash(open_folder: Path) -> None:
    with Servers(open_folder) as servers:
        with servers.postgres.connect() as connection:
            connection.execute("CREATE TABLE kept (n int)")
        for number, crash in enumerate((servers.postgres.kill, servers.postgres.stop_immediately)):
            with servers.postgres.connect() as connection:
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
            crash()
            assert "postgres" not in servers.pids()
            servers.postgres.start_and_wait()
        with servers.redis.connect() as client:
            client.set("kept", "yes")
        servers.redis.kill()
        servers.redis.start()
        with servers.postgres.connect() as connection, servers.redis.connect() as client:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (2,)
            assert client.get("kept") == b"yes"


def test_durable_servers_are_durable_and_have_no_tcp_port(open_folder: Path) -> None:
    with Servers(open_folder) as servers:
        with servers.postgres.connect() as connection:
            for setting, value in {
                "fsync": "on",
                "synchronous_commit": "on",
                "full_page_writes": "on",
                "data_checksums": "on",
                "listen_addresses": "",
                "server_encoding": "UTF8",
            }.items():
                assert connection.execute(f"SHOW {setting}").fetchone() == (value,), setting
        with servers.redis.connect() as client:
            assert client.config_get("appendfsync")["appendfsync"] == "always"
            assert client.config_get("port")["port"] == "0"
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        for pid in servers.pids().values():
            assert os.geteuid() != 0 or Path(f"/proc/{pid}").stat().st_uid != 0


def test_the_roles_may_what_they_should(open_folder: Path) -> None:
    with Servers(open_folder, durable=False) as servers:
        servers.postgres.ensure_database("city")
        settings = servers.env("city")
        with psycopg.connect(settings["DATABASE_OWNER_URL"]) as owner:
            owner.execute("CREATE TABLE mine (n int)")
        with psycopg.connect(settings["DATABASE_URL"]) as application:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("CREATE TABLE theirs (n int)")
            application.rollback()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("SELECT * FROM mine")


def test_a_second_start_names_the_first(open_folder: Path) -> None:
    with Servers(open_folder, durable=False) as first:
        first.lock.write_note("http://127.0.0.1:8123")
        with pytest.raises(FolderInUse, match="8123"):
            Servers(open_folder, durable=False).start()
        assert set(first.pids()) == {"postgres", "redis"}


PARENT = """
import json, sys, time
from pathlib import Path
from deploy.local.servers import Servers
servers = Servers(Path(sys.argv[1])).start()
print(json.dumps(servers.pids()), flush=True)
time.sleep(300)
"""


def test_servers_die_with_a_parent_that_was_killed_and_start_again(open_folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(open_folder)], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert all(start_ticks(pid) for pid in pids.values())
        parent.send_signal(signal.SIGKILL)
    with Servers(open_folder) as servers:  # at once: the old ones may be half dead
        assert set(servers.pids().values()).isdisjoint(pids.values())
        assert not any(start_ticks(pid) for pid in pids.values())


def test_stale_files_of_a_crash_do_not_prevent_a_start(open_folder: Path) -> None:
    with Servers(open_folder) as servers:
        (stale := servers.postgres.data / "postmaster.pid").read_text()
        lines = stale.read_text().splitlines()
        servers.postgres.kill()
        servers.redis.kill()
    # The pid now belongs to another running process.
    stale.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    with Servers(open_folder) as servers:
        assert set(servers.pids()) == {"postgres", "redis"}


def test_a_deep_checkout_gets_a_short_socket(open_folder: Path) -> None:
    deep = open_folder.joinpath(*["folder-with-a-long-name"] * 5)
    deep.mkdir(parents=True)
    with Servers(deep, durable=False) as servers:
        assert len(str(servers.redis.socket)) < 100
        with servers.redis.connect() as client:
            assert client.ping()
        other = socket_folder(deep.parent / "folder-with-a-long-eman", None)
        assert other != servers.sockets
        other.rmdir()
        sockets = servers.sockets
    import shutil

    shutil.rmtree(sockets)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_a_checkout_closed_to_others_gets_its_data_elsewhere(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    assert not is_reachable(closed / "var", 65534)
    servers = Servers(closed / "var", durable=False)
    try:
        with servers:
            assert set(servers.pids()) == {"postgres", "redis"}
            assert (closed / "var" / "MOVED").read_text().strip() == str(servers.folder)
    finally:
        servers.erase()
