"""A rule's whole way by the desk's pages; in a browser: tests/portal/test_policy_journey.py."""

import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client

from approvals.trials import running
from ledger.clock import city_date, now
from people.models import User
from services.models import Draft, Proposal, Trial
from tests import officers
from tests.approvals import planted
from tests.approvals.test_trials import in_force

DESK = "/desk/services/"
CAP, DAYS, CASES = 24, 80, 200


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def at_desk(name: str, role: str, language: str = "zh-hans", **more: Any) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(
        officers.make(name, role, **more), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return str(answer.content.decode())


def act(client: Client, proposal: Proposal, action: str, reason: str = "") -> Any:
    sent = {"action": action, "reason": reason, "hash": proposal.hash}
    return client.post(f"{DESK}proposal/{proposal.pk}/do/", sent)


def tried(client: Client, link: str) -> Trial:
    """Order the trial that a page links to, with the days that it offers."""
    order = page(client, link)
    sent = {
        name: re.findall(f'name="{name}" value="([0-9-]+)"', order)[0]
        for name in ("first_day", "last_day")
    }
    sent["text"] = html.unescape(order.partition("required>\n")[2].partition("</textarea>")[0])
    answer = client.post(link, {**sent, "order": "1"})
    assert answer.status_code == 302, answer.content.decode()
    trial = Trial.objects.latest("asked_at")
    assert answer["Location"] == f"{DESK}trial/{trial.pk}/change/"
    trial = running.run(trial.pk, now=now())
    assert (trial.state, trial.fault) == ("finished", "")
    return trial


def drafted(author: Client, start: datetime.date) -> Draft:
    """A draft with another cap from a day on, in force from today, changed by its forms."""
    assert author.post(f"{DESK}draft/begin/", {"service": "graduate_settlement"}).status_code == 302
    draft = Draft.objects.latest("pk")
    cap = "/parameters/age_cap"
    for section, given in (
        ("parameters", {f"{cap}:on": str(start), f"{cap}:value": f"P{CAP}Y"}),
        ("terms", {"/in_force_from": str(city_date(now()))}),
    ):
        sent = {"version": Draft.objects.get(pk=draft.pk).version, **given}
        answer = author.post(f"{DESK}draft/{draft.pk}/edit/{section}/", sent)
        assert answer.status_code == 302, answer.content.decode()
    return Draft.objects.get(pk=draft.pk)


def test_reviewers_decide_by_one_page_and_a_former_edition_comes_back() -> None:
    today = city_date(now())
    start = today - datetime.timedelta(days=DAYS)
    former = in_force()
    planted.store(former, planted.lately(CASES, start, DAYS - 1), now())
    author = at_desk("pan-desk", User.Role.POLICY)
    law = at_desk("han-desk", User.Role.LEGAL, office_id="hrss")
    tech = at_desk("ding-desk", User.Role.TECHNICAL, "en")
    draft = drafted(author, start)
    own = f"{DESK}draft/{draft.pk}/change/"
    assert "年龄上限" in page(author, own) and "该文本尚未试算" in page(author, own)
    trial = tried(author, f"{DESK}trial/order/?draft={draft.pk}")
    assert trial.flips > 0 and str(trial.pk) in page(author, own)
    assert f"{DESK}draft/{draft.pk}/change/" in page(author, f"{DESK}trial/{trial.pk}/change/")
    sent = {"do": "propose", "version": draft.version}
    author.post(f"{DESK}draft/{draft.pk}/do/", sent)
    proposal = Proposal.objects.latest("pk")
    assert proposal.hash == trial.hash
    one = f"{DESK}proposal/{proposal.pk}/change/"
    assert one in page(author, own)

    # alone its author gets nowhere, and is told why in words
    said = act(author, proposal, "publish")
    assert said.status_code == 409
    assert "尚缺法制审核人员同意" in said.content.decode()
    said = act(author, proposal, "approve", "自己同意")
    assert said.status_code == 403 and "换用其他账号也不行" in said.content.decode()

    # each reviewer has all of it on one page, in their language
    for client, words in (
        (law, ("年龄上限", "不再通过", str(trial.flips), "不会重犯", proposal.hash)),
        (
            tech,
            (
                "age limit",
                "Approval lost",
                str(trial.flips),
                "It repeats no error",
                "Still missing",
            ),
        ),
    ):
        text = page(client, one)
        assert all(word in text for word in words), [w for w in words if w not in text]
        assert act(client, proposal, "approve", "已逐条核对，同意").status_code == 302
    assert f"/trial/{trial.pk}/" in page(tech, one)
    assert act(author, proposal, "publish").status_code == 302
    live = in_force()
    assert (live.number, live.in_force_from) == (former.number + 1, today)

    # the former edition, by a trial over fewer days
    back = f"{DESK}edition/{former.pk}/rollback/"
    assert back in page(author, f"{DESK}edition/{former.pk}/change/")
    assert back not in page(author, f"{DESK}edition/{live.pk}/change/"), "it is the latest"
    assert back not in page(tech, f"{DESK}edition/{former.pk}/change/")
    assert page(law, back, 403) and page(tech, back, 403)
    assert "年龄上限" in page(author, back)
    for given, status in (
        ({"reason": " ", "day": str(today)}, 409),
        ({"reason": "误伤博士", "day": "soon"}, 422),
        ({"reason": "误伤博士", "day": "2026-01-01"}, 409),
    ):
        answer = author.post(back, given)
        assert answer.status_code == status
        assert given["reason"].strip() in answer.content.decode()
    assert author.post(back, {"reason": "误伤博士", "day": str(today)}).status_code == 302
    again = Proposal.objects.latest("pk")
    assert again.rollback_of == former
    second = tried(author, f"{DESK}trial/order/?proposal={again.pk}")
    assert second.first_day > trial.first_day, "fewer days are asked for"
    assert "该文本曾经施行" in page(law, f"{DESK}proposal/{again.pk}/change/")
    for client in (law, tech):
        assert act(client, again, "approve", "恢复原文本").status_code == 302
    assert act(author, again, "publish").status_code == 302
    assert (in_force().number, in_force().source) == (live.number + 1, former.source)


def test_an_order_names_only_texts_that_are_there() -> None:
    author = at_desk("pan-desk", User.Role.POLICY)
    for query in ("draft=0", "draft=x", "proposal=9" * 3, "draft=" + "9" * 40):
        assert author.get(f"{DESK}trial/order/?{query}").status_code == 404
