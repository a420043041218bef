"""A Model as DMN 1.5 XML. What read_model understands is written, so that reading it again
gives an equal model; diagrams and extensions of the original are not kept.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dmn.errors import FeelModelError
from dmn.model import elements as m

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
FEEL = "https://www.omg.org/spec/DMN/20230324/FEEL/"
_BODY = {"for": "return", "every": "satisfies", "some": "satisfies"}


def write_model(model: m.Model) -> bytes:
    """The file's bytes, in UTF-8; the same model always gives the same bytes."""
    return to_bytes(model_element(model))


def to_bytes(root: Element) -> bytes:
    """A file of what ``model_element`` gives, with line breaks."""
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "utf-8") + b"\n"


def model_element(model: m.Model) -> Element:
    """The ``definitions`` of a model; its tags stand without prefix, for a caller to add to."""
    root = Element("definitions", xmlns=NAMESPACE)
    _set(root, id=model.id, name=model.name, namespace=model.namespace, expressionLanguage=FEEL)
    for one in model.imports:
        kind = NAMESPACE if "DMN" in one.kind else one.kind
        part = SubElement(root, "import")
        _set(part, name=one.name, namespace=one.namespace, importType=kind)
        _set(part, locationURI=one.location)
        part.set("name", one.name)
    for item in model.types:
        _item(SubElement(root, "itemDefinition"), item)
    for element in model.elements:
        _element(root, element)
    return root


def _set(node: Element, **attributes: str) -> None:
    for key, value in attributes.items():
        if value:
            node.set(key, value)


def _text(parent: Element, tag: str, text: str) -> None:
    """A child with a `text` of its own, as unary tests and entries have it."""
    SubElement(SubElement(parent, tag), "text").text = text


def _variable(parent: Element, tag: str, variable: m.Variable) -> None:
    _set(SubElement(parent, tag, name=variable.name), typeRef=variable.type_ref)


def _item(node: Element, item: m.ItemDefinition) -> None:
    node.set("name", item.name)
    if item.is_collection:
        node.set("isCollection", "true")
    if item.type_ref:
        SubElement(node, "typeRef").text = item.type_ref
    if item.allowed_values:
        _text(node, "allowedValues", item.allowed_values)
    if item.type_constraint:
        _text(node, "typeConstraint", item.type_constraint)
    for part in item.components:
        _item(SubElement(node, "itemComponent"), part)
    if item.function is not None:
        parameters, result = item.function
        function = SubElement(node, "functionItem")
        _set(function, outputTypeRef=result)
        for variable in parameters:
            _variable(function, "parameters", variable)


def _element(root: Element, element: m.Element) -> None:
    tags = {
        m.InputData: "inputData",
        m.Decision: "decision",
        m.KnowledgeModel: "businessKnowledgeModel",
        m.DecisionService: "decisionService",
    }
    node = SubElement(root, tags[element.__class__], id=element.id, name=element.name)
    _variable(node, "variable", m.Variable(element.name, element.type_ref))
    match element:
        case m.Decision():
            for tag, hrefs in (
                ("requiredInput", element.inputs),
                ("requiredDecision", element.decisions),
            ):
                for href in hrefs:
                    SubElement(SubElement(node, "informationRequirement"), tag, href=href)
            _knowledge(node, element.knowledge)
            _box(node, element.expression)
        case m.KnowledgeModel():
            if element.function is not None:
                _function(SubElement(node, "encapsulatedLogic"), element.function)
            _knowledge(node, element.knowledge)
        case m.DecisionService():
            for tag, hrefs in (
                ("outputDecision", element.outputs),
                ("encapsulatedDecision", element.encapsulated),
                ("inputDecision", element.input_decisions),
                ("inputData", element.inputs),
            ):
                for href in hrefs:
                    SubElement(node, tag, href=href)


def _knowledge(node: Element, hrefs: tuple[str, ...]) -> None:
    for href in hrefs:
        SubElement(SubElement(node, "knowledgeRequirement"), "requiredKnowledge", href=href)


def _function(node: Element, box: m.FunctionBox) -> None:
    _set(node, typeRef=box.type_ref, kind="" if box.kind == "FEEL" else box.kind)
    for variable in box.parameters:
        _variable(node, "formalParameter", variable)
    _box(node, box.body)


def _box(parent: Element, box: m.Boxed | None) -> None:
    """The boxed expression as a child of the parent; nothing for none."""
    if box is None or box.__class__ is m.Boxed:
        return
    match box:
        case m.Text():
            node = SubElement(parent, "literalExpression")
            SubElement(node, "text").text = box.text
        case m.ContextBox():
            node = SubElement(parent, "context")
            for variable, value in box.entries:
                entry = SubElement(node, "contextEntry")
                if variable is not None:
                    _variable(entry, "variable", variable)
                _box(entry, value)
        case m.InvocationBox():
            node = SubElement(parent, "invocation")
            _box(node, box.function)
            for key, value in box.bindings:
                binding = SubElement(node, "binding")
                SubElement(binding, "parameter", name=key)
                _box(binding, value)
        case m.FunctionBox():
            node = SubElement(parent, "functionDefinition")
            _function(node, box)
        case m.ListBox():
            node = SubElement(parent, "list")
            for item in box.items:
                _box(node, item)
        case m.RelationBox():
            node = SubElement(parent, "relation")
            for column in box.columns:
                _variable(node, "column", column)
            for row in box.rows:
                line = SubElement(node, "row")
                for cell in row:
                    _box(line, cell)
        case m.TableBox():
            node = SubElement(parent, "decisionTable")
            _table(node, box)
        case _:
            node = _branch(parent, box)
    _set(node, typeRef=box.type_ref)


def _branch(parent: Element, box: m.Boxed) -> Element:
    """The boxed forms that DMN 1.4 added: each part in an element of its own."""
    match box:
        case m.ConditionalBox():
            tag, parts = (
                "conditional",
                [
                    ("if", box.condition),
                    ("then", box.then),
                    ("else", box.otherwise),
                ],
            )
        case m.FilterBox():
            tag, parts = "filter", [("in", box.of), ("match", box.match)]
        case m.IteratorBox():
            tag, parts = box.kind, [("in", box.of), (_BODY[box.kind], box.body)]
        case _:
            raise FeelModelError("xml.box", "无法写出", f"cannot write {type(box).__name__}")
    node = SubElement(parent, tag)
    if isinstance(box, m.IteratorBox):
        node.set("iteratorVariable", box.variable)
    for name, part in parts:
        _box(SubElement(node, name), part)
    return node


def _table(node: Element, box: m.TableBox) -> None:
    _set(node, hitPolicy=box.hit_policy, aggregation=box.aggregation)
    for column in box.inputs:
        part = SubElement(node, "input")
        _set(part, label=column.label)
        expression = SubElement(part, "inputExpression")
        _set(expression, typeRef=column.type_ref)
        SubElement(expression, "text").text = column.text
        if column.values:
            _text(part, "inputValues", column.values)
    for output in box.outputs:
        part = SubElement(node, "output")
        _set(part, name=output.name, label=output.label, typeRef=output.type_ref)
        if output.values:
            _text(part, "outputValues", output.values)
        if output.default:
            _text(part, "defaultOutputEntry", output.default)
    for name in box.annotations:
        SubElement(node, "annotation", name=name)
    for rule in box.rules:
        row = SubElement(node, "rule")
        for tag, cells in (
            ("inputEntry", rule.tests),
            ("outputEntry", rule.outputs),
            ("annotationEntry", rule.annotations),
        ):
            for cell in cells:
                _text(row, tag, cell)
