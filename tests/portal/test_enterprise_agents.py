"""Agents of enterprises; and what the actions and PostgreSQL take from whoever acts for one."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from affairs.models import Message
from approvals import actions, policies, queries
from approvals.actions import NewApplication, Represents
from approvals.actions.submission import Key
from approvals.models import Application, Cosignature, Mandate, Representation
from approvals.records.binding import answers_digest
from exchange.models import Lookup
from exchange.queries import Answer
from ledger.clock import now
from people import actors, identity
from people.errors import ActionRejected
from people.models import Enterprise
from tests.approvals.cases import answer_checks, audited, citizen, decide, person
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import enter, hidden
from tests.portal.enterprises import (
    APPLY,
    COMPANY,
    OTHER,
    SERVICE,
    SHOP,
    STRANGER,
    Walk,
    actor,
    agent,
    mandate,
    owned,
    owner_mark,
    publish,
    replace,
    subject,
    user,
    write,
)

pytestmark = pytest.mark.usefixtures("furnished", "nobody_waits", "services")


@pytest.fixture
def services(furnished: None) -> None:
    publish(SERVICE, OTHER)


# --- agents


def test_an_agent_hands_in_corrects_and_reads_and_no_more() -> None:
    walk = agent()
    page = walk.get("/acting/").content.decode()
    assert owned(COMPANY).name in page and "事项名称" in page
    case = walk.apply()
    row = Representation.objects.get()
    assert (row.acting, row.mandate) == ("agent", Mandate.objects.get())
    assert case.channel == "agent" and case.applicant == subject(COMPANY)
    for deed in ("withdraw", "contest", "deliver"):
        sent = {
            "version": case.events,
            "reason": "x",
            **hidden(walk.get("/cases/").content.decode()),
        }
        sent["owner"] = owner_mark(walk.client)
        answer = walk.client.post(f"/cases/{case.number}/{deed}/", sent)
        assert answer.status_code in (403, 404), deed
    for path in ("/accesses/", "/mandates/", "/messages/choices/", f"/services/{OTHER}/apply/"):
        assert walk.get(path).status_code == 403 and "法定代表人" in walk.page, path
    own = Walk(COMPANY, COMPANY)
    page = own.get(f"/cases/{case.number}/").content.decode()
    assert person(STRANGER).name in page and "本人登录后作出的委托" in page
    assert "有人代您提交了申请" in own.get("/messages/").content.decode()
    told = Message.objects.filter(case=case.number).values_list("subject", flat=True)
    assert set(told) == {subject(COMPANY)}
    write(subject(COMPANY), state="revoked")
    answer_checks(case, enterprise=Answer("enterprise", subject(COMPANY), "found", {
        "name": owned(COMPANY).name, "state": "revoked", "capital": None}))  # fmt: skip
    assert decide(case)[0].state == "returned"
    corrected = f"/cases/{case.number}/correct/"
    assert walk.get(corrected).status_code == 200
    assert walk.post(corrected, _slash_text="恒瑞", _slash_consent="true").status_code == 302
    assert audited() == []


def test_a_mandate_is_given_for_an_enterprise_on_its_page_and_ends_at_once() -> None:
    rep, stranger = Walk(COMPANY, COMPANY), person(STRANGER)
    page = rep.get("/mandates/").content.decode()
    assert f"谁可以为{owned(COMPANY).name}办理" in page and "应届" not in page
    until = (dt.date.today() + dt.timedelta(days=9)).isoformat()
    good = {
        "_slash_service": SERVICE,
        "_slash_name": stranger.name,
        "_slash_number": stranger.number,
        "_slash_until": until,
    }
    assert rep.post("/mandates/", **{**good, "_slash_service": "sole_trader"}).status_code == 422
    rep.get("/mandates/")
    assert rep.post("/mandates/", **good).status_code == 302
    given = Mandate.objects.get()
    assert given.enterprise_id == subject(COMPANY)
    walk = Walk(STRANGER, COMPANY)
    assert walk.get("/cases/").status_code == 200
    assert owned(COMPANY).name in Walk(STRANGER).get("/mandates/").content.decode()
    rep.get("/mandates/")
    assert rep.post(f"/mandates/{given.pk}/end/").status_code == 302
    assert walk.get("/cases/").status_code == 403
    kinds = Message.objects.filter(subject=identity.index(stranger.number))
    assert {"mandate_given", "mandate_ended"} <= set(kinds.values_list("kind", flat=True))


def test_a_mandate_does_not_outlast_the_representative_who_gave_it() -> None:
    walk = agent()
    case = walk.apply()
    replace(COMPANY, "elder")
    assert walk.get(f"/cases/{case.number}/").status_code == 403
    assert walk.act_for(COMPANY).status_code == 404
    new = Walk("elder", COMPANY)
    given = Mandate.objects.get()
    assert person(STRANGER).name in new.get("/mandates/").content.decode()
    assert new.post(f"/mandates/{given.pk}/end/").status_code == 302
    assert new.get(f"/cases/{case.number}/").status_code == 200


def test_an_agent_who_hands_it_over_mid_form_is_stopped_at_the_last_step() -> None:
    walk = agent()
    walk.fill()
    page = walk.page
    actions.end_mandate(key=Mandate.objects.get().pk, by=actor(COMPANY), now=now())
    walk.page = page
    assert walk.submit().status_code == 403 and not Application.objects.exists()


# --- the action itself, and PostgreSQL


def by_action(by: Any, of: str, represents: Represents | None, channel: str) -> Application:
    one = owned(of)
    new = NewApplication(
        service=SERVICE,
        applicant=actions.Applicant("enterprise", one.uscc, one.name),
        answers={"text": "恒瑞", "consent": True},
        channel=channel,
        key=Key("k" * 32, b"0" * 32),
        represents=represents,
    )
    return actions.submit(new=new, by=by, now=now())


@pytest.mark.parametrize(
    ("by", "of", "represents", "channel"),
    [
        (COMPANY, SHOP, Represents("statutory"), "statutory"),
        (COMPANY, COMPANY, Represents("statutory"), "portal"),
        (COMPANY, COMPANY, Represents("guardian"), "guardian"),
        (COMPANY, COMPANY, Represents("agent"), "agent"),
        (COMPANY, COMPANY, None, "portal"),
        (COMPANY, COMPANY, None, "statutory"),
        ("agent", COMPANY, Represents("statutory"), "statutory"),
        ("person", COMPANY, Represents("statutory"), "statutory"),
    ],
)
def test_the_action_takes_nothing_without_the_right(
    by: str, of: str, represents: Represents | None, channel: str
) -> None:
    if by == "agent":
        mandate()
        acts = actor(STRANGER, COMPANY)
    elif by == "person":
        acts = citizen(person(COMPANY))
    else:
        acts = actor(by)
    with pytest.raises(ActionRejected) as refused:
        by_action(acts, of, represents, channel)
    assert refused.value.status in (403, 404)
    assert not Application.objects.exists()


def test_a_capacity_that_is_over_hands_nothing_in_though_the_actor_was_made_before() -> None:
    acts = actor(COMPANY)
    asked = Lookup.objects.count()
    replace(COMPANY, "elder")
    with pytest.raises(ActionRejected, match="Neither the registry"):
        by_action(acts, COMPANY, Represents("statutory"), "statutory")
    assert Lookup.objects.filter(purpose=f"representative:{SERVICE}").exists()
    assert Lookup.objects.count() > asked


def test_having_handed_it_in_gives_no_right_of_its_own() -> None:
    case = Walk(COMPANY, COMPANY).apply()
    by = citizen(person(COMPANY))
    assert policies.acting_for(by, case, now()) == ""
    assert not queries.handed_in_for_others(by).exists()
    assert not policies.is_applicant(by, case)
    assert actors.for_enterprise(user(SHOP), subject(SHOP)).applicant == subject(SHOP)
    assert queries.visible_to(actor(COMPANY)).get() == case


def test_postgresql_refuses_what_no_action_writes() -> None:
    given = mandate()
    case = Walk(COMPANY, COMPANY).apply()
    row = Representation.objects.get()
    agent_of = identity.index(person(STRANGER).number)
    for change in (
        f"UPDATE approvals_representation SET acting = 'agent' WHERE id = '{row.pk}'",
        f"UPDATE approvals_mandate SET enterprise_id = NULL WHERE id = '{given.pk}'",
        f"UPDATE people_enterprise SET number = '\\x00' WHERE subject = '{subject(COMPANY)}'",
        f"UPDATE people_enterprise SET subject = '{agent_of}' WHERE subject = '{subject(COMPANY)}'",
        "INSERT INTO approvals_representation SELECT gen_random_uuid(), at, 'agent',"
        f" representative, representative_number, representative_name, '', id, '{given.pk}'"
        " FROM approvals_representation",
        f"UPDATE approvals_application SET channel = 'agent' WHERE id = '{case.pk}'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_a_representative_signs_for_themselves_beside_it_and_an_agent_does_not() -> None:
    given = mandate()
    for who, taken in ((COMPANY, True), (STRANGER, False)):
        Walk(who, COMPANY).apply(path=APPLY)
        case = Application.objects.latest("created_at")
        row = Cosignature.objects.create(
            application=case,
            signer=identity.index(person(who).number),
            answers_hash=answers_digest(case.answers),
            asked_at=now(),
            due_at=now() + dt.timedelta(days=3),
        )
        by = citizen(person(who))
        assert policies.is_on_both_sides(by, case) is not taken
        with transaction.atomic():
            rows = Cosignature.objects.filter(pk=row.pk)
            if taken:
                assert rows.update(state="granted", answered_at=now()) == 1
            else:
                with pytest.raises(DatabaseError), transaction.atomic():
                    rows.update(state="granted", answered_at=now())
    assert given.enterprise_id


def test_an_account_is_made_once_and_its_name_follows_the_registry() -> None:
    Walk(COMPANY, COMPANY)
    write(
        identity.index(person(COMPANY).number),
        trades=[
            {
                "uscc": owned(COMPANY).uscc,
                "name": "示例市新源餐饮有限公司",
                "role": "法定代表人",
                "state": "active",
            }
        ],
    )
    walk = Walk(COMPANY, COMPANY)
    assert Enterprise.objects.get().name == "示例市新源餐饮有限公司"
    assert "新源餐饮" in walk.get("/").content.decode()


def test_an_officer_who_represents_it_does_not_handle_what_they_handed_in() -> None:
    case = Walk(COMPANY, COMPANY).apply()
    assert identity.index(person(COMPANY).number) in policies.parties(case)
    assert enter("clerk-market").get("/acting/").status_code == 403
