"""“This is wrong” in a form and on a case: what its page takes, keeps, shows, and for whom."""

import datetime
import re
from typing import Any

import pytest

from affairs import drafts
from affairs.models import Draft
from approvals import actions
from approvals.actions import Represents
from approvals.models import Application, Dispute
from approvals.progress import waiting
from exchange.models import Partner
from ledger.clock import now
from people.actors import agency
from tests.affairs.people import of, refused
from tests.affairs.test_drafts import PATH, filled, form
from tests.approvals.cases import answer_checks, audited, decide, settled
from tests.counter.desk import enter, hidden
from tests.portal import acting

pytestmark = pytest.mark.usefixtures("furnished")
WRONG = "/services/graduate_settlement/wrong/hukou_city/"
SAID = {"claim": "广州市", "reason": "我从未把户口迁出广州"}


def text(client: Any, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).content.decode())


def local() -> Application:
    case = settled("already_local")
    assert case.state == "review"
    return case


def call_wrong(client: Any, case: Application, **changes: str) -> Any:
    address = f"/cases/{case.number}/wrong/hukou_city/"
    sent = {**hidden(client.get(address).content.decode()), **SAID, **changes}
    return client.post(address, sent)


def test_what_is_called_wrong_in_a_form_goes_with_it_to_an_officer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    client = enter("graduate")
    sent = {**form(client), **filled(), "wrong": "hukou_city"}
    gone = client.post(PATH, sent)  # what was filled in is kept on the way
    assert (gone.status_code, gone["Location"]) == (302, WRONG)
    page = text(client, WRONG)
    assert "人口基础信息库" in page and "公安局" in page and "5 个工作日" in page
    assert client.post(WRONG, SAID)["Location"] == PATH
    kept = text(enter("graduate"), PATH)  # on another device too
    assert "您的异议" in kept and "广州市" in kept and filled()["/address"] in kept
    said = "已保存，提交申请时一并提交"
    assert said in text(client, PATH) and said not in text(client, PATH)  # once, and there
    check = client.post(PATH, {**form(client), **filled(), "step": "check"}).content.decode()
    assert "广州市" in check and "因此由工作人员决定" in check
    posted = {**hidden(check), **filled(), "step": "submit", "/consent": "true"}
    made = client.post(PATH, posted)
    assert made.status_code == 302, made.content.decode()
    case = Application.objects.get()
    row = Dispute.objects.get()
    assert (row.fact, row.claim, row.state) == ("hukou_city", "广州市", "open")
    assert not Draft.objects.exists()
    again = client.post(PATH, posted)  # a second tap
    assert again["Location"] == made["Location"] and Dispute.objects.count() == 1
    answer_checks(case)
    decide(case)
    page = text(client, f"/cases/{case.number}/")
    assert "您提出的异议" in page and "主管部门核实中" in page and "申请人对登记内容有异议" in page


def test_what_changed_in_another_tab_is_looked_at_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    client = enter("graduate")
    check = client.post(PATH, {**form(client), **filled(), "step": "check"}).content.decode()
    client.post(WRONG, SAID)
    page = client.post(PATH, {**hidden(check), **filled(), "step": "submit", "/consent": "true"})
    assert page.status_code == 409 and "广州市" in page.content.decode()
    assert not Application.objects.exists()
    sent = {**hidden(page.content.decode()), **filled(), "step": "submit", "/consent": "true"}
    assert client.post(PATH, sent).status_code == 302
    assert Dispute.objects.count() == 1


def test_a_claim_is_changed_taken_back_and_never_without_words() -> None:
    client = enter("graduate")
    assert client.post(WRONG, {**SAID, "reason": " "}).status_code == 422
    assert client.post(WRONG, {**SAID, "claim": "x" * 201}).status_code == 422
    nul = client.post(WRONG, {**SAID, "reason": "a\x00b"})
    assert nul.status_code in (400, 422)
    page = client.post(WRONG, {"claim": "<b>广州</b>", "reason": ""})
    assert "&lt;b&gt;广州" in page.content.decode() and page.status_code == 422
    assert drafts.claims("graduate_settlement", of("graduate"), now()) == ()
    client.post(WRONG, SAID)
    client.post(WRONG, {**SAID, "claim": "佛山市"})
    (kept,) = drafts.claims("graduate_settlement", of("graduate"), now())
    assert kept.claim == "佛山市" and "佛山市" in text(client, WRONG)
    assert drafts.claims("graduate_settlement", of("trader"), now()) == ()
    client.post(WRONG, {"drop": "1"})
    assert drafts.claims("graduate_settlement", of("graduate"), now()) == ()


def test_what_is_kept_with_a_form_is_encrypted_and_its_owners() -> None:
    enter("graduate").post(WRONG, SAID)
    enter("criminal").post(WRONG, SAID)
    row = Draft.objects.get(subject=of("graduate").code)
    assert "广州".encode() not in bytes(row.disputes or b"")
    theirs = "(SELECT disputes FROM affairs_draft WHERE subject = %s)"
    swap = f"UPDATE affairs_draft SET disputes = {theirs} WHERE subject = %s"
    assert "of another person" in refused(swap, of("criminal").code, of("graduate").code)


