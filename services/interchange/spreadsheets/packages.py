"""An .xlsx as a package of parts: bounded, complete, of known parts alone. Pure.

Refused: what is no .xlsx or is encrypted, macros, links to other files, embedded files, parts that
nobody expects, archives that grow when they are opened, and XML with a DTD or entities.
Source: ECMA-376 part 1 (SpreadsheetML) and part 2 (packages).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from services.interchange.places import fault

BYTES = 800_000  # of the file
PART, WHOLE = 8_000_000, 16_000_000  # bytes of one part, and of all of them, opened
RATIO = 100  # opened by packed, of a part over RATIO_FROM
RATIO_FROM = 200_000
PARTS = 200
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an encrypted .xlsx, or an .xls
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_EXPECTED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/[^/]+|xl/workbook\.xml|xl/sharedStrings\.xml"
    r"|xl/styles\.xml|xl/theme/[^/]+|xl/_rels/workbook\.xml\.rels|xl/printerSettings/[^/]+"
    r"|xl/worksheets/[^/]+\.xml|xl/worksheets/_rels/[^/]+\.rels|xl/comments[^/]*(/[^/]+)?"
    r"|xl/threadedComments/[^/]+|xl/persons/[^/]+|xl/drawings/vmlDrawing[^/]+|docMetadata/[^/]+"
)
_UNEXPECTED = (
    (re.compile(r"vbaProject|macrosheets|activeX|ctrlProps", re.I), "含有宏", "it has macros"),
    (re.compile("externalLinks|connections|queryTables", re.I), "引用其他文件或数据库",
     "it refers to other files or to databases"),
    (re.compile("embeddings", re.I), "嵌有其他文件", "other files are embedded in it"),
    (re.compile("pivot", re.I), "含有数据透视表", "it has pivot tables"),
)  # fmt: skip
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Package:
    file: str
    parts: dict[str, bytes]

    def xml(self, name: str) -> Element:
        """The root of a part; raises ``SourceError`` where it is missing, or not plain XML."""
        if name not in self.parts:
            raise fault(self.file, name, "缺少这一部分", "this part is missing")
        try:
            root: Element = fromstring(self.parts[name], forbid_dtd=True)
        except DefusedXmlException as error:
            zh, en = "含有 DTD、实体或外部引用", "it has a DTD, an entity or an external reference"
            raise fault(self.file, name, zh, en) from error
        except (ParseError, ValueError, LookupError) as error:
            raise fault(self.file, name, "不是有效的 XML", f"not valid XML: {error}") from error
        return root

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """The relations of a part, by id: kind (the end of its address) and target."""
        folder, _, base = name.rpartition("/")
        rels = f"{folder}/_rels/{base}.rels".removeprefix("/")
        if rels not in self.parts:
            return {}
        found = {}
        for one in self.xml(rels):
            if one.get("TargetMode") == "External":
                zh, en = "含有外部链接", "it has a link to the outside"
                raise fault(
                    self.file, rels, f"{zh} {one.get('Target')}", f"{en}: {one.get('Target')}"
                )
            key = one.get("Id", "")
            if one.tag != f"{{{RELATIONS}}}Relationship" or not key or key in found:
                raise fault(self.file, rels, "关系有误", "a relationship is wrong")
            target = one.get("Target", "")
            target = (
                target[1:] if target.startswith("/") else f"{folder}/{target}".removeprefix("/")
            )
            found[key] = (one.get("Type", "").rpartition("/")[2], target)
        return found


def opened(data: bytes, file: str) -> Package:
    """The parts of an .xlsx; raises ``SourceError`` with the part and the reason."""
    if len(data) > BYTES:
        size = BYTES // 1000
        raise fault(file, "", f"文件超过 {size} kB", f"the file is over {size} kB")
    if data.startswith(COMPOUND):
        zh = "文件已加密，或者是旧的 .xls 格式；请去掉密码，另存为 .xlsx"
        en = "encrypted, or an old .xls: take the password off and save it as .xlsx"
        raise fault(file, "", zh, en)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _parts(archive, file)
    except _BROKEN as error:
        zh, en = "不是完好的 .xlsx 文件", f"not a sound .xlsx file: {error}"
        raise fault(file, "", zh, en) from error
    package = Package(file, parts)
    _look(package)
    return package


def _parts(archive: zipfile.ZipFile, file: str) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > PARTS:
        raise fault(file, "", f"超过 {PARTS} 个部分", f"more than {PARTS} parts")
    parts: dict[str, bytes] = {}
    left = WHOLE
    for entry in entries:
        name = entry.filename
        if entry.flag_bits & 1:
            raise fault(file, name, "已加密", "it is encrypted")
        if name in parts:
            raise fault(file, name, "重复出现", "it stands twice")
        if entry.is_dir():
            continue
        if not _EXPECTED.fullmatch(name):
            why = next(((z, e) for at, z, e in _UNEXPECTED if at.search(name)), None)
            raise fault(file, name, *(why or ("不应有这一部分", "this part is not expected")))
        with archive.open(entry) as part:
            found = part.read(min(PART, left) + 1)
        if len(found) > min(PART, left) or (
            len(found) > RATIO_FROM and len(found) > RATIO * max(entry.compress_size, 1)
        ):
            zh, en = "解压后过大（压缩炸弹）", "it grows too large when opened (a zip bomb)"
            raise fault(file, name, zh, en)
        left -= len(found)
        parts[name] = found
    return parts


def _look(package: Package) -> None:
    """Content types say whether it has macros; every relation is looked at for the outside."""
    types = package.parts.get("[Content_Types].xml", b"")
    if b"macroEnabled" in types:
        raise fault(package.file, "[Content_Types].xml", "含有宏", "it has macros")
    package.xml("[Content_Types].xml")
    main = [target for kind, target in package.relations("").values() if kind == "officeDocument"]
    if main != ["xl/workbook.xml"]:
        zh, en = "找不到工作簿", "it has no workbook where one belongs"
        raise fault(package.file, "_rels/.rels", zh, en)
    for name in package.parts:
        if name.endswith(".rels"):
            folder, _, base = name.rpartition("/")
            owner = f"{folder.removesuffix('_rels').rstrip('/')}/{base.removesuffix('.rels')}"
            package.relations(owner)
