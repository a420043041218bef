"""The body of ``POST /applications``, read once and strictly."""

from dataclasses import dataclass
from typing import Any

from approvals.actions.applicants import Applicant
from approvals.actions.disputes import MOST, Claim
from approvals.api.parsers import FAULTS, pointer
from approvals.rows.disputes import CLAIM_LONGEST, REASON_LONGEST
from people import text
from people.errors import ActionRejected
from people.names import normal_number

FIELDS = {"service", "edition", "applicant", "answers", "by_person", "disputes"}
LARGEST = 2_147_483_647  # of an edition's number


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an agency's program sends: for whom, what, by which edition, which answers."""

    service: str
    edition: int
    applicant: Applicant
    answers: dict[str, Any]
    by_person: bool
    disputes: tuple[Claim, ...] = ()


def read(data: Any) -> Envelope:
    """Return the envelope; raises ``ActionRejected`` (422) naming every field that is wrong."""
    faults: list[dict[str, str]] = []
    body = _object(data, "", FIELDS, faults)
    who = _object(body.get("applicant"), "/applicant", {"kind", "number", "name"}, faults)
    service = _text(body.get("service"), "/service", 40, faults)
    edition = _edition(body.get("edition"), faults)
    kind = _text(who.get("kind", "person"), "/applicant/kind", 12, faults)
    number = _text(who.get("number"), "/applicant/number", 40, faults)
    name = _text(who.get("name"), "/applicant/name", 100, faults)
    answers = body.get("answers")
    if not isinstance(answers, dict):
        faults.append(_fault("/answers", "必填，应为对象", "is required, as an object"))
        answers = {}
    by_person = body.get("by_person", False)
    if not isinstance(by_person, bool):
        faults.append(_fault("/by_person", "应为 true 或 false", "must be true or false"))
    if kind not in ("person", "enterprise"):
        faults.append(
            _fault("/applicant/kind", "应为 person 或 enterprise", "must be person or enterprise")
        )
    disputes = _claims(body.get("disputes", []), faults)
    _require_none(faults)
    applicant = Applicant(kind, normal_number(number), name)
    return Envelope(service, edition, applicant, answers, by_person, disputes)


def read_claim(data: Any) -> Claim:
    """Return what is called wrong; raises ``ActionRejected`` (422) naming every field."""
    faults: list[dict[str, str]] = []
    claim = _claim(data, "", faults)
    _require_none(faults)
    return claim


def _claims(value: Any, faults: list[dict[str, str]]) -> tuple[Claim, ...]:
    if not isinstance(value, list) or len(value) > MOST:
        zh, en = f"应为列表，最多 {MOST} 项", f"must be a list of {MOST} at most"
        faults.append(_fault("/disputes", zh, en))
        return ()
    return tuple(_claim(one, f"/disputes/{place}", faults) for place, one in enumerate(value))


def _claim(value: Any, where: str, faults: list[dict[str, str]]) -> Claim:
    body = _object(value, where, {"fact", "claim", "reason"}, faults)
    fact = _text(body.get("fact"), f"{where}/fact", 80, faults)
    claim = _text(body.get("claim"), f"{where}/claim", CLAIM_LONGEST, faults)
    reason = _text(body.get("reason"), f"{where}/reason", REASON_LONGEST, faults)
    return Claim(fact, claim, reason)


def _require_none(faults: list[dict[str, str]]) -> None:
    if faults:
        refused = ActionRejected(
            "invalid_body", "请求内容有误", "The body is not valid; see each field.", status=422
        )
        refused.faults = faults[:FAULTS]
        raise refused


def _edition(value: Any, faults: list[dict[str, str]]) -> int:
    """Return the number of the edition that whoever applies was shown."""
    if type(value) is int and 0 < value <= LARGEST:
        return value
    zh = "必填，应为所示事项版本的编号（GET /api/v1/services/CODE 的 edition）"
    en = "is required: the number of the edition shown, `edition` of GET /api/v1/services/CODE"
    faults.append(_fault("/edition", zh, en))
    return 0


def _fault(where: str, zh: str, en: str) -> dict[str, str]:
    return {"pointer": where, "zh": zh, "en": en}


def _object(
    value: Any, where: str, known: set[str], faults: list[dict[str, str]]
) -> dict[str, Any]:
    if not isinstance(value, dict):
        faults.append(_fault(where or "/", "必填，应为对象", "is required, as an object"))
        return {}
    for key in sorted(value.keys() - known)[:FAULTS]:
        faults.append(_fault(where + pointer(key), "没有这个字段", "there is no such field"))
    return value


def _text(value: Any, where: str, most: int, faults: list[dict[str, str]]) -> str:
    if not isinstance(value, str) or not value.strip():
        faults.append(_fault(where, "必填，应为文本", "is required, as text"))
        return ""
    if len(value) > most:
        faults.append(_fault(where, f"不能超过 {most} 字", f"is longer than {most} characters"))
        return ""
    if sign := text.unsafe(value):
        faults.append(_fault(where, f"含有不允许的字符 {sign}", f"holds the sign {sign}"))
        return ""
    return text.normal(value)
