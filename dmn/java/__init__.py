"""External functions of kind Java (DMN 1.5, 10.3.2.13.3): a closed table, written in Python.

Nothing foreign is loaded or run. `find` knows pure static methods of java.lang alone; any other
class or signature has no function here, and a call of it gives null.
"""

from __future__ import annotations

from collections.abc import Callable

from dmn.java.language import LANGUAGE
from dmn.java.mathematics import MATHEMATICS
from dmn.java.values import Method, from_java, to_java

__all__ = ["call", "find"]

METHODS: dict[str, dict[str, Method]] = {"java.lang.Math": MATHEMATICS, **LANGUAGE}
Found = tuple[Method, tuple[str, ...]]


def find(klass: object, signature: object) -> Found | None:
    """The method for a class and a signature such as `max(double, double)`; None for no such."""
    if not isinstance(klass, str) or not isinstance(signature, str):
        return None
    text = "".join(signature.split())
    name, opening, rest = text.partition("(")
    if not opening or not rest.endswith(")") or "(" in rest or ")" in rest[:-1]:
        return None
    kinds = tuple(rest[:-1].split(",")) if rest[:-1] else ()
    method = METHODS.get(klass.strip(), {}).get(name)
    return (method, kinds) if method is not None and kinds in method.signatures else None


def call(found: Found, values: tuple[object, ...]) -> object:
    """The method's result as a FEEL value; null when an argument does not fit, or Java throws."""
    method, kinds = found
    if len(values) != len(kinds):
        return None
    try:
        args = [to_java(value, kind) for value, kind in zip(values, kinds, strict=True)]
        function: Callable[..., object] = method.call
        made = function(*args, kinds[0]) if method.typed else function(*args)
        return from_java(made)
    except (ValueError, ArithmeticError, TypeError, IndexError):
        return None
