"""The standard Chinese characters: 通用规范汉字表 (国发〔2013〕23号). Pure.

A name of an enterprise is in standard characters (企业名称登记管理规定 §5): no traditional forms
and no variants, in which a word that is not allowed could hide.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "standard_characters.txt"


@lru_cache(maxsize=1)
def standard_characters() -> frozenset[str]:
    """All 8,105 of them."""
    lines = _FILE.read_text("utf-8").splitlines()
    return frozenset("".join(line for line in lines if not line.startswith("#")))


def is_standard(text: str) -> bool:
    """Whether a text is of standard characters only, at least one."""
    return bool(text) and standard_characters().issuperset(text)
