"""A long form in parts: nothing is lost, whichever way one goes, with and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import html

from approvals.models import Application
from approvals.progress import waiting
from demo.hints import demo_places
from exchange.models import Lookup
from people.models import User
from tests.approvals.cases import person

PAGE = "/services/limited_company/apply/"
pytestmark = pytest.mark.usefixtures("furnished")


class Founder:
    """A citizen at the form of a company, with a browser that knows no JavaScript."""

    def __init__(self, path: str = PAGE, language: str = "zh-hans") -> None:
        self.client, self.path = Client(), path
        self.client.force_login(
            User.objects.get(username="trader"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        self.client.cookies["django_language"] = language
        self.read(self.client.get(path))

    def read(self, response: Any) -> Founder:
        self.status, self.place = response.status_code, response.headers.get("Location", "")
        if response.content:
            self.page = html.fromstring(response.content.decode())
        return self

    def press(self, button: str, **answers: Any) -> Founder:
        """Press a button that is on the page, after filling in fields that are."""
        name, _, value = button.partition("=")
        assert self.page.xpath(f"//button[@name='{name}' and @value='{value}']"), button
        form = next(f for f in self.page.forms if f.get("id") == "answers")
        on_page = {field.get("name") for field in form.xpath(".//*[@name]")}
        assert set(answers) <= on_page, set(answers) - on_page
        data: dict[str, list[str]] = {}
        for key, text in form.form_values():
            data.setdefault(key, []).append(text)
        for key, given in answers.items():
            data[key] = given if isinstance(given, list) else [given]
        return self.read(self.client.post(self.path, {**data, name: [value]}))

    @property
    def shown(self) -> set[str]:
        """The questions that can be answered on this page."""
        return {
            one.get("name")
            for one in self.page.xpath("//form[@id='answers']//*[starts-with(@name,'/')]")
            if one.get("type") != "hidden"
        }

    @property
    def problems(self) -> list[str]:
        return [one.text_content() for one in self.page.xpath("//*[@id='problems']//li")]

    @property
    def states(self) -> list[str]:
        return [one.get("class") for one in self.page.xpath("//*[@class='tasks']//li")]

    @property
    def titles(self) -> list[str]:
        return [one.text for one in self.page.xpath("//*[@class='tasks']//li/button")]

    @property
    def carried(self) -> dict[str, str]:
        return {
            one.get("name"): one.get("value")
            for one in self.page.xpath("//form[@id='answers']//input[starts-with(@name,'/')]")
        }


def named(visitor: Founder) -> Founder:
    return visitor.press("step=next", **{"/kind": "company", "/trade_name": "栖云澄"})


def with_scope(visitor: Founder, *codes: str) -> Founder:
    return visitor.press("step=next", **{"/scope": list(codes)})


def with_capital(visitor: Founder) -> Founder:
    who = person("trader")
    return visitor.press(
        "step=next",
        **{
            "/capital": "1,000,000",
            "/paid_by": "2029-07-01",
            "/investors/0/name": who.name,
            "/investors/0/number": who.number,
            "/investors/0/capital": "100万",
        },
    )


def whole(visitor: Founder) -> Founder:
    with_capital(with_scope(named(visitor), "I6513"))
    who = person("trader")
    visitor.press("step=next", **{"/directors/0/name": who.name, "/directors/0/number": who.number})
    visitor.press("step=next", **{"/premises": demo_places()[1]["code"], "/employees": "2"})
    return visitor.press("step=next")


def test_six_short_parts_instead_of_one_long_page() -> None:
    visitor = Founder()
    assert visitor.titles == [
        "类型与名称", "经营范围", "出资与股东", "董事", "住所与人员", "其他情况"
    ]  # fmt: skip
    assert visitor.shown == {"/kind", "/trade_name"}
    assert visitor.states == ["new"] * 6
    assert with_scope(named(visitor), "I6513").shown == {
        "/capital",
        "/paid_by",
        "/investors/0/name",
        "/investors/0/number",
        "/investors/0/capital",
    }
    assert visitor.states[:3] == ["done", "done", "new"]


def test_the_whole_way_ends_at_the_check_page_and_makes_a_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    visitor = whole(Founder())
    assert visitor.page.xpath("//*[@name='page' and @value='check']")
    text = " ".join(visitor.page.text_content().split())
    assert "1,000,000 元" in text and "股东 1 · 姓名" in text and "应用软件开发" in text
    ticks = {"/promise": "true", "/consent": "true"}
    assert visitor.press("step=submit", **ticks).status == 302
    answers = Application.objects.get().answers
    assert answers["capital"] == "1000000" and answers["investors"][0]["capital"] == "1000000"
    assert answers["scope"] == ["I6513"] and answers["kind"] == "company"


def test_going_back_and_to_any_part_loses_nothing() -> None:
    visitor = with_capital(with_scope(named(Founder()), "I6513"))
    visitor.press("step=back")
    assert visitor.carried["/capital"] == "1000000"
    visitor.press("go=kind")
    assert visitor.carried["/trade_name"] == "栖云澄" and visitor.carried["/scope"] == "I6513"
    visitor.press("go=premises", **{"/trade_name": "栖云河"})
    assert visitor.shown == {"/premises", "/employees"}
    assert visitor.press("go=kind").carried["/trade_name"] == "栖云河"


def test_a_part_is_not_left_with_something_missing_and_says_what() -> None:
    visitor = Founder().press("step=next", **{"/kind": "company"})
    assert visitor.status == 422 and visitor.shown == {"/kind", "/trade_name"}
    (problem,) = visitor.problems
    assert "字号" in problem
    # one may look ahead all the same, and the list says what is open
    assert visitor.press("go=scope").status == 200
    assert visitor.states[0] == "open"


def test_what_a_part_left_open_is_asked_for_before_the_check_page() -> None:
    visitor = Founder().press("go=foreign")
    visitor.press("step=next")
    assert visitor.status == 422 and "/trade_name" in visitor.shown


def test_a_branch_is_asked_other_questions_than_a_company() -> None:
    visitor = Founder()
    visitor.press("go=scope", **{"/kind": "branch"})
    assert visitor.titles == ["类型与名称", "经营范围", "住所与人员", "其他情况"]
    assert visitor.press("go=kind").shown == {"/kind", "/parent", "/trade_name"}
    visitor.press("go=scope", **{"/kind": "company"})
    assert "出资与股东" in visitor.titles


def test_what_was_filled_in_for_a_company_is_there_when_one_comes_back_to_it() -> None:
    visitor = with_capital(with_scope(named(Founder()), "I6513"))
    visitor.press("go=kind").press("go=scope", **{"/kind": "branch"})
    visitor.press("go=kind").press("go=scope", **{"/kind": "company"})
    assert visitor.press("go=capital").carried["/investors/0/capital"] == "1000000"


def test_founders_are_cards_that_are_added_and_removed() -> None:
    visitor = with_scope(named(Founder()), "I6513")
    visitor.press("more=/investors", **{"/investors/0/name": "甲"})
    legends = [one.text for one in visitor.page.xpath("//fieldset[@class='block']/legend")]
    assert legends == ["股东 1", "股东 2"]
    visitor.press("more=/investors", **{"/investors/1/name": "乙"})
    visitor.press("drop=/investors/0", **{"/investors/2/name": "丙"})
    values = [visitor.carried[f"/investors/{i}/name"] for i in (0, 1)]
    assert values == ["乙", "丙"] and "/investors/2/name" not in visitor.carried


def test_filings_that_answers_open_are_a_part_of_their_own() -> None:
    visitor = Founder().press("go=foreign")
    visitor.press("go=kind", **{"/trade_abroad": "true"})
    assert visitor.titles[-1] == "一并办理的备案"
    assert visitor.press("go=filings").shown >= {"/filings/customs/contact"}


def test_registries_are_asked_where_their_answers_are_shown_not_at_every_part() -> None:
    visitor = Founder()
    asked = Lookup.objects.count()
    assert asked
    with_scope(named(visitor), "I6513").press("step=back")
    assert Lookup.objects.count() == asked


def test_lines_of_business_are_found_by_words_pinyin_and_initials() -> None:
    for text, code in (("咖啡", "H6232"), ("lifa", "O8040"), ("kfg", "H6232"), ("H6220", "H6220")):
        visitor = Founder("/services/sole_trader/apply/")
        visitor.press("search=/scope", **{"find/scope": text})
        found = visitor.page.xpath("//fieldset[@class='found']//input/@value")
        assert code in found[:4], (text, found)


def test_a_permit_is_marked_by_the_rules_and_a_choice_is_taken_out() -> None:
    visitor = Founder("/services/sole_trader/apply/")
    visitor.press("search=/scope", **{"find/scope": "咖啡"})
    (label,) = visitor.page.xpath("//fieldset[@class='found']//label[.//@value='H6232']")
    assert "须办理：食品经营许可" in " ".join(label.text_content().split())
    visitor.press("search=/scope", **{"/scope": ["H6232", "F5232"], "find/scope": ""})
    chips = [" ".join(c.text_content().split()) for c in visitor.page.xpath("//ul[@aria-label]/li")]
    assert chips[0].startswith("咖啡馆服务") and chips[1].startswith("服装零售")
    visitor.press("drop=/scope=H6232")
    assert visitor.page.xpath("//ul[@aria-label]/li/input/@value") == ["F5232"]


def test_the_trade_name_suggests_lines_of_business() -> None:
    visitor = Founder()
    visitor.press("step=next", **{"/kind": "company", "/trade_name": "栖云软件"})
    assert "I6513" in visitor.page.xpath("//fieldset[@class='found']//input/@value")


def test_choices_while_somebody_types_ask_no_registry_and_keep_what_is_ticked() -> None:
    visitor = Founder("/services/sole_trader/apply/")
    asked = Lookup.objects.count()
    address = "/services/sole_trader/choices/scope/"
    answer = visitor.client.post(address, {"find/scope": "理发", "/scope": ["H6232"]})
    part = html.fromstring(f"<div>{answer.content.decode()}</div>")
    assert part.xpath("//li/input/@value") == ["H6232"]
    assert "O8040" in part.xpath("//fieldset//input/@value")
    assert Lookup.objects.count() == asked
    other = "/services/sole_trader/choices/employees/"
    assert visitor.client.post(other).status_code == 404
    assert visitor.client.get(address).status_code == 405


def test_in_the_larger_version_a_form_asks_one_question_a_page() -> None:
    visitor = Founder("/services/graduate_settlement/apply/")
    assert visitor.shown == {"/district", "/address", "/phone"}
    visitor.client.cookies["elder"] = "1"
    visitor.read(visitor.client.get(visitor.path))
    assert visitor.shown == {"/district"} and visitor.titles[1] == "落户地址编码"
    visitor.press("step=next")
    assert visitor.status == 422 and visitor.shown == {"/district"}  # not before it is answered
    assert visitor.press("step=next", **{"/district": "440305"}).shown == {"/address"}
    address = str(demo_places()[0]["code"])
    assert visitor.press("step=next", **{"/address": address}).shown == {"/phone"}
    visitor.press("step=next")
    assert visitor.page.xpath("//*[@name='page' and @value='check']")
    assert visitor.press("step=edit").carried["/address"] == address
    # the way back to the other version shows the whole form, with its answers
    visitor.press("switch=standard")
    assert visitor.shown == {"/district", "/address", "/phone"}
    assert visitor.carried["/address"] == address
