"""Which files an application names, which are asked for, and what is known of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.inputs import Inputs
from services.rulebook import Rulebook, run_safely


def listed(rulebook: Rulebook, answers: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the files that the answers name, by question: SHA-256 in hex, in their order."""
    found = {}
    for name in rulebook.pack.materials:
        named = answers.get(name)
        if isinstance(named, list) and named:
            found[name] = tuple(str(digest) for digest in named)
    return found


def asked(rulebook: Rulebook, inputs: Inputs) -> tuple[str, ...]:
    """Return the questions that are asked, by what is known: those whose ``when`` surely holds.

    What nobody has answered yet is no reason to ask anybody for papers.
    """
    return tuple(
        name
        for name, when in rulebook.program.materials
        if when is None or run_safely(when, inputs.values) is True
    )


def always_asked(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the questions that no registry can answer, which the form has from the beginning."""
    return tuple(name for name, when in rulebook.program.materials if when is None)


def to_read(rulebook: Rulebook, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the questions answered by files that an officer has to read."""
    specs = rulebook.pack.materials
    return tuple(name for name in listed(rulebook, answers) if specs[name].use == "read")
