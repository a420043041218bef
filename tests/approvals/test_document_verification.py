"""Whoever is handed a document finds out whether it is genuine, and whether it still stands."""

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from asn1crypto import x509 as asn1_x509
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from approvals import actions
from approvals.documents import drawing, issuing, sources
from approvals.models import Document
from certificates.pdf import signing
from ledger.clock import now
from ledger.signatures import sign_jws
from people.actors import Actor
from tests.approvals.cases import citizen, person, settled

REASON = "失信记录尚在期内（本市人才引进办法第八条）"


@pytest.fixture
def refused(furnished: None, clerk: Actor, settings: object, tmp_path: Path) -> Document:
    settings.PDF_DIR = tmp_path / "pdf"  # type: ignore[attr-defined]
    case = settled("credit_hit")
    actions.take(number=case.number, by=clerk, now=now())
    actions.refuse(number=case.number, reason=REASON, by=clerk, now=now())
    return Document.objects.get(application=case)


def hand_in(raw: bytes) -> tuple[int, str]:
    file = SimpleUploadedFile("x.pdf", raw, "application/pdf")
    answer = Client().post("/verify/file/", {"file": file})
    return answer.status_code, answer.content.decode()


def test_the_code_on_the_paper_leads_to_what_it_says(refused: Document) -> None:
    paper = drawing.signed_pdf(refused, now())
    (code,) = zxingcpp.read_barcodes(pypdfium2.PdfDocument(paper)[0].render(scale=2).to_pil())
    assert code.text.endswith(f"/verify/{refused.public_id}")
    answer = Client().get(f"/verify/{refused.public_id}")
    page = answer.content.decode()
    assert answer.status_code == 200 and "真实有效" in page
    assert refused.number in page and "不予确认决定书" in page
    me = person("credit_hit")
    assert me.name not in page and me.number not in page and "失信" not in page
    typed = "-".join(refused.public_id[i : i + 4] for i in range(0, 16, 4)).lower()
    assert Client().post("/verify/", {"number": typed}).status_code == 302
    assert Client().get("/verify/0000000000000000").status_code == 404


def test_the_paper_itself_is_checked_and_the_smallest_change_is_found(refused: Document) -> None:
    paper = drawing.signed_pdf(refused, now())
    status, page = hand_in(paper)
    assert status == 200 and refused.number in page and "真实有效" in page
    for place in (len(paper) // 3, paper.index(b"/ByteRange") - 40, len(paper) - 2000):
        changed = bytearray(paper)
        changed[place] ^= 1
        status, page = hand_in(bytes(changed))
        assert status == 422 and refused.number not in page
    for other in (b"", b"hello", b"%PDF-1.7\n%%EOF", paper + b"\n", b"PK\x03\x04" + paper):
        assert hand_in(other)[0] == 422


def test_a_payload_that_is_not_on_record_is_none_of_ours(refused: Document) -> None:
    payload = {**refused.payload, "title": "准予决定书"}
    from ledger import canonical

    for purpose, typ in (("document", "miaopi-document+jws"), ("receipt", "miaopi-document+jws")):
        jws = sign_jws(purpose, canonical.dumps(payload), typ)
        raw = signing.sign(drawing.pdf(payload, jws, "https://x.example", True), "x", now())
        status, page = hand_in(raw)
        assert status == 422 and "真实有效" not in page, purpose


def test_a_refusal_that_was_taken_up_again_no_longer_stands(refused: Document) -> None:
    case = refused.application
    me = citizen(person("credit_hit"))
    actions.reopen(number=case.number, reason="记录已撤销", by=me, now=now())
    page = Client().get(f"/verify/{refused.public_id}").content.decode()
    assert "已不再有效" in page and "真实有效" not in page
    status, page = hand_in(drawing.signed_pdf(refused, now()))
    assert status == 200 and "此后已有变化" in page


def test_an_approval_stands_no_longer_than_its_certificate(refused: Document) -> None:
    case = settled("graduate")
    (approval,) = [s for s in sources.read(case) if s.kind == "approval"]
    document = issuing.issue(case, approval)
    assert "真实有效" in Client().get(f"/verify/{document.public_id}").content.decode()
    me = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="地址有误", by=me, now=now())
    assert "已不再有效" in Client().get(f"/verify/{document.public_id}").content.decode()


def test_pyhanko_believes_the_signature_and_the_file_is_pdf_a(refused: Document) -> None:
    raw = drawing.signed_pdf(refused, now())
    (embedded,) = PdfFileReader(io.BytesIO(raw)).embedded_signatures
    roots = [asn1_x509.Certificate.load(der) for der in signing.published()]
    status = validate_pdf_signature(
        embedded, ValidationContext(trust_roots=[c for c in roots if c.ca], allow_fetching=False)
    )
    assert status.bottom_line and status.docmdp_ok
    assert embedded.docmdp_level == MDPPerm.NO_CHANGES
    assert raw.startswith(b"%PDF-1.7")
    assert b"pdfaid:part>2<" in raw and b"pdfaid:conformance>B<" in raw
    assert str(embedded.sig_object["/Reason"]).startswith("电子文书")


def test_what_an_insider_rewrote_is_shown_as_broken(refused: Document) -> None:
    head, _, tail = refused.jws.split(".")
    broken = Document(jws=".".join((head, "e30", tail)), kind="refusal")
    from approvals.documents.verification import _view

    assert _view(broken, now())["state"] == "broken"
