"""A7: whatever an officer writes is drawn whole in every document, or refused with a sentence."""

import datetime as dt
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from approvals import actions
from approvals.models import Application, Document
from ledger.clock import now
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import citizen, person, settled
from tests.approvals.returns import enter
from tests.factories import UserFactory

# what a typesetter, a font or a page may stumble over, a line each
LINES = [
    '#read("/etc/passwd") #import "x.typ" #panic("x")',
    "$x^2$ *粗* _斜_ @ref <label> // 注 /* 注 */ \\u{41} \\",
    ']]] ))) }}} "#" `raw` ~ -- --- \' " = - + /',
    "https://evil.example/?a=<b>&c=d",
    "\U00020bb7\U0002a6d6\U0002b73a\U0002ceb0\U00030ede\U000313a0\U0002ebf1",
    "\U0001f600\U0001f6d1\u2603\u2713\u00a9\u2122",
    "\u0f56\u0f7c\u0f51\u0f0b\u0f61\u0f72\u0f42",
    "\u0626\u06c7\u064a\u063a\u06c7\u0631",
    "\u182e\u1823\u1829\u182d\u1823\u182f",
    "\ua188\ua320\ua276",
    "e\u0301 a\u0308\u0323 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\U0001d400\U0001d49c\uff21\uff11\uffe5\u2160\u2460\u3392\ufa11\uf900",
    "\u845b\U000e0100",
    "\u00ad\ufffc\ufffd\ufdd0",
    "\ue863\U000f0000",
    "Z" * 300,
    "\u5b57" * 300,
]


def taken() -> list[str]:
    """Return the lines that the product takes at all; each other is refused with a sentence."""
    from people import text

    found = []
    for line in LINES:
        try:
            found.append(text.reason(f"理由{line}", longest=2000))
        except ActionRejected as error:
            assert error.status == 422 and error.zh and error.en
    assert len(found) >= 10
    return found


def words(raw: bytes) -> str:
    pdf = pypdfium2.PdfDocument(raw)
    return "".join("".join(p.get_textpage().get_text_range().split()) for p in pdf)


def lacking(raw: bytes, lines: list[str]) -> list[str]:
    """Return the characters of the lines that stand neither as themselves nor by their code."""
    drawn = words(raw)
    return sorted(
        {
            c
            for line in lines
            for c in line
            if not c.isspace() and c not in drawn and f"U+{ord(c):04X}" not in drawn
        }
    )


def drawn(client: Client, case: Application) -> dict[str, bytes]:
    """Return every document of a case as its applicant gets it, by kind."""
    page = client.get(f"/cases/{case.number}/").content.decode()
    found = {}
    from approvals.documents import sources

    for source in sources.read(case):
        assert f"/documents/{source.id}/" in page, source.kind
        answer = client.get(f"/cases/{case.number}/documents/{source.id}/")
        assert answer.status_code == 200, (source.kind, answer.content.decode()[:2000])
        assert answer["Content-Type"] == "application/pdf"
        found[source.kind.value] = answer.getvalue()
    return found


def again(case: Application) -> Application:
    return Application.objects.get(pk=case.pk)


def test_whatever_was_written_stands_on_the_paper(case: Application, clerk: Actor) -> None:
    lines = taken()
    reason = "\n".join(lines)
    assert len(reason) < 2000
    number, by = case.number, clerk
    plan = actions.ProcedurePlan("hearing", "3", "行政许可法 §46", reason)
    actions.open_procedure(number=number, plan=plan, by=by, now=now())
    actions.end_procedure(number=number, reason=reason, by=by, now=now())
    head = officer(UserFactory(head=True, username="head-x", office__code="hrss"))
    actions.extend(number=number, reason=reason, by=head, now=now())
    actions.refuse(number=number, reason=reason, by=by, now=now())
    papers = drawn(enter("credit_hit"), again(case))
    assert {"procedure", "extension", "refusal"} <= set(papers)
    for kind in ("procedure", "extension", "refusal"):
        assert lacking(papers[kind], lines) == [], kind
    assert "#read(" in words(papers["refusal"]) and "root:" not in words(papers["refusal"])


def test_a_return_lists_each_line(case: Application, clerk: Actor) -> None:
    lines = taken()
    actions.return_(number=case.number, reason="\n".join(lines), by=clerk, now=now(), opened=None)
    paper = drawn(enter("credit_hit"), again(case))["correction"]
    assert lacking(paper, lines) == []
    assert f"{len(lines)}．" in words(paper)


def test_a_transfer_and_the_longest_reason_are_drawn(case: Application, clerk: Actor) -> None:
    longest = "\n".join(["字" * 9] * 200)[:2000]
    actions.transfer(number=case.number, to="market", reason=longest, by=clerk, now=now())
    paper = drawn(enter("credit_hit"), again(case))["transfer"]
    assert words(paper).count("字" * 9) >= 199
    for wrong in ("", " \n ", "\x00", "字" * 2001):
        with pytest.raises(ActionRejected) as caught:
            actions.reopen(number=case.number, reason=wrong, by=clerk, now=now())
        assert caught.value.zh


def test_a_document_is_for_its_own_case_alone(case: Application, clerk: Actor) -> None:
    """The key of another's document beside one's own case number, and the other way round."""
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    other = settled("graduate")
    keys: dict[str, Any] = {}
    from approvals.documents import sources

    for one in (case, other):
        keys[one.number] = [s.id for s in sources.read(again(one))]
    assert all(keys.values())
    before = Document.objects.count()
    me, them = enter("credit_hit"), enter("graduate")
    for client, mine, theirs in ((me, case, other), (them, other, case)):
        for number, key in (
            (mine.number, keys[theirs.number][0]),
            (theirs.number, keys[theirs.number][0]),
            (theirs.number, keys[mine.number][0]),
            (mine.number, "00000000-0000-0000-0000-000000000000"),
        ):
            assert client.get(f"/cases/{number}/documents/{key}/").status_code == 404
    desk = enter(clerk.code)
    wrong = f"/desk/approvals/application/{case.pk}/documents/{keys[other.number][0]}/"
    assert desk.get(wrong).status_code == 404
    UserFactory(clerk=True, username="elsewhere", office__code="market")
    own = f"/desk/approvals/application/{case.pk}/documents/{keys[case.number][0]}/"
    assert enter("elsewhere").get(own).status_code == 404
    assert Document.objects.count() == before
    assert desk.get(own).status_code == 200
    assert Client().get(own).status_code == 302


def test_the_paper_of_a_case_that_another_citizen_opens_says_nothing(case: Application) -> None:
    me = citizen(person("credit_hit"))
    actions.withdraw(number=case.number, by=me, now=now() + dt.timedelta(seconds=1))
    stranger = enter("graduate")
    for path in ("", "state/", "receipt/", "correct/", "withdraw/", "contest/", "sign/"):
        for way in (stranger.get, stranger.post):
            answer = way(f"/cases/{case.number}/{path}")
            assert answer.status_code in (403, 404, 405), (path, answer.status_code)
            assert case.applicant_name not in answer.content.decode()
    assert User.objects.get(username="graduate").name != case.applicant_name
