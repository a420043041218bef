"""A broken pack is refused with file, line and a reason in both languages."""

import time

import pytest

from city.errors import SourceError
from services import edition, publish
from tests.services.packs import SHIPPED, SMALL, changed, line_of, load, text

OF_TRADERS = "statutory: {days: 3, unit: working, law: 市场主体登记管理条例 §19}"


def refused(source: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        publish.check(source, "bus_pass.yaml")
    error = caught.value
    assert error.zh and error.en and error.file == "bus_pass.yaml"
    return error


def test_the_scaffold_passes_its_own_check():
    assert publish.check(SMALL).rulebook.code == "bus_pass"


JOINT = "statutory: {days: 45, unit: working, law: 行政许可法 §42}"


def test_the_fifteen_days_of_a_joint_handling_are_published_where_agencies_decide_together():
    """行政许可法 §42: ten by the head of the office, fifteen by the head of the government."""
    assert load(text("graduate_settlement")).pack.clock.extension == 10
    traders = changed("  extension: 3", "  joint: 联合办理", text("sole_trader"))
    joint = changed(OF_TRADERS, JOINT, traders)
    clock = publish.check(joint, "sole_trader").rulebook.pack.clock
    assert (clock.statutory.days, clock.extension, clock.joint) == (45, 15, "联合办理")
    for before, after, says in (
        ("days: 45, unit: working", "days: 46, unit: working", "45 working days"),
        ("days: 45, unit: working", "days: 45, unit: calendar", "45 working days"),
        ("joint: 联合办理", "joint: 联合办理\n  extension: 10", "joint handling"),
        ("joint: 联合办理", "extension: 15", "joint handling"),
        ("joint: 联合办理", "joint: 一起办理", "clock.joint"),
    ):
        with pytest.raises(SourceError) as caught:
            publish.check(changed(before, after, joint), "sole_trader")
        assert any(says in fault.en for fault in caught.value.all()), (after, caught.value.en)


# conditions that a pack has at least, where that is more than five
FEWEST = {
    "move_out": 3,
    "social_transfer": 3,
    "residence_card": 4,
    "graduate_settlement": 14,
    "limited_company": 14,
    "sole_trader": 14,
}


@pytest.mark.parametrize("name", SHIPPED)
def test_packs_that_ship_pass_without_a_fault(name):
    found = publish.check(text(name), name)
    assert found.rulebook.code == name
    assert len(found.rulebook.conditions) >= FEWEST.get(name, 5)
    assert len(found.rulebook.pack.cases) >= 12


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        ("visits: 0", "visits: 0\nvisits: 1", "visits: 1", "stands twice"),
        ("applicant: person", "applicant: &who person", "applicant: &who", "anchors"),
        ("applicant: person", "applicant: !!str person", "applicant: !!str", "tags"),
        ("visits: 0", "visits: 0\ncolour: red", "colour: red", "unknown entries: colour"),
        (
            "promised: {days: 1, unit: working}",
            "promised: {days: 1, unit: working}\n  extension: 12",
            "extension: 12",
            "clock.extension",
        ),
        (
            "promised: {days: 1, unit: working}",
            "promised: {days: 1, unit: working}\n  extension: 15",
            "extension: 15",
            "joint handling",
        ),
        ("visits: 0", "visits: never", "visits: never", "visits"),
        ("law: 依据的法律法规\n", "", "service: bus_pass", "law: must be given"),
        ("2021-01-01: P18Y", "2021-02-30: P18Y", "2021-02-30", "not a date"),
        ("2021-01-01: P18Y", "2027-01-01: P18Y", "adult:", "no value between"),
        ("from: population.born", "from: police.born", "from: police.born", "not declared"),
        ("type: date", "type: datum", "type: datum", "facts.born.type"),
        ("born + adult <= as_of", "birth + adult <= as_of", "must: birth", "birth"),
        ("born + adult <= as_of", "born + 3 <= as_of", "must: born + 3", "date"),
        ("born + adult <= as_of", "born + adult", "must: born", "boolean"),
        ("born + adult <= as_of", "born + adult <=", "must: born", "incomplete"),
        ("born + adult <= as_of", "today() > born", "must: today", "today"),
        ("born + adult <= as_of", "born ＋ adult <= as_of", "must: born", "＋"),
        ("年满 {adult}", "年满 18 周岁", "zh: 年满", "18"),
        ("年满 {adult}", "年满十八周岁", "zh: 年满", "十八"),
        ("年满 {adult}", "年满 {age}", "zh: 年满", "age"),
        ("x-zh: 我已知悉上述信息由系统核验", "title: x", "consent:", "x-zh"),
        ("const: true", "$ref: '#'", "$ref", "$ref"),
        ("  law: 民法典 §§17–18\n\ntests", "\ntests", "- id: adult", "law"),
        ("expect: approve", "expect: refer", "- name: 十八岁生日当天", "expected refer"),
        ("findings: {adult: unmet}", "findings: {adult: met}", "- name: 十八岁生日前", "adult"),
        ("like: 十八岁生日当天", "like: 没有", "like: 没有", "没有"),
        ("answers: {consent: true}", "answers: {consent: false}", "- name: 十八岁", "/consent"),
    ],
)
def test_a_fault_names_the_line_and_the_reason(before, after, at, says):
    source = changed(before, after)
    error = refused(source)
    assert (error.line, says in error.en) == (line_of(at, source), True), str(error)


