"""Pages for whoever holds a certificate, and for the officers of its office."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from certificates import endings, facts, policies, queries
from certificates.models import Certificate, Filing
from certificates.pdf import cache, drawing, qr
from certificates.pdf.drawing import Kind
from certificates.states import FilingState
from certificates.words import FILING_WORDS
from ledger import canonical
from ledger.clock import now
from people import actors, roles
from people.language import language
from people.models import Reading, User
from people.traces import read_at_desk


def _visible_certificate(request: HttpRequest, public_id: str) -> Certificate:
    """The certificate, if it is the reader's own or within an officer's sight; else there is none.

    An auditor reads certificates at the desk, where names are masked.
    """
    certificate = queries.find(public_id)
    user = request.user
    if certificate is None or not isinstance(user, User):
        raise Http404
    if user.role == User.Role.CITIZEN and _is_of_citizen(certificate, request, user):
        return certificate
    if (
        not roles.reads_masked(user.role)
        and policies.visible(user).filter(pk=certificate.pk).exists()
    ):
        read_at_desk(request, Reading.Kind.CERTIFICATE, certificate.public_id)
        return certificate
    raise Http404


def _is_of_citizen(certificate: Certificate, request: HttpRequest, user: User) -> bool:
    """Whether a citizen, or the enterprise they act for, holds it, or they act for its holder."""
    by = _actor(request, user)
    if user.subject and user.subject == certificate.holder:
        return True
    if by.applicant == certificate.holder and by.covers(certificate.service):
        return by.applicant != ""
    return _acts_for_holder(certificate, user)


def _actor(request: HttpRequest, user: User) -> actors.Actor:
    acts_as: Callable[[HttpRequest, User], actors.Actor] = import_string(settings.ACTS_AS)
    return acts_as(request, user)


def _may_put_into_wallet(certificate: Certificate, request: HttpRequest) -> bool:
    user = request.user
    if not (settings.WALLET and isinstance(user, User) and user.role == User.Role.CITIZEN):
        return False
    return policies.is_holder(_actor(request, user), certificate)


def _acts_for_holder(certificate: Certificate, user: User) -> bool:
    """Whether a citizen handed in the application for its holder, and still may act for them."""
    asks: Callable[[str, actors.Actor], bool] = import_string(settings.ACTS_FOR_HOLDER)
    return asks(certificate.application, actors.citizen(user))


@require_GET
@login_required
@never_cache
def certificate(request: HttpRequest, public_id: str) -> HttpResponse:
    """A preview, the downloads, and for a consolidated licence the ledger of its filings."""
    found = _visible_certificate(request, public_id)
    shown = queries.public_view(found, now())
    context = {"shown": shown, "section": "wallet", **_ledger(found)}
    context["facts"] = facts.lines(canonical.loads(found.payload), language())
    context["code"] = mark_safe(qr.svg(f"{settings.SITE_URL}/verify/", found.public_id))  # noqa: S308
    context["wallet"] = _may_put_into_wallet(found, request)
    context["ending"] = endings.holder_view(found, shown["state"])
    return render(request, "certificates/certificate.html", context)


@require_GET
@login_required
@never_cache
def filings(request: HttpRequest, public_id: str) -> HttpResponse:
    """The ledger alone, for the page that waits for receipts."""
    found = _visible_certificate(request, public_id)
    context = {"shown": {"id": found.public_id}, **_ledger(found)}
    return render(request, "certificates/filings.html", context)


def _ledger(found: Certificate) -> dict[str, object]:
    rows = list(
        Filing.objects.filter(certificate=found).select_related("receiver").order_by("place")
    )
    return {
        "filed": [
            {"row": f, "words": FILING_WORDS[str(f.state)]}
            for f in rows
            if f.state != FilingState.NOT_APPLICABLE
        ],
        "excluded": [f for f in rows if f.state == FilingState.NOT_APPLICABLE],
        "waiting": any(f.state == FilingState.PUSHED for f in rows),
    }


@require_GET
@login_required
@never_cache
def pdf(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _visible_certificate(request, public_id)
    try:
        paper = cache.signed_pdf(found, now())
    except drawing.NoGlyph:
        return render(request, "certificates/no_glyph.html", status=409)
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.public_id}.pdf"'
    return response


@require_GET
@login_required
@never_cache
def picture(request: HttpRequest, public_id: str, kind: Kind) -> HttpResponse:
    """A picture for the portal's pages; to be shown with ``<img>``, in which no script runs."""
    found = _visible_certificate(request, public_id)
    try:
        drawn = cache.picture(found, kind)
    except drawing.NoGlyph:
        raise Http404 from None
    return HttpResponse(drawn, content_type="image/svg+xml" if kind == "svg" else "image/png")


@require_GET
@login_required
@never_cache
def jws(request: HttpRequest, public_id: str) -> HttpResponse:
    """The signed payload, for whoever checks offline."""
    found = _visible_certificate(request, public_id)
    response = HttpResponse(found.jws, content_type="application/jose")
    response["Content-Disposition"] = f'attachment; filename="{found.public_id}.jws"'
    return response
