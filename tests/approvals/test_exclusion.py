"""Services that exclude one another by a scope that they share: one settlement a person."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from approvals.actions import prechecks
from approvals.actions.submission import Key
from approvals.models import Application, GuardKey
from approvals.states import State
from bundles.models import BundledCase
from certificates.actions import cancel
from certificates.models import Certificate
from ledger.clock import city_date, now
from offers.models import Offer
from people import identity
from people.errors import ActionRejected
from services import catalogue
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    submit,
)
from tests.bundles.cases import hand_in
from tests.bundles.conftest import trial as trial
from tests.counter.desk import Counter, arrival
from tests.offers.city import scan
from tests.offers.packs import SERVICE, senior_pass
from tests.services.editions import published
from tests.services.packs import changed

GRADUATE, TALENT, FAMILY = "graduate_settlement", "talent_settlement", "family_reunion"
NAMES = {GRADUATE: "应届毕业生引进落户", TALENT: "在职人才引进落户", FAMILY: "夫妻、老人投靠落户"}


def settle(service: str, kind: str = "graduate", **more: Any) -> Application:
    branch = {TALENT: {"family": False}, FAMILY: {"branch": "spouse"}}.get(service, {})
    return submit(kind, service, answers=graduate_answers(**branch), **more)


@contextmanager
def excluded(*parts: str) -> Iterator[pytest.ExceptionInfo[ActionRejected]]:
    with pytest.raises(ActionRejected) as caught:
        yield caught
    assert (caught.value.code, caught.value.status) == ("duplicate", 409)
    assert all(part in caught.value.zh for part in parts), caught.value.zh


@pytest.mark.usefixtures("furnished_committed")
def test_of_three_settlements_at_once_one_is_taken_and_the_others_name_it() -> None:
    services = [GRADUATE, TALENT, FAMILY] * 8

    def post(place: int) -> tuple[str, str]:
        try:
            made = settle(services[place], key=Key(f"key-number-{place}", bytes(32)))
            return "taken", made.number
        except ActionRejected as error:
            return error.code, error.zh
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(post, range(len(services))))
    first = Application.objects.get()
    assert ("taken", first.number) in answers
    said = [text for code, text in answers if code == "duplicate"]
    assert len(said) == len(services) - 1 and all(first.number in text for text in said)
    named = [text for text in said if f"“{NAMES[first.service_id]}”" in text]
    assert len(named) == 16  # of the two other services; its own needs no name
    assert GuardKey.objects.filter(held=True).count() == 1


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("second", [TALENT, FAMILY])
def test_who_was_settled_by_one_is_not_settled_by_another_until_that_ends(second: str) -> None:
    first = settle(GRADUATE)
    answer_checks(first)
    assert decide(first)[0].state == State.APPROVED
    with excluded(f"“{NAMES[GRADUATE]}”办件 {first.number} 已获批准") as caught:
        settle(second)
    assert (
        f"{first.number} (Household registration for new graduates) was approved" in caught.value.en
    ), caught.value.en
    assert caught.value.members["application"] == first.number
    held = Certificate.objects.get(holder=first.applicant)
    cancel(public_id=held.public_id, reason="本人申请", by=citizen(person("graduate")), now=now())
    assert settle(second).state == State.SUBMITTED
    assert settle(GRADUATE, "trader").state == State.SUBMITTED  # of another person
    assert audited() == []


@pytest.mark.usefixtures("furnished")
def test_a_precheck_says_so_before_anything_is_handed_in() -> None:
    first = settle(FAMILY)
    today = city_date(now())
    edition = catalogue.current(TALENT, today)
    assert edition is not None
    book = catalogue.rulebook(edition)
    planned = prechecks.Planned(book, person("graduate"), graduate_answers(family=False), today)
    by = citizen(person("graduate"))
    found = prechecks.precheck(planned=planned, whole=False, purpose="trial", by=by, now=now())
    assert found.duplicate is not None and f"“{NAMES[FAMILY]}”办件 {first.number}" in str(
        found.duplicate.zh
    )


@pytest.mark.usefixtures("trial")
def test_a_bundle_that_settles_is_not_begun_and_leaves_nothing_behind() -> None:
    first = settle(TALENT)
    with excluded(f"“{NAMES[TALENT]}”办件 {first.number} 在办"):
        hand_in()
    assert not BundledCase.objects.exists() and Application.objects.count() == 1


@pytest.mark.usefixtures("trial")
def test_a_bundle_in_hand_excludes_the_others() -> None:
    hand_in()
    with excluded(f"“{NAMES[GRADUATE]}”办件"):
        settle(FAMILY)


@pytest.mark.usefixtures("furnished")
def test_a_clerk_at_a_counter_is_told_the_same() -> None:
    first = settle(TALENT)
    answer = Counter().take(arrival())
    said = answer.content.decode()
    assert answer.status_code == 409 and f"“{NAMES[TALENT]}”办件" in said and first.number in said
    assert Application.objects.count() == 1


@pytest.mark.usefixtures("furnished")
def test_a_scan_offers_nothing_to_whom_another_service_excludes() -> None:
    mine = "key: [applicant]\n  while: [open, live]\n  zh: 您已"
    source = changed(mine, f"scope: settlements\n  {mine}", senior_pass())
    published(source, now(), file=f"{SERVICE}.yaml")
    settle(FAMILY, "very_old")
    made = scan(service=SERVICE)
    assert made.counts["in_hand"] == 1 and made.counts["offered"] >= 1
    subject = identity.index(person("very_old").number)
    assert not Offer.objects.filter(service=SERVICE, subject=subject).exists()
