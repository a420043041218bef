"""What a pack says of offering a service unasked, and why publishing refuses one."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from city.errors import SourceError
from services import publish, scanning
from services.edition import SCHEMA
from tests.offers.packs import senior_pass
from tests.services.packs import changed, line_of, load, text

DAY = dt.date(2026, 7, 1)
SOURCE = senior_pass()
AGENCY = """\
  credit:
    zh: 公共信用信息库
    en: Credit registry
    basis: 信用条例
    purpose: {zh: 核实, en: verify}

form:
"""


def faults(source: str) -> list[str]:
    """The faults of a pack, each `file:line: Chinese / English`."""
    with pytest.raises(SourceError) as error:
        publish.check(source, "pack.yaml")
    return [str(fault) for fault in error.value.all()]


def test_the_pack_of_these_tests_is_right() -> None:
    assert publish.check(SOURCE).rulebook.pack.proactive is not None


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        ("  from: population\n  where", "  from: tax\n  where", "  from: tax", "没有 tax"),
        ("and hukou_city = city\n  basis", "and months > 3\n  basis", "  where:", "months"),
        ("and hukou_city = city\n  basis", "and bogus\n  basis", "  where:", "bogus"),
        ("  where: born + adult <= as_of and", "  where: born +", "  where:", ""),
        (
            "  required: [consent, region]\n  properties:\n",
            "  required: [consent, region, phone]\n  properties:\n    phone: {type: string,"
            " format: phone, maxLength: 20, x-zh: 手机, x-en: phone}\n",
            "    phone:",
            "phone",
        ),
        ("applicant: person", "applicant: enterprise", "proactive:", "个人"),
        ("  expires: {days: 60}", "  expires: {days: 0}", "  expires:", ""),
        ("  ask_again: {days: 365}\n", "", "proactive:", "ask_again"),
        ("  ask_again:", "  answers: {colour: hukou_city}\n  ask_again:", "  answers:", "colour"),
        ("  ask_again:", "  answers: {region: born}\n  more: x\n  ask_again:", "  more:", "more"),
        ("\nproactive:", "\ncosigners: '[hukou_city]'\n\nproactive:", "cosigners:", "一键"),
    ],
)
def test_a_pack_is_refused_with_its_line_and_the_reason(
    before: str, after: str, at: str, says: str
) -> None:
    source = changed(before, after, SOURCE)
    line = line_of(at, source)
    assert any(f":{line}: " in one and says in one for one in faults(source)), faults(source)


def test_a_registry_of_another_agency_is_not_scanned() -> None:
    source = changed("form:\n", AGENCY, SOURCE)
    source = changed(
        "  region: {from: answers",
        "  dishonest: {from: credit.dishonest, type: boolean, zh: 失信, en: dishonest}\n"
        "  region: {from: answers",
        source,
    )
    source = changed(
        "certificate:\n",
        "- {id: credit, must: dishonest = false, zh: 无失信, en: No bad credit, law: 信用条例}\n"
        "\ncertificate:\n",
        source,
    )
    line = line_of("  credit:\n", source)
    assert any(f":{line}: " in one and "自有库" in one for one in faults(source))


def test_a_service_that_issues_nothing_is_not_offered() -> None:
    begin, end = SOURCE.index("certificate:"), SOURCE.index("district: region")
    source = changed("while: [open, live]", "while: [open]", SOURCE[:begin] + SOURCE[end:])
    assert any("证照或待遇" in one for one in faults(source))


def test_what_sql_cannot_say_is_named_and_left_to_the_judge() -> None:
    allowance = scanning.plan(load(text("old_age_allowance")), DAY)
    assert set(allowance.left) == {"once"}  # over a list
    assert scanning.plan(load(SOURCE), DAY).left == {}
    product = changed("months >= least", "months * 2 >= least", SOURCE)
    assert set(scanning.plan(load(product), DAY).left) == {"insured"}


def test_every_key_is_documented() -> None:
    keys = json.loads(SCHEMA.read_text())["properties"]["proactive"]["properties"]
    documented = (SCHEMA.parents[2] / "docs" / "proactive.md").read_text()
    assert [key for key in keys if f"      {key}:" not in documented] == []
