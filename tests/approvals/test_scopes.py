"""Each operation of the API names the scope that a program's token needs for it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from exchange.oauth import permissions, scopes

METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, str, type[APIView]]]:
    """Every operation of the API as the resolver knows it: its method, route and view."""

    def below(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, str, type[APIView]]]:
        for one in resolver.url_patterns:
            route = prefix + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from below(one, route)
            elif isinstance(one, URLPattern) and route.startswith("api/v1/"):
                view: Any = getattr(one.callback, "view_class", None)
                for method in METHODS:
                    if hasattr(view, method):
                        yield method.upper(), route, view

    return below(get_resolver(), "")


OPERATIONS = [pytest.param(*one, id=f"{one[0]} {one[1]}") for one in operations()]


def is_public(view: type[APIView]) -> bool:
    return tuple(view.permission_classes) == ()


@pytest.mark.parametrize(("method", "route", "view"), OPERATIONS)
def test_an_operation_is_public_or_names_a_scope(
    method: str, route: str, view: type[APIView]
) -> None:
    named = scopes.of_operation(view, method)
    if is_public(view):
        assert named == "" and tuple(view.authentication_classes) == ()
        assert route.startswith(("api/v1/services", "api/v1/bundles", "api/v1/personas"))
    else:
        assert named in scopes.SCOPES
        assert set(view.permission_classes) <= {permissions.HasScope, permissions.AnybodyOrScope}


def test_every_scope_opens_something() -> None:
    assert {scopes.of_operation(view, method) for method, _, view in operations()} - {""} == (
        scopes.SCOPES.keys()
    )
