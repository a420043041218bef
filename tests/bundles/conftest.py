"""A city that offers trial bundles, for tests of what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bundles.spec import TRIAL, city_with


@pytest.fixture
def trial(furnished: None, settings: Any, tmp_path: Path) -> Any:
    """The city with a trial bundle beside its own."""
    made = city_with(tmp_path, trial=TRIAL).bundles["trial"]
    city = settings.CITY
    settings.CITY = replace(city, bundles={**city.bundles, "trial": made})
    return made
