"""Where files are: a private folder outside the web root, each encrypted, named by its own hash.

A name is the SHA-256 of what is in the file, so whoever changes one shows it.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from ledger import encryption

_NAME = re.compile(r"[0-9a-f]{64}")
_PURPOSE = "identity"  # as other personal data
FOLDERS = 256  # by the first byte of a file's name


class FileUnreadable(Exception):
    """The file is gone, was changed, or is not the one of its row."""


def write(data: bytes) -> str:
    """Encrypt and write a file; returns its name. On the disk before this returns."""
    encrypted = encryption.encrypt(_PURPOSE, data, hashlib.sha256(data).digest())
    name = hashlib.sha256(encrypted).hexdigest()
    place = path(name)
    for folder in (_root(), place.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(encrypted)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _to_disk(place.parent)
    return name


def read(name: str, sha256: str) -> bytes:
    """Return a file as it came; raises ``FileUnreadable``."""
    if fault := fault_of(name):
        raise FileUnreadable(fault)
    try:
        data, bound = encryption.decrypt(_PURPOSE, path(name).read_bytes())
    except (encryption.DecryptionError, OSError) as error:
        raise FileUnreadable(str(error)) from error
    if bound.hex() != sha256 or hashlib.sha256(data).hexdigest() != sha256:
        raise FileUnreadable("it is another file than its row says")
    return data


def fault_of(name: str) -> str:
    """Say what is wrong with a file as it lies there, or nothing."""
    try:
        found = hashlib.sha256(path(name).read_bytes()).hexdigest()
    except OSError:
        return "the file is gone"
    return "" if found == name else "the file was changed"


def delete(name: str) -> None:
    """Delete a file; that it is not there any more is as good."""
    path(name).unlink(missing_ok=True)


def written_before(moment: datetime.datetime, folder: int) -> Iterator[Path]:
    """Yield the files of one folder, of ``FOLDERS``, that were written before a moment."""
    before = moment.timestamp()
    for file in _root().glob(f"{folder:02x}/*"):
        try:
            if file.stat().st_mtime < before:
                yield file
        except FileNotFoundError:
            continue


def path(name: str) -> Path:
    """Return where a file is; a name that is none leads to nothing."""
    safe = name if _NAME.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()
    return _root() / safe[:2] / safe


def _root() -> Path:
    return Path(settings.MATERIALS_DIR)


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
