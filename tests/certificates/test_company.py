"""The limited company's licence: its pack's own cases, issued with exactly their filings."""

import datetime as dt
import uuid

import pytest

from certificates.actions import Order, issue
from certificates.models import Certificate, Filing
from certificates.numbering import read_identifier
from exchange.models import Notice
from ledger.clock import now
from people.actors import ENGINE
from people.numbers import uscc_ok
from services import catalogue, filings
from services.outputs import printed_values
from services.pack_tests import inputs_of

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def book():
    return catalogue.rulebook(catalogue.current("limited_company", dt.date(2026, 7, 1)))


def orders(book, cases):
    return [
        Order(
            application=f"LC{n}",
            rulebook=book,
            holder="a" * 32,
            holder_name="李四",
            holder_masked="1101**********002X",
            printed=printed_values(book, inputs),
            filings=filings.plan(book, inputs),
            office=book.office,
            region="440305",
            decided_at=now(),
            decision=uuid.uuid4(),
            receipt=b"{}",
        )
        for n, inputs in enumerate(inputs_of(book, case) for case in cases)
    ]


def test_every_case_of_the_pack_gets_its_licence_and_its_filings(book):
    cases = [c for c in book.pack.cases if c.expect == "approve" and c.filings]
    assert len(cases) >= 5
    made = issue(orders(book, cases), by=ENGINE, now=now())
    for case, licence in zip(cases, made, strict=True):
        assert uscc_ok(licence.number) and licence.number.startswith("91440305MA")
        assert read_identifier(licence.identifier).issuer == licence.office.uscc
        filed = Filing.objects.filter(certificate=licence).order_by("place")
        assert len(filed) == 30  # every item of the catalogue, the excluded with their reason
        sent = [f.item for f in filed if f.state == "pushed"]
        assert sent == list(case.filings), case.name
        assert all(f.why_zh and f.why_en for f in filed if f.state == "not_applicable")
        told = Notice.objects.filter(subject__in=[f.subject for f in filed])
        assert told.count() == len(sent)
        assert all("11010519491231002X" not in n.body for n in told)
    assert len({c.number for c in made}) == len(made)


def test_the_licence_prints_what_was_decided(book, client):
    case = next(c for c in book.pack.cases if c.filings)
    issue(orders(book, [case]), by=ENGINE, now=now())
    licence = Certificate.objects.get()
    from certificates.pdf import drawing
    from ledger import canonical

    payload = canonical.loads(licence.payload)
    printed = {f["id"]: f["value"] for f in payload["fields"]}
    assert (printed["business"], printed["capital"]) == ("示例市恒瑞软件有限公司", "1000000")
    assert payload["holder"]["name"] == "示例市恒瑞软件有限公司"
    assert payload["holder"]["number"] == licence.number
    assert [f["zh"] for f in payload["filings"]] == [
        book.pack.filings.items[item].zh for item in case.filings
    ]
    assert drawing.pdf(payload, licence.jws, "https://x", True).startswith(b"%PDF")
    shown = client.get(f"/api/v1/certificates/{licence.public_id}").json()
    assert [p["item"] for p in shown["parts"]] == list(case.filings)
