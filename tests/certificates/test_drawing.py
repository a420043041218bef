"""The paper: what it shows, that a phone reads it, that a reader of PDFs believes it."""

import datetime as dt
import io
import re

import pypdfium2
import pytest
import segno
import zxingcpp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from certificates.pdf import drawing, glyphs, qr, signing
from ledger import root

PAYLOAD = {
    "type": {"zh": "应届毕业生引进落户核准通知书", "en": "Approval of Graduate Settlement"},
    "identifier": "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "id": "7K3MQ2X9ABCD1234",
    "version": "1",
    "number": "RC202600000041",
    "holder": {"name": "欧阳思远", "number": "4403**********0022"},
    "issuer": {"zh": "示例市人力资源和社会保障局", "en": "Sample City HR Bureau"},
    "issued": "2026-03-02",
    "expires": "2027-03-02",
    "fields": [
        {"id": "name", "zh": "姓名", "en": "Name", "value": "欧阳思远"},
        {"id": "representative", "zh": "法定代表人", "en": "Representative", "value": "欧阳思远"},
        {"id": "level", "zh": "学历", "en": "Education", "value": "本科"},
        {"id": "graduated", "zh": "毕业日期", "en": "Graduated on", "value": "2025-06-30"},
        {"id": "local", "zh": "本市户籍", "en": "Local already", "value": "false"},
        {"id": "scope", "zh": "经营范围", "en": "Scope", "value": ["零售", "餐饮"]},
    ],
}
SITE = "https://fw.example.gov.cn"


def page(raw):
    return pypdfium2.PdfDocument(raw)[0]


def words(raw):
    return "".join(page(raw).get_textpage().get_text_range().split())


@pytest.fixture(scope="module")
def paper():
    return drawing.pdf(PAYLOAD, "head.body.signature", SITE, True)


def test_everything_is_on_one_page_as_text(paper):
    assert len(pypdfium2.PdfDocument(paper)) == 1
    said = words(paper)
    for piece in ("欧阳思远", "4403**********0022", "本科", "2025年6月30日", "否No", "零售、餐饮"):
        assert piece in said
    assert said.count("欧阳思远") == 2  # as holder, and as representative
    for piece in ("RC202600000041", "7K3M-Q2X9-ABCD-1234", PAYLOAD["identifier"], "2027年3月2日"):
        assert piece in said


def test_a_demo_marks_its_specimens_and_a_city_does_not(paper):
    assert "SPECIMEN" in words(paper) and "没有法律效力" in words(paper)
    plain = words(drawing.pdf(PAYLOAD, "", SITE, False))
    assert "SPECIMEN" not in plain and "没有法律效力" not in plain


def test_a_phone_reads_the_code_from_the_drawing(paper):
    picture = page(paper).render(scale=2).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text == f"{SITE}/verify/7K3MQ2X9ABCD1234"
    width, height = picture.size
    assert code.position.bottom_left.x < width / 3  # lower left (design language 14)
    assert code.position.top_left.y > height * 2 / 3


@pytest.mark.parametrize("site", [f"{SITE}/verify/", "http://127.0.0.1:8000/verify/"])
@pytest.mark.parametrize("public_id", ["7K3MQ2X9ABCD1234", "0000000000000000", "ZZZZZZZZZZZZZZZZ"])
def test_the_code_is_module_for_module_that_of_a_fresh_encoding(site, public_id):
    fresh = segno.make(
        site + public_id, mode="byte", error="m", mask=qr.MASK, micro=False, boost_error=False
    )
    drawn = [[0] * len(fresh.matrix) for _ in fresh.matrix]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", qr.svg(site, public_id)):
        for place in range(int(width)):
            drawn[int(y)][int(x) + place] = 1
    assert drawn == [list(row) for row in fresh.matrix]


@pytest.mark.parametrize(
    "name", ['"))#panic("', "\\", '\\"', "#d.jws", "] #sys.version [", "$x$ *b* _i_ `r`", "//x"]
)
def test_what_a_holder_is_called_is_text_and_never_a_command(name):
    holder = {"name": name, "number": ""}
    drawn = drawing.pdf({**PAYLOAD, "holder": holder}, "", SITE, True)
    assert "".join(name.split()) in words(drawn)


def test_it_is_pdf_a_with_the_fonts_of_our_wheels(paper):
    assert b"pdfaid:part>2<" in paper and b"pdfaid:conformance>B<" in paper
    reader = PdfFileReader(io.BytesIO(paper))
    fonts = reader.root["/Pages"]["/Kids"][0].get_object()["/Resources"]["/Font"]
    names = {str(fonts[name]["/BaseFont"]).partition("+")[2] for name in fonts}
    assert names and all("NotoSerifSC" in name or "NotoSans" in name for name in names)


def test_the_same_payload_gives_the_same_bytes(paper):
    assert drawing.pdf(PAYLOAD, "head.body.signature", SITE, True) == paper


