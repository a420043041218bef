"""Restoring into an empty folder: checked, recovered to a moment, and proved before it is used."""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from deploy.backup import files, manifest
from deploy.backup.errors import Refused
from deploy.backup.manifest import Manifest
from deploy.backup.taking import KEY_FILE, Report, first_segment
from deploy.local.paths import ROOT
from deploy.local.servers import Servers

MANAGE = [sys.executable, "manage.py"]
_SEGMENT = re.compile(r"([0-9A-F]{24})(\.partial)?|[0-9A-F]{8}\.history")
NO_TARGET = "recovery ended before configured recovery target was reached"
HBA = "local all all trust\n"  # its socket is in a folder of the servers' user alone


@dataclass(frozen=True, slots=True)
class Wish:
    """What to restore: from ``folder`` into the empty ``into``, as it was ``at`` (None: the last).

    ``keys``: the folder of keys, which no backup has. ``by`` and ``reason``: who answers for events
    that were exported and are not in what is restored; needed only when there are some.
    """

    folder: Path
    into: Path
    keys: Path
    at: datetime.datetime | None = None
    by: str = ""
    reason: str = ""


def restore(wish: Wish, report: Report) -> int:
    """Restore, recover, compare with the exported heads; returns the audit's exit code.

    Raises ``Refused`` with what is wrong; ``into`` is then left as far as it came.
    """
    began = time.monotonic()
    base = manifest.base_for(wish.folder, wish.at)
    what = manifest.read(base)
    _fits(wish, what)
    with _step("verify", report):
        manifest.verify(base)
    servers = Servers(wish.into / "run", parts=("postgres",))
    with _step("copy", report):
        _copy(wish, base, servers)
    try:
        with _step("recover", report):
            _recover(wish, servers)
        with _step("files", report):
            copied = files.copy_new(wish.folder / "materials", wish.into / "run" / "materials")
            files.copy_heads(wish.folder / "heads", wish.into / "heads")
        for wrong in copied.wrong:
            report(f"damaged  | {wrong}: 与其名称（哈希）不符 / is not what its name (hash) says")
        env = _environment(wish, servers, what)
        with _step("tables", report):
            _manage(env, "migrate", "--verbosity", "0")
        with _step("heads", report):
            _answer_for_lost(wish, env, report)
        with _step("audit", report):
            heads = ["--heads", str(wish.into / "heads")] if _has_heads(wish.into) else []
            done = subprocess.run([*MANAGE, "audit", *heads], env=env, cwd=ROOT, check=False)
    finally:
        servers.stop()
    report(f"restored | {wish.into}: {time.monotonic() - began:.1f} s, audit {done.returncode}")
    return done.returncode


@contextmanager
def _step(name: str, report: Report) -> Iterator[None]:
    began = time.monotonic()
    yield
    report(f"{name:<8} | {time.monotonic() - began:.1f} s")


# --- before anything is written


def _fits(wish: Wish, what: Manifest) -> None:
    """Refuse what could not be used once it is restored."""
    if wish.into.exists() and any(wish.into.iterdir()):
        raise Refused(f"{wish.into} 不是空目录", f"{wish.into} is not empty")
    if bool(wish.by) != bool(wish.reason):
        raise Refused("--by 与 --reason 须同时给出", "Give --by and --reason together")
    found = wish.keys.iterdir() if wish.keys.is_dir() else ()
    held = {known[1] for one in found if (known := KEY_FILE.fullmatch(one.name))}
    if missing := sorted(set(what.keys) - held):
        raise Refused(
            f"{wish.keys} 缺少密钥 {'、'.join(missing)}：没有它们，恢复的数据无法读取",
            f"{wish.keys} lacks the keys {', '.join(missing)}: without them what is restored "
            "cannot be read",
        )
    done = subprocess.run(
        [sys.executable, "-m", "deploy.backup.schema"],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "DEMO": _demo()},
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise Refused("无法读取本版本的数据库结构", f"This release does not start:\n{done.stderr}")
    if unknown := sorted(set(what.migrations) - set(done.stdout.split())):
        raise Refused(
            f"备份来自更新的版本（{'、'.join(unknown[:3])} 等）：请先安装该版本再恢复",
            f"The backup is of a newer release, whose tables this one does not know "
            f"({', '.join(unknown[:3])} …): install that release, then restore",
        )


