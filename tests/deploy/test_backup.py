"""A durable server of its own is backed up while it works, lost, and restored elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from deploy.backup import files, manifest, postgres, restoring, taking
from deploy.backup.errors import Refused
from deploy.backup.source import Source
from deploy.local.paths import ROOT
from deploy.local.servers import Servers, with_database
from tests.plugins import templates

pytestmark = [pytest.mark.slow]
SETTLE = """
import django
django.setup()
from ledger import heads
from ledger.clock import now
from tests.approvals.cases import settled
print(settled({persona!r}).number)
heads.sequence(now())
from django.conf import settings
heads.export(settings.HEADS_DIR)
"""


@dataclass
class City:
    """A city at work: its servers, the folder that is lost with them, and the backup beside it."""

    folder: Path
    servers: Servers
    env: dict[str, str]
    source: Source
    backup: Path
    said: list[str] = field(default_factory=list)

    def settle(self, persona: str) -> str:
        """One more case decided, and its head exported; returns the case's number."""
        command = [sys.executable, "-c", SETTLE.format(persona=persona)]
        done = subprocess.run(
            command, env=self.env, cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[0]

    def hand_in(self, data: bytes) -> str:
        """A file as the materials' storage writes one; its name."""
        name = hashlib.sha256(data).hexdigest()
        place = self.source.materials / name[:2] / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return name

    def wish(self, into: Path) -> restoring.Wish:
        return restoring.Wish(folder=self.backup, into=into, keys=self.source.keys)


@pytest.fixture(scope="module")
def city(
    tmp_path_factory: pytest.TempPathFactory, furnished_template: templates.Template
) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    keys = folder / "keys"
    shutil.copytree(furnished_template.folder / "keys", keys)
    servers = Servers(folder / "run", parts=("postgres",))
    with servers:
        servers.postgres.ensure_database("miaopi")
        _load(furnished_template.name, servers.postgres.url(database="miaopi"))
        materials, heads = folder / "materials", folder / "heads"
        for one in (materials, heads):
            one.mkdir()
        source = Source(servers.postgres.url(database="miaopi"), materials, heads, keys)
        env = os.environ | servers.env() | {"KEYS_DIR": str(keys), "HEADS_DIR": str(heads)}
        env |= {"MATERIALS_DIR": str(materials), "DJANGO_SETTINGS_MODULE": "config.settings"}
        yield City(folder, servers, env, source, folder.with_name(f"{folder.name}-backup"))


def _load(template: str, url: str) -> None:
    """The furnished database, copied to another server."""
    admin = with_database(os.environ["DATABASE_ADMIN_URL"], template)
    command = [postgres.program("pg_dump"), "-Fc", "-Z0", "-d", admin]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd="/") as dump:
        subprocess.run(
            [postgres.program("pg_restore"), "--exit-on-error", "-d", url],
            stdin=dump.stdout, check=True, cwd="/",
        )  # fmt: skip
    assert dump.returncode == 0


@pytest.fixture(scope="module")
def lost(city: City) -> tuple[City, list[str], dt.datetime]:
    """A base backup; two cases and a file after it, streamed; then everything but the backup is
    gone. The numbers of the cases, and a moment between them."""
    taking.take(city.source, city.backup, city.said.append)
    stopped = threading.Event()
    streaming = threading.Thread(
        target=taking.stream,
        args=(city.source, city.backup, city.said.append),
        kwargs={"going_on": lambda: not stopped.is_set()},
    )
    streaming.start()
    try:
        first = city.settle("graduate")
        between = dt.datetime.now(dt.UTC)
        second = city.settle("credit_hit")
        name = city.hand_in(b"a certificate of nobody, encrypted")
        _wait(lambda: _received(city) and (city.backup / "materials" / name[:2] / name).exists())
    finally:
        stopped.set()
        streaming.join(30)
    city.servers.postgres.stop_immediately()
    shutil.rmtree(city.servers.postgres.data)
    shutil.rmtree(city.source.materials)
    return city, [first, second], between


