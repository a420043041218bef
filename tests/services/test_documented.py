"""docs/first-service.md and the commands of docs/packs.md, followed in a folder of their own."""

from __future__ import annotations

import datetime
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from approvals.models import Application
from approvals.progress import waiting
from approvals.states import State
from city.reader import load
from exchange import registries
from ledger.clock import city_date, now
from people.models import User
from services import catalogue
from services.models import Edition, Proposal
from services.reference import catalogue as catalogue_page
from tests.approvals import cases
from tests.counter.desk import enter, hidden

ROOT = Path(__file__).parents[2]
BACKEND = "django.contrib.auth.backends.ModelBackend"
FIRST, PACKS = ROOT / "docs" / "first-service.md", ROOT / "docs" / "packs.md"
REGISTRIES = django_settings.REGISTRIES  # as the processes of the shipped city have them
CARD = Path("cities/sample/services/library_card.yaml")
PASS = Path("cities/sample/services/bus_pass.yaml")
COMMAND = re.compile(
    r"^ *(?:\.venv/bin/python (?:manage\.py|-m deploy\.local manage) |(?=cp ))(.+?)(?: +#.*)?$",
    re.M,
)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", FIRST.read_text("utf-8"), re.S)


class Follower:
    """Somebody who types what a document says, word by word; ``N`` is what was printed last."""

    def __init__(self, settings: Any, capsys: Any) -> None:
        self.settings, self.capsys, self.number = settings, capsys, ""
        self.restart()

    def restart(self) -> None:
        """Read the city's folder, as processes do when they start."""
        city = self.settings.CITY = load(Path("cities/sample").resolve())
        of_store = self.settings.REGISTRIES["population"]
        self.settings.REGISTRIES = dict.fromkeys(city.registries, of_store) | REGISTRIES
        registries._adapter.cache_clear()

    def review(self) -> None:
        """Approve at the desk, as two officers do, what was proposed last."""
        proposal = Proposal.objects.get(pk=self.number)
        for name in ("legal-hrss", "technical"):
            desk = Client()
            desk.force_login(User.objects.get(username=name), BACKEND)
            page = f"/desk/services/proposal/{self.number}/"
            assert "approve" in desk.get(f"{page}change/").content.decode()
            typed = {"action": "approve", "hash": proposal.hash, "reason": "已核对，同意"}
            assert desk.post(f"{page}do/", typed).status_code == 302

    def type(self, line: str) -> str:
        """Run one command; returns what it printed. It must not fail."""
        words = shlex.split(line)
        if words[0] == "cp":
            shutil.copy(*words[1:])
            return ""
        try:
            call_command(*[self.number if word == "N" else word for word in words])
        except SystemExit as ended:  # a command's own way to say that it found faults
            assert not ended.code, self.capsys.readouterr()
        said = self.capsys.readouterr().out
        if proposed := re.search(r"proposed as (\d+)", said):
            self.number = proposed[1]
        return said


