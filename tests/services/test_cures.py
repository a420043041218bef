"""A fault in a pack is told with what to write instead, as who keeps the rules can use it."""

import pytest

from city.errors import SourceError
from services import publish
from services.pack import scaffold

WORDS = "{zh: 事项名称, en: Name of the service}"
GUARD = (
    "\nguards:\n- {id: once, key: [applicant, nothing], while: [open], zh: 一, en: A, law: 法}\n"
)
TESTS = "\ntests:"


def _faults(old: str, new: str) -> list[str]:
    text = scaffold.pack("trial")
    assert old in text
    with pytest.raises(SourceError) as raised:
        publish.check(text.replace(old, new, 1), "x.yaml")
    return [str(fault) for fault in raised.value.all()]


@pytest.mark.parametrize(
    ("old", "new", "line", "zh", "en"),
    [
        (WORDS, "{zh: 事项, 名称, en: A}", 3, "英文逗号时须加引号", "needs quotes"),
        (WORDS, "{zh: 事项, en: one, two}", 3, "英文逗号时须加引号", "needs quotes"),
        (
            "x-zh: 我已知悉",
            "x-hint-zh: {甲, 乙}\n      x-zh: 我已知悉",
            32,
            "应为文字",
            "must be text",
        ),
        ("  statutory:", "\tstatutory:", 11, "用制表符缩进", "use spaces"),
        ("applicant: person", "applicant： person", 8, "全角冒号", "full-width colon"),
        ("visits: 0", "visits:0", 9, "冒号后缺少空格", "a space is missing"),
        ("law: 依据的法律法规", "law: 条例: 第一条", 9, "加上引号", "put the text in quotes"),
        ("visits: 0", "visits: 0\nvisits: 1", 9, "重复出现", "stands twice"),
        ("  must: born", "   must: born", 54, "缩进", "indentation"),
        ("visits: 0", "visits: {a", 9, "没有成对", "not closed"),
        ("applicant: person", "aplicant: person", 7, "是不是 applicant", "mean applicant?"),
        ("correct_within", "corect_within", 13, "是不是 correct_within", "mean correct_within?"),
        ("<= as_of", "== as_of", 54, "相等写作一个 =", "one ="),
        ("<= as_of", "＜= as_of", 54, "应为半角 <", "write < instead"),
        ("P18Y", "18Y", 37, "时长写作 P18Y", "written P18Y"),
        ("const: true", "const: yes", 31, "写 true 或 false", "write true or false"),
        (TESTS, "\ndistrict: '\"999999\"'" + TESTS, 59, "本市没有区 999999", "no district 999999"),
        (TESTS, GUARD + TESTS, 60, "没有名为 “nothing”", "no input named 'nothing'"),
        ("2021-01-01: P18Y", "2027-01-01: P18Y", 36, "没有值", "no value between"),
        (
            "  population:\n    zh",
            "  peopel:\n    zh",
            45,
            "未声明数据来源",
            "not declared",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_and_its_cure(old, new, line, zh, en):
    faults = _faults(old, new)
    assert any(s.startswith("x.yaml:") and zh in s and en in s for s in faults), faults
    if line:
        assert any(s.startswith(f"x.yaml:{line}:") for s in faults), faults
