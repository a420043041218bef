"""The citizen's pages: letting an assistant act, seeing what it does, ending it."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from environs import Env

from approvals.actions import assistant_mandates
from approvals.models import Application, AssistantMandate
from approvals.states import State
from config import assistants as settings_of_assistants
from ledger.clock import city_date, now
from tests.approvals.cases import answer_checks, audited, decide
from tests.assistants.helping import SERVICE, hand_in, mandated, registered
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import enter, hidden

pytestmark = pytest.mark.usefixtures("furnished")
NEW = "/assistants/new/"


def sent(**changes: Any) -> dict[str, Any]:
    until = city_date(now()) + dt.timedelta(days=30)
    said = {
        "/assistant": "helper",
        "/services": [SERVICE],
        "/submissions": "1",
        "/reads": ["facts"],
        "/until": until.isoformat(),
    }
    return {**said, **changes}


def signed(client: Client, **changes: Any) -> Any:
    """Walk from the form to the signature, as a browser posts it."""
    page = client.post(NEW, {**sent(**changes), "step": "check"}).content.decode()
    return client.post(NEW, {**hidden(page), "consent": "1", "step": "sign"})


def test_a_citizen_lets_an_assistant_act_and_learns_its_key_once() -> None:
    secret = registered()
    client = enter("graduate")
    form = client.get(NEW).content.decode()
    assert "小助" in form and "应届毕业生" in form and "示例科技公司" in form
    check = client.post(NEW, {**sent(), "step": "check"}).content.decode()
    assert "高校毕业生学历库" in check or "学历" in check  # which registries are asked
    assert not AssistantMandate.objects.exists()
    unsigned = client.post(NEW, {**hidden(check), "step": "sign"})
    assert unsigned.status_code == 422 and not AssistantMandate.objects.exists()
    once = hidden(unsigned.content.decode())
    given = client.post(NEW, {**once, "consent": "1", "step": "sign"})
    (key,) = re.findall(r"mpam_[\w-]+", given.content.decode())
    mandate = AssistantMandate.objects.get()
    assert assistant_mandates.by_key(key, "helper", secret, now()) == mandate
    assert (mandate.services, mandate.submissions, mandate.reads) == ([SERVICE], 1, ["facts"])
    assert given["Cache-Control"].count("no-store")
    again = client.post(NEW, {**once, "consent": "1", "step": "sign"})  # sent twice
    assert again.status_code == 302 and AssistantMandate.objects.count() == 1
    for place in ("/assistants/", f"/assistants/{mandate.pk}/", "/cases/"):
        assert key not in client.get(place).content.decode()
    assert "小助" in client.get("/assistants/").content.decode()
    assert "您已授权智能助手代您办理" in client.get("/messages/").content.decode()


def test_drafts_alone_are_a_mandate_of_no_submission() -> None:
    registered()
    assert signed(enter("graduate"), **{"/submissions": "0", "/reads": []}).status_code == 200
    mandate = AssistantMandate.objects.get()
    assert (mandate.submissions, mandate.reads) == (0, [])


def test_what_it_did_is_on_its_page_and_nobody_elses() -> None:
    registered()
    mandate, _key = mandated()
    case = Application.objects.get(pk=hand_in(mandate, by_person=True).pk)
    answer_checks(case)
    assert decide(case)[0].state == State.REVIEW
    assistant_mandates.record_call(
        mandate, tool="submit", service=SERVICE, case=case.number, now=now()
    )
    client, other = enter("graduate"), enter("trader")
    page = client.get(f"/assistants/{mandate.pk}/").content.decode()
    assert case.number in page and "提交申请" in page
    assert "智能助手：小助" in client.get(f"/cases/{case.number}/").content.decode()
    assert "小助" in client.get("/accesses/").content.decode()
    assert other.get(f"/assistants/{mandate.pk}/").status_code == 404
    assert other.post(f"/assistants/{mandate.pk}/end/").status_code == 404
    assert "小助" not in other.get("/assistants/").content.decode()
    assert client.post(f"/assistants/{mandate.pk}/end/").status_code == 302
    assert assistant_mandates.in_force(mandate.pk, now()) is None
    version = Application.objects.get().version
    taken_back = client.post(f"/cases/{case.number}/withdraw/", {"version": version})
    assert taken_back.status_code == 302
    assert Application.objects.get().state == State.WITHDRAWN
    over = client.get("/assistants/").content.decode()
    assert "授权已终止" in over and f"/assistants/{mandate.pk}/end/" not in over
    assert audited() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"/until": "2020-01-01"}, "授权截止日期"),
        ({"/until": "tomorrow"}, "授权截止日期"),
        ({"/services": []}, "请"),
        ({"/services": ["entity_change"]}, "请选择一至10个"),
        ({"/submissions": "21"}, "提交次数为0至20"),
        ({"/submissions": "many"}, "提交次数为0至20"),
        ({"/assistant": "nobody"}, "请选择已登记的智能助手"),
    ],
)
def test_what_is_wrong_is_said_beside_its_question(changes: dict[str, Any], said: str) -> None:
    registered()
    answer = enter("graduate").post(NEW, {**sent(**changes), "step": "check"})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and not AssistantMandate.objects.exists()


def test_who_logged_in_long_ago_does_so_again() -> None:
    registered()
    client = enter("graduate")
    session = client.session
    session["since"] = session["seen"] = dt.datetime.now().timestamp() - 16 * 60
    session.save()
    for answer in (client.get(NEW), client.post(NEW, {**sent(), "step": "sign"})):
        page = answer.content.decode()
        assert "重新登录" in page and "/submissions" not in page
    assert not AssistantMandate.objects.exists()
    out = client.post(NEW, {"step": "log_in_again"})
    assert out.status_code == 302 and "/login/" in out["Location"]


def test_where_the_door_is_closed_there_is_no_page(settings: Any) -> None:
    closed = settings_of_assistants.door(Env())
    assert closed.is_open is True  # of the tests' environment
    settings.ASSISTANTS = type(closed)(False, *(closed.url, 600, "600/minute", "60/minute"))
    client = enter("graduate")
    for place in ("/assistants/", NEW):
        assert client.get(place).status_code == 404
    assert "/assistants/" not in client.get("/cases/").content.decode()


def test_the_door_is_off_unless_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSISTANTS")
    assert settings_of_assistants.door(Env()).is_open is False
    for wrong in ("http://example.org/mcp", "https://example.org", "https://example.org/mcp?x=1"):
        monkeypatch.setenv("ASSISTANTS_URL", wrong)
        with pytest.raises(Exception, match="ASSISTANTS_URL"):
            settings_of_assistants.door(Env())
