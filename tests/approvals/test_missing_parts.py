"""A registry or an office that an edition names and the city no longer has: a person decides."""

import dataclasses
import datetime
from typing import Any

import pytest

from approvals.actions import questions
from approvals.models import Check
from exchange.registries import _adapter
from ledger.clock import now
from portal import results
from services import catalogue
from tests.approvals.cases import settled, submit

pytestmark = pytest.mark.usefixtures("furnished")


def test_the_facts_of_a_registry_that_is_gone_are_unknown(settings: Any) -> None:
    settings.REGISTRIES = {k: v for k, v in settings.REGISTRIES.items() if k != "address"}
    _adapter.cache_clear()
    try:
        case = settled("graduate")
    finally:
        _adapter.cache_clear()
    assert case.state == "review"
    assert ":unknown" in case.handover and ":unmet" not in case.handover


def test_a_case_whose_office_is_gone_goes_to_the_default_one(settings: Any) -> None:
    offices = {k: v for k, v in settings.CITY.offices.items() if k != "hrss"}
    settings.CITY = dataclasses.replace(settings.CITY, offices=offices)
    case = settled("graduate")
    assert case.office_id == settings.CITY.default_office


def test_the_keeper_of_names_is_asked_by_the_citys_law_where_the_edition_names_none(
    settings: Any,
) -> None:
    case = submit("graduate")
    book = catalogue.rulebook(case.edition_id)
    others = {k: v for k, v in book.pack.registries.items() if k != "population"}
    silent = dataclasses.replace(book, pack=dataclasses.replace(book.pack, registries=others))
    put = questions.query(case, silent, ("population", ""))
    assert put.basis == settings.CITY.registries["population"].basis != ""
    assert "name" in put.fields and put.subject == case.applicant


def test_a_registry_that_the_edition_does_not_name_is_called_as_the_city_calls_it(
    settings: Any,
) -> None:
    case = submit("graduate")
    Check.objects.filter(application=case, registry="education").update(registry="enterprise")
    later = now() + datetime.timedelta(minutes=1)
    (notice,) = results.result(case, now=later).notices
    assert settings.CITY.registries["enterprise"].zh in notice
