"""Text into tokens. Names may hold blanks and signs, so the names in scope decide.

The longest known name wins; otherwise adjacent words that are no keywords are one name,
since FEEL never puts two names side by side. Parameters and iterators that the text itself
declares are known throughout it, keys of contexts from where they stand on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lark import Token

from dmn.errors import FeelBudgetError, FeelSyntaxError, Place
from dmn.feel.names import (
    BUILT_IN,
    KEYWORDS,
    MORE,
    PART,
    SPACE,
    WORD,
    SpecialNames,
    declared_names,
    is_special,
    normal_name,
    quoted_keys,
    without_blanks,
)
from dmn.feel.punctuation import ASCII, Lines, refuse_wide
from dmn.limits import READING, Limits, too_deep

_BLANK = re.compile(rf"(?:[{SPACE}]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LABEL = re.compile(rf"([^()\[\]{{}},:\"<>=]{{1,200}}?)[{SPACE}]*:")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SIGN = re.compile(r"\*\*|\.\.|<=|>=|!=|[-+*/=<>.,:()\[\]{}]")
_TYPE_HEAD = re.compile(
    rf"(?:date[{SPACE}]+and[{SPACE}]+time|days[{SPACE}]+and[{SPACE}]+time[{SPACE}]+duration"
    rf"|years[{SPACE}]+and[{SPACE}]+months[{SPACE}]+duration)(?![{PART}])"
)
_SIGNS = {
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "**": "POWER",
    ".": "DOT",
    "..": "DOTS",
    ",": "COMMA",
    ":": "COLON",
    "{": "BRACE",
    "}": "CLOSE_BRACE",
    ")": "CLOSE_PAREN",
} | dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), "COMPARE")
_OPERAND_ENDS = frozenset(
    [
        "NUMBER",
        "STRING",
        "AT",
        "TRUE",
        "FALSE",
        "NULL",
        "NAME",
        "INPUT",
        "TYPE",
        "CLOSE_PAREN",
        "CLOSE_SQUARE",
        "CLOSE_BRACE",
        "TURN_CLOSE",
    ]
)
_OPENING = frozenset(["PAREN", "CALL", "SQUARE", "OPEN_FILTER", "BRACE", "TURN_OPEN"])
_CLOSING = frozenset(["CLOSE_PAREN", "CLOSE_SQUARE", "CLOSE_BRACE", "TURN_CLOSE"])


class Lexer:
    """One pass over one text; `tokens` gives what the grammar declares."""

    def __init__(self, text: str, names: Iterable[str], *, tests: bool, limits: Limits) -> None:
        self.text = text
        self.lines = Lines(text)
        self.limits = limits
        self.made: list[Token] = []
        self.stack: list[tuple[str, int]] = []
        self.closed = -1  # the token that opened what was closed last
        short = len(text) <= limits.length
        in_text = declared_names(text) if short else set()
        squeezed = "".join(text.split())
        present = [
            n
            for n in (*names, *in_text, *BUILT_IN)
            if is_special(n) and without_blanks(n) in squeezed
        ]
        quoted = filter(is_special, quoted_keys(text)) if short else ()
        self.known = SpecialNames(present)
        self.fields = SpecialNames((*quoted, *present))  # after a point
        self.tests = tests

    def tokens(self) -> list[Token]:
        if len(self.text) > self.limits.length:
            raise FeelBudgetError(
                "budget.text",
                f"文字过长（上限 {self.limits.length} 字）",
                f"the text is too long (at most {self.limits.length} characters)",
                self.place(0, 0),
            )
        at = self._skip(0)
        while at < len(self.text):
            at = self._skip(self._one(at))
        if self.tests:
            self._mark_negation()
        return self.made

    def _mark_negation(self) -> None:
        """`not(...)` around all of a cell negates its tests; else `not` is the function."""
        first, second = [*self.made[:2], None, None][:2]
        if first is None or second is None or (first.type, first.value) != ("NAME", "not"):
            return
        if second.type == "CALL" and self.made[-1].type in _CLOSING and self.closed == 1:
            self.made[0] = first.update(type="NOT_TESTS")
            self.made[1] = second.update(type="PAREN")

    def place(self, start: int, end: int) -> Place:
        return self.lines.place(start, end)

    def _skip(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def _add(self, kind: str, value: object, start: int, end: int) -> int:
        place = self.place(start, end)
        if len(self.made) >= self.limits.tokens:
            raise FeelBudgetError(
                "budget.tokens",
                f"表达式过长（上限 {self.limits.tokens} 个词）",
                f"the expression is too long (at most {self.limits.tokens} words and signs)",
                place,
            )
        if kind in _OPENING:
            self.stack.append((kind, len(self.made)))
            if len(self.stack) > self.limits.depth:
                raise too_deep(place, self.limits.depth)
        elif kind in _CLOSING and self.stack:
            self.closed = self.stack.pop()[1]
        token = Token(kind, value, start, line=place.line, column=place.column, end_pos=end)
        self.made.append(token)
        return end

    def _last(self, back: int = 1) -> str:
        return self.made[-back].type if len(self.made) >= back else ""

    def _one(self, at: int) -> int:
        text, char = self.text, self.text[at]
        if char == '"':
            return self._string(at, at, "STRING")
        if char == "@" and text[at + 1 : at + 2] == '"':
            return self._string(at, at + 1, "AT")
        if char.isascii() and (char.isdigit() or (char == "." and text[at + 1 : at + 2].isdigit())):
            return self._number(at)
        word = WORD.match(text, at)
        if word:
            return self._word(at, word)
        if text.startswith("/*", at):
            raise FeelSyntaxError(
                "syntax.comment",
                "注释 /* 没有以 */ 结束",
                "this comment has no closing */",
                self.place(at, len(text)),
            )
        sign = _SIGN.match(text, at)
        if sign:
            return self._sign(at, sign[0])
        place = self.place(at, at + 1)
        if char in ASCII:
            raise refuse_wide(char, place)
        raise FeelSyntaxError(
            "syntax.character",
            f"此处不能用字符 {char!r}",
            f"unexpected character {char!r}",
            place,
        )

    def _string(self, start: int, at: int, kind: str) -> int:
        found = _STRING.match(self.text, at)
        if not found:
            raise FeelSyntaxError(
                "syntax.string",
                "引号没有成对",
                "this string has no closing quote",
                self.place(start, len(self.text)),
            )
        return self._add(kind, found[0], start, found.end())

    def _number(self, at: int) -> int:
        found = _NUMBER.match(self.text, at)
        assert found
        if len(found[0]) > self.limits.digits:
            raise FeelBudgetError(
                "budget.digits",
                f"数字过长（上限 {self.limits.digits} 位）",
                f"the number is too long (at most {self.limits.digits} digits)",
                self.place(at, found.end()),
            )
        return self._add("NUMBER", found[0], at, found.end())

    def _word(self, at: int, word: re.Match[str]) -> int:
        text, end = self.text, word.end()
        label = self._label(at)
        if label:
            return label
        after_dot = self._last() == "DOT"
        known = (self.fields if after_dot else self.known).match(text, at)
        if not after_dot and not (known and known[0] > end):
            special = self._keyword(at, end, word[0])
            if special:
                return special
        end = self._extend(at, end)
        if known and known[0] >= end:
            end, name = known
        else:
            name = normal_name(text[at:end])
        return self._add("NAME", name, at, end)

    def _label(self, at: int) -> int | None:
        """A name before a colon: an argument's in a call by name, or a context's key.

        Neither need be known; a key is known from here on, an argument's name is not.
        """
        around = self.stack[-1][0] if self.stack else ""
        if around not in ("CALL", "BRACE") or self._last() not in (around, "COMMA"):
            return None
        found = _LABEL.match(self.text, at)
        if not found or "//" in found[0] or "/*" in found[0]:
            return None
        name = normal_name(found[1])
        if around == "BRACE" and is_special(name):
            self.known.add(name)
            self.fields.add(name)
        return self._add("NAME", name, at, found.end(1))

    def _keyword(self, at: int, end: int, word: str) -> int | None:
        """Handle a word with a meaning of its own; None when it is a name."""
        if word in KEYWORDS:
            return self._add(KEYWORDS[word], word, at, end)
        if word == "?":
            return self._add("INPUT", word, at, end)
        rest = self._skip(end)
        if word == "instance":
            of = WORD.match(self.text, rest)
            if of and of[0] == "of":
                self._add("INSTANCE", word, at, of.end())
                return self._type(self._skip(of.end()))
        if (
            word == "external"
            and self._last() == "CLOSE_PAREN"
            and self.text[rest : rest + 1] == "{"
        ):
            return self._add("EXTERNAL", word, at, end)
        return None

    def _extend(self, at: int, end: int) -> int:
        """Over the following words as long as they belong to the same name."""
        while True:
            start = self._skip(end)
            more = MORE.match(self.text, start) if start > end else None
            if not more or more[0] in KEYWORDS or more[0] == "?":
                return end
            if more[0] == "instance":
                of = WORD.match(self.text, self._skip(more.end()))
                if of and of[0] == "of":
                    return end
            if self.text.find("/", end, start) >= 0:
                return end
            end = more.end()

    def _type(self, at: int) -> int:
        """One written type, as one token."""
        end = self._type_end(at)
        if end == at:
            raise FeelSyntaxError(
                "syntax.type",
                "此处应为类型",
                "a type should stand here",
                self.place(at, at + 1),
            )
        return self._add("TYPE", self.text[at:end], at, end)

    def _type_end(self, at: int) -> int:
        standard, known = _TYPE_HEAD.match(self.text, at), self.known.match(self.text, at)
        head = standard.end() if standard else known[0] if known else 0
        word = WORD.match(self.text, at)
        if not head and not word:
            return at
        end = head or self._extend(at, word.end() if word else at)
        while self.text[end : end + 1] == "." and WORD.match(self.text, end + 1):
            end = self._extend(at, WORD.match(self.text, end + 1).end())  # type: ignore[union-attr]
        rest = self._skip(end)
        if self.text[rest : rest + 1] != "<" or self.text[at:end] not in (
            "list",
            "range",
            "context",
            "function",
        ):
            return end
        depth = 0
        for index in range(rest, len(self.text)):
            char = self.text[index]
            depth += (char == "<") - (char == ">" and self.text[index - 1] != "-")
            if not depth:
                after = self._skip(index + 1)
                if self.text[at:end] == "function" and self.text[after : after + 2] == "->":
                    return self._type_end(self._skip(after + 2))
                return index + 1
        return end

    def _sign(self, at: int, sign: str) -> int:
        after_operand = self._last() in _OPERAND_ENDS
        end = at + len(sign)
        if sign == "(":
            kind = "CALL" if after_operand else "PAREN"
        elif sign == "[":
            kind = "SQUARE"
            if after_operand:
                closes = self.stack and not self._operand_follows(end)
                kind = "TURN_CLOSE" if closes else "OPEN_FILTER"
        elif sign == "]":
            opens = not after_operand and self._last() != "SQUARE"
            kind = "TURN_OPEN" if opens else "CLOSE_SQUARE"
        else:
            kind = _SIGNS[sign]
        self._add(kind, sign, at, end)
        if sign == ":" and self._in_parameters():
            return self._type(self._skip(end))
        return end

    def _in_parameters(self) -> bool:
        if not self.stack or self.stack[-1][0] != "PAREN":
            return False
        opened = self.stack[-1][1]
        return opened > 0 and self.made[opened - 1].type == "FUNCTION"

    def _operand_follows(self, at: int) -> bool:
        at = self._skip(at)
        char = self.text[at : at + 1]
        if not char or char in ")],}=<>*/+.:":
            return False
        word = WORD.match(self.text, at)
        follows = {
            "and",
            "or",
            "then",
            "else",
            "return",
            "satisfies",
            "in",
            "between",
            "instance",
        }
        return not (word and word[0] in follows)


def tokens(
    text: str,
    names: Iterable[str] = (),
    *,
    tests: bool = False,
    limits: Limits = READING,
) -> tuple[list[Token], Lines]:
    lexer = Lexer(text, names, tests=tests, limits=limits)
    return lexer.tokens(), lexer.lines
