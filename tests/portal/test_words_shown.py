"""What pages of a case say: words and never codes, and nothing that is not so."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override
from lxml import html

from approvals import actions, errors, words
from approvals.actions import outcomes
from approvals.actions.reopening import reopen_for_change
from approvals.models import Application
from approvals.records.receipts import Circumstances
from approvals.states import EDGES, State
from ledger.clock import city_date, now
from people import identity
from people.actors import CHECKER, CLOCK, ENGINE, officer
from people.models import User
from services import catalogue
from services.edition import load
from tests.approvals import cases
from tests.approvals.test_signing import company
from tests.factories import ApplicationFactory, UserFactory
from tests.services.packs import changed as changed_text
from tests.services.packs import text as pack_text

APPROVALS = Path(settings.BASE_DIR) / "approvals"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
# snake_case, or a code with its part: what a person should never have to read
CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\b[a-z_]+:[a-z_]+\b")
# of GB/T 4754 and GB/T 2260, which have names; a code on a door plate (440305-0000017) has none
OF_A_TABLE = re.compile(r"(?<![0-9A-Za-z-])(?:[A-T]\d{4}|44\d{4}|4403)(?![0-9A-Za-z*-])")


def founded() -> Application:
    """Return a company that waits for its second founder's signature."""
    founders = cases.person("trader"), cases.person("trader_ban_over")
    case = cases.submit("trader", "limited_company", answers=company(founders))
    cases.answer_checks(case)
    return cases.decide(case)[0]


def declined() -> Application:
    case = founded()
    other = cases.citizen(cases.person("trader_ban_over"))
    actions.cosign(number=case.number, granted=False, by=other, now=now(), reason="我没有同意出资")
    return case


def unsigned() -> Application:
    case = founded()
    actions.stop_waiting(by=CLOCK, now=now().replace(year=now().year + 1))
    return case


def changed() -> Application:
    case = ApplicationFactory(approved=True)
    reopen_for_change(number=case.number, reason="登记信息变更", by=CHECKER, now=now())
    return case


def contested() -> Application:
    case = ApplicationFactory(approved=True)
    me = cases.citizen(cases.person("graduate"))
    actions.reopen(number=case.number, reason="地址写错了", by=me, now=now())
    return case


def elsewhere() -> Application:
    """A trader whose premises are in another city."""
    answers = cases.trader_answers(premises="440104-0000001", scope=["F5232", "H6210"])
    return cases.settled("trader", "sole_trader", answers=answers)


def local() -> Application:
    return cases.settled("already_local")


def failed() -> Application:
    case = ApplicationFactory(submitted=True)
    actions.hand_over(ids=[case.id], reason="engine_failed", by=ENGINE, now=now())
    return case


def silent() -> Application:
    case = cases.submit("graduate")
    cases.answer_checks(case, education="timeout", credit="no_such_registry")
    return cases.decide(case)[0]


def approved_by_officer() -> Application:
    case = ApplicationFactory(review=True)
    clerk = officer(UserFactory(clerk=True, username="zhang", office__code=case.office_id))
    actions.take(number=case.number, by=clerk, now=now())
    actions.approve(number=case.number, reason="已核对学位证书原件", by=clerk, now=now())
    return case


MAKERS: dict[str, Callable[[], Any]] = {
    state.value: lambda state=state: ApplicationFactory(**{state.value: True})
    for state in State
    if state is not State.DRAFT
} | {
    make.__name__: make
    for make in (
        founded, declined, unsigned, changed, contested, elsewhere, local, failed, silent,
        approved_by_officer,
    )
}  # fmt: skip


def read(client: Client, address: str) -> str:
    """Return what a person reads on a page."""
    response = client.get(address)
    assert response.status_code == 200, address
    page = html.fromstring(response.content.decode())
    for hidden in page.xpath(
        "//script | //style | //head | //*[contains(@class, 'material-symbols')]"
    ):
        hidden.drop_tree()
    return " ".join(" ".join(page.itertext()).split())


def applicant(case: Application, language: str = "zh") -> Client:
    client = Client(headers={"accept-language": LANGUAGES[language]})
    client.force_login(User.objects.get(subject=case.applicant))
    return client


def desk(case: Application, language: str = "zh") -> Client:
    client = Client(headers={"accept-language": LANGUAGES[language]})
    client.force_login(UserFactory(clerk=True, username="reader", office__code=case.office_id))
    return client


