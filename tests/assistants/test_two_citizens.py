"""Two citizens' assistants, which send whatever comes: nothing of the one is told to the other.

As tests/attacks/test_two_citizens.py does with wallets, with what is genuine for either, spoilt.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
import redis
from django.conf import settings

from approvals.models import Application, AssistantMandate
from people import identity, rates
from tests.approvals.cases import graduate_answers, person
from tests.assistants.clients import Door
from tests.assistants.helping import SERVICE, mandated, registered
from tests.attacks.test_two_citizens import FULL, ODD, SEED, WHO, spoilt

CALLS = 2000 if FULL else 100


@pytest.mark.slow
def test_assistants_of_two_citizens_are_told_nothing_of_each_other(door: Door) -> None:
    rng = random.Random(SEED)
    secret = registered()
    people = [person(who) for who in WHO]
    phones = ["13911112222", "13933334444"]
    given = [mandated(who, submissions=2)[0:2] for who in WHO]
    tokens = [door.token(key, secret) for _mandate, key in given]
    marks: list[set[str]] = []
    for token, who, phone in zip(tokens, people, phones, strict=True):
        answers = {**graduate_answers(), "phone": phone}
        said = {"service": SERVICE, "answers": answers, "edition": 1, "key": f"key-of-{phone}"}
        made = door.call(token, "submit", **said)["data"]
        marks.append({made["number"], phone, who.name, who.number, identity.index(who.number)})
    seen: Counter[str] = Counter()
    for turn in range(CALLS):
        if turn % 80 == 0:
            _forget_rates()
        mine = rng.randrange(2)
        other = 1 - mine
        spare = [
            *ODD,
            *marks[other],
            given[other][1],
            str(given[other][0].pk),
            f"key-of-{phones[other]}",
        ]
        tool, arguments = _called(rng, marks[rng.randrange(2)], phones)
        sent = spoilt(rng, arguments, spare) if rng.random() < 0.8 else arguments
        text = json.dumps(sent)
        answer = door.raw_call(tokens[mine], tool, sent)
        assert answer.status_code in (200, 400, 413), (tool, text[:500], answer.text[:500])
        reply = answer.json()
        code = reply.get("error", {}).get("code")
        assert code != -32603, (tool, text[:500], answer.text[:500])  # an internal error
        is_error = code is not None or reply["result"]["isError"]
        seen[f"{tool} {'refused' if is_error else 'answered'}"] += 1
        told = json.dumps(reply, ensure_ascii=False)
        leaked = [mark for mark in marks[other] if mark in told and mark not in text]
        assert not leaked, (tool, text[:500], leaked)
        if not is_error:  # what it asked with is not repeated to it as if it were known
            assert not [mark for mark in marks[other] if mark in told], (tool, text[:500])
    assert len(seen) >= 10, seen
    for case in Application.objects.select_related("assisted__mandate"):
        assert case.applicant == case.assisted.mandate.citizen.subject
    for mandate in AssistantMandate.objects.all():
        assert Application.objects.filter(assisted__mandate=mandate).count() <= 2
    print(f"assistants: {CALLS} calls, {dict(sorted(seen.items()))}")


def _called(rng: random.Random, marks: set[str], phones: list[str]) -> tuple[str, dict[str, Any]]:
    """Return a tool with arguments that are genuine for one of the two."""
    answers = {**graduate_answers(), "phone": rng.choice(phones)}
    key = f"key-of-{rng.choice(phones)}"
    number = next(mark for mark in sorted(marks) if mark[:2].isalpha() and mark.isascii())
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("mandate", {}),
        ("list_cases", {}),
        ("case_status", {"number": number}),
        ("case_status", {"number": number}),
        ("save_draft", {"service": SERVICE, "answers": answers}),
        ("precheck", {"service": SERVICE, "answers": answers}),
        ("submit", {"service": SERVICE, "answers": answers, "edition": 1, "key": key}),
        ("submit", {"service": SERVICE, "answers": answers, "edition": 1, "key": "k" * 10}),
        ("read_guide", {"service": SERVICE}),
        ("find_service", {"text": "落户"}),
    )
    return rng.choice(calls)


def _forget_rates() -> None:
    """Each mandate may call sixty times a minute: that is not what is tried here."""
    counted = redis.Redis.from_url(settings.REDIS_URL)
    for key in counted.scan_iter(f"*{rates.PREFIX}*assistant*"):
        counted.delete(key)
