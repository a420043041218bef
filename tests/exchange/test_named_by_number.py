"""A registry that names people by number: it is encrypted before anybody keeps the answer."""

import dataclasses
from typing import Any

import pytest

from exchange import registries
from exchange.models import Lookup
from exchange.queries import Answer, Query
from ledger.clock import now
from people import identity, protection

NUMBER = "11010519491231002X"


@pytest.fixture
def answered(settings: Any, monkeypatch: pytest.MonkeyPatch, furnished: None) -> Any:
    """Let the registry of degrees name a tutor, and a list of fellows, by number."""
    ours = settings.CITY.registries["education"]
    tutor = dataclasses.replace(ours.fields["school"], name="tutor", is_number=True)
    fellows = dataclasses.replace(tutor, name="fellows", type="list", of={"who": tutor})
    fields = {"tutor": tutor, "fellows": dataclasses.replace(fellows, is_number=False)}
    changed = dataclasses.replace(ours, fields=fields)
    settings.CITY = dataclasses.replace(
        settings.CITY, registries={**settings.CITY.registries, "education": changed}
    )
    data: dict[str, Any] = {}

    class Agency:
        remote, group = False, "education"

        def read(self, queries: list[Query], **_more: Any) -> list[Answer]:
            return [Answer("education", q.subject, "found", dict(data), at=now()) for q in queries]

    monkeypatch.setattr(registries, "_adapter", lambda registry: Agency())
    return data


def ask() -> Answer:
    query = Query("MP1", "education", "a" * 32, NUMBER, ("tutor", "fellows"), "核实", "法 §1")
    (answer,) = registries.query_registries([query], by="test", now=now())
    (within,) = registries.query_within([query], by="test", now=now(), seconds=1)
    assert within.outcome == answer.outcome
    return answer


def test_numbers_come_in_encrypted_and_indexes_as_they_are(answered: Any) -> None:
    answered |= {"tutor": NUMBER, "fellows": [{"who": NUMBER.lower()}, {"who": "b" * 32}]}
    answer = ask()
    assert answer.outcome == "found" and NUMBER not in str(answer.data)
    assert protection.unprotect(answer.data["tutor"]) == NUMBER
    first, second = answer.data["fellows"]
    assert first["who"].split(":")[1] == identity.index(NUMBER)
    assert second["who"] == "b" * 32
    assert not Lookup.objects.filter(fields__contains=NUMBER).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"tutor": "110105194912310021"},
        {"tutor": 11010519491231},
        {"tutor": "idn:x:y:z"},
        {"fellows": [{"who": "张三"}]},
    ],
)
def test_what_is_no_number_of_anybody_is_no_answer(answered: Any, wrong: dict[str, Any]) -> None:
    answered |= wrong
    answer = ask()
    assert (answer.outcome, answer.reason, answer.data) == ("failed", "malformed", {})


def test_a_registry_may_name_nobody(answered: Any) -> None:
    answered |= {"tutor": None, "fellows": []}
    assert ask().data == {"tutor": None, "fellows": []}
