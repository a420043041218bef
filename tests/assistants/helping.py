"""Assistants in tests: registered, with a mandate, and calling the door as a program does."""

import datetime as dt
from typing import Any

from approvals.actions import NewApplication, assistant_mandates, assisted_submission
from approvals.actions.assistant_mandates import Registration, Terms
from approvals.actions.submission import Key
from approvals.models import Application, AssistantMandate
from approvals.rows.assistants import ASSISTANT
from ledger.clock import city_date, now
from tests.approvals.cases import citizen, graduate_answers, person

SERVICE = "graduate_settlement"
MANDATE = "urn:miaopi:params:oauth:token-type:mandate"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def registered(code: str = "helper") -> str:
    """Register an assistant; returns its secret."""
    said = Registration(code, "小助", "Little helper", "示例科技公司", "dev@helper.example")
    return assistant_mandates.register(said, now=now())


def terms(**changes: Any) -> Terms:
    said: dict[str, Any] = {
        "assistant": "helper",
        "services": [SERVICE],
        "submissions": 1,
        "reads": ["facts", "cases"],
        "until": city_date(now()) + dt.timedelta(days=30),
    }
    return Terms(**{**said, **changes})


def mandated(who: str = "graduate", **changes: Any) -> tuple[AssistantMandate, str]:
    """Let the assistant act for a persona; returns the mandate and its key."""
    return assistant_mandates.give(terms(**changes), by=citizen(person(who)), now=now())


def hand_in(mandate: AssistantMandate, key: str = "k" * 32, **changes: Any) -> Application:
    """Hand in by a mandate, as the door does; ``at``: when, if not now."""
    at = changes.pop("at", None) or now()
    said: dict[str, Any] = {
        "service": SERVICE,
        "applicant": person("graduate"),
        "answers": graduate_answers(),
        "channel": ASSISTANT,
        "key": Key(key, b"0" * 32),
    }
    return assisted_submission.submit(
        new=NewApplication(**{**said, **changes}),
        mandate=mandate.pk,
        by=assistant_mandates.actor(mandate),
        now=at,
    )
