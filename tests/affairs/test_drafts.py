"""Drafts: kept on the way, resumed on any device, never an application, their owner's alone."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings

from affairs import drafts, duties, messages
from affairs.models import Draft
from approvals.models import Application
from ledger.clock import now
from people.actors import Actor, Kind
from people.models import User
from services import catalogue, publish
from tests.affairs.people import of, refused
from tests.approvals.cases import graduate_answers, submit
from tests.counter.desk import enter, hidden
from tests.services.editions import graduates_newer

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/services/graduate_settlement/apply/"


def form(client: Any) -> dict[str, Any]:
    return hidden(client.get(PATH).content.decode())


def filled(**changes: str) -> dict[str, str]:
    answers = {k: str(v) for k, v in graduate_answers().items() if k != "consent"}
    return {f"/{name}": value for name, value in {**answers, **changes}.items()}


def save(client: Any, **changes: str) -> Any:
    return client.post(PATH, {**form(client), **filled(**changes), "step": "save"})


def test_what_is_saved_is_there_on_another_device() -> None:
    assert save(enter("graduate"), phone="13800138000").status_code == 302
    page = enter("graduate").get(PATH).content.decode()
    assert "13800138000" in page and graduate_answers()["address"] in page and "保留至" in page
    listed = enter("graduate").get("/cases/").content.decode()
    assert PATH in listed and "草稿" in listed
    assert not Application.objects.exists()


def test_each_step_keeps_what_was_filled_in() -> None:
    client = enter("graduate")
    client.post(PATH, {**form(client), **filled(), "step": "check"})
    assert drafts.find("graduate_settlement", of("graduate"), now()) is not None
    wrong = {**filled(), "/address": "nowhere"}
    assert client.post(PATH, {**form(client), **wrong, "step": "check"}).status_code == 422
    saved = drafts.find("graduate_settlement", of("graduate"), now())
    assert saved is not None and saved.answers["address"] == "nowhere"
    assert Draft.objects.count() == 1


def test_what_is_handed_in_is_no_draft_any_more() -> None:
    save(enter("graduate"))
    save(enter("criminal"))
    submit("graduate")
    assert list(Draft.objects.values_list("subject", flat=True)) == [of("criminal").code]


def test_a_draft_is_encrypted_and_nobody_elses() -> None:
    save(enter("graduate"), phone="13800138000")
    row = Draft.objects.get()
    assert b"13800138000" not in bytes(row.answers)
    assert drafts.find("graduate_settlement", of("criminal"), now()) is None
    assert "13800138000" not in enter("criminal").get(PATH).content.decode()
    assert enter("criminal").post("/services/graduate_settlement/draft/").status_code == 302
    assert Draft.objects.count() == 1


def test_postgresql_keeps_drafts_with_their_owners() -> None:
    save(enter("graduate"))
    save(enter("criminal"))
    mine, theirs = of("graduate").code, of("criminal").code
    move = "UPDATE affairs_draft SET subject = %s WHERE subject = %s"
    assert "of another person" in refused(move, "0" * 32, mine)
    swap = (
        "UPDATE affairs_draft SET answers = (SELECT answers FROM affairs_draft WHERE subject = %s)"
        " WHERE subject = %s"
    )
    assert "of another person" in refused(swap, theirs, mine)
    assert "of another person" in refused("UPDATE affairs_draft SET service_id = 'sole_trader'")
    assert "of another person" in refused("UPDATE affairs_draft SET edition = 99")
    copy = (
        "INSERT INTO affairs_draft SELECT gen_random_uuid(), %s, edition, answers, saved_at,"
        " expires_at, service_id FROM affairs_draft WHERE subject = %s"
    )
    assert refused(copy, User.objects.get(username="trader").subject, mine)


def test_an_officer_and_nobody_have_none() -> None:
    book = catalogue.numbered("graduate_settlement", 1)
    assert book is not None
    for by in (of("clerk-hrss"),):
        assert not drafts.save(book=book, answers={"address": "x"}, by=by, now=now())
        assert drafts.find("graduate_settlement", by, now()) is None
    assert not Draft.objects.exists()


def test_a_draft_ends_after_the_citys_term_with_a_message_before() -> None:
    save(enter("graduate"))
    row, days = Draft.objects.get(), settings.CITY.drafts
    assert row.expires_at == row.saved_at + dt.timedelta(days=days.days)
    soon = row.expires_at - dt.timedelta(days=days.notice)
    duties.note_endings(soon - dt.timedelta(minutes=1))
    assert messages.unread(of("graduate")) == 0
    for _twice in range(2):
        duties.note_endings(soon)
    message = messages.inbox(of("graduate")).get()
    assert message.kind == "draft_ending"
    assert f'href="{PATH}"' in enter("graduate").get(f"/messages/{message.pk}/").content.decode()
    duties.expire_drafts(row.expires_at - dt.timedelta(seconds=1))
    assert Draft.objects.exists()
    duties.expire_drafts(row.expires_at)
    assert not Draft.objects.exists()


def test_a_draft_of_an_older_edition_says_what_is_different_and_keeps_what_fits() -> None:
    save(enter("graduate"), phone="13800138000")
    graduates_newer(now())
    page = enter("graduate").get(PATH).content.decode()
    assert 'id="differences"' in page and "您填写表单之后" in page and "13800138000" in page
    assert "此后有变化" in enter("graduate").get("/cases/").content.decode()


def test_a_service_that_was_closed_says_so() -> None:
    save(enter("graduate"))
    officer = Actor(Kind.OFFICER, "policy")
    publish.switch(
        service="graduate_settlement", enabled=False, reason="test", by=officer, now=now()
    )
    answer = enter("graduate").get(PATH)
    assert answer.status_code == 410 and "暂停受理" in answer.content.decode()
    assert enter("criminal").get(PATH).status_code == 404
    assert "暂停受理" in enter("graduate").get("/cases/").content.decode()
    gone = enter("graduate").post("/services/graduate_settlement/draft/", follow=True)
    assert "草稿已删除" in gone.content.decode() and not Draft.objects.exists()


def test_begun_anew_it_is_empty() -> None:
    save(enter("graduate"), phone="13800138000")
    client = enter("graduate")
    assert client.post("/services/graduate_settlement/draft/")["Location"] == PATH
    assert "13800138000" not in client.get(PATH).content.decode()
