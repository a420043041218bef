"""Every page in Chromium, for everybody who may open it: nothing is empty, fails or leaves us.

The pages come from the URL resolver and from the desk's own models: a new one is opened, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.contrib import admin
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from approvals.models import Application
from bundles.models import BundledCase
from certificates.models import Certificate
from demo import accounts
from demo.hints import demo_places
from tests.portal.desk_browser import cookies_of
from tests.portal.test_words_shown import OF_A_TABLE
from tests.portal.visitor import Visitor, graduate, submit, trader

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# where codes of tables that have names are read by nobody
CITIZENS_PAGES = (
    "/services/",
    "/bundles/",
    "/together/",
    "/cases/",
    "/wallet/",
    "/certificates/",
    "/appointments/",
)
CITIZENS = ("graduate", "degree_missing", "trader_food", "trader_unknown_address")
OFFICERS = tuple({o.role: o.username for o in reversed(accounts.OFFICERS)}.values())
EVERYBODY = ("", *CITIZENS, *OFFICERS)
# in an ordinary run these see also what differs by who sees it; the others, what is theirs alone
FEW = {"", "graduate", "trader_unknown_address", "clerk-hrss", "administrator"}

# what is no page: downloads, data for programs, parts of a page, and forms that only take a POST
NO_PAGES = {
    "admin:operations_centre_live",  # a part of a page: test_centre_journey
    *("portal:state", "portal:receipt", "portal:logout", "portal:elder", "portal:set_language"),
    *("portal:catalogue", "portal:service-data", "portal:manifest", "portal:worker"),
    *("portal:login-start", "portal:login-back", "portal:session"),
    *("portal:passkey-challenge", "portal:passkey-log-in"),
    *("portal:draft", "portal:accesses-pdf", "portal:accesses-json"),
    *("portal:for-another-form", "portal:mandate-end", "portal:capacity-leave"),
    "assistants:end",
    *("portal:bundle-state", "portal:bundle-receipt", "portal:bundle-draft"),
    *("portal:bundle-take-up", "portal:bundle-alone"),
    *("demo:persona", "certificates:upload", "certificates:pdf", "certificates:svg"),
    "certificates:preview",
    *("certificates:jws", "certificates:status", "certificates:jwks", "certificates:pdf-signers"),
    *("credentials:end", "credentials:state", "credentials:asked-state", "credentials:token"),
    *("credentials:nonce", "credentials:credential", "credentials:notification"),
    *("credentials:request", "credentials:response", "credentials:type", "credentials:status"),
    *("credentials:issuer-metadata", "credentials:issuer-metadata-before"),
    *("credentials:server-metadata", "credentials:jwt-vc-issuer", "credentials:did"),
    *("certificates:api", "certificates:api-filings", "schema", "health", "ready"),
    *("oauth:token", "oauth:revoke", "oauth:server", "oauth:resource"),
    *("api-applications", "api-application", "api-receipt", "api-services", "api-service"),
    *(
        "certificates:filings",
        "admin:search",
        "webhook",
        "admin:logout",
        "admin:jsi18n",
        "admin:autocomplete",
        "admin:view_on_site",
        "admin:approvals_samplefinding_test",
        "admin:services_trial_progress",  # asked for by the page of a trial until it is done
        *(f"admin:services_draft_{part}" for part in ("do", "file", "live", "complete")),
        "admin:passkey_challenge",
        "admin:passkey_log_in",
    ),
}
EACH = {"portal:home", "portal:login"}  # which differ by who sees them
# of an officer's and a citizen's: what differs by whose it is; the rest is opened once
DIFFERS = EACH | {
    *("portal:cases", "portal:case", "portal:bundle-case", "portal:wallet", "admin:index"),
    *("admin:approvals_application_changelist", "admin:approvals_application_change"),
}
# Django's and the frame's own pages of a model are one template: an ordinary run opens those of
# cases, whose pages are our own, and the lists of the rest
ALIKE = ("_add", "_change", "_delete", "_history")
OUR_OWN = ("admin:approvals_", "admin:certificates_certificate_", "admin:services_edition_")
# without these something is wrong with the walk itself
MUST = {"docs", "portal:home", "portal:apply", "portal:cases", "portal:case", "portal:wallet"}
MUST |= {
    "portal:bundle-apply",
    "portal:bundle-case",
    "certificates:search",
    "admin:index",
    "admin:approvals_application_changelist",
}


def names(patterns: list[Any], space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every named address, with its name space."""
    for one in patterns:
        if isinstance(one, URLResolver):
            inner = f"{one.namespace}:" if one.namespace else space
            yield from names(one.url_patterns, inner)
        elif one.name:
            yield space + one.name, one


