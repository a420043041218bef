"""Trade names: standard characters only, and no word that is not allowed, however it is written."""

from dataclasses import replace

import pytest

from services import pack_tests
from services.characters import is_standard, standard_characters
from services.verdict import judge
from tests.services.packs import load, text

BOOKS = {name: load(text(name), name) for name in ("sole_trader", "limited_company")}


def test_the_table_has_as_many_characters_as_the_state_council_published():
    assert len(standard_characters()) == 3500 + 3000 + 1605  # 国发〔2013〕23号: its three levels


@pytest.mark.parametrize("word", ["一", "恒瑞", "银行", "喆", "犇", "昇", "堃", "淼", "皙"])
def test_standard_characters_and_variants_that_the_table_restored(word):
    assert is_standard(word)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "中國",
        "全國",
        "國際",
        "銀行",
        "〇",
        "説",
        "际 ",
        "A",
        "Ａ",
        "１",
        "丶\u200b",
        "\uf9f4",
        "𠀀",
    ],
)
def test_traditional_forms_variants_and_what_is_no_character(word):
    assert not is_standard(word)


def judged(book, name):
    case = book.pack.cases[0]
    one = replace(case, answers={**case.answers, "trade_name": name})
    return judge(book, pack_tests.inputs_of(book, one))


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
@pytest.mark.parametrize(
    "name",
    [
        "中國恒瑞",
        "全國恒瑞",
        "恒瑞國際",
        "恒瑞銀行",
        "银行家",
        "恒瑞国际",
        "中国恒瑞",
        "恒瑞警察",
        "政府恒瑞",
    ],
)
def test_words_that_are_not_allowed_never_pass_in_any_spelling(book, name):
    assert judged(book, name).outcome != "approve"


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_a_name_in_standard_characters_passes(book):
    assert judged(book, "恒瑞").outcome == book.pack.cases[0].expect
