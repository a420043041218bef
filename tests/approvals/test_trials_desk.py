"""Trials at the desk: ordered by a policy officer, watched, read by role, cases masked."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client

from approvals.trials import running
from ledger.clock import city_date, now
from people.models import Reading, User
from services.models import Trial, TrialFlip
from tests.approvals import planted
from tests.approvals.test_trials import draft_of, in_force, ordered
from tests.officers import make

LIST = "/desk/services/trial/"


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


@pytest.fixture
def trial() -> Trial:
    """A finished trial of 60 cases."""
    planted.store(in_force(), list(planted.cases(60)), now())
    found = running.run(ordered(draft_of(*planted.CHANGES)).pk, now=now())
    assert found.flips > 3
    return found


def desk(role: User.Role) -> Client:
    client = Client()
    office = "hrss" if role in (User.Role.LEGAL, User.Role.CLERK) else None
    client.force_login(make(f"{role}-of-trials", role, office_id=office))
    return client


def order(client: Client, **changed: str) -> Any:
    today = city_date(now())
    fields = {
        "text": draft_of(*planted.CHANGES),
        "first_day": str(planted.FIRST),
        "last_day": str(today),
        "order": "1",
    }
    return client.post(f"{LIST}order/", fields | changed)


def test_a_policy_officer_orders_a_trial_and_sees_its_progress_and_result() -> None:
    planted.store(in_force(), list(planted.cases(60)), now())
    client = desk(User.Role.POLICY)
    assert str(planted.FIRST) not in client.get(f"{LIST}order/").content.decode()
    response = order(client)
    trial = Trial.objects.get(kind="past")
    assert response["Location"] == f"{LIST}{trial.pk}/change/"
    assert trial.asked_by == "officer:policy-of-trials"
    page = client.get(response["Location"]).content.decode()
    assert f'hx-get="{LIST}{trial.pk}/progress/"' in page
    running.advance(trial.pk, now=now())
    part = client.get(f"{LIST}{trial.pk}/progress/")
    assert "0 件，共 60 件" in part.content.decode() and "HX-Refresh" not in part
    trial = running.run(trial.pk, now=now())
    assert client.get(f"{LIST}{trial.pk}/progress/")["HX-Refresh"] == "true"
    page = client.get(response["Location"]).content.decode()
    assert f"共 60 件，其中 {trial.flips} 件结果不同" in page
    gained = sum(m["cases"] for m in trial.moves if m["draft"] == "approve")
    lost = sum(m["cases"] for m in trial.moves if m["live"] == "approve")
    assert gained and lost
    for picture, table in re.findall(r"<svg(.*?)</svg>.*?<tbody>(.*?)</tbody>", page, re.DOTALL)[
        :3
    ]:
        drawn = [sum(map(int, re.findall(rf">{sign}(\d+)<", picture))) for sign in ("\\+", "−")]
        cells = [re.findall(r'<td class="n">(\d+)</td>', row) for row in table.split("</tr>")[:-1]]
        assert drawn == [gained, lost] == [sum(int(row[at]) for row in cells) for at in (1, 2)]
        assert sum(int(row[0]) for row in cells) == 60


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"first_day": "2024-01-01", "last_day": "2024-03-01"}, "没有收到并已办结的办件"),
        ({"first_day": "2026-05-01", "last_day": "2026-04-01"}, "起日晚于止日"),
        ({"last_day": "2999-01-01"}, "止日不得晚于今天"),
        ({"first_day": "yesterday"}, "不是日期"),
        ({"text": "service: bus_pass"}, "草稿不能发布"),
    ],
)
def test_what_is_refused_is_said_and_keeps_what_was_typed(
    changes: dict[str, str], said: str
) -> None:
    planted.store(in_force(), list(planted.cases(5)), now())
    response = order(desk(User.Role.POLICY), **changes)
    page = response.content.decode()
    assert response.status_code == 422 and said in page and 'role="alert"' in page
    assert all(value in page for value in changes.values())
    assert not Trial.objects.filter(kind="past").exists()


def test_a_case_opens_masked_and_leaves_a_trace(trial: Trial) -> None:
    flip = TrialFlip.objects.filter(trial=trial).order_by("place").first()
    assert flip is not None
    facts = next(
        f for place, f in enumerate(planted.cases(60)) if f"P{place:020d}" == flip.application
    )
    for role in (User.Role.POLICY, User.Role.LEGAL, User.Role.AUDITOR):
        page = desk(role).get(f"{LIST}{trial.pk}/cases/{flip.place}/")
        text = page.content.decode()
        assert page.status_code == 200 and "有变化" in text and "现行版本" in text
        hidden = [flip.application, facts["name"], facts["address"], facts.get("born", "某某")]
        assert [value for value in hidden if value in text] == []
    traces = Reading.objects.filter(kind=Reading.Kind.CASE, subject=flip.application)
    assert {trace.role for trace in traces} == {"policy", "legal", "auditor"}


def test_the_list_shows_each_role_what_it_may_see(trial: Trial) -> None:
    technical = desk(User.Role.TECHNICAL)
    page = technical.get(f"{LIST}{trial.pk}/change/").content.decode()
    assert f"其中 {trial.flips} 件" in page and "/cases/1/" not in page
    assert technical.get(f"{LIST}{trial.pk}/cases/1/").status_code == 404
    assert technical.get(f"{LIST}order/").status_code == 404
    legal = desk(User.Role.LEGAL)
    assert "/cases/1/" in legal.get(f"{LIST}{trial.pk}/change/").content.decode()
    assert order(legal).status_code == 404
    assert desk(User.Role.CLERK).get(f"{LIST}{trial.pk}/change/").status_code == 404
    assert legal.get(f"{LIST}{trial.pk}/cases/{trial.flips + 1}/").status_code == 404


def test_generated_cases_stand_in_where_there_are_none_and_the_page_says_so() -> None:
    client = desk(User.Role.POLICY)
    day = datetime.date(2026, 1, 1)
    trial = running.run(ordered(draft_of(*planted.CHANGES), day).pk, now=now())
    assert (trial.kind, trial.state, trial.fault) == ("boundary", "finished", "")
    assert trial.flips > 0
    page = client.get(f"{LIST}{trial.pk}/change/").content.decode()
    assert "该事项没有以往办件" in page and "本次试算符合" in page
    page = client.get(f"{LIST}{trial.pk}/cases/1/").content.decode()
    assert "现行版本" in page and not Reading.objects.filter(kind="case").exists()
    planted.store(in_force(), list(planted.cases(1)), now())
    assert "须用以往办件试算" in client.get(f"{LIST}{trial.pk}/change/").content.decode()
