"""One user a folder: a lock that the kernel releases however its holder ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderInUse(Exception):
    """Another process holds the folder; the message is the note that it left."""


class FolderLock:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock, or raise FolderInUse. Taking it twice changes nothing."""
        if self._handle is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            note = os.read(handle, 4096).decode()
            os.close(handle)
            raise FolderInUse(note) from None
        self._handle = handle
        self.write_note(f"pid {os.getpid()}")

    def write_note(self, text: str) -> None:
        """Set the text that a refused `take` of another process shows."""
        if self._handle is None:
            raise RuntimeError(f"{self.path} is not held")
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
