"""Whether a program's token has the scope of the operation that it calls."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from exchange.oauth import challenges, scopes
from people.errors import ActionRejected


class HasScope(BasePermission):
    """Agencies' programs alone, within their scopes; a view that names no scope opens to nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if user is None:
            return False
        require_scope(user.scopes, view, request.method or "")
        return True


class AnybodyOrScope(HasScope):
    """Anybody without a token, and programs within their scopes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user is None or super().has_permission(request, view)


def require_scope(granted: frozenset[str], view: Any, method: str) -> None:
    """Raise ``ActionRejected`` (403) that names the scope which is missing (RFC 6750, 3.1)."""
    needed = scopes.of_operation(view, method)
    does_nothing = method == "OPTIONS" or not hasattr(view, method.lower())  # 405
    if needed in granted or does_nothing:
        return
    refused = ActionRejected(
        "insufficient_scope",
        f"令牌没有此操作所需的权限范围 {needed}",
        f"The token lacks the scope of this operation: {needed}.",
        status=403,
    )
    refused.headers["WWW-Authenticate"] = challenges.bearer("insufficient_scope", needed)
    raise refused
