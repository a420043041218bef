"""What may be signed in place of files: read, refused where law bars it, and judged."""

import pytest

from city.errors import SourceError
from services import pack_tests, publish
from services.difference import differences
from services.explain import explain
from services.inputs import read_inputs
from services.pack.supply import is_open
from services.verdict import judge
from tests.services.packs import SMALL, changed, load

PAPER = """\
    school_paper:
      type: array
      x-zh: 在读证明
      x-en: Proof of enrolment
      x-law: 教育法 §43
      minItems: 1
      maxItems: 2
      uniqueItems: true
      items: {type: string, format: material}
    photo:
      type: array
      x-zh: 证件照
      x-en: Photograph
      x-law: 居民身份证法 §3
      minItems: 1
      maxItems: 1
      uniqueItems: true
      items: {type: string, format: material}
    consent:
"""
SIGNED = """\
materials:
  school_paper:
    use: read
    because: {zh: 没有数据源, en: no registry has it}
    later: {days: 5, unit: working, before: decision, law: 广东省优化营商环境条例 §29}
  photo:
    use: present
    because: {zh: 没有数据源, en: no registry has it}
    later: {days: 10, unit: calendar, before: after, law: 广东省优化营商环境条例 §29}

commitments:
  enrolled:
    instead_of: school_paper
    zh: 我在本市学校就读，证明由我保存备查。
    en: I am enrolled at a school of the city and keep the proof.
    law: 国办发〔2020〕42号
    inspected: {zh: 批准后向学校核实。, en: The school is asked afterwards.}
    consequence: {zh: 承诺不实的，撤销。, en: Untrue means revoked.}
    bars: P3Y
    barred_if: not(alive)
inspection:
  within: {days: 60, unit: working, law: 浙江省保障“最多跑一次”改革规定}
  share: 10
  zh: 是否在读
  en: Whether the applicant is enrolled
channels: [online, counter]
material_sources:
- {zh: 身份证, en: Identity card, by: sharing, registry: population}
- {zh: 在读证明, en: Proof of enrolment, by: commitment, commitment: enrolled}
- {zh: 证件照, en: Photograph, by: later, material: photo}

facts:
  alive: {from: population.alive, type: boolean, zh: 在世, en: living}
  studies: {from: answers.school_paper, type: boolean, zh: 在读, en: enrolled, change: answer}
  pictured: {from: answers.photo, type: boolean, zh: 已交照片, en: it is there, change: answer}
"""
RULES = """\
requirements:
- id: studies
  must: studies
  unmet: return
  zh: 在读
  en: Enrolled
  law: 教育法 §43
- id: pictured
  must: pictured
  unmet: return
  zh: 已交照片
  en: The photograph is there
  law: 居民身份证法 §3
"""
FILE = "dd4f0bb6eb3e5cd9f8f7f4a0a4d9be1f1a3bd8b3b3b0fd0df2ea4a86b1e2f6f1"
_BASE = "like: 十八岁生日当天, evidence: {population: {alive: true}}"


def cases(*lines: str) -> str:
    return "".join(f"- {{name: n{n}, {_BASE}, {line}}}\n" for n, line in enumerate(lines))


PACK = changed("    consent:\n", PAPER)
PACK = changed("facts:\n", SIGNED, PACK)
PACK = changed("requirements:\n", RULES, PACK)
PACK = changed("  expect: approve\n", "  expect: refer\n", PACK)
PACK += cases(
    "expect: return, findings: {studies: unmet, pictured: unmet}",
    "answers: {enrolled: true, photo_later: true}, expect: approve,"
    " findings: {studies: committed, pictured: promised}",
    f"answers: {{enrolled: true, photo: [{FILE}]}}, expect: approve,"
    " findings: {studies: committed, pictured: met}",
    "answers: {school_paper_later: true, photo_later: true}, expect: wait,"
    " findings: {studies: promised, pictured: promised}",
    f"answers: {{school_paper: [{FILE}], enrolled: true, photo_later: true}}, expect: refer,"
    " findings: {studies: unknown}",
    f"answers: {{school_paper: [{FILE}], enrolled: true, photo_later: true}},"
    " materials: {school_paper: not_shown}, expect: return, findings: {studies: unmet}",
)
PACK += (
    "- {name: 已故, like: 十八岁生日当天, evidence: {population: {alive: false}},"
    " answers: {enrolled: true, photo_later: true}, expect: return, findings: {studies: unmet}}\n"
    "- {name: 不知, like: 十八岁生日当天, evidence: {population: failed},"
    " answers: {enrolled: true, photo_later: true}, expect: refer, findings: {studies: unmet}}\n"
)
PACK = PACK.replace("  expect: refer\n", "  expect: return\n", 1)
BOOK = load(PACK)


