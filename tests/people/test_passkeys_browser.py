"""Passkeys in Chromium, whose own virtual authenticator signs: our script, policy and pages."""

import base64
import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connections

from people.models import Authenticator as Totp
from people.models import Passkey
from tests import officers
from tests.people.passkeys import PASSWORD
from tests.portal.test_second_factor import totp

pytestmark = pytest.mark.browser
SECRET = b"12345678901234567890"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def site(furnished_committed: None, settings: Any) -> Iterator[str]:
    """The site in this process, with a second factor, under the name that passkeys are made for."""
    from config.wsgi import application

    def answer(environ: dict[str, Any], start: Any) -> Any:
        response = application(environ, start)
        try:
            yield from response
        finally:
            getattr(response, "close", lambda: None)()
            connections.close_all()

    server = _Server(("127.0.0.1", 0), _Silent)
    server.set_app(answer)
    port = server.server_address[1]
    settings.SECOND_FACTOR = True
    settings.PASSKEY_DOMAIN, settings.PASSKEY_ORIGINS = "localhost", [f"http://localhost:{port}"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    officer = officers.make("chen", "clerk", office_id="hrss", password=make_password(PASSWORD))
    device = Totp(user=officer, name="a", confirmed=True)
    device.encrypt(SECRET)
    device.save()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{port}"
    server.shutdown()
    server.server_close()
    thread.join()


def authenticator(page: Any) -> tuple[Any, str]:
    """A device of the officer, as DevTools makes it: it keeps passkeys and verifies its user."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools, made["authenticatorId"]


def by_password(page: Any, site: str) -> None:
    page.goto(f"{site}/desk/login/")
    page.fill("input[name=username]", "chen")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url("**/desk/second-factor/**")


def log_out(page: Any, site: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{site}/desk/passkeys/")
    assert "/login/" in page.url


def test_an_officer_enrols_logs_in_and_removes_a_passkey(page: Any, site: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    devtools, device = authenticator(page)

    by_password(page, site)
    assert page.locator("#passkey").count() == 0  # there is none yet
    page.fill("input[name=code]", totp(base64.b32encode(SECRET).decode()))
    page.click("#second-factor button[type=submit]")
    page.goto(f"{site}/desk/passkeys/")
    page.fill("#name", "手机")
    page.click("form[data-passkey=create] button[type=submit]")
    page.wait_for_selector("section[id^=passkey-]")
    assert Passkey.objects.get(user__username="chen").name == "手机"
    page.fill("#name", "同一设备")  # the authenticator has one of this officer already
    page.click("form[data-passkey=create] button[type=submit]")
    page.get_by_text("该设备上已有您的通行密钥").wait_for()

    log_out(page, site)  # as the second factor
    by_password(page, site)
    page.click("#passkey button[type=submit]")
    page.wait_for_url(f"{site}/desk/")

    log_out(page, site)  # and alone
    page.click("#passkey button[type=submit]")
    page.wait_for_url(f"{site}/desk/passkeys/")
    assert Passkey.objects.get().last_used_at is not None

    page.locator("summary", has_text="删除").click()
    page.click("button[value=remove]")
    page.wait_for_url("**/desk/second-factor/**")  # this session, too, was opened by it
    log_out(page, site)  # the device still has it, and we do not
    page.click("#passkey button[type=submit]")
    page.get_by_text("该通行密钥未通过验证").wait_for()
    assert "/login/" in page.url and not Passkey.objects.exists()
    assert complaints == []

    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.click("#passkey button[type=submit]")
    page.get_by_text("没有收到通行密钥的响应").wait_for()


def test_a_page_under_another_name_gets_no_signature(page: Any, site: str, settings: Any) -> None:
    """The browser itself refuses: what we are bound to is not where the page is."""
    authenticator(page)
    settings.PASSKEY_DOMAIN = "miaopi.example"
    page.goto(f"{site}/desk/login/?next=/desk/")
    page.click("#passkey button[type=submit]")
    page.get_by_text("操作未成功").wait_for()
    settings.PASSKEY_DOMAIN = "localhost"
    settings.PASSKEY_ORIGINS = [f"https://{site.partition('://')[2]}"]  # shown, and not believed
    page.reload()
    page.click("#passkey button[type=submit]")
    page.get_by_text("没有收到通行密钥的响应").wait_for()


def test_without_javascript_the_code_stays(browser: Any, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{site}/desk/login/?next=/desk/")
    assert page.locator("#passkey").count() == 1
    assert not page.locator("#passkey").is_visible()
    page.fill("input[name=username]", "chen")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.fill("input[name=code]", totp(base64.b32encode(SECRET).decode()))
    page.press("input[name=code]", "Enter")
    page.wait_for_url(f"{site}/desk/")
    context.close()


def test_a_citizen_adds_a_passkey_logs_in_and_removes_it(page: Any, site: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    authenticator(page)
    page.goto(f"{site}/login/?next=/passkeys/")
    page.click("button[value=graduate]")  # a persona: the only log-in without a provider
    page.fill("#name", "我的手机")
    page.click("form[data-passkey=create] button[type=submit]")
    page.wait_for_selector("li[id^=passkey-]")
    assert Passkey.objects.get().user.username == "graduate"

    page.context.clear_cookies()
    page.goto(f"{site}/login/?next=/passkeys/")
    page.click("#passkey button[type=submit]")
    page.wait_for_url(f"{site}/passkeys/")
    assert Passkey.objects.get().last_used_at is not None
    page.locator("summary", has_text="删除").click()
    page.click("button[value=remove]")
    page.wait_for_url("**/login/**")  # this session, too, was opened by it
    page.click("#passkey button[type=submit]")
    page.get_by_text("该通行密钥未通过验证").wait_for()
    assert [one for one in complaints if "422" not in one] == []  # the answer to the last one