@pytest.mark.parametrize(
    ("make", "language"),
    [
        pytest.param(
            make, language, marks=[pytest.mark.full] if place else [], id=f"{make}-{language}"
        )
        for number, make in enumerate(MAKERS)
        # in an ordinary run each case in one language, the next one in the other
        for place, language in enumerate((*LANGUAGES, *LANGUAGES)[number % 2 :][:2])
    ],
)
def test_no_page_of_a_case_shows_a_code(furnished: None, make: str, language: str) -> None:
    case = Application.objects.get(pk=MAKERS[make]().pk)
    me, clerk = applicant(case, language), desk(case, language)
    pages = {
        "case": read(me, f"/cases/{case.number}/"),
        "list": read(me, "/cases/"),
        "answers": read(me, f"/cases/{case.number}/answers/"),
        "desk": read(clerk, f"/desk/approvals/application/{case.pk}/change/"),
        "queue": read(clerk, "/desk/approvals/application/?state=all"),
    }
    assert case.number in pages["case"] and case.number in pages["desk"]
    for code in (CODE, OF_A_TABLE):
        assert {n: code.findall(text) for n, text in pages.items() if code.search(text)} == {}


def constants(call: ast.Call, keyword: str) -> list[str]:
    return [
        part.value
        for given in call.keywords
        if given.arg == keyword
        for part in ast.walk(given.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
    ]


def calls(folder: Path) -> list[ast.Call]:
    return [
        node
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


def test_every_kind_of_event_has_words() -> None:
    kinds = {*outcomes.EVENT.values(), "taken", "released", "consent_answered"}
    for call in calls(APPROVALS / "actions"):
        if getattr(call.func, "attr", "") in ("move", "event_in_place", "append"):
            kinds.update(constants(call, "kind"))
            kinds.update(
                a.value
                for a in call.args[1:2]
                if isinstance(a, ast.Constant) and call.func.attr == "event_in_place"
            )
    assert len(kinds) > 12
    assert kinds <= set(words.EVENTS)


def _values(node: ast.expr | None) -> Iterator[str]:
    """Yield the texts that an expression may be, of both branches of a condition."""
    if isinstance(node, ast.IfExp):
        yield from _values(node.body)
        yield from _values(node.orelse)
    else:
        assert isinstance(node, ast.Constant) and isinstance(node.value, str)
        yield node.value


def test_every_reason_of_a_hand_over_has_words(furnished: None) -> None:
    book = catalogue.rulebook(ApplicationFactory(submitted=True).edition_id)
    codes = {"contested", "facts_changed"}  # of actions.reopening
    source = textwrap.dedent(inspect.getsource(Circumstances.reasons))
    yielded = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Yield)]
    codes |= {code for node in yielded for code in _values(node.value)}
    for call in calls(APPROVALS):
        name = getattr(call.func, "attr", "")
        if name == "hand_over":
            codes.update(constants(call, "reason"))
    codes |= {f"{kind}:cosign" for kind in ("consent_denied", "consent_overdue")}
    codes |= {f"cosign:{state}" for state in ("denied", "asked", "needed")}
    assert {"engine_failed", "name_differs", "duplicate"} <= codes
    for language in ("zh-hans", "en"):
        with override(language):
            fallback = words.reasons("no_such_code", book, city_date(now()))
            for code in codes:
                (text,) = words.reasons(code, book, city_date(now()))
                assert text != fallback[0] and not CODE.search(text), code


def test_an_action_that_cannot_be_taken_is_named_in_words() -> None:
    assert set(errors.ACTIONS) >= set(EDGES)  # and what leaves the state as it is
    for edge in errors.ACTIONS:
        rejected = errors.illegal(edge, State.APPROVED)
        assert not CODE.search(rejected.en) and not re.search("[a-z]", rejected.zh), edge
    assert "reopen" not in errors.illegal("reopen", State.EXPIRED).en


@pytest.mark.parametrize(
    ("language", "signer", "agency"),
    [
        ("zh", "有签署人不同意签署", "部门(未|不)同意"),
        ("en", "One of those who must sign has declined", "agency"),
    ],
)
def test_a_founder_who_declines_is_no_agency(
    furnished: None, language: str, signer: str, agency: str
) -> None:
    case = declined()
    citizens = read(applicant(case, language), f"/cases/{case.number}/")
    desks = read(desk(case, language), f"/desk/approvals/application/{case.pk}/change/")
    for page in (citizens, desks):
        assert signer in page
        for other in ("Ask another agency", "signed by the agency"):  # a move, and a registry's
            page = page.replace(other, "")
        assert not re.search(agency, page), page
    assert "我没有同意出资" in citizens


