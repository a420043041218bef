"""What a certificate is worth that was granted provisionally: on pages, in wallets, to others."""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as ours
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from approvals import actions, queries
from approvals.models import Application, Confirmation
from approvals.workers import confirmations
from certificates.actions import cancel
from certificates.actions.succession import Subject
from certificates.models import Certificate
from certificates.registry import Held
from city.model import Request
from credentials import codes
from credentials.actions import issue
from credentials.models import CredentialOffer
from credentials.queries import status_of
from credentials.statuslist import Status
from exchange.models import Notice
from exchange.queries import Query
from ledger import canonical
from ledger.clock import city_date, now
from people.actors import CLOCK, Actor, Kind
from portal import results
from services.edition import draft
from services.inputs import gather_inputs
from services.pack.model import ChangedCertificate
from services.verdict import judge
from tests.credentials.wallet import Wallet, payload_of
from tests.exchange.conftest import Registry
from tests.exchange.food import again, filed, work

DAY = dt.timedelta(days=1)
RIDE_HAIL = Path("cities/sample/services/ride_hail_driver.yaml").read_text("utf-8")
[OTHERS] = re.findall(r"\(some c in held satisfies .*?\)", RIDE_HAIL)


@pytest.fixture
def granted(
    furnished: None, registry: Registry, close_breakers: Callable[[], None], settings: Any
) -> Application:
    """A filing that was granted provisionally, because the list of violations is silent."""
    settings.CHECK_PATIENCE_SECONDS = 5.0
    close_breakers()
    begin = now()
    case = filed(begin)
    registry.go_wrong("unavailable", registry="violations")
    work(begin, 8)
    assert again(case).state == "approved"
    return again(case)


def paper(case: Application) -> Certificate:
    return Certificate.objects.get(application=case.number, state="valid")


