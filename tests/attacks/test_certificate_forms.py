"""Issue 11, bad input: forms of certificates and filings, changed, foreign, doubled and stale."""

import re
import uuid
from typing import Any

import pytest

from certificates.models import Certificate, Filing, Revocation
from people.actors import Actor
from people.models import User
from tests.approvals.cases import settled
from tests.approvals.returns import enter
from tests.attacks import history
from tests.attacks.desk import REASON, Unchanged, press, problem


@pytest.fixture
def papers(furnished: None, clerk: Actor, colleague: Actor) -> list[Certificate]:
    found = [settled("graduate"), settled("graduate_23")]
    return [Certificate.objects.get(application=case.number) for case in found]


def standing() -> list[Any]:
    papers = Certificate.objects.order_by("pk").values_list("pk", "state", "events")
    return [list(papers), list(Revocation.objects.order_by("pk").values())]


def test_a_revocation_of_another_certificate_is_not_confirmed_on_this_page(
    papers: list[Certificate], clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    first, second = enter(clerk.code), enter(colleague.code)
    for paper in papers:
        made = {"action": "propose", "ground": "deception", "reason": "学历系伪造，已核实"}
        assert press(first, paper, **made).status_code == 302
    keys = {r.certificate_id: str(r.pk) for r in Revocation.objects.all()}
    one, other = papers
    before = standing()
    for action in ("confirm", "drop"):
        for key in (keys[other.pk], str(uuid.uuid4()), "x", "", [keys[one.pk], keys[other.pk]]):
            answer = press(second, one, action=action, revocation=key)
            assert 400 <= answer.status_code < 500, (action, key, answer.status_code)
            assert standing() == before, (action, key)
    assert press(first, one, action="confirm", revocation=keys[one.pk]).status_code == 403
    there = enter(stranger.code)
    assert press(there, one, action="confirm", revocation=keys[one.pk]).status_code == 404
    assert standing() == before
    assert press(second, one, action="confirm", revocation=keys[one.pk]).status_code == 302


def test_no_form_of_a_certificate_is_taken_twice_or_from_a_stale_page(
    papers: list[Certificate], clerk: Actor, colleague: Actor
) -> None:
    one = papers[0]
    first, second = enter(clerk.code), enter(colleague.code)
    page = first.get(f"/desk/certificates/certificate/{one.pk}/change/").content.decode()
    shown = re.search(r'name="version" value="(\d+)"', page)
    assert shown, "the page does not say which version it shows"
    stale = {"version": shown[1], "reason": "经核实情况有变"}
    assert press(second, one, action="suspend", **stale).status_code == 302
    before = standing()
    for action in ("suspend", "restore", "cancel", "propose"):
        answer = press(first, one, action=action, ground="deception", **stale)
        assert answer.status_code == 409, action
        assert problem(answer), action
        assert standing() == before, action
    now_ = str(Certificate.objects.get(pk=one.pk).events)
    for version in ("", "x", [now_, "0"], ["0", now_]):
        form = {"version": version, "reason": "经核实情况有变"}
        assert 400 <= press(first, one, action="restore", **form).status_code < 500, version
        assert standing() == before, version


def test_filings_of_elsewhere_are_not_sent_again(furnished: None, tmp_path: Any) -> None:
    history.live_through(tmp_path)
    filing = Filing.objects.all()[0]
    wrong = User.objects.filter(role="clerk").exclude(office=filing.certificate.office_id)[0]
    client, before = enter(wrong.username), Unchanged()
    assert (
        client.post(f"/desk/certificates/filing/{filing.pk}/do/", {"reason": REASON}).status_code
        == 404
    )
    assert before.holds()
