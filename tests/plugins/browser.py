"""Debian's Chromium under Playwright; where there is none, browser tests are skipped loudly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REASON = "no Chromium found"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
_skipped: list[str] = []


def chromium() -> str | None:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return path if Path(path).exists() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=REASON))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and REASON in str(report.longrepr):
        _skipped.append(report.nodeid)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """The last line of the run, and a failure where everything must run."""
    missing = bool(_skipped) and not hasattr(session.config, "workerinput")
    in_ci = os.environ.get("CI") == "true"
    if missing and in_ci and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
    if missing:
        print(
            f"\n!!! 未找到 Chromium：{len(_skipped)} 项浏览器测试没有运行 / "
            f"NO CHROMIUM: {len(_skipped)} BROWSER TESTS DID NOT RUN: {' '.join(_skipped)}"
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Playwright `Browser`. Its event loop makes Django take all our code for async."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        pytest.skip(REASON)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A phone's page, 390 pixels wide, in Chinese; a script's error fails the test."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(10_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, errors
