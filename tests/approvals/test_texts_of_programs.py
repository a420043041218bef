"""Texts of other agencies' programs and of commands are refused, or kept as `people.text` does.

The API's fields are found in its own description, webhooks by the kinds that our receiver knows,
commands by their parsers: what is new is walked, too, or a test says that it is not.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, get_commands, load_command_class
from drf_spectacular.generators import SchemaGenerator

from approvals.api import webhooks
from approvals.models import Application
from benchmarks.cases import FOOD_SCOPE
from city.characters import UNSAFE
from deploy.local.paths import ROOT, source_packages
from exchange.models import Partner
from ledger.clock import now
from people.errors import ActionRejected
from tests.approvals.cases import settled, trader_answers
from tests.approvals.program import Program, another_body, secret
from tests.approvals.test_disputes import dispute, local
from tests.approvals.test_requests import encrypted, resident
from tests.approvals.test_webhooks import send
from tests.texts import CLASSES, MARK, marked, undone

PLACE = "-place-"  # where the text goes


@pytest.fixture(autouse=True)
def furnished_and_uncounted(furnished: None, settings: Any) -> None:
    settings.RATES = False


def leaves(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The paths of all texts in a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, *path, key)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, *path, place)
    elif isinstance(value, str):
        yield path


def with_text(document: Any, path: tuple[Any, ...], kind: str) -> bytes:
    """The document in JSON with another text at one place, byte for byte."""
    copy = json.loads(json.dumps(document))
    inside = copy
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = PLACE
    return json.dumps(copy, ensure_ascii=False).encode().replace(PLACE.encode(), marked(kind))


def assert_refused_or_kept_well(status: int, raw: bytes, faults: list[str], what: str) -> None:
    assert not faults, (what, faults)
    assert status < 500, (what, raw[:300])
    if status >= 400:
        document = json.loads(raw)
        assert document["status"] == status and document["code"], what
        assert re.search("[\u4e00-\u9fff]", document["detail_zh"]), what
        assert re.search("[A-Za-z]{3}", document["detail"]), what


def described() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


def test_every_text_of_a_submission() -> None:
    shapes = described()["components"]["schemas"]
    phone = {"phone": "13800138000"}
    good = another_body()
    claim = {"fact": "school", "claim": "鹏湾理工大学", "reason": "学校名称登记有误"}
    good = {
        **good,
        "answers": {**good["answers"], **phone},
        "by_person": False,
        "disputes": [claim],
    }
    assert set(good) == set(shapes["Submission"]["properties"])
    assert set(good["applicant"]) == set(shapes["Applicant"]["properties"])
    window = Program()
    for path in leaves(good):
        for kind in CLASSES:
            with undone() as kept:
                reply = window.post(with_text(good, path, kind))
            assert_refused_or_kept_well(reply.status, reply.raw, kept.faults, f"{path} {kind}")
            taken = reply.status == 202 and kind == "not normalised"  # and kept in normal form
            assert taken or reply.status in (400, 404, 422), (path, kind, reply.status)
    for kind in CLASSES:  # and what is no field, by its name
        raw = json.dumps({**good, PLACE: 1}).encode().replace(PLACE.encode(), marked(kind))
        reply = window.post(raw)
        assert reply.status in (400, 422), kind
        assert_refused_or_kept_well(reply.status, reply.raw, [], kind)


def test_every_parameter_of_the_api() -> None:
    number = Program().post(another_body()).json["number"]
    values = {"number": number, "code": "graduate_settlement", "key": str(uuid4())}
    values |= {"question": "owners_consent", "digest": "0" * 64, "item": "food", "partner": "food"}
    walked = 0
    for path, operations in described()["paths"].items():
        if not path.startswith(("/api/v1/", "/webhooks/")):
            continue  # public keys and lists: files, with no problem documents
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] in ("path", "query", "header"):
                    walked += 1
                    _walk(method, path, parameter, values)
    assert walked >= 8


def _walk(method: str, path: str, parameter: dict[str, Any], values: dict[str, str]) -> None:
    raw = json.dumps(another_body()).encode() if method == "post" else b""
    for kind in CLASSES:
        good = re.sub(r"{(\w+)}", lambda m: values[m[1]], path)
        headers: dict[str, str] = {}
        text = marked(kind)
        if parameter["in"] == "path":
            good = path.replace(f"{{{parameter['name']}}}", quote(text))
            good = re.sub(r"{(\w+)}", lambda m: values[m[1]], good)
        elif parameter["in"] == "query":
            good += f"?{parameter['name']}={quote(text)}"
        elif kind in ("NUL", "C0"):
            continue  # no HTTP server hands these on
        else:
            headers[parameter["name"].replace("-", "_")] = text.decode("latin-1")
        with undone() as kept:
            reply = Program().ask(method.upper(), good, raw, **headers)
        what = f"{method} {path} {parameter['name']} {kind}"
        assert_refused_or_kept_well(reply.status, reply.raw, kept.faults, what)


def signed_bytes(raw: bytes, message_id: str, partner: str) -> dict[str, str]:
    """Headers of Standard Webhooks over any bytes, which a library would refuse to sign."""
    moment = int(now().timestamp())
    key = base64.b64decode(secret(partner).removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{moment}.".encode() + raw, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def test_every_kind_of_webhook() -> None:
    case = settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))
    about = {"application": case.number, "item": "food"}
    examples: dict[str, tuple[str, dict[str, Any]]] = {
        "approval.answered": ("food", {**about, "granted": False, "reason": "不符合"}),
        "filing.receipt": (
            "food",
            {"filing": str(case.pk), "outcome": "returned", "receipt": "R-1", "reason": "不符合"},
        ),
        "dispute.answered": (
            "police",
            {"dispute": str(dispute(local()).pk), "corrected": False, "reason": "登记无误"},
        ),
        "approval.requested": (
            "adjacent",
            {
                "application": "MP1",
                "item": "move_out",
                "applicant": "张三",
                "answers": {"address": "441302-0000017"},
                "person": encrypted(Partner.objects.get(code="adjacent"), resident().number),
            },
        ),
        "record.changed": ("education", {"registry": "education", "cases": [case.number]}),
    }
    source = inspect.getsource(webhooks._take_effect)
    assert set(examples) == set(re.findall(r'case "([a-z.]+)"', source))
    serial = 0
    granted = {**about, "granted": True, "reason": "附条件同意"}
    for kind, (partner, data) in [*examples.items(), ("approval.answered", ("food", granted))]:
        message = {"type": kind, "data": data}
        for path in leaves(message):
            for name in CLASSES:
                serial += 1
                raw = with_text(message, path, name)
                # the message itself is kept as it was signed, and only when it took effect
                with undone(besides="exchange_message") as kept:
                    headers = signed_bytes(raw, f"m-{serial}", partner)
                    reply = send(raw, headers, f"/webhooks/{partner}/")
                what = f"{kind} {path} {name}"
                taken = reply.status == 204 and name == "not normalised"
                assert taken or 400 <= reply.status < 500, what
                assert_refused_or_kept_well(reply.status, reply.raw, kept.faults, what)
    assert Application.objects.get(pk=case.pk).state == "waiting"


# values for what a command needs besides; files that are not there
SAMPLES = {"username": "policy", "service": "sole_trader", "code": "window", "role": "clerk"}
SAMPLES |= {"office": "hrss", "by": "policy", "name": "张三", "seq": "1", "proposal": "1"}
SAMPLES |= {"change": "019ac000-0000-7000-8000-000000000000"}  # of nobody
SAMPLES |= {"url": "https://x.example/", "zh": "部门", "en": "Agency", "reason": "政策调整"}
NO_TEXT = {
    "reference",
    "engine",
    "migrate",
    "diagram",
    "audit",
    "keys",
    "city",
    "dmn",
    "verify",
    "verify_credential",
    "sampling",
}
ENDLESS = {"engine"}


def parsers(name: str, app: str) -> Iterator[tuple[Any, list[str], argparse.ArgumentParser]]:
    """A command, and the words that lead to each of its parsers."""
    command = load_command_class(app, name)
    parser = command.create_parser("manage.py", name)
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not inner:
        yield command, [], parser
    for word, sub in inner[0].choices.items() if inner else ():
        yield command, [word], sub


USUAL = {"help", "version", "settings", "pythonpath", "verbosity", "traceback", "no_color"}
USUAL |= {"force_color", "skip_checks"}


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [a for a in parser._actions if a.dest not in USUAL and a.nargs != 0]


def is_text(action: argparse.Action) -> bool:
    return action.type is None and not action.choices


def argv(parser: argparse.ArgumentParser, filled: argparse.Action, text: str) -> list[str]:
    words: list[str] = []
    for action in options(parser):
        needed = action.required or (not action.option_strings and action.nargs not in ("*", "?"))
        if action is filled or needed:
            usual = next(iter(action.choices or ()), SAMPLES.get(action.dest, "/nothing"))
            value = text if action is filled else str(usual)
            words += [*action.option_strings[-1:], value] if action.option_strings else [value]
    return words


def commands() -> dict[str, str]:
    ours = {package.name for package in source_packages()} - {"demo"}
    return {name: app for name, app in get_commands().items() if app in ours}


def test_every_text_of_a_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: "440305199001010018")  # whose account it is
    walked, faults = set(), list[str]()
    for name, app in commands().items():
        for command, words, parser in parsers(name, app):
            for action in filter(is_text, options(parser)):
                assert name not in ENDLESS
                walked.add(name)
                for kind in CLASSES:
                    text = marked(kind).decode("utf-8", "surrogateescape")
                    if UNSAFE.search(text):
                        continue  # none of them comes so far, see below
                    line = [*words, *argv(parser, action, text)]
                    faults += run(command, name, line, f"{name} {words} {action.dest} {kind}")
    assert not faults, "\n".join(faults)
    assert set(commands()) - walked <= NO_TEXT
    assert {"officers", "partners", "pack", "heads", "replay"} <= walked


@pytest.mark.parametrize("kind", sorted(CLASSES.keys() - {"NUL"}))  # no system hands that on
def test_no_command_begins_with_what_is_unsafe(kind: str) -> None:
    if not UNSAFE.search(marked(kind).decode("utf-8", "surrogateescape")):
        pytest.skip("for the command itself to judge")
    command = [sys.executable, str(ROOT / "manage.py"), "officers", "list"]
    ended = subprocess.run([*command, marked(kind)], capture_output=True, check=False)
    assert ended.returncode == 1
    assert "不允许" in ended.stderr.decode() and "not permitted" in ended.stderr.decode()


def run(command: Any, name: str, line: list[str], what: str) -> list[str]:
    with undone() as kept:
        try:
            parsed = command.create_parser("manage.py", name).parse_args(line)
            given = {**vars(parsed), "skip_checks": True}
            given.pop("args", None)
            command.execute(**given)
        except (CommandError, ActionRejected) as error:
            assert str(error), what
        except SystemExit as error:  # it has said why, file by file
            assert error.code == 1, what
        except Exception as error:
            return [f"{what}: {error!r}"]
    return [f"{what}: {fault}" for fault in kept.faults]


def test_the_mark_is_seen_where_it_is_written() -> None:
    """The watch itself: what should not be kept is found."""
    with undone() as kept:
        assert Program().post(another_body()).status == 202
        assert not kept.texts
        Session.objects.create(session_key="x", session_data=f"{MARK}\u202e", expire_date=now())
    assert kept.faults == ["U+202E is kept"]