def test_on_a_case_it_is_sent_shown_with_its_dates_and_taken_back() -> None:
    case, client = local(), enter("already_local")
    page = text(client, f"/cases/{case.number}/")
    assert f"/cases/{case.number}/wrong/hukou_city/" in page
    assert call_wrong(client, case).status_code == 302
    page = text(client, f"/cases/{case.number}/")
    assert "广州市" in page and "主管部门核实中" in page and "前答复" in page
    assert f"/cases/{case.number}/wrong/hukou_city/" not in page  # once at a time
    row = Dispute.objects.get()
    police = agency(Partner.objects.get(code="police"))
    actions.answer_dispute(
        key=row.pk, is_corrected=False, reason="档案 2025 年迁入", by=police, now=now()
    )
    page = text(client, f"/cases/{case.number}/")
    assert "主管部门答复登记无误" in page and "档案 2025 年迁入" in page
    assert call_wrong(client, case, claim="东莞市").status_code == 302  # anew, with other words
    back = f"/cases/{case.number}/disputes/2/"
    assert "撤回这项异议" in text(client, back)
    assert client.post(back).status_code == 302
    assert client.post(back).status_code == 409
    assert Dispute.objects.get(number=2).state == "withdrawn"


def test_a_page_that_has_grown_stale_writes_nothing() -> None:
    case, client = local(), enter("already_local")
    assert call_wrong(client, case, version="1").status_code == 409
    assert not Dispute.objects.exists()


def test_another_persons_case_a_fact_never_shown_and_nothing_are_not_there() -> None:
    case = local()
    mine = f"/cases/{case.number}"
    other, own = enter("graduate"), enter("already_local")
    for address in (f"{mine}/wrong/hukou_city/", f"{mine}/disputes/1/"):
        assert other.get(address).status_code == 404
        assert other.post(address, SAID).status_code == 404
    for fact in ("district", "address_use", "nothing"):
        assert own.get(f"{mine}/wrong/{fact}/").status_code == 404
        assert own.get(f"/services/graduate_settlement/wrong/{fact}/").status_code == 404
    # of convictions nothing is shown before submission; after it the trace shows one's own
    assert own.get("/services/graduate_settlement/wrong/crime/").status_code == 404
    assert own.get("/services/nothing/wrong/level/").status_code == 404
    assert own.get(f"{mine}/disputes/1/").status_code == 404


def test_a_settled_case_leads_to_contesting() -> None:
    case = settled("graduate")
    client = enter("graduate")
    assert "/wrong/" not in client.get(f"/cases/{case.number}/").content.decode()
    address = f"/cases/{case.number}/wrong/school/"
    sent = hidden(client.get(address).content.decode())
    page = client.post(address, {**sent, **SAID})
    assert page.status_code == 409 and "申请复核" in page.content.decode()


def test_the_desk_shows_it_first() -> None:
    case = local()
    call_wrong(enter("already_local"), case)
    page = text(enter("clerk-hrss"), f"/desk/approvals/application/{case.pk}/change/")
    assert "申请人的异议" in page and "广州市" in page and SAID["reason"] in page
    assert (
        page.index("申请人的异议") < page.index('id="conditions"')
        if 'id="conditions"' in page
        else True
    )


def test_a_guardian_disputes_for_a_ward_an_agent_does_not_and_neither_mixes_in_their_own() -> None:
    """What the guardian calls wrong in a form of their own stays out of the ward's application."""
    acting.related("already_local", "graduate")
    enter("graduate").post(WRONG, {**SAID, "claim": "佛山市"})  # of the guardian's own record
    by_guardian = acting.by_action("graduate", "already_local", Represents("guardian"))
    answer_checks(by_guardian)
    case = decide(by_guardian)[0]
    assert (case.state, case.disputes) == ("review", 0)
    page = text(enter("graduate"), f"/cases/{case.number}/")
    assert f"/cases/{case.number}/wrong/hukou_city/" in page
    assert call_wrong(enter("graduate"), case).status_code == 302
    assert Dispute.objects.get().claim == "广州市"
    (kept,) = drafts.claims("graduate_settlement", of("graduate"), now())
    assert kept.claim == "佛山市"
    later = now() + datetime.timedelta(days=400)  # the draft is over, and what was called wrong
    assert drafts.claims("graduate_settlement", of("graduate"), later) == ()
    assert audited() == []


def test_the_form_for_another_carries_nothing_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    acting.related(acting.WARD, acting.GUARDIAN)
    enter(acting.GUARDIAN).post(WRONG, SAID)
    walk = acting.Walk(acting.GUARDIAN)
    walk.for_ward()
    case = acting.handed_in(walk)
    assert (case.disputes, Dispute.objects.count()) == (0, 0)


def test_an_agent_is_not_offered_to_dispute_and_cannot() -> None:
    given = acting.mandate("already_local", acting.STRANGER)
    case = acting.by_action(acting.STRANGER, "already_local", Represents("agent", given.pk))
    answer_checks(case)
    case = decide(case)[0]
    agent = enter(acting.STRANGER)
    assert "/wrong/" not in text(agent, f"/cases/{case.number}/")
    assert call_wrong(agent, case).status_code == 404
    assert not Dispute.objects.exists()
