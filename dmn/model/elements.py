"""A decision model as DMN has it: definitions, requirements and boxed expressions, all as read.

Texts are kept as written, so that what is read can be written again; `boxed.py` makes trees of
them and `engine.py` decides. Everything is frozen. `href`s are `#id` or `namespace#id`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Boxed:
    """Any boxed expression. `type_ref` is the declared type of its result."""

    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Text(Boxed):
    """A literal expression."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class ContextBox(Boxed):
    """Entries in order; one without a variable is the result."""

    entries: tuple[tuple[Variable | None, Boxed], ...] = ()


@dataclass(frozen=True, slots=True)
class InvocationBox(Boxed):
    function: Boxed = field(default_factory=Boxed)
    bindings: tuple[tuple[str, Boxed], ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionBox(Boxed):
    """kind: FEEL; Java, of which dmn.java has a closed table; PMML, which gives null."""

    parameters: tuple[Variable, ...] = ()
    body: Boxed | None = None
    kind: str = "FEEL"


@dataclass(frozen=True, slots=True)
class ListBox(Boxed):
    items: tuple[Boxed, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationBox(Boxed):
    columns: tuple[Variable, ...] = ()
    rows: tuple[tuple[Boxed, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionalBox(Boxed):
    condition: Boxed = field(default_factory=Boxed)
    then: Boxed = field(default_factory=Boxed)
    otherwise: Boxed = field(default_factory=Boxed)


@dataclass(frozen=True, slots=True)
class FilterBox(Boxed):
    of: Boxed = field(default_factory=Boxed)
    match: Boxed = field(default_factory=Boxed)


@dataclass(frozen=True, slots=True)
class IteratorBox(Boxed):
    """kind: `for` (body is the return), `every` or `some` (body is the condition)."""

    kind: str = "for"
    variable: str = ""
    of: Boxed = field(default_factory=Boxed)
    body: Boxed = field(default_factory=Boxed)


@dataclass(frozen=True, slots=True)
class InputClause:
    text: str
    type_ref: str = ""
    values: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class OutputClause:
    name: str = ""
    type_ref: str = ""
    values: str = ""
    default: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class TableRule:
    tests: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableBox(Boxed):
    """hit_policy and aggregation as DMN spells them: `RULE ORDER`, `SUM`."""

    hit_policy: str = "UNIQUE"
    aggregation: str = ""
    inputs: tuple[InputClause, ...] = ()
    outputs: tuple[OutputClause, ...] = ()
    rules: tuple[TableRule, ...] = ()
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    name: str
    type_ref: str = ""
    is_collection: bool = False
    allowed_values: str = ""
    type_constraint: str = ""
    components: tuple[ItemDefinition, ...] = ()
    function: tuple[tuple[Variable, ...], str] | None = None  # parameters, type of the result


@dataclass(frozen=True, slots=True)
class Element:
    """A part of the requirements graph."""

    id: str
    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class InputData(Element):
    pass


@dataclass(frozen=True, slots=True)
class Decision(Element):
    """`inputs`, `decisions` and `knowledge` are hrefs of what it requires."""

    inputs: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    expression: Boxed | None = None


@dataclass(frozen=True, slots=True)
class KnowledgeModel(Element):
    knowledge: tuple[str, ...] = ()
    function: FunctionBox | None = None


@dataclass(frozen=True, slots=True)
class DecisionService(Element):
    outputs: tuple[str, ...] = ()
    encapsulated: tuple[str, ...] = ()
    input_decisions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    name: str
    namespace: str
    location: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One `definitions` element."""

    name: str
    namespace: str
    id: str = ""
    imports: tuple[Import, ...] = ()
    types: tuple[ItemDefinition, ...] = ()
    elements: tuple[Element, ...] = ()

    def element(self, key: str) -> Element | None:
        """By id, or else by name."""
        for element in self.elements:
            if element.id == key:
                return element
        return next((element for element in self.elements if element.name == key), None)