def test_past_its_day_the_public_is_told_before_anybody_has_swept(
    granted: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, found = Confirmation.objects.get(application=granted), paper(granted)
    monkeypatch.setattr("certificates.verification.api.now", lambda: row.due_at)
    body = Client().get(f"/api/v1/certificates/{found.public_id}")
    assert body.status_code == 200
    told = body.json()
    assert (told["state"], told["since"]) == ("suspended", (row.until + DAY).isoformat())


def test_without_network_it_is_said_too(granted: Application, tmp_path: Path) -> None:
    row, file, keys = Confirmation.objects.get(application=granted), tmp_path / "a", tmp_path / "b"
    file.write_text(paper(granted).jws)
    keys.write_bytes(Client().get("/.well-known/jwks.json").content)
    checking = partial(call_command, "verify", str(file), "--keys", str(keys), stdout=StringIO())
    out = StringIO()
    checking("--on", row.until.isoformat(), stdout=out)
    assert f"PROVISIONAL: to be confirmed by {row.until}" in out.getvalue()
    with pytest.raises(CommandError, match=f"NOT CONFIRMED by {row.until}"):
        checking("--on", (row.until + DAY).isoformat())


def received(found: Certificate) -> dict[str, Any]:
    """Let a wallet take a certificate that was offered to it; returns the claims in the open."""
    at = now()
    CredentialOffer.objects.create(
        certificate=found,
        holder=found.holder,
        citizen="0" * 32,
        made_at=at,
        expires_at=at + DAY,
        redeemed_at=at,
        token=codes.hashed("token"),
        token_until=at + DAY,
    )
    proof = Wallet().proof(codes.nonce(at.timestamp()))
    made = issue(token="token", configuration=found.service, jwts=[proof], now=at)
    return payload_of(made.credentials[0].split("~")[0])


def test_a_wallet_copy_says_so_expires_with_the_day_and_ends_when_confirmed(
    granted: Application, registry: Registry, close_breakers: Callable[[], None]
) -> None:
    row, found = Confirmation.objects.get(application=granted), paper(granted)
    claims = received(found)
    assert claims["provisional"]["until"] == row.until.isoformat()
    midnight = dt.datetime.combine(row.until + DAY, dt.time(), ZoneInfo(ours.TIME_ZONE))
    assert claims["exp"] == midnight.timestamp()
    place = claims["status"]["status_list"]
    number, today = int(place["uri"].rsplit("/", 1)[1]), city_date(now())
    assert status_of(number, place["idx"], today) == Status.VALID
    registry.recover()
    close_breakers()
    confirmations.run(now=now() + dt.timedelta(seconds=60))
    assert Confirmation.objects.get(pk=row.pk).state == "confirmed"
    assert status_of(number, place["idx"], today) == Status.INVALID


def test_given_up_and_unanswered_nobody_is_bothered(granted: Application) -> None:
    row, found = Confirmation.objects.get(application=granted), paper(granted)
    actor = Actor(Kind.CITIZEN, found.holder)
    cancel(public_id=found.public_id, reason="不再经营", by=actor, now=now())
    assert actions.overdue(by=CLOCK, now=row.due_at) == 0
    row.refresh_from_db()
    assert (row.state, again(granted).state) == ("ended", "approved")


def test_another_city_has_its_answer_when_it_is_confirmed(
    furnished: None,
    registry: Registry,
    close_breakers: Callable[[], None],
    settings: Any,
    request: pytest.FixtureRequest,
) -> None:
    asks = {"filing": Request("filing", "food_filing", "contact_phone", {})}
    partners = settings.CITY.partners
    window = replace(partners["window"], requests=asks)
    settings.CITY = replace(settings.CITY, partners={**partners, "window": window})
    request.getfixturevalue("granted")
    assert not Notice.objects.exists()
    registry.recover()
    close_breakers()
    confirmations.run(now=now() + dt.timedelta(seconds=60))
    [answer] = Notice.objects.all()
    assert json.loads(answer.body)["type"] == "approval.answered"
    assert json.loads(answer.body)["data"]["granted"] is True


def test_no_case_changes_it_before_it_is_confirmed(granted: Application) -> None:
    found = paper(granted)
    changed = ChangedCertificate(found.kind, "replace", "变更", "change", "食品安全法 §35")
    subject = Subject(changed, found.number, found, is_own=True)
    assert subject.fault(city_date(now())) == "certificate_not_live"
    said = json.loads(bytes(found.payload))
    found.payload = canonical.dumps({k: v for k, v in said.items() if k != "provisional"})
    assert subject.fault(city_date(now())) == ""


def test_holders_are_read_with_one_statement(granted: Application) -> None:
    query = Query("GS1", "certificates", granted.applicant, "", ("held",), "test", "test")
    at = now()
    with CaptureQueriesContext(connection) as asked:
        [answer] = Held("certificates", {}).read([query], now=at)
    assert (answer.outcome, len(asked)) == ("found", 1)


def held(holder: str, at: dt.datetime) -> list[dict[str, Any]]:
    query = Query("GS1", "certificates", holder, "", ("held",), "test", "test")
    [answer] = Held("certificates", {}).read([query], now=at)
    found: list[dict[str, Any]] = answer.data["held"]
    return found


def test_what_is_not_confirmed_founds_nothing_and_denies_nothing(
    granted: Application, registry: Registry, close_breakers: Callable[[], None]
) -> None:
    """A service that wants it, or wants that there is none, goes to an officer meanwhile."""
    row, at = Confirmation.objects.get(application=granted), now()

    def judged(must: str) -> str:
        book = draft(RIDE_HAIL.replace(OTHERS, f"({must})"), city=ours.CITY).rulebook()
        evidence = {
            "population": ("found", {"hukou_city": "1100"}),
            "residence": ("absent", {}),
            "certificates": ("found", {"held": held(holder, at)}),
        }
        found = judge(book, gather_inputs(book, {}, evidence, {}, city_date(at)))
        return next(one.result for one in found.findings if one.id == "resides")

    holder = granted.applicant
    wanted = 'some c in held satisfies c.kind = "food_filing" and c.state = "valid"'
    other = wanted.replace("food_filing", "residence_permit")
    assert (judged(wanted), judged(f"not({wanted})")) == ("unknown", "unknown")
    assert (judged(other), judged(f"not({other})")) == ("unmet", "met")
    at = row.due_at
    assert judged(wanted) == "unmet" and held(holder, at)[0]["state"] == "suspended"
    registry.recover()
    close_breakers()
    confirmations.run(now=now() + dt.timedelta(seconds=60))
    at = now()
    assert [one["state"] for one in held(holder, at)] == ["superseded", "valid"]
    assert (judged(wanted), judged(f"not({wanted})")) == ("met", "unmet")


def test_the_list_of_ones_cases_says_so_until_it_is_confirmed(
    granted: Application, registry: Registry, close_breakers: Callable[[], None]
) -> None:
    def word() -> str:
        [case] = queries.with_confirmation(Application.objects.filter(pk=granted.pk))
        with override("en"):
            return results.row(case).word

    assert word() == "Granted provisionally"
    registry.recover()
    close_breakers()
    confirmations.run(now=now() + dt.timedelta(seconds=60))
    assert word() == "Approved"
