"""What is done from the list of cases: assigning several, marking who is away, saving filters."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import actions, policies
from approvals.admin.casefile import casefile
from approvals.models import Absence, Application, SavedFilter
from approvals.workers import reconciler
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import Actor, Kind, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.test_hands import again, last, supervisor_of
from tests.approvals.test_queue import QUEUE, by_person, page, rows
from tests.approvals.test_traces import enter
from tests.factories import UserFactory


def today() -> dt.date:
    return city_date(now())


def clerk_of_market(name: str, **more: Any) -> Actor:
    return officer(UserFactory(clerk=True, username=name, office__code="market", **more))


@pytest.fixture
def cases(furnished: None) -> list[Application]:
    """Three cases of the market office, the first in the hands of clerk-m."""
    made = [by_person(place) for place in range(3)]
    actions.take(number=made[0].number, by=clerk_of_market("clerk-m"), now=now())
    return [again(case) for case in made]


def sent(*cases: Application) -> list[str]:
    return [f"{case.pk}:{case.events}" for case in cases]


def give(client: Client, cases: list[str], to: str, reason: str = "请协助办理") -> Any:
    return client.post(f"{QUEUE}assign/", {"case": cases, "to": to, "reason": reason})


# --- assigning


def test_a_supervisor_gives_several_cases_to_one_clerk(cases: list[Application]) -> None:
    clerk_of_market("clerk-n")
    supervisor_of("market")
    boss = enter("boss")
    assert 'value="assign"' in page(boss)
    asked = boss.post(
        QUEUE, {"action": "assign", "_selected_action": [str(c.pk) for c in cases], "index": "0"}
    ).content.decode()
    assert all(value in asked for value in sent(*cases))
    assert 'value="clerk-n"' in asked
    assert give(boss, sent(*cases), "clerk-n").status_code == 302
    for case in cases:
        event = last(case)
        assert again(case).taken_by.username == "clerk-n"
        assert (event.kind, event.by) == ("reassigned", "officer:boss")
        assert "请协助办理" in event.data and '"to":"clerk-n"' in event.data
    assert '"from":"clerk-m"' in last(cases[0]).data


def test_what_moved_meanwhile_is_named_and_the_rest_is_given(cases: list[Application]) -> None:
    third = clerk_of_market("clerk-n")
    supervisor_of("market")
    boss, shown = enter("boss"), sent(*cases)
    actions.take(number=cases[1].number, by=third, now=now())
    answer = give(boss, shown, "clerk-n")
    assert answer.status_code == 422
    body = answer.content.decode()
    assert cases[1].number in body and "刚被他人处理过" in body
    assert [again(c).taken_by.username for c in cases] == ["clerk-n"] * 3
    assert Event.objects.filter(kind="reassigned").count() == 2


@pytest.mark.parametrize("to", ["", "nobody", "clerk-a", "boss"])
def test_nobody_else_is_given_a_case(cases: list[Application], clerk: Actor, to: str) -> None:
    supervisor_of("market")
    assert give(enter("boss"), sent(*cases), to).status_code == 422
    assert give(enter("boss"), sent(*cases), "clerk-m", reason=" ").status_code == 422
    assert not Event.objects.filter(kind="reassigned").exists()


def test_who_is_no_supervisor_of_the_office_gives_nothing(cases: list[Application]) -> None:
    clerk_of_market("clerk-n")
    supervisor_of("hrss", None, "elsewhere")
    supervisor_of("market", "440303", "far")
    assert {c.region_id for c in cases} - {"440303"}
    for who in ("elsewhere", "far"):
        give(enter(who), sent(*[c for c in cases if c.region_id != "440303"]), "clerk-n")
    for who in ("clerk-m", "clerk-n"):
        client = enter(who)
        assert give(client, sent(*cases), "clerk-n").status_code == 403
        assert 'value="assign"' not in page(client)
    assert give(enter("aud", "auditor"), sent(*cases), "clerk-n").status_code == 403
    assert not Event.objects.filter(kind="reassigned").exists()


@pytest.mark.parametrize("case", ["", "x", "1:1", f"{'a' * 36}:1", f"{'-' * 36}:1"])
def test_a_forged_row_is_no_case(cases: list[Application], case: str) -> None:
    supervisor_of("market")
    assert give(enter("boss"), [case], "clerk-m").status_code == 422


# --- away


def test_marking_locks_no_key_that_a_decision_of_the_clerk_needs(cases: list[Application]) -> None:
    """A decision holds its case and names its officer; marking holds the officer, then the case."""
    supervisor_of("market")
    form = {"officer": "clerk-m", "until": str(today()), "release": "1", "action": "away"}
    with CaptureQueriesContext(connection) as sent_to_postgresql:
        assert enter("boss").post(f"{QUEUE}away/", form).status_code == 302
    locks = [
        q["sql"] for q in sent_to_postgresql if 'people_user"."username" = \'clerk-m' in q["sql"]
    ]
    locks = [sql for sql in locks if " FOR " in sql]
    assert locks and all("FOR NO KEY UPDATE" in sql for sql in locks)


def test_who_is_away_is_not_offered_as_an_officer_to_give_a_case_to(
    cases: list[Application],
) -> None:
    clerk_of_market("clerk-n")
    supervisor_of("market")
    boss = User.objects.get(username="boss")

    def offered() -> set[str]:
        return {u.username for u in casefile(again(cases[1]), officer=boss, now=now()).clerks}

    assert {"clerk-m", "clerk-n"} <= offered()
    form = {"officer": "clerk-n", "until": str(today()), "action": "away"}
    assert enter("boss").post(f"{QUEUE}away/", form).status_code == 302
    assert "clerk-m" in offered() and "clerk-n" not in offered()


def test_more_clerks_cost_no_more_queries_and_the_same_are_offered_who_may_handle_it(
    cases: list[Application],
) -> None:
    """Set-based, and the same as asking of each clerk whether they may (``policies``)."""
    supervisor_of("market")
    case, counted = again(cases[1]), []
    for names in (["clerk-n"], ["clerk-o", "clerk-p", "clerk-q"]):
        for name in names:
            clerk_of_market(name)
        boss = User.objects.get(username="boss")
        with CaptureQueriesContext(connection) as asked:
            offered = casefile(again(case), officer=boss, now=now()).clerks
        counted.append(len(asked))
        may = {
            user.username
            for user in User.objects.filter(is_active=True)
            if policies.may_handle(officer(user), case)
        }
        assert {user.username for user in offered} == may
    assert counted[0] == counted[1]
    decider = User.objects.get(username="clerk-o")
    by = officer(decider)
    actions.take(number=case.number, by=by, now=now())
    actions.refuse(number=case.number, reason="经营场所不符合规定", by=by, now=now())
    me = Actor(Kind.CITIZEN, case.applicant, case.applicant_name)
    actions.reopen(number=case.number, reason="场所已更正", by=me, now=now())
    assert decider not in policies.handlers(again(case))
    another = officer(User.objects.get(username="clerk-p"))
    actions.take(number=case.number, by=another, now=now())
    assert policies.decided_by(by, [again(c) for c in cases]) == {case.pk}
    assert policies.decided_by(another, cases) == set()


def test_who_marks_themself_as_away_gives_back_what_they_have(cases: list[Application]) -> None:
    client = enter("clerk-m")
    until = today() + dt.timedelta(days=5)
    form = {"officer": "clerk-m", "until": str(until), "release": "1", "action": "away"}
    assert client.post(f"{QUEUE}away/", form).status_code == 302
    case = again(cases[0])
    assert (case.taken_by, case.state) == (None, "review")
    assert last(case).kind == "released" and last(case).by == "officer:clerk-m"
    assert last(case).data == '{"from":"clerk-m","reason":"away"}'
    assert f"您已标记离岗至 {until}" in page(client)
    assert client.post(f"{QUEUE}away/", {"officer": "clerk-m", "action": "back"}).status_code == 302
    assert "您已标记离岗" not in page(client)


def test_who_is_away_takes_nothing_and_is_given_nothing(cases: list[Application]) -> None:
    boss, me = supervisor_of("market"), clerk_of_market("clerk-n")
    at = now()
    last_day = today() + dt.timedelta(days=2)
    actions.mark_away(officer="clerk-n", until=last_day, release=True, by=boss, now=at)
    number = cases[1].number
    for days, is_away in ((0, True), (2, True), (3, False)):
        later = at + dt.timedelta(days=days)
        with transaction.atomic():
            for action, more in (
                (actions.take, {"by": me}),
                (actions.reassign, {"by": boss, "to": "clerk-n", "reason": "请办理"}),
            ):
                try:
                    with transaction.atomic():
                        action(number=number, now=later, **more)
                        transaction.set_rollback(True)
                    refused = ""
                except ActionRejected as error:
                    refused = error.code
                assert refused == ("away" if is_away else ""), (days, action.__name__)
    actions.mark_back(officer="clerk-n", by=me, now=at)
    actions.take(number=number, by=me, now=at)


def test_kept_for_now_they_go_back_after_the_grace(cases: list[Application], settings: Any) -> None:
    me, at = clerk_of_market("clerk-m2"), now()
    actions.take(number=cases[1].number, by=me, now=at)
    assert actions.mark_away(officer="clerk-m2", until=today(), release=False, by=me, now=at) == 0
    assert again(cases[1]).taken_by.username == "clerk-m2"
    reconciler.release_absent(at + dt.timedelta(seconds=settings.TAKEN_RELEASE_SECONDS + 60))
    assert again(cases[1]).taken_by is None


def test_nobody_marks_somebody_elses_clerk(cases: list[Application]) -> None:
    others = (
        supervisor_of("hrss", None, "b1"),
        supervisor_of("market", "440304", "b2"),
        clerk_of_market("clerk-n"),
    )
    for by in others:
        with pytest.raises(ActionRejected) as caught:
            actions.mark_away(officer="clerk-m", until=today(), release=True, by=by, now=now())
        assert caught.value.status == 404
        with pytest.raises(ActionRejected):
            actions.mark_back(officer="clerk-m", by=by, now=now())
    for role in ("auditor", "operator", "policy"):
        form = {"officer": "clerk-m", "until": str(today()), "action": "away"}
        assert enter(f"a-{role}", role).post(f"{QUEUE}away/", form).status_code == 403
    assert not Absence.objects.exists()


@pytest.mark.parametrize("until", ["", "x", "2020-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_is_named(cases: list[Application], until: str) -> None:
    form = {"officer": "clerk-m", "until": until, "action": "away"}
    answer = enter("clerk-m").post(f"{QUEUE}away/", form)
    assert answer.status_code == 422 and "请填写今天至一年内的日期" in answer.content.decode()


def test_an_absence_is_history_in_sql_too(cases: list[Application]) -> None:
    me = clerk_of_market("clerk-n")
    actions.mark_away(officer="clerk-n", until=today(), release=True, by=me, now=now())
    key = User.objects.get(username="clerk-n").pk
    refused = (
        ("UPDATE approvals_absence SET until = until + 9", ProgrammingError),
        ("DELETE FROM approvals_absence", ProgrammingError),
        ("UPDATE approvals_absence SET ended_at = now()", IntegrityError),
        (
            "INSERT INTO approvals_absence (id, officer_id, until, marked_by_id, marked_at)"
            f" VALUES (gen_random_uuid(), {key}, now(), {key}, now())",
            IntegrityError,
        ),
    )
    for statement, fault in refused:
        with pytest.raises(fault), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Event.objects.filter(subject__startswith="rows:approvals_absence:").count() == 1


# --- saved filters


def save(client: Client, name: str, **query: str) -> Any:
    from urllib.parse import urlencode

    return client.post(f"{QUEUE}filters/?{urlencode(query)}", {"name": name})


def test_a_saved_filter_is_the_officers_own(cases: list[Application]) -> None:
    mine, other = enter("clerk-m"), clerk_of_market("clerk-n")
    assert save(mine, "我的", hand="mine", due="soon").status_code == 302
    assert "?due=soon&amp;hand=mine" in page(mine) and "我的" in page(mine)
    assert "?due=soon&amp;hand=mine" not in page(enter(other.code))
    kept = SavedFilter.objects.get()
    assert kept.query == "due=soon&hand=mine"
    assert rows(mine, hand="mine") == [cases[0].number]
    enter(other.code).post(f"{QUEUE}filters/", {"delete": str(kept.pk)})
    assert SavedFilter.objects.exists()
    mine.post(f"{QUEUE}filters/", {"delete": str(kept.pk)})
    assert not SavedFilter.objects.exists()


def test_only_filters_that_are_offered_are_kept(cases: list[Application]) -> None:
    client = enter("clerk-m")
    save(client, "甲", hand="mine", q="张三", password="x", o="1", region="440303", due="never")
    assert SavedFilter.objects.get().query == "hand=mine&region=440303"
    for query in ({}, {"q": "张三"}, {"due": "never"}, {"taken_by__username": "x"}):
        save(client, "乙", **query)
    for name in ("", " ", "x" * 41, "a\x00b", "\u202e"):
        save(client, name, hand="mine")
    assert SavedFilter.objects.count() == 1
    save(client, "甲", hand="free")
    assert SavedFilter.objects.get().query == "hand=free"  # the same name: kept anew


def test_there_is_an_end_to_them(cases: list[Application]) -> None:
    client = enter("clerk-m")
    for number in range(SavedFilter.MOST + 3):
        save(client, f"第{number}个", hand="mine")
    assert SavedFilter.objects.count() == SavedFilter.MOST
    assert client.post(f"{QUEUE}filters/", {"delete": "x"}).status_code == 302
