"""Names of persons and enterprises: one normal form, and what a name may be made of. Pure.

The same form is taken of what was typed and of what a registry says, and then compared sign by
sign. It joins ways of typing one name, never two characters that only look alike: 昇 is not 升.
Signs follow Unicode 15 (general categories, Default_Ignorable_Code_Point) and GB 18030.
"""

import re
import unicodedata

LONGEST = 100
# ways of typing the dot between the parts of a name (U+00B7)
_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・･．"), "·")
_HYPHENS = dict.fromkeys(map(ord, "‐‑－﹣"), "-")
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # GB 18030 区3
_TYPED = {**_FULL_WIDTH, **_DOTS, **_HYPHENS}
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af〇"
_ALL_HAN = re.compile(f"[{_HAN}]+")
# compound surnames (复姓) in use
_COMPOUND = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶"
        "太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良"
        "漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生公户公玉梁丘左丘东门"
        "西门第五",
    )
)
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_AROUND_DOT = re.compile(r" ?· ?")
_SPACES = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Default_Ignorable_Code_Point among letters and marks: they are there and cannot be seen
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_OF_PERSON = frozenset("· -")
_OF_ENTERPRISE = frozenset("· -()0123456789&")


def normal(name: str) -> str:
    """Return the one form of a name.

    NFC, which also replaces CJK compatibility ideographs by the characters they stand for;
    full-width forms; the dots and hyphens that are typed for ``·`` and ``-``; no space at the
    ends, between Chinese characters or around a dot, and one between other words.
    """
    text = unicodedata.normalize("NFC", name).translate(_TYPED)
    text = _SPACES.sub(" ", text).strip(" ")
    return _AROUND_DOT.sub("·", _BETWEEN_HAN.sub("", text))


def is_name(name: str, kind: str = "person") -> bool:
    """Whether a name in normal form is one: letters, marks, ``·``, spaces and hyphens.

    An enterprise's may have digits, brackets and ``&`` as well. No controls, nothing invisible,
    no direction signs or tags, no markup; it begins with a letter (an enterprise's: or a digit).
    """
    others = _OF_ENTERPRISE if kind == "enterprise" else _OF_PERSON
    if not 0 < len(name) <= LONGEST or _INVISIBLE.search(name):
        return False
    if not (name[0].isalpha() or (kind == "enterprise" and name[0].isdecimal())):
        return False
    return all(sign in others or unicodedata.category(sign)[0] in "LM" for sign in name)


def same(one: str, other: str) -> bool:
    """Whether two spellings are one name."""
    return normal(one) == normal(other)


def surname(name: str) -> str:
    """Return the surname (姓) of a Chinese name: one character, or two where those are a surname.

    A name that is not of Chinese characters alone, such as one with ``·``, is returned whole: what
    its family name is, if it has one, is not for a program to say.
    """
    text = normal(name)
    if not _ALL_HAN.fullmatch(text):
        return text
    return text[:2] if len(text) > 2 and text[:2] in _COMPOUND else text[:1]


def normal_number(number: str) -> str:
    """Return an ID number or credit code as it is written: x is X, and nothing stands around it."""
    return number.strip().upper()
