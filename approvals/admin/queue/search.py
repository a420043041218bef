"""Finding a case by what somebody at the window can say: number, name, ID number, certificate.

Each is looked up by an index, within the officer's own sight. What is typed is posted, and of all
that may be personal the address of the page that follows has nothing readable: of an ID number its
keyed index (``people.identity``), of a name or anything else a token, encrypted for the officer.
"""

import binascii
import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from approvals import queries
from approvals.models import Application
from approvals.numbers import plausible
from approvals.states import OPEN, SETTLED
from certificates.models import Certificate
from certificates.numbering import read_public_id
from ledger import encryption
from people import identity, names
from people.numbers import uscc_ok
from people.traces import searched

HELP = _("Case number, name, ID number or certificate number")
MOST = 200  # cases that one name finds; who finds more types more of the name
LONGEST = 120
TOKEN = "~"  # a term in an address that begins so is encrypted
_INDEX = re.compile("[0-9a-f]{32}")  # of identity.index


def is_person(term: str) -> bool:
    """Whether a search is by a person's number, as its keyed index stands in the address."""
    return _INDEX.fullmatch(term) is not None


def in_address(term: str, username: str) -> str:
    """Return what may stand in an address for what this officer typed, or what stands there."""
    if not term or read(term, username) is not None:
        return term
    kept = "" if term.startswith(TOKEN) else searched(_typed(term))  # a colleague's, or an old one
    if not kept or is_person(kept) or plausible(kept.upper()):
        return kept
    secret = encryption.encrypt("identity", kept.encode(), _bound(username))
    return TOKEN + urlsafe_b64encode(secret).decode().rstrip("=")


def read(token: str, username: str) -> str | None:
    """Return what an officer searched for by a token of theirs; None for any other text."""
    if not token.startswith(TOKEN):
        return None
    text = token.removeprefix(TOKEN)
    try:
        secret = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        data, bound = encryption.decrypt("identity", secret)
    except (binascii.Error, ValueError, encryption.DecryptionError):
        return None
    return data.decode() if bound == _bound(username) else None


def _bound(username: str) -> bytes:
    """What a token is bound to, shorter than 256 bytes: it is nobody else's."""
    return b"search:" + hashlib.sha256(username.encode()).digest()


def _typed(term: str) -> str:
    return term.replace("\x00", "").strip()[:LONGEST]


def to_found(request: HttpRequest) -> HttpResponse:
    """Take what was typed, by POST, to the list of what is found."""
    queue = reverse("admin:approvals_application_changelist")
    term = in_address(request.POST.get("q", ""), request.user.get_username())
    return redirect(f"{queue}?{urlencode({'q': term})}" if term else queue)


def found(cases: QuerySet[Application], term: str) -> QuerySet[Application]:
    """Return those of ``cases``, which are in the officer's sight, that were searched for."""
    term = searched(_typed(term))
    if not term:
        return cases
    if is_person(term):
        return cases.filter(applicant=term)
    if plausible(term.upper()):
        return cases.filter(number=term.upper())
    if re.search("[0-9]", term) and (numbers := _certified(term)):
        return cases.filter(number__in=numbers)
    if uscc_ok(term.upper()):
        return cases.filter(applicant=identity.index(term))
    return cases.filter(pk__in=_named(cases, names.normal(term)))


def _certified(term: str) -> list[str]:
    """Return the cases of certificates with a number as printed, identifier or public id."""
    by = Q(number=term) | Q(identifier=term)
    public = read_public_id(term)
    if public:
        by |= Q(public_id=public)
    return list(Certificate.objects.filter(by).values_list("application", flat=True)[:MOST])


def _named(cases: QuerySet[Application], name: str) -> list[Any]:
    """Return whose applicant's name begins so: two indexes, each read no further than needed."""
    if not name:
        return []
    like = cases.filter(applicant_name__startswith=name).order_by("applicant_name")
    found: list[Any] = []
    for states in (OPEN, SETTLED):
        rows = like.filter(queries.in_states(*states)).values_list("pk", flat=True)
        found += rows[: MOST - len(found)]
    return found
