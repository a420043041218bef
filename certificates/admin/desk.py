"""A certificate's page: what it says, its history, its parts, and what an officer may do."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from certificates import actions, policies, queries
from certificates.actions import lifecycle
from certificates.errors import stale
from certificates.models import Certificate, Filing, Revocation
from certificates.payload import ENTERPRISE, holder_name
from certificates.states import State
from certificates.words import FILING_WORDS, LAW, STATE_WORDS
from ledger import canonical
from ledger.clock import city_date, now
from ledger.models import Event
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import language
from people.masking import masked, names_in
from people.models import Reading, User
from people.readonly import Page, reader
from people.traces import Traced, read_at_desk

TONES = {
    "valid": "success",
    "suspended": "warning",
    "superseded": "info",
    "revoked": "danger",
    "expired": "danger",
    "cancelled": "danger",
}
MAY = {
    State.VALID: {"suspend", "cancel", "propose"},
    State.SUSPENDED: {"restore", "cancel", "propose"},
}


class CertificateAdmin(Traced, Page):
    list_display = ("number", "shown_kind", "shown_holder", "shown_issued", "shown_state")
    list_filter = ("state", "kind")
    search_fields = ("public_id__exact", "identifier__exact", "number__exact")
    search_help_text = _("Number of a certificate")
    ordering = ("-issued_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certificate]:
        found = policies.visible(reader(request)).select_related("office")
        return found.annotate(reader_role=Value(reader(request).role))

    @display(description=_("Kind"))
    def shown_kind(self, certificate: Certificate) -> str:
        return str(canonical.loads(certificate.payload)["type"][language()])

    @display(description=_("Holder"))
    def shown_holder(self, certificate: Certificate) -> str:
        payload = canonical.loads(certificate.payload)
        masked_here = roles.reads_masked(getattr(certificate, "reader_role", ""))
        return holder_name(payload) if masked_here else str(payload["holder"]["name"])

    @display(description=_("Issued on"), ordering="issued_at")
    def shown_issued(self, certificate: Certificate) -> str:
        return city_date(certificate.issued_at).isoformat()

    @display(description=_("State"), ordering="state", label=TONES)
    def shown_state(self, certificate: Certificate) -> tuple[str, str]:
        return str(certificate.state), STATE_WORDS[str(certificate.state)][language()]

    def get_urls(self) -> list[Any]:
        action = self.admin_site.admin_view(self.action_view)
        paths = [path("<uuid:pk>/do/", action, name="certificates_certificate_do")]
        return paths + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The history is on the page itself."""
        return redirect("admin:certificates_certificate_change", object_id)

    def action_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Suspend, restore, cancel, propose to revoke, confirm or drop: one action a POST."""
        certificate = self.found(request, str(pk))
        if request.method != "POST":
            return redirect("admin:certificates_certificate_change", pk)
        try:
            posted.require_each_once(request.POST)
            do(request.POST, certificate, reader(request))
        except ActionRejected as error:
            return self.page(request, self.found(request, str(pk)), error)
        self.message_user(request, _("Done; it is recorded with your name."))
        return redirect("admin:certificates_certificate_change", pk)

    def page(
        self, request: HttpRequest, certificate: Certificate, error: ActionRejected | None = None
    ) -> HttpResponse:
        read_at_desk(request, Reading.Kind.CERTIFICATE, certificate.public_id)
        payload = canonical.loads(certificate.payload)
        names = frozenset[str]()
        if roles.reads_masked(reader(request).role):
            names = named(certificate)
            payload = _as_auditors_read_it(payload, names)
        officer = policies.sees(actors.officer(reader(request)), certificate)
        state = str(certificate.state)
        parts = Filing.objects.filter(certificate=certificate).order_by("place")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": certificate.number,
            "original": certificate,
            "problem": (error.en if language() == "en" else error.zh) if error else "",
            "payload": payload,
            "paper": not roles.reads_masked(reader(request).role),
            "kind": payload["type"][language()],
            "issuer": payload["issuer"][language()],
            "state": state,
            "state_words": STATE_WORDS[queries.state_on(certificate, city_date(now()))][language()],
            "fields": [(f[language()], f["value"]) for f in payload["fields"]],
            "events": [_event(e, names) for e in _events(certificate)],
            "parts": [_part(f, names) for f in parts],
            "grounds": Revocation.Ground.choices,
            "open": _open(certificate, reader(request)) if officer else [],
            "may": MAY.get(State(state), set()) if officer else set(),
            "action": reverse("admin:certificates_certificate_do", args=[certificate.pk]),
        }
        template = "admin/certificates/certificate.html"
        return TemplateResponse(request, template, context, status=error.status if error else 200)


def do(form: Mapping[str, str], certificate: Certificate, user: User) -> None:
    """Call the action that the pressed button names; raises ``ActionRejected``.

    The page's version is compared under the row's lock: a stale page ends or revokes nothing.
    """
    with transaction.atomic():
        row = lifecycle.lock(certificate.public_id)
        policies.require_officer(actors.officer(user), row)
        if posted.version(form) != row.events:
            raise stale()
        _call(form, certificate, user)


def _call(form: Mapping[str, str], certificate: Certificate, user: User) -> None:
    by, at = actors.officer(user), now()
    reason, public_id = form.get("reason", ""), certificate.public_id
    match form.get("action", ""):
        case "suspend":
            actions.suspend(public_id=public_id, reason=reason, by=by, now=at)
        case "restore":
            actions.restore(public_id=public_id, reason=reason, by=by, now=at)
        case "cancel":
            actions.cancel(public_id=public_id, reason=reason, by=by, now=at)
        case "propose":
            ground, item = form.get("ground", ""), form.get("item", "")
            actions.propose(
                public_id=public_id, ground=ground, reason=reason, item=item, by=by, now=at
            )
        case "confirm":
            actions.confirm(revocation=_which(form, certificate), by=by, now=at)
        case "drop":
            actions.drop(revocation=_which(form, certificate), by=by, now=at)
        case _:
            raise ActionRejected(
                "no_such_verb", "没有这个操作", "There is no such action.", status=422
            )


def named(certificate: Certificate) -> frozenset[str]:
    """Return the names that a certificate and its filings hold: of the holder and of others."""
    payload = canonical.loads(certificate.payload)
    printed = {field["id"]: field["value"] for field in payload["fields"]}
    sent = certificate.filings.values_list("data", flat=True)
    names = set(names_in([printed, *sent]))
    if payload["holder"].get("kind") != ENTERPRISE:  # whose name is public
        names.add(str(payload["holder"]["name"]))
    return frozenset(names)


def _as_auditors_read_it(payload: Any, names: frozenset[str]) -> Any:
    """The payload with the names of people, and their numbers, masked."""
    holder = payload["holder"]
    printed = [{**f, "value": masked(str(f["value"]), names)} for f in payload["fields"]]
    return {**payload, "holder": {**holder, "name": holder_name(payload)}, "fields": printed}


def _which(form: Mapping[str, str], certificate: Certificate) -> uuid.UUID:
    """Return the proposal that was pressed, if it is one of this page's certificate."""
    text = form.get("revocation", "")
    for key in certificate.revocations.values_list("pk", flat=True):
        if text == str(key):
            return key
    raise ActionRejected("not_found", "没有该提议", "No such proposal.", status=404)


def _events(certificate: Certificate) -> QuerySet[Event]:
    return Event.objects.filter(subject=certificate.subject).order_by("seq")


def _event(event: Event, names: frozenset[str]) -> dict[str, Any]:
    """Return an event as the page shows it; ``names``, where an auditor reads it, are masked."""
    reason = json.loads(event.data).get("reason", "")
    reason = masked(reason, names) if names else reason
    return {"kind": event.kind, "at": event.at, "by": event.by, "reason": reason}


def _part(filing: Filing, names: frozenset[str]) -> tuple[Filing, str, str]:
    """Return a filing, the words of its state and its name."""
    filing.reason = masked(filing.reason, names) if names else filing.reason
    return filing, FILING_WORDS[str(filing.state)][language()], getattr(filing, language())


def _open(certificate: Certificate, user: User) -> list[dict[str, Any]]:
    """Proposals that wait for a second officer; whoever proposed may only drop."""
    found = Revocation.objects.filter(
        certificate=certificate, confirmed_at=None, dropped_at=None
    ).select_related("proposed_by", "filing")
    return [{"row": r, "law": LAW[r.ground], "second": r.proposed_by_id != user.pk} for r in found]
