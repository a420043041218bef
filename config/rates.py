"""Which pages are counted, for whom, and what one gets who comes too often (429).

Reading is not counted, but for what looks something up. Log-ins are counted again by django-axes,
which knows which were wrong; programs where their token is read, or their address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from people import proxies, rates
from people.rates import Rate
from portal import errors


@dataclass(frozen=True, slots=True)
class Counted:
    """A rate of a page: by which methods, and by address alone or by whoever is logged in.

    ``only``: with this field alone, such as a search of a list.
    """

    rate: Rate
    methods: tuple[str, ...] = ("POST",)
    by: Literal["address", "person"] = "address"
    only: str = ""


# one address may be a whole office, or a service hall: what one person does takes seconds
_LOGIN = Counted(Rate("login", "60/minute"))
_CODE = Counted(Rate("code", "20/minute"), by="person")
_LOOKUP = Counted(rates.LOOKUP, methods=("GET", "POST"))
_UPLOAD = Counted(Rate("upload", "20/minute"))
_SEARCH = Counted(Rate("search", "120/minute"), methods=("GET", "POST"), by="person", only="q")
_PAGES = Counted(Rate("pages", "300/minute"), methods=("GET",), by="person")  # each is drawn
_SUBMIT = Counted(Rate("submit", "60/minute"), by="person")
_WALLET = Counted(Rate("wallet", "120/minute"))  # a phone network's address is many wallets'
_LISTS = Counted(Rate("wallet_lists", "600/minute"), methods=("GET",))  # verifiers ask for them

PAGES: Mapping[str, Counted] = {
    "portal:login": _LOGIN,
    "portal:login-start": _LOGIN,
    "portal:login-back": Counted(_LOGIN.rate, methods=("GET",)),
    "portal:passkey-challenge": _LOGIN,
    "portal:passkey-log-in": _LOGIN,
    "portal:passkeys": _CODE,
    "demo:persona": _LOGIN,
    "admin:login": _LOGIN,
    "admin:second_factor": _CODE,
    "admin:passkey_challenge": _LOGIN,
    "admin:passkey_log_in": _LOGIN,
    "admin:passkeys": _CODE,
    "admin:signing_key": _CODE,
    "admin:password_change": _CODE,
    "certificates:search": Counted(_LOOKUP.rate),
    "certificates:verify": _LOOKUP,
    "certificates:upload": _UPLOAD,
    "credentials:wallets": _SUBMIT,
    "credentials:end": _SUBMIT,
    "credentials:ask-claims": _SUBMIT,
    "credentials:token": _WALLET,
    "credentials:nonce": _WALLET,
    "credentials:credential": _WALLET,
    "credentials:notification": _WALLET,
    "credentials:response": _WALLET,
    "credentials:request": _LISTS,
    "credentials:status": _LISTS,
    "portal:home": _SEARCH,
    "admin:autocomplete": Counted(_SEARCH.rate, methods=("GET",), by="person"),
    "portal:ask": Counted(_SEARCH.rate, by="person"),
    "portal:apply": _SUBMIT,
    "portal:bundle-apply": _SUBMIT,
    "portal:bundle-receipt": Counted(_SUBMIT.rate, methods=("GET",), by="person"),  # signed now
    "portal:bundle-give-up": _SUBMIT,
    "portal:bundle-take-up": _SUBMIT,
    "portal:bundle-alone": _SUBMIT,
    "admin:approvals_intake_add": _SUBMIT,
    "admin:approvals_intake_take": _SUBMIT,
    "admin:approvals_intake_correct": _SUBMIT,
    "admin:approvals_intake_corrected": _SUBMIT,
    "counter:book": _SUBMIT,
    "counter:appointment": _SUBMIT,
    "counter:move": _SUBMIT,
    "portal:progress": Counted(Rate("progress", "20/minute")),
    "portal:for-another": Counted(Rate("kinship", "20/minute"), by="person"),
    "portal:for-another-form": _SUBMIT,
    # each opening asks the registry of enterprises
    "portal:capacities": Counted(Rate("capacity", "30/minute"), ("GET", "POST"), by="person"),
    "portal:capacity-leave": _SUBMIT,
    "portal:mandates": _SUBMIT,
    "portal:mandate-end": _SUBMIT,
    "assistants:new": _SUBMIT,
    "assistants:end": _SUBMIT,
    "portal:choices": Counted(_SEARCH.rate, by="person"),
    "portal:qualify": _SUBMIT,
    "portal:offer": _SUBMIT,
    "portal:entitlement": _SUBMIT,
    "portal:hand-in": _SUBMIT,
    "portal:take-back": _SUBMIT,
    "portal:statement": _SUBMIT,
    "admin:offers_scan_order": _SUBMIT,
    "admin:services_suspension_do": _SUBMIT,
    "admin:services_shadow_do": _SUBMIT,
    "admin:services_trial_order": _SUBMIT,
    "admin:entitlements_paymentlist_export": _SUBMIT,
    "portal:correct": _SUBMIT,
    "portal:withdraw": _SUBMIT,
    "portal:contest": _SUBMIT,
    "portal:wrong": _SUBMIT,
    "portal:dispute": _SUBMIT,
    "portal:undispute": _SUBMIT,
    "portal:sign": _SUBMIT,
    "portal:deliver": _SUBMIT,
    "portal:message-choices": _SUBMIT,
    "portal:rate": _SUBMIT,
    "portal:accesses-pdf": Counted(Rate("export", "10/minute"), methods=("GET",), by="person"),
    "portal:accesses-json": Counted(Rate("export", "10/minute"), methods=("GET",), by="person"),
    "portal:material": _PAGES,
    "portal:material-page": _PAGES,
    "portal:material-file": _PAGES,
    "admin:approvals_application_material_page": _PAGES,
    "admin:approvals_intake_material_page": _PAGES,
    "portal:document": Counted(_SUBMIT.rate, methods=("GET",), by="person"),  # it may be drawn now
    "api-document": Counted(Rate("paper", "600/minute"), methods=("GET",)),  # likewise
}


def counted(view_name: str) -> Counted | None:
    """Return how a page is counted: those of the table, and searches of the desk's lists."""
    if view_name.startswith("admin:") and view_name.endswith("_changelist"):
        return _SEARCH
    return PAGES.get(view_name)


class Rates:
    """Middleware: answers 429, with Retry-After, to whoever comes too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, arguments: object, named: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        page = counted(match.view_name) if match else None
        if page is None or request.method not in page.methods:
            return None
        sent = request.POST if request.method == "POST" else request.GET
        if page.only and not sent.get(page.only):
            return None
        whose = _whose(request, page)
        if not whose or not rates.is_over(page.rate, whose):
            return None
        return errors.too_many(request, rates.seconds_left(page.rate, whose))


def _whose(request: HttpRequest, page: Counted) -> str:
    user: Any = getattr(request, "password_user", None) if page.by == "person" else None
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return proxies.counted_address(request)
