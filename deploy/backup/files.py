"""Files that are named by their own hash: copied once, checked whenever they are read."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Copied:
    """``files`` of ``size`` bytes were copied; ``wrong`` names files that are not their names."""

    files: int = 0
    size: int = 0
    wrong: tuple[str, ...] = ()


_SLACK = 5.0  # seconds: a file's folder has the time of its renaming, by the file system's clock


def named(folder: Path, since: float = 0.0) -> Iterator[Path]:
    """Yield the files of a folder of materials; unfinished ones begin with a dot and are none.

    ``since`` (seconds since 1970): only of the folders into which something came after it.
    """
    for one in sorted(folder.glob("??")):
        if one.stat().st_mtime < since - _SLACK:
            continue
        yield from (file for file in one.iterdir() if _NAME.fullmatch(file.name))


def copy_new(source: Path, target: Path, since: float = 0.0) -> Copied:
    """Copy the files that ``target`` lacks; what is not as its name says is named, not copied.

    ``since``: as of ``named``.
    """
    files = size = 0
    wrong = []
    for file in named(source, since):
        place = target / file.name[:2] / file.name
        if place.exists():
            continue
        try:
            data = file.read_bytes()
        except FileNotFoundError:  # deleted meanwhile: no case had it
            continue
        if hashlib.sha256(data).hexdigest() != file.name:
            wrong.append(file.name)
            continue
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = place.with_name(f".{file.name}")
        with unfinished.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(place)
        files, size = files + 1, size + len(data)
    return Copied(files, size, tuple(wrong))


def copy_heads(source: Path, target: Path) -> None:
    """Copy the exported heads: files to which lines are added, never changed otherwise."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in sorted(source.glob("heads-*.jsonl")):
        place = target / file.name
        if not place.exists() or place.stat().st_size < file.stat().st_size:
            unfinished = place.with_name(f".{file.name}")
            shutil.copyfile(file, unfinished)
            unfinished.replace(place)
