"""Whether a program's token has the scope of the operation that it calls."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from exchange.oauth import scopes
from people.errors import ActionRejected


class HasScope(BasePermission):
    """Agencies' programs alone, within their scopes; a view that names no scope opens to nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if user is None:
            return False
        method = request.method or ""
        if method == "OPTIONS" or not hasattr(view, method.lower()):
            return True  # which does nothing (405)
        needed = scopes.of_operation(view, method)
        if needed not in user.scopes:
            raise insufficient(needed)
        return True


class AnybodyOrScope(HasScope):
    """Anybody without a token, and programs within their scopes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user is None or super().has_permission(request, view)


def insufficient(needed: str) -> ActionRejected:
    """RFC 6750, section 3.1: what the token would have to have."""
    refused = ActionRejected(
        "insufficient_scope",
        f"令牌没有此操作所需的权限范围 {needed}",
        f"The token lacks the scope of this operation: {needed}.",
        status=403,
    )
    refused.headers["WWW-Authenticate"] = (
        f'Bearer realm="miaopi", error="insufficient_scope", scope="{needed}"'
    )
    return refused
