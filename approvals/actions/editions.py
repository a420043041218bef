"""An edition that was shown to an applicant, and is not the one in force."""

import datetime

from people.errors import ActionRejected
from services import catalogue
from services.difference import differences
from services.rulebook import Rulebook


def not_in_force(shown: int | None, current: Rulebook, on: datetime.date) -> ActionRejected:
    """Return the rejection (409) of a submission under the edition numbered ``shown``.

    Its ``members`` say which edition is in force, and what differs from the one that was shown.
    """
    old = catalogue.numbered(current.code, shown) if shown is not None else None
    rejected = ActionRejected(
        "edition_not_in_force",
        f"该事项现行版本为第 {current.number} 版，不是提交时所示的版本；请核对变化后再提交",
        f"Edition {current.number} of this service is in force, not the one that was shown;"
        " read what differs, and submit again.",
        field="/edition",
    )
    rejected.members = {
        "edition": current.number,
        "edition_hash": current.hash,
        "differences": [one.to_json() for one in differences(old, current, on)] if old else [],
    }
    return rejected
