"""OFD (GB/T 33190): a zip of XML and pictures; how many pages, and nothing else in it. Pure."""

from __future__ import annotations

import posixpath
import zipfile
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from materials.content import (
    Kind,
    RejectedFile,
    password_protected,
    stream,
    unreadable,
    with_active_content,
    with_second_file,
)

ENTRIES = 2_000
UNPACKED = 60_000_000  # bytes of all entries together
RATIO = 200  # an entry unpacked to packed; XML of a page has about ten
_END = b"PK\x05\x06"
# files within an OFD that are files of their own; fonts, pictures, seals and signatures are not
_ARCHIVES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MZ")
_DOCUMENTS = (b"%PDF-", b"\xd0\xcf\x11\xe0")


def pages(data: bytes) -> int:
    """Return the number of pages of all documents in it; raises ``RejectedFile``."""
    end = data.rfind(_END)
    if end < 0 or len(data) - end != 22 + int.from_bytes(data[end + 20 : end + 22], "little"):
        raise with_second_file()
    with zipfile.ZipFile(stream(data)) as packed:
        names = _require_plain(packed)
        if "OFD.xml" not in names:
            raise unreadable(Kind.OFD)
        roots = [_text(e) for e in _all(_xml(packed, "OFD.xml"), "DocRoot")]
        return sum(_pages_of(packed, names, root) for root in roots)


def _require_plain(packed: zipfile.ZipFile) -> frozenset[str]:
    """Return the names of the entries, of which each is whole, small and no file of its own."""
    entries = packed.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > ENTRIES or len(set(names)) != len(names):
        raise unreadable(Kind.OFD)
    if sum(entry.file_size for entry in entries) > UNPACKED:
        raise expands_too_far()
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise password_protected()
        if entry.file_size > 100_000 and entry.file_size > RATIO * max(entry.compress_size, 1):
            raise expands_too_far()
        path = posixpath.normpath(entry.filename)
        if path.startswith(("/", "..")) or "\\" in entry.filename:
            raise with_second_file()
        read = packed.read(entry)  # its checksum is compared, and its size kept to
        if read.startswith(_ARCHIVES) or read.startswith(_DOCUMENTS):
            raise with_nested_archive()
        if entry.filename.endswith(".xml") and b"<ofd:Attachment" in read:
            raise with_active_content()
    return frozenset(names)


def expands_too_far() -> RejectedFile:
    return RejectedFile(
        "bomb",
        "文件展开后过大，请重新生成后上传",
        "The file is far larger unpacked than it looks. Make it anew, and send that.",
    )


def with_nested_archive() -> RejectedFile:
    return RejectedFile(
        "nested",
        "文件中套有其他压缩包或文件，请分别上传",
        "There are archives or files within the file. Send each by itself.",
    )


def _pages_of(packed: zipfile.ZipFile, names: frozenset[str], root: str) -> int:
    path = posixpath.normpath(root.lstrip("/"))
    if path not in names:
        raise unreadable(Kind.OFD)
    document = _xml(packed, path)
    if _all(document, "Script") or _all(document, "Movie") or _all(document, "Sound"):
        raise with_active_content()
    return len(_all(document, "Page"))


def _xml(packed: zipfile.ZipFile, name: str) -> Element:
    return fromstring(packed.read(name), forbid_dtd=True)


def _all(node: Element, name: str) -> list[Element]:
    """Every element of that name below, whatever its prefix."""
    return [found for found in node.iter() if found.tag.rpartition("}")[2] == name]


def _text(node: Element) -> str:
    return (node.text or "").strip()
