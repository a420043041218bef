"""Pages by which anybody checks a certificate, and the downloads of its holder."""

import ssl

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from certificates import queries
from certificates.models import Certificate
from certificates.payload import LIST_BITS
from certificates.pdf import signing
from certificates.verification import papers, statuslist, typed, uploads
from ledger import canonical, signatures
from ledger.clock import now
from people import roles

LISTS_MAX = 1_000_000  # far beyond any city; keeps the query's numbers within bigint


@require_http_methods(["GET", "POST"])
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """The form: a number to type, or a PDF to hand in.

    What is typed is posted, and reaches an address (and with it logs) only when it has the shape
    of a certificate's number: people type their own ID number here.
    """
    if request.method == "GET":
        asks = settings.WALLET and getattr(request.user, "role", "") in roles.HANDLERS
        limit = uploads.LARGEST // 1_000_000
        return render(request, "certificates/search.html", {"limit": limit, "asks_wallets": asks})
    key = queries.key(typed.number(request.POST.get("number", "")))
    if key is not None:
        return HttpResponseRedirect(reverse("certificates:verify", args=[key]))
    # the printed number is in sequence and finds nothing, whether there is such a one or not: say
    # which number to type instead of letting the holder of a good certificate think it forged
    context = {"shown": queries.public_view(None, now()), "wrong_number": True}
    return render(request, "certificates/verify.html", context, status=404)


@require_GET
@never_cache
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """What a certificate or a document is worth now; one page and status for all not ours."""
    at = now()
    number = typed.number(number)
    certificate = queries.find(number)
    other = papers.find(number, at) if certificate is None else None
    shown = other or queries.public_view(certificate, at)
    status = 404 if shown["state"] == "unknown" else 200
    return render(request, "certificates/verify.html", {"shown": shown}, status=status)


@csrf_exempt  # the inner view checks it, after the length: that check would read the whole body
@require_POST
@never_cache
def upload(request: HttpRequest) -> HttpResponse:
    """Check a PDF that somebody was given: signature, then the certificate that it shows."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > uploads.LARGEST + 10_000:
        error = uploads.too_large()
        context = {"shown": {"state": "forged"}, "verdict": error}
        return render(request, "certificates/verify.html", context, status=error.status)
    return _upload(request)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    at = now()
    verdict = uploads.check(request.FILES.get("file"), at)
    shown = verdict.shown or queries.public_view(verdict.certificate, at)
    if not verdict.genuine:
        shown = {"state": "forged"}
    context = {"shown": shown, "verdict": verdict}
    return render(request, "certificates/verify.html", context, status=verdict.status)


@csrf_exempt  # else POST would be 403, and not 405
@require_GET
@cache_control(public=True, max_age=1)
def status_list(request: HttpRequest, purpose: str, number: int) -> HttpResponse:
    """A Bitstring Status List, signed as ``vc+jwt``; one second old at most."""
    states = statuslist.PURPOSES.get(purpose)
    if states is None or number > LISTS_MAX:
        raise Http404
    serials = Certificate.objects.filter(
        serial__gte=number * LIST_BITS, serial__lt=(number + 1) * LIST_BITS, state__in=states
    ).values_list("serial", flat=True)
    url = settings.SITE_URL + reverse("certificates:status", args=[purpose, number])
    document = statuslist.credential(
        url, settings.SITE_URL, purpose, now(), statuslist.encode(serials)
    )
    signed = signatures.sign_jws("certificate", canonical.dumps(document), typ="vc+jwt")
    return HttpResponse(signed, content_type="application/vc+jwt")


@csrf_exempt
@require_GET
@cache_control(public=True, max_age=30)
def jwks(request: HttpRequest) -> HttpResponse:
    """All public keys that anything of ours may still be checked with (RFC 7517)."""
    return JsonResponse(signatures.jwks(), content_type="application/jwk-set+json")


@csrf_exempt
@require_GET
@cache_control(public=True, max_age=30)
def pdf_signers(request: HttpRequest) -> HttpResponse:
    """The X.509 certificates that PDFs are signed under, for whoever checks them offline."""
    pem = "".join(ssl.DER_cert_to_PEM_cert(der) for der in signing.published())
    return HttpResponse(pem, content_type="application/x-pem-file")
