"""Looking for known malware: by clamd, where the city runs one (``CLAMD``).

Without one, or while it does not answer, a file is marked as not scanned, and whoever reads it is
told so: what is read on a page is a picture that we have drawn, whether it was scanned or not.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct

from django.conf import settings

from materials.content import RejectedFile

SECONDS = 20.0  # for one file
_PIECE = 65_536  # bytes; clamd takes a stream in pieces, each after its length
_LONGEST = 4_096  # bytes of an answer
logger = logging.getLogger(__name__)


def scan(data: bytes) -> str:
    """Return who scanned a file and found nothing; empty: nobody did. Raises ``RejectedFile``."""
    if not settings.CLAMD:
        return ""
    try:
        answer = _ask(b"zINSTREAM\0", data)
        if answer.endswith(" FOUND"):
            logger.warning("a file was refused by clamd: %s", answer)
            raise with_malware()
        if not answer.endswith(" OK"):
            logger.error("clamd could not scan a file: %s", answer)
            return ""
        version = _ask(b"zVERSION\0")
    except OSError as error:
        logger.error("clamd does not answer: %s", error)
        return ""
    return version[:80] or "clamd"


def with_malware() -> RejectedFile:
    return RejectedFile(
        "infected",
        "安全扫描在文件中发现恶意内容，请检查您的设备后重新上传",
        "The scanner has found malware in the file. Check your device, and send a clean file.",
    )


def _ask(command: bytes, data: bytes | None = None) -> str:
    """Send one command over a connection of its own; returns clamd's answer, one line."""
    with contextlib.closing(_connected()) as clamd:
        clamd.sendall(command)
        if data is not None:
            for start in range(0, len(data), _PIECE):
                piece = data[start : start + _PIECE]
                clamd.sendall(struct.pack("!I", len(piece)) + piece)
            clamd.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _LONGEST:
            read = clamd.recv(_LONGEST)
            if not read:
                break
            answer += read
    return answer.rstrip(b"\0\n").decode("ascii", "replace")


def _connected() -> socket.socket:
    address = str(settings.CLAMD)
    if address.startswith("unix:"):
        clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        clamd.settimeout(SECONDS)
        try:
            clamd.connect(address.removeprefix("unix:"))
        except OSError:
            clamd.close()
            raise
        return clamd
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)
