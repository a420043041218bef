"""The signed paper against ISO 19005-2 (PDF/A-2b), rule by rule, as another program reads it.

No validator of PDF/A is in Debian, PyPI or npm without a Java program from elsewhere; so the
clauses that concern papers like ours are written down here, over an independent reader, and
``qpdf --check`` (Debian) judges the file's structure where it is installed.
"""

import io
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from certificates.pdf import drawing, signing
from ledger import root
from tests.certificates.test_drawing import PAYLOAD, SITE

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
PRINT, HIDDEN = 4, 1 | 2 | 32 | 256  # flags of annotations (ISO 32000-1, table 165)


@pytest.fixture(params=["", "licence", "approval_letter"])
def signed(db, settings, tmp_path, now, request):
    settings.KEYS_DIR = tmp_path
    root.make()
    template = settings.CITY.papers.get(request.param, "")
    return signing.sign(drawing.pdf(PAYLOAD, "a.b.c", SITE, True, template), "示例市人社局", now)


@pytest.fixture
def reader(signed):
    return PdfFileReader(io.BytesIO(signed))


def walk(value, seen):
    """Yield every dictionary (streams are some) that can be reached."""
    if isinstance(value, generic.IndirectObject):
        if value.idnum in seen:
            return
        seen.add(value.idnum)
        value = value.get_object()
    if isinstance(value, dict):
        yield value
        for item in dict(value).values():
            yield from walk(item, seen)
    elif isinstance(value, list):
        for item in list(value):
            yield from walk(item, seen)


def claim(descriptions, name):
    """What the file claims to be, wherever RDF has it; once."""
    found = [d.get(PDFAID + name) or d.findtext(PDFAID + name) for d in descriptions]
    (one,) = filter(None, found)
    return one


def direct(value):
    return value.get_object() if isinstance(value, generic.IndirectObject) else value


@pytest.fixture
def objects(reader):
    found = list(walk(reader.root, set()))
    assert len(found) > 20
    return found


def test_6_1_header_trailer_and_no_encryption(signed, reader):
    first, second = signed.split(b"\n", 2)[:2]
    assert first.strip() in {b"%%PDF-1.%d" % n for n in range(8)}
    assert second.startswith(b"%") and len([b for b in second[1:] if b > 127]) >= 4
    assert len(reader.trailer["/ID"]) == 2
    assert "/Encrypt" not in reader.trailer


def test_6_1_7_streams_are_here_and_of_allowed_filters(objects):
    streams = [o for o in objects if isinstance(o, generic.StreamObject)]
    assert streams
    for stream in streams:
        filters = stream.get("/Filter", [])
        names = {str(f) for f in (filters if isinstance(filters, list) else [filters])}
        assert names <= {"/FlateDecode", "/DCTDecode", "/ASCIIHexDecode", "/ASCII85Decode"}
        assert not {"/F", "/FFilter", "/FDecodeParms"} & stream.keys()


def test_6_2_3_colours_have_an_output_intent(reader):
    intents = [i for i in map(direct, reader.root["/OutputIntents"]) if i["/S"] == "/GTS_PDFA1"]
    assert len(intents) == 1
    profile = intents[0]["/DestOutputProfile"].data
    assert profile[36:40] == b"acsp"  # ICC.1: the profile's signature
    assert profile[8] <= 4 and profile[16:20] in (b"RGB ", b"CMYK", b"GRAY")


def test_6_2_11_every_font_is_embedded(objects):
    fonts = [o for o in objects if o.get("/Type") == "/Font"]
    assert fonts
    for font in fonts:
        if font["/Subtype"] == "/Type0":
            assert str(font["/Encoding"]) in ("/Identity-H", "/Identity-V")
            assert "/ToUnicode" in font
            continue
        descriptor = font["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys(), font["/BaseFont"]
        if font["/Subtype"] == "/CIDFontType2":
            assert "/CIDToGIDMap" in font


def test_6_2_graphics_use_nothing_that_is_forbidden(objects):
    for one in objects:
        assert not {"/OPI", "/Alternates", "/TR", "/HTP"} & one.keys()
        assert "/TR2" not in one or str(one["/TR2"]) == "/Default"
        assert not one.get("/Interpolate", False)
        assert one.get("/Subtype") not in ("/PS", "/Movie", "/Sound", "/Screen", "/3D")


def test_6_3_annotations_are_printed_and_drawn(objects):
    annotations = [o for o in objects if "/Rect" in o and "/Subtype" in o]
    assert annotations  # the signature's field is one
    for one in annotations:
        flags = int(one["/F"])
        assert flags & PRINT and not flags & HIDDEN
        x0, y0, x1, y1 = (float(v) for v in one["/Rect"])
        if (x0, y0) != (x1, y1) and one["/Subtype"] not in ("/Popup", "/Link"):
            assert one["/AP"].keys() == {"/N"}


def test_6_4_3_the_signature_covers_the_whole_file(signed, reader):
    (embedded,) = reader.embedded_signatures
    before, length, after, rest = (int(n) for n in embedded.byte_range)
    assert before == 0 and after + rest == len(signed)
    gap = signed[length:after]
    assert gap[:1] == b"<" and gap[-1:] == b">"  # the signature itself alone is left out


def test_6_5_nothing_acts_by_itself(objects, reader):
    for one in objects:
        assert not {"/AA", "/JS", "/XFA"} & one.keys()
        assert str(one.get("/S")) not in ("/JavaScript", "/Launch", "/ImportData", "/ResetForm")
    assert "/OpenAction" not in reader.root
    assert not direct(reader.root["/AcroForm"]).get("/NeedAppearances", False)
    assert "/EmbeddedFiles" not in direct(reader.root.get("/Names", {}))


def test_6_6_the_metadata_can_be_read_without_a_program(reader):
    metadata = reader.root["/Metadata"]
    assert "/Filter" not in metadata
    text = metadata.data.decode()
    assert text.lstrip("\ufeff").startswith("<?xpacket begin=")
    says = [e for e in ElementTree.fromstring(text).iter() if e.tag == f"{RDF}Description"]
    # RDF/XML lets a property be an attribute or an element
    assert {claim(says, "part"), claim(says, "conformance")} == {"2", "B"}


def test_qpdf_finds_nothing_wrong(signed, tmp_path):
    program = shutil.which("qpdf")
    if program is None:
        pytest.skip("qpdf is not installed")
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(signed)
    done = subprocess.run(
        [program, "--check", str(paper)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No syntax or stream encoding errors found" in done.stdout
