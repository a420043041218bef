"""Signing in place of papers as a citizen meets it, and inspecting it as a clerk does."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals import actions
from approvals.documents import issuing, sources
from approvals.models import Application, Inspection, Undertaking
from approvals.progress import waiting
from certificates.models import Certificate
from ledger.clock import city_date, now
from people.actors import CLOCK
from tests.approvals.cases import answer_checks, decide
from tests.approvals.signed import again, colleague, committed, promised
from tests.counter.desk import enter
from tests.materials.files import GOOD, in_process
from tests.portal.test_materials import Walk

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)


def handed_in(**ticked: str) -> Application:
    """Fill in the form as far as it asks for the paper, tick a box in its place, submit."""
    walk = Walk()
    assert "owners_committed" not in walk.page  # not where no paper is asked for
    walk.asked()
    for box in ("/owners_committed", "/owners_consent_later"):
        assert f'name="{box}"' in walk.page
    assert "三年内不得再适用告知承诺" in walk.page
    walk.post(step="check", **ticked)
    assert "核对" in walk.page and "owners_c" in walk.page, walk.page[:3000]
    made = walk.post(step="submit", _slash_consent="true", by_person="", **ticked)
    assert made.status_code == 302, walk.page[:3000]
    case = Application.objects.get()
    answer_checks(case)
    return decide(case)[0]


def page_of(case: Application) -> str:
    return enter("trader").get(f"/cases/{case.number}/").content.decode()


def test_a_citizen_commits_and_is_approved_and_reads_what_follows() -> None:
    case = handed_in(_slash_owners_committed="true")
    assert case.state == "approved"
    page = page_of(case)
    for text in ("您以承诺代替的材料", "以告知承诺符合", "批准后的核查", "业主是否一致同意"):
        assert text in page, text
    assert "撤回承诺" not in page  # it is decided
    shown = Client().get(f"/verify/{Certificate.objects.get().public_id}/").content.decode()
    assert "以告知承诺批准，尚待核查" in shown


def test_a_citizen_takes_it_back_while_an_officer_has_it() -> None:
    case = committed(by_person=True)
    client, address = enter("trader"), f"/cases/{case.number}/signed/owners_committed/"
    assert address in page_of(case)
    assert "确定撤回承诺吗" in client.get(address).content.decode()
    sent = {"version": again(case).version}
    assert client.post(address, sent).status_code == 302
    assert Undertaking.objects.get().state == "withdrawn"
    assert "此前已经办过" in client.post(address, sent, follow=True).content.decode()
    assert "已撤回" in page_of(case)


def test_a_promised_file_is_handed_in_on_its_page() -> None:
    case = handed_in(_slash_owners_consent_later="true")
    assert case.state == "waiting"
    client, address = enter("trader"), f"/cases/{case.number}/later/owners_consent/"
    page = page_of(case)
    assert "已受理。请在" in page and address in page and "承诺补交" in page
    assert "须先征得其他部门同意" not in page
    empty = client.post(address, {"version": again(case).version})
    assert empty.status_code == 422 and "请选择要补交的文件" in empty.content.decode()
    wrong = SimpleUploadedFile("x.pdf", b"nothing")
    refused = client.post(address, {"version": again(case).version, "/owners_consent": [wrong]})
    assert refused.status_code == 422 and "x.pdf" in refused.content.decode()
    paper = SimpleUploadedFile("同意书.pdf", GOOD["a PDF"])
    sent: dict[str, Any] = {"version": again(case).version, "/owners_consent": [paper]}
    assert client.post(address, sent).status_code == 302
    assert again(case).state == "submitted"
    second = client.post(address, sent, follow=True)
    assert second.status_code == 200 and "此前已经办过" in second.content.decode()
    assert client.get(address.replace("owners_consent", "nothing")).status_code == 404
    case = decide(case)[0]
    desk = enter("clerk-market").get(f"/desk/approvals/application/{case.pk}/change/")
    for text in ("同意书.pdf", "以承诺代替材料", '<b class="ok">已提交'):
        assert text in desk.content.decode(), text


def test_the_notice_of_acceptance_lists_what_is_to_come_and_by_when() -> None:
    case = promised()
    client = enter("trader")
    page = client.get(f"/cases/{case.number}/").content.decode()
    assert "受理通知书" in page
    document = issuing.issue(case, sources.read(case)[0])
    body = "".join(part["text"] for part in document.payload["body"])
    due = Undertaking.objects.get().due_at
    assert due is not None
    day = city_date(due).day
    assert "容缺受理" in body and "业主一致同意的证明，于" in body
    assert f"{day - 1}日前补交" in body or day == 1


def test_a_lapse_is_told_with_its_reason() -> None:
    case = promised()
    due = Undertaking.objects.get().due_at
    assert due is not None
    actions.lapse(by=CLOCK, now=due)
    page = page_of(case)
    assert "受理已撤回" in page and "承诺补交的材料逾期未交" in page


def record(row: Inspection, **fields: str) -> Any:
    clerk = enter("clerk-market")
    return clerk.post(f"/desk/approvals/inspection/{row.pk}/do/", fields)


def test_a_clerk_records_what_an_inspection_has_found() -> None:
    case = committed()
    row = Inspection.objects.get()
    clerk = enter("clerk-market")
    front = clerk.get("/desk/").content.decode()
    assert "批准后待核查" in front
    assert case.number in clerk.get("/desk/approvals/inspection/").content.decode()
    page = clerk.get(f"/desk/approvals/inspection/{row.pk}/change/").content.decode()
    for text in ("核查发现了什么", "我已取得有利害关系的业主一致同意", case.number):
        assert text in page, text
    for fields, text in (
        ({"result": "", "reason": "x"}, "请选择核查结果"),
        ({"result": "rectify", "reason": "x", "rectify_by": "明天"}, "请填写整改期限"),
        ({"result": "passed", "reason": ""}, ""),
    ):
        answer = record(row, **fields)
        assert answer.status_code == 422 and text in answer.content.decode()
    assert record(row, result="passed", reason="同意书齐全").status_code == 302
    assert "同意书齐全" in page_of(case) and "与承诺相符" in page_of(case)
    shown = Client().get(f"/verify/{Certificate.objects.get().public_id}/").content.decode()
    assert "经核查属实" in shown
    assert record(row, result="untrue", reason="x").status_code == 409


def test_no_one_of_another_office_opens_it() -> None:
    committed()
    row = Inspection.objects.get()
    other = enter("clerk-hrss")
    for place in ("change", "do"):
        assert other.get(f"/desk/approvals/inspection/{row.pk}/{place}/").status_code == 404
    sent = {"result": "passed", "reason": "x"}
    assert other.post(f"/desk/approvals/inspection/{row.pk}/do/", sent).status_code == 404
    auditor = enter("auditor").get(f"/desk/approvals/inspection/{row.pk}/change/")
    assert (
        auditor.status_code == 200
        and row.application.applicant_name not in auditor.content.decode()
    )


def test_the_holder_states_a_view_and_the_second_officer_reads_it() -> None:
    case = committed()
    record(Inspection.objects.get(), result="untrue", reason="两户未同意")
    client, address = enter("trader"), f"/cases/{case.number}/statement/"
    page = page_of(case)
    assert "已提出撤销该项批准" in page and "两户未同意" in page and address in page
    assert client.post(address, {"version": "1", "reason": ""}).status_code == 422
    sent = {"version": "1", "reason": "两户已于昨日补签"}
    assert client.post(address, sent).status_code == 302
    twice = client.post(address, {**sent, "reason": "别的"}, follow=True)
    assert "此前已经办过" in twice.content.decode() and "别的" not in twice.content.decode()
    assert "两户已于昨日补签" in page_of(case)
    colleague()
    paper = Certificate.objects.get()
    desk = enter("clerk-other").get(f"/desk/certificates/certificate/{paper.pk}/change/")
    assert "两户已于昨日补签" in desk.content.decode()


def test_a_service_says_what_need_not_be_brought_and_by_which_ways_it_is_applied_for() -> None:
    page = Client().get("/services/sole_trader/").content.decode()
    for text in (
        "过去要求提交的材料",
        "身份证复印件",
        "免提交：人口基础信息库已有",
        "可以选择以承诺代替材料",
        "网上",
    ):
        assert text in page, text


def test_a_supervisor_is_shown_what_is_not_inspected_in_time() -> None:
    case = committed()
    row = Inspection.objects.get()
    assert actions.escalate_inspections(by=CLOCK, now=row.due_at) == 1
    page = enter("supervisor-market").get("/desk/").content.decode()
    assert "核查已逾期" in page and case.number in page
    assert now() < row.due_at
