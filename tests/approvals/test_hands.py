"""Taken cases of absent officers: what a supervisor does, and what time does."""

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client

from approvals import actions
from approvals.models import Application
from approvals.workers import reconciler
from ledger.clock import now
from ledger.models import Event
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from people.models import Reading, User
from tests.approvals.cases import citizen, person, settled
from tests.factories import UserFactory


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return Application.objects.get(id=made.id)


def supervisor_of(office: str, region: str | None = None, name: str = "boss") -> Actor:
    return officer(
        UserFactory(
            username=name, role="supervisor", is_staff=True, office_id=office, region_id=region
        )
    )


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def last(case: Application) -> Event:
    found = Event.objects.filter(subject=case.subject).order_by("-seq").first()
    assert found is not None
    return found


def entered(username: str) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def press(client: Client, case: Application, action: str, **more: str) -> int:
    form = {"action": action, "version": str(again(case).events), **more}
    return client.post(f"/desk/approvals/application/{case.pk}/do/", form).status_code


def test_a_supervisor_releases_with_a_reason(case: Application) -> None:
    boss = supervisor_of("hrss")
    with pytest.raises(ActionRejected) as caught:
        actions.release_for(number=case.number, reason=" ", by=boss, now=now())
    assert caught.value.code == "reason_required"
    actions.release_for(number=case.number, reason="休病假", by=boss, now=now())
    assert again(case).taken_by is None
    event = last(case)
    assert (event.kind, event.by) == ("released", "officer:boss")
    assert '"from":"clerk-a"' in event.data and "休病假" in event.data


def test_a_supervisor_gives_it_to_a_clerk_of_the_office_alone(
    case: Application, colleague: Actor, stranger: Actor
) -> None:
    boss = supervisor_of("hrss")
    UserFactory(clerk=True, username="far", office__code="hrss", region_id="440304")
    UserFactory(clerk=True, username="gone", office__code="hrss", is_active=False)
    arguments = {"number": case.number, "reason": "休病假", "by": boss, "now": now()}
    for to in (stranger.code, "far", "gone", "boss", "nobody", ""):
        with pytest.raises(ActionRejected) as caught:
            actions.reassign(to=to, **arguments)
        assert caught.value.code == "not_a_clerk"
    actions.reassign(to=colleague.code, **arguments)
    assert again(case).taken_by.username == colleague.code
    assert '"to":"clerk-b"' in last(case).data


def test_who_decided_before_is_given_nothing(
    case: Application, clerk: Actor, colleague: Actor
) -> None:
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    me = citizen(person("credit_hit"))
    actions.reopen(number=case.number, reason="记录已于上月撤销", by=me, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.reassign(
            number=case.number,
            to=clerk.code,
            reason="熟悉情况",
            by=supervisor_of("hrss"),
            now=now(),
        )
    assert caught.value.code == "not_a_clerk"


def test_supervisors_of_elsewhere_and_clerks_move_nobodys_case(
    case: Application, colleague: Actor
) -> None:
    elsewhere = (supervisor_of("market", None, "b1"), supervisor_of("hrss", "440304", "b2"))
    for by in (*elsewhere, colleague):
        for action, more in ((actions.release_for, {}), (actions.reassign, {"to": "clerk-b"})):
            with pytest.raises(ActionRejected) as caught:
                action(number=case.number, reason="休病假", by=by, now=now(), **more)
            assert caught.value.status == 404
    assert again(case).taken_by.username == "clerk-a"


def test_a_supervisor_decides_nothing(case: Application) -> None:
    boss = supervisor_of("hrss")
    client = entered("boss")
    page = client.get(f"/desk/approvals/application/{case.pk}/change/").content.decode()
    assert 'value="reassign"' in page and 'value="release_for"' in page
    assert 'value="approve"' not in page and 'value="take"' not in page
    for action in ("take", "release", "approve", "refuse", "return_", "propose_approval"):
        assert press(client, case, action, reason="同意", law="法") == 404
    with pytest.raises(ActionRejected):
        actions.take(number=case.number, by=boss, now=now())


def test_a_stale_page_of_a_supervisor_moves_nothing(case: Application, clerk: Actor) -> None:
    supervisor_of("hrss")
    form = {"action": "release_for", "version": str(case.events - 1), "reason": "休病假"}
    client = entered("boss")
    assert client.post(f"/desk/approvals/application/{case.pk}/do/", form).status_code == 409
    assert again(case).taken_by.username == clerk.code


# --- by itself


def after(**time: int) -> dt.datetime:
    return now() + dt.timedelta(**time)


def test_a_case_of_an_absent_officer_is_released_by_itself(case: Application) -> None:
    limit = dt.timedelta(seconds=settings.TAKEN_RELEASE_SECONDS)
    assert actions.release_absent(by=CLOCK, now=now() + limit * 0.9, after=limit) == 0
    reconciler.release_absent(now() + limit * 1.1)
    assert (again(case).taken_by, again(case).state) == (None, "review")
    event = last(case)
    assert (event.kind, event.by) == ("released", "machine:clock")
    assert event.data == '{"from":"clerk-a","reason":"absent"}'
    assert reconciler.release_absent in [duty for duty, _ in reconciler.DUTIES]


def test_whoever_opens_a_page_is_not_absent(case: Application) -> None:
    limit = dt.timedelta(hours=1)
    Reading.objects.create(
        at=after(minutes=50), by="officer:clerk-a", role="clerk", kind="case",
        subject="MP1", purpose="handling",
    )  # fmt: skip
    Reading.objects.create(
        at=after(minutes=190), by="officer:clerk-b", role="clerk", kind="case",
        subject="MP1", purpose="handling",
    )  # fmt: skip
    assert actions.release_absent(by=CLOCK, now=after(minutes=100), after=limit) == 0
    assert actions.release_absent(by=CLOCK, now=after(minutes=200), after=limit) == 1
    assert again(case).taken_by is None


def test_only_the_machine_releases_by_time(case: Application, clerk: Actor) -> None:
    with pytest.raises(ActionRejected):
        actions.release_absent(by=clerk, now=after(days=9), after=dt.timedelta(hours=1))
