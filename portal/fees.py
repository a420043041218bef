"""What an application costs its applicant: told before and after; it is paid elsewhere."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from people.language import in_language
from services.inputs import gather_inputs
from services.outputs import fee_due
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Due:
    """``amount`` in words; ``pay``: where it is paid, empty where nothing is due."""

    amount: str
    words: str
    law: str
    pay: str


def due(book: Rulebook, answers: Mapping[str, Any], on: datetime.date) -> Due | None:
    """Return what is due by these answers on a day; None where the pack gives no amount."""
    fee = book.pack.fee
    if fee is None or not fee.amount:
        return None
    yuan = fee_due(book, gather_inputs(book, answers, {}, {}, on))
    if yuan is None:
        return None
    figure = f"{yuan:.0f}" if yuan == yuan.to_integral_value() else f"{yuan:.2f}"
    amount = gettext("%(yuan)s yuan") % {"yuan": figure} if yuan else gettext("Nothing to pay")
    pay = in_language(fee.pay) if yuan and fee.pay else ""
    return Due(amount, in_language(fee), fee.law, pay)
