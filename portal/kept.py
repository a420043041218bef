"""What was filled in, kept when it could not be taken: the session ended, or another tab logged in.

Each form of a citizen's own pages says whose it is (``owner``, signed), and for whom they acted
when it was made: for themselves, or an enterprise. What it posts without a current log-in, or while
they act for another, is kept, encrypted, in the session until that same person has logged in and
acts so again; then, or when only the form's token is of an earlier log-in, one tap sends it again.
Files are not kept.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.crypto import constant_time_compare, salted_hmac

from ledger import encryption
from people.models import User

OWNER = "owner"  # the field of a form
KEPT = "kept"  # in the session: path of the form -> its fields, encrypted
DROP = "drop"  # the button that does without
MOST = 3  # forms
LONGEST = 100_000  # bytes of one form
LOG_IN, TAB, CAPACITY = "log_in", "tab", "capacity"  # why a form is sent once more
_SALT = "portal.kept"
_OURS = (OWNER, DROP, "csrfmiddlewaretoken")


def mark(user: object, enterprise: str = "") -> str:
    """Return what a form carries of whose it is; nothing for anybody but a citizen.

    ``enterprise``: which they act for, by keyed index. It names nobody: keyed hashes of indices,
    which are keyed hashes themselves.
    """
    subject = str(getattr(user, "subject", ""))
    if not getattr(user, "is_authenticated", False) or not subject:
        return ""
    return Signer(salt=_SALT).sign(_owner(subject, enterprise))


def _owner(subject: str, enterprise: str) -> str:
    return f"{_hash(subject)}.{capacity_mark(subject, enterprise)}"


def _hash(text: str) -> str:
    return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()[:32]


def capacity_mark(subject: str, enterprise: str) -> str:
    """Return what stands for the capacity in which a person acts (by keyed indices)."""
    return _hash(f"{subject}/{enterprise}")


def capacity_of(request: HttpRequest) -> str:
    """Return the mark of the capacity that the form which was posted is for; empty: it has none."""
    return _signed_owner(request).partition(".")[2]


def _signed_owner(request: HttpRequest) -> str:
    """Return whose form was posted, or nothing: then we have not made it."""
    try:
        return Signer(salt=_SALT).unsign(request.POST.get(OWNER, ""))
    except BadSignature:
        return ""


def is_of(request: HttpRequest, user: User) -> bool:
    """Tell whether the form that was posted was made for this person."""
    person = _signed_owner(request).partition(".")[0]
    return bool(user.subject) and constant_time_compare(person, _hash(user.subject))


def keep(request: HttpRequest, why: str = LOG_IN) -> bool:
    """Keep what was posted and not taken, for the person whose form it was; tell whether."""
    owner = _signed_owner(request)
    fields = list(_fields(request.POST))
    data = orjson.dumps([owner, fields, why])
    if request.method != "POST" or not owner or len(data) > LONGEST:
        return False
    encrypted = encryption.encrypt("identity", data, request.path.encode()[:255])
    others = {k: v for k, v in waiting(request).items() if k != request.path}
    newest = [*others.items(), (request.path, base64.b64encode(encrypted).decode())][-MOST:]
    request.session[KEPT] = dict(newest)
    return True


def fields_of(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was posted, without what belongs to the page itself."""
    return list(_fields(request.POST))


def _fields(posted: QueryDict) -> Iterator[tuple[str, str]]:
    for name, values in posted.lists():
        if name not in _OURS:
            yield from ((name, value) for value in values)


def waiting(request: HttpRequest) -> dict[str, str]:
    """Return what is kept in this session, by path."""
    found = request.session.get(KEPT)
    return found if isinstance(found, dict) else {}


def drop(request: HttpRequest) -> None:
    """Forget what is kept for this path: it was sent again, or is not wanted."""
    if request.path in waiting(request):
        request.session[KEPT] = {k: v for k, v in waiting(request).items() if k != request.path}


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was kept. ``capacity``: the mark of the one that it is for."""

    capacity: str
    fields: list[tuple[str, str]]
    why: str


def of_path(request: HttpRequest, user: User) -> Kept | None:
    """Return what is kept for this path, if it is this person's; anybody else's is dropped."""
    kept = waiting(request).get(request.path)
    if kept is None:
        return None
    try:
        data, bound = encryption.decrypt("identity", base64.b64decode(kept))
        owner, fields, why = orjson.loads(data)
    except ValueError:
        drop(request)
        return None
    person, _dot, capacity = owner.partition(".")
    is_theirs = user.subject and constant_time_compare(person, _hash(user.subject))
    if not is_theirs or bound != request.path.encode()[:255]:
        drop(request)  # somebody else uses this browser now
        return None
    return Kept(capacity, [tuple(field) for field in fields], why)


def again(request: HttpRequest, fields: list[tuple[str, str]], why: str) -> HttpResponse:
    """Return the page with everything that was filled in and one button that sends it."""
    count = sum(name.startswith("/") and bool(value) for name, value in fields)
    page = {"fields": fields, "count": count, "why": why}
    response = render(request, "portal/again.html", page, status=403 if why == TAB else 200)
    response["Cache-Control"] = "no-store"
    return response