def test_who_waits_for_signatures_is_not_told_of_an_agency(furnished: None) -> None:
    case = founded()
    page = read(applicant(case, "en"), f"/cases/{case.number}/")
    assert "Others must sign first" in page and "not signed yet" in page
    assert "agency" not in page.lower()


def test_a_changed_record_is_not_shown_as_the_applicants_request(furnished: None) -> None:
    page = read(applicant(changed(), "en"), f"/cases/{Application.objects.get().number}/")
    assert "Opened again: a record that the decision rests on has changed" in page
    assert "contested" not in page and "on request" not in page


def test_an_officers_reason_for_an_approval_is_read_by_the_applicant(furnished: None) -> None:
    case = approved_by_officer()
    page = read(applicant(case), f"/cases/{case.number}/")
    assert "已核对学位证书原件" in page and "zhang 科员" in page
    receipt = applicant(case).get(f"/cases/{case.number}/receipt/").json()
    assert (receipt["officer"]["name"], receipt["automatic"]) == ("zhang 科员", False)


def test_the_machines_receipt_says_automatic(furnished: None) -> None:
    case = ApplicationFactory(approved=True)
    receipt = applicant(case).get(f"/cases/{case.number}/receipt/").json()
    assert (receipt["officer"], receipt["automatic"]) == (None, True)


def test_no_page_promises_that_a_return_was_the_last(furnished: None) -> None:
    """A corrected application may be returned again: what is missing then is another thing."""
    case = ApplicationFactory(returned=True)
    for answers in (
        cases.graduate_answers(address="440305-9999998"),
        cases.graduate_answers(address="440305-9999997"),
    ):
        page = read(applicant(case, "en"), f"/cases/{case.number}/")
        assert "everything that was found missing" in page and "nothing else" not in page
        me = cases.citizen(cases.person("graduate"))
        actions.resubmit(number=case.number, answers=answers, by=me, now=now())
        cases.answer_checks(Application.objects.get(pk=case.pk))
        assert cases.decide(case)[0].state == State.RETURNED


def test_a_telephone_is_asked_for_what_it_is_used_for(furnished: None) -> None:
    case = cases.settled(by_person=True, answers=cases.graduate_answers(phone="13800138000"))
    page = read(desk(case, "en"), f"/desk/approvals/application/{case.pk}/change/")
    assert "13800138000" in page
    form = read(applicant(case, "en"), "/services/graduate_settlement/apply/")
    assert "sees it and may call you" in form


def test_where_somebody_comes_from_is_a_name_and_not_a_code_alone(furnished: None) -> None:
    me = applicant(ApplicationFactory(submitted=True))
    row = re.search(r"户籍所在市 (\S+)", read(me, "/services/graduate_settlement/apply/"))
    assert row and re.fullmatch(r"[\u4e00-\u9fff]+", row[1])


def test_a_fee_is_what_the_pack_says(furnished: None, monkeypatch: pytest.MonkeyPatch) -> None:
    text = pack_text("graduate_settlement")
    fee = "fee: {zh: 每件 5 元, en: 5 yuan each, law: 收费管理办法 §3}"
    for line, shown in (
        ("fee: none", "Fee none"),
        (fee, "Fee 5 yuan each 收费管理办法 §3"),
        ("", None),
    ):
        book = load(changed_text("fee: none", line, text), city=settings.CITY)
        monkeypatch.setattr(catalogue, "rulebook", lambda _edition, book=book: book)
        page = read(Client(headers={"accept-language": "en"}), "/services/graduate_settlement/")
        assert shown in page if shown else "Fee" not in page, line


@pytest.mark.parametrize(("span", "text"), [(0.0, "0.01"), (0.004, "0.01"), (0.42, "0.42")])
def test_nothing_is_decided_in_no_time(span: float, text: str) -> None:
    from portal.templatetags.portal import seconds

    assert seconds(span) == text


def test_the_index_of_a_person_is_never_shown(furnished: None) -> None:
    case = declined()
    index = identity.index(cases.person("trader_ban_over").number)
    response = applicant(case).get(f"/cases/{case.number}/")
    assert index not in response.content.decode()
