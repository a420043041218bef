"""The API as another agency's program meets it: what is wrong is named, and leaves no trace."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from approvals.api import waits
from approvals.models import Application
from exchange.models import Partner
from people.numbers import id_number_check
from tests.approvals.cases import answer_checks, decide, graduate_answers, person, settled
from tests.approvals.program import PATH, Program, assert_problem, body, rows

pytestmark = pytest.mark.usefixtures("furnished")
GOOD = b'{"service": "graduate_settlement"}'


def applicant(**changes: Any) -> dict[str, Any]:
    return {"applicant": {**body()["applicant"], **changes}}


def answers(**changes: Any) -> dict[str, Any]:
    return {"answers": graduate_answers(**changes)}


def test_a_good_application_is_taken_and_can_be_asked_for() -> None:
    window = Program()
    taken = window.post(body())
    assert taken.status == 202
    case = taken.json
    assert case["state"] == "submitted"
    assert case["decision"] is None
    assert taken.headers["Location"] == f"{PATH}/{case['number']}"
    assert taken.headers["Retry-After"] == "1"
    again = window.get(taken.headers["Location"])
    assert again.json == case
    assert taken.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"
    number = person("graduate").number
    assert number not in taken.raw.decode()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_body"),
        (b'{"service": "gradu', "json_malformed"),
        (b"{'service': 1}", "json_malformed"),
        (GOOD + b"x", "json_malformed"),
        (b'{"service": "a\x00b"}', "json_malformed"),
        (b'{"service": "a\\u0000b"}', "bad_text"),
        (b'{"service": "\\ud800"}', "bad_text"),
        (b'{"\\ud800": 1}', "bad_text"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "json_duplicate_key"),
        (b'{"service": "a", "service": "b"}', "json_duplicate_key"),
        (b'{"answers": {"x": 1, "y": 2, "x": 1}}', "json_duplicate_key"),
        (b"\xef\xbb\xbf" + GOOD, "json_bom"),
        (GOOD.decode().encode("utf-16"), "json_bom"),
        (GOOD.decode().encode("utf-16-le"), "json_malformed"),
        ('{"service": "é"}'.encode("latin-1"), "json_encoding"),
        (b'{"answers": ' + b"9" * 30 + b"}", "json_number"),
        (b'{"answers": 1e999}', "json_number"),
        (b'{"answers": NaN}', "json_number"),
        (b"[" * 100_000, "json_too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "json_too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json_too_deep"),
        (b'{"service": "' + b"x" * 1_000_000 + b'"}', "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
def test_a_body_that_is_not_plain_json_is_refused(raw: bytes, code: str) -> None:
    before = rows()
    status = {"invalid_body": 422, "too_large": 413}.get(code, 400)
    assert_problem(Program().post(raw), status, code)
    assert rows() == before


def test_odd_text_is_named_by_its_place() -> None:
    raw = json.dumps(body(**answers(address="a\x00"))).encode()
    assert_problem(Program().post(raw), 400, "bad_text", "/answers/address")


def test_fifty_thousand_unknown_fields_get_a_short_answer() -> None:
    told = Program().post({**body(), **{f"k{i}~/": 1 for i in range(50_000)}})
    assert_problem(told, 422, "invalid_body", "/k0~0~1")
    assert len(told.raw) < 20_000


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"service": None}, "/service"),
        ({"service": 7}, "/service"),
        ({"service": "x" * 41}, "/service"),
        ({"service": " "}, "/service"),
        ({"applicant": []}, "/applicant"),
        (applicant(kind="robot"), "/applicant/kind"),
        (applicant(kind="enterprise"), "/applicant/kind"),
        (applicant(number=None), "/applicant/number"),
        (applicant(number=1101051949), "/applicant/number"),
        (applicant(name=""), "/applicant/name"),
        (applicant(name="张\n三"), "/applicant/name"),
        (applicant(name="张\u202e三"), "/applicant/name"),
        (applicant(name="张\u200b三"), "/applicant/name"),
        (applicant(name="长" * 101), "/applicant/name"),
        (applicant(nick="x"), "/applicant/nick"),
        ({"answers": None}, "/answers"),
        ({"answers": []}, "/answers"),
        ({"answers": {}}, "/answers/address"),
        ({"by_person": "yes"}, "/by_person"),
        ({"surprise": 1}, "/surprise"),
        (answers(district="999999"), "/answers/district"),
        (answers(district=440305), "/answers/district"),
        (answers(consent=False), "/answers/consent"),
        (answers(consent="true"), "/answers/consent"),
        (answers(address="somewhere"), "/answers/address"),
        (answers(address="x" * 5000), "/answers/address"),
        (answers(address={"deep": [1]}), "/answers/address"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_wrong_field_is_named(changes: dict[str, Any], pointer: str) -> None:
    before = rows()
    assert_problem(Program().post(body(**changes)), 422, "", pointer)
    assert rows() == before


def test_every_wrong_field_is_named_at_once() -> None:
    told = Program().post({"service": 1, "applicant": {"kind": "x"}, "by_person": 0})
    named = [e["pointer"] for e in told.json["errors"]]
    fields = ["/service", "/edition", "/applicant/kind", "/applicant/number", "/applicant/name"]
    assert set(named) == {*fields, "/answers", "/by_person"}


def other_digit(number: str) -> str:
    """The number with its last figure changed, which no longer fits (GB 11643)."""
    last = str((int(number[-1]) + 1) % 10) if number[-1] != "X" else "0"
    return number[:-1] + last


def swapped(number: str) -> str:
    """Two neighbours that differ, swapped: the commonest slip of a hand."""
    at = next(i for i in range(13, 16) if number[i] != number[i + 1])
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def in_the_future(number: str) -> str:
    stem = number[:6] + "29990101" + number[14:17]
    return stem + id_number_check(stem)


@pytest.mark.parametrize(
    "change",
    [
        other_digit,
        swapped,
        in_the_future,
        lambda n: n[:17],
        lambda n: n + "0",
        lambda n: n[:6] + " " + n[6:],
        lambda n: n.translate({ord("0") + i: ord("０") + i for i in range(10)}),
        lambda n: n.translate({ord("0") + i: 0x660 + i for i in range(10)}),
        lambda n: n[:6] + "19990230" + n[14:],
        lambda n: "0" * 18,
    ],
)
def test_a_wrong_identity_number_is_refused_and_not_repeated(change: Any) -> None:
    before = rows()
    number = change(person("graduate").number)
    reply = Program().post(body(**applicant(number=number)))
    assert_problem(reply, 422, "bad_number", "/applicant/number")
    assert number not in reply.raw.decode()
    assert rows() == before


def test_a_number_in_small_letters_with_space_around_is_the_same_number() -> None:
    number = person("graduate").number
    assert Program().post(body(**applicant(number=f" {number.lower()} "))).status == 202


def test_an_unknown_service_is_not_found() -> None:
    before = rows()
    assert_problem(Program().post(body(service="moon")), 404, "unknown_service", "/service")
    assert rows() == before
    for code in ("moon", "a%00b", "%F0%9F%98%80", "x" * 500):
        assert_problem(Program("").get(f"/api/v1/services/{code}"), 404, "not_found")


def test_a_partner_applies_only_for_what_it_may() -> None:
    before = rows()
    reply = Program("food").post(body())
    assert_problem(reply, 403, "not_your_service", "/service")
    assert rows() == before
    assert Program("university").post(body()).status == 202


@pytest.mark.parametrize("key", ["", "short", "x" * 121, "with space in", "schlüssel-1"])
def test_a_missing_or_odd_key_is_refused(key: str) -> None:
    before = rows()
    reply = Program().post(body(), Idempotency_Key=key)
    assert_problem(reply, 400, "key_required", "Idempotency-Key")
    assert rows() == before


@pytest.mark.parametrize(
    "header",
    [
        "Bearer " + "x" * 43,
        "Bearer",
        "Bearer " + "é" * 43,
        "Bearer " + "x" * 5000,
        "Basic dXNlcjpwYXNz",
        "Token abc",
    ],
)
def test_a_wrong_token_is_refused(header: str) -> None:
    before = rows()
    for reply in (
        Program().post(body(), Authorization=header),
        Program().get(f"{PATH}/MP1", Authorization=header),
    ):
        assert_problem(reply, 401, "bad_token")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert rows() == before


def test_without_a_token_nothing_but_the_catalogue_is_shown() -> None:
    nobody = Program("")
    assert_problem(nobody.post(body()), 401, "not_authenticated")
    assert_problem(nobody.get(f"{PATH}/MP1"), 401, "not_authenticated")
    codes = {s["code"] for s in nobody.get("/api/v1/services").json["services"]}
    assert {"graduate_settlement", "sole_trader"} <= codes
    assert nobody.get("/api/v1/services/sole_trader").json["applicant"] == "person"


def test_an_inactive_partner_is_nobody() -> None:
    Partner.objects.filter(code="window").update(active=False)
    assert_problem(Program().post(body()), 401, "bad_token")


def test_another_agencys_case_is_not_there() -> None:
    number = Program("university").post(body()).json["number"]
    for rest in ("", "/receipt", "/documents", f"/documents/{UUID(int=1)}"):
        path = f"{PATH}/{number}{rest}"
        theirs = Program("window").get(path)
        nobodys = Program("window").get(path.replace(number, "MP20260101AAAAAAAAA"))
        assert_problem(theirs, 404, "not_found")
        assert theirs.raw == nobodys.raw
    assert Program("university").get(f"{PATH}/{number}").status == 200


@pytest.mark.parametrize(
    "number", ["1", "MP", "MP20261122K7W2M9QXD0", "%00", "..", "x" * 400, "MP20261122K7W2M9Q%CC%81"]
)
def test_what_is_no_number_of_a_case_is_not_found(number: str) -> None:
    assert_problem(Program().get(f"{PATH}/{number}"), 404)


def test_the_case_of_a_citizen_is_not_an_agencys() -> None:
    case = settled()
    assert case.state == "approved"
    assert_problem(Program().get(f"{PATH}/{case.number}"), 404, "not_found")
    assert_problem(Program().get(f"{PATH}/{case.number}/receipt"), 404, "not_found")


def test_the_documents_of_a_case_are_listed_and_read_as_files() -> None:
    window = Program()
    case = window.post(body()).json["number"]
    answer_checks(Application.objects.get(number=case))
    (made,) = decide(Application.objects.get(number=case))
    assert made.state == "approved"
    links = window.get(f"{PATH}/{case}").json["links"]
    listed = window.get(links["documents"])
    assert listed.status == 200
    titles = {d["kind"]: d["title"] for d in listed.json["documents"]}
    assert set(titles) == {"acceptance", "approval"}
    assert titles["approval"]["en"] == "Decision to grant" and "决定书" in titles["approval"]["zh"]
    file = listed.json["documents"][-1]["file"]
    for accept in ("*/*", "application/pdf"):
        paper = window.get(file, Accept=accept)
        assert paper.status == 200 and paper.raw.startswith(b"%PDF-")
        assert paper.headers["Content-Type"] == "application/pdf"
    missing = window.get(f"{PATH}/{case}/documents/{UUID(int=1)}", Accept="application/pdf")
    assert_problem(missing, 404, "not_found")


def test_no_receipt_before_a_decision() -> None:
    number = Program().post(body()).json["number"]
    assert_problem(Program().get(f"{PATH}/{number}/receipt"), 404, "not_decided")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
)
def test_any_other_media_type_is_refused(kind: str) -> None:
    before = rows()
    raw = json.dumps(body()).encode()
    assert_problem(Program().post(raw, Content_Type=kind), 415, "unsupported_media_type")
    assert rows() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", PATH),
        ("DELETE", PATH),
        ("PUT", f"{PATH}/MP1"),
        ("POST", f"{PATH}/MP1/receipt"),
        ("POST", "/api/v1/services"),
        ("PATCH", "/api/v1/services/sole_trader"),
    ],
)
def test_other_methods_are_not_allowed(method: str, path: str) -> None:
    reply = Program().ask(method, path)
    assert_problem(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"]


def test_an_address_that_is_none_is_a_problem_document_too() -> None:
    for path in ("/api/v1", "/api/v1/nothing", "/api/v1/applications/a/b/c", "/webhooks/"):
        assert_problem(Program().get(path), 404, "not_found")


def test_who_wants_anything_but_json_is_told_so() -> None:
    assert_problem(Program().get("/api/v1/services", Accept="text/html"), 406, "not_acceptable")
    assert Program().get("/api/v1/services", Accept="application/*").status == 200


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=3", 3),
        ("Wait=3", 3),
        ("wait = 3", 3),
        ('wait="3"', 3),
        ("respond-async, wait=2", 2),
        ("wait=2; foo=bar, handling=lenient", 2),
        ("wait=60", 5),
        ("wait=999999999", 5),
        ("wait=0", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=", 0),
        ("await=3", 0),
        ('handling="wait=3"', 0),
        ("wait=٣", 0),
        ("respond-async", 0),
        (" " * 5000, 0),
    ],
)
def test_prefer_is_read_as_its_standard_says(prefer: str, seconds: float) -> None:
    assert waits.seconds(SimpleNamespace(META={"HTTP_PREFER": prefer})) == seconds


def test_a_decided_case_shows_every_condition_and_how_to_contest_it() -> None:
    window = Program()
    number = window.post(body()).json["number"]
    application = Application.objects.get(number=number)
    answer_checks(application)
    decide(application)
    case = window.get(f"{PATH}/{number}").json
    assert case["state"] == "approved"
    assert case["certificate"]["verify"].startswith("/verify/")
    conditions = case["decision"]["verdict"]["requirements"]
    assert {c["result"] for c in conditions} == {"met"}
    assert "复议" in case["decision"]["contest"]["zh"]
    receipt = window.get(f"{PATH}/{number}/receipt")
    assert receipt.json["application"] == number
    assert person("graduate").number not in receipt.raw.decode()
