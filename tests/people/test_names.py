"""The normal form of names joins ways of typing one name, and never two look-alikes."""

import pytest

from people import names


@pytest.mark.parametrize(
    ("typed", "registered"),
    [
        ("张三　", "张三"),  # ideographic space at the end
        ("张　三", "张三"),  # and between, as forms align two characters
        (" 张三 ", "张三"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("Jose\u0301", "José"),  # NFC
        ("\uf9d1", "\u516d"),  # CJK COMPATIBILITY IDEOGRAPH-F9D1 is 六
        ("\ufa11", "\ufa11"),  # 﨑 is not one: it has no decomposition (Unicode 15)
        ("Anne‐Marie", "Anne-Marie"),
    ],
)
def test_ways_of_typing_one_name_are_one(typed: str, registered: str) -> None:
    assert names.normal(typed) == registered
    assert names.is_name(names.normal(typed))


@pytest.mark.parametrize(
    ("one", "other"),
    [("李昇", "李升"), ("王后", "王後"), ("张磊", "张垒"), ("John", "john"), ("王二", "王ニ")],
)
def test_look_alikes_stay_two_names(one: str, other: str) -> None:
    assert not names.same(one, other)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "<img src=x>",
        "张三;",
        "张\x00三",
        "张\u202e三",  # right-to-left override
        "张\u200b三",  # zero width space
        "张\U000e0041三",  # tag
        "张\ufe00三",  # variation selector
        "张\u3164三",  # Hangul filler
        "张\n三",
        "张3",
        "·张三",
        "字" * 101,
    ],
)
def test_what_is_no_name_is_none(name: str) -> None:
    assert not names.is_name(names.normal(name))


def test_an_enterprise_may_have_digits_and_brackets() -> None:
    assert names.is_name(names.normal("示例（深圳）３６０有限公司"), "enterprise")
    assert names.normal("示例（深圳）有限公司") == "示例(深圳)有限公司"
    assert not names.is_name("示例<b>有限公司", "enterprise")


def test_a_number_in_small_letters_is_the_same_number() -> None:
    assert names.normal_number(" 11010519491231002x ") == "11010519491231002X"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("李安然", "李"),
        ("欧阳安然", "欧阳"),
        ("欧阳", "欧"),  # 欧 and a given name of one character
        (" 诸葛 亮 ", "诸葛"),
        ("买买提·艾力", "买买提·艾力"),
        ("Anna Li", "Anna Li"),
        ("", ""),
    ],
)
def test_a_surname_has_two_characters_where_those_are_one(name: str, expected: str) -> None:
    assert names.surname(name) == expected
