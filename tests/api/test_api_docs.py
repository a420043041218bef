"""docs/api.md and docs/api-webhooks.md, in both languages, followed beside the running system."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from django.conf import settings

from deploy.local.paths import ROOT
from deploy.local.stack import Stack, free_port
from tests.api import guide

DOCS = ROOT / "docs"
ENGLISH = [DOCS / "api.md", DOCS / "api-webhooks.md"]
TUTORIAL = DOCS / "tutorial.md"
CHINESE = [DOCS / "api.zh.md", DOCS / "api-webhooks.zh.md"]


def at_checkout(stack: Stack, folder: Path) -> dict[str, str]:
    """Make ``folder`` look like the reader's checkout; returns the environment there."""
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "var").mkdir()
    (folder / "var" / "keys").symlink_to(settings.KEYS_DIR)
    (folder / "manage.py").symlink_to(ROOT / "manage.py")
    return {**os.environ, **stack.env, "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_every_block_of_the_pages_does_what_it_says(stack: Stack, tmp_path: Path) -> None:
    manage = {".venv/bin/python -m deploy.local manage": ".venv/bin/python manage.py"}
    replaced = manage | {"http://127.0.0.1:8000": stack.url, "8201": str(free_port(18_201))}
    env = at_checkout(stack, tmp_path)
    started, *tutorial = guide.blocks(TUTORIAL)
    assert started.text == "make run\n"  # tests/deploy/test_run.py does that
    found = [block for page in ENGLISH for block in guide.blocks(page)] + tutorial
    guide.follow(found, tmp_path, env, replaced, seconds=400)


@pytest.mark.parametrize(("english", "chinese"), list(zip(ENGLISH, CHINESE, strict=True)))
def test_the_chinese_page_has_the_same_blocks_and_headings(english: Path, chinese: Path) -> None:
    assert guide.blocks(chinese) == guide.blocks(english)
    assert guide.headings(chinese) == guide.headings(english)
    languages = {block.language for block in guide.blocks(english)}
    assert languages <= {"sh", "python", "json", "text"}  # nothing that is not run or compared
    for page in (english, chinese):
        assert "\n    " not in guide.prose(page), "a block without a fence would not be run"


def test_a_page_that_says_otherwise_is_found(tmp_path: Path) -> None:
    """Else nothing that a page says would be held against anything."""
    good = [guide.Block("sh", 'echo \'{"a": [1, 2], "b": "xyz"}\'\n')]
    said = ['{"a": [1, 2]}', '{"b": "x…"}', '{"a": [1, "…"]}']
    for text in said:
        guide.follow([*good, guide.Block("json", text)], tmp_path, dict(os.environ), {}, 20)
    for text in ('{"a": [1]}', '{"c": 1}', '{"b": "y…"}'):
        with pytest.raises(AssertionError):
            guide.follow([*good, guide.Block("json", text)], tmp_path, dict(os.environ), {}, 20)
    with pytest.raises(AssertionError, match="after block 0"):
        failing = [*good, guide.Block("sh", "false\n")]
        guide.follow(failing, tmp_path, dict(os.environ), {}, 20)
