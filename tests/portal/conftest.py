"""Places of the fictional city, and officers at the desk with and without a browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo.hints import demo_places
from tests.portal.visitor import Visitor


@pytest.fixture(scope="session")
def home() -> str:
    """The code of a dwelling in Nanshan."""
    return str(demo_places()[0]["code"])


@pytest.fixture(scope="session")
def shop() -> str:
    """The code of a shop in Nanshan."""
    return str(demo_places()[1]["code"])


@pytest.fixture
def visitor(stack) -> Callable[..., Visitor]:
    """Make visitors of the running web process."""

    def make(**given: str) -> Visitor:
        return Visitor(stack.url, **given)

    return make


@pytest.fixture
def officer(visitor) -> Callable[[str], Visitor]:
    """Make visitors who are logged in at the desk."""
    from demo import accounts

    def make(username: str) -> Visitor:
        return visitor().as_officer(username, accounts.password())

    return make


@pytest.fixture
def desk(stack: Any, browser: Any) -> Iterator[Callable[..., Any]]:
    """Make officers who are logged in at the desk in Chromium; errors there fail the test."""
    from tests.portal.desk_browser import WIDE, AtDesk

    made: list[AtDesk] = []

    def enter(username: str, size: tuple[int, int] = WIDE) -> AtDesk:
        made.append(AtDesk(browser, stack.url, username, size))
        return made[-1]

    yield enter
    for officer in made:
        officer.close()
