"""A citizen's way through a bundle: choose, fill in once, check, hand in, see all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from lxml import html

from approvals.models import Application
from approvals.progress import waiting
from bundles.models import BundledCase, BundleDraft
from ledger import canonical, signatures
from ledger.clock import now
from portal.bundles import filling
from services import publish
from tests.approvals.cases import person, submit
from tests.bundles.cases import answers, application, follow, hand_in, settle, states
from tests.counter.desk import enter, hidden
from tests.services.packs import LI

pytestmark = pytest.mark.usefixtures("trial")
GUIDE = "/bundles/trial/"
FORM = "/bundles/trial/apply/"


def text(response: Any) -> str:
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def typed(**changes: Any) -> dict[str, Any]:
    """What somebody types in the joint form."""
    given = {k: v for k, v in answers(**changes).items() if not k.endswith("consent")}
    return {f"/{name}": value for name, value in given.items()}


@pytest.fixture(autouse=True)
def nobody_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine runs here, and whoever waits gives the test's own connection back."""
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: None)


def check(client: Client, page: str = f"{FORM}?with=shop", **changes: Any) -> Any:
    form = hidden(client.get(page).content.decode())
    return client.post(FORM, {**form, **typed(**changes), "step": "check"})


def send(client: Client, page: Any, **changes: Any) -> Any:
    form = hidden(page.content.decode())
    ticks = {"/consent": "true", "/insurance_consent": "true", "/shop_consent": "true"}
    return client.post(FORM, {**form, **ticks, "step": "submit", **changes})


def test_one_form_leads_to_all_of_it() -> None:
    client = enter("graduate")
    guide = text(client.get(GUIDE))
    assert "试办一件事" in guide and "8 项" in guide and "我还要开店" in guide
    page = check(client)
    assert page.status_code == 200, text(page)
    assert "等以下事项获批后提交" in text(page)
    done = send(client, page)
    case = BundledCase.objects.get()
    assert done.status_code == 302 and done.headers["Location"] == f"/together/{case.number}/"
    shown = text(client.get(done.headers["Location"]))
    assert case.number in shown and application(case, "home").number in shown
    settle(application(case, "home"))
    follow()
    settle(application(case, "insurance"), application(case, "shop"))
    shown = text(client.get(f"/together/{case.number}/"))
    assert "3 项全部获批" in shown
    affairs = text(client.get("/cases/"))
    assert case.number in affairs and affairs.count("试办一件事") == 1


def test_a_draft_is_kept_and_resumed_with_what_was_chosen() -> None:
    client = enter("graduate")
    form = hidden(client.get(f"{FORM}?with=shop").content.decode())
    saved = client.post(FORM, {**form, **typed(trade_name="云清河"), "step": "save"})
    assert saved.status_code == 302 and not Application.objects.exists()
    assert FORM in enter("graduate").get("/cases/").content.decode()
    page = enter("graduate").get(FORM).content.decode()
    assert "云清河" in page and "保留至" in page
    assert "云清河" not in enter("trader").get(f"{FORM}?with=shop").content.decode()
    send(client, check(client, FORM))
    assert not BundleDraft.objects.exists()


def test_what_is_wrong_is_said_once_beside_the_question_and_nothing_is_lost() -> None:
    client = enter("graduate")
    page = check(client, address="x", employees="0")
    assert page.status_code == 422
    shown = text(page)
    assert "有 2 处需要您看一下" in shown
    assert 'value="栖迟"' in page.content.decode()


def test_a_missing_declaration_keeps_the_check_page() -> None:
    client = enter("graduate")
    page = send(client, check(client), **{"/shop_consent": ""})
    assert page.status_code == 422 and not BundledCase.objects.exists()
    assert "我承诺所填内容真实" in text(page)


def test_a_second_tap_shows_the_first_and_another_answer_is_refused() -> None:
    client = enter("graduate")
    page = check(client)
    first = send(client, page)
    assert send(client, page).headers["Location"] == first.headers["Location"]
    other = send(client, page, **{"/paid_in": "440000"})
    assert other.status_code == 409 and "看看办到哪一步" in text(other)
    assert BundledCase.objects.count() == 1


def test_what_exists_already_is_said_and_the_form_stays() -> None:
    client, other = enter("graduate"), submit("graduate")
    page = send(client, check(client))
    assert page.status_code == 409 and other.number in text(page)
    assert not BundledCase.objects.exists()


def test_each_step_needs_the_log_in_that_its_service_needs(settings: Any) -> None:
    """What was chosen counts, whether the address, a page or a draft says it."""
    client = enter("graduate")
    page = check(client)
    client.post(FORM, {**hidden(page.content.decode()), **typed(), "step": "save"})
    case = hand_in(applicant=person("trader"))
    settings.SERVICE_LEVELS = {"sole_trader": 3}
    for one in (client, trader := enter("trader")):
        session = one.session
        session["login_level"] = 2
        session.save()
    assert client.get(f"{FORM}?with=shop").status_code == 403
    assert client.get(FORM).status_code == 403
    assert send(client, page).status_code == 403
    assert client.get(f"{FORM}?with=").status_code == 200
    assert trader.post(f"/together/{case.number}/shop/take-up/").status_code == 403
    assert trader.post(f"/together/{case.number}/insurance/take-up/").status_code == 302
    assert BundledCase.objects.count() == 1