@pytest.fixture
def follower(
    furnished: None, tmp_path: Path, settings: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> Follower:
    shutil.copytree(ROOT / "cities", tmp_path / "cities")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(waiting.Waiter, "wait", lambda waiter, seconds: False)
    return Follower(settings, capsys)


def _answers(pages: Any, **answers: str) -> str:
    """Fill in the card's form and submit it; returns the number of the case, or the page."""
    address = "/services/library_card/apply/"
    page = pages.post(address, {**hidden(pages.get(address).content.decode()), **answers}).content
    sent = {**hidden(page.decode()), **answers, "/consent": "true", "step": "submit"}
    answer = pages.post(address, sent)
    return str(answer.get("Location") or answer.content.decode())


def _case(location: str) -> Application:
    found = re.search(r"/cases/(MP\w+)/", location)
    assert found, location[:3000]
    return Application.objects.get(number=found[1])


TRY = {"/branch": "nanshan", "step": "check"}


def test_the_tutorial_leads_to_a_service_that_decides(follower: Follower) -> None:
    registry, *parts = _blocks("yaml")
    with Path("cities/sample/registries.yaml").open("a", encoding="utf-8") as file:
        file.write(registry)
    commands = COMMAND.findall(FIRST.read_text("utf-8"))
    assert len(commands) == 16
    by_hand: dict[str, Callable[[], None]] = {
        "city check": follower.restart,
        "pack check": lambda: _write_card(parts) if not _editions() else None,
        "first_editions": follower.restart,
        "pack publish": follower.review,
        "registry load": lambda: _write_records(follower),
        "pack propose": lambda: None,
    }
    said: dict[str, str] = {}
    for line in commands:
        name = " ".join(line.split()[:2])
        if name == "pack check" and _editions():
            _next_edition()
        else:
            by_hand.get(name, lambda: None)()
        said[name] = said.get(name, "") + follower.type(line)
        if name == "first_editions":
            _is_approved_once()
        if name == "registry load":
            _is_returned()
    assert "4 cases, 0 faults" in said["pack test"]
    assert "办事指南" in said["pack explain"] and "overdue: number" in said["registry fields"]
    assert _editions() == 2 and "library_card v2" in said["pack list"]
    assert "library_card" not in {book.pack.service for book in _offered()}


def _editions() -> int:
    return Edition.objects.filter(service_id="library_card").count()


def _offered() -> list[Any]:
    return list(catalogue.all_current(city_date(now())))


def _write_card(parts: list[str]) -> None:
    """All of the new pack but its first line is replaced by the blocks: under 80 lines."""
    first = CARD.read_text("utf-8").split("\n", 1)[0]
    assert first.startswith("# yaml-language-server")
    text = "\n".join((first, "".join(parts)))
    assert len(text.splitlines()) < 80
    CARD.write_text(text, "utf-8")


def _write_records(follower: Follower) -> None:
    (block,) = _blocks("csv")
    number = cases.person("part_time").number
    assert number in follower.type("example part_time")
    Path("library.csv").write_text(block.replace("NUMBER", number), "utf-8")


def _next_edition() -> None:
    tomorrow = city_date(now()) + datetime.timedelta(days=1)
    text = CARD.read_text("utf-8").replace(
        "in_force_from: 2026-01-01", f"in_force_from: {tomorrow}"
    )
    CARD.write_text(text.replace("2026-01-01: P6Y", f"2026-01-01: P6Y, {tomorrow}: P5Y"), "utf-8")


def _is_approved_once() -> None:
    pages = enter("graduate")
    for words in ("借书证", "library"):
        assert "/services/library_card/" in pages.get("/", {"q": words}).content.decode()
    first = _case(_answers(pages, **TRY))
    (first,) = cases.decide(first)
    assert first.state == State.APPROVED
    assert first.number in _answers(pages, **TRY)


def _is_returned() -> None:
    (case,) = cases.decide(_case(_answers(enter("part_time"), **TRY)))
    assert case.state == State.RETURNED


def test_every_command_about_packs_works_as_written(follower: Follower) -> None:
    commands = COMMAND.findall(PACKS.read_text("utf-8"))
    assert len(commands) == 18
    said: dict[str, str] = {}
    for line in commands:
        name = " ".join(line.split()[:2])
        if name == "pack publish":
            follower.review()
        if name == "pack propose" and "--rollback" not in line:
            text = PASS.read_text("utf-8")
            later = f"in_force_from: {city_date(now()) + datetime.timedelta(days=1)}"
            PASS.write_text(text.replace("in_force_from: 2026-01-01", later), "utf-8")
        said[name] = said.get(name, "") + follower.type(line)
        follower.restart()
    assert "3 cases, 0 faults" in said["pack test"] and "bus_pass v1" in said["pack list"]
    assert said["pack publish"].count("published") == 2
    assert "# 事项名称办事指南" in said["pack explain"]
    assert "# Name of the service: guide" in said["pack explain"]
    assert "0 change" in said["pack backtest"]


def test_no_service_has_python_of_its_own() -> None:
    """What docs/catalogue.md says: outside the demo and what measures it, nothing names one."""
    shipped = [path.stem for path in (ROOT / "cities/sample/services").glob("*.yaml")]
    named = re.compile(rf"(?<!such as )\b(?:{'|'.join(shipped)})\b")
    apps = [p for p in ROOT.iterdir() if (p / "__init__.py").is_file()]
    ours = [p for p in apps if p.name not in ("demo", "benchmarks", "deploy", "tests")]
    files = [file for p in ours for end in ("py", "html", "js") for file in p.rglob(f"*.{end}")]
    assert len(shipped) > 20 and len(files) > 500
    assert [str(f) for f in files if named.search(f.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("page", "close"),
    [("a 100 lines, 5 b", True), ("a 109 lines, 7 b", True), ("a 115 lines, 5 b", False)]
    + [("a 100 lines, 9 b", False), ("c 100 lines, 5 b", False)],
)
def test_the_catalogue_may_lag_behind_by_a_tenth(page: str, close: bool) -> None:
    assert catalogue_page.is_close(page, "a 100 lines, 5 b") is close
