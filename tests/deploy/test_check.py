"""What `make check` counts by itself: arguments."""

import ast

from deploy import check


def count(text: str) -> int:
    return max(check._arguments(node) for node in ast.walk(ast.parse(text)))


def test_nothing_of_ours_takes_or_passes_too_many_arguments() -> None:
    assert check.crowded() == []


def test_what_is_counted() -> None:
    assert count("def f(a, b, /, c, *, d, e, f, g): ...") == 7
    assert count("def f(self, a, *rest, **more): ...") == 1
    assert count("f(a, b, c, d, e, g, h)") == 7
    assert count("f(*a, b=1, c=2, d=3, e=4, g=5, h=6, i=7)") == 0
    assert count("choose('a', 'b', 'c', 'd', 'e', 'f', 'g')") == 0
