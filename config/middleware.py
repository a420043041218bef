"""What stands around every request and is not in a library."""

import unicodedata
from collections.abc import Callable, Iterator

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.middleware.gzip import GZipMiddleware
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from city.characters import CONTROLS, UNSAFE
from config import bodies
from portal import errors

_WITHOUT = tuple(settings.CONTENT_SECURITY_POLICY["EXCLUDE_URL_PREFIXES"])
_LONGEST_QUERY = 4_000  # characters
_UTF8 = ("", "utf-8", "utf8", "us-ascii")

Answer = Callable[[HttpRequest], HttpResponseBase]


class RateLimit:
    """Says with each answer to a program what its agency has left (``people.rates.Standing``)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        standing = getattr(request, "rate_standing", None)
        for name, value in standing.fields.items() if standing else ():
            response[name] = value
        return response


class ContentSecurityPolicy(CSPMiddleware):
    """Makes no policy where none is sent: that cost programs a fifteenth of their requests."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path_info.startswith(_WITHOUT):
            return response
        return super().process_response(request, response)


class CompressedFiles(GZipMiddleware):
    """Sends style sheets and scripts compressed: they are most of what a slow phone waits for.

    Pages are not compressed: what they hold for one reader alone could be guessed from their size
    (BREACH). Files that ``collectstatic`` has compressed are sent as they are.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path_info.startswith(settings.STATIC_URL):
            return response
        if response.headers.get("Content-Type", "").startswith(("image/png", "font/")):
            return response
        return super().process_response(request, response)


class OneLanguage(MiddlewareMixin):
    """What programs are told is in both languages; what the last browser chose means nothing."""

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(settings.LANGUAGE_CODE)


class BodyEncoding:
    """Answers 415 to a body that is compressed or not in UTF-8: read as if it were, it differs."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        charset = (request.content_params or {}).get("charset", "").strip("\"' ").lower()
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length[:12]) > bodies.LARGEST_WITH_FILES:
            has_files = bodies.WITH_FILES.fullmatch(request.path)
            return errors.page(request, 413, errors.FILES if has_files else None)
        if encoding not in ("", "identity") or charset not in _UTF8:
            return errors.page(request, 415)
        return self.get_response(request)


class BrowserInput:
    """One gate for what browsers send: path, query string and form; the answer is 400.

    Control characters nowhere but in answers to a form (fields named by a pointer, `/…`), of which
    the schema names the one that is wrong; at the desk no invisible characters either, whose forms
    are made by the admin (the portal's name the field, see ``people.text``), and whose texts are
    brought into normal form here; ``next`` is a path.
    It also keeps what a logged-in person sees out of the browser's store: Back after the log-out
    shows nothing.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.PROGRAM_PATHS):  # they read bodies themselves
            return self.get_response(request)
        at_desk = request.path_info.startswith("/desk/")
        pattern = UNSAFE if at_desk else CONTROLS
        if len(request.META.get("QUERY_STRING", "")) > _LONGEST_QUERY or any(
            pattern.search(text) for text in _texts(request)
        ):
            return errors.page(request, 400)
        if any(not text.startswith("/") for text in _ways_on(request)):
            return errors.page(request, 400)
        if at_desk:
            request.GET = _normal(request.GET)  # type: ignore[assignment]
        if at_desk and request.method == "POST":
            request.POST = _normal(request.POST)  # type: ignore[assignment]  # a QueryDict, too
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not response.has_header(
            "Cache-Control"
        ):
            response["Cache-Control"] = "no-store"
        return response


def _normal(sent: QueryDict) -> QueryDict:
    """Return a form of the admin with its texts in normal form C; passwords are nobody's texts."""
    made = sent.copy()
    for name, values in sent.lists():
        if "password" not in name:
            made.setlist(name, [unicodedata.normalize("NFC", value) for value in values])
    return made


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for sent in (request.GET, request.POST):
        for name, values in sent.lists():
            yield name
            if not name.startswith("/"):
                yield from values
    for files in request.FILES.lists():
        yield from (file.name or "" for file in files[1])


def _ways_on(request: HttpRequest) -> list[str]:
    return [text for text in request.GET.getlist("next") + request.POST.getlist("next") if text]
