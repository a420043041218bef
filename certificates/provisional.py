"""What a certificate says that was granted before everything was known (暂准), as of a day.

Its payload, which is signed, names the last day until which it is confirmed, and the registries
that had not answered. Confirmed, its next version says nothing of the kind. Past that day nobody
relies on it, swept up or not.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from certificates.models import Certificate
from ledger import canonical

KEY = "provisional"
WORDS: Mapping[str, Any] = {
    "zh": "暂准有效",
    "en": "Provisionally valid",
    "sentence": {
        "zh": "证照真实，系暂准签发，还有信息待核实：相符的换发正式证照，不符的由工作人员处理。",
        "en": "It is genuine, and granted provisionally: an agency has yet to confirm something."
        " Confirmed, another version takes its place; if not, an officer decides.",
    },
    "tone": "wait",
    "sign": "clock",
}


def of(payload: Mapping[str, Any], on: datetime.date) -> dict[str, Any] | None:
    """Return until when, on whom it waits, and whether that day is over; None: it is confirmed."""
    found = payload.get(KEY)
    if found is None:
        return None
    zh = "、".join(one["zh"] for one in found["registries"])
    en = ", ".join(one["en"] for one in found["registries"])
    return {
        "until": found["until"],
        "registries": found["registries"],
        "is_over": on > datetime.date.fromisoformat(found["until"]),
        "zh": f"暂准：{zh}尚未答复，{found['until']} 以前核实",
        "en": f"Provisional: {en} has not answered; to be confirmed by {found['until']}",
    }


def until(certificate: Certificate) -> datetime.date | None:
    """Return the last day until which a certificate is confirmed; None: it is not provisional."""
    payload = bytes(certificate.payload)
    if b'"provisional":' not in payload:  # spares reading nearly all of them
        return None
    found = canonical.loads(payload).get(KEY)
    return datetime.date.fromisoformat(found["until"]) if found else None
