"""The API of the running processes while some of them are stopped, and webhooks in both ways."""

import http.client
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography.exceptions import InvalidSignature
from joserfc.jwk import KeySet

from approvals.models import Application, Decision
from benchmarks.cases import FOOD_SCOPE
from certificates.models import Certificate
from deploy.local.stack import Stack
from exchange import webhook_client
from exchange.models import Notice
from exchange.partners import credentials_file
from ledger.clock import now
from tests import endpoints
from tests.approvals.cases import CITY, graduates, trader_answers
from tests.approvals.program import PATH, Program, Reply, assert_problem, body
from tests.exchange.receiver import Got, Receiver

pytestmark = pytest.mark.slow
ID_NUMBER = re.compile(rb"(?<![0-9])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx](?![0-9])")
WAIT_SECONDS = 40.0  # seconds; enough for a busy machine


def trader(kind: str = "trader", scope: str = "F5299") -> dict[str, Any]:
    return body(kind, service="sole_trader", answers=trader_answers(scope=[scope]))


def until(program: Program, number: str, *states: str) -> dict[str, Any]:
    """Return the case once it is in one of the states, or as it is when the time is over."""
    ends = time.monotonic() + WAIT_SECONDS
    while True:
        case: dict[str, Any] = program.get(f"{PATH}/{number}").json
        if case["state"] in states or time.monotonic() > ends:
            return case
        time.sleep(0.2)


def test_a_waiting_call_is_answered_with_the_decided_case_and_its_receipt_can_be_checked(
    stack: Stack,
) -> None:
    window = Program("window", stack.url)
    answer = window.post(body("graduate_23"), Prefer="wait=5")
    number = answer.json["number"]
    if answer.status == 201:  # within the budget, unless this machine is busy
        assert answer.headers["Preference-Applied"] == "wait=5"
        assert answer.json["state"] == "approved"
    assert until(window, number, "approved")["state"] == "approved"
    other = body("graduate_25")
    again = window.post(other, Idempotency_Key="a-key-of-its-own", Prefer="wait=5").json
    assert again["number"] != number
    receipt = window.get(f"{PATH}/{number}/receipt")
    keys = KeySet.import_key_set(
        json.loads(Program("", stack.url).get("/.well-known/jwks.json").raw)
    )
    key = keys.get_by_kid(receipt.headers["Signature-Key"])
    signature = bytes.fromhex(receipt.headers["Signature-Hex"])
    key.get_op_key("verify").verify(signature, receipt.raw)  # raises InvalidSignature
    with pytest.raises(InvalidSignature):
        key.get_op_key("verify").verify(signature, receipt.raw.replace(b"approve", b"refused", 1))


def test_two_posts_at_once_for_one_person_harm_nobody_beside_them(stack: Stack) -> None:
    """Through all processes: one settlement for the one, and an approval for each of ten others."""
    window = Program("window", stack.url)
    people = graduates()[-11:]
    applicants = [{"kind": "person", "number": p.number, "name": p.name} for p in people]
    twice, *others = [body(applicant=applicant) for applicant in applicants]
    together = threading.Barrier(12)

    def post(what: dict[str, Any]) -> Reply:
        together.wait(30)
        return window.post(what)

    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(post, [twice, twice, *others]))
    accepted = [r for r in replies if r.status in (201, 202)]
    (second,) = [r for r in replies if r.status not in (201, 202)]
    assert replies.index(second) < 2 and len(accepted) == 11
    mine = next(r for r in replies[:2] if r is not second).json["number"]
    assert mine in assert_problem(second, 409, "duplicate")["detail"]
    cases = [until(window, r.json["number"], "approved", "review") for r in accepted]
    numbers = [case["number"] for case in cases]
    why = list(Application.objects.filter(number__in=numbers).values_list("state", "handover"))
    assert why == [("approved", "")] * 11
    held = Certificate.objects.filter(application__in=numbers, state="valid")
    assert held.count() == len({c.holder for c in held}) == 11
    officers = Decision.objects.filter(application__number__in=numbers).exclude(outcome="approve")
    assert not officers.exists()