def _received(city: City) -> bool:
    """Has the stream what is committed, to the disk?"""
    with psycopg.connect(city.source.url) as connection:
        row = connection.execute(
            "SELECT pg_current_wal_flush_lsn() <= flush_lsn FROM pg_stat_replication"
            " WHERE application_name = 'pg_receivewal'"
        ).fetchone()
    heads = city.source.heads, city.backup / "heads"
    sizes = [sum(one.stat().st_size for one in folder.glob("*.jsonl")) for folder in heads]
    return row == (True,) and sizes[0] == sizes[1]


def _wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def cases(into: Path) -> set[str]:
    """The numbers of the cases in a restored folder."""
    with (
        Servers(into / "run", parts=("postgres",)) as servers,
        servers.postgres.connect("miaopi") as connection,
    ):
        rows = connection.execute("SELECT number FROM approvals_application").fetchall()
    return {str(row[0]) for row in rows}


def test_all_that_was_committed_comes_back_and_proves_itself(
    lost: tuple[City, list[str], dt.datetime], tmp_path: Path
) -> None:
    city, numbers, _ = lost
    said: list[str] = []
    into = tmp_path / "new"
    assert restoring.restore(city.wish(into), said.append) == 0, said
    assert cases(into) >= set(numbers)
    assert [one.name for one in files.named(into / "run" / "materials")]
    assert not list(city.backup.rglob("*.pem")) and not list(city.backup.rglob("*.key"))


@pytest.mark.full
def test_a_moment_between_comes_back_once_somebody_answers_for_what_is_lost(
    lost: tuple[City, list[str], dt.datetime], tmp_path: Path
) -> None:
    city, (first, second), between = lost
    said: list[str] = []
    wish = replace(city.wish(tmp_path / "unnamed"), at=between)
    assert restoring.restore(wish, said.append) == 1  # the exported heads know more
    wish = replace(
        city.wish(tmp_path / "named"), at=between, by="王运维", reason="误操作，恢复至此前"
    )
    assert restoring.restore(wish, said.append) == 0, said
    assert any("events lost" in line and "王运维" in line for line in said)
    found = cases(wish.into)
    assert first in found and second not in found


def refused(wish: restoring.Wish, zh: str, en: str) -> None:
    """Refused in both languages; nothing was written where there was nothing."""
    before = wish.into.exists()
    with pytest.raises(Refused) as error:
        restoring.restore(wish, print)
    assert zh in str(error.value) and en in str(error.value)
    assert wish.into.exists() is before


def test_what_cannot_be_restored_is_refused_before_anything_is_written(
    lost: tuple[City, list[str], dt.datetime], tmp_path: Path
) -> None:
    city, _, between = lost
    wish = city.wish(tmp_path / "new")
    full = tmp_path / "full"
    full.mkdir()
    (full / "anything").touch()
    refused(replace(wish, into=full), "不是空目录", "is not empty")
    refused(replace(wish, folder=tmp_path / "no"), "没有备份", "no base backup")
    early = between - dt.timedelta(days=1)
    refused(replace(wish, at=early), "不能恢复到", "cannot be reached")
    fewer = tmp_path / "keys"
    shutil.copytree(city.source.keys, fewer)
    next(fewer.glob("identity-*.key")).unlink()
    (fewer / "identity-0001.pub").touch()  # of a public half nothing can be read
    refused(replace(wish, by="王运维"), "须同时给出", "together")
    refused(replace(wish, keys=fewer), "缺少密钥 identity", "lacks the keys identity")


def test_a_backup_of_which_a_byte_was_changed_is_refused(
    lost: tuple[City, list[str], dt.datetime], tmp_path: Path
) -> None:
    city = lost[0]
    copy = tmp_path / "backup"
    shutil.copytree(city.backup, copy)
    base = manifest.bases(copy)[-1]
    wish = replace(city.wish(tmp_path / "new"), folder=copy)
    control = base / "postgres" / "base" / "1" / "PG_VERSION"
    control.write_bytes(control.read_bytes() + b"\n")
    refused(wish, "已损坏", "is damaged")
    listed = base / "postgres" / "backup_manifest"
    listed.write_bytes(listed.read_bytes().replace(b"PG_VERSION", b"PG_VERSIOM", 1))
    refused(wish, "被改动过", "was changed")
    (base / manifest.NAME).unlink()
    refused(wish, "没有备份", "no base backup")


