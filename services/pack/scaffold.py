"""A pack to begin with: complete, right, and small enough to be read in a minute."""

from __future__ import annotations

import re

SCHEMA = "../../../services/pack/schema.json"  # from the folder of a city in this checkout
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")

_TEXT = """\
# yaml-language-server: $schema={schema}
service: {code}
name: {{zh: 事项名称, en: Name of the service}}
summary: {{zh: 一句话说明办什么、给谁办。, en: What it is and whom it is for.}}
department: {{office: market, zh: 主管部门, en: Department}}
legal_kind: confirmation        # licence, confirmation, benefit or filing
applicant: person
visits: 0
law: 依据的法律法规
clock:
  statutory: {{days: 20, unit: working, law: 行政许可法 §42}}
  promised: {{days: 1, unit: working}}
correct_within: {{days: 15}}
as_of: received_on
in_force_from: 2026-01-01

registries:
  population:
    zh: 人口基础信息库
    en: Population registry
    basis: 查询所依据的法律
    purpose: {{zh: 核实身份, en: verify identity}}

form:
  type: object
  additionalProperties: false
  required: [consent]
  properties:
    consent:
      type: boolean
      const: true
      x-zh: 我已知悉上述信息由系统核验
      x-en: I understand that these data are checked

parameters:
  adult:
    2021-01-01: P18Y
    unit: {{zh: 周岁, en: years old}}
    zh: 成年年龄
    en: age of majority
    law: 民法典 §§17–18

facts:
  born:
    from: population.born
    type: date
    min: 1900-01-01
    max: 2100-12-31
    zh: 出生日期
    en: date of birth

requirements:
- id: adult
  must: born + adult <= as_of
  zh: 年满 {{adult}}
  en: At least {{adult}}
  law: 民法典 §§17–18

tests:
- name: 十八岁生日当天
  as_of: 2026-07-01
  answers: {{consent: true}}
  evidence: {{population: {{born: 2008-07-01}}}}
  expect: approve
- name: 十八岁生日前一天
  like: 十八岁生日当天
  evidence: {{population: {{born: 2008-07-02}}}}
  expect: refer
  findings: {{adult: unmet}}
- name: 人口库没有答复
  like: 十八岁生日当天
  evidence: {{population: failed}}
  expect: refer
  findings: {{adult: unknown}}
"""


def pack(code: str, schema: str = SCHEMA) -> str:
    """The text of a new pack that passes its own check; raises ``ValueError`` for a bad code.

    ``schema``: where the file's editor finds the schema of packs.
    """
    if not _CODE.fullmatch(code):
        raise ValueError("a code has small letters, digits and _, and begins with a letter")
    return _TEXT.format(code=code, schema=schema)
