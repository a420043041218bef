"""What a .dmn may hold to be read as the logic of a pack: elements, attributes, how often.

Whatever is not listed is refused by name and place, so that nothing of the model is passed over:
it may say more than a pack can. Diagrams and extensions of others say nothing that is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from city.errors import SourceError
from dmn.errors import FeelModelError
from dmn.model.xml_read import VERSIONS, parse_xml
from services.interchange.places import fault

DOCUMENTATION = {"description": "?", "extensionElements": "?"}
_NAMED = frozenset({"id", "name", "label"})
_TYPED = frozenset({"id", "label", "typeRef", "expressionLanguage"})
_EXPRESSION = {"literalExpression": "?", "decisionTable": "?", "conditional": "?"}
FEEL = ("/FEEL/", "feel")  # how the address of the expression language ends


@dataclass(frozen=True, slots=True)
class Shape:
    """``children``: by tag, ``1`` once, ``?`` once at most, ``*`` any number of times."""

    attributes: frozenset[str]
    children: dict[str, str]


def _shape(attributes: frozenset[str] | set[str], **children: str) -> Shape:
    return Shape(frozenset(attributes), {**DOCUMENTATION, **children})


_ENTRY = _shape(_TYPED, text="1")
SHAPES: dict[str, Shape] = {
    "definitions": _shape(
        _NAMED | {"namespace", "expressionLanguage", "typeLanguage", "exporter", "exporterVersion"},
        itemDefinition="*", inputData="*", decision="*",
    ),
    "itemDefinition": _shape(
        _NAMED | {"isCollection", "typeLanguage"},
        typeRef="?", allowedValues="?", itemComponent="*",
    ),
    "allowedValues": _shape({"id", "label", "expressionLanguage"}, text="1"),
    "inputData": _shape(_NAMED, variable="1"),
    "variable": _shape(_NAMED | {"typeRef"}),
    "decision": _shape(
        _NAMED, question="?", allowedAnswers="?", variable="1", informationRequirement="*",
        **_EXPRESSION,
    ),
    "informationRequirement": _shape({"id", "label"}, requiredInput="?", requiredDecision="?"),
    "requiredInput": Shape(frozenset({"href"}), {}),
    "requiredDecision": Shape(frozenset({"href"}), {}),
    "literalExpression": _shape(_TYPED, text="1"),
    "decisionTable": _shape(
        {"id", "label", "typeRef", "hitPolicy", "aggregation", "preferredOrientation",
         "outputLabel"},
        input="*", output="*", annotation="*", rule="*",
    ),
    "input": _shape({"id", "label"}, inputExpression="1"),
    "inputExpression": _shape(_TYPED, text="1"),
    "output": _shape(_NAMED | {"typeRef"}, defaultOutputEntry="?"),
    "defaultOutputEntry": _shape(_TYPED, text="1"),
    "annotation": Shape(frozenset({"name"}), {}),
    "rule": _shape({"id", "label"}, inputEntry="*", outputEntry="*", annotationEntry="*"),
    "inputEntry": _ENTRY,
    "outputEntry": _ENTRY,
    "annotationEntry": Shape(frozenset(), {"text": "1"}),
    "conditional": _shape(_TYPED, **{"if": "1", "then": "1", "else": "1"}),
    "if": _shape({"id"}, literalExpression="1"),
    "then": _shape({"id"}, literalExpression="1"),
    "else": _shape({"id"}, literalExpression="1"),
}  # fmt: skip
SHAPES["itemComponent"] = SHAPES["itemDefinition"]
_TEXTS = frozenset({"text", "description", "question", "allowedAnswers", "typeRef"})
BEYOND = {  # what the total part of the language does not have, and what it is called
    "import": ("引用其他模型", "an import of another model"),
    "businessKnowledgeModel": (
        "业务知识模型（函数定义）",
        "a knowledge model, which defines a function",
    ),
    "knowledgeRequirement": ("调用业务知识模型", "a call of a knowledge model"),
    "encapsulatedLogic": ("函数定义", "a definition of a function"),
    "functionDefinition": ("函数定义", "a definition of a function"),
    "functionItem": ("函数类型", "the type of a function"),
    "decisionService": ("决策服务", "a decision service"),
    "invocation": ("调用", "an invocation"),
    "for": ("循环", "a loop"),
    "every": ("循环", "a boxed every"),
    "some": ("循环", "a boxed some"),
    "filter": ("筛选框", "a boxed filter"),
    "context": ("上下文框", "a boxed context"),
    "list": ("列表框", "a boxed list"),
    "relation": ("关系框", "a boxed relation"),
    "inputValues": ("输入列的允许值", "the values of an input column"),
    "outputValues": ("输出列的次序", "the values of an output column"),
    "typeConstraint": ("类型约束", "a constraint of a type"),
    "authorityRequirement": ("依据要求", "an authority requirement"),
    "knowledgeSource": ("知识来源", "a knowledge source"),
}


@dataclass(frozen=True, slots=True)
class Read:
    """A model whose shape was checked; ``places`` says where each element stands."""

    root: Element
    prefix: str
    file: str
    places: dict[Element, str]

    def tag(self, node: Element) -> str:
        return node.tag.removeprefix(self.prefix)

    def all(self, node: Element, tag: str) -> list[Element]:
        return node.findall(f"{self.prefix}{tag}")

    def one(self, node: Element, tag: str) -> Element | None:
        return node.find(f"{self.prefix}{tag}")

    def text(self, node: Element) -> str:
        """What the ``text`` in an element says."""
        return (node.findtext(f"{self.prefix}text") or "").strip()

    def fault(self, node: Element, zh: str, en: str) -> SourceError:
        return fault(self.file, self.places[node], zh, en)


def read(data: bytes, file: str) -> Read:
    """The elements of a .dmn; raises ``SourceError`` for XML that is hostile, or says more."""
    try:
        root = parse_xml(data)
    except FeelModelError as error:
        raise SourceError(file, max(error.place.line, 1), error.zh, error.en) from error
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise SourceError(file, 1, "不是有效的 XML", f"not valid XML: {error}") from error
    namespace, _, tag = root.tag.removeprefix("{").partition("}")
    if tag != "definitions" or VERSIONS.get(namespace, "1.1") == "1.1":
        zh, en = "不是 DMN 1.2 至 1.5 的文件", "this is not a file of DMN 1.2 to 1.5"
        raise SourceError(file, 1, zh, en)
    found = Read(root, f"{{{namespace}}}", file, {})
    found.places[root] = "definitions"
    _check(found)
    return found


def _check(found: Read) -> None:
    ids: set[str] = set()
    todo = [found.root]
    while todo:
        node = todo.pop()
        tag = found.tag(node)
        _language(found, node)
        key = node.get("id")
        if key is not None and (key in ids or not key):
            raise found.fault(node, f"id {key} 重复", f"the id {key} stands twice")
        ids.add(key or "")
        if tag in _TEXTS:
            if len(node) or node.attrib:
                raise found.fault(node, "这里只能有文字", "only text may stand here")
            continue
        if tag != "extensionElements":
            _attributes(found, node, SHAPES[tag])
            todo += _children(found, node, SHAPES[tag])


def _language(found: Read, node: Element) -> None:
    for name in ("expressionLanguage", "typeLanguage"):
        said = node.get(name)
        if said and not said.rstrip("/").lower().endswith("feel"):
            raise found.fault(
                node, f"表达式语言 {said} 不是 FEEL", f"the language {said} is not FEEL"
            )


def _attributes(found: Read, node: Element, shape: Shape) -> None:
    for name in node.attrib:
        if name not in shape.attributes and not name.startswith("{"):
            raise found.fault(node, f"不应有属性 {name}", f"the attribute {name} is not expected")


def _children(found: Read, node: Element, shape: Shape) -> Iterator[Element]:
    """The children in the namespace of DMN, each with its place; those of others are passed over
    at the top alone, where diagrams stand."""
    counts: dict[str, int] = {}
    is_top = node is found.root
    if (node.text or "").strip():
        raise found.fault(
            node, "不应有文字", f"text is not expected: {(node.text or '').strip()[:40]}"
        )
    for child in node:
        if (child.tail or "").strip():
            raise found.fault(node, "不应有文字", "text is not expected between elements")
        if not child.tag.startswith(found.prefix):
            if is_top and child.tag.endswith("}DMNDI"):
                continue
            raise found.fault(node, f"不应有 {child.tag}", f"{child.tag} is not expected")
        tag = found.tag(child)
        counts[tag] = counts.get(tag, 0) + 1
        name = child.get("id") or child.get("name")
        step = f"{tag}[{name if is_top and name else counts[tag]}]"
        found.places[child] = f"{found.places[node]}/{step}" if not is_top else step
        how = shape.children.get(tag)
        if how is None:
            zh, en = BEYOND.get(tag, (f"不应有 {tag}", f"{tag} is not expected"))
            raise found.fault(child, f"超出可读的范围：{zh}", f"beyond what a pack can say: {en}")
        if how != "*" and counts[tag] > 1:
            raise found.fault(child, f"{tag} 只能有一个", f"{tag} stands more than once")
        yield child
    for tag, how in shape.children.items():
        if how == "1" and tag not in counts:
            raise found.fault(node, f"缺少 {tag}", f"{tag} is missing")
