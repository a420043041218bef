"""The city that this process serves: the folder that the environment names (``CITY``)."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from city.model import City
from city.reader import load

CITIES = Path(__file__).parents[1] / "cities"
DEFAULT = "sample"


def folder(name: str) -> Path:
    """The folder of a city by its name in ``cities/``, or by a path of its own."""
    return CITIES / name if "/" not in name else CITIES.parent / name


@lru_cache(maxsize=1)
def city() -> City:
    """Read once a process; raises ``SourceError`` with every fault of the folder."""
    return load(folder(os.environ.get("CITY") or DEFAULT))