def made_cases(stack: Any) -> None:
    """One application of each kind: approved, with an officer, returned, waiting for an agency."""
    places = demo_places()
    home, shop = str(places[0]["code"]), str(places[1]["code"])
    submit(graduate(Visitor(stack.url), "graduate", home))
    submit(graduate(Visitor(stack.url), "degree_missing", home))
    together = Visitor(stack.url).as_persona("trader_food")
    together.get("/bundles/settle_in/apply/?with=")
    submit(together.press("step=check", **{"/district": "440305", "/address": home}))
    submit(trader(Visitor(stack.url), "trader_unknown_address", "440305-0000000", ["F5232"]))
    submit(trader(Visitor(stack.url), "trader_food", shop, ["H6210", "F5232"]))


def arguments(name: str) -> list[dict[str, Any]]:
    """What to fill an address with: each case, each certificate, the first rows of a model."""
    # in the order of their making: a row that was updated moves in an unordered list
    made = Application.objects.order_by("id").values_list("number", flat=True)
    cases = [{"number": n} for n in made]
    papers = list(Certificate.objects.values_list("public_id", flat=True))
    if name == "portal:life":
        return [{"event": "birth"}, {"event": "business"}]
    if name in ("portal:bundle", "portal:bundle-apply"):
        return [{"code": "settle_in"}]
    if name.startswith("portal:bundle-"):
        return [{"number": n} for n in BundledCase.objects.values_list("number", flat=True)]
    if name == "portal:wrong":
        return [{"code": "graduate_settlement", "fact": "level"}]
    if name == "portal:dispute":
        return [{**case, "fact": "level"} for case in cases[:3]]
    if name == "portal:undispute":
        return [{**case, "dispute": 1} for case in cases[:3]]
    if name == "credentials:ask-claims":
        return [{"service": "graduate_settlement"}]
    if name == "certificates:verify":
        return [{"number": p} for p in papers[:1]]
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(label):
            keys = model._default_manager.values_list("pk", flat=True)
            return [{}, *({"object_id": key} for key in keys[:2])]
    return [
        *({}, {"app_label": "approvals"}, *cases, *({"public_id": p} for p in papers[:1])),
        *({"code": code} for code in ("graduate_settlement", "sole_trader")),
    ]


def addresses() -> dict[str, set[str]]:
    """Every address that there is to open, by name."""
    found: dict[str, set[str]] = {}
    for name, _pattern in names(get_resolver().url_patterns):
        if name not in NO_PAGES:
            found.setdefault(name, set())
            for some in arguments(name):
                try:
                    found[name].add(reverse(name, kwargs=some))
                except NoReverseMatch:
                    if "object_id" in some:
                        try:  # the desk's own pages name a row otherwise
                            found[name].add(reverse(name, args=[some["object_id"]]))
                        except NoReverseMatch:
                            continue
    found["admin:login"].add("/desk/login/?next=/desk/")
    found["no page"] = {"/nothing/"}  # the answer to an address that is not there
    return found


def is_alike(name: str) -> bool:
    """Is it a page that the frame draws for each model from one template?"""
    return (
        name.startswith("admin:")
        and name.endswith(ALIKE)
        and (not name.startswith(OUR_OWN) or not name.endswith("_change"))
    )


