"""Citizens log in at a provider (OpenID Connect), which runs here as a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from lxml import html

from approvals.models import Application, Mandate
from demo.city import City
from demo.city.personas import index
from deploy.local.stack import free_port
from people import identity, names
from people.models import User
from portal.login import provider as client
from tests.approvals.cases import submit
from tests.plugins import templates
from tests.portal.provider import FACE, Citizen, RunningProvider

APPLY = "/services/graduate_settlement/apply/"
pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    made = RunningProvider(tmp_path_factory.mktemp("provider"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def provider(running: RunningProvider, settings: Any) -> Iterator[RunningProvider]:
    running.fault("")
    settings.OIDC = running.settings()
    settings.RATES = False
    client.client.cache_clear()
    yield running
    client.client.cache_clear()


def text_of(response: Any) -> str:
    return response.content.decode()


def number_of(persona: str) -> str:
    return City(templates.SEED, templates.PERSONS).person(index(persona)).number


def test_a_citizen_logs_in_at_the_provider_and_is_where_they_wanted_to_be(
    provider: RunningProvider,
) -> None:
    citizen = Citizen()
    answer = citizen.log_in("graduate", next=APPLY)
    assert (answer.status_code, answer["Location"]) == (302, APPLY)
    user = User.objects.get(pk=citizen.user_id)
    assert user.username == "graduate"  # the account that this number has had all along
    assert citizen.here.get(APPLY).status_code == 200


def test_what_is_sent_to_the_provider_has_state_nonce_and_a_challenge(
    provider: RunningProvider,
) -> None:
    sent = parse_qs(urlsplit(Citizen().begin()["Location"]).query)
    assert sent["response_type"] == ["code"] and sent["code_challenge_method"] == ["S256"]
    assert len(sent["code_challenge"][0]) == 43  # SHA-256 in base64url (RFC 7636, section 4.2)
    assert sent["redirect_uri"] == [f"{settings.SITE_URL}/login/back/"]
    again = parse_qs(urlsplit(Citizen().begin()["Location"]).query)
    for name in ("state", "nonce", "code_challenge"):
        assert sent[name] != again[name]


def test_no_address_on_the_way_carries_the_number_or_a_token(provider: RunningProvider) -> None:
    citizen = Citizen()
    citizen.log_in("graduate")
    out = citizen.here.post("/logout/")["Location"]
    number = number_of("graduate")
    for address in [*citizen.passed, out]:
        assert number not in address and "eyJ" not in address  # how each token begins
    assert number not in str(dict(citizen.here.session))


@pytest.mark.parametrize(
    "fault",
    [
        *["wrong_nonce", "without_nonce", "wrong_audience", "wrong_audience_for_us"],
        *["wrong_issuer", "expired", "from_the_future", "without_expiry"],
        *["alg_none", "another_key", "signed_with_the_secret", "userinfo_of_another", "no_json"],
    ],
)
def test_what_cannot_be_verified_logs_nobody_in(provider: RunningProvider, fault: str) -> None:
    citizen = Citizen()
    address = citizen.agree(citizen.begin(next=APPLY)["Location"], "graduate")
    provider.fault(fault)
    answer = citizen.come_back(address)
    assert answer.status_code == 400 and "无法核实" in text_of(answer)
    assert citizen.user_id is None
    assert f'value="{APPLY}"' in text_of(answer)  # the next try leads where this one should have


@pytest.mark.parametrize("fault", ["without_number", "false_number"])
def test_claims_that_name_nobody_log_nobody_in(provider: RunningProvider, fault: str) -> None:
    citizen = Citizen()
    address = citizen.agree(citizen.begin()["Location"], "graduate")
    provider.fault(fault)
    answer = citizen.come_back(address)
    assert answer.status_code == 400 and "无法确认您的身份" in text_of(answer)
    assert citizen.user_id is None


def test_an_address_of_the_history_logs_nobody_in_again(provider: RunningProvider) -> None:
    citizen = Citizen()
    address = citizen.agree(citizen.begin()["Location"], "graduate")
    assert citizen.come_back(address).status_code == 302
    citizen.here.post("/logout/")
    assert citizen.come_back(address).status_code == 400
    assert citizen.user_id is None


def test_a_state_of_another_browser_is_not_taken(provider: RunningProvider) -> None:
    """Else somebody could log another person in as themselves (RFC 6749, section 10.12)."""
    attacker, victim = Citizen(), Citizen()
    address = attacker.agree(attacker.begin()["Location"], "trader")
    assert victim.come_back(address).status_code == 400 and victim.user_id is None
    assert victim.here.get("/login/back/?code=x").status_code == 400


def changed(address: str, **values: str) -> str:
    """Return an address with other values in its query."""
    parts = urlsplit(address)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode(query)).geturl()


def test_a_code_serves_once_whatever_the_state(provider: RunningProvider) -> None:
    citizen = Citizen()
    first = citizen.agree(citizen.begin()["Location"], "graduate")
    assert citizen.come_back(first).status_code == 302
    other = Citizen()
    state = parse_qs(urlsplit(other.begin()["Location"]).query)["state"][0]
    answer = other.come_back(changed(first, state=state))
    assert answer.status_code == 400 and other.user_id is None


def test_a_code_that_was_intercepted_serves_nobody_else(provider: RunningProvider) -> None:
    """The verifier of another session does not fit the challenge (RFC 7636)."""
    citizen, thief = Citizen(), Citizen()
    address = citizen.agree(citizen.begin()["Location"], "graduate")
    state = parse_qs(urlsplit(thief.begin()["Location"]).query)["state"][0]
    assert thief.come_back(changed(address, state=state)).status_code == 400
    assert thief.user_id is None


def test_a_provider_that_takes_for_ever_is_not_waited_for(
    provider: RunningProvider, settings: Any
) -> None:
    citizen = Citizen()
    address = citizen.agree(citizen.begin(next=APPLY)["Location"], "graduate")
    provider.fault("slow")
    settings.OIDC = provider.settings(seconds=1.0)
    began = time.monotonic()
    answer = citizen.come_back(address)
    assert time.monotonic() - began < 5
    assert answer.status_code == 503 and "暂时没有应答" in text_of(answer)
    assert f'value="{APPLY}"' in text_of(answer)


def test_a_provider_that_is_down_is_named_and_other_ways_stay(settings: Any) -> None:
    nobody = RunningProvider(Path("/nonexistent"))
    settings.OIDC = nobody.settings(seconds=1.0)
    settings.RATES = False
    client.client.cache_clear()
    answer = Client().post("/login/start/", {"next": APPLY})
    client.client.cache_clear()
    assert answer.status_code == 503 and "暂时没有应答" in text_of(answer)
    assert f'value="{APPLY}"' in text_of(answer) and 'name="password"' in text_of(answer)


def test_a_provider_that_answers_with_errors_is_survived(provider: RunningProvider) -> None:
    citizen = Citizen()
    address = citizen.agree(citizen.begin()["Location"], "graduate")
    provider.fault("broken")
    answer = citizen.come_back(address)
    assert answer.status_code in (400, 503) and citizen.user_id is None


def test_whoever_does_not_agree_is_back_at_the_ways_to_log_in(provider: RunningProvider) -> None:
    citizen = Citizen()
    address = citizen.agree(citizen.begin(next=APPLY)["Location"], "graduate", allow=False)
    answer = citizen.come_back(address)
    assert answer.status_code == 200 and "取消了登录" in text_of(answer)
    assert citizen.user_id is None


def test_somebody_whom_the_city_does_not_know_gets_an_account_of_their_own(
    provider: RunningProvider,
) -> None:
    before = User.objects.count()
    for _ in range(2):
        citizen = Citizen()
        assert citizen.log_in("from_elsewhere", next=APPLY).status_code == 302
        assert citizen.here.get(APPLY).status_code == 200
    assert User.objects.count() == before + 1
    user = User.objects.get(pk=citizen.user_id)
    assert user.number is not None and not user.has_usable_password() and not user.is_staff
    number = identity.decrypt(bytes(user.number), user.subject)
    assert user.subject == identity.index(number) and number.startswith("510107")


def test_a_name_that_changed_at_the_provider_is_taken_over(provider: RunningProvider) -> None:
    User.objects.filter(username="graduate").update(name="旧名")
    Citizen().log_in("graduate")
    person = City(templates.SEED, templates.PERSONS).person(index("graduate"))
    assert User.objects.get(username="graduate").name == names.normal(person.name)


def test_a_closed_account_stays_closed(provider: RunningProvider) -> None:
    User.objects.filter(username="graduate").update(is_active=False)
    citizen = Citizen()
    answer = citizen.log_in("graduate")
    assert answer.status_code == 400 and "已停用" in text_of(answer) and citizen.user_id is None


def test_a_service_may_ask_for_a_surer_log_in(provider: RunningProvider, settings: Any) -> None:
    settings.SERVICE_LEVELS = {"graduate_settlement": 3}
    citizen = Citizen()
    citizen.log_in("graduate", next=APPLY)
    answer = citizen.here.get(APPLY)
    assert answer.status_code == 403 and "graduate_settlement" in text_of(answer)
    assert citizen.here.post(APPLY, {"step": "submit"}).status_code == 403
    assert citizen.here.get("/services/sole_trader/apply/").status_code == 200
    begun = citizen.begin(next=APPLY, service="graduate_settlement")
    asked = parse_qs(urlsplit(begun["Location"]).query)
    assert asked["acr_values"] == [FACE] and asked["prompt"] == ["login"]
    address = citizen.agree(begun["Location"], "graduate", acr=FACE)
    assert citizen.come_back(address)["Location"] == APPLY
    assert citizen.here.get(APPLY).status_code == 200


def test_everything_that_speaks_for_somebody_asks_for_that_log_in(
    provider: RunningProvider, settings: Any
) -> None:
    case = submit("graduate")
    citizen = Citizen()
    citizen.log_in("graduate")
    settings.SERVICE_LEVELS = {"graduate_settlement": 3}
    here = f"/cases/{case.number}/"
    speaking = [f"{here}{name}/" for name in ("correct", "withdraw", "contest", "deliver")]
    speaking += [f"{here}wrong/hukou_city/", "/services/graduate_settlement/wrong/hukou_city/"]
    speaking.append("/services/graduate_settlement/for/")
    for address in speaking:
        assert citizen.here.get(address).status_code == 403, address
        answer = citizen.here.post(address, {"version": "1", "reason": "请再看一次我的材料"})
        assert answer.status_code == 403 and "graduate_settlement" in text_of(answer), address
    mandate = {"/service": "graduate_settlement", "/name": "贾志博", "/until": "2030-01-01"}
    mandate["/number"] = number_of("name_mismatch")
    assert citizen.here.post("/mandates/", mandate).status_code == 403
    assert not Mandate.objects.exists()
    assert Application.objects.get(pk=case.pk).state == case.state
    assert citizen.here.get(here).status_code == 200  # to read it is another matter


def test_what_was_sent_by_too_weak_a_log_in_is_there_after_the_surer_one(
    provider: RunningProvider, settings: Any
) -> None:
    citizen = Citizen()
    citizen.log_in("graduate", next=APPLY)
    form = html.fromstring(text_of(citizen.here.get(APPLY))).get_element_by_id("answers")
    settings.SERVICE_LEVELS = {"graduate_settlement": 3}  # as if the other log-in had ended
    sent = {**dict(form.form_values()), "/phone": "13800138000", "step": "check"}
    assert citizen.here.post(APPLY, sent).status_code == 403
    before = citizen.here.cookies[settings.SESSION_COOKIE_NAME].value
    begun = citizen.begin(next=APPLY, service="graduate_settlement")
    citizen.come_back(citizen.agree(begun["Location"], "graduate", acr=FACE))
    assert citizen.here.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert "13800138000" in text_of(citizen.here.get(APPLY))


def test_who_logs_out_here_is_led_to_log_out_there(provider: RunningProvider) -> None:
    citizen = Citizen()
    citizen.log_in("graduate")
    out = citizen.here.post("/logout/")["Location"]
    assert citizen.user_id is None and out.startswith(f"{provider.url}/logout/?")
    assert set(parse_qs(urlsplit(out).query)) == {"post_logout_redirect_uri", "client_id", "state"}
    back = citizen._press(citizen.there.get(out, timeout=20), follow=False, allow="1")
    assert back.headers["Location"].startswith(f"{settings.SITE_URL}/")
    asked = citizen.there.get(citizen.begin()["Location"], timeout=20)
    assert "/login/" in asked.url  # nobody is logged in there any more


def test_a_provider_whose_keys_changed_is_asked_for_them(provider: RunningProvider) -> None:
    Citizen().log_in("graduate")
    provider.stop()
    provider.start()
    citizen = Citizen()
    assert citizen.log_in("trader").status_code == 302 and citizen.user_id


def test_the_button_is_there_only_with_a_provider(provider: RunningProvider, settings: Any) -> None:
    assert "/login/start/" in text_of(Client().get("/login/"))
    settings.OIDC = None
    assert "/login/start/" not in text_of(Client().get("/login/"))
    assert Client().post("/login/start/").status_code == 404
    assert Client().get("/login/back/").status_code == 404


@pytest.fixture
def other_site() -> Callable[[str], str]:
    return lambda path: f"http://127.0.0.1:{free_port()}{path}"


def test_it_leads_to_no_page_of_others(
    provider: RunningProvider, other_site: Callable[[str], str]
) -> None:
    citizen = Citizen()
    answer = citizen.begin(next=other_site("/"))
    assert answer.status_code == 400  # config.middleware: `next` is a path
    assert citizen.log_in("graduate", next="//evil.example/")["Location"] == "/"
