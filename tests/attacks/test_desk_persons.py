"""Issue 11, bad input: who may not decide: the first officer, a party, who was barred or moved."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from approvals import actions, policies
from approvals.models import Application
from certificates.models import Certificate
from ledger.clock import now
from people.actors import Actor
from tests.approvals.cases import citizen, person, settled
from tests.approvals.returns import enter
from tests.attacks.desk import LIST, REASON, Unchanged, again, post, press, problem
from tests.attacks.test_desk_forms import FORMS


def test_whoever_decided_before_decides_the_contested_case_by_no_way(
    case: Application, clerk: Actor, colleague: Actor, boss: Actor
) -> None:
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    me = citizen(person("credit_hit"))
    actions.reopen(number=case.number, reason="记录已于上月撤销", by=me, now=now())
    first, supervisor, before = enter(clerk.code), enter("boss"), Unchanged()
    for action, fields in {"take": {}, **FORMS}.items():
        form = {"action": action, "version": str(again(case).version), **fields}
        answer = post(first, case, form)
        assert 400 <= answer.status_code < 500 and problem(answer), action
    for action in ("approve", "return_", "refuse"):
        form = {"case": f"{case.pk}:{again(case).version}", "action": action, "reason": REASON}
        answer = first.post(f"{LIST}together/", {**form, "law": "某法", "opened": "/address"})
        assert answer.status_code < 500
    gift = {"case": f"{case.pk}:{again(case).version}", "to": clerk.code, "reason": REASON}
    assert supervisor.post(f"{LIST}assign/", gift).status_code < 500
    assert before.holds()
    actions.take(number=case.number, by=colleague, now=now())
    made = actions.propose_approval(number=case.number, reason=REASON, by=colleague, now=now())
    before = Unchanged()
    form = {"action": "confirm_approval", "version": str(again(case).version)}
    assert post(first, case, {**form, "proposal": str(made.pk)}).status_code in (403, 409)
    assert before.holds()


def test_an_officer_handles_nothing_of_their_own(furnished: None, stranger: Actor) -> None:
    """回避: the same person applied as a citizen; no way of the desk leads to the case."""
    from people import identity
    from tests.officers import make

    me = person("credit_hit")
    own = make("clerk-own", "clerk", office_id="hrss", person=identity.index(me.number))
    lead = make("boss", "supervisor", office_id="hrss")
    case, paper = settled("credit_hit"), settled("graduate")
    client, before = enter(own.username), Unchanged()
    assert client.get(f"{LIST}{case.pk}/change/").status_code == 404
    assert case.number not in client.get(LIST).content.decode()
    for action, fields in {"take": {}, "reopen": {"reason": REASON}, **FORMS}.items():
        form = {"action": action, "version": str(case.version), **fields}
        assert post(client, case, form).status_code == 404, action
    assert own not in policies.handlers(case)  # nor offered to who gives cases away
    gift = {"case": f"{case.pk}:{case.version}", "to": own.username, "reason": REASON}
    assert enter(lead.username).post(f"{LIST}assign/", gift).status_code == 422
    assert before.holds()
    with pytest.raises(IntegrityError, match="of elsewhere"), transaction.atomic():
        Application.objects.filter(pk=case.pk).update(taken_by=own, taken_at=now())
    holder = make(
        "clerk-holder", "clerk", office_id="hrss", person=identity.index(person("graduate").number)
    )
    held = Certificate.objects.get(application=paper.number)
    there = enter(holder.username)
    assert there.get(f"/desk/certificates/certificate/{held.pk}/change/").status_code == 404
    assert press(there, held, action="restore", reason=REASON).status_code == 404
    assert stranger


def barred(username: str) -> None:
    from tests.officers import change

    change(username, is_active=False)


def moved(username: str) -> None:
    from tests.officers import change

    change(username, office_id="market")


def made_auditor(username: str) -> None:
    from tests.officers import change

    change(username, role="auditor", office_id=None)


def elsewhere(username: str) -> None:
    from tests.officers import change

    change(username, region_id="440304")


@pytest.mark.parametrize("change", [barred, moved, made_auditor, elsewhere])
def test_an_open_page_of_who_was_barred_or_moved_decides_nothing(
    change: Callable[[str], None], case: Application, clerk: Actor
) -> None:
    """The session was opened before; the page stands open with the right version."""
    client = enter(clerk.code)
    assert client.get(f"{LIST}{case.pk}/change/").status_code == 200
    change(clerk.code)
    before = Unchanged()
    for action, fields in FORMS.items():
        form = {"action": action, "version": str(case.version), **fields}
        answer = post(client, case, form)
        assert answer.status_code in (302, 403, 404), (action, answer.status_code)
        assert before.holds(), action
    for address in (f"{LIST}together/", f"{LIST}assign/"):
        rows = {"case": f"{case.pk}:{case.version}", "action": "refuse", "reason": REASON}
        assert client.post(address, {**rows, "law": "法", "to": "clerk-a"}).status_code < 500
    assert before.holds()
