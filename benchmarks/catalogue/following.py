"""Draws those who have what a service follows: a permit, or a newborn that is registered."""

import datetime
from collections.abc import Iterator
from dataclasses import replace

from approvals.models import Application
from benchmarks.catalogue.drawing import Drawn, RunningDrawing
from benchmarks.catalogue.registries import CERTIFICATES
from benchmarks.catalogue.verdicts import CERTIFICATE
from benchmarks.oracles.case import Case
from people import identity

AFTER = {
    "residence_endorsement": "residence_permit",
    "residence_card": "residence_permit",
    "newborn_medical": "newborn",
    "newborn_card": "newborn",
}
OTHERS_SHARE = 0.1  # of those who give the number of another's permit


class FollowingDrawing(RunningDrawing):
    """Draws of these services mostly those who were approved before."""

    _approved: dict[str, Application] = {}  # by applicant

    def drawn(self, service: str, count: int) -> Iterator[Drawn]:
        before = Application.objects.filter(service_id=AFTER.get(service), state="approved")
        self._approved = {one.applicant: one for one in before}
        for found in super().drawn(service, count):
            lacking = service == "residence_card" and not self._has_permit(found.case)
            yield replace(found, lacks=frozenset({CERTIFICATE} if lacking else ()))

    def _is_likely(self, service: str, i: int) -> bool:
        if service in AFTER:
            return self.index(i) in self._approved
        return super()._is_likely(service, i)

    def _case(self, service: str, i: int, on: datetime.date) -> Case:
        case = super()._case(service, i, on)
        before = self._approved.get(case.applicant)
        if before is None or service not in AFTER:
            return case
        if "birth_record" in case.answers:
            same = {name: before.answers[name] for name in ("birth_record", "child_name")}
            return replace(case, answers={**case.answers, **same})
        if service == "residence_card":
            whose = case.applicant
            if self.random.random() < OTHERS_SHARE:
                whose = self.random.choice(list(self._approved))
            permits = self._permits(whose)
            number = permits[0][0] if permits else "JZ202600000000"
            return replace(case, answers={**case.answers, "permit": number})
        return case

    def _with_fault(self, case: Case) -> Case:
        """As of any service; a permit whose facts change is suspended, at some moment soon."""
        return case if case.service == "residence_card" else super()._with_fault(case)

    def _permits(self, applicant: str) -> list[tuple[str, str]]:
        """Return number and state of each residence permit of somebody."""
        held = self.registries.record(CERTIFICATES, "", applicant)
        every = held["held"] if held is not None and not held.is_absent else ()
        return [(one["number"], one["state"]) for one in every if one["kind"] == "residence_permit"]

    def _has_permit(self, case: Case) -> bool:
        named = case.answers["permit"]
        return any(
            number == named and state == "valid" for number, state in self._permits(case.applicant)
        )

    def _as_it_is(self, case: Case) -> Case:
        """As of any service; what the city registered by a birth, nobody can plant otherwise."""
        case = super()._as_it_is(case)
        if case.service not in AFTER or "birth_record" not in case.answers:
            return case
        record = case.answers["birth_record"]
        found = self.registries.record("birth", record, identity.index(record))
        assert found is not None  # of the city's own store
        return replace(case, own={**case.own, "birth": found})

    def is_planted(self, service: str, registry: str) -> bool:
        is_of_city = registry == "birth" and service in AFTER
        return super().is_planted(service, registry) and not is_of_city
