"""Texts that come from outside, at every entry point: portal, desk, API, webhooks, commands.

A text is kept in normal form C, without space around it and with line ends as `\\n`; a text with
a character that must not be there (`city.characters`), with a citizen's ID number, or that is too
long is rejected with a sentence: such texts are kept in clear, and printed. Entry points that list
all faults at once use `unsafe` and `normal`; actions use `clean` and `reason`.
"""

import re
import unicodedata
from collections.abc import Iterable

from city.characters import UNSAFE, UNSAFE_IN_LINE
from people.errors import ActionRejected
from people.numbers import has_id_number


def unsafe(value: str, *, lines: bool = False) -> str:
    """Return the first character that may not be there, as ``U+202E``, or an empty text.

    ``lines`` permits tabs and line ends.
    """
    found = (UNSAFE if lines else UNSAFE_IN_LINE).search(value)
    return f"U+{ord(found[0]):04X}" if found else ""


def normal(value: str) -> str:
    """Return a text in normal form C (Unicode TR 15), line ends as ``\\n``, no space around it."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def require_no_id_number(value: str, field: str = "") -> None:
    """Raise ``ActionRejected`` (422) where a text, which is kept in clear, holds an ID number."""
    if has_id_number(value):
        raise ActionRejected(
            "id_number_in_text",
            "请勿在此填写完整的身份证号码，可只写后四位",
            "Do not write a whole ID number here; its last four characters are enough.",
            status=422,
            field=field,
        )


def clean(value: str, *, longest: int, field: str = "", lines: bool = False) -> str:
    """Return the text as it is kept; raises ``ActionRejected`` (422) for one that is not.

    ``longest`` counts characters of the normal form; ``field`` is the JSON pointer to name.
    """
    if sign := unsafe(value, lines=lines):
        raise ActionRejected(
            "text_unsafe",
            f"含有不允许的字符 {sign}，请删去后重试",
            f"The text holds the character {sign}, which is not permitted; remove it.",
            status=422,
            field=field,
        )
    value = normal(value)
    require_no_id_number(value, field)
    if len(value) > longest:
        raise ActionRejected(
            "text_too_long",
            f"不能超过 {longest} 字",
            f"The text is longer than {longest:,} characters.",
            status=422,
            field=field,
        )
    return value


def reason(value: str, *, longest: int) -> str:
    """Return a reason as it is kept: never empty; raises ``ActionRejected`` (422)."""
    try:
        value = clean(value, longest=longest, field="/reason", lines=True)
    except ActionRejected as error:
        if error.code != "text_too_long":
            raise
        raise ActionRejected(
            "reason_too_long",
            f"理由不能超过 {longest} 字",
            f"The reason is longer than {longest:,} characters.",
            status=422,
            field="/reason",
        ) from None
    if not value:
        raise ActionRejected(
            "reason_required", "请填写理由", "Give a reason.", status=422, field="/reason"
        )
    return value


# units: each Chinese character, or a word of other letters; what a sentence of reasons has at least
SHORTEST, DIFFERENT = 10, 8
_UNIT = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W\d_\u3400-\u9fff]+")


def full_reason(value: str, *, longest: int, prefilled: Iterable[str] = ()) -> str:
    """Return a reason that says something of its own; raises ``ActionRejected`` (422).

    Beside ``prefilled``, the sentences that the page put there, it has at least 10 Chinese
    characters or words, 8 of which differ: no "x", no character again and again.
    """
    value = reason(value, longest=longest)
    written = value
    for sentence in sorted(filter(None, prefilled), key=len, reverse=True):
        written = written.replace(sentence, " ")
    units = [unit.lower() for unit in _UNIT.findall(written)]
    if len(units) < SHORTEST or len(set(units)) < DIFFERENT:
        raise ActionRejected(
            "reason_too_short",
            f"请用自己的话写明理由：除系统预填的内容外，至少 {SHORTEST} 个汉字，不得重复凑字",
            f"Say why in your own words: at least {SHORTEST} words beside what was filled in,"
            " none repeated to fill it.",
            status=422,
            field="/reason",
        )
    return value
