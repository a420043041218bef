"""What founders of a company fill in."""

from typing import Any

from approvals import actions
from tests.attacks import outside


def company(*founders: actions.Applicant, **changes: Any) -> dict[str, Any]:
    people = [{"name": one.name, "number": one.number} for one in founders]
    return {
        "kind": "company",
        "trade_name": "恒瑞",
        "scope": ["I6513"],
        "capital": str(1000000 * len(people)),
        "paid_by": "2031-07-01",
        "investors": [{**one, "capital": "1000000"} for one in people],
        "directors": people[:1],
        "premises": outside.worker(5)[1]["premises"],
        "employees": 1,
        "promise": True,
        "consent": True,
        **changes,
    }
