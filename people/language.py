"""The reader's language: Chinese or English, in which packs, cities and pages are written."""

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language


def language() -> str:
    """Return "zh" or "en"."""
    return "en" if (get_language() or "").startswith("en") else "zh"


_MARKS = {";": "；", ",": "，", ":": "："}


def mark(sign: str) -> str:
    """Return a mark between parts of a sentence as the reader's language sets it: "；" or "; "."""
    return f"{sign} " if language() == "en" else _MARKS[sign]


def in_language(texts: object) -> str:
    """Return the reader's text of ``{"zh": …}``, or of an object with ``zh`` or ``name_zh``."""
    code = language()
    if texts is None or isinstance(texts, str):
        return texts or ""
    if isinstance(texts, Mapping):
        return str(texts.get(code) or texts.get("zh", ""))
    return str(getattr(texts, f"name_{code}", None) or getattr(texts, code, ""))


def listed(names: Iterable[object]) -> str:
    """Write names one after another as the reader's language does: 甲、乙, or A, B."""
    return ("、" if language() == "zh" else ", ").join(map(str, names))
