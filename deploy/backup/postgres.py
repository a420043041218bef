"""The programs of PostgreSQL that copy a running server, and what is asked of it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg

from deploy.backup.errors import Refused
from deploy.local.paths import postgres_install

SLOT = "miaopi_backup"  # keeps every change on the server until the stream has it


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs."""
    return str(postgres_install() / "bin" / name)


def run(command: Sequence[str], zh: str, en: str) -> None:
    """Run a program to its end; refuses with the sentence and the end of what it said."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Refused(f"{zh}\n{last}", en)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to a server that is to be copied, autocommit."""
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise Refused(
            f"无法连接数据库：{error}", f"The database cannot be reached: {error}"
        ) from None


def base_backup(url: str, folder: Path) -> None:
    """Copy the cluster into ``folder``, with the changes made meanwhile and a SHA-256 of each file.

    The role needs REPLICATION.
    """
    run(
        [
            program("pg_basebackup"), "-d", url, "-D", str(folder), "--checkpoint=fast",
            "--wal-method=stream", "--manifest-checksums=SHA256", "--no-password",
        ],
        "备份数据库失败", "The database could not be backed up",
    )  # fmt: skip


def make_slot(url: str) -> None:
    """Make the server keep what the stream has not received."""
    run(
        [
            program("pg_receivewal"), "-d", url, "--slot", SLOT, "--create-slot",
            "--if-not-exists", "--no-password",
        ],
        "无法建立复制槽", "The replication slot could not be made",
    )  # fmt: skip


def receiver(url: str, folder: Path) -> list[str]:
    """Return the command that writes every change to ``folder`` as it is committed."""
    return [
        program("pg_receivewal"), "-d", url, "-D", str(folder), "--slot", SLOT,
        "--synchronous", "--no-password",
    ]  # fmt: skip
