"""The page of one case at the desk: the moves that it offers, their drafts, the confirmation."""

import re
from typing import Any

import pytest
from django.test import Client
from lxml import html

from approvals import actions
from approvals.models import Application, Decision
from approvals.states import State
from ledger.clock import now
from ledger.models import Event
from people.actors import Actor
from people.models import User
from tests.approvals.cases import answer_checks, decide, settled, submit


class Page:
    """The case page of one officer, by Django's client: Chinese, no JavaScript."""

    def __init__(self, case: Application, officer: str) -> None:
        self.client = Client(headers={"accept-language": "zh-CN"})
        self.client.force_login(
            User.objects.get(username=officer), "django.contrib.auth.backends.ModelBackend"
        )
        self.case = case
        self.address = f"/desk/approvals/application/{case.pk}/change/"

    def get(self, move: str = "") -> Any:
        return self._read(self.client.get(self.address, {"move": move} if move else {}))

    def post(self, **fields: Any) -> Any:
        case = Application.objects.get(pk=self.case.pk)
        fields = {"version": str(case.events), **fields}
        return self._read(self.client.post(self.address.replace("/change/", "/do/"), fields))

    def _read(self, response: Any) -> Any:
        self.status = response.status_code
        page = html.fromstring(response.content.decode() or "<p></p>")
        for hidden in page.xpath("//script | //style | //head"):
            hidden.drop_tree()
        self.page = page
        self.text = " ".join(" ".join(page.itertext()).split())
        return page

    def moves(self) -> list[str]:
        links = self.get().xpath("//nav//a[contains(@href, '?move=')]/@href")
        return [re.search(r"move=(\w+)", link)[1] for link in links]  # type: ignore[index]

    def draft(self, move: str) -> str:
        return str(self.get(move).xpath("//textarea[@id='reason']")[0].text or "").strip()


def taken(case: Application, clerk: Actor) -> Application:
    actions.take(number=case.number, by=clerk, now=now())
    return Application.objects.get(pk=case.pk)


@pytest.fixture
def unmet(furnished: None, clerk: Actor) -> Page:
    """A graduate without a degree on record, in the hands of ``clerk-a``."""
    return Page(taken(settled("degree_missing"), clerk), "clerk-a")


@pytest.fixture
def unknown(furnished: None, clerk: Actor) -> Page:
    """A graduate about whom the public security records gave no answer."""
    case = submit("graduate")
    answer_checks(case, criminal="timeout")
    return Page(taken(decide(case)[0], clerk), "clerk-a")


def test_the_panel_lists_exactly_the_moves_that_are_allowed_now(unmet: Page, unknown: Page) -> None:
    assert unmet.moves()[:3] == ["propose_approval", "return_", "refuse"]
    assert "approve" not in unmet.moves()
    assert unknown.moves()[:3] == ["approve", "return_", "refuse"]
    assert "propose_approval" not in unknown.moves()
    for link in unmet.page.xpath("//nav//a[contains(@href, '?move=')]"):
        assert len(link.xpath("./span")[0].text_content()) > 8, "each says what it does"


def test_each_move_has_a_draft_of_its_own(unmet: Page, unknown: Page) -> None:
    refusal = unmet.draft("refuse")
    assert "学历库中有记录" in refusal and "不符合" in refusal
    assert unmet.page.xpath("//input[@id='law']/@value") == ["本市人才引进办法"]
    returned = unmet.draft("return_")
    assert "学历库中有记录" in returned and "请提供" in returned and "不符合" not in returned
    assert "无法核实" not in unknown.draft("approve")
    assert "经人工核实符合" in unknown.draft("approve")
    assert "无犯罪记录" in unknown.draft("approve")
    assert unknown.draft("refuse") == "", "nothing is unmet: nothing to refuse for is drafted"


def test_a_return_asks_to_correct_the_answers_that_failed(furnished: None, clerk: Actor) -> None:
    from tests.approvals.cases import graduate_answers, places

    shop = next(places("commercial"))
    answers = graduate_answers(address=shop.code, district=shop.region)
    case = submit("degree_missing", answers=answers)
    answer_checks(case)
    page = Page(taken(decide(case)[0], clerk), "clerk-a")
    assert "请更正“落户地址编码”：落户地址可以居住" in page.draft("return_")


