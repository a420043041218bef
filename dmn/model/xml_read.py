"""DMN XML, versions 1.2 to 1.5, into a Model. Entities, DTDs and external references are refused.

Source: DMN 1.5, clause 13 and its schema. Nothing is fetched: an import names a namespace, and
whoever decides gives the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from dmn.errors import FeelModelError, Place
from dmn.feel.names import normal_name
from dmn.model import elements as m

VERSIONS = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",  # differs in nothing that is read here
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",  # of 1.6, what 1.5 has too
}
LONGEST = 8_000_000
DEEPEST = 100
_ITERATORS = {"for": "return", "every": "satisfies", "some": "satisfies"}


def read_model(data: bytes | str) -> m.Model:
    """The model in a `.dmn` file; FeelModelError for XML that is none, hostile or too large."""
    root = parse_xml(data.encode() if isinstance(data, str) else data)
    namespace, _, tag = root.tag[1:].partition("}")
    if tag != "definitions" or namespace not in VERSIONS:
        raise FeelModelError(
            "xml.version",
            "不是 DMN 1.2 至 1.5 的文件",
            "this is not a file of DMN 1.2 to 1.5",
        )
    return _Reader(namespace).definitions(root)


def parse_xml(data: bytes) -> Node:
    """The root element of trusted shape: no DTD, no entities, bounded size and depth."""
    if len(data) > LONGEST:
        raise FeelModelError(
            "xml.length",
            f"文件过大（上限 {LONGEST // 1_000_000} MB）",
            f"the file is too large (at most {LONGEST // 1_000_000} MB)",
        )
    depth, root = 0, None
    try:
        events: Iterator[tuple[str, Any]] = iterparse(
            BytesIO(data), events=("start", "end"), forbid_dtd=True
        )
        for event, element in events:
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > DEEPEST:
                raise FeelModelError(
                    "xml.depth", "XML 嵌套过深", f"elements nest too deeply (at most {DEEPEST})"
                )
    except DefusedXmlException as error:
        raise FeelModelError(
            "xml.entity",
            "文件含有 DTD、实体或外部引用，不予读取",
            f"the file has a DTD, an entity or an external reference ({type(error).__name__})",
        ) from None
    except ParseError as error:
        line, column = error.position
        raise FeelModelError(
            "xml.syntax",
            "XML 有误",
            f"the XML is unreadable_text: {str(error).split(':')[0]}",
            Place(line, column + 1),
        ) from None
    assert root is not None
    return root


class _Reader:
    """Reads elements of one namespace; others (diagrams, extensions) are passed over."""

    def __init__(self, namespace: str) -> None:
        self.prefix = f"{{{namespace}}}"

    def all(self, node: Node, tag: str) -> list[Node]:
        return node.findall(self.prefix + tag)

    def one(self, node: Node, tag: str) -> Node | None:
        return node.find(self.prefix + tag)

    def text(self, node: Node | None, tag: str = "text") -> str:
        found = None if node is None else self.one(node, tag)
        return "" if found is None else (found.text or "")

    def hrefs(self, node: Node, tag: str) -> tuple[str, ...]:
        return tuple(part.get("href", "") for part in self.all(node, tag))

    def type_ref(self, node: Node) -> str:
        """The declared type, as attribute or (as some tools write it) as child."""
        return (node.get("typeRef") or self.text(node, "typeRef")).strip()

    def definitions(self, root: Node) -> m.Model:
        elements: list[m.Element] = []
        for child in root:
            read = getattr(self, "_" + self._tag(child), None)
            if read and self._tag(child) in _ELEMENTS:
                elements.append(read(child))
        return m.Model(
            root.get("name", ""),
            root.get("namespace", ""),
            root.get("id", ""),
            tuple(
                m.Import(
                    part.get("name", ""),
                    part.get("namespace", ""),
                    part.get("locationURI", ""),
                    part.get("importType", ""),
                )
                for part in self.all(root, "import")
            ),
            tuple(self._item(part) for part in self.all(root, "itemDefinition")),
            tuple(elements),
        )

    def _tag(self, node: Node) -> str:
        tag = node.tag
        return tag[len(self.prefix) :] if tag.startswith(self.prefix) else ""

    def _item(self, node: Node) -> m.ItemDefinition:
        function = self.one(node, "functionItem")
        return m.ItemDefinition(
            name=normal_name(node.get("name", "")),
            type_ref=self.type_ref(node),
            is_collection=node.get("isCollection") in ("true", "1"),
            allowed_values=self.text(self.one(node, "allowedValues")),
            type_constraint=self.text(self.one(node, "typeConstraint")),
            components=tuple(self._item(part) for part in self.all(node, "itemComponent")),
            function=None
            if function is None
            else (
                tuple(self._variable(part) for part in self.all(function, "parameters")),
                function.get("outputTypeRef", ""),
            ),
        )

    def _variable(self, node: Node) -> m.Variable:
        return m.Variable(normal_name(node.get("name", "")), self.type_ref(node))

    def _head(self, node: Node) -> tuple[str, str, str]:
        variable = self.one(node, "variable")
        name = normal_name(node.get("name", ""))
        type_ref = "" if variable is None else self.type_ref(variable)
        return node.get("id", "") or name, name, type_ref

    def _inputData(self, node: Node) -> m.Element:  # noqa: N802 - the element's name
        return m.InputData(*self._head(node))

    def _decision(self, node: Node) -> m.Element:
        information = self.all(node, "informationRequirement")
        return m.Decision(
            *self._head(node),
            inputs=tuple(h for part in information for h in self.hrefs(part, "requiredInput")),
            decisions=tuple(h for p in information for h in self.hrefs(p, "requiredDecision")),
            knowledge=self._knowledge(node),
            expression=self.only(node),
        )

    def _knowledge(self, node: Node) -> tuple[str, ...]:
        required = self.all(node, "knowledgeRequirement")
        return tuple(h for part in required for h in self.hrefs(part, "requiredKnowledge"))

    def _businessKnowledgeModel(self, node: Node) -> m.Element:  # noqa: N802
        logic = self.one(node, "encapsulatedLogic")
        function = None if logic is None else self._function(logic)
        return m.KnowledgeModel(
            *self._head(node), knowledge=self._knowledge(node), function=function
        )

    def _decisionService(self, node: Node) -> m.Element:  # noqa: N802
        return m.DecisionService(
            *self._head(node),
            outputs=self.hrefs(node, "outputDecision"),
            encapsulated=self.hrefs(node, "encapsulatedDecision"),
            input_decisions=self.hrefs(node, "inputDecision"),
            inputs=self.hrefs(node, "inputData"),
        )

    # --- boxed expressions ----------------------------------------------------------------

    def only(self, node: Node | None) -> m.Boxed | None:
        """The first boxed expression directly in the element."""
        for child in [] if node is None else node:
            if self._is_box(child):
                return self.box(child)
        return None

    def _is_box(self, node: Node) -> bool:
        tag = self._tag(node)
        return tag in _BOXES or tag in _ITERATORS

    def needed(self, node: Node | None) -> m.Boxed:
        return self.only(node) or m.Boxed()

    def box(self, node: Node) -> m.Boxed:
        tag = self._tag(node)
        if tag in _ITERATORS:
            return m.IteratorBox(
                self.type_ref(node),
                tag,
                normal_name(node.get("iteratorVariable", "")),
                self.needed(self.one(node, "in")),
                self.needed(self.one(node, _ITERATORS[tag])),
            )
        return _BOXES[tag](self, node)

    def _literal(self, node: Node) -> m.Boxed:
        return m.Text(self.type_ref(node), self.text(node))

    def _context(self, node: Node) -> m.Boxed:
        entries: list[tuple[m.Variable | None, m.Boxed]] = []
        for part in self.all(node, "contextEntry"):
            variable = self.one(part, "variable")
            key = None if variable is None else self._variable(variable)
            entries.append((key, self.needed(part)))
        return m.ContextBox(self.type_ref(node), tuple(entries))

    def _invocation(self, node: Node) -> m.Boxed:
        bindings = []
        for part in self.all(node, "binding"):
            parameter = self.one(part, "parameter")
            name = "" if parameter is None else normal_name(parameter.get("name", ""))
            bindings.append((name, self.needed(part)))
        return m.InvocationBox(self.type_ref(node), self.needed(node), tuple(bindings))

    def _function(self, node: Node) -> m.FunctionBox:
        return m.FunctionBox(
            self.type_ref(node),
            tuple(self._variable(part) for part in self.all(node, "formalParameter")),
            self.only(node),
            node.get("kind", "FEEL"),
        )

    def _list(self, node: Node) -> m.Boxed:
        items = tuple(self.box(child) for child in node if self._is_box(child))
        return m.ListBox(self.type_ref(node), items)

    def _relation(self, node: Node) -> m.Boxed:
        rows = tuple(
            tuple(self.box(cell) for cell in row if self._is_box(cell))
            for row in self.all(node, "row")
        )
        columns = tuple(self._variable(part) for part in self.all(node, "column"))
        return m.RelationBox(self.type_ref(node), columns, rows)

    def _conditional(self, node: Node) -> m.Boxed:
        parts = [self.needed(self.one(node, tag)) for tag in ("if", "then", "else")]
        return m.ConditionalBox(self.type_ref(node), *parts)

    def _filter(self, node: Node) -> m.Boxed:
        parts = [self.needed(self.one(node, tag)) for tag in ("in", "match")]
        return m.FilterBox(self.type_ref(node), *parts)

    def _table(self, node: Node) -> m.Boxed:
        return m.TableBox(
            type_ref=self.type_ref(node),
            hit_policy=node.get("hitPolicy", "UNIQUE"),
            aggregation=node.get("aggregation", ""),
            inputs=tuple(self._input(part) for part in self.all(node, "input")),
            outputs=tuple(self._output(part) for part in self.all(node, "output")),
            rules=tuple(
                m.TableRule(
                    tuple(self.text(cell) for cell in self.all(part, "inputEntry")),
                    tuple(self.text(cell) for cell in self.all(part, "outputEntry")),
                    tuple(self.text(cell) for cell in self.all(part, "annotationEntry")),
                )
                for part in self.all(node, "rule")
            ),
            annotations=tuple(part.get("name", "") for part in self.all(node, "annotation")),
        )

    def _input(self, node: Node) -> m.InputClause:
        expression = self.one(node, "inputExpression")
        type_ref = "" if expression is None else self.type_ref(expression)
        values = self.text(self.one(node, "inputValues"))
        return m.InputClause(self.text(expression), type_ref, values, node.get("label", ""))

    def _output(self, node: Node) -> m.OutputClause:
        return m.OutputClause(
            normal_name(node.get("name", "")),
            self.type_ref(node),
            self.text(self.one(node, "outputValues")),
            self.text(self.one(node, "defaultOutputEntry")),
            node.get("label", ""),
        )


_ELEMENTS = frozenset({"inputData", "decision", "businessKnowledgeModel", "decisionService"})
_BOXES: dict[str, Callable[[_Reader, Node], m.Boxed]] = {
    "literalExpression": _Reader._literal,
    "context": _Reader._context,
    "invocation": _Reader._invocation,
    "functionDefinition": _Reader._function,
    "list": _Reader._list,
    "relation": _Reader._relation,
    "conditional": _Reader._conditional,
    "filter": _Reader._filter,
    "decisionTable": _Reader._table,
}
