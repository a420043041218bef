"""A pack as a file: .yaml, .xlsx or .dmn, told apart by content. Pure."""

from __future__ import annotations

from typing import Literal

from city.errors import SourceError
from city.source import BYTES
from city.source import read as read_source
from services.interchange import dmn, xlsx
from services.pack.model import Pack

Form = Literal["yaml", "xlsx", "dmn"]
FORMS: tuple[Form, ...] = ("xlsx", "dmn", "yaml")
TYPES: dict[Form, str] = {
    "yaml": "application/yaml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "dmn": "application/xml",
}
LARGEST = 800_000  # bytes of a file; a pack's text has fewer
_MARK = b"\xef\xbb\xbf"  # U+FEFF in UTF-8
_ARCHIVES = (b"PK", b"\xd0\xcf\x11\xe0")  # .xlsx, and what is encrypted or an old .xls


def form_of(data: bytes) -> Form:
    """What a file is, by how it begins."""
    if data.startswith(_ARCHIVES):
        return "xlsx"
    head = data.removeprefix(_MARK).lstrip()
    return "dmn" if head.startswith(b"<") or data.startswith((b"\xff\xfe", b"\xfe\xff")) else "yaml"


def write(form: Form, text: str, pack: Pack, file: str = "pack.yaml") -> bytes:
    """The file of a pack; raises ``SourceError`` for what the form cannot say."""
    if form == "yaml":
        return text.encode()
    return (xlsx if form == "xlsx" else dmn).write(text, pack, file)


def service_of(data: bytes, file: str) -> str:
    """The service that a file says it is of; raises ``SourceError`` where it cannot be read."""
    _require_short(data, file)
    form = form_of(data)
    if form == "yaml":
        return str(read_source(decoded(data, file), file).data.get("service", ""))
    return (xlsx if form == "xlsx" else dmn).service_of(data, file)


def read(data: bytes, file: str, text: str, pack: Pack) -> str:
    """The text of the pack that a file says, put into ``text`` unless it is one itself.

    Raises ``SourceError`` with place and reason.
    """
    _require_short(data, file)
    form = form_of(data)
    if form == "yaml":
        return decoded(data, file)
    return (xlsx if form == "xlsx" else dmn).read(data, text, pack, file)


def decoded(data: bytes, file: str) -> str:
    """The text of a .yaml, its line ends as packs have them."""
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        zh = "不是 UTF-8 编码（也许是 GBK），请另存为 UTF-8"
        en = "not in UTF-8 (in GBK perhaps): save it as UTF-8"
        raise SourceError(file, data.count(b"\n", 0, error.start) + 1, zh, en) from error


def _require_short(data: bytes, file: str) -> None:
    most = BYTES if form_of(data) == "yaml" else LARGEST
    if len(data) > most:
        zh, en = f"文件超过 {most // 1000} kB", f"the file is over {most // 1000} kB"
        raise SourceError(file, 1, zh, en)
