"""What a file is, by its content, and whether it may be kept. Pure; parsers run in ``isolation``.

A name or a declared type says nothing: a file is what it begins as, from its first byte to its
last, or it is refused. Refused are encrypted files, files that act (scripts, launches, forms of
XFA), files within files, and what is much larger unpacked than it looks.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

LARGEST = 10_000_000  # bytes
PAGES = 50
PIXELS = 40_000_000
SMALLEST = 32  # bytes; nothing that one can read is shorter


class Kind(StrEnum):
    """The kinds that a pack may allow; the word is what the pack says and people read."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    OFD = "ofd"  # GB/T 33190


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.OFD: "application/ofd",
}
IMAGES = (Kind.JPEG, Kind.PNG)
_READERS = {
    Kind.PDF: "materials.pdf",
    Kind.JPEG: "materials.images",
    Kind.PNG: "materials.images",
    Kind.OFD: "materials.ofd",
}
_BEGINNINGS = {
    b"%PDF-": Kind.PDF,
    b"\xff\xd8\xff": Kind.JPEG,
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"PK\x03\x04": Kind.OFD,
}


class RejectedFile(Exception):
    """Why a file is not taken; nothing of it is kept. ``code`` is stable, for programs."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True)
class Content:
    """What was found: the kind, and how many pages it has (an image: one)."""

    kind: Kind
    pages: int


def begins_as(data: bytes) -> Kind | None:
    """Return the kind that the first bytes name, whatever the file is called."""
    return next((kind for start, kind in _BEGINNINGS.items() if data.startswith(start)), None)


def sized(data: bytes, allowed: Collection[str], largest: int = LARGEST) -> Kind:
    """Return what a file begins as; raises ``RejectedFile`` for its size or kind.

    Needs no parser, so it runs before any.
    """
    if not data:
        raise RejectedFile("empty", "文件是空的", "The file is empty.")
    if len(data) > min(largest, LARGEST):
        most = min(largest, LARGEST) // 1_000_000
        raise RejectedFile(
            "too_large", f"文件超过 {most} MB", f"The file is larger than {most} MB."
        )
    kind = begins_as(data)
    if kind is None or kind.value not in allowed or len(data) < SMALLEST:
        names = [k.upper() for k in Kind if k.value in allowed]
        raise RejectedFile(
            "kind",
            f"文件内容不是可接受的类型，请上传 {'、'.join(names)}",
            f"By its content the file is none of the kinds that are taken: {', '.join(names)}.",
        )
    return kind


def inspect(data: bytes) -> Content:
    """Return what a file is, read to its end; raises ``RejectedFile`` alone.

    Its size and kind were looked at before (``sized``). It costs what a parser costs: in a process
    of its own, with limits (``isolation``).
    """
    kind = begins_as(data)
    assert kind is not None, "its kind was looked at before"
    reader = import_module(_READERS[kind])  # each has libraries of its own
    try:
        count = reader.pages(data)
    except RejectedFile:
        raise
    except RecursionError:
        raise unreadable(kind) from None
    except Exception as error:  # a parser may raise anything over what somebody made
        raise unreadable(kind) from error
    if not 1 <= count <= PAGES:
        raise RejectedFile(
            "pages", f"文件应为 1 至 {PAGES} 页", f"A file has from 1 to {PAGES} pages."
        )
    return Content(kind, count)


def unreadable(kind: Kind) -> RejectedFile:
    name = kind.upper()
    return RejectedFile(
        "damaged",
        f"文件已损坏，或不是真正的 {name}",
        f"The file is damaged, or no real {name}.",
    )


def with_active_content() -> RejectedFile:
    """What runs, opens or carries something else when it is read."""
    return RejectedFile(
        "active",
        "文件含有脚本、附件或可执行的动作，请另存为普通文件后上传",
        "The file holds scripts, attached files or actions. Save it as a plain file first.",
    )


def password_protected() -> RejectedFile:
    return RejectedFile(
        "encrypted",
        "文件已加密或设有密码，请去除密码后上传",
        "The file is encrypted or has a password. Take that off, and send it again.",
    )


def with_second_file() -> RejectedFile:
    """A file that is something else as well, to whoever reads it otherwise."""
    return RejectedFile(
        "two_in_one",
        "文件中夹带了其他内容，请上传原始文件",
        "Something else is hidden in the file. Send the original.",
    )


def stream(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)
