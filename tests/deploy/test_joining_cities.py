"""Two cities of one checkout share their secrets when the second starts, without a hand."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local import cities
from deploy.local.lock import FolderLock


class Stack:
    """The steps that were asked of it, for a city that has one partner with a folder."""

    url = "http://127.0.0.1:8001"

    def __init__(self) -> None:
        self.steps: list[tuple[str, ...]] = []

    def step(self, name: str, *arguments: str, tick: Any = None) -> str:
        self.steps.append(arguments)
        return "ours neighbour theirs\n" if arguments == ("partners", "cities") else ""


@pytest.fixture
def webhook_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(cities, "var_of", lambda city: tmp_path / city)
    monkeypatch.setattr(cities, "_set_webhook", lambda *words: found.append(words))
    return found


def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "neighbour" / "keys" / "partners" / "theirs.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    return file


def run(stack: Stack) -> list[str]:
    lines: list[str] = []
    cities.join(stack, lines.append, lambda: None)  # type: ignore[arg-type]
    return lines


def test_a_city_that_has_never_run_is_let_be(webhook_calls: list[Any]) -> None:
    stack = Stack()
    assert run(stack) == [] and webhook_calls == []
    assert stack.steps == [("partners", "cities")]


def test_a_city_that_does_not_run_now_is_let_be(webhook_calls: list[Any], tmp_path: Path) -> None:
    credentials(tmp_path)
    (tmp_path / "neighbour" / "run").mkdir()
    stack = Stack()
    assert run(stack) == [] and webhook_calls == [] and len(stack.steps) == 1


def test_one_that_runs_is_joined_and_told_our_address(
    webhook_calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = credentials(tmp_path)
    folder = tmp_path / "neighbour" / "run"
    folder.mkdir()
    monkeypatch.setattr(cities, "data_folder", lambda wanted, user: wanted)
    lock = FolderLock(folder / "lock")
    lock.take()
    lock.write_note("http://127.0.0.1:8000 (pid 1)")
    stack = Stack()
    try:
        lines = run(stack)
    finally:
        lock.release()
    joined = ("partners", "join", "ours", "--credentials", str(file))
    assert stack.steps[1:] == [(*joined, "--url", "http://127.0.0.1:8000/webhooks/theirs/")]
    assert webhook_calls == [("neighbour", "theirs", "http://127.0.0.1:8001/webhooks/ours/")]
    assert lines == ["partners | neighbour http://127.0.0.1:8000"]
