"""The graduates' service with so many places, for the tests of quotas."""

from ledger.clock import city_date, now
from services.models import Edition
from tests.services.editions import GRADUATES, published
from tests.services.packs import changed

FIGURE = """
parameters:
  places:
    2026-01-01: {places}
    zh: 名额
    en: places
    law: 测试
"""
QUOTA = """
quota:
  places: places
  per: {per}
  since: {since}
  zh: 按受理先后
  en: In the order of acceptance
  law: 行政许可法 §57

facts:
"""


def text_with(
    places: object, *, per: str = "year", since: str = "2026-01-01", more: str = ""
) -> str:
    """The pack's text; ``places`` may be several lines of dated values."""
    source = changed("\nparameters:\n", FIGURE.format(places=places), GRADUATES)
    quota = QUOTA.format(per=per, since=since).replace("\nfacts:\n", f"{more}\nfacts:\n")
    return changed("\nfacts:\n", quota, source)


def limited(places: object, **how: str) -> Edition:
    """Publish it, in force today."""
    source = changed(
        "in_force_from: 2026-01-01", f"in_force_from: {city_date(now())}", text_with(places, **how)
    )
    return published(source, now(), file="graduate_settlement.yaml")