def case(name: str):
    return next(case for case in BOOK.pack.cases if case.name == name)


def test_the_tests_of_the_pack_come_out_and_it_can_be_published() -> None:
    assert pack_tests.faults(BOOK) == []
    publish.check(PACK, "bus_pass")


@pytest.mark.parametrize("name", [one.name for one in BOOK.pack.cases])
def test_what_was_signed_survives_being_stored(name: str) -> None:
    inputs = pack_tests.inputs_of(BOOK, case(name))
    again = read_inputs(BOOK, inputs.to_json())
    assert judge(BOOK, again).payload() == judge(BOOK, inputs).payload()


@pytest.mark.parametrize("state", ["withdrawn", "barred", "lapsed"])
def test_only_what_is_signed_still_counts(state: str) -> None:
    inputs = pack_tests.inputs_of(BOOK, case("n1"))
    inputs.undertakings["enrolled"] = state
    found = judge(BOOK, inputs)
    assert found.outcome == "return"
    assert {f.id: f.result for f in found.findings}["studies"] == "unmet"


def test_a_condition_names_what_met_it_and_the_file_still_missing() -> None:
    found = judge(BOOK, pack_tests.inputs_of(BOOK, case("n3")))
    assert {f["id"]: f.get("by") for f in found.payload()["requirements"]} == {
        "studies": "school_paper_later",
        "pictured": "photo_later",
        "adult": None,
    }
    assert found.reasons() == ["school_paper:promised"]
    lines = {line.id: line.status for line in explain(BOOK, found.payload(), "zh-hans")}
    assert lines["studies"] == "承诺补交"


def test_the_box_shows_all_that_is_signed_behind_its_question() -> None:
    names = list(BOOK.form["properties"])
    at = names.index("school_paper")
    assert names[at : at + 3] == ["school_paper", "enrolled", "school_paper_later"]
    box = BOOK.form["properties"]["enrolled"]
    for part in ("证明由我保存备查", "向学校核实", "撤销"):
        assert part in box["x-hint-zh"]


def test_other_words_are_another_commitment() -> None:
    other = load(changed("我在本市学校就读", "我在外市学校就读", PACK))
    before, after = BOOK.pack.commitments["enrolled"], other.pack.commitments["enrolled"]
    assert before.sha256 != after.sha256
    assert "/enrolled" in {d.id for d in differences(BOOK, other, case("n1").as_of)}


BY = "commitment: enrolled}"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("commitments:\n", "areas: [public_safety]\ncommitments:\n", "law bars commitments where"),
        ("commitments:\n", "areas: [finance, ecology]\ncommitments:\n", "finance, ecology"),
        ("instead_of: school_paper", "instead_of: paper", "there is no material paper"),
        ("share: 10", "share: 101", "inspection.share"),
        ("must: studies\n", "must: studies and pictured\n", "write a condition for each"),
        ("before: decision", "before: after", "is there before it"),
        ("use: present", "use: kept", "write use: present"),
        ("barred_if: not(alive)", "barred_if: adult", "must give boolean"),
        ("barred_if: not(alive)", "barred_if: not(lives)", "lives"),
        ("days: 10, unit: calendar", "days: 61, unit: calendar", "1 to 60 days"),
        ("{zh: 证件照, en: Photo", "{zh: 其他材料, en: Photo", "catch-all"),
        ("en: Identity card, by", "en: Identity card and other documents, by", "catch-all"),
        ("x-zh: 证件照", "x-zh: 相关材料", "catch-all"),
        (BY, "commitment: enroled}", "names a commitment that the pack declares"),
        ("by: later, material: photo", "by: later, material: film", "names a material"),
        ("channels: [online, counter]", "channels: [post, api]", "online or at a counter"),
        (
            "    consent:\n",
            "    enrolled: {type: boolean, x-zh: 是, x-en: y}\n    consent:\n",
            "made by",
        ),
    ],
)
def test_what_law_or_sense_bars_is_refused(before: str, after: str, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        publish.check(changed(before, after, PACK), "bus_pass")
    found = [fault.en for fault in caught.value.all()]
    assert any(says in en for en in found), found
    assert all(fault.line and fault.zh for fault in caught.value.all())


def test_a_commitment_without_an_inspection_is_refused() -> None:
    start = PACK.index("inspection:\n")
    end = PACK.index("channels:")
    with pytest.raises(SourceError, match="write inspection"):
        load(PACK[:start] + PACK[end:])


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("portal", True), ("guardian", True), ("agent", True), ("window", True), ("api", False)],
)
def test_a_pack_says_by_which_ways_an_application_may_come(channel: str, expected: bool) -> None:
    assert is_open(BOOK.pack, channel) is expected
    assert is_open(load(SMALL).pack, channel)