def test_a_choice_of_the_form_that_its_fact_does_not_take_is_refused():
    """Else whoever chooses it has an answer of which nothing can be judged."""
    form = "oneOf: [{const: a, x-zh: 甲, x-en: A}, {const: b, x-zh: 乙, x-en: B}], x-zh: 处"
    question = f"    place: {{type: string, {form}, x-en: where}}\n"
    fact = "  place: {from: answers.place, type: [a, c], none: allowed, zh: 处, en: where}\n"
    source = changed("  properties:\n", "  properties:\n" + question)
    source = changed("facts:\n", "facts:\n" + fact, source)
    source = changed("born + adult <= as_of", 'born + adult <= as_of and place != "c"', source)
    said = {(fault.line, fault.en) for fault in refused(source).all()}
    reason = "the form offers b, which the type of the fact has not"
    assert (line_of("  place: {from", source), reason) in said, said


def test_a_list_that_is_not_complete_cannot_be_counted():
    """There may be more on it: a definite number would let a late answer approve."""
    marks = "  marks: {from: population.marks, type: list, of: text, complete: no, "
    marks += "zh: 记分, en: marks}\n"
    source = changed(
        "facts:\n", "facts:\n" + marks, changed("born + adult <= as_of", "count(marks) < 3")
    )
    error = refused(source)
    assert any("not complete" in fault.en for fault in error.all()), error.all()


def test_every_fault_is_reported_at_once():
    source = changed("visits: 0", "visits: x", changed("applicant: person", "applicant: dog"))
    assert len(refused(source).all()) == 2


def test_a_condition_that_can_never_hold_is_refused_with_its_place():
    source = changed("must: born + adult <= as_of", "must: born < as_of and born > as_of")
    error = refused(changed("年满 {adult}", "可能 {adult}", source))
    assert error.line == line_of("- id: adult", source)
    assert "adult" in error.en


def test_a_registry_field_that_nothing_uses_may_not_be_read():
    fact = "facts:\n  alive: {from: population.alive, type: boolean, zh: 在世, en: living}\n"
    source = changed("facts:\n", fact)
    error = refused(source)
    assert error.line == line_of("alive:", source)
    assert "used nowhere" in error.en


@pytest.mark.parametrize(
    "source",
    [
        "",
        "- a",
        "a: [",
        "a: " + "[" * 5000,
        "a: " + "{b: " * 5000,
        "a: \u202eb",
        "\x00",
        "a: b\n---\nc: d",
        "x: " + "y" * 200_001,
        "? {a: b}\n: c",
        "<<: {a: b}",
        "a: *b",
    ],
)
def test_what_is_no_pack_is_refused_as_such(source):
    assert refused(source).line >= 1


def test_scalars_mean_what_was_written():
    source = changed("office: market", "office: no")
    assert edition.load(source).office == "no"


def test_the_hash_covers_every_byte_and_the_engine():
    one = edition.edition_hash(SMALL)
    assert one != edition.edition_hash(SMALL + "\n")
    assert one != edition.edition_hash(SMALL, engine="0")
    assert edition.load(SMALL).hash == one


@pytest.mark.parametrize(
    "must",
    [
        "(" * 10_000 + "true" + ")" * 10_000,
        "(" * 1_000 + "true" + ")" * 1_000,
        " or ".join(["alive"] * 4_000),
        " or ".join(["as_of = as_of"] * 280),
        "born + adult <= as_of and 1" + "0" * 500 + " > 1",
        "1e999999 > 1",
        "some i in 1..1000000000 satisfies i > 5",
        "every a in [1,2,3] satisfies every b in [1,2,3] satisfies for c in [1] return c",
        "born + adult <= as_of　and　true）",
        "“x” = “x”",
        "__import__ = 1",
        'matches("aaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$")',
        "now() > as_of",
        "-" * 3_000 + "1 > 0",
    ],
    ids=lambda must: must[:24],
)
def test_what_would_never_end_is_refused_quickly_with_its_line(must):
    source = changed("must: born + adult <= as_of", "must: '" + must.replace("'", "''") + "'")
    began = time.process_time()
    error = refused(source)
    assert time.process_time() - began < 2
    assert error.line == line_of("must:", source)


@pytest.mark.parametrize("word", ["true", "True", "on", "y"])
def test_only_the_words_that_are_offered_are_taken(word):
    source = changed("  unmet: return\n", f"  undisclosed: {word}\n", with_unmet())
    error = refused(source)
    assert "yes、no" in error.zh
    assert "True" not in error.zh
    load(source.replace(f"undisclosed: {word}", "undisclosed: yes"))


def with_unmet():
    return changed("  must: born", "  unmet: return\n  must: born")
