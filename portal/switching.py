"""Another language, or 长辈版, while a form is filled in: the page comes again with its answers.

The switch is a button of the form itself, so what was typed is posted with it and nothing has to
be stored meanwhile.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from portal.context import ELDER_COOKIE

NAME = "switch"  # of the button
FORM = "answers"  # the id of the form that it belongs to
YEAR = 31_536_000  # seconds
_LANGUAGES = ("zh-hans", "en")
_ELDER = {"elder": "1", "standard": "0"}


def chosen(request: HttpRequest) -> str:
    """Return what the reader wants the page in (a language, elder, standard), or nothing.

    From then on the request is answered so.
    """
    choice = request.POST.get(NAME, "")
    if choice in _LANGUAGES:
        translation.activate(choice)
    elif choice in _ELDER:
        request.COOKIES[ELDER_COOKIE] = _ELDER[choice]
    else:
        return ""
    return choice


def remember(response: HttpResponse, choice: str) -> HttpResponse:
    """Let the browser keep the choice, if one was made, for the pages that follow."""
    if not choice:
        return response
    is_language = choice in _LANGUAGES
    name = settings.LANGUAGE_COOKIE_NAME if is_language else ELDER_COOKIE
    response.set_cookie(
        name,
        choice if is_language else _ELDER[choice],
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response
