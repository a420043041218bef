"""Point 28: a revocation is silent to nobody: page, fragment, wallet, paper, API, upload."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.actions import confirm, lifecycle, propose
from certificates.models import Certificate
from ledger.clock import now
from people.actors import Actor
from tests.approvals.cases import person
from tests.approvals.program import PATH, Program, body
from tests.approvals.returns import enter
from tests.attacks import outside

WHY = "学历证书系伪造，学校已书面证实"
LAW = "第六十九条"
REMEDIES = ("行政复议", "行政诉讼")


@pytest.fixture
def paper(furnished: None) -> Certificate:
    seen = outside.submit(body("graduate"))
    assert seen.state == "approved"
    return Certificate.objects.get(application=seen.case.number)


def revoke(paper: Certificate, first: Actor, second: Actor) -> None:
    made = propose(public_id=paper.public_id, ground="deception", reason=WHY, by=first, now=now())
    confirm(revocation=made.pk, by=second, now=now())


def upload(raw: bytes, name: str = "证照.pdf", kind: str = "application/pdf") -> Any:
    file = SimpleUploadedFile(name, raw, kind)
    return Client().post("/verify/file/", {"file": file})


def test_whoever_holds_it_reads_why_by_what_law_and_what_to_do(
    paper: Certificate, clerk: Actor, colleague: Actor
) -> None:
    holder = enter("graduate")
    file = holder.get(f"/certificates/{paper.public_id}.pdf").getvalue()
    number = paper.application
    addresses = (f"/cases/{number}/", f"/certificates/{paper.public_id}/")
    revoke(paper, clerk, colleague)
    for address in addresses:
        page = holder.get(address).content.decode()
        for word in (WHY, LAW, *REMEDIES, now().strftime("%Y")):
            assert word in page, (address, word)
        assert 'class="band ok"' not in page
    fragment = holder.get(f"/cases/{number}/state/").content.decode()
    assert 'class="band ok"' not in fragment
    listed = holder.get("/wallet/").content.decode()
    assert "已撤销" in listed and 'class="word ok"' not in listed
    cases_ = holder.get("/cases/").content.decode()
    assert number in cases_
    said = upload(file).content.decode()
    assert "撤销" in said and WHY not in said
    for address in (f"/verify/{paper.public_id}", f"/verify/{paper.identifier}"):
        public = Client().get(address).content.decode()
        assert "撤销" in public and LAW in public
        assert WHY not in public and person("graduate").name not in public


def test_programs_learn_of_it_too(paper: Certificate, clerk: Actor, colleague: Actor) -> None:
    revoke(paper, clerk, colleague)
    mine = Program().get(f"{PATH}/{paper.application}")
    assert mine.status == 200
    assert "revoked" in json.dumps(mine.json), "the case is approved for whoever asks"
    public = Program("").get(f"/api/v1/certificates/{paper.public_id}")
    assert public.status == 200 and public.json["state"] == "revoked"
    assert WHY not in public.raw.decode()


def test_what_ends_otherwise_is_not_green_either(paper: Certificate, clerk: Actor) -> None:
    holder = enter("graduate")
    page = f"/cases/{paper.application}/"
    lifecycle.suspend(public_id=paper.public_id, reason="学历正在核实", by=clerk, now=now())
    assert 'class="band ok"' not in holder.get(page).content.decode()
    lifecycle.restore(public_id=paper.public_id, reason="学历核实无误", by=clerk, now=now())
    assert 'class="band ok"' in holder.get(page).content.decode()
    lifecycle.cancel(public_id=paper.public_id, reason="本人申请注销", by=clerk, now=now())
    ended = holder.get(page).content.decode()
    assert 'class="band ok"' not in ended and "注销" in ended


NOT_PDF = {
    "empty": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "a page": b"<html><script>alert(1)</script></html>",
    "an archive": b"PK\x03\x04" + bytes(400),
    "a name alone": b"%PDF-1.7",
    "a bomb": b"%PDF-1.7\n" + b"1 0 obj<</Length 99999999999>>stream\n" * 400,
    "nested": b"%PDF-1.7\n" + b"[" * 90_000,
    "text": "证照".encode() * 100,
    "utf-16": "证照".encode("utf-16") * 100,
    "an executable": b"MZ" + bytes(4000),
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
}


@pytest.mark.parametrize("name", NOT_PDF)
def test_a_document_that_is_no_pdf_is_refused_with_a_sentence(name: str, furnished: None) -> None:
    labels = ("a.pdf", "a.exe", "../../etc/passwd", "a\x00.pdf", "x" * 300 + ".pdf")
    kinds = ("application/pdf", "image/png", "text/html", "", "application/pdf")
    for label, kind in zip(labels, kinds, strict=True):
        answer = upload(NOT_PDF[name], label, kind)
        assert 200 <= answer.status_code < 500, (kind, label, answer.status_code)
        text = answer.content.decode()
        assert "真实有效" not in text and "root:" not in text and "<script>alert" not in text
        assert any("\u4e00" <= c <= "\u9fff" for c in text)


def test_no_file_two_files_and_a_field_of_that_name_are_refused(furnished: None) -> None:
    client = Client()
    one = SimpleUploadedFile("a.pdf", b"%PDF-1.7", "application/pdf")
    two = SimpleUploadedFile("b.pdf", b"%PDF-1.7", "application/pdf")
    for form in ({}, {"file": "text"}, {"file": [one, two]}, {"other": one}):
        answer = client.post("/verify/file/", form)
        assert answer.status_code < 500, form
