"""A service that the city offers without being asked, as these tests use it."""
# ruff: noqa: E501

from __future__ import annotations

import datetime

from services.models import Edition
from services.pack.scaffold import pack
from tests.services.editions import published
from tests.services.packs import changed

SERVICE = "senior_pass"
_BEFORE_FORM = """\
  social:
    zh: 社会保险库
    en: Social insurance registry
    basis: 社会保险法 §4
    purpose: {zh: 核实参保, en: verify insurance}

form:
"""
_FORM = """\
  required: [consent, region]
  properties:
    region:
      type: string
      pattern: '^[0-9]{6}$'
      maxLength: 6
      x-prefill: hukou_region
      x-zh: 户籍所在区
      x-en: District of household registration
    consent:
"""
_FACTS = """\
    zh: 出生日期
    en: date of birth
  alive: {from: population.alive, type: boolean, zh: 在世, en: living}
  hukou_region: {from: population.hukou_region, type: text, none: allowed, codes: GB/T 2260, zh: 户籍所在区县, en: county of household registration}
  hukou_city: {from: population.hukou_city, type: text, none: allowed, zh: 户籍市, en: city of household registration}
  months: {from: social.months, type: number, min: 0, max: 999, none: allowed, zh: 累计缴费月数, en: months paid}
  region: {from: answers.region, type: text, codes: GB/T 2260, zh: 区, en: district}
"""
_REQUIREMENTS = """\
- id: alive
  must: alive
  zh: 在世
  en: Living
  law: 民法典 §13
- id: local
  must: hukou_city = city
  zh: 本市户籍
  en: Registered in this city
  law: 本市敬老办法
- id: insured
  must: months = null or months >= least
  zh: 未参保，或累计缴费满 {least} 个月
  en: Not insured, or paid for at least {least} months
  law: 本市敬老办法

certificate:
  kind: senior_pass
  type21: 11100000000013338W909
  zh: 敬老卡
  en: Senior pass
  number: 'serial:JL'
  valid: none
  fields:
  - {id: born, zh: 出生日期, en: Date of birth, value: born}

district: region

guards:
- id: once
  key: [applicant]
  while: [open, live]
  zh: 您已有在办的申请或有效的敬老卡
  en: You have an application in hand or a valid pass already
  law: 本市敬老办法

proactive:
  from: population
  where: born + adult <= as_of and hukou_city = city
  basis: 老年人权益保障法 §33
  purpose: {zh: 主动为符合条件的老人办理敬老卡, en: offer the pass to those who may have it}
  expires: {days: 60}
  ask_again: {days: 365}

tests:
"""


def senior_pass(code: str = SERVICE) -> str:
    """A pass from 80 years on, for residents of the city who are alive."""
    source = pack(code)
    for before, after in (
        ("    2021-01-01: P18Y", "    2021-01-01: P80Y"),
        ("form:\n", _BEFORE_FORM),
        ("  required: [consent]\n  properties:\n    consent:\n", _FORM),
        ("    zh: 出生日期\n    en: date of birth\n", _FACTS),
        (
            "  law: 民法典 §§17–18\n\nfacts:",
            "  law: 民法典 §§17–18\n  city: {from: city.prefix, law: 本市敬老办法}\n"
            "  least: {2021-01-01: 12, zh: 缴费月数, en: months, law: 本市敬老办法}\n\nfacts:",
        ),
        ("\ntests:\n", _REQUIREMENTS),
        (
            "  answers: {consent: true}\n  evidence: {population: {born: 2008-07-01}}",
            "  answers: {consent: true, region: '440305'}\n"
            "  evidence:\n"
            "    population: {born: 1946-07-01, alive: true, hukou_region: '440305',"
            " hukou_city: '4403'}\n    social: absent",
        ),
        (
            "  evidence: {population: {born: 2008-07-02}}",
            "  evidence: {population: {born: 1946-07-02}}",
        ),
        (
            "  findings: {adult: unknown}",
            "  findings: {adult: unknown, alive: unknown}\n"
            "- name: 参保不满\n  like: 十八岁生日当天\n  evidence: {social: {months: '11'}}\n"
            "  expect: refer\n  findings: {insured: unmet}",
        ),
    ):
        source = changed(before, after, source)
    return source


def publish(now: datetime.datetime, code: str = SERVICE) -> Edition:
    return published(senior_pass(code), now, file=f"{code}.yaml")