def test_programs_and_browsers_get_the_same_protection(stack: Stack) -> None:
    """Programs' paths have a chain of their own: nothing for sessions, but all that protects."""
    window = Program("window", stack.url)
    page, program = window.get("/", Accept="*/*"), window.get("/api/v1/services")
    refused = Program("", stack.url).post(body())
    assert (page.status, program.status, refused.status) == (200, 200, 401)
    protecting = ["X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"]
    protecting += ["Cross-Origin-Opener-Policy"]
    for name in protecting:
        assert page.headers[name] == program.headers[name] == refused.headers[name], name
    assert "Set-Cookie" not in program.headers and "Content-Language" not in program.headers


def test_with_the_engine_stopped_calls_end_within_their_budget_and_every_page_answers(
    stack: Stack,
) -> None:
    stack.stop("engine")
    window = Program("window", stack.url)
    began = time.monotonic()
    answer = window.post(trader(), Prefer="wait=1")
    assert 1.0 <= time.monotonic() - began < 8
    assert answer.status == 202
    assert answer.headers["Retry-After"] == "1"
    number = answer.json["number"]
    pages = ["/health/", "/ready/", "/", "/api/v1/services", "/api/schema/", "/verify/"]
    for page in [*pages, f"{PATH}/{number}", "/services/sole_trader/", "/desk/login/"]:
        assert window.get(page, Accept="*/*").status == 200, page
    assert window.get(f"{PATH}/{number}").json["state"] == "submitted"
    stack.start("engine")
    assert until(window, number, "approved")["state"] == "approved"


def test_while_two_hundred_calls_wait_the_site_answers_at_once(stack: Stack) -> None:
    stack.stop("engine")
    people = [CITY.person(i) for i in range(150, 350)]  # one has one application in hand
    payloads = [
        json.dumps(body(applicant={"kind": "person", "number": p.number, "name": p.name})).encode()
        for p in people
    ]
    bearer = Program("window").bearer
    statuses: list[int] = []

    def post_and_wait(payload: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        headers = {"Authorization": bearer, "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": str(uuid.uuid4()), "Prefer": "wait=5"}
        connection.request("POST", PATH, payload, headers)
        statuses.append(connection.getresponse().status)
        connection.close()

    threads = [
        threading.Thread(target=post_and_wait, args=[payload], daemon=True) for payload in payloads
    ]
    for thread in threads:
        thread.start()
    site = Program("window", stack.url)
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        began = time.monotonic()
        assert site.get("/health/").status == 200
        assert site.get("/ready/").status == 200
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.2)
    assert statuses == [202] * 200
    assert Application.objects.count() == 200
    assert slowest < 4.0  # 200 calls that kept their connection of 16 would take 60 s


def test_with_the_celery_worker_stopped_only_cases_of_other_agencies_wait(
    stack: Stack, redis_client: redis.Redis
) -> None:
    stack.stop("worker")
    window = Program("window", stack.url)
    graduate = window.post(body(), Prefer="wait=1")
    assert graduate.status == 202
    assert graduate.json["checks_due"] > 0
    number = window.post(trader(), Prefer="wait=5").json["number"]
    assert until(window, number, "approved")["state"] == "approved"
    assert until(window, graduate.json["number"], "submitted")["state"] == "submitted"
    messages = redis_client.lrange("celery", 0, -1)
    assert messages  # the wake-ups wait, and name nobody
    assert not [name for name, value in everything(redis_client) if ID_NUMBER.search(value)]
    stack.start("worker")
    assert until(window, graduate.json["number"], "approved")["state"] == "approved"


