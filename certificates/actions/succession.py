"""What an approval does to certificates of before: the next version, an end, a use.

The caller holds the transaction and the application's lock. What is changed is locked here, and
must be live then: of two changes at the same moment, the second finds that it is not. Whether it is
live is asked of the day, as pages and registries say it: its last day ends it, swept up or not.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from certificates import provisional
from certificates.actions.transitions import change_state
from certificates.models import Certificate
from certificates.payload import text
from certificates.queries import state_on, unexpired, with_endorsement
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

    def fault(self, on: datetime.date) -> str:
        """Why nothing can be changed that day: a reason of ``records.receipts``; or nothing."""
        if self.found is None:
            return "" if self.changed.paper else "certificate_not_found"
        if not self.is_own:
            return "certificate_not_found"
        is_valid = self.is_done or self.may_act_on(self.found, on)
        return "" if is_valid else "certificate_not_live"

    def may_act_on(self, certificate: Certificate, on: datetime.date) -> bool:
        """Whether it is in force, and confirmed: what is provisional would else be so no longer.

        What the case itself has issued is suspended while it is open.
        """
        state = state_on(certificate, on)
        if state == State.VALID and provisional.until(certificate) is None:
            return True
        return self.is_of_case and state in LIVE

    def payload(self, on: datetime.date) -> dict[str, str]:
        """What a receipt says of it."""
        found = self.found
        return {
            "kind": self.changed.kind,
            "effect": self.changed.effect,
            "number": self.number,
            "identifier": found.identifier if found else "",
            "state": state_on(found, on) if found else "",
            "fault": self.fault(on),
        }


def latest(keys: Iterable[Key]) -> dict[Key, Certificate]:
    """Return the latest version of each certificate by kind and number, in one query."""
    wanted = set(keys)
    rows = with_endorsement(
        Certificate.objects.filter(
            number__in={number for _, number in wanted}, kind__in={kind for kind, _ in wanted}
        )
    )
    found = {(c.kind, c.number): c for c in rows.order_by("version", "issued_at")}
    return {key: certificate for key, certificate in found.items() if key in wanted}


def lock(subjects: Sequence[Subject], on: datetime.date) -> dict[Key, Certificate]:
    """Lock what is changed, in order of id; raises ``ActionRejected`` where it is not as judged."""
    ids = [s.found.pk for s in subjects if s.found is not None and not s.is_done]
    rows = with_endorsement(Certificate.objects.select_for_update().filter(pk__in=ids))
    locked = {c.pk: c for c in rows.order_by("id")}
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
        if not subject.may_act_on(certificate, on) or newest[key].pk != certificate.pk:
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


def lock_used(
    applications: Iterable[str], kinds: Iterable[str], on: datetime.date
) -> list[Certificate]:
    """Lock the live certificates of some applications that a case uses up, in order of id.

    One whose last day has passed meanwhile ends by itself.
    """
    rows = Certificate.objects.select_for_update().filter(
        unexpired(on), application__in=list(applications), kind__in=list(kinds)
    )
    return list(rows.order_by("id"))
