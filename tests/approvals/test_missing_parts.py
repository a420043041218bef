"""A registry or an office that an edition names and the city no longer has: a person decides."""

import dataclasses
from typing import Any

import pytest

from exchange.registries import _adapter
from tests.approvals.cases import settled

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