def test_the_preview_is_a_picture_without_script():
    picture = drawing.picture(PAYLOAD, "svg", SITE, True)
    assert (
        picture.startswith(b"<svg")
        and b"<script" not in picture
        and b"http://" not in (picture.replace(b"http://www.w3.org/", b""))
    )


@pytest.mark.parametrize(
    "name", ["欧阳思远", "𠮷野家", "㐀㐁", "买买提·艾力", "O'Neil-Smith", "龘靐"]
)
def test_printable_names_are_drawn(name):
    assert glyphs.printable(name)
    holder = {"name": name, "number": ""}
    drawn = drawing.pdf({**PAYLOAD, "holder": holder}, "", SITE, True)
    drawn_names = [*words(drawn)]
    assert [c for c in name if c not in drawn_names] == []  # CJK glyphs may come in parts


@pytest.mark.parametrize(
    "name", ["\U0002a6d6", "張\ue000", "a\u200bb", "a\u202eb", "三\n四", "\x00"]
)
def test_a_name_without_glyphs_is_not_printable(name):
    assert not glyphs.printable(name)


@pytest.mark.parametrize("field", ["name", "address"])
def test_a_character_in_no_font_is_printed_by_its_code_and_never_as_an_empty_box(field):
    text = "\U0002a6d6三\U00030000"
    fields = [{"id": "address", "zh": "住址", "en": "Address", "value": text}]
    changed = {"holder": {"name": text, "number": ""}} if field == "name" else {"fields": fields}
    shown = words(drawing.pdf({**PAYLOAD, **changed}, "", SITE, True))
    assert "〔U+2A6D6〕三〔U+30000〕" in shown
    assert "字库暂无此字，以其统一码" in shown
    assert "字库暂无此字" not in words(drawing.pdf(PAYLOAD, "", SITE, True))


def test_what_is_missing_is_found_in_every_kind_of_printed_value():
    values = ("\U0002a6d6", ["a", "\U00030000"], {"x": "一\n\U0002a6d6"}, None, True, 3)
    assert glyphs.missing(values) == ("\U0002a6d6", "\U00030000")
    assert glyphs.missing(("𠮷野家", "两\n行")) == ()


def test_markup_in_a_name_is_only_text():
    name = '#panic("x") *b* $x$ [y] \\ "'
    drawn = drawing.pdf({**PAYLOAD, "holder": {"name": name, "number": ""}}, "", SITE, True)
    assert '#panic("x")*b*$x$[y]\\"' in words(drawn)


def test_pyhanko_validates_what_we_signed(db, settings, tmp_path, now, paper):
    settings.KEYS_DIR = tmp_path
    root.make()
    raw = signing.sign(paper, "示例市人社局", now)
    (embedded,) = PdfFileReader(io.BytesIO(raw)).embedded_signatures
    roots = [asn1_x509.Certificate.load(der) for der in signing.published()]
    status = validate_pdf_signature(
        embedded, ValidationContext(trust_roots=[c for c in roots if c.ca], allow_fetching=False)
    )
    assert status.bottom_line and status.docmdp_ok
    # what claims PDF/A-2b declares PDF 1.7, in its header and in its catalogue
    reader = PdfFileReader(io.BytesIO(raw))
    assert raw.startswith(b"%PDF-1.7") and reader.input_version == (1, 7)
    assert list(reader.root["/Extensions"]) == ["/ESIC"]
    assert b"pdfaid:part>2<" in raw
    assert embedded.docmdp_level == MDPPerm.NO_CHANGES
    assert dt.timedelta(0) <= roots[0].not_valid_after - now
    assert page(raw).render(scale=0.5).to_pil().size[0] > 100


def sizes(raw):
    """Return (character, height in points) of the whole page, in the order of its text."""
    textpage = page(raw).get_textpage()
    text = textpage.get_text_range()
    heights = [
        pypdfium2.raw.FPDFText_GetFontSize(textpage, place)
        for place in range(textpage.count_chars())
    ]
    return list(zip(text, heights, strict=True))


def test_the_largest_number_on_the_paper_is_the_one_that_verifies():
    code = {"id": "uscc", "zh": "统一社会信用代码", "en": "USCC", "value": "92440300MA5DA0001X"}
    drawn = sizes(drawing.pdf({**PAYLOAD, "fields": [*PAYLOAD["fields"], code]}, "", SITE, True))
    text = "".join(sign for sign, _ in drawn)
    begins = text.index("7K3M-Q2X9")
    verifies = min(height for _, height in drawn[begins : begins + 19])
    for other in ("RC202600000041", "92440300MA5DA0001X", "4403*", "1.2.156", "2025 年"):
        place = text.index(other)
        assert max(height for _, height in drawn[place : place + len(other)]) < verifies, other
    assert "\n" not in text[begins : begins + 19]  # it stands on one line
