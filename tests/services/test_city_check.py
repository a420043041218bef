"""A pack is held against its city before it can be published."""

import dataclasses
from typing import Any

import pytest
from django.conf import settings

from city.errors import SourceError
from dmn.values.temporal import YearsMonths
from services import publish
from services.catalogue import rulebook
from services.edition import load
from services.models import Edition
from tests.services.editions import published
from tests.services.packs import SMALL, changed, line_of, text

GRADUATE = text("graduate_settlement")


def refused(source: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        publish.check(source, "pack.yaml")
    return [str(fault) for fault in caught.value.all()]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("office: hrss", "office: hrs", "the city has no office hrs"),
        ("from: education.level", "from: education.grade", "education has no field grade"),
        (
            "school: {from: education.school, type: text",
            "school: {from: education.school, type: number",
            "the registry's type is text",
        ),
        (
            "school: {from: education.school, type: text, none: allowed,",
            "school: {from: education.school, type: text,",
            "education.school may be null, so the fact needs none: allowed",
        ),
        # the author guessed a code of six digits where the registry says four
        (
            "evidence: {population: {hukou_city: '4403'}}",
            "evidence: {population: {hukou_city: '440300'}}",
            "population cannot answer so: hukou_city: is written like 4401",
        ),
        ("capacity: full,", "capacity: whole,", "capacity: is one of full, limited"),
    ],
)
def test_what_the_city_does_not_have_is_named_with_its_line(
    before: str, after: str, reason: str
) -> None:
    source = changed(before, after, GRADUATE)
    found = [fault for fault in refused(source) if reason in fault]
    assert found, refused(source)
    line = int(found[0].split(":")[1])
    assert abs(line - line_of(after, source)) <= 8, (line, line_of(after, source))


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("registry: names\n    subject", "registry: name\n    subject", "keeps no registry name"),
        ("registry: names\n    subject", "registry: education\n    subject", "keeps no registry"),
        ("record: {industries:", "record: {industry:", "names has no field industry"),
        ("role: '\"经营者\"', state", "kind: '\"x\"', state", "enterprise.trades have no kind"),
        ("industries(scope), rel", "industries(trade_name), rel", "industries"),
        ("record: {industries: industries(scope),", "record: {industries: x,", "x"),
    ],
)
def test_what_a_certificate_enters_has_its_place_in_the_city(
    before: str, after: str, reason: str
) -> None:
    source = text("sole_trader")
    assert before in source
    found = refused(source.replace(before, after))
    assert any(reason in fault and "sole_trader" not in fault for fault in found), found


def test_a_registry_that_the_city_lacks_is_refused() -> None:
    source = GRADUATE.replace("  education:\n", "  schooling:\n").replace(
        "education.", "schooling."
    )
    source = source.replace("    education: ", "    schooling: ").replace(
        "education: {", "schooling: {"
    )
    source = source.replace("registry: education}", "registry: schooling}")
    assert any("the city has no registry schooling" in fault for fault in refused(source))


def test_a_parameter_that_the_city_sets_is_in_the_edition() -> None:
    city = dataclasses.replace(
        settings.CITY, parameters={"graduate_settlement": {"window": {"2018-06-01": "P1Y"}}}
    )
    book = load(GRADUATE, city=city)
    other = load(GRADUATE, city=settings.CITY)
    assert book.pack.parameters["window"].values[0][1] == YearsMonths(12)
    assert book.hash != other.hash
    wrong = dataclasses.replace(city, parameters={"graduate_settlement": {"fee": {}}})
    with pytest.raises(SourceError, match="the city sets the parameter fee"):
        load(GRADUATE, city=wrong)


def test_an_edition_keeps_what_its_city_said(db: None, now: Any, settings: Any) -> None:
    edition = published(GRADUATE, now, file="graduate_settlement.yaml")
    assert edition.city["prefix"] == "4403" and len(edition.city["districts"]) == 9
    settings.CITY = dataclasses.replace(settings.CITY, code="441300", regions={})
    book = rulebook(Edition.objects.get(pk=edition.pk))
    assert book.hash == edition.hash
    assert len(book.pack.form["properties"]["district"]["oneOf"]) == 9
    assert book.pack.parameters["city"].values[-1][1] == "4403"
    with pytest.raises(SourceError):  # and the text alone is no pack of any city
        load(GRADUATE)


def test_a_pack_that_takes_nothing_has_the_hash_of_its_text_alone() -> None:
    assert load(SMALL).hash == load(SMALL, city=settings.CITY).hash


def test_a_record_that_anybody_may_find_is_private_unless_the_city_shows_it() -> None:
    source = text("newborn")
    private = "    private: yes  # the numbers of records stand in a row\n"
    assert private in source
    found = refused(source.replace(private, ""))
    assert any("it needs private: yes" in fault and "须写 private: yes" in fault for fault in found)
