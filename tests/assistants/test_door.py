"""An assistant at the running door, by the SDK's own client and over plain HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests
from django.db import connection
from mcp import Client

from affairs import accesses, drafts
from approvals.actions import assistant_mandates
from approvals.models import Application, AssistantCall, AssistantMandate
from approvals.states import State
from exchange.models import Lookup
from ledger.clock import city_date, now
from people import identity
from services import catalogue
from tests.approvals.cases import citizen, graduate_answers, person
from tests.approvals.cases import submit as submit_in_portal
from tests.assistants.clients import Door
from tests.assistants.helping import SERVICE, mandated, registered

pytestmark = pytest.mark.slow


def structured(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    return dict(result.structured_content)["data"]


def end(mandate: AssistantMandate) -> None:
    assistant_mandates.end(key=mandate.pk, by=citizen(person("graduate")), now=now())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_submits_one_graduates_case_and_is_refused_the_second(
    door: Door, mode: str
) -> None:
    """By both kinds of the protocol: from reading to the decision, and the end of the mandate."""
    secret = registered()
    mandate, key = mandated()
    token = door.token(key, secret)
    seen: dict[str, Any] = {}

    def in_portal() -> None:
        try:
            end(mandate)
        finally:
            connection.close()

    async def calls(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) >= {"find_service", "read_guide", "precheck", "save_draft", "submit"}
        found = structured(await client.call_tool("find_service", {"text": "毕业生落户"}))
        assert found["services"][0]["service"] == SERVICE
        guide = structured(
            await client.call_tool("read_guide", {"service": SERVICE, "language": "en"})
        )
        assert guide["conditions"] and all(one["law"] for one in guide["conditions"])
        said = {"service": SERVICE, "answers": graduate_answers()}
        judged = structured(await client.call_tool("precheck", said))
        assert judged["would_follow"] == "clear", judged
        said |= {"edition": guide["edition"]}
        made = structured(await client.call_tool("submit", {**said, "key": "first-0001"}))
        again = structured(await client.call_tool("submit", {**said, "key": "first-0001"}))
        assert made["number"] == again["number"] and made["submissions_left"] == 0
        second = await client.call_tool("submit", {**said, "key": "second-0001"})
        assert (
            second.is_error and second.structured_content["error"]["code"] == "submissions_used_up"
        )
        seen.update(made)
        await asyncio.to_thread(in_portal)
        with pytest.raises(Exception):  # noqa: B017 - the SDK's, of a 401 in an open session
            await client.call_tool("case_status", {"number": made["number"]})

    door.with_client(token, calls, mode=mode)
    case = Application.objects.get()
    assert (case.number, case.channel, case.state) == (seen["number"], "assistant", State.APPROVED)
    assert door.raw_call(token, "mandate", {}).status_code == 401
    assert door.exchange(key, secret).json()["error"] == "invalid_grant"
    looked = Lookup.objects.filter(purpose=f"assistant:{SERVICE}")
    assert looked and {one.by for one in looked} == {"assistant:helper"}
    listed = accesses.of(citizen(person("graduate")))
    assert {"call", "lookup"} <= {one.kind for one in listed if "小助" in one.who}
    calls = AssistantCall.objects.order_by("at").values_list("tool", "outcome")
    assert list(calls)[-1] == ("submit", "submissions_used_up") and len(calls) == 6


def test_ending_the_mandate_between_draft_and_submission_stops_it(door: Door) -> None:
    secret = registered()
    mandate, key = mandated()
    token = door.token(key, secret)
    some = {k: v for k, v in graduate_answers().items() if k != "consent"}
    kept = door.call(token, "save_draft", service=SERVICE, answers=some)["data"]
    assert "/consent" in kept["missing"] and kept["page"].endswith(f"/services/{SERVICE}/apply/")
    draft = drafts.find(SERVICE, citizen(person("graduate")), now())
    assert draft is not None and draft.answers == some
    assert "saved_at" not in door.call(token, "save_draft", service=SERVICE, answers=some)["data"]
    end(mandate)
    said = {"service": SERVICE, "answers": graduate_answers(), "edition": 1, "key": "k-00000001"}
    answer = door.raw_call(token, "submit", said)
    assert answer.status_code == 401 and "resource_metadata=" in answer.headers["WWW-Authenticate"]
    assert not Application.objects.exists()
    assert drafts.find(SERVICE, citizen(person("graduate")), now()) is not None  # theirs, still


def test_a_draft_of_the_citizens_own_is_not_written_over(door: Door) -> None:
    secret = registered()
    _mandate, key = mandated()
    token = door.token(key, secret)
    by = citizen(person("graduate"))

    edition = catalogue.current(SERVICE, city_date(now()))
    assert edition is not None
    own = {"district": graduate_answers()["district"]}
    assert drafts.save(book=catalogue.rulebook(edition), answers=own, by=by, now=now())
    said = door.call(token, "save_draft", service=SERVICE, answers=graduate_answers())
    assert said["error"]["code"] == "draft_of_citizen"
    kept = drafts.find(SERVICE, by, now())
    assert kept is not None and kept.answers == own
    for wrong in ({"district": 5}, {"nonsense": 1}, {"district": "x\x00"}, {"address": ["a"]}):
        said = door.call(token, "save_draft", service=SERVICE, answers=wrong)
        assert said["error"]["code"] == "invalid_answers" and said["error"]["faults"], wrong


def test_an_assistant_sees_no_more_than_its_mandate(door: Door) -> None:
    secret = registered()
    _mandate, key = mandated(reads=[])
    token = door.token(key, secret)
    case = submit_in_portal()
    other = submit_in_portal("trader", "sole_trader")
    said = door.call(token, "precheck", service=SERVICE, answers=graduate_answers())
    assert said["error"]["code"] == "not_in_mandate" and not Lookup.objects.filter(
        purpose__startswith="assistant"
    )
    assert door.call(token, "list_cases")["data"] == {"cases": []}
    for number in (case.number, other.number, "", "x" * 40):
        said = door.call(token, "case_status", number=number)
        assert said["error"]["code"] == "not_found"
    said = door.call(token, "save_draft", service="sole_trader", answers={"employees": 1})
    assert said["error"]["code"] == "not_in_mandate"
    _mandate, wider = mandated(reads=["cases", "facts"])
    token = door.token(wider, secret)
    assert [c["number"] for c in door.call(token, "list_cases")["data"]["cases"]] == [case.number]
    status = door.raw_call(token, "case_status", {"number": case.number})
    guide = door.raw_call(token, "read_guide", {"service": SERVICE})
    judged = door.raw_call(token, "precheck", {"service": SERVICE, "answers": graduate_answers()})
    number = person("graduate").number
    for answer in (status, guide, judged):
        assert answer.status_code == 200 and "error" not in answer.json()["result"]
        assert number not in answer.text and identity.index(number) not in answer.text
        assert identity.mask(number) not in answer.text
    log = door.stack.door.log.read_text(errors="replace")
    assert number not in log and token not in log and key not in log and secret not in log


def test_what_is_not_disclosed_is_not_told_nor_to_be_concluded(door: Door) -> None:
    """Somebody who fails an undisclosed condition is judged as somebody who does not."""
    secret = registered()
    answers: list[Any] = []
    for who in ("graduate", "criminal"):
        _mandate, key = mandated(who)
        token = door.token(key, secret)
        said = {"service": SERVICE, "answers": graduate_answers()}
        data = door.call(token, "precheck", **said)["data"]
        answers.append((data["would_follow"], data["conditions"]))
        assert data["some_conditions_are_not_told"]
    assert answers[0] == answers[1]


def test_the_token_endpoint_refuses_in_the_words_of_its_standard(door: Door) -> None:
    secret, other = registered(), registered("other")
    _mandate, key = mandated()
    metadata = requests.get(f"{door.origin}/.well-known/oauth-authorization-server", timeout=60)
    assert metadata.json()["issuer"] == door.origin
    resource = requests.get(f"{door.origin}/.well-known/oauth-protected-resource/mcp", timeout=60)
    assert resource.json()["resource"] == door.url
    assert resource.json()["authorization_servers"] == [door.origin]
    good = door.exchange(key, secret, resource=door.url)
    assert good.status_code == 200 and good.headers["Cache-Control"] == "no-store"
    assert good.json()["token_type"] == "Bearer" and 0 < good.json()["expires_in"] <= 600
    for answer, error, status in (
        (door.exchange(key, other), "invalid_client", 401),
        (door.exchange(key, other, "other"), "invalid_grant", 400),
        (door.exchange(key[:-1] + "?", secret), "invalid_grant", 400),
        (door.exchange(key, "\x00", "\x00"), "invalid_request", 400),
        (door.exchange(key, secret, resource="https://other.example/mcp"), "invalid_target", 400),
        (
            door.exchange(key, secret, grant_type="client_credentials"),
            "unsupported_grant_type",
            400,
        ),
        (door.exchange(key, secret, subject_token_type="x"), "invalid_request", 400),
        (door.exchange(key, secret, subject_token=None), "invalid_request", 400),
        (door.exchange(key, secret, grant_type=["a", "b"]), "invalid_request", 400),
        (door.exchange("钥匙", secret), "invalid_request", 400),
    ):
        assert (answer.json().get("error"), answer.status_code) == (error, status)
    url = f"{door.origin}/token"
    for sent in (b"", b"\xff\xfe", b"a=" + b"x" * 300_000, b"{}"):
        plain = requests.post(url, data=sent, timeout=60)
        assert 400 <= plain.status_code < 500, plain.text
    files = requests.post(url, files={"subject_token": b"x"}, auth=("helper", secret), timeout=60)
    assert 400 <= files.status_code < 500
    assert requests.get(url, timeout=60).status_code == 405
