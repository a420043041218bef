"""What stands around every request and is not in a library."""

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

_WITHOUT = tuple(settings.CONTENT_SECURITY_POLICY["EXCLUDE_URL_PREFIXES"])


class ContentSecurityPolicy(CSPMiddleware):
    """Makes no policy where none is sent: that cost programs a fifteenth of their requests."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path_info.startswith(_WITHOUT):
            return response
        return super().process_response(request, response)


class OneLanguage(MiddlewareMixin):
    """What programs are told is in both languages; what the last browser chose means nothing."""

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(settings.LANGUAGE_CODE)
