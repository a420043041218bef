"""Documents of a case: what is put in writing when, by whom, in which words, and for whom."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import pypdfium2
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions
from approvals.documents import drawing, issuing, listing, sources
from approvals.documents.law import chinese, formal
from approvals.models import Application, Decision, Document
from certificates.models import Certificate
from ledger.clock import now
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    settled,
)
from tests.approvals.test_traces import enter, found
from tests.factories import UserFactory

REASON = "失信记录尚在期内，未提供修复证明（本市人才引进办法第八条）"


@pytest.fixture(autouse=True)
def _papers(settings: object, tmp_path: Path) -> None:
    settings.PDF_DIR = tmp_path / "pdf"  # type: ignore[attr-defined]


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    """A graduate with a credit hit, in the hands of ``clerk``."""
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return Application.objects.get(id=made.id)


def words(raw: bytes) -> str:
    """Return the text of a PDF without spaces."""
    pdf = pypdfium2.PdfDocument(raw)
    return "".join("".join(p.get_textpage().get_text_range().split()) for p in pdf)


def body(document: Document) -> str:
    return "\n".join(one["text"] for one in document.payload["body"])


def kinds(case: Application) -> list[str]:
    return [source.kind.value for source in sources.read(case)]


def written(case: Application, kind: str) -> Document:
    source = next(s for s in sources.read(case) if s.kind == kind)
    return issuing.issue(case, source)


def test_a_refusal_is_written_when_it_is_decided_with_reason_law_and_remedies(
    case: Application, clerk: Actor
) -> None:
    actions.refuse(number=case.number, reason=REASON, by=clerk, now=now())
    document = Document.objects.get(application=case)
    decision = Decision.objects.get(application=case, live=True)
    assert (document.kind, document.source, document.issued_by) == (
        "refusal",
        decision.id,
        "officer:clerk-a",
    )
    text = body(document)
    assert REASON in text
    # 行政复议法 §20, §24: sixty days, the city's own government; 行政诉讼法 §46: six months
    assert "六十日内向示例市人民政府申请行政复议" in text
    assert "六个月内依法向示例市福田区人民法院提起行政诉讼" in text
    assert document.payload["title"] == "不予确认决定书"  # a confirmation is no licence
    assert "行政许可法" not in text
    assert document.payload["office"]["zh"] == "示例市人力资源和社会保障局"
    assert document.number.startswith(f"示人社不〔{document.issued_at.year}〕")
    number = person("credit_hit").number
    assert number not in document.jws and document.payload["addressee"]["number"][:4] == number[:4]
    assert kinds(case) == ["acceptance", "refusal"]
    assert audited() == []


def test_what_the_machine_decides_is_written_when_somebody_asks_for_it(furnished: None) -> None:
    case = settled("graduate")
    assert not Document.objects.exists()  # nothing on the way of an automatic approval
    assert kinds(case) == ["acceptance", "approval"]
    approval = written(case, "approval")
    certificate = Certificate.objects.get(application=case.number)
    assert certificate.number in body(approval) and "自动作出" in body(approval)
    assert "行政复议" not in body(approval)
    assert approval.issued_at == Decision.objects.get(application=case).at
    acceptance = written(case, "acceptance")
    assert acceptance.payload["title"] == "申请受理通知书"
    last = case.due_at - dt.timedelta(seconds=1)
    local = last.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert f"最迟于{local.year}年{local.month}月{local.day}日作出决定" in body(acceptance)
    assert written(case, "approval").pk == approval.pk  # and once
    assert Document.objects.count() == 2
    assert audited() == []


def test_a_return_lists_everything_once_and_an_accepted_application_says_so(
    furnished: None,
) -> None:
    case = settled("graduate", answers=graduate_answers(address="440305-9999999"))
    assert case.state == "returned"
    assert kinds(case) == ["correction"]  # it is not accepted before it is corrected
    document = written(case, "correction")
    assert "一次性告知" in body(document)
    items = [one["text"] for one in document.payload["body"] if one["as"] == "item"]
    assert items and items[0].startswith("1．") and "不符合" in items[0]
    day = (case.correct_by - dt.timedelta(seconds=1)).astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert f"{day.year}年{day.month}月{day.day}日24时前" in body(document)
    me, at = citizen(person("graduate")), now()
    actions.resubmit(number=case.number, answers=graduate_answers(), by=me, now=at)
    answer_checks(case)
    decide(case)
    assert kinds(case) == ["correction", "acceptance", "approval"]
    acceptance = written(case, "acceptance")
    assert "经补正，申请内容齐全" in body(acceptance)
    assert (acceptance.round, acceptance.issued_at) == (2, at)


def test_what_nobody_called_incomplete_in_time_counts_as_accepted(case: Application) -> None:
    assert kinds(case) == []  # an officer may still return it
    later = now() + dt.timedelta(days=30)
    actions.accept(by=CLOCK, now=later)
    document = written(case, "acceptance")
    assert "五个工作日内没有告知" in body(document) and "自收到之日起即为受理" in body(document)
    assert document.issued_at == later


def test_an_officers_return_says_what_the_officer_wrote(case: Application, clerk: Actor) -> None:
    actions.return_(number=case.number, reason="信用修复证明\n本人声明", by=clerk, now=now())
    document = Document.objects.get(application=case)
    items = [one["text"] for one in document.payload["body"] if one["as"] == "item"]
    assert items == ["1．信用修复证明", "2．本人声明"]


def test_a_registration_is_worded_by_its_own_regulation(furnished: None) -> None:
    case = settled("trader", "sole_trader")
    approval = written(case, "approval")
    assert approval.payload["title"] == "准予登记通知书"
    assert "《中华人民共和国市场主体登记管理条例》第十九条" in body(approval)


def test_nothing_is_written_where_nothing_was_decided(case: Application, clerk: Actor) -> None:
    with pytest.raises(ActionRejected):
        actions.refuse(number=case.number, reason="  ", by=clerk, now=now())
    assert not Document.objects.exists()


def test_postgresql_keeps_documents_as_they_are(case: Application, clerk: Actor) -> None:
    actions.refuse(number=case.number, reason=REASON, by=clerk, now=now())
    other = settled("graduate")
    row = Document.objects.get()
    for statement, fault in (
        ("UPDATE approvals_document SET jws = 'x'", ProgrammingError),
        ("DELETE FROM approvals_document", ProgrammingError),
        ("TRUNCATE approvals_document", ProgrammingError),
        (_copy("gen_random_uuid()", "application_id"), IntegrityError),  # of no decision
        (_copy("source", "application_id"), IntegrityError),  # twice
        (_copy("source", f"'{other.id}'"), IntegrityError),  # of another case
    ):
        with pytest.raises(fault), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Document.objects.get() == row


def _copy(source: str, application: str) -> str:
    return (
        "INSERT INTO approvals_document (id, application_id, kind, round, source, public_id,"
        f" number, issued_at, issued_by, jws) SELECT gen_random_uuid(), {application}, kind, round,"
        f" {source}, 'Z' || substr(public_id, 2), number || 'x', issued_at, issued_by, jws"
        " FROM approvals_document"
    )


def test_a_document_that_says_something_else_is_not_drawn(case: Application, clerk: Actor) -> None:
    actions.refuse(number=case.number, reason=REASON, by=clerk, now=now())
    document = Document.objects.get()
    head, _, tail = document.jws.split(".")
    document.jws = ".".join((head, _[:-4] + "AAAA", tail))
    with pytest.raises(Exception, match="signature does not match"):
        drawing.signed_pdf(document, now())


def test_the_applicant_keeps_each_as_a_file_and_nobody_else_does(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    actions.refuse(number=case.number, reason=REASON, by=clerk, now=now())
    owner, other = enter("credit_hit"), enter("graduate")
    page = owner.get(f"/cases/{case.number}/").content.decode()
    entries = listing.of_case(case)
    assert [e.kind for e in entries] == ["acceptance", "refusal"]
    for entry in entries:
        address = f"/cases/{case.number}/documents/{entry.key}/"
        assert address in page and entry.title in page
        answer = owner.get(address)
        assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
        assert "no-store" in answer["Cache-Control"]
        assert f"{entry.title}_{case.number}.pdf" in unquote(answer["Content-Disposition"])
        said = words(answer.content)
        assert entry.title in said and person("credit_hit").name in said
        assert "SPECIMEN" in said and "第1页共1页" in said
        assert other.get(address).status_code == 404
        assert Client().get(address).status_code == 302
    mine = settled("graduate")
    key = sources.read(mine)[0].id
    assert owner.get(f"/cases/{case.number}/documents/{key}/").status_code == 404
    assert other.get(f"/cases/{mine.number}/documents/{key}/").status_code == 200


def test_the_desk_lists_them_officers_read_them_and_auditors_get_no_file(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    actions.refuse(number=case.number, reason=REASON, by=clerk, now=now())
    entry = listing.of_case(case)[-1]
    page = f"/desk/approvals/application/{case.pk}/change/"
    address = f"/desk/approvals/application/{case.pk}/documents/{entry.key}/"
    mine = enter("clerk-a")
    assert address in mine.get(page).content.decode()
    before = len(found())
    assert mine.get(address).status_code == 200
    assert found()[-1] == ("officer:clerk-a", "clerk", "case", case.number, "handling")
    assert len(found()) == before  # the page was opened within the minute
    assert enter(stranger.code).get(address).status_code == 404
    auditor = enter("aud", "auditor")
    shown = auditor.get(page).content.decode()
    assert entry.title in shown and address not in shown
    assert auditor.get(address).status_code == 404


def test_of_two_who_ask_first_both_get_the_same(furnished_committed: None, monkeypatch) -> None:
    case = settled("graduate")
    source = next(s for s in sources.read(case) if s.kind == "approval")
    drawn = []
    draw = drawing.pdf

    def counted(*arguments: object) -> bytes:
        drawn.append(1)
        return draw(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(drawing, "pdf", counted)

    def ask(_: int) -> bytes:
        try:
            return drawing.signed_pdf(issuing.issue(case, source), now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        papers = set(pool.map(ask, range(4)))
    assert len(papers) == len(drawn) == Document.objects.count() == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (101, "一百零一"), (110, "一百一十"),
     (1015, "一千零一十五")],
)  # fmt: skip
def test_articles_are_counted_in_chinese(number: int, text: str) -> None:
    assert chinese(number) == text


def test_laws_are_named_as_documents_name_them() -> None:
    assert (
        formal("户口登记条例 §10；本市人才引进办法") == "《户口登记条例》第十条、本市人才引进办法"
    )
    assert formal("参照行政许可法 §42") == "《行政许可法》第四十二条"


def test_an_officers_return_names_the_fields_that_open(case: Application, clerk: Actor) -> None:
    opened = ["/address"]
    actions.return_(number=case.number, reason="请更正", by=clerk, now=now(), opened=opened)
    text = body(Document.objects.get(application=case))
    assert "可以修改的栏目：落户地址编码。其他栏目不得改动" in text


def test_a_longer_term_a_procedure_and_a_transfer_are_put_in_writing(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    plan = actions.ProcedurePlan(
        kind="hearing", days="10", basis="行政许可法 §47", reason="利害关系人要求听证"
    )
    actions.open_procedure(number=case.number, plan=plan, by=clerk, now=now())
    procedure = Document.objects.get(application=case, kind="procedure")
    assert "根据《行政许可法》第四十七条的规定，需要进行听证" in body(procedure)
    assert "利害关系人要求听证" in body(procedure)
    actions.end_procedure(number=case.number, reason="已举行", by=clerk, now=now())
    head = officer(UserFactory(clerk=True, username="head", office__code="hrss", role="head"))
    actions.extend(number=case.number, reason="需核对外地学籍档案", by=head, now=now())
    extension = Document.objects.get(application=case, kind="extension")
    assert "需核对外地学籍档案" in body(extension)
    assert "经本机关负责人批准，办理期限延长10个工作日" in body(extension)
    to, why = "market", "住所核验属市场监管职责"
    actions.transfer(number=case.number, to=to, reason=why, by=clerk, now=now())
    transfer = Document.objects.get(application=case, kind="transfer")
    assert "移送示例市市场监督管理局办理" in body(transfer)
    for kind in ("acceptance", "procedure", "extension", "transfer"):
        document = written(case, kind)
        assert document.payload["office"]["zh"] == "示例市人力资源和社会保障局", kind
        assert document.payload["title"] in words(drawing.signed_pdf(document, now()))
    assert audited() == []
