"""Look-ups whose subject another look-up answered: what a pack may say, and what follows."""

from __future__ import annotations

import dataclasses

import pytest

from city.errors import SourceError
from services import edition, pack_tests
from services.fixes import smallest_fix
from services.pack import city_check
from tests.services.packs import CITY, SMALL, changed, line_of, load, text

REUNION = text("family_reunion")
HOME = "  spouse_home:\n    asks: household\n    subject: facts.spouse\n"


def fault_of(source: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(source)
    return caught.value


@pytest.mark.parametrize(
    ("subject", "zh", "en"),
    [
        ("facts.nobody", "没有名为 nobody 的事实", "there is no fact nobody"),
        ("facts.address", "address 不是数据源答复的事实", "address is no fact of a registry"),
        ("facts.wedding", "wedding 应为文字", "wedding must be text"),
        ("facts.children", "children 应为文字", "children must be text"),
        ("facts.children[*].name", "其 name 为文字", "whose name is text"),
        ("facts.spouse[*].person", "其 person 为文字", "whose person is text"),
        ("facts.spouse_address", "查询不得循环", "look-ups make no circle"),
    ],
)
def test_a_subject_that_names_nobody_is_refused_with_its_line(
    subject: str, zh: str, en: str
) -> None:
    source = changed(HOME, HOME.replace("facts.spouse", subject), REUNION)
    error = fault_of(source)
    assert zh in error.zh and en in error.en
    assert error.line == line_of(f"    subject: {subject}\n", source)


def test_an_entry_that_names_whom_it_is_asked_about_is_refused() -> None:
    source = changed(
        "  spouse:\n    asks: population\n    subject: facts.spouse\n",
        "  spouse:\n    asks: population\n    subject: facts.spouse_city\n",
        changed(HOME, HOME.replace("facts.spouse", "facts.spouse_name"), REUNION),
    )
    source = changed(
        "  spouse_alive: {",
        "  spouse_name: {from: spouse.name, type: text, zh: 姓名, en: name}\n  spouse_alive: {",
        source,
    )
    error = fault_of(source)
    assert "spouse → spouse_home → spouse" in error.en
    assert error.line == line_of("    subject: facts.spouse_city\n", source)


def chain(length: int) -> str:
    """The small pack, whose registries name one another so many times."""
    entries = facts = ""
    for n in range(2, length + 1):
        before = "first" if n == 2 else f"link{n - 1}"
        entries += (
            f"  round{n}: {{asks: marriage, subject: facts.{before}, zh: 婚, en: marriages,"
            " basis: 法 §1, purpose: {zh: 核实, en: verify}}\n"
        )
        facts += (
            f"  link{n}: {{from: round{n}.spouse, type: text, none: allowed, zh: 人, en: one}}\n"
        )
    source = changed(
        "registries:\n",
        "registries:\n  marriage: {zh: 婚, en: marriages, basis: 法 §1,"
        " purpose: {zh: 核实, en: verify}}\n" + entries,
        SMALL,
    )
    first = "  first: {from: marriage.spouse, type: text, none: allowed, zh: 人, en: one}\n"
    source = changed("facts:\n", "facts:\n" + first + facts, source)
    must = f"link{length} = null or link{length} != null"
    rule = f"- {{id: far, must: {must}, zh: 核实, en: Verified, law: 法 §1}}\n"
    return changed("requirements:\n", "requirements:\n" + rule, source)


def test_three_rounds_are_the_most() -> None:
    book = load(chain(3))
    assert [(one.registry.name, one.round) for one in book.rounds] == [("round2", 2), ("round3", 3)]
    error = fault_of(chain(4))
    assert "marriage → round2 → round3 → round4" in error.en
    assert error.line == line_of("  round4:", chain(4))


@pytest.mark.parametrize(
    "first", ["", "  first: {from: answers.consent, type: boolean, zh: 甲, en: a}\n"]
)
def test_a_long_chain_that_begins_with_no_answer_of_a_registry_is_refused(first: str) -> None:
    stated = "  first: {from: marriage.spouse, type: text, none: allowed, zh: 人, en: one}\n"
    source = changed(stated, first, chain(4))
    error = fault_of(source)
    assert error.line == line_of("  round2:", source)
    assert ("is no fact of a registry" if first else "there is no fact first") in error.en


def test_what_is_of_others_serves_requirements_alone() -> None:
    field = "  - {id: branch, zh: 情形, en: Case, value: branch}\n"
    error = fault_of(changed(field, field.replace("value: branch", "value: spouse_city"), REUNION))
    assert "spouse_city is of other persons" in error.en
    error = fault_of(changed("zh: 配偶户籍所在市,", "change: act, zh: 配偶户籍所在市,", REUNION))
    assert "what is of others the applicant cannot change" in error.en


def test_a_list_that_may_have_more_names_no_more_than_it_has() -> None:
    error = fault_of(changed("    key: person\n", "    key: person\n    complete: no\n", REUNION))
    assert "lives_of_children needs complete: no" in error.en


def test_too_many_to_ask_about_are_refused() -> None:
    part = "    key: person\n    max: 20\n"
    error = fault_of(changed(part, part.replace("20", "101"), REUNION))
    assert "max of children is at most 100" in error.en


def test_another_agency_needs_the_number_of_whom_it_is_asked_about() -> None:
    source = changed(HOME, HOME.replace("household", "criminal"), REUNION)
    draft = edition.draft(source, city=CITY)
    (error,) = [
        one
        for one in city_check.faults(draft.source, draft.pack, CITY)
        if "asked by number" in one.en
    ]
    assert "marriage.spouse 只有索引" in error.zh
    assert error.line == line_of("    asks: criminal\n", source) + 1
    marriage = CITY.registries["marriage"]
    spouse = dataclasses.replace(marriage.fields["spouse"], is_number=True)
    numbered = dataclasses.replace(marriage, fields={**marriage.fields, "spouse": spouse})
    city = dataclasses.replace(CITY, registries={**CITY.registries, "marriage": numbered})
    found = city_check.faults(draft.source, draft.pack, city)
    assert not [one for one in found if "asked by number" in one.en]


def test_an_entry_that_is_not_asked_is_unknown_to_a_test_too() -> None:
    """The spouse's registries are left alone where a parent applies, whatever a test invents."""
    book = load(REUNION)
    case = next(one for one in book.pack.cases if one.name == "老人投靠")
    invented = {**case.evidence, "marriage": {"state": "married", "spouse": "0" * 32}}
    inputs = pack_tests.inputs_of(book, dataclasses.replace(case, evidence=invented))
    assert not {"marriage", "spouse", "spouse_city"} & inputs.facts.keys()


@pytest.mark.parametrize("when", ["married", 'marriage = "married"', "born + apart <= as_of"])
def test_when_a_registry_is_asked_follows_from_the_answers_alone(when: str) -> None:
    part = '    when: branch = "spouse"\n'
    error = fault_of(changed(part, f"    when: {when}\n", REUNION))
    assert error.line == line_of(
        f"    when: {when}\n", changed(part, f"    when: {when}\n", REUNION)
    )


def test_the_applicant_may_be_compared_with_whom_a_registry_names() -> None:
    source = changed(
        "  name: {from: population.name",
        "  me: {from: applicant.index, type: text, zh: 申请人, en: applicant}\n"
        "  name: {from: population.name",
        REUNION,
    )
    rule = (
        "- {id: other, applies: 'branch = \"spouse\" and spouse != null', must: spouse != me,"
        " zh: 配偶不是申请人, en: The spouse is another, law: 民法典 §1046}\n"
    )
    book = load(changed("requirements:\n", "requirements:\n" + rule, source))
    assert pack_tests.faults(book) == []
    case = book.pack.cases[0]
    own = dataclasses.replace(case, applicant=str(case.evidence["marriage"]["spouse"]))  # type: ignore[index]
    assert "other 应为" in "".join(
        one.zh
        for one in pack_tests.faults(
            dataclasses.replace(
                book,
                pack=dataclasses.replace(
                    book.pack, cases=(dataclasses.replace(own, findings={"other": "met"}),)
                ),
            )
        )
    )
    error = fault_of(changed("applicant.index", "applicant.name", source))
    assert "applicant.index alone" in error.en


def test_what_would_help_tells_nothing_of_others() -> None:
    """Else a wrong address would be answered with the spouse's, a wrong year with theirs."""
    book = load(REUNION)
    cases = {case.name: case for case in book.pack.cases}
    for name in ("地址不是配偶的", "配偶落户差一天满两年", "地址不是子女的"):
        assert smallest_fix(book, pack_tests.inputs_of(book, cases[name])) is None
    help_ = smallest_fix(book, pack_tests.inputs_of(book, cases["地址在别的区且是商铺"]))
    assert help_ is None or "0000017" not in "".join(help_.words("zh"))
