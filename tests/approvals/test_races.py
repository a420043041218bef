"""Opposite decisions at once, over two connections of PostgreSQL: one wins, the other reads why."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from approvals import actions
from approvals.models import Application, Decision
from approvals.records.audit import faults
from ledger.clock import now
from ledger.models import Event
from people.actors import ENGINE, Actor, officer
from people.errors import ActionRejected
from tests.approvals.cases import audited, graduate_answers
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished_committed")
FEW, ALL = 60, 1000
WHY = "征信机构已书面更正该失信记录，原件核对无误，予以认可"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, 4.4
Move = Callable[[str, int], object]


def applicant(turn: int) -> actions.Applicant:
    """Return a person of the district for each turn; nobody else of the tests has the number."""
    day = dt.date(1991, 1, 1) + dt.timedelta(days=turn)
    digits = f"440305{day:%Y%m%d}77{turn % 10}"
    total = sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True))
    return actions.Applicant("person", digits + "10X98765432"[total % 11], "赛跑人")


def in_review(turn: int, by: Actor | None) -> Application:
    """Return a case that the machine could not finish, in the hands of ``by``."""
    who = applicant(turn)
    new = actions.NewApplication(
        service="graduate_settlement", applicant=who, answers=graduate_answers(), channel="api"
    )
    made = actions.submit(new=new, by=ENGINE, now=now())
    actions.hand_over(ids=[made.id], reason="engine_failed", by=ENGINE, now=now())
    if by is not None:
        actions.take(number=made.number, by=by, now=now())
    return Application.objects.get(id=made.id)


def race(case: Application, moves: tuple[Move, Move]) -> list[str]:
    """Make both moves at the same moment of the page; returns ``won`` or the code of each."""
    ready = Barrier(2)

    def run(move: Move) -> str:
        try:
            ready.wait()
            move(case.number, case.events)
            return "won"
        except ActionRejected as error:
            assert error.status == 409 and error.zh and error.en
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, moves))


def doing(action: Callable[..., object], by: Actor, **more: object) -> Move:
    return lambda number, version: action(number=number, by=by, now=now(), version=version, **more)


@pytest.fixture
def officers() -> tuple[Actor, Actor]:
    UserFactory(clerk=True, username="clerk-c", office__code="market")  # who may get a case
    first, second = (
        officer(UserFactory(clerk=True, username=name, office__code="hrss"))
        for name in ("clerk-a", "clerk-b")
    )
    return first, second


def test_of_opposite_decisions_one_wins(
    officers: tuple[Actor, Actor], pytestconfig: pytest.Config
) -> None:
    first, second = officers
    approve = doing(actions.approve, first, reason="材料齐全")
    refuse = doing(actions.refuse, first, reason="材料不实")
    give_back = doing(actions.return_, first, reason="请更正", opened=["/address"])
    transfer = doing(actions.transfer, first, to="market", reason="移送")
    kinds: list[tuple[Actor | None, tuple[Move, Move]]] = [
        (first, (approve, refuse)),
        (first, (approve, give_back)),
        (None, (doing(actions.take, first), doing(actions.take, second))),
        (first, (transfer, approve)),
        (first, (doing(actions.release, first), refuse)),
    ]
    won: Counter[tuple[int, int]] = Counter()
    for turn in range(ALL if pytestconfig.getoption("--full") else FEW):
        kind = turn % len(kinds)
        by, moves = kinds[kind]
        case = in_review(turn, by)
        results = race(case, moves)
        assert results.count("won") == 1, results
        assert set(results) - {"won"} <= {"stale", "taken"}, results
        won[kind, results.index("won")] += 1
        after = Application.objects.get(id=case.id)
        assert after.events == case.events + 1
        last = Event.objects.filter(subject=case.subject).order_by("-seq")[0]
        assert (last.seq, last.after) == (after.events, after.state)
        standing = Decision.objects.filter(application=case, live=True).count()
        assert standing == (after.state in ("approved", "refused"))
    assert {kind for kind, _ in won} == set(range(len(kinds)))
    assert list(audited()) == list(faults()) == []


def test_of_confirming_and_sending_back_one_wins(
    officers: tuple[Actor, Actor], pytestconfig: pytest.Config
) -> None:
    first, second = officers
    from tests.approvals.cases import CITY, settled

    hits = [CITY.person(m) for m in list(CITY.members("graduate"))[60:]]
    for truth in hits[: 12 if not pytestconfig.getoption("--full") else len(hits)]:
        who = actions.Applicant("person", truth.number, "别" + truth.name[1:])
        case = settled(applicant=who)  # another name than the register's: against the verdict
        assert case.handover.startswith("name_differs"), case.handover
        actions.take(number=case.number, by=first, now=now())
        made = actions.propose_approval(number=case.number, reason=WHY, by=first, now=now())

        def confirm(number: str, version: int, key: object = made.pk) -> object:
            return actions.confirm_approval(proposal=key, by=second, now=now(), version=version)

        def send_back(number: str, version: int, key: object = made.pk) -> object:
            return actions.send_back_approval(
                proposal=key, reason="请附函", by=second, now=now(), version=version
            )

        case = Application.objects.get(id=case.id)
        results = race(case, (confirm, send_back))
        assert sorted(results) == ["stale", "won"], results
        after = Application.objects.get(id=case.id)
        assert after.state == ("approved" if results[0] == "won" else "review")
        assert Decision.objects.filter(application=case, live=True).count() == (
            after.state == "approved"
        )
