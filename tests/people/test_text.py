"""Texts from outside: what is kept, and what is refused with a sentence."""

import unicodedata

import pytest

from people import text
from people.errors import ActionRejected

# Unicode: general category Cc, Default_Ignorable_Code_Point, bidirectional controls, tags
UNSAFE = {
    *("\x00", "\x07", "\x1b", "\x7f", "\x85", "\xad", "\u061c", "\u200b", "\u200d", "\u200e"),
    *("\u202a", "\u202e", "\u2066", "\u2069", "\u2060", "\u2028", "\u3164", "\ufeff", "\ufe0f"),
    *("\U000e0041", "\U000e0100", "\ud800", "\uffff"),
}


@pytest.mark.parametrize("sign", sorted(UNSAFE))
def test_an_unsafe_character_is_refused_by_its_code(sign):
    with pytest.raises(ActionRejected) as refused:
        text.clean(f"张{sign}三", longest=10, field="/name")
    assert refused.value.status == 422
    assert refused.value.field == "/name"
    assert f"U+{ord(sign):04X}" in refused.value.zh
    assert f"U+{ord(sign):04X}" in refused.value.en


def test_every_format_and_control_character_of_unicode_is_unsafe():
    kept = [
        f"U+{point:04X}"
        for point in range(0x110000)
        if unicodedata.category(chr(point)) in ("Cc", "Cs", "Zl", "Zp")
        or (
            unicodedata.bidirectional(chr(point))
            in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        )
        if not text.unsafe(chr(point))
    ]
    assert kept == []


def test_every_non_character_of_unicode_is_unsafe_and_private_use_is_not():
    """Unicode 15, 23.7: the last two of each plane and U+FDD0 to U+FDEF, 66 in all."""
    points = [*range(0xFDD0, 0xFDF0), *(p for p in range(0x110000) if p & 0xFFFE == 0xFFFE)]
    assert len(points) == 66
    assert [f"U+{point:04X}" for point in points if not text.unsafe(chr(point))] == []
    assert not any(map(text.unsafe, "\ue000\uf8ff\U000f0000\U0010fffd"))


@pytest.mark.parametrize("word", ["阿卜杜拉·买买提", "O'Brien-Smith", "𠮷野家", "é", "😀"])
def test_honest_texts_are_kept(word):
    assert text.clean(word, longest=20) == word


def test_a_text_is_kept_in_normal_form_without_space_around_it():
    assert text.clean(" e\u0301 ", longest=1) == "é"
    assert text.clean("a\r\nb\rc", longest=9, lines=True) == "a\nb\nc"


def test_lines_only_where_they_are_permitted():
    assert text.unsafe("a\nb") == "U+000A"
    assert text.unsafe("a\nb", lines=True) == ""


def test_a_reason_is_never_empty_and_never_too_long():
    for value, code in ((" \n", "reason_required"), ("x" * 11, "reason_too_long")):
        with pytest.raises(ActionRejected) as refused:
            text.reason(value, longest=10)
        assert (refused.value.code, refused.value.field) == (code, "/reason")
