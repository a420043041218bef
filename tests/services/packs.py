"""Small packs for tests, and ways to change one part of them."""

from __future__ import annotations

import datetime
from pathlib import Path

from city.reader import load as load_city
from city.source import read
from people.actors import Actor, Kind
from services import edition, publish
from services.models import Edition
from services.pack.scaffold import pack
from services.rulebook import Rulebook

FOLDER = Path(__file__).parents[2] / "cities" / "sample" / "services"
SMALL = pack("bus_pass")
LI, WANG = Actor(Kind.OFFICER, "li"), Actor(Kind.OFFICER, "wang")
CITY = load_city(FOLDER.parent)


def load(source: str, file: str = "pack.yaml") -> Rulebook:
    """The rulebook of a pack of the sample city."""
    return edition.load(source, file, city=CITY)


def published(source: str, now: datetime.datetime, file: str = "bus_pass.yaml") -> Edition:
    """The edition of a pack: the first of its service, or one by two officers."""
    if not Edition.objects.filter(service=read(source, file).data["service"]).exists():
        return publish.publish_first(source, by=LI, now=now, file=file)
    proposal = publish.propose(source, by=LI, now=now, file=file)
    return publish.confirm(proposal.pk, by=WANG, now=now)


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