def test_a_backup_of_a_newer_release_is_refused(
    lost: tuple[City, list[str], dt.datetime], tmp_path: Path
) -> None:
    city = lost[0]
    copy = tmp_path / "backup"
    shutil.copytree(city.backup, copy)
    note = manifest.bases(copy)[-1] / manifest.NAME
    item = json.loads(note.read_text())
    item["migrations"].append("approvals.9999_of_next_year")
    note.write_text(json.dumps(item))
    wish = replace(city.wish(tmp_path / "new"), folder=copy)
    refused(wish, "更新的版本（approvals.9999", "newer release")


def test_a_moment_after_the_last_change_is_refused_with_a_sentence(
    lost: tuple[City, list[str], dt.datetime], tmp_path: Path
) -> None:
    city = lost[0]
    wish = replace(city.wish(tmp_path / "new"), at=dt.datetime.now(dt.UTC))
    with pytest.raises(Refused, match="name no moment"):
        restoring.restore(wish, print)


def test_keys_and_data_are_kept_apart_from_the_backup(city: City) -> None:
    for folder in (city.source.keys, city.source.keys / "in", city.folder, city.source.heads):
        with pytest.raises(Refused, match="must not lie within"):
            city.source.keep_apart(folder)


def test_a_file_that_is_not_its_name_is_named_and_not_copied(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    good, bad = hashlib.sha256(b"good").hexdigest(), hashlib.sha256(b"other").hexdigest()
    for name in (good, bad):
        (source / name[:2]).mkdir(parents=True, exist_ok=True)
        (source / name[:2] / name).write_bytes(b"good")
    copied = files.copy_new(source, target)
    assert (copied.files, copied.size, copied.wrong) == (1, 4, (bad,))
    assert [one.name for one in files.named(target)] == [good]
    assert files.copy_new(source, target).files == 0  # once


def test_what_was_erased_leaves_the_backups_with_the_bases_that_had_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source("", tmp_path / "materials", tmp_path / "heads", tmp_path / "keys")
    name = hashlib.sha256(b"x").hexdigest()
    for folder in (source.materials, tmp_path / "backup" / "materials"):
        (folder / name[:2]).mkdir(parents=True)
        (folder / name[:2] / name).write_bytes(b"x")
    backup = tmp_path / "backup"

    def base(stamp: str, ended: str) -> None:
        folder = backup / "bases" / stamp
        (folder / "postgres").mkdir(parents=True)
        (folder / "postgres" / "backup_manifest").write_bytes(b"{}")
        digest = hashlib.sha256(b"{}").hexdigest()
        manifest.Manifest(ended, ended, 160000, "", "miaopi", [], 0, "", [], digest).write(folder)

    base("2026-01-01T000000Z", "2026-01-01T00:00:00+00:00")
    (source.materials / name[:2] / name).unlink()
    with pytest.raises(Refused, match="nothing is removed"):
        taking.prune(source, backup, 2, print)  # as where the folder is not mounted
    left = hashlib.sha256(b"y").hexdigest()
    (source.materials / left[:2]).mkdir()
    (source.materials / left[:2] / left).write_bytes(b"y")
    monkeypatch.setattr(taking, "_now", lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    taking.prune(source, backup, 2, print)
    assert list(files.named(backup / "materials"))  # a base from before may be asked for
    base("2026-01-03T000000Z", "2026-01-03T00:00:00+00:00")
    taking.prune(source, backup, 1, print)
    assert not list(files.named(backup / "materials"))
    with pytest.raises(Refused, match="At least one"):
        taking.prune(source, backup, 0, print)
