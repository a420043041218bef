"""``/ready/`` names the part that does nothing while work is due."""

import datetime
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from approvals.models import Application, Check, Heartbeat
from approvals.progress.liveness import ALIVE, LATE
from exchange import breaker
from exchange.models import Endpoint, WebhookDelivery
from ledger.checks import every_key_is_made
from ledger.clock import now
from tests.approvals.cases import answer_checks, submit
from tests.factories import EndpointFactory, NoticeFactory, WebhookDeliveryFactory

pytestmark = pytest.mark.usefixtures("furnished")
LONG_AGO = LATE + datetime.timedelta(seconds=5)
ALL_WELL = dict.fromkeys(
    [
        *(
            "status",
            "postgresql",
            "redis",
            "addresses",
            "keys",
            "engine",
            "checker",
            "deliverer",
            "confirmations",
            "registries",
        )
    ],
    "ok",
)


@pytest.fixture(autouse=True)
def engine_lives(furnished: None) -> None:
    Heartbeat.objects.create(name="engine:here:1", kind="engine", at=now())


def ready() -> dict[str, str]:
    answer = Client().get("/ready/")
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


def test_nothing_due_is_ok() -> None:
    assert ready() == ALL_WELL


def test_a_purpose_without_a_key_is_named_at_start_and_makes_nothing_look_well(
    tmp_path: Path, settings: Any
) -> None:
    assert every_key_is_made() == []
    made, folder = settings.KEYS_DIR, tmp_path / "keys"
    shutil.copytree(made, folder)
    settings.KEYS_DIR = folder
    for path in folder.glob("document-*"):
        path.unlink()
    assert ready() == ALL_WELL | {"status": "degraded", "keys": "missing"}
    (warning,) = every_key_is_made()
    assert "No key for: document." in warning.msg and "keys make" in str(warning.hint)
    assert warning in run_checks()  # so every command begins with it
    shutil.rmtree(folder)
    shutil.copytree(made, folder)
    assert ready() == ALL_WELL and every_key_is_made() == []
    shutil.rmtree(folder)
    assert every_key_is_made() == []  # nothing is set up


def test_work_that_just_came_is_ok() -> None:
    submit("graduate")
    submit("trader", "sole_trader")
    assert ready() == ALL_WELL


def test_an_engine_without_a_heartbeat_is_away() -> None:
    Heartbeat.objects.update(at=now() - ALIVE)
    assert ready() == ALL_WELL | {"status": "degraded", "engine": "away"}


def test_an_engine_that_leaves_ready_applications_is_late() -> None:
    submit("trader", "sole_trader")
    Application.objects.update(submitted_at=now() - LONG_AGO)
    assert ready() == ALL_WELL | {"status": "degraded", "engine": "late"}
    Application.objects.update(leased_until=now())  # in hand until now
    assert ready() == ALL_WELL
    Application.objects.update(leased_until=now() - LONG_AGO)  # its holder has ended
    assert ready()["engine"] == "late"


def test_an_application_whose_last_answer_just_came_is_not_late() -> None:
    application = submit("graduate")
    answer_checks(application)
    Application.objects.update(submitted_at=now() - LONG_AGO)
    assert ready() == ALL_WELL


def test_a_checker_that_leaves_due_checks_is_late() -> None:
    submit("graduate")
    Application.objects.update(submitted_at=now() - LONG_AGO)
    assert ready() == ALL_WELL  # not ready for the engine yet
    Check.objects.update(next_at=now() - LONG_AGO)
    assert ready() == ALL_WELL | {"status": "degraded", "checker": "late"}
    Check.objects.update(leased_until=now())
    assert ready() == ALL_WELL


def test_a_check_that_is_to_be_asked_again_later_is_not_late() -> None:
    submit("graduate")
    Check.objects.update(next_at=now() + datetime.timedelta(minutes=10))
    assert ready() == ALL_WELL


def test_a_deliverer_that_leaves_due_notices_is_late() -> None:
    endpoint = EndpointFactory(partner_id="window")
    found = Endpoint.objects.filter(pk=endpoint.pk)
    long_ago = {"endpoint": endpoint, "subject": "application:1", "next_at": now() - LONG_AGO}
    first = WebhookDeliveryFactory(**long_ago)
    assert ready() == ALL_WELL | {"status": "degraded", "deliverer": "late"}
    found.update(paused_until=now() + LATE)  # it asked for patience
    assert ready() == ALL_WELL
    found.update(paused_until=None, ended="owner")
    assert ready() == ALL_WELL  # nowhere to send it
    found.update(ended="")
    WebhookDeliveryFactory(**long_ago)  # comes after the first
    WebhookDelivery.objects.filter(pk=first.pk).update(next_at=now() + LATE)
    assert ready() == ALL_WELL


def test_a_notice_that_nobody_gives_to_an_endpoint_is_late() -> None:
    NoticeFactory(partner_id="window", created_at=now() - LONG_AGO)
    assert ready() == ALL_WELL  # nowhere to send it
    EndpointFactory(partner_id="window")
    assert ready() == ALL_WELL | {"status": "degraded", "deliverer": "late"}


def test_without_redis_the_site_is_degraded(settings: object) -> None:
    from approvals.progress import wake

    wake.client.cache_clear()
    try:
        settings.REDIS_URL = f"unix://{os.devnull}.sock?db=0"  # type: ignore[attr-defined]
        assert ready() == ALL_WELL | {
            "status": "degraded",
            "redis": "away",
            "registries": "unknown",
        }
    finally:
        wake.client.cache_clear()


def test_a_registry_that_keeps_failing_is_named() -> None:
    broken = breaker.Breaker("education")
    for _ in range(breaker.FAILURES):
        broken.failed()
    try:
        assert ready() == ALL_WELL | {"status": "degraded", "registries": "not asked: education"}
    finally:
        broken.succeeded()
        breaker._redis().delete(broken.failures_key, broken.open_key, broken.probes_key)
    assert ready() == ALL_WELL
