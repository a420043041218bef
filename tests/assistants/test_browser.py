"""On a phone: a citizen lets an assistant act, finishes what it prepared, and ends it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledger.clock import city_date, now
from tests.approvals.cases import graduate_answers
from tests.assistants.clients import Door
from tests.assistants.helping import SERVICE, registered
from tests.portal.test_browser import accessible, become, console, fits, submit

__all__ = ["console"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def looks_well(page: Any) -> None:
    accessible(page)
    fits(page)


def test_a_citizen_finishes_what_an_assistant_prepared(
    door: Door, page: Any, console: list[str]
) -> None:
    site, secret = door.stack.url, registered()
    become(page, site, "graduate")
    page.goto(f"{site}/assistants/")
    looks_well(page)
    page.click("text=授权智能助手")
    looks_well(page)
    page.check("input[value=helper]")
    page.check(f"input[value={SERVICE}]")
    page.fill("input[name='/submissions']", "0")
    day = city_date(now()) + dt.timedelta(days=30)
    page.fill("input[name='/until']", day.isoformat())
    page.click("button[value=check]")
    looks_well(page)
    page.check("input[name=consent]")
    page.click("button[value=sign]")
    key = page.text_content("code.key")
    looks_well(page)
    token = door.token(key, secret)
    answers = {name: value for name, value in graduate_answers().items() if name != "consent"}
    kept = door.call(token, "save_draft", service=SERVICE, answers=answers)["data"]
    said = {"service": SERVICE, "answers": graduate_answers(), "edition": kept["edition"]}
    refused = door.call(token, "submit", **said, key="k-00000001")
    assert refused["error"]["code"] == "submissions_used_up"
    page.goto(kept["page"])
    assert page.input_value("select") == answers["district"]
    assert page.input_value("input[name='/address']") == answers["address"]
    page.click(".buttons button[value=check]")
    submit(page)
    page.goto(f"{site}/assistants/")
    page.click("main li a")
    assert "填写草稿" in page.text_content("main")
    looks_well(page)
    page.click("text=终止授权")
    assert "授权已终止" in page.text_content("main")
    assert door.raw_call(token, "mandate", {}).status_code == 401
    page.goto(f"{site}/accesses/")
    assert "智能助手：小助" in page.text_content("main")
    assert console == []
