"""A matcher that counts its steps, for patterns that Python's engine might never be done with.

It knows the same language as patterns.py, whose translation of single characters it uses, and
tries in the same order; when its steps are used up the search is given up (ValueError).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from dmn.builtins.patterns import QUANTIFIER, Translator

STEPS = 12_000
DEEPEST = 300  # rounds of one group inside another; each nests Python's calls a little
Groups = dict[int, tuple[int, int]]
Then = Callable[[int], bool]
Part = Callable[["_Run", int, Then], bool]


class _Run:
    """One search: the text, the groups closed so far and the steps that are left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.groups: Groups = {}
        self.left = STEPS
        self.depth = 0

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ValueError("this takes too long")


class _Maker(Translator):
    """Reads a pattern (known to be right) into parts; each tries itself, then what follows."""

    def __init__(self, text: str, marks: int) -> None:
        super().__init__(text, marks)
        self.marks = marks
        self.opened = 0

    def either(self) -> Part:
        branches = [self._sequence()]
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        return lambda run, at, then: any(branch(run, at, then) for branch in branches)

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            part, single = self._atom()
            found = QUANTIFIER.match(self.text, self.at)
            if found:
                self.at = found.end()
                part = _repeated(part, single, found[0])
            parts.append(part)
        return _chain(parts)

    def _atom(self) -> tuple[Part, bool]:
        """One part, and whether it always takes exactly one character."""
        char = self.text[self.at]
        if char == "(":
            return self._group(), False
        if char in "^$":
            self.at += 1
            return _anchor(char, self.lines), False
        if char == "\\" and self.text[self.at + 1].isdigit():
            number = int(re.sub(r"\D", "", self._reference()))
            return _same_again(number, self.cased), False
        if char == "\\":
            made = self._escape()
        elif char == "[":
            made = self._class()
        else:
            self.at += 1
            made = self.dot if char == "." else re.escape(char)
        return _one(re.compile(made, self.marks)), True

    def _group(self) -> Part:
        captures = not self.text.startswith("(?:", self.at)
        self.at += 1 if captures else 3
        self.opened += captures
        number = self.opened
        inside = self.either()
        self.at += 1
        self.groups += 1
        return _captured(inside, number) if captures else inside


def _one(pattern: re.Pattern[str]) -> Part:
    def run_one(run: _Run, at: int, then: Then) -> bool:
        run.step()
        return pattern.match(run.text, at) is not None and then(at + 1)

    return run_one


def _chain(parts: list[Part]) -> Part:
    def from_part(run: _Run, index: int, at: int, then: Then) -> bool:
        if index == len(parts):
            return then(at)
        return parts[index](run, at, lambda end: from_part(run, index + 1, end, then))

    return lambda run, at, then: from_part(run, 0, at, then)


def _captured(inside: Part, number: int) -> Part:
    def run_group(run: _Run, at: int, then: Then) -> bool:
        before = run.groups.get(number)

        def close(end: int) -> bool:
            inner = run.groups.get(number)
            run.groups[number] = (at, end)
            if then(end):
                return True
            _restore(run.groups, number, inner)
            return False

        if inside(run, at, close):
            return True
        _restore(run.groups, number, before)
        return False

    return run_group


def _restore(groups: Groups, number: int, before: tuple[int, int] | None) -> None:
    if before is None:
        groups.pop(number, None)
    else:
        groups[number] = before


def _anchor(char: str, lines: bool) -> Part:
    def run_anchor(run: _Run, at: int, then: Then) -> bool:
        edge = at == (0 if char == "^" else len(run.text))
        beside = run.text[at - 1 : at] if char == "^" else run.text[at : at + 1]
        return (edge or (lines and beside == "\n")) and then(at)

    return run_anchor


def _same_again(number: int, cased: bool) -> Part:
    def run_same(run: _Run, at: int, then: Then) -> bool:
        run.step()
        if number not in run.groups:
            return False
        start, end = run.groups[number]
        wanted, found = run.text[start:end], run.text[at : at + end - start]
        alike = wanted == found or (cased and wanted.lower() == found.lower())
        return alike and then(at + end - start)

    return run_same


def _repeated(part: Part, single: bool, quantifier: str) -> Part:
    greedy = len(quantifier) == 1 or not quantifier.endswith("?")
    sign = quantifier if greedy else quantifier[:-1]
    if sign[0] == "{":
        low_text, comma, high_text = sign[1:-1].partition(",")
        low = int(low_text)
        high = int(high_text) if high_text else 10**6 if comma else low
    else:
        low, high = {"*": (0, 10**6), "+": (1, 10**6), "?": (0, 1)}[sign]
    return _line(part, low, high, greedy) if single else _rounds(part, low, high, greedy)


def _line(part: Part, low: int, high: int, greedy: bool) -> Part:
    """A repeated single character: without nesting calls."""

    def run_line(run: _Run, at: int, then: Then) -> bool:
        end = at
        if greedy:
            while end - at < high and end < len(run.text) and part(run, end, _yes):
                end += 1
            return any(then(stop) for stop in range(end, at + low - 1, -1))
        while end - at < low:
            if not part(run, end, _yes):
                return False
            end += 1
        while not then(end):
            if end - at >= high or not part(run, end, _yes):
                return False
            end += 1
        return True

    return run_line


def _yes(at: int) -> bool:
    return True


def _rounds(part: Part, low: int, high: int, greedy: bool) -> Part:
    def round_(run: _Run, count: int, at: int, then: Then) -> bool:
        run.step()
        if run.depth > DEEPEST:
            raise ValueError("this nests too deeply")

        def again(end: int) -> bool:
            if end == at and count >= low:  # an empty round is the last
                return then(end)
            return round_(run, count + 1, end, then)

        def more() -> bool:
            if count >= high:
                return False
            run.depth += 1
            try:
                return part(run, at, again)
            finally:
                run.depth -= 1

        if count < low:
            return more()
        return more() or then(at) if greedy else then(at) or more()

    return lambda run, at, then: round_(run, 0, at, then)


@lru_cache(maxsize=64)
def _part(text: str, marks: int) -> Part:
    return _Maker(text, marks).either()


def occurs(text: str, pattern: str, marks: int, spend: Callable[[int], None]) -> bool:
    """Whether the pattern matches anywhere in the text; ValueError when it takes too long.

    spend: receives the number of steps taken, whatever comes of them.
    """
    run, part = _Run(text), _part(pattern, marks)
    try:
        for start in range(len(text) + 1):
            run.groups.clear()
            if part(run, start, _yes):
                return True
    except RecursionError:
        raise ValueError("this nests too deeply") from None
    finally:
        spend(STEPS - run.left)
    return False
