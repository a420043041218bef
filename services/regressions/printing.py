"""Regression cases as tests of a pack, to be kept in Git with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from services.models import Regression
from services.pack.model import AS_OF, CONSENTS

_SEVERAL = 1_000  # columns of a line: one fact is not broken in two


def name(regression: Regression) -> str:
    """What the test of a case is called: no other test of its pack is called so."""
    return f"回归案例 {regression}"


def as_test(regression: Regression) -> dict[str, Any]:
    """One item of the list ``tests`` of a pack: it passes and fails as the case itself does."""
    apart = (AS_OF, CONSENTS)
    facts = {key: value for key, value in regression.facts.items() if key not in apart}
    found: dict[str, Any] = {
        "name": name(regression),
        "as_of": regression.facts[AS_OF],
        "facts": facts,
        "expect": regression.expected,
    }
    if consents := regression.facts.get(CONSENTS):
        found["consents"] = consents
    return found


def fragment(regressions: Iterable[Regression]) -> str:
    """The YAML of cases, as items for the list ``tests``; each with its law and reason above."""
    parts = []
    for one in regressions:
        said = " ".join(f"{one.law}: {one.reason}".split())
        item = yaml.safe_dump(
            [as_test(one)],
            allow_unicode=True,
            sort_keys=False,
            width=_SEVERAL,
            default_flow_style=None,
        )
        parts.append(f"# {said}\n{item}")
    return "".join(parts)
