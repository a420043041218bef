"""Files as citizens have them, and as nobody should send them; all made here, by hand."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from materials import drawing, isolation
from materials.content import inspect

EXIF_GPS = 0x8825


def picture(form: str = "JPEG", size: tuple[int, int] = (640, 480)) -> bytes:
    made = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(made, form)
    return made.getvalue()


def photograph() -> bytes:
    """A JPEG with the place where it was taken, lying on its side."""
    made, camera = io.BytesIO(), Image.Exif()
    camera[0x0112] = 6  # to be turned by a quarter
    camera.get_ifd(EXIF_GPS)[1] = "N"
    camera[0x010E] = "taken at home"
    camera.get_ifd(EXIF_GPS)[2] = (22.0, 32.0, 12.5)
    Image.new("RGB", (640, 480), "teal").save(made, "JPEG", exif=camera)
    return made.getvalue()


def pdf(*pages: str, catalog: str = "", more: str = "", trailer: str = "") -> bytes:
    """A PDF of so many pages, with what stands in its catalogue and further objects.

    Further objects begin with number 50.
    """
    words = pages or ("one page",)
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(words)))
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(words)} >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for n, text in enumerate(words):
        content = f"BT /F 24 Tf 72 700 Td ({text}) Tj ET"
        objects[10 + 2 * n] = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            f" /Resources << /Font << /F 3 0 R >> >> /Contents {11 + 2 * n} 0 R >>"
        )
        objects[11 + 2 * n] = f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"
    for n, text in enumerate(filter(None, more.split("\n---\n"))):
        objects[50 + n] = text
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    at = out.tell()
    out.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        out.write(f"{number} 1\n{place:010d} 00000 n \n".encode())
    size = max(objects) + 1
    out.write(f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n".encode())
    out.write(f"startxref\n{at}\n%%EOF\n".encode())
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header says how large it is, and whose pixels are all the same."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", check)

    header = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width // 8 + 2) * min(height, 4000)), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def ofd(pages: int = 1, **entries: bytes) -> bytes:
    """An OFD (GB/T 33190) of so many pages, with further entries."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/{n}.xml"/>' for n in range(pages))
    files = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:Pages>{listed}</ofd:Pages>"
        "</ofd:Document>",
        **{f"Doc_0/Pages/{n}.xml": f"<ofd:Page {space}/>" for n in range(pages)},
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
        for name, data in entries.items():
            packed.writestr(name.replace("__", "/"), data)
    return made.getvalue()


def archive(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
    return made.getvalue()


def locked(data: bytes) -> bytes:
    """A zip whose entries say that they are encrypted."""
    changed = bytearray(data)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(sign)
        while at >= 0:
            changed[at + place] |= 1
            at = changed.find(sign, at + 1)
    return bytes(changed)


SCRIPT = "<< /S /JavaScript /JS (app.alert(1)) >>"
HIDDEN = (
    "<< /S /J#61vaScript /J#53 (app.alert(1)) >>"  # the same names, as PDF lets them be written
)

GOOD = {
    "a photograph": photograph(),
    "a scan": picture("PNG"),
    "a PDF": pdf("one", "two"),
    "a PDF that a program made": picture("PDF"),
    "an OFD": ofd(3),
}
BAD = {
    "nothing": (b"", "empty"),
    "a page of the web": (b"<!doctype html><script>alert(1)</script>" * 3, "kind"),
    "a picture that acts": (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>' * 3, "kind"),
    "a GIF": (b"GIF89a" + b"\0" * 60, "kind"),
    "a program": (b"MZ" + b"\0" * 200, "kind"),
    "words": ("这不是材料".encode() * 9, "kind"),
    "an archive": (archive(a=b"b" * 99), "damaged"),
    "an archive in an OFD": (ofd(1, Doc_0__more=archive(a=b"b")), "nested"),
    "a PDF in an OFD": (ofd(1, Doc_0__more=pdf()), "nested"),
    "a bomb": (ofd(1, Doc_0__big=b"\0" * 40_000_000), "bomb"),
    "a bomb of many": (ofd(1, **{f"b{n}": b"\0" * 9_000_000 for n in range(7)}), "bomb"),
    "a locked OFD": (locked(ofd()), "encrypted"),
    "an OFD of a hundred pages": (ofd(100), "pages"),
    "an OFD with a way out": (ofd(1, **{"..__..__etc": b"x"}), "two_in_one"),
    "an OFD with a script": (
        archive(
            **{
                "OFD.xml": b"<OFD><DocRoot>d</DocRoot></OFD>",
                "d": b"<D><Page/><Script/></D>",
            }
        ),
        "active",
    ),
    "an OFD with entities": (
        archive(**{"OFD.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><OFD><DocRoot>&b;</DocRoot></OFD>'}),
        "damaged",
    ),
    "a PDF with a script": (pdf(catalog=f"/OpenAction {SCRIPT}"), "active"),
    "a PDF with a hidden script": (pdf(catalog=f"/OpenAction {HIDDEN}"), "active"),
    "a PDF that starts a program": (
        pdf(catalog="/OpenAction << /S /Launch /F (cmd.exe) >>"),
        "active",
    ),
    "a PDF with a file in it": (
        pdf(
            catalog="/Names << /EmbeddedFiles << /Names [(a) 50 0 R] >> >>",
            more="<< /Type /Filespec /F (a.exe) >>",
        ),
        "active",
    ),
    "a PDF with a form that sends": (
        pdf(catalog="/AcroForm 50 0 R", more="<< /XFA [] /Fields [] >>"),
        "active",
    ),
    "a locked PDF": (
        pdf(
            trailer="/Encrypt 50 0 R /ID [<00> <00>]",
            more="<< /Filter /Standard /V 1 /R 2 /O <"
            + "00" * 32
            + "> /U <"
            + "00" * 32
            + "> /P -4 >>",
        ),
        "encrypted",
    ),
    "a PDF of sixty pages": (pdf(*["page"] * 60), "pages"),
    "a PDF without a page": (pdf(catalog="").replace(b"/Type /Page /", b"/Type /None /"), "pages"),
    "a PDF and an archive": (pdf() + archive(a=b"b"), "two_in_one"),
    "a PDF cut off": (pdf()[:-200], "damaged"),
    "a picture and an archive": (picture() + archive(a=b"b"), "two_in_one"),
    "a scan and an archive": (picture("PNG") + archive(a=b"b"), "two_in_one"),
    "a picture cut off": (picture()[:-4000], "damaged"),
    "a scan cut off": (picture("PNG")[:-4000], "damaged"),
    "a flood of pixels": (png_of(100_000, 100_000), "pixels"),
    "a picture in name alone": (b"\xff\xd8\xff" + b"\0" * 500 + b"\xff\xd9", "damaged"),
    "a scan in name alone": (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "damaged"),
}


def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at files in this process: one of its own takes a second (``test_content`` has them)."""

    def preview(data: bytes, page: int) -> bytes | None:
        return drawing.page(data, page) or None

    monkeypatch.setattr(isolation, "inspected", inspect)
    monkeypatch.setattr(isolation, "preview", preview)
