"""Small packs for tests, and ways to change one part of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from city.reader import load as load_city
from people.actors import Actor, Kind
from services import edition
from services.pack.model import Case
from services.pack.scaffold import pack
from services.rulebook import Rulebook

FOLDER = Path(__file__).parents[2] / "cities" / "sample" / "services"
SHIPPED = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
SMALL = pack("bus_pass")
LI, WANG = (  # policy officers; tests.services.editions makes their accounts
    Actor(Kind.OFFICER, name, role="policy", person=name.ljust(32, "0")) for name in ("li", "wang")
)
CITY = load_city(FOLDER.parent)


@lru_cache(maxsize=128)
def load(source: str, file: str = "pack.yaml") -> Rulebook:
    """The rulebook of a pack of the sample city; the modules of tests share those that ship."""
    return edition.load(source, file, city=CITY)


def text(name: str) -> str:
    """The source of a pack that ships."""
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


def changed(before: str, after: str, source: str = SMALL) -> str:
    """A pack with one part replaced; the part must stand there."""
    assert before in source, before
    return source.replace(before, after, 1)


def line_of(part: str, source: str) -> int:
    """The line (from 1) on which a part begins."""
    return source[: source.index(part)].count("\n") + 1


def answered(case: Case) -> dict[str, tuple[str, dict[str, Any]]]:
    """What the registries answer about a test's applicant: (found, fields) or (absent, nothing)."""
    return {
        name: (answer, {}) if isinstance(answer, str) else ("found", dict(answer))
        for name, answer in case.evidence.items()
    }
