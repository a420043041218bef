"""Taking a base backup, keeping up with what changes after it, and removing old ones."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from deploy.backup import files, manifest, postgres
from deploy.backup.errors import Refused
from deploy.backup.manifest import POSTGRES_MANIFEST, Manifest
from deploy.backup.source import Source

SECONDS = 2.0  # how often files and heads are copied
KEY_FILE = re.compile(r"([a-z]+-\d{4})\.(pem|key)")
_START = re.compile(r"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
ABSENT = "absent.json"  # materials that are gone from the source: when that was first seen
Report = Callable[[str], None]


def take(source: Source, folder: Path, report: Report) -> Path:
    """Make a base backup with the files and heads of this moment; returns its folder.

    A base that is not complete is never among the bases. Raises ``Refused``.
    """
    source.keep_apart(folder)
    began = _now()
    name = f"{began:%Y-%m-%dT%H%M%SZ}"
    unfinished = folder / "bases" / f".{name}"
    place = folder / "bases" / name
    if place.exists():
        raise Refused(f"{place} 已存在", f"{place} exists already")
    for left in (folder / "bases").glob(".*Z"):  # of a run that was ended
        shutil.rmtree(left)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        postgres.base_backup(source.url, unfinished / "postgres")
        files.copy_heads(source.heads, folder / "heads")
        copied = files.copy_new(source.materials, folder / "materials")
        _describe(source, unfinished, began).write(unfinished)
        unfinished.rename(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    size = sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
    report(f"backup   | {place}: {size / 2**20:.0f} MiB, {copied.files} files")
    for wrong in copied.wrong:
        report(f"damaged  | {wrong}: 与其名称（哈希）不符 / is not what its name (hash) says")
    return place


def _describe(source: Source, unfinished: Path, began: datetime.datetime) -> Manifest:
    text = (unfinished / "postgres" / POSTGRES_MANIFEST).read_bytes()
    with postgres.connect(source.url) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        migrations = connection.execute("SELECT app || '.' || name FROM django_migrations")
        size, root = connection.execute(
            "SELECT size::text, encode(root, 'hex') FROM ledger_treehead AS head"
            " ORDER BY head.size DESC LIMIT 1"
        ).fetchone() or ("0", "")
        about = connection.execute(
            "SELECT current_setting('server_version_num')::int, system_identifier::text,"
            " current_database() FROM pg_control_system()"
        ).fetchone()
        assert about is not None
        names = sorted(str(row[0]) for row in migrations)
    found = source.keys.iterdir() if source.keys.is_dir() else ()
    return Manifest(
        began=began.isoformat(),
        ended=_now().isoformat(),
        postgres=int(str(about[0])),
        system=str(about[1]),
        database=str(about[2]),
        migrations=names,
        head=int(str(size)),
        root=str(root),
        keys=sorted(known[1] for one in found if (known := KEY_FILE.fullmatch(one.name))),
        sha256=hashlib.sha256(text).hexdigest(),
    )


def stream(source: Source, folder: Path, report: Report, *, going_on: Callable[[], bool]) -> None:
    """Receive every change until ``going_on`` says no; files and heads follow in seconds.

    The receiver is started again when it ends; the server keeps meanwhile what it has not got.
    """
    source.keep_apart(folder)
    wal = folder / "wal"
    wal.mkdir(mode=0o700, parents=True, exist_ok=True)
    postgres.make_slot(source.url)
    receiver: subprocess.Popen[bytes] | None = None
    scanned = 0.0
    try:
        while going_on():
            if receiver is None or receiver.poll() is not None:
                if receiver is not None:
                    report(
                        "stream   | 接收进程已退出，重新启动 / the receiver ended; started again"
                    )
                receiver = subprocess.Popen(postgres.receiver(source.url, wal), cwd="/")
            now = time.time()
            files.copy_heads(source.heads, folder / "heads")
            copied = files.copy_new(source.materials, folder / "materials", since=scanned)
            for wrong in copied.wrong:
                report(f"damaged  | {wrong}")
            scanned = now
            _wait(going_on)
    finally:
        if receiver is not None:
            receiver.terminate()
            receiver.wait(30)


def _wait(going_on: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while going_on() and time.monotonic() < end:
        time.sleep(0.1)


def prune(source: Source, folder: Path, keep: int, report: Report) -> None:
    """Remove all but the ``keep`` newest bases, and what only they needed.

    Changes from before the first base that is left go too, and materials whose absence from the
    source was first seen before it ended: a file that was erased is in no backup any more then.
    """
    if keep < 1:
        raise Refused("至少保留一份备份", "At least one base backup is kept")
    kept = any(True for _ in files.named(folder / "materials"))
    if kept and not any(True for _ in files.named(source.materials)):
        raise Refused(  # a folder that is not mounted looks like one of which all was erased
            f"{source.materials} 中没有材料，而备份中有：未清理备份",
            f"{source.materials} holds no materials and the backup does: nothing is removed",
        )
    found = manifest.bases(folder)
    for old in found[:-keep]:
        shutil.rmtree(old)
        report(f"removed  | {old}")
    left = manifest.bases(folder)
    if not left:
        return
    if (folder / "wal").is_dir():
        postgres.run(
            [postgres.program("pg_archivecleanup"), str(folder / "wal"), first_segment(left[0])],
            "清理旧的变更记录失败",
            "Old changes could not be removed",
        )
    gone = _forget(source, folder, manifest.read(left[0]).ended)
    report(f"removed  | {gone} materials")


def first_segment(base: Path) -> str:
    """Return the name of the first segment of changes that a base backup needs."""
    found = _START.search((base / "postgres" / "backup_label").read_text())
    if found is None:
        raise Refused(f"{base} 不是完整的备份", f"{base} is no complete backup")
    return found[1]


def _forget(source: Source, folder: Path, before: str) -> int:
    """Remove materials that have been absent since before a moment; returns how many."""
    note = folder / "materials" / ABSENT
    seen: dict[str, str] = json.loads(note.read_text()) if note.exists() else {}
    present = {one.name for one in files.named(source.materials)}
    now, gone = _now().isoformat(), 0
    absent = {}
    for one in files.named(folder / "materials"):
        if one.name in present:
            continue
        first = seen.get(one.name, now)
        if first < before:
            one.unlink()
            gone += 1
        else:
            absent[one.name] = first
    if note.parent.is_dir():
        note.write_text(json.dumps(absent))
    return gone


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