def everything(client: redis.Redis) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, name and value) of all that Redis holds now."""
    readers: dict[bytes, Callable[[bytes], Any]] = {
        b"string": client.get,
        b"list": lambda n: client.lrange(n, 0, -1),
        b"set": client.smembers,
        b"hash": client.hgetall,
        b"zset": lambda n: client.zrange(n, 0, -1, withscores=True),
    }
    for name in client.scan_iter(count=1000):
        kind = client.type(name)
        yield name, name + b" " + repr(readers[kind](name) if kind in readers else "").encode()


def test_with_the_registries_down_a_case_goes_to_an_officer_and_is_never_approved(
    stack: Stack,
) -> None:
    stack.stop("registry")
    window = Program("window", stack.url)
    number = window.post(body()).json["number"]
    case = until(window, number, "review", "approved")
    assert case["state"] == "review"
    assert case["decision"]["outcome"] == "refer"
    assert any(reason.endswith(":unknown") for reason in case["decision"]["reasons"])
    assert case["certificate"] is None
    assert_problem(Program("university", stack.url).get(f"{PATH}/{number}"), 404)


@pytest.fixture
def receivers(stack: Stack) -> Iterator[dict[str, Receiver]]:
    """The food office's and the hall's own webhooks."""
    made = {code: Receiver() for code in ("food", "window")}
    for code, receiver in made.items():
        endpoints.listen(code, receiver.url)
    yield made
    for receiver in made.values():
        receiver.stop()


def received(receiver: Receiver, partner: str, kind: str, nth: int = 0) -> dict[str, Any]:
    """Return the nth message of a kind, verified as the published client does."""
    secret = json.loads(credentials_file(partner).read_text())["webhook_secret"]

    def matching() -> list[Got]:
        return [g for g in list(receiver.got) if json.loads(g.body)["type"] == kind]

    ends = time.monotonic() + WAIT_SECONDS
    while len(matching()) <= nth and time.monotonic() < ends:
        time.sleep(0.1)
    got = matching()[nth]
    assert webhook_client.verify(secret, got.headers, got.body, at=now()) == got.message_id
    assert not ID_NUMBER.search(got.body)
    data: dict[str, Any] = json.loads(got.body)["data"]
    return data


def reply(stack: Stack, question: dict[str, Any], granted: bool, reason: str = "") -> int:
    inbound = json.loads(credentials_file("food").read_text())["inbound_secret"]
    message = webhook_client.approval_answered(
        question["application"], question["item"], granted, reason
    )
    return webhook_client.send(f"{stack.url}/webhooks/food/", inbound, message, at=now())[0]


@pytest.mark.parametrize(("granted", "state"), [(True, "approved"), (False, "review")])
def test_another_agency_is_asked_answers_and_the_submitting_one_is_received(
    stack: Stack, receivers: dict[str, Receiver], granted: bool, state: str
) -> None:
    window = Program("window", stack.url)
    number = window.post(trader("trader_food", FOOD_SCOPE)).json["number"]
    assert until(window, number, "waiting")["state"] == "waiting"
    question = received(receivers["food"], "food", "approval.requested")
    assert (question["application"], question["item"]) == (number, "food")
    assert question["law"] == "食品安全法 §35"
    assert reply(stack, question, granted, "" if granted else "后厨面积不足") == 204
    assert until(window, number, state)["state"] == state
    if granted:
        decided = received(receivers["window"], "window", "application.decided")
        assert (decided["application"], decided["state"]) == (number, "approved")
        receipt: Reply = window.get(decided["receipt"])
        assert receipt.json["outcome"] == "approve"
    else:
        assert window.get(f"{PATH}/{number}").json["certificate"] is None
        assert not Notice.objects.filter(kind="application.decided").exists()


def test_no_log_of_any_process_names_a_person_by_number(stack: Stack) -> None:
    window = Program("window", stack.url)
    number = CITY.person(0).number
    assert ID_NUMBER.fullmatch(number.encode())
    window.post(body(answers={}))
    window.post(body(applicant={"kind": "person", "number": number, "name": "x\ny"}))
    for path in (f"{PATH}/{number}", f"/verify/{number}", f"/services/{number}/?q={number}"):
        window.get(path, Accept="*/*")
    accepted = window.post(body(), Prefer="wait=5").json["number"]
    assert until(window, accepted, "approved")["state"] == "approved"
    logs = list(Path(stack.folder, "log").glob("*.log"))
    assert {"web", "engine", "worker", "registry"} <= {log.stem for log in logs}
    assert b"/verify/" in Path(stack.folder, "log", "web.log").read_bytes()  # it is logged at all
    for log in logs:
        assert not ID_NUMBER.search(log.read_bytes()), log.name
