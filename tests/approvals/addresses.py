"""Every address that there is, and what is not searched for private data by a program's visits."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver

# addresses that answer with a page for people, whose texts tests/portal/test_sweep.py searches
FOR_PEOPLE = re.compile(
    r"^(services/|cases/|certificates/|desk/|login/|logout/|wallet/|about/"
    r"|display/|language/|verify/$|verify/file/$|help/|contact/|privacy/|accessibility/|life/"
    r"|appointments/|messages/|accesses/|ask/|qualify/|offline/|sign/|mandates/|acting/|progress/|offers/|materials/|passkeys/"
    r"|bundles/|together/|entitlements/|assistants/|credentials/ask|$)"
)
# what takes something in and answers nothing but a status or a problem
TAKES = {"webhooks/<slug:partner>/", "webhooks/<slug:partner>", "session/"}
TAKES |= {"api/v1/applications/<str:number>/disputes"}  # answers as the application's address
TAKES |= {f"api/v1/applications/<str:number>/{door}" for door in ("withdrawal", "answers")}
TAKES |= {"api/v1/applications/<str:number>/consents/<str:item>", "api/v1/webhooks/replays"}
TAKES |= {"api/v1/webhooks/endpoints/<uuid:key>", "api/v1/webhooks/endpoints/<uuid:key>/secret"}
TAKES |= {"api/v1/services/<str:code>/materials/<str:question>"}  # answers with a file's hash
TAKES |= {"api/v1/services/<str:code>/precheck"}  # tests/approvals/test_prechecks.py
# tokens to their owner: tests/exchange/test_oauth.py
TAKES |= {"oauth/token", "oauth/revoke"}
# a holder's own credential to the holder's wallet, which has to prove that it is: tests/credentials
TAKES |= {f"credentials/{name}" for name in ("token", "nonce", "credential", "notification")}
TAKES |= {"credentials/requests/<uuid:key>", "credentials/responses"}
# fictional people on purpose, in a demo alone
FICTIONAL = {"api/v1/personas"}
# whom a record is about, to its keeper alone: tests/approvals/test_api_disputes.py
TO_KEEPERS = {"api/v1/disputes/<uuid:key>", "api/v1/disputes/<uuid:key>/files/<str:digest>"}
# answer as the application's address, of whose cases they are: tests/bundles/test_api.py
BUNDLES = {"api/v1/bundles", "api/v1/bundle-cases", "api/v1/bundle-cases/<str:number>"}
NOTHING = BUNDLES | {"^(?:api/v1|webhooks|oauth)(?:/.*)?$"}


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route
