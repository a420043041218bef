"""What people type finds the service that they need, and nothing where there is none."""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from pypinyin import lazy_pinyin

from ledger import clock
from services import catalogue
from services.finding import current, pinyin
from services.finding.entries import all_words, entries
from services.finding.search import FOUND, Answer, Index
from services.finding.spelling import distance, sound, stem
from services.models import Pinyin
from tests.services.editions import published
from tests.services.packs import CITY, SHIPPED, changed, load, text

QUERIES = Path(__file__).with_name("queries.tsv")


def read(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(lazy_pinyin(word)) for word in words}


@pytest.fixture(scope="module")
def index() -> Index:
    found = entries([load(text(name)) for name in SHIPPED], CITY)
    return Index(found, read(all_words(found)))


def queries() -> list[tuple[str, str]]:
    lines = QUERIES.read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(typed, wanted) for typed, wanted in rows]


def first(answer: Answer) -> str:
    return answer.hits[0].code if answer.hits else "-"


def test_what_people_type_finds_what_they_need_in_first_place(index: Index) -> None:
    """Of the written queries at least 95 in a hundred, and of the four that began it all."""
    rows = queries()
    found = {typed: first(index.find(typed, read)) for typed, _wanted in rows}
    wrong = {typed: found[typed] for typed, wanted in rows if found[typed] not in wanted.split("|")}
    assert len(rows) >= 60
    assert len(wrong) <= len(rows) * 0.05, wrong
    for typed in ("我想开店", "摆摊", "luohu", "毕业了想把户口迁过来"):
        assert typed not in wrong


def test_pinyin_is_found_while_it_is_typed(index: Index) -> None:
    for typed in ("luo", "luoh", "luohu"):
        assert first(index.find(typed)) == "graduate_settlement", typed


def test_only_what_sounds_right_is_understood_when_nothing_else_is_found(index: Index) -> None:
    assert first(index.find("洛户")) == "-"
    assert first(index.find("洛户", read)) == "graduate_settlement"


def test_what_nearly_answers_is_suggested_and_is_no_result(index: Index) -> None:
    answer = index.find("本市企业年报怎么填报", read)
    assert not answer.hits
    assert answer.near and all(hit.score < FOUND for hit in answer.near)


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    # computed by hand: substitution, insertion, swap of neighbours, more than is allowed
    [("luohu", "luohu", 0), ("lohu", "luohu", 1), ("louhu", "luohu", 1), ("abcd", "wxyz", 3)],
)
def test_letters_that_differ_are_counted(one: str, other: str, wrong: int) -> None:
    assert distance(one, other, 2) == wrong


def test_sounds_that_many_people_mix_are_one() -> None:
    assert sound("zhucegongshi") == sound("zucegonsi")
    assert stem("companies") == stem("company") and stem("graduated") == stem("graduate")


def test_words_that_are_stored_need_no_dictionary(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dictionary takes 60 MB: a process that only searches never loads it."""
    books = catalogue.all_current(clock.city_date(clock.now()))
    current.store(books)
    monkeypatch.setattr(current, "_last", None)
    monkeypatch.setitem(sys.modules, "pypinyin", None)  # whoever imports it now fails
    assert first(current.find("luohu", books)) == "graduate_settlement"
    pinyin.read("洛户")  # and it is not asked for characters that nobody has stored
    assert first(current.find("卡拉", books)) == "-"


@pytest.mark.django_db
def test_pinyin_is_stored_when_an_edition_is_published(
    now, django_capture_on_commit_callbacks
) -> None:
    """After the transaction: the dictionary is loaded while no lock is held."""
    source = changed("zh: 事项名称", "zh: 魑魅登记")
    with django_capture_on_commit_callbacks() as callbacks:
        published(source, now)
        assert not Pinyin.objects.filter(word="魑魅登记").exists()
    for callback in callbacks:
        callback()
    assert Pinyin.objects.get(word="魑魅登记").syllables == "chi mei deng ji"
    assert current.store([load(source)]) == 0
