"""Editions for tests, published as officers publish them."""

from __future__ import annotations

import datetime

from city.source import read
from ledger.clock import city_date
from services import publish
from services.models import Edition
from tests.services.packs import LI, WANG, changed, text

GRADUATES = text("graduate_settlement")
# the graduates' service as it would be were the social insurance registry asked, too
ANOTHER_REGISTRY = (
    (
        "\nform:\n",
        """
  social:
    zh: 社会保险库
    en: Social insurance registry
    basis: 深圳经济特区数据条例 §38
    purpose: {zh: 核实参保, en: verify insurance}

form:
""",
    ),
    (
        "  address_text: {",
        "  months: {from: social.months, type: number, min: 0, max: 999, none: allowed,"
        " zh: 累计缴费月数, en: months paid}\n  address_text: {",
    ),
    (
        "- id: address\n",
        "- {id: insured, must: months = null or months >= 0, zh: 参保情况已核实,"
        " en: Insurance was verified, law: 本市人才引进办法}\n- id: address\n",
    ),
    (
        "    credit: {dishonest: false}\n",
        "    credit: {dishonest: false}\n    social: {months: 3}\n",
    ),
    ("手机号码（选填）", "手机号（选填）"),
)


def graduates_newer(now: datetime.datetime) -> Edition:
    """The next edition of the graduates' service: it asks another registry, in force today."""
    source = changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now)}", GRADUATES)
    for before, after in ANOTHER_REGISTRY:
        source = changed(before, after, source)
    return published(source, now, file="graduate_settlement.yaml")


def published(source: str, now: datetime.datetime, file: str = "bus_pass.yaml") -> Edition:
    """The edition of a pack: the first of its service, or one by two officers."""
    if not Edition.objects.filter(service=read(source, file).data["service"]).exists():
        return publish.publish_first(source, by=LI, now=now, file=file)
    proposal = publish.propose(source, by=LI, now=now, file=file)
    return publish.confirm(proposal.pk, by=WANG, now=now)
