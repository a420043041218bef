"""``backup.json``: what a base backup holds and needs; whether it is as it was written."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.backup.errors import Refused

NAME = "backup.json"
POSTGRES_MANIFEST = "backup_manifest"  # by pg_basebackup: every file of the base with its SHA-256


@dataclass(frozen=True, slots=True)
class Manifest:
    """A base backup.

    ``began`` and ``ended``: ISO 8601, UTC; it can be used for moments from ``ended`` on.
    ``postgres``: the server's version, as 160014. ``system``: the cluster's identifier.
    ``migrations``: ``app.name`` of each that the tables have. ``head``: events under the newest
    tree head, ``root`` its root in hex. ``keys``: ``PURPOSE-GENERATION`` of each private key in use
    or kept, none of which is in the backup. ``sha256``: of PostgreSQL's own manifest.
    """

    began: str
    ended: str
    postgres: int
    system: str
    database: str
    migrations: list[str]
    head: int
    root: str
    keys: list[str]
    sha256: str

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / NAME).write_text(text + "\n")


def read(folder: Path) -> Manifest:
    """Return what a base backup says of itself; refuses one that was changed or is none."""
    try:
        found = Manifest(**json.loads((folder / NAME).read_text()))
        data = (folder / "postgres" / POSTGRES_MANIFEST).read_bytes()
    except (OSError, ValueError, TypeError) as error:
        raise Refused(
            f"{folder} 不是完整的备份：{error}", f"{folder} is no complete backup: {error}"
        ) from None
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise Refused(
            f"{folder} 的清单被改动过，不能用于恢复",
            f"The manifest of {folder} was changed: it is not restored from",
        )
    return found


def verify(folder: Path) -> None:
    """Refuse a base backup of which one file is not as PostgreSQL's manifest lists it.

    As pg_verifybackup does, which not every distribution has: each listed file with its size and
    SHA-256, and no file more. Changes (pg_wal) are not listed: recovery checks each record's CRC.
    """
    place = folder / "postgres"
    listed = json.loads((place / POSTGRES_MANIFEST).read_bytes())["Files"]
    expected = {
        bytes.fromhex(one["Encoded-Path"]).decode() if "Encoded-Path" in one else one["Path"]: one
        for one in listed
    }
    found = {str(one.relative_to(place)): one for one in place.rglob("*") if one.is_file()}
    unlisted = {name for name in found if name.startswith("pg_wal/")} | {POSTGRES_MANIFEST}
    wrong = sorted(expected.keys() ^ (found.keys() - unlisted))
    for name in expected.keys() & found.keys() if not wrong else ():
        with found[name].open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected[name]["Checksum"]:
                wrong.append(name)
                break
    if wrong:
        raise Refused(
            f"备份 {folder} 已损坏（{wrong[0]}），不能用于恢复",
            f"The backup {folder} is damaged ({wrong[0]}): it is not restored from",
        )


def bases(folder: Path) -> list[Path]:
    """Return the complete base backups in a backup folder, oldest first."""
    return sorted(
        one
        for one in (folder / "bases").glob("*Z")
        if (one / NAME).exists() and not one.name.startswith(".")
    )


def base_for(folder: Path, at: datetime.datetime | None) -> Path:
    """Return the newest base backup from which the moment ``at`` (None: the last) is reached."""
    found = bases(folder)
    if not found:
        raise Refused(f"{folder} 中没有备份", f"There is no base backup in {folder}")
    if at is None:
        return found[-1]
    early = [one for one in found if datetime.datetime.fromisoformat(read(one).ended) <= at]
    if not early:
        raise Refused(
            f"最早的备份完成于 {read(found[0]).ended}，不能恢复到 {at.isoformat()}",
            f"The first base backup ended at {read(found[0]).ended}: "
            f"{at.isoformat()} cannot be reached",
        )
    return early[-1]