def _demo() -> str:
    return os.environ.get("DEMO", "1")


# --- the database


def _copy(wish: Wish, base: Path, servers: Servers) -> None:
    """Copy the base, and the changes since, to where the server's user can read them."""
    data = servers.postgres.data
    data.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(base / "postgres", data, symlinks=True)
    wal = data.parent / "wal"
    wal.mkdir()
    first = first_segment(base)
    for file in sorted((wish.folder / "wal").glob("*")):
        found = _SEGMENT.fullmatch(file.name)
        if not found or (found[1] and found[1] < first):
            continue
        name = file.name.removesuffix(".partial")
        if not (wal / name).exists():  # the whole segment comes before its .partial
            shutil.copyfile(file, wal / name)
    (data.parent / "hba.conf").write_text(HBA)
    (data / "postgresql.conf").touch()  # where a distribution keeps it elsewhere
    if servers.postgres.user:
        for one in (data, wal, data.parent / "hba.conf", *data.rglob("*"), *wal.iterdir()):
            os.chown(one, *servers.postgres.user, follow_symlinks=False)
    data.chmod(0o700)


def _recover(wish: Wish, servers: Servers) -> None:
    """Replay the changes up to the moment; returns when the server takes statements again."""
    server = servers.postgres
    wal = str(server.data.parent / "wal").replace("'", "'\\''").replace("%", "%%")
    settings = {
        "restore_command": f"cp -- '{wal}/%f' \"%p\"",
        "recovery_target_action": "promote",
        "hba_file": str(server.data.parent / "hba.conf"),
        "archive_mode": "off",
    }
    if wish.at is not None:
        settings["recovery_target_time"] = wish.at.astimezone(datetime.UTC).isoformat()
    options = [word for k, v in settings.items() for word in ("-c", f"{k}={v}")]
    server.process.command = [*server.process.command, *options]
    (server.data / "recovery.signal").touch()
    if server.user:
        os.chown(server.data / "recovery.signal", *server.user)
    try:
        servers.lock.take()
        server.start_and_wait()
        while _in_recovery(servers):
            time.sleep(0.2)
    except (RuntimeError, psycopg.Error) as error:
        if NO_TARGET in server.process.log_tail(40):
            raise Refused(
                f"备份中的变更到不了 {wish.at}：请不指定时刻，恢复到最后",
                f"The changes in the backup end before {wish.at}: name no moment, to restore "
                "the last one",
            ) from error
        raise Refused(
            f"数据库恢复失败：{error}", f"The database could not be recovered: {error}"
        ) from error


def _in_recovery(servers: Servers) -> bool:
    if not servers.postgres.process.is_running:
        raise RuntimeError(servers.postgres.process.log_tail())
    with servers.postgres.connect() as connection:
        row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    return bool(row and row[0])


# --- what proves it


def _environment(wish: Wish, servers: Servers, what: Manifest) -> Mapping[str, str]:
    return {
        **os.environ,
        **servers.env(what.database),
        "DEMO": _demo(),
        "KEYS_DIR": str(wish.keys.resolve()),
        "HEADS_DIR": str((wish.into / "heads").resolve()),
        "MATERIALS_DIR": str((wish.into / "run" / "materials").resolve()),
        "LOG_LEVEL": "WARNING",
    }


def _manage(env: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        [*MANAGE, *words], env=env, cwd=ROOT, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Refused(
            f"恢复后的步骤失败：manage.py {words[0]}",
            f"manage.py {' '.join(words)} failed:\n{done.stderr[-2000:]}",
        )
    return done.stdout


def _has_heads(into: Path) -> bool:
    return any((into / "heads").glob("heads-*.jsonl"))


def _answer_for_lost(wish: Wish, env: Mapping[str, str], report: Report) -> None:
    """Where exported events are not in what was restored, say so under a name, or leave it open."""
    if not _has_heads(wish.into):
        return
    heads = str(wish.into / "heads")
    _manage(env, "heads", "sequence")
    if wish.by and wish.reason:
        words = ["restored", heads, "--by", wish.by, "--reason", wish.reason]
        report(f"heads    | {_manage(env, 'heads', *words).strip()}")


def moment(text: str) -> datetime.datetime:
    """Read a moment (ISO 8601 with its offset); refuses one without an offset."""
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(
            "须写明时区 / an offset is needed: 2026-11-30T09:00:00+08:00"
        )
    return at
