"""GB 11643, GB 32100 (with GB 11714 inside) and ISO 7064, by their own vectors and other code."""

import datetime as dt
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as other_uscc
from stdnum.iso7064 import mod_37_36

from people import numbers

VECTOR = "11010519491231002X"  # the example of GB 11643-1999
DAY = dt.date(2026, 3, 2)


def made(rng: random.Random) -> str:
    """A right number, its check character by ISO 7064 MOD 11-2 as the standard writes it."""
    born = dt.date(1930, 1, 1) + dt.timedelta(days=rng.randrange(34_000))
    first = rng.choice(["110105", "440305", "310101", "650102"])
    body = f"{first}{born:%Y%m%d}{rng.randrange(1000):03d}"
    product = 0
    for digit in body:
        product = (product + int(digit)) * 2 % 11
    return body + "0123456789X"[(12 - product) % 11]


def test_the_standard_s_own_number() -> None:
    assert numbers.id_number_ok(VECTOR, DAY)
    assert numbers.id_number_check(VECTOR[:17]) == "X"
    assert numbers.birth(VECTOR) == dt.date(1949, 12, 31)
    assert numbers.sex(VECTOR) == "F"


def test_ten_thousand_wrong_numbers_and_none_accepted() -> None:
    """One digit replaced, or two neighbours swapped: MOD 11-2 catches every one."""
    rng, accepted, tried = random.Random(11643), [], 0
    while tried < 10_000:
        good = made(rng)
        assert numbers.id_number_ok(good, DAY)
        at = rng.randrange(18)
        if rng.random() < 0.5:
            digits = string.digits + "X"
            bad = good[:at] + rng.choice(digits.replace(good[at], "")) + good[at + 1 :]
        else:
            at = min(at, 16)
            bad = good[:at] + good[at + 1] + good[at] + good[at + 2 :]
        if bad == good:
            continue
        tried += 1
        if numbers.id_number_ok(bad, DAY):
            accepted.append((good, bad))
    assert accepted == []


def checked(body: str) -> str:
    return body + numbers.id_number_check(body)


@pytest.mark.parametrize(
    "number",
    [
        "",
        VECTOR.lower(),
        VECTOR + "\n",
        " " + VECTOR,
        VECTOR[:17],
        VECTOR + "0",
        VECTOR[:6] + " " + VECTOR[6:],
        "1101051949123100２X",  # a full-width digit
        "11010519491231٠٠2X",  # Arabic-Indic digits
        "110105491231002",  # 15 digits, before 1999
        checked("11010519491331002"),  # month 13
        checked("11010519490229002"),  # 1949 had no 29 February
        checked("11010520260303002"),  # tomorrow
        checked("11010518991231002"),
        checked("11010500000101002"),
        checked("00010519491231002"),
        checked("99010519491231002"),  # no such province
        "1101051949123100XX",
    ],
)
def test_what_is_no_number_is_refused(number: str) -> None:
    assert not numbers.id_number_ok(number, DAY)


def test_a_leap_day_and_today_are_accepted() -> None:
    assert numbers.id_number_ok(checked("11010520240229002"), DAY)
    assert numbers.id_number_ok(checked("11010520260302002"), DAY)


# --- GB 32100


def test_the_published_credit_code_passes_both_checks() -> None:
    code = "9144030071526726XG"
    assert numbers.uscc_ok(code)
    assert numbers.org_check("71526726") == "X" and numbers.uscc_check(code[:17]) == "G"
    assert numbers.uscc_make("9", "1", "440300", "71526726") == code
    assert numbers.uscc_make("9", "1", "440300", "71526726X") == code


ORGS = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8)


@given(ORGS, st.sampled_from(["91", "92", "11", "93", "51"]))
def test_codes_that_we_make_pass_elsewhere(organisation: str, kind: str) -> None:
    code = numbers.uscc_make(kind[0], kind[1], "440305", organisation)
    assert numbers.uscc_ok(code) and other_uscc.is_valid(code)


@given(ORGS, st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_character_replaced_is_always_noticed(organisation: str, at: int, by: str) -> None:
    code = numbers.uscc_make("9", "1", "440300", organisation)
    bad = code[:at] + by + code[at + 1 :]
    assert bad == code or not numbers.uscc_ok(bad)


def test_a_right_outer_check_does_not_hide_a_wrong_organisation_code() -> None:
    first = "91440300715267260"  # the inner check should be X
    assert not numbers.uscc_ok(first + numbers.uscc_check(first))


@pytest.mark.parametrize(
    "parts",
    [
        ("9", "1", "4403", "71526726"),
        ("9", "1", "440300", "7152672"),
        ("9", "1", "440300", "715267260"),
        ("9", "1", "440300", "7152672I"),
        ("9", "1", "44030A", "71526726"),
        ("91", "", "440300", "71526726"),
    ],
)
def test_malformed_parts_make_no_code(parts: tuple[str, str, str, str]) -> None:
    with pytest.raises(ValueError):
        numbers.uscc_make(*parts)


@pytest.mark.parametrize(
    "code", ["", "9144030071526726X", "9144030071526726xg", "９144030071526726XG"]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    assert not numbers.uscc_ok(code)


# --- ISO 7064


def test_the_check_character_of_a_published_certificate_identifier() -> None:
    """1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"""
    text = "11100000000013338W011" + "11430000006122244L" + "20230000403" + "001"
    assert numbers.mod37_36(text) == "U"


@given(st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=60))
def test_mod_37_36_agrees_with_other_code(text: str) -> None:
    assert numbers.mod37_36(text) == mod_37_36.calc_check_digit(text)


def test_other_characters_have_no_check() -> None:
    with pytest.raises(ValueError):
        numbers.mod37_36("a.b")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),  # GB 11643-1999, annex
        (" 110105 1949-1231 002x ", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("110105194912310021", "110105194912310021"),  # another check character
        ("11010519491231002", "11010519491231002"),  # none
        ("110105491231002", "110105491231002"),  # GB 11643-1989
        ("91350100M000100Y43", ""),  # GB 32100, annex
        ("13800138000", ""),
        ("MP20261122K7W2M9QXD", ""),
        ("张三", ""),
        ("", ""),
    ],
)
def test_what_is_meant_as_an_id_number_is_known_though_it_is_mistyped(
    text: str, number: str
) -> None:
    assert numbers.meant_as_id_number(text) == number


def test_a_credit_code_of_digits_alone_is_no_id_number() -> None:
    bodies = (f"91440300{place:08d}" for place in range(1000, 2000))
    parts = (body + numbers.org_check(body[8:]) for body in bodies)
    codes = (part + other_uscc.calc_check_digit(part) for part in parts)
    code = next(code for code in codes if code.isdigit())
    assert other_uscc.is_valid(code)
    assert numbers.meant_as_id_number(code) == ""


@pytest.mark.parametrize(
    "text",
    [
        "证件11010519491231002X不符",
        "证件 110105 19491231 002x 不符",
        "110105-1949-1231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
    ],
)
def test_a_number_inside_a_sentence_is_found(text: str) -> None:
    assert numbers.has_id_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "证件尾号002X",
        "1101**********002X",
        "110105194912310021",  # another check character
        "11010519490231002X",  # no such day
        "A11010519491231002X",
        "办件MP20261128JFVG3MNKR",
        "91350100M000100Y43",  # a unified social credit code (GB 32100-2015, appendix)
        "13800138000，2026-11-28 10:00:00",
    ],
)
def test_no_other_row_of_signs_is_one(text: str) -> None:
    assert not numbers.has_id_number(text)
