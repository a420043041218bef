"""What was filled in, kept when it could not be taken: the session ended, or another tab logged in.

Each form of a citizen's own pages says whose it is (``owner``, signed). What it posts without a
current log-in is kept, encrypted, in the new session until that same person has logged in; then,
or when only the form's token is of an earlier log-in, one tap sends it again. Files are not kept.
"""

import base64
from collections.abc import Iterator

import orjson
from django.contrib.auth.views import redirect_to_login
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
_SALT = "portal.kept"
_OURS = (OWNER, DROP, "csrfmiddlewaretoken")


def mark(user: object) -> str:
    """Return what a form carries of whose it is; nothing for anybody but a citizen.

    It names nobody: a keyed hash of the person's index, which is a keyed hash itself.
    """
    if not getattr(user, "is_authenticated", False) or not getattr(user, "subject", ""):
        return ""
    return Signer(salt=_SALT).sign(_owner(str(getattr(user, "subject", ""))))


def _owner(subject: str) -> str:
    return salted_hmac(_SALT, subject, algorithm="sha256").hexdigest()[:32]


def _signed_owner(request: HttpRequest) -> str:
    """Return whose form was posted, or nothing: then we have not made it."""
    try:
        return Signer(salt=_SALT).unsign(request.POST.get(OWNER, ""))
    except BadSignature:
        return ""


def is_of(request: HttpRequest, user: User) -> bool:
    """Tell whether the form that was posted was made for this person."""
    return bool(user.subject) and constant_time_compare(
        _signed_owner(request), _owner(user.subject)
    )


def keep(request: HttpRequest) -> bool:
    """Keep what was posted without a log-in, for the person whose form it was; tell whether."""
    owner = _signed_owner(request)
    fields = list(_fields(request.POST))
    data = orjson.dumps([owner, fields])
    if request.method != "POST" or not owner or len(data) > LONGEST:
        return False
    encrypted = encryption.encrypt("identity", data, request.path.encode()[:255])
    others = {k: v for k, v in waiting(request).items() if k != request.path}
    newest = [*others.items(), (request.path, base64.b64encode(encrypted).decode())][-MOST:]
    request.session[KEPT] = dict(newest)
    return True


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


def offered(request: HttpRequest, user: User) -> HttpResponse | None:
    """Return the page that sends again what is kept for this path, if it is this person's."""
    kept = waiting(request).get(request.path)
    if kept is None:
        return None
    try:
        data, bound = encryption.decrypt("identity", base64.b64decode(kept))
        owner, fields = orjson.loads(data)
    except ValueError:
        drop(request)
        return None
    is_theirs = user.subject and constant_time_compare(owner, _owner(user.subject))
    if not is_theirs or bound != request.path.encode()[:255]:
        drop(request)  # somebody else uses this browser now
        return None
    return again(request, [tuple(field) for field in fields], after_log_in=True)


def again(
    request: HttpRequest, fields: list[tuple[str, str]], *, after_log_in: bool
) -> HttpResponse:
    """Return the page with everything that was filled in and one button that sends it."""
    count = sum(name.startswith("/") and bool(value) for name, value in fields)
    page = {"fields": fields, "count": count, "after_log_in": after_log_in}
    response = render(request, "portal/again.html", page, status=200 if after_log_in else 403)
    response["Cache-Control"] = "no-store"
    return response


def with_new_token(request: HttpRequest) -> HttpResponse | None:
    """Answer a form whose token is of an earlier log-in: with that page, for the same person.

    Without a log-in it is kept until that person has logged in. A form of another site has no
    owner's mark, so nothing of it is shown, kept or sent.
    """
    user = getattr(request, "user", None)
    if request.method != "POST" or user is None:
        return None
    if isinstance(user, User):
        fields = list(_fields(request.POST))
        return again(request, fields, after_log_in=False) if is_of(request, user) else None
    return redirect_to_login(request.path) if keep(request) else None
