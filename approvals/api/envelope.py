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
    body = object_of(data, "", FIELDS, faults)
    service = text_of(body.get("service"), "/service", 40, faults)
    edition = edition_of(body.get("edition"), faults)
    applicant = applicant_of(body.get("applicant"), faults)
    answers = answers_of(body.get("answers"), faults)
    by_person = body.get("by_person", False)
    if not isinstance(by_person, bool):
        faults.append(fault("/by_person", "应为 true 或 false", "must be true or false"))
    disputes = _claims(body.get("disputes", []), faults)
    require_none(faults)
    return Envelope(service, edition, applicant, answers, by_person, disputes)


def read_claim(data: Any) -> Claim:
    """Return what is called wrong; raises ``ActionRejected`` (422) naming every field."""
    faults: list[dict[str, str]] = []
    claim = _claim(data, "", faults)
    require_none(faults)
    return claim


def _claims(value: Any, faults: list[dict[str, str]]) -> tuple[Claim, ...]:
    if not isinstance(value, list) or len(value) > MOST:
        zh, en = f"应为列表，最多 {MOST} 项", f"must be a list of {MOST} at most"
        faults.append(fault("/disputes", zh, en))
        return ()
    return tuple(_claim(one, f"/disputes/{place}", faults) for place, one in enumerate(value))


def _claim(value: Any, where: str, faults: list[dict[str, str]]) -> Claim:
    body = object_of(value, where, {"fact", "claim", "reason"}, faults)
    fact = text_of(body.get("fact"), f"{where}/fact", 80, faults)
    claim = text_of(body.get("claim"), f"{where}/claim", CLAIM_LONGEST, faults)
    reason = text_of(body.get("reason"), f"{where}/reason", REASON_LONGEST, faults)
    return Claim(fact, claim, reason)


def require_none(faults: list[dict[str, str]]) -> None:
    if faults:
        refused = ActionRejected(
            "invalid_body", "请求内容有误", "The body is not valid; see each field.", status=422
        )
        refused.faults = faults[:FAULTS]
        raise refused


def applicant_of(value: Any, faults: list[dict[str, str]]) -> Applicant:
    """Return for whom it is."""
    who = object_of(value, "/applicant", {"kind", "number", "name"}, faults)
    kind = text_of(who.get("kind", "person"), "/applicant/kind", 12, faults)
    number = text_of(who.get("number"), "/applicant/number", 40, faults)
    name = text_of(who.get("name"), "/applicant/name", 100, faults)
    if kind not in ("person", "enterprise"):
        words = ("应为 person 或 enterprise", "must be person or enterprise")
        faults.append(fault("/applicant/kind", *words))
    return Applicant(kind, normal_number(number), name)


def answers_of(value: Any, faults: list[dict[str, str]]) -> dict[str, Any]:
    """Return the answers as they came; the edition's form says later whether they fit."""
    if isinstance(value, dict):
        return value
    faults.append(fault("/answers", "必填，应为对象", "is required, as an object"))
    return {}


def edition_of(value: Any, faults: list[dict[str, str]]) -> int:
    """Return the number of the edition that whoever applies was shown."""
    if type(value) is int and 0 < value <= LARGEST:
        return value
    zh = "必填，应为所示事项版本的编号（GET /api/v1/services/CODE 的 edition）"
    en = "is required: the number of the edition shown, `edition` of GET /api/v1/services/CODE"
    faults.append(fault("/edition", zh, en))
    return 0


def fault(where: str, zh: str, en: str) -> dict[str, str]:
    return {"pointer": where, "zh": zh, "en": en}


def object_of(
    value: Any, where: str, known: set[str], faults: list[dict[str, str]]
) -> dict[str, Any]:
    if not isinstance(value, dict):
        faults.append(fault(where or "/", "必填，应为对象", "is required, as an object"))
        return {}
    for key in sorted(value.keys() - known)[:FAULTS]:
        faults.append(fault(where + pointer(key), "没有这个字段", "there is no such field"))
    return value


def text_of(value: Any, where: str, most: int, faults: list[dict[str, str]]) -> str:
    if not isinstance(value, str) or not value.strip():
        faults.append(fault(where, "必填，应为文本", "is required, as text"))
        return ""
    if len(value) > most:
        faults.append(fault(where, f"不能超过 {most} 字", f"is longer than {most} characters"))
        return ""
    if sign := text.unsafe(value):
        faults.append(fault(where, f"含有不允许的字符 {sign}", f"holds the sign {sign}"))
        return ""
    return text.normal(value)
