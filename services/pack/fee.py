"""What an application costs (``fee``): nothing, words, or an amount in yuan by an expression. Read.

No payment is taken here: the amount due is told before and after an application, with where it is
paid. It rests on answers and parameters alone, so that it is known before anything is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city.errors import SourceError
from city.source import Source
from services.pack.types import words

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fee:
    """What it costs in words, and the law that says so.

    ``amount``: an expression that gives yuan; empty: the words are all. ``pay``: where it is paid.
    """

    zh: str
    en: str
    law: str = ""
    amount: str = ""
    pay: Words | None = None


NO_FEE = Fee("不收费", "none")


def read(source: Source, faults: list[SourceError]) -> Fee | None:
    """Return the fee; None: the pack says nothing of fees. Appends to ``faults`` what cannot be."""
    part: Mapping[str, Any] | str | None = source.data.get("fee")
    if part is None or isinstance(part, str):
        return NO_FEE if part else None
    if ("amount" in part) != ("pay" in part):
        zh, en = (
            "写了金额 amount 就要写在哪里缴纳 pay",
            "an amount is paid somewhere: amount and pay",
        )
        faults.append(source.error(("fee",), zh, en))
    pay = words(part["pay"]) if "pay" in part else None
    return Fee(**words(part), law=part["law"], amount=str(part.get("amount", "")), pay=pay)
