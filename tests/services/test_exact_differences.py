"""What an officer is told of two editions: each change of a value, in its part, old and new."""

import itertools

import pytest

from city.errors import SourceError
from services import edition
from services.difference import differences, exact
from services.difference.exact import Resting
from services.rulebook import Rulebook
from tests.services.mutations_of_packs import Mutation, mutations, plain
from tests.services.packs import CITY, SHIPPED, changed, load, text

SEED = 20261129
# the parts in which a change below each key of a pack has to be named
PARTS = {
    "parameters": {"parameter"}, "requirements": {"condition"}, "tables": {"table"},
    "form": {"question"}, "registries": {"registry"}, "facts": {"fact"}, "clock": {"term"},
    "correct_within": {"term"}, "consents": {"agency"}, "entitlement": {"entitlement"},
    "certificate": {"certificate", "endorsement"}, "entitlements": {"entitlement"},
    "outcomes": {"outcome"}, "endorses": {"endorsement"}, "filings": {"filing", "question"},
    "guards": {"guard"}, "changes": {"change"}, "quota": {"quota"}, "fee": {"fee"},
    "commitments": {"commitment"}, "inspection": {"inspection"}, "material_sources": {"source"},
    "provisional": {"provisional"}, "proactive": {"offer"}, "tests": {"test"},
    "materials": {"material"},
}  # fmt: skip


def accepted(name: str, count: int) -> list[tuple[Mutation, Rulebook]]:
    """So many changed packs that can be read at all."""
    found: list[tuple[Mutation, Rulebook]] = []
    for mutation in itertools.islice(mutations(text(name), SEED), count * 30):
        try:
            found.append((mutation, load(mutation.text)))
        except SourceError:
            continue
        if len(found) == count:
            break
    return found


def check(name: str, count: int) -> None:
    old = load(plain(text(name)))
    assert exact(load(text(name)), old, CITY) == ()
    seen = accepted(name, count)
    assert len(seen) == count
    for mutation, new in seen:
        changes = exact(old, new, CITY)
        wanted = PARTS.get(mutation.path[0], {"service"})
        named = {change.part for change in changes}
        assert wanted & named, (name, mutation.path, mutation.old, mutation.new, named)
        for language in ("zh", "en"):
            for change in changes:
                assert all(change.sentences(language))
                assert all(line.old != line.new for line in change.lines), (mutation, change)
        back = exact(new, old, CITY)
        assert {(one.part, one.id) for one in back} == {(one.part, one.id) for one in changes}


@pytest.mark.parametrize("name", ["old_age_allowance", "food_filing"])
def test_a_changed_value_is_named_in_its_part(name: str) -> None:
    check(name, 4)


@pytest.mark.full
@pytest.mark.parametrize("name", SHIPPED)
def test_every_changed_value_of_every_pack_is_named(name: str) -> None:
    check(name, 60)


GRADUATES = text("graduate_settlement")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2018-06-01: P45Y", "2018-06-01: P40Y", "自 2018-06-01 起：45 周岁 → 40 周岁"),
        ("    2018-06-01: P45Y\n", "    2018-06-01: P45Y\n    2027-01-01: P50Y\n",
         "自 2027-01-01 起：新增 50 周岁"),
        ("promised: {days: 1,", "promised: {days: 2,", "承诺时限 · 天数：1 → 2"),
        ("      maxLength: 14\n", "      maxLength: 15\n", "最多字数：14 → 15"),
        ("basis: 深圳经济特区社会信用条例 §57", "basis: 公司法 §178",
         "依据：深圳经济特区社会信用条例 §57 → 公司法 §178"),
        ("in_force_from: 2026-01-01", "in_force_from: 2027-02-01",
         "生效日期：2026年1月1日 → 2027年2月1日"),
    ],
)  # fmt: skip
def test_old_and_new_stand_in_the_sentence(before: str, after: str, said: str) -> None:
    new = load(changed(before, after, GRADUATES))
    sentences = [s for one in exact(load(GRADUATES), new, CITY) for s in one.sentences("zh")]
    assert said in sentences


def test_a_moved_figure_names_the_conditions_that_rest_on_it() -> None:
    new = load(changed("2018-06-01: P45Y", "2018-06-01: P40Y", GRADUATES))
    (change,) = exact(load(GRADUATES), new, CITY)
    assert change.affects == (Resting("age", "年龄未满 40 周岁", "Younger than 40 years old"),)


def test_rows_of_a_table_are_named_one_by_one() -> None:
    source = text("old_age_allowance")
    moved = source.replace("| of_hundred\n", "| of_x\n", 1).replace(
        "| of_ninety\n", "| of_hundred\n"
    )
    moved = moved.replace("| of_x\n", "| of_ninety\n")
    (change,) = exact(load(source), load(moved), CITY)
    assert (change.part, [line.label[0] for line in change.lines]) == (
        "table",
        ["第 1 行", "第 2 行"],
    )
    first, second = (line.new[0] for line in change.lines)
    assert "九十" in first
    assert "一百" in second or "百岁" in second
    longer = source.replace(
        "      3 | -                       | -                      | of_eighty\n",
        "      3 | true                    | true                   | of_eighty\n"
        "      4 | -                       | -                      | of_eighty\n",
    )
    (change,) = exact(load(source), load(longer), CITY)
    assert [(line.label[0], bool(line.old[0])) for line in change.lines] == [("第 3 行", False)]


@pytest.mark.parametrize("spaced", ["born  +  age_cap > as_of", "born+age_cap>as_of"])
def test_spaces_and_comments_make_no_difference(spaced: str) -> None:
    source = "# a remark\n" + changed("born + age_cap > as_of", spaced, GRADUATES)
    assert exact(load(GRADUATES), load(source), CITY) == ()


def test_what_an_applicant_notices_an_officer_reads_too() -> None:
    """The short list never names a part that the long one leaves out."""
    for before, after in (
        ("zh: 无犯罪记录\n", "zh: 没有犯罪记录\n"),
        ("  while: [open, live]", "  while: [open]"),
        ("fee: none\n", "fee: {zh: 每件十元, en: ten yuan each, law: 收费目录}\n"),
    ):
        old, new = load(GRADUATES), load(changed(before, after, GRADUATES))
        short = {one.part for one in differences(old, new, new.in_force_from)}
        assert short
        assert short <= {one.part for one in exact(old, new, CITY)}


def as_stored(value: object) -> object:
    """What jsonb gives back: the keys of objects by length, then by bytes (PostgreSQL, 8.14)."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: as_stored(value[key]) for key in keys}
    return [as_stored(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["graduate_settlement", "sole_trader"])
def test_a_draft_with_an_editions_text_differs_in_nothing_from_it(name: str) -> None:
    """An edition has its city's values back from PostgreSQL, a draft has them from the city."""
    read = edition.draft(text(name), city=CITY)
    stored = edition.load(text(name), city=as_stored(dict(read.city)))
    assert exact(stored, read.rulebook(), CITY) == ()
