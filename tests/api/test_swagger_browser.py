"""The page that shows and tries every operation, in a browser under our own policy."""

from __future__ import annotations

import os
from typing import Any

import pytest

from deploy.local.stack import Stack
from tests.approvals.program import token

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000  # milliseconds: its script is large, and the machine may be busy


def test_an_operation_is_authorized_and_tried(live: Stack, page: Any) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.set_default_timeout(WAIT)
    page.goto(f"{live.url}/api/docs/")
    block = page.locator("#operations-consents-consents")
    block.wait_for()
    page.locator(".auth-wrapper .authorize").first.click()
    scheme = page.locator(".modal-ux .auth-container", has_text="agencyToken")
    scheme.locator("input").fill(token("window"))
    scheme.locator("button.authorize").click()
    page.locator(".modal-ux .close-modal").click()
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    block.locator("button.execute").click()
    answer = block.locator(".live-responses-table .response")
    answer.wait_for()
    assert answer.locator(".response-col_status").inner_text().startswith("200")
    assert '"consents": []' in answer.locator(".response-col_description pre").first.inner_text()
    assert f"Bearer {token('window')}" in block.locator(".curl-command").inner_text()
    if folder := os.environ.get("SCREENSHOTS"):
        block.scroll_into_view_if_needed()
        page.screenshot(path=f"{folder}/swagger.png")
    assert {url.partition("?")[0].rpartition(live.url)[1] for url in asked} == {live.url}
    assert complaints == []


def test_the_page_shows_the_messages_that_we_send(live: Stack, page: Any) -> None:
    page.set_default_timeout(WAIT)
    page.goto(f"{live.url}/api/docs/")
    page.locator(".opblock", has_text="application.decided").first.wait_for()
