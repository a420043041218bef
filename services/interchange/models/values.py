"""Values, periods and types of a .dmn as a pack has them. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree.ElementTree import Element

import dmn
from dmn import types as t
from dmn.errors import FeelError
from dmn.feel import tree
from dmn.values import to_json
from services.interchange.models.shape import Read
from services.interchange.spreadsheets.rows import EMPTY

_DAY = r'(?:date\(\s*"([0-9]{4}-[0-9]{2}-[0-9]{2})"\s*\)|@"([0-9]{4}-[0-9]{2}-[0-9]{2})")'
_PERIOD = re.compile(rf"\[\s*{_DAY}\s*\.\.\s*{_DAY}\s*\)")
_OPEN = re.compile(rf">=\s*{_DAY}")


def period(text: str) -> tuple[str, str]:
    """The first day of a test of ``as_of``, and the day after its last (empty: it has none).

    ``ValueError`` for a test that is no such period.
    """
    if match := _OPEN.fullmatch(text):
        return match[1] or match[2], ""
    if match := _PERIOD.fullmatch(text):
        return match[1] or match[2], match[3] or match[4]
    raise ValueError(text)


def cell(text: str, kind: str | list[str]) -> str:
    """A FEEL literal as the cell of a value; ``ValueError`` for what is none of its kind."""
    try:
        node = dmn.parse(text)
    except FeelError as error:
        raise ValueError(str(error)) from error
    if isinstance(kind, str) and kind.startswith("list of "):
        if not isinstance(node, tree.ListLiteral):
            raise ValueError("no list")
        items = [_one(item, kind.removeprefix("list of ")) for item in node.items]
        return "\n".join(items) if items else EMPTY
    return _one(node, "text" if isinstance(kind, list) else kind)


def _one(node: tree.Node, kind: str) -> str:
    minus = isinstance(node, tree.Negation)
    if isinstance(node, tree.Negation):
        node = node.operand
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and not minus:
        wanted = {"date": "date", "duration": "duration", "days": "duration"}.get(kind)
        (inner,) = node.args if len(node.args) == 1 and node.names is None else (None,)
        text = inner.value if isinstance(inner, tree.Literal) else None
        if node.function.name == wanted and isinstance(text, str):
            return _line(text)
        raise ValueError("no literal")
    value = node.value if isinstance(node, tree.Literal) else None
    if isinstance(value, bool) and kind == "boolean" and not minus:
        return "true" if value else "false"
    if isinstance(value, Decimal) and kind == "number":
        return format(-value if minus else value, "f")
    if isinstance(value, str) and kind == "text" and not minus:
        return _line(value)
    is_plain = value is None or isinstance(value, (bool, Decimal, str))
    if kind in ("date", "duration", "days") and not is_plain and not minus:
        return str(to_json(value))
    raise ValueError("no literal of its kind")


def _line(text: str) -> str:
    if not text or text != text.strip() or "\n" in text or text == EMPTY:
        raise ValueError("a text is one line, without blanks around it")
    return text


class Types:
    """The item definitions of a model, and whether a reference means a type of the pack."""

    def __init__(self, found: Read) -> None:
        self.found = found
        self.defined: dict[str, Element] = {}
        for node in found.all(found.root, "itemDefinition"):
            name = node.get("name", "")
            if name in self.defined or not name:
                zh, en = f"类型 {name} 重复", f"the type {name} stands twice"
                raise found.fault(node, zh, en)
            self.defined[name] = node

    def agree(self, node: Element, kind: t.Type | None) -> None:
        """Refuse an element whose ``typeRef`` says another type; one that says none is right."""
        said = (node.get("typeRef") or "").strip()
        if said in ("", "Any"):
            return
        if kind is None or not self._refers(said, kind, 0):
            known = "" if kind is None else f"（应为 {kind}）"
            en = f"its type {said} is not that of the pack" + (f" ({kind})" if kind else "")
            raise self.found.fault(node, f"类型 {said} 与事项包不符{known}", en)

    def _refers(self, said: str, kind: t.Type, depth: int) -> bool:
        said = said.removeprefix("feel:")
        if said in self.defined:
            return depth < 20 and self._is(self.defined[said], kind, depth + 1)
        simple = t.SIMPLE.get(said) or t.ALIASES.get(said)
        return simple == kind

    def _is(self, node: Element, kind: t.Type, depth: int) -> bool:
        if (node.get("isCollection") in ("true", "1")) != isinstance(kind, t.ListType):
            return False
        one = kind.of if isinstance(kind, t.ListType) else kind
        parts = self.found.all(node, "itemComponent")
        if isinstance(one, t.ContextType):
            names = [part.get("name", "") for part in parts]
            fields = dict(one.fields)
            return sorted(names) == sorted(fields) and all(
                self._is(part, fields[name], depth + 1)
                for part, name in zip(parts, names, strict=True)
            )
        said = (node.findtext(f"{self.found.prefix}typeRef") or "").strip()
        if parts or self._allowed(node) != one.allowed:
            return False
        return self._refers(said, t.base_type(one), depth)

    def _allowed(self, node: Element) -> tuple[object, ...] | None:
        part = self.found.one(node, "allowedValues")
        if part is None:
            return None
        try:
            listed = dmn.parse(f"[{self.found.text(part)}]")
        except FeelError:
            return ()
        items = listed.items if isinstance(listed, tree.ListLiteral) else ()
        return tuple(item.value for item in items if isinstance(item, tree.Literal))