class Watched:
    """A page of a browser that notes whatever goes wrong on it."""

    def __init__(self, browser: Any, site: str, cookies: list[dict[str, str]]) -> None:
        self.site, self.faults = site, list[str]()
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        context.add_cookies(cookies)
        context.set_default_timeout(20_000)
        self.context, self.page = context, context.new_page()
        self.status = 0
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def _console(self, message: Any) -> None:
        own = self.status >= 400 and "status of" in message.text  # of the page itself
        if message.type in ("error", "warning") and not own:
            self.faults.append(f"console: {message.text}")

    def _failed(self, request: Any) -> None:
        self.faults.append(f"failed: {request.url} {request.failure}")

    def _asked(self, request: Any) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob") and not request.url.startswith(
            self.site + "/"
        ):
            self.faults.append(f"left our origin: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.request.is_navigation_request():
            self.status = response.status
        elif response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> list[str]:
        """Open a page; returns what is wrong with it."""
        self.faults, self.status = [], 0
        self.page.goto(self.site + path, wait_until="load")
        for _ in range(80):  # pages that a script draws take a moment
            if len(self.page.inner_text("body").strip()) > 20:
                break
            self.page.wait_for_timeout(100)
        else:
            self.faults.append("empty")
        self.page.wait_for_timeout(100)  # what a script does when all is there
        if path.startswith(CITIZENS_PAGES):
            found = OF_A_TABLE.findall(self.page.inner_text("main"))
            self.faults += [f"a code of a table: {code}" for code in found]
        if self.status >= 500:
            self.faults.append(f"status {self.status}")
        return [f"{path}: {fault}" for fault in self.faults]


def is_page(site: str, path: str, cookies: list[dict[str, str]]) -> bool:
    """Tell whether somebody gets this page here, and is not sent to another one."""
    answer = requests.get(
        site + path,
        cookies={c["name"]: c["value"] for c in cookies},
        headers={"Accept": "text/html", "Accept-Language": "zh-CN"},
        allow_redirects=False,
        timeout=30,
    )
    return answer.status_code == 200 or (answer.status_code == 404 and path == "/nothing/")


def first_pages(
    site: str, pages: dict[str, set[str]], cookies: list[dict[str, str]], left_out: set[str]
) -> Iterator[tuple[str, str]]:
    """Each page that somebody gets, once: the first address that is theirs."""
    for name in sorted(pages.keys() - left_out):
        own = (path for path in sorted(pages[name]) if is_page(site, path, cookies))
        if path := next(own, ""):
            yield name, path


def test_no_page_is_empty_fails_or_leaves_our_origin(
    stack: Any, browser: Any, pytestconfig: pytest.Config
) -> None:
    """Each page by the first who may open it, and what differs by some of each kind.

    Of pages that are alike, one. With ``--full`` everybody opens everything. What each role gets
    without a browser, and that nothing fails there: test_matrix.py, test_roles_table.py.
    """
    full = pytestconfig.getoption("--full")
    made_cases(stack)
    pages, faults, opened = addresses(), [], set()
    if not full:
        pages = {name: paths for name, paths in pages.items() if not is_alike(name)}
    public: set[str] = set()  # opened by anybody, and the same for the others
    for username in EVERYBODY:
        cookies = cookies_of(username, stack.url)
        watched = Watched(browser, stack.url, cookies)
        differs = DIFFERS if username in FEW else set()
        seen = public - EACH if full else opened - differs
        for name, path in first_pages(stack.url, pages, cookies, seen):
            opened.add(name)
            faults += [f"{username or 'anybody'}: {f}" for f in watched.open(path)]
        public = public or set(opened)
        watched.context.close()
    assert not faults, "\n".join(faults)
    assert opened >= MUST


def test_what_was_on_the_screen_is_gone_after_the_log_out(stack: Any, browser: Any) -> None:
    """Back shows neither the wallet nor a case: no page of a person is kept by the browser."""
    made_cases(stack)
    case = Application.objects.get(state="approved")
    for path in ("/wallet/", f"/cases/{case.number}/"):
        watched = Watched(browser, stack.url, cookies_of("graduate", stack.url))
        page = watched.page
        assert watched.open(path) == []
        shown = page.inner_text("main")
        assert "落户" in shown or "准予迁入" in shown
        page.click("form[action$='/logout/'] button")
        page.wait_for_load_state("load")
        page.go_back(wait_until="load")
        assert page.locator("main").count() == 1
        assert page.inner_text("main") != shown
        assert "/login/" in page.url
        assert case.number not in page.content() or case.number in page.url
        watched.context.close()
