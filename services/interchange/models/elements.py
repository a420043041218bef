"""The inputs and decisions of a model by name: what each is, says in our extension, requires."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import dmn
from dmn import types as t
from dmn.errors import FeelError
from services.functions import FUNCTIONS
from services.interchange import grids
from services.interchange.logic import Logic
from services.interchange.models.shape import Read
from services.interchange.models.values import Types
from services.interchange.models.writing import EXTENSION, REQUIREMENT
from services.interchange.spreadsheets.layout import COLUMNS, PARAMETERS, REQUIREMENTS, TABLES
from services.interchange.spreadsheets.rows import Row

_IN_MODEL = ("name", "since", "value", "id", "must", "applies", "policy", "sheet")
_COLUMNS = {"parameter": PARAMETERS, "requirement": REQUIREMENTS, "table": TABLES}
_SAID = {
    kind: {c.key: c for c in COLUMNS[sheet] if c.key not in _IN_MODEL}
    for kind, sheet in _COLUMNS.items()
}
_OF_FACT = ("zh", "en", "source")


class Elements:
    """``said``: our extension of an element, by its name, None where there is none. ``kinds``:
    parameter, table or requirement, by a decision's name. ``scope``: the types of names."""

    def __init__(self, found: Read, before: Logic) -> None:
        self.found = found
        self.before = before
        self.types = Types(found)
        self.inputs = self._named("inputData")
        self.decisions = self._named("decision")
        self.nodes = self.inputs | self.decisions
        if len(self.nodes) != len(self.inputs) + len(self.decisions):
            raise found.fault(found.root, "输入和决策同名", "an input and a decision have one name")
        self.ids = {node.get("id") or name: name for name, node in self.nodes.items()}
        self.said = {name: self._extension(node) for name, node in self.nodes.items()}
        self.kinds = {name: self._kind(name, node) for name, node in self.decisions.items()}
        self.scope: dict[str, t.Type | None] = dict.fromkeys(
            name for name in self.nodes if self.kinds.get(name) != "requirement"
        )

    def _named(self, tag: str) -> dict[str, Element]:
        nodes: dict[str, Element] = {}
        for node in self.found.all(self.found.root, tag):
            name = node.get("name", "")
            variable = self.found.one(node, "variable")
            if variable is None or variable.get("name") != name or not name:
                zh, en = "变量名与名称不同", "its variable has another name"
                raise self.found.fault(node, zh, en)
            if name in nodes:
                raise self.found.fault(node, f"{name} 重复", f"{name} stands twice")
            nodes[name] = node
        return nodes

    def _extension(self, node: Element) -> Row | None:
        """What our extension of an element says, its kind as ``""``; None where there is none."""
        holder = self.found.one(node, "extensionElements")
        mark = f"{{{EXTENSION}}}"
        ours = [] if holder is None else [part for part in holder if part.tag.startswith(mark)]
        if not ours:
            return None
        kind = ours[0].tag.removeprefix(mark)
        if len(ours) > 1 or kind not in (*_SAID, "fact"):
            raise self.found.fault(
                node, "扩展有误或重复", "our extension is wrong, or stands twice"
            )
        said = {"": kind}
        for part in ours[0]:
            key, text = part.tag.removeprefix(mark), (part.text or "").strip()
            column = _SAID.get(kind, {}).get(key)
            known = column is not None or (kind == "fact" and key in _OF_FACT)
            if not known or key in said or len(part) or not text or (part.tail or "").strip():
                zh, en = f"扩展中的 {key} 有误或重复", f"{key} in the extension is wrong or twice"
                raise self.found.fault(node, zh, en)
            choices = column.choices if column and key != "type" else None
            if choices is not None and text not in choices:
                zh, en = f"扩展中的 {key} 不能是 {text}", f"{key} in the extension cannot be {text}"
                raise self.found.fault(node, zh, en)
            said[key] = text
        if ours[0].attrib or (ours[0].text or "").strip() or (ours[0].tail or "").strip():
            raise self.found.fault(node, "扩展有误", "our extension is wrong")
        return said

    def _kind(self, name: str, node: Element) -> str:
        said = self.said[name]
        if said is not None:
            return said[""]
        bare = name.removeprefix(REQUIREMENT)
        if bare != name and bare in {one["id"] for one in self.before.requirements}:
            return "requirement"
        if name in self.before.parameters:
            return "parameter"
        if self.found.one(node, "decisionTable") is not None:
            return "table"
        zh, en = "缺少说明和法律依据（扩展）", "its words and law are missing (our extension)"
        raise self.found.fault(node, zh, en)

    def read(self, node: Element, text: str, kind: str) -> set[str]:
        """The names that a text uses; refused outside the total part of the language."""
        try:
            read = dmn.parse(
                text,
                dialect="total",
                kind=kind,  # type: ignore[arg-type]
                names=self.scope,
                functions=FUNCTIONS,
            )
        except FeelError as error:
            raise self.found.fault(node, f"{error.zh}：{text}", f"{error.en}: {text}") from error
        if self.found.tag(node) == "inputExpression" and node.get("typeRef"):
            self.types.agree(node, self.scope.get(text))
        return set(dmn.names(read)) & set(self.scope)

    def require(self, node: Element, used: set[str]) -> None:
        """What an expression uses is required by its decision, as DMN wants: nothing unknown."""
        found, required = self.found, set()
        for part in found.all(node, "informationRequirement"):
            ends = [one for one in part if found.tag(one).startswith("required")]
            href = ends[0].get("href", "") if len(ends) == 1 else ""
            name = self.ids.get(href.removeprefix("#"))
            of_input = bool(ends) and found.tag(ends[0]) == "requiredInput"
            if not href.startswith("#") or name is None or of_input != (name in self.inputs):
                raise found.fault(part, f"没有 {href}", f"there is no {href} to require")
            required.add(name)
        missing = sorted(used - required)
        if missing:
            zh = f"使用了 {'、'.join(missing)}，但没有信息要求"
            en = f"it uses {', '.join(missing)} without an information requirement"
            raise found.fault(node, zh, en)

    def cell(self, node: Element) -> str:
        text = self.found.text(node)
        if not text or "\n" in text or not grids.is_cell(text):
            zh, en = (
                "格子应有一行，不能有 |；任意值请写 -",
                "a cell is one line without |; - is any value",
            )
            raise self.found.fault(node, zh, en)
        return text

    def below(self, node: Element) -> list[Element]:
        return [one for one in node.iter() if one in self.found.places and one is not node]