@pytest.mark.parametrize("shown", ["", "trial:home=1", "x"], ids=["none", "unsigned", "nonsense"])
def test_a_form_that_says_nothing_of_its_editions_is_not_handed_in(shown: str) -> None:
    client = enter("graduate")
    page = check(client)
    answer = send(client, page, shown=shown)
    assert answer.status_code == 422 and not BundledCase.objects.exists()


def test_an_edition_that_was_replaced_meanwhile_is_shown_once_more() -> None:
    client = enter("graduate")
    page = check(client)
    stale = signing.Signer(salt="portal.bundles").sign("trial:home=9:insurance=1:shop=1")
    answer = send(client, page, shown=stale)
    assert answer.status_code == 409 and "已有变化" in text(answer)
    assert "栖迟" in answer.content.decode() and not BundledCase.objects.exists()
    assert filling.read(stale, "other") is None


def test_only_its_own_applicant_sees_a_bundled_case() -> None:
    case = hand_in()
    for path in ("", "state/", "receipt/", "give-up/"):
        address = f"/together/{case.number}/{path}"
        assert enter("trader").get(address).status_code == 404
        assert Client().get(address).status_code == 302
        assert enter("graduate").get(address).status_code == 200
    for path in ("shop/take-up/", "shop/alone/"):
        assert enter("trader").post(f"/together/{case.number}/{path}").status_code == 404
    assert enter("graduate").get("/together/MP20261129AAAAAAAAA/").status_code == 404


def test_a_stopped_step_says_why_and_can_be_applied_for_by_itself() -> None:
    case = hand_in(applicant=person("credit_hit"))
    settle(application(case, "home"))
    client = enter("credit_hit")
    assert "等待" in text(client.get(f"/together/{case.number}/"))
    client.post(f"/together/{case.number}/give-up/")
    assert states(case) == {"home": "withdrawn", "insurance": "dropped", "shop": "dropped"}


def test_what_stopped_goes_on_as_a_draft_of_its_own_service() -> None:
    case = hand_in(applicant=person("credit_hit"))
    settle(application(case, "home"))
    client = enter("credit_hit")
    client.post(
        f"/cases/{application(case, 'home').number}/withdraw/",
        {"version": application(case, "home").version},
    )
    follow()
    shown = client.get(f"/together/{case.number}/")
    assert "以下事项未获批准" in text(shown) and "单独办理" in text(shown)
    gone = client.post(f"/together/{case.number}/shop/alone/")
    assert gone.headers["Location"] == "/services/sole_trader/apply/"
    assert "栖迟" in client.get(gone.headers["Location"]).content.decode()


def test_the_whole_is_a_signed_statement_with_the_hash_of_each_receipt() -> None:
    case = hand_in(chosen=())
    settle(application(case, "home"))
    follow()
    client = enter("graduate")
    sent = json.loads(client.get(f"/together/{case.number}/receipt/").content)
    _header, payload = signatures.verify_jws(
        sent["jws"], signatures.keys_of(signatures.jwks()), typ="miaopi-bundle+jws"
    )
    assert canonical.loads(payload) == sent["statement"]
    home, insurance = sent["statement"]["steps"]
    assert (home["state"], insurance["state"]) == ("approved", "submitted")
    assert len(home["decision_sha256"]) == 64 and insurance["decision_sha256"] == ""
    assert person("graduate").number not in json.dumps(sent)


def test_the_bundle_is_found_by_its_life_event_and_by_words() -> None:
    client = Client()
    assert "/bundles/settle_in/" in client.get("/life/living/").content.decode()
    assert "/bundles/settle_in/" in client.get("/?q=安家").content.decode()
    assert "/bundles/settle_in/" not in client.get("/?q=营业执照").content.decode()


def test_in_english_all_of_it_is_english() -> None:
    client = enter("graduate")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "One form of 8 questions instead of" in text(client.get(GUIDE))
    page = check(client)
    assert "when this is granted" in text(page)
    send(client, page)
    assert "It is handed in by itself" in text(
        client.get(f"/together/{BundledCase.objects.get().number}/")
    )


def test_one_of_two_ways_is_chosen_and_its_form_asks_what_it_needs() -> None:
    client = enter("graduate")
    guide = client.get("/bundles/settle_in/").content.decode()
    assert guide.count('type="radio" name="with"') == 2 and "请选一种" in guide
    form = "/bundles/settle_in/apply/"
    talent = client.get(f"{form}?with=talent&with=insurance&with=").content.decode()
    assert 'name="/family"' in talent and 'name="/paid_in"' in talent
    assert 'name="/family"' not in client.get(f"{form}?with=settlement&with=").content.decode()


def test_a_bundle_whose_service_is_closed_says_so() -> None:
    publish.retire("social_transfer", by=LI, now=now(), reason="停办")
    client = enter("graduate")
    assert "暂不受理" in text(client.get(GUIDE)) or "不受理" in text(client.get(GUIDE))
    assert client.get(FORM).headers["Location"] == GUIDE
    assert client.get("/bundles/nothing/").status_code == 404
