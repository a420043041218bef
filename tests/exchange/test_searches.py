"""Addresses are searched at the registry that keeps them: what it finds, and what it may do."""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest

from demo.city import City
from exchange import searches
from exchange.registries import Query, query_within
from people.actors import CHECKER
from tests.exchange.conftest import Registry, queries

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture
def searched(registry: Registry, settings: Any, close_breakers: Any) -> Iterator[Registry]:
    known = {**settings.REGISTRIES["address"], "url": registry.url}
    settings.REGISTRIES = {**settings.REGISTRIES, "address": known}
    close_breakers()
    searches._searcher.cache_clear()
    ends = time.monotonic() + 20
    while not searches.search("address", "学府路").is_answered and time.monotonic() < ends:
        close_breakers()  # its list is still being made
    yield registry
    searches._searcher.cache_clear()


def test_every_word_stands_in_what_is_found_and_nothing_that_is_gone(
    searched: Registry, city: City
) -> None:
    found = searches.search("address", "南山区 学府路", limit=50)
    wanted = {
        place.code: place.text
        for place in map(city.address, range(city.addresses))
        if place.exists and "南山区" in place.text and "学府路" in place.text
    }
    assert wanted and {hit.number: hit.text for hit in found.hits}.items() <= wanted.items()
    assert len(found.hits) == min(50, len(wanted))


def test_a_code_finds_its_address(searched: Registry, city: City) -> None:
    place = next(p for p in map(city.address, range(99)) if p.exists)
    (hit,) = searches.search("address", place.code).hits
    assert (hit.number, hit.text) == (place.code, place.text)


def test_nothing_found_is_an_answer_and_no_text_is_not_asked(searched: Registry) -> None:
    nothing = searches.search("address", "没有这条街")
    assert nothing.is_answered and not nothing.hits
    assert searches.search("address", "  ").is_answered


@pytest.mark.parametrize("fault", ["error", "garbage", "forged", "old_nonce", "reset", "redirect"])
def test_an_answer_that_cannot_be_believed_is_none(searched: Registry, fault: str) -> None:
    searched.go_wrong(fault)
    found = searches.search("address", "学府路")
    assert not found.is_answered and not found.hits
    searched.recover()


def test_a_registry_that_cannot_be_searched_has_not_answered(settings: Any) -> None:
    searches._searcher.cache_clear()
    assert not searches.search("population", "学府路").is_answered
    assert not searches.search("nobody", "学府路").is_answered
    searches._searcher.cache_clear()


def test_a_reader_with_less_time_says_nothing_against_a_slow_registry(
    searched: Registry, city: City
) -> None:
    """Else five citizens on check pages would open its breaker for everybody."""
    searched.go_wrong("delay", seconds=0.5)
    asked: list[Query] = queries(city, 60)
    now = dt.datetime.now(dt.UTC)
    for _ in range(6):
        (answer,) = query_within(asked, by=CHECKER, now=now, seconds=0.2)
        assert (answer.outcome, answer.reason) == ("failed", "timeout")
    searched.recover()
    (answer,) = query_within(asked, by=CHECKER, now=now, seconds=5.0)
    assert answer.reason not in ("breaker", "timeout")
