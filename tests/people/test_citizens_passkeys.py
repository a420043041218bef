"""Citizens' passkeys in the portal, signed by an authenticator in software."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from lxml import html

from ledger import heads
from ledger.clock import now
from ledger.models import Event
from people.models import Passkey, PasskeyChallenge, User
from portal.login.levels import Level
from tests.people import passkeys as desk
from tests.people.authenticator import Authenticator
from tests.people.citizens_passkeys import LOG_IN, OWN, add, inside, is_in, log_in, options
from tests.people.passkeys import DOMAIN, ORIGIN
from tests.people.test_passkeys import GARBAGE, WRONG

APPLY = "/services/graduate_settlement/apply/"
pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def party(settings: Any) -> None:
    settings.PASSKEY_DOMAIN, settings.PASSKEY_ORIGINS = DOMAIN, [ORIGIN]


@pytest.fixture
def me() -> User:
    return User.objects.get(username="graduate")


def text(response: Any) -> str:
    return response.content.decode()


def test_a_citizen_adds_a_passkey_and_logs_in_with_it_alone(me: User) -> None:
    client = inside(me)
    assert OWN in text(client.get("/cases/"))
    device = add(client)
    assert "我的手机" in text(client.get(OWN)) and "尚未使用" in text(client.get(OWN))
    there = log_in(device)
    assert is_in(there) and there.get(OWN).wsgi_request.user.pk == me.pk
    row = Passkey.objects.get()
    assert (row.user_id, row.sign_count, row.level) == (me.pk, device.count, Level.SUBSTANTIAL)
    assert row.last_used_at is not None and "尚未使用" not in text(there.get(OWN))


def test_the_log_in_leads_on_and_renews_the_session(me: User) -> None:
    device, client = add(inside(me)), Client()
    page = client.get("/login/", {"next": APPLY})
    form = html.fromstring(text(page)).get_element_by_id("passkey")
    assert form.action == LOG_IN and form.fields["next"] == APPLY
    signed = device.get(options(client, "log_in"))
    before = client.session.session_key
    answer = client.post(LOG_IN, {"credential": signed, "next": APPLY})
    assert (answer.status_code, answer["Location"]) == (302, APPLY)
    assert client.session.session_key != before
    signed = device.get(options(client, "log_in"))
    answer = client.post(LOG_IN, {"credential": signed, "next": "//evil.example/"})
    assert answer["Location"] == "/"


def test_what_was_filled_in_is_there_after_a_log_in_by_passkey(me: User) -> None:
    client = inside(me)
    device = add(client)
    form = html.fromstring(text(client.get(APPLY))).get_element_by_id("answers")
    sent = {**dict(form.form_values()), "/phone": "13800138000", "step": "check"}
    there = Client()
    assert there.post(APPLY, sent)["Location"].startswith("/login/")
    assert "13800138000" in text(log_in(device, there).get(APPLY))


@pytest.mark.parametrize("level", [Level.LOW, Level.SUBSTANTIAL])
def test_it_logs_in_no_more_surely_than_it_was_added(me: User, level: Level, settings: Any) -> None:
    settings.SERVICE_LEVELS = {"graduate_settlement": level}
    client = log_in(add(inside(me, level)))
    assert client.get(APPLY).status_code == 200
    settings.SERVICE_LEVELS = {"graduate_settlement": level + 1}
    assert client.get(APPLY).status_code == 403
    again = log_in(add(client, "由它添加"))  # a passkey added after a log-in by passkey
    assert again.get(APPLY).status_code == 403
    weaker = log_in(add(inside(me, level)), inside(me, Level.HIGH))
    assert weaker.get(APPLY).status_code == 403  # the last log-in counts


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_right_opens_nothing(me: User, wrong: dict[str, Any]) -> None:
    device = add(inside(me))
    assert not is_in(log_in(device, **wrong))
    assert is_in(log_in(device))


def test_a_passkey_that_does_not_verify_its_user_is_not_added(me: User) -> None:
    client, device = inside(me), Authenticator(ORIGIN, DOMAIN, verifies=False)
    wanted = options(client, "enrol")
    selection = wanted["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    assert me.username not in json.dumps(wanted) and me.subject not in json.dumps(wanted)
    sent = {"action": "enrol", "name": "钥匙", "credential": device.create(wanted)}
    answer = client.post(OWN, sent)
    assert answer.status_code == 422 and 'value="钥匙"' in text(answer)  # nothing is typed again
    assert not Passkey.objects.exists()


def test_an_answer_serves_once_and_a_copy_is_refused(me: User) -> None:
    device, client = add(inside(me)), Client()
    signed = device.get(options(client, "log_in"))
    client.post(LOG_IN, {"credential": signed})
    assert is_in(client)
    again = Client()
    options(again, "log_in")
    again.post(LOG_IN, {"credential": signed})
    assert not is_in(again)
    assert not is_in(log_in(device, count=device.count))
    chain = Event.objects.filter(subject=f"citizen:{me.subject}").order_by("seq")
    assert [one.kind for one in chain] == ["passkey_enrolled", "passkey_copy_refused"]


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_with_a_sentence_and_the_way_on(me: User, answer: str) -> None:
    client = Client()
    options(client, "log_in")
    refused = client.post(LOG_IN, {"credential": answer, "next": APPLY})
    assert refused.status_code == 422 and "通行密钥未通过验证" in text(refused)
    assert f'value="{APPLY}"' in text(refused)
    client = inside(me)
    options(client, "enrol")
    sent = {"action": "enrol", "name": "x", "credential": answer}
    assert client.post(OWN, sent).status_code == 422


def test_no_account_is_found_out_by_it(me: User) -> None:
    """Known or not, closed or not: one answer, and options that name nobody."""
    device, unknown = add(inside(me)), Authenticator(ORIGIN, DOMAIN)
    wanted = options(Client(), "log_in")
    assert not wanted.get("allowCredentials") and wanted["userVerification"] == "required"
    said = set()
    User.objects.filter(pk=me.pk).update(is_active=False)
    for one in (device, unknown):
        client = Client()
        signed = one.get(options(client, "log_in"))
        answer = client.post(LOG_IN, {"credential": signed})
        (alert,) = html.fromstring(text(answer)).xpath("//div[@role='alert']")
        said.add((answer.status_code, alert.text_content()))
    assert len(said) == 1


def test_each_sides_passkeys_open_that_side_alone(me: User, settings: Any) -> None:
    settings.SECOND_FACTOR = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ours = add(inside(me))
    theirs = desk.enrol(desk.make("chen"))
    assert desk.is_in(desk.log_in(theirs)) and is_in(log_in(ours))
    client = log_in(theirs)
    assert not is_in(client) and not desk.is_in(client)
    client = desk.log_in(ours)
    assert not is_in(client) and not desk.is_in(client)


def test_only_a_citizen_who_logged_in_lately_adds_or_removes(me: User) -> None:
    add(inside(me))
    row = Passkey.objects.get()
    clerk = Client()
    clerk.force_login(
        User.objects.get(username="clerk-hrss"), "django.contrib.auth.backends.ModelBackend"
    )
    stale = inside(me, ago=16 * 60)
    for client in (Client(), clerk, stale):
        refused = client.post("/passkeys/challenge/", {"purpose": "enrol"})
        assert refused.status_code == 403
        assert client.post(OWN, {"action": "remove", "passkey": row.pk}).status_code in (302, 403)
    assert Passkey.objects.count() == 1
    assert 'value="remove"' not in text(stale.get(OWN))
    answer = stale.post(OWN, {"action": "log_in_again"})
    assert answer["Location"] == f"/login/?next={OWN}" and not is_in(stale)


def test_a_removed_passkey_opens_nothing_and_ends_the_sessions_it_opened(me: User) -> None:
    client = inside(me)
    device = add(client)
    opened = log_in(device)
    assert is_in(opened)
    row = Passkey.objects.get()
    assert (
        client.post(OWN, {"action": "rename", "passkey": row.pk, "name": "旧手机"}).status_code
        == 302
    )
    assert client.post(OWN, {"action": "remove", "passkey": row.pk}).status_code == 302
    assert is_in(client) and not is_in(opened) and not is_in(log_in(device))
    chain = Event.objects.filter(subject=f"citizen:{me.subject}").order_by("seq")
    assert [(one.kind, one.by) for one in chain] == [
        (kind, f"citizen:{me.subject}")
        for kind in ("passkey_enrolled", "passkey_renamed", "passkey_removed")
    ]
    assert json.loads(chain[2].data) == {"passkey": row.fingerprint, "name": "旧手机"}


def test_somebody_elses_passkey_is_not_there(me: User) -> None:
    add(inside(me))
    other = inside(User.objects.get(username="trader"))
    for key in (Passkey.objects.get().pk, 0, "x", "9" * 5000, "\u0663"):
        for action in ("rename", "remove"):
            sent = {"action": action, "passkey": key, "name": "x"}
            assert other.post(OWN, sent).status_code == 404
    assert other.post(OWN, {"action": "x"}).status_code == 422
    assert Passkey.objects.get().name == "我的手机"


def test_under_another_address_none_are_offered(me: User, settings: Any) -> None:
    settings.PASSKEY_ORIGINS = ["https://miaopi.example"]
    assert "data-passkey" not in text(Client().get("/login/"))
    assert "data-passkey" not in text(inside(me).get(OWN))
    assert Client().post("/passkeys/challenge/", {"purpose": "log_in"}).status_code == 403
    assert not PasskeyChallenge.objects.exists()


def test_forms_are_hidden_until_our_own_script_shows_them(me: User) -> None:
    for client, address in ((Client(), "/login/"), (inside(me), OWN)):
        answer = client.get(address)
        page = html.fromstring(text(answer))
        (form,) = page.xpath("//form[@data-passkey]")
        assert "hidden" in form.attrib
        assert "JavaScript" in page.xpath("//noscript")[0].text_content()
        assert "'unsafe" not in answer["Content-Security-Policy"]


# ------------------------------------------------------------------ whoever writes past Django


def test_postgresql_keeps_whose_it_is_and_how_sure(me: User) -> None:
    add(inside(me))
    clerk = User.objects.get(username="clerk-hrss")
    copy = (
        "INSERT INTO people_passkey (user_id, name, confirmed, credential, public_key, sign_count,"
        " transports, is_synced, level) SELECT {}, name, confirmed, sha256(credential), public_key,"
        " 0, transports, is_synced, {} FROM people_passkey"
    )
    for statement in (
        "UPDATE people_passkey SET level = 3",
        "UPDATE people_passkey SET sign_count = 0",
        copy.format(me.pk, 0),  # which the desk would take
        copy.format(me.pk, 4),
        copy.format(clerk.pk, 2),
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_level_raised_by_sql_opens_nothing(me: User) -> None:
    """Removed and put in again with a higher level: the key is bound to the level that it had."""
    device = add(inside(me))
    row = Passkey.objects.get()
    row.delete()
    row.pk, row.level = None, Level.HIGH
    row.save(force_insert=True)
    assert not is_in(log_in(device))


def test_an_audit_knows_a_citizens_passkey(me: User, capsys: Any) -> None:
    log_in(add(inside(me)))
    assert Event.objects.filter(subject__startswith="rows:people_passkey:").count() == 1
    while heads.sequence(now()) is not None:
        pass  # else what was written long ago, on a slow machine, is under no signed head yet
    call_command("audit")
    assert capsys.readouterr().out == "audit: 0 faults\n"
