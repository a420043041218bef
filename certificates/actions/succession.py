"""What an approval does to certificates of before: the next version, an end, a use.

The caller holds the transaction and the application's lock. What is changed is locked here, and
must be live then: of two changes at the same moment, the second finds that it is not.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from certificates.actions.transitions import change_state
from certificates.models import Certificate
from certificates.payload import text
from certificates.states import LIVE, State
from people.errors import ActionRejected
from services.pack.model import ChangedCertificate, Field

Key = tuple[str, str]  # kind and number, as printed


@dataclass(frozen=True, slots=True)
class Subject:
    """The certificate that a case changes: how it stands when the case is judged.

    ``found``: its latest version; None where nothing of ours has that number. ``is_own``: it is
    the applicant's. Of a case that is decided anew, ``is_done``: it has ended it before;
    ``is_of_case``: that version is what the case itself has issued.
    """

    changed: ChangedCertificate
    number: str
    found: Certificate | None
    is_own: bool
    is_done: bool = False
    is_of_case: bool = False

    @property
    def fault(self) -> str:
        """Why nothing can be changed: a reason of ``records.receipts``; or an empty string."""
        if self.found is None:
            return "" if self.changed.paper else "certificate_not_found"
        if not self.is_own:
            return "certificate_not_found"
        is_valid = self.is_done or self.may_act_on(self.found)
        return "" if is_valid else "certificate_not_live"

    def may_act_on(self, certificate: Certificate) -> bool:
        """Whether it is in force; what the case itself has issued is suspended while it is open."""
        return certificate.state == State.VALID or (self.is_of_case and certificate.state in LIVE)

    def payload(self) -> dict[str, str]:
        """What a receipt says of it."""
        found = self.found
        return {
            "kind": self.changed.kind,
            "effect": self.changed.effect,
            "number": self.number,
            "identifier": found.identifier if found else "",
            "state": str(found.state) if found else "",
            "fault": self.fault,
        }


def latest(keys: Iterable[Key]) -> dict[Key, Certificate]:
    """Return the latest version of each certificate by kind and number, in one query."""
    wanted = set(keys)
    rows = Certificate.objects.filter(
        number__in={number for _, number in wanted}, kind__in={kind for kind, _ in wanted}
    )
    found = {(c.kind, c.number): c for c in rows.order_by("version", "issued_at")}
    return {key: certificate for key, certificate in found.items() if key in wanted}


def lock(subjects: Sequence[Subject]) -> dict[Key, Certificate]:
    """Lock what is changed, in order of id; raises ``ActionRejected`` where it is not as judged."""
    ids = [s.found.pk for s in subjects if s.found is not None and not s.is_done]
    locked = {
        c.pk: c for c in Certificate.objects.select_for_update().filter(pk__in=ids).order_by("id")
    }
    newest = latest((s.changed.kind, s.number) for s in subjects) if subjects else {}
    found: dict[Key, Certificate] = {}
    for subject in subjects:
        key = (subject.changed.kind, subject.number)
        if subject.is_done:
            continue
        if subject.found is None:
            if key in newest:
                raise not_live()
            continue
        certificate = locked[subject.found.pk]
        if not subject.may_act_on(certificate) or newest[key].pk != certificate.pk:
            raise not_live()
        found[key] = certificate
    return found


def not_live() -> ActionRejected:
    return ActionRejected(
        "certificate_not_live",
        "该证照已被变更、注销、撤销，或正在暂停，不能办理",
        "The certificate was changed, cancelled or revoked meanwhile, or is suspended.",
    )


def merged(
    previous: Mapping[str, Any], fields: Sequence[Field], values: Mapping[str, object]
) -> list[dict[str, Any]]:
    """Return the printed fields of the next version: what has no new value stays as it was.

    The fields are those of ``previous`` (a payload), in its order and, where they stay, its words.
    """
    new = {
        f.id: {"id": f.id, "zh": f.zh, "en": f.en, "value": text(values[f.id])}
        for f in fields
        if values.get(f.id) is not None
    }
    return [new.get(f["id"], f) for f in previous["fields"]]


def signed(certificate: Certificate) -> dict[str, Any]:
    """Return the signed payload of a certificate."""
    found: dict[str, Any] = orjson.loads(bytes(certificate.payload))
    return found


def cancel(
    certificates: Sequence[Certificate],
    reasons: Mapping[str, dict[str, str]],
    *,
    by: object,
    now: datetime.datetime,
) -> None:
    """End certificates, locked, each with its reason by public id; those who relied are told."""
    if certificates:
        change_state(certificates, "cancel", by=by, now=now, data=lambda c: reasons[c.public_id])


def lock_used(applications: Iterable[str], kinds: Iterable[str]) -> list[Certificate]:
    """Lock the live certificates of some applications that a case uses up, in order of id."""
    rows = Certificate.objects.select_for_update().filter(
        application__in=list(applications), kind__in=list(kinds), state__in=LIVE
    )
    return list(rows.order_by("id"))
