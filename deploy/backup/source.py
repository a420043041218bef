"""What is backed up: what the environment names, or the `make run` of this checkout."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.backup.errors import Refused
from deploy.local.paths import VAR
from deploy.local.run import DATABASE, run_servers


@dataclass(frozen=True, slots=True)
class Source:
    """``url``: of a role with REPLICATION and pg_read_all_data; ``keys`` is never copied."""

    url: str
    materials: Path
    heads: Path
    keys: Path

    def keep_apart(self, folder: Path) -> None:
        """Refuse a backup folder that holds the keys, or lies among what is backed up."""
        place = folder.resolve()
        for other in (self.keys, self.materials, self.heads):
            inside = other.resolve()
            if place == inside or place in inside.parents or inside in place.parents:
                raise Refused(
                    f"{folder} 与 {other} 不能互相包含：密钥和数据须与备份分开存放",
                    f"{folder} and {other} must not lie within one another: keys and data are "
                    "kept apart from the backup",
                )


def source() -> Source:
    """Return the installation of ``BACKUP_URL``, ``MATERIALS_DIR``, ``HEADS_DIR`` and ``KEYS_DIR``.

    Without ``BACKUP_URL``: that of ``make run`` in this checkout, which must be running.
    """
    folders = {
        name: Path(os.environ.get(f"{name.upper()}_DIR") or default)
        for name, default in (
            ("materials", VAR / "run" / "materials"),
            ("heads", VAR / "heads"),
            ("keys", VAR / "keys"),
        )
    }
    if url := os.environ.get("BACKUP_URL"):
        return Source(url=url, **folders)
    servers = run_servers()
    if servers is None or "postgres" not in servers.parts:
        raise Refused(
            "请以 BACKUP_URL 指定有 REPLICATION 权限的数据库角色",
            "Name a database role with REPLICATION in BACKUP_URL",
        )
    return Source(url=servers.postgres.url(database=DATABASE), **folders)
