"""The numbers of an office: persons and sums by state, by period, by reason of the end."""

import datetime
import json
from collections import Counter
from typing import Any

from django.db.models import Count, Sum

from entitlements import policies, words
from entitlements.admin.naming import Names
from entitlements.models import Instalment, Overpayment
from entitlements.states import InstalmentState, OverpaymentState, State
from people.language import language
from people.models import User

PERIODS = 12  # the latest


def numbers(user: User, today: datetime.date) -> dict[str, Any]:
    """Return what the page shows of all that is within the reader's sight."""
    names, seen = Names(today), policies.visible(user).order_by()
    by_state = seen.values("service", "kind", "state").annotate(
        persons=Count("holder", distinct=True), yuan=Sum("amount")
    )
    mine = Instalment.objects.filter(entitlement__in=seen)
    paid = mine.filter(payment__isnull=False).values("period").order_by("-period")
    waiting = mine.filter(state=InstalmentState.HELD).order_by()
    claims = Overpayment.objects.filter(entitlement__in=seen).order_by()
    return {
        "states": [
            {
                "name": names.kind(one["service"], one["kind"]),
                "word": State(one["state"]).label,
                "persons": one["persons"],
                "yuan": one["yuan"] if one["state"] == State.ACTIVE else None,
            }
            for one in by_state.order_by("service", "kind", "state")
        ],
        "paid": list(
            paid.annotate(
                n=Count("pk"), yuan=Sum("amount"), persons=Count("entitlement", distinct=True)
            )[:PERIODS]
        ),
        "waiting": waiting.aggregate(n=Count("pk"), yuan=Sum("amount")),
        "claims": [
            (OverpaymentState(one["state"]).label, one["n"], one["yuan"])
            for one in claims.values("state").annotate(n=Count("pk"), yuan=Sum("amount"))
        ],
        "ends": _ends(seen, names),
    }


def _ends(seen: Any, names: Names) -> list[tuple[str, int]]:
    """Count what has ended by its reasons, in words; one that has two counts in both."""
    found: Counter[tuple[str, str]] = Counter()
    ended = seen.filter(state=State.ENDED).values("service", "kind", "reasons")
    for one in ended.annotate(n=Count("pk")):
        of = (one["service"], one["kind"])
        spec, kind = names.spec(*of), names.kind(*of)
        for reason in words.reasons(json.loads(one["reasons"]), spec, language()):
            found[kind, str(reason["text"])] += one["n"]
    return [(f"{kind} · {text}", n) for (kind, text), n in found.most_common()]
