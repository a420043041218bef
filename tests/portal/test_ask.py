"""Asking in plain words: the service, what its conditions say to the question, and nothing kept."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from lxml import html

pytestmark = pytest.mark.usefixtures("furnished")


def asked(question: str, **headers: str) -> str:
    response = Client(headers=headers).post("/ask/", {"question": question})
    assert response.status_code == 200
    page = html.fromstring(response.content.decode())
    return " ".join(page.xpath("//main")[0].text_content().split())


def test_a_question_finds_the_service_and_the_condition() -> None:
    text = asked("我毕业一年半，能落户吗")
    assert "应届毕业生引进落户" in text and "毕业不超过 2年" in text.replace("2 年", "2年")
    assert "看起来符合" in text and "不是审批结论" in text
    assert "看起来不符合" in asked("我毕业三年，能落户吗")


def test_a_condition_that_is_spoken_of_is_answered_whatever_else_is_said() -> None:
    text = asked("我是失信被执行人能落户吗")
    assert "应届毕业生引进落户" in text and "看起来不符合" in text and "没有找到" not in text


def test_a_year_is_no_number_of_years() -> None:
    text = asked("2020年6月毕业能落户吗")
    assert "2020年6月" in text and "看起来不符合" in text
    assert "看起来" not in asked("2099年毕业能落户吗")


def test_in_english_too() -> None:
    text = asked("I graduated three years ago, can I settle?", **{"accept-language": "en"})
    assert "Household registration for new graduates" in text
    assert "seems not to be met" in text and "no decision" in text


def test_without_an_answer_it_says_what_else_there_is() -> None:
    text = asked("今天天气怎么样")
    assert "没有找到" in text and "查看全部事项" in text


def test_a_number_of_a_person_is_not_taken_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        text = asked("我是 11010519491231002X 能落户吗")
        asked("我毕业一年半有失信记录")
    assert "请勿填写身份证号码" in text and "11010519491231002X" not in text
    assert "失信" not in caplog.text and "11010519491231002X" not in caplog.text


def test_the_question_stands_in_no_address() -> None:
    answer = Client().get("/ask/", {"question": "我毕业一年半，能落户吗"})
    assert "应届毕业生引进落户" not in answer.content.decode()