def test_nothing_is_decided_before_it_is_confirmed(unmet: Page) -> None:
    reason, law = "经向学校核实，该学历不存在", "本市人才引进办法"
    page = unmet.post(preview="refuse", reason=reason, law=law)
    assert unmet.status == 200 and reason in unmet.text and law in unmet.text
    assert "行政复议" in unmet.text and "申请人将得到" in unmet.text
    assert Application.objects.get(pk=unmet.case.pk).state == State.REVIEW
    assert not Decision.objects.filter(application=unmet.case, officer__isnull=False).exists()
    sent = dict(page.forms[-1].form_values())
    unmet.post(**{**sent, "action": "refuse"})
    assert unmet.status == 302
    assert Application.objects.get(pk=unmet.case.pk).state == State.REFUSED
    decided = Event.objects.filter(subject=unmet.case.subject, kind="refused").get()
    assert reason in decided.data and law in decided.data


def test_from_the_confirmation_one_goes_back_with_what_was_typed(unmet: Page) -> None:
    unmet.post(preview="refuse", reason="经核实不存在", law="学位法 §37")
    page = unmet.post(edit="refuse", reason="经核实不存在", law="学位法 §37")
    assert page.xpath("//textarea[@id='reason']")[0].text.strip() == "经核实不存在"
    assert page.xpath("//input[@id='law']/@value") == ["学位法 §37"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": " ", "law": "x"}, "请填写理由"),
        ({"reason": "不存在", "law": " "}, "请填写法律依据"),
    ],
)
def test_what_is_missing_is_said_before_the_confirmation(
    unmet: Page, fields: dict[str, str], sentence: str
) -> None:
    page = unmet.post(preview="refuse", **fields)
    assert unmet.status == 422 and sentence in unmet.text
    assert page.xpath("//button[@name='preview' and @value='refuse']"), "the form is open again"


@pytest.mark.parametrize("step", ["preview", "action"])
def test_a_stale_page_decides_nothing_and_keeps_what_was_typed(unmet: Page, step: str) -> None:
    version = str(Application.objects.get(pk=unmet.case.pk).events)
    actions.release(number=unmet.case.number, by=_actor("clerk-a"), now=now())
    typed = "经向学校核实，该学历不存在"
    unmet.post(version=version, reason=typed, law="学位法", **{step: "refuse"})
    assert unmet.status == 409 and "刚被他人处理过" in unmet.text and typed in unmet.text
    assert Application.objects.get(pk=unmet.case.pk).state == State.REVIEW


@pytest.mark.parametrize("move", ["approve", "confirm_approval", "no_such", "", "../refuse", "退"])
def test_a_move_that_is_not_offered_shows_the_page_and_its_moves(unmet: Page, move: str) -> None:
    unmet.get(move)
    assert unmet.status == 200 and unmet.page.xpath("//nav[contains(@class, 'moves')]")
    unmet.post(preview=move, reason="理由", law="法")
    assert unmet.status in (409, 422)


def test_a_colleague_and_a_supervisor_choose_no_decision(unmet: Page, colleague: Actor) -> None:
    other = Page(unmet.case, "clerk-b")
    assert other.moves() == []
    other.post(preview="refuse", reason="不存在", law="学位法")
    assert other.status == 409


def test_the_page_says_what_each_answer_would_lead_to(unmet: Page, unknown: Page) -> None:
    assert not unmet.get().xpath("//*[@id='unknowns']")
    lines = unknown.get().xpath("//*[@id='unknowns']//li")
    said = {"".join(line.text_content().split()): line.get("class") for line in lines}
    assert said == {
        "公安违法犯罪记录库有犯罪记录：是→不符合：无犯罪记录；由工作人员决定": "bad",
        "公安违法犯罪记录库有犯罪记录：否→全部条件符合": "ok",
    }


def test_officers_stand_in_the_history_by_their_names(unmet: Page) -> None:
    name = User.objects.get(username="clerk-a").name
    assert name and name != "clerk-a"
    unmet.get()
    taken = unmet.page.xpath("//ol[@class='log']/li[contains(., '已领取')]/small")[0]
    assert taken.text_content().endswith(f" · {name}")


def _actor(username: str) -> Actor:
    from people.actors import officer

    return officer(User.objects.get(username=username))
