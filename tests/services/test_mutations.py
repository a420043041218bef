"""Faults seeded into the packs that ship: the check or the packs' own tests find every one."""

import re

import pytest
from django.conf import settings

from city.errors import SourceError
from city.source import read
from services import edition, pack_tests, publish
from tests.services.packs import SHIPPED, text

# seeded faults that a pack has at least, where that is not fifteen
FEWEST = {
    "graduate_settlement": 60,
    "move_out": 9,
    "limited_company": 60,
    "sole_trader": 60,
    "talent_settlement": 60,
}
_OPERATORS = [
    (r" <= ", " < "),
    (r" >= ", " > "),
    (r" < ", " <= "),
    (r" > ", " >= "),
    (r" = ", " != "),
    (r" != ", " = "),
    (r" and ", " or "),
    (r" or ", " and "),
    (r"\bevery\b", "some"),
    (r"\bsome\b", "every"),
    (r"not\((.*)\)$", r"\1"),
    (r"\+", "-"),
]


def mutants(name):
    """(what, changed text), for every expression of the requirements and consents of a pack."""
    source = text(name)
    lines = source.split("\n")
    start = lines.index("requirements:")
    issues = "certificate:" in lines and "entitlement:" not in lines
    end = lines.index("certificate:" if issues else "tests:")
    for number in range(start, end):
        line = lines[number]
        found = re.match(r" +(must|applies|when): (.*)$", line)
        if not found:
            continue
        where = f"{name}:{number + 1}"
        expression = found[2]
        for pattern, to in _OPERATORS:
            for match in re.finditer(pattern, expression):
                new = expression[: match.start()] + match.expand(to) + expression[match.end() :]
                yield (
                    f"{where} {expression} -> {new}",
                    _with(lines, number, line[: found.start(2)] + new),
                )
        if found[1] == "must":
            yield f"{where} true", _with(lines, number, "  must: 1 = 1")
            if re.fullmatch(r"[a-z_]+", expression):
                yield f"{where} not", _with(lines, number, f"  must: not({expression})")
        elif lines[number - 1].startswith("- id:"):
            yield f"{where} dropped {line}", "\n".join(lines[:number] + lines[number + 1 :])
    for place in range(len(read(source).data["requirements"])):
        yield f"{name} dropped requirement {place}", _dropped(lines, start, end, place)


def _with(lines, number, line):
    return "\n".join([*lines[:number], line, *lines[number + 1 :]])


def _dropped(lines, start, end, place):
    begins = [n for n in range(start, end) if lines[n].startswith("- id:")]
    stop = begins[place + 1] if place + 1 < len(begins) else None
    if stop is None or not lines[begins[place] + 1].startswith("  "):
        stop = next(n for n in range(begins[place] + 1, end + 1) if not lines[n].startswith("  "))
    return "\n".join(lines[: begins[place]] + lines[stop:])


def survives(source, name):
    """Does it pass what publishing demands? The pack's own tests first: they take less time."""
    try:
        if pack_tests.faults(edition.draft(source, name, city=settings.CITY).rulebook(), name):
            return False
        publish.check(source, name)
    except SourceError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_every_seeded_fault_is_found(name, pytestconfig):
    """A twelfth of them in an ordinary run, all of them with ``--full``."""
    seeded = list(mutants(name))
    tried = seeded if pytestconfig.getoption("--full") else seeded[::12]
    survivors = [what for what, source in tried if survives(source, name)]
    assert len(seeded) >= FEWEST.get(name, 15)
    assert survivors == []
