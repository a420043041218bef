"""The running processes under test: they answer, their database, and a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from deploy.local.paths import ROOT
from deploy.local.process import start_ticks
from deploy.local.stack import NAMES, Stack, StepFailed

pytestmark = pytest.mark.slow


def get(stack: Stack, path: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(stack.url + path, timeout=10) as answer:
        return answer.status, answer.read()


def test_a_process_without_pages_does_not_import_those_of_the_desk() -> None:
    """The engine and commands start without them; whoever reads the addresses has them all."""
    program = (
        "import sys, django; django.setup(); import approvals.workers.engine\n"
        "before = 'approvals.admin.cases' in sys.modules\n"
        "import config.urls; from django.contrib import admin\n"
        "print(before, len(admin.site._registry) > 10)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "False True\n", done.stdout + done.stderr


def test_a_database_of_an_earlier_version_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Stack, name: str, *_: object, **__: object) -> str:
        raise StepFailed(f"manage.py {name}: exit 1")

    monkeypatch.setattr(Stack, "step", fail)
    stamps = tmp_path / "stamps"
    stack = Stack({}, tmp_path)
    with pytest.raises(StepFailed) as first:
        stack.prepare(stamps=stamps)
    stamps.write_text(json.dumps({"migrate": "of other tables"}))
    with pytest.raises(StepFailed) as later:
        stack.prepare(stamps=stamps)
    assert "更早" not in str(first.value)
    assert "更早的开发版本" in str(later.value) and "delete that folder" in str(later.value)
    assert str(tmp_path) in str(later.value)


def test_every_process_runs_and_the_web_answers(stack: Stack) -> None:
    assert all(stack.processes[name].is_running for name in NAMES)
    status, body = get(stack, "/api/schema/?format=json")
    assert status == 200
    assert "/api/v1/applications" in json.loads(body)["paths"]


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_restored_before_the_next(live: Stack, turn: int) -> None:
    from people.models import Office

    assert Office.objects.exists()
    assert not Office.objects.filter(name_zh="改过的").exists()
    Office.objects.update(name_zh="改过的")


def test_a_killed_engine_leaves_no_children_and_comes_back(stack: Stack) -> None:
    before = stack.pids("engine")
    stack.kill("engine")
    assert not any(start_ticks(pid) for pid in before)
    assert get(stack, "/health/")[0] == 200
    stack.start("engine")
    assert stack.processes["engine"].is_running


def test_the_next_test_finds_everything_up_again(stack: Stack) -> None:
    assert all(stack.processes[name].is_running for name in NAMES)


def test_furnished_rows_can_be_changed_and_are_rolled_back(furnished: None) -> None:
    from exchange.models import Partner, Record

    assert Record.objects.exists()
    assert Partner.objects.exists()


@pytest.mark.browser
def test_a_browser_opens_the_portal(page: Any, live: Stack) -> None:
    answer = page.goto(live.url + "/")
    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
