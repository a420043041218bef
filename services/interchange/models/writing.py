"""A pack's decision logic as DMN 1.5: what other tools can read, with ours as extensions. Pure.

Facts, the day and the city's values are input data; each parameter is a decision table over
``as_of``; each table is a decision; each requirement is a decision whose literal expression is
its condition, or a conditional (``if`` it applies ``then`` its condition ``else true``). Words,
law and what follows stand in ``extensionElements``. Why so: docs/interchange.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import dmn
from city.source import read as read_source
from dmn import types as t
from dmn.model import elements as m
from dmn.model.boxed import AGGREGATIONS, POLICIES
from dmn.model.xml_write import model_element, to_bytes
from services.functions import FUNCTIONS
from services.interchange import logic
from services.interchange.grids import Grid
from services.interchange.logic import Logic
from services.interchange.spreadsheets import rows as sheet_rows
from services.pack.model import APPLICANT, AS_OF, Pack

EXTENSION = "urn:miaopi:interchange:1"
NAMESPACE = "urn:miaopi:pack:"
REQUIREMENT = "requirement_"  # begins the name of a requirement's decision; facts have names, too
LABEL = "label"  # the annotation of a rule that keeps the label of its row
HIT_POLICIES = {short: name for name, short in POLICIES.items()}
TOTALS = {sign: name for name, sign in AGGREGATIONS.items()}
_KEPT_IN_LOGIC = ("name", "since", "value", "from", "id", "must", "applies")


def write(text: str, pack: Pack, file: str = "pack.yaml") -> bytes:
    """The .dmn of a pack; ``pack`` is the text as read. Raises ``SourceError`` as ``logic.of``."""
    writer = _Writer(logic.of(read_source(text, file)), pack)
    return to_bytes(writer.root())


def inputs_of(found: Logic, pack: Pack) -> dict[str, t.Type]:
    """What is asked or given from outside: facts, the day, who applies, values of the city."""
    given: dict[str, t.Type] = {name: fact.type for name, fact in pack.facts.items()}
    given[AS_OF] = t.DATE
    given[APPLICANT] = t.STRING
    return given | {name: t.STRING for name, part in found.parameters.items() if "from" in part}


def type_ref(kind: t.Type | None, name: str = "") -> str:
    """The reference to a type; ``name``: the definition that holds one that is not simple."""
    if kind is None or kind == t.ANY:
        return ""
    if kind.allowed is None and not isinstance(kind, (t.ListType, t.ContextType)):
        return kind.name
    return f"t_{name}" if name else ""


class _Writer:
    def __init__(self, found: Logic, pack: Pack) -> None:
        self.logic = found
        self.pack = pack
        self.inputs = inputs_of(found, pack)
        self.decided = [n for n, part in found.parameters.items() if "from" not in part]
        self.decided += found.tables
        self.extensions: dict[str, dict[str, str]] = {}

    def root(self) -> Element:
        elements: list[m.Element] = [self._input(name) for name in self.inputs]
        elements += [
            self._parameter(name) for name in self.decided if name not in self.logic.tables
        ]
        elements += [self._table(name, grid) for name, (_w, grid) in self.logic.tables.items()]
        elements += [self._requirement(part) for part in self.logic.requirements]
        service = self.pack.service
        model = m.Model(
            self.pack.service,
            f"{NAMESPACE}{service}",
            f"pack_{service}",
            types=tuple(self._types()),
            elements=tuple(elements),
        )
        root = model_element(model)
        root.set("xmlns:miaopi", EXTENSION)
        for node in list(root):
            said = self.extensions.get(node.get("id", ""))
            if said:
                _extend(node, said)
        return root

    def _types(self) -> Iterator[m.ItemDefinition]:
        for name, kind in self.inputs.items():
            if type_ref(kind, name).startswith("t_"):
                yield item_definition(f"t_{name}", kind)
        for name in self.decided:
            decided = self._type(name)
            if decided is not None and type_ref(decided, name).startswith("t_"):
                yield item_definition(f"t_{name}", decided)

    def _type(self, name: str) -> t.Type | None:
        parameter = self.pack.parameters.get(name)
        return parameter.type if parameter else None

    def _input(self, name: str) -> m.InputData:
        fact, part = self.pack.facts.get(name), self.logic.parameters.get(name)
        if fact is not None:
            self._extend(name, "fact", {"zh": fact.zh, "en": fact.en,
                                        "source": f"{fact.source}.{fact.field}"})  # fmt: skip
        elif part is not None:
            (row,) = sheet_rows.of_parameter(name, part)
            self._extend(name, "parameter", row | {"from": ""}, {"from": part["from"]})
        return m.InputData(name, name, type_ref(self.inputs[name], name))

    def _parameter(self, name: str) -> m.Decision:
        part = self.logic.parameters[name]
        rows = sheet_rows.of_parameter(name, part)
        self._extend(name, "parameter", rows[0])
        kind = self.pack.parameters[name].type
        days = sorted(row["since"] for row in rows)
        values = {row["since"]: row["value"] for row in rows}
        rules = [
            m.TableRule((period(day, after),), (literal(values[day], kind),))
            for day, after in zip(days, [*days[1:], ""], strict=True)
        ]
        box = m.TableBox(
            inputs=(m.InputClause(AS_OF, "date"),),
            outputs=(m.OutputClause(type_ref=type_ref(kind, name)),),
            rules=tuple(rules),
        )
        return m.Decision(name, name, type_ref(kind, name), inputs=(f"#{AS_OF}",), expression=box)

    def _table(self, name: str, grid: Grid) -> m.Decision:
        self._extend(name, "table", dict(self.logic.tables[name][0]))
        several = len(grid.outputs) > 1
        defaults = grid.default or ("",) * len(grid.outputs)
        box = m.TableBox(
            hit_policy=HIT_POLICIES.get(grid.policy[:1], grid.policy),
            aggregation=TOTALS.get(grid.policy[1:], grid.policy[1:]),
            inputs=tuple(m.InputClause(one, type_ref(self.inputs.get(one))) for one in grid.inputs),
            outputs=tuple(
                m.OutputClause(one if several else "", default=default, label=one)
                for one, default in zip(grid.outputs, defaults, strict=True)
            ),
            rules=tuple(m.TableRule(r.tests, r.outputs, (r.label,)) for r in grid.rows),
            annotations=(LABEL,),
        )
        texts = [*grid.inputs, *defaults, *(c for r in grid.rows for c in (*r.tests, *r.outputs))]
        return self._decision(name, box, texts, "")

    def _requirement(self, part: dict[str, Any]) -> m.Decision:
        key = f"{REQUIREMENT}{part['id']}"
        self._extend(key, "requirement", sheet_rows.of_requirement(part))
        must, applies = m.Text("", part["must"]), part.get("applies", "")
        box: m.Boxed = must
        if applies:
            box = m.ConditionalBox("", m.Text("", applies), must, m.Text("", "true"))
        return self._decision(key, box, [part["must"], applies], "boolean")

    def _decision(self, name: str, box: m.Boxed, texts: Iterable[str], kind: str) -> m.Decision:
        used = {one for text in texts for one in used_names(text, self.known())}
        return m.Decision(
            name,
            name,
            kind,
            inputs=tuple(f"#{one}" for one in self.inputs if one in used),
            decisions=tuple(f"#{one}" for one in self.decided if one in used and one != name),
            expression=box,
        )

    def known(self) -> list[str]:
        return [*self.inputs, *self.decided]

    def _extend(
        self, key: str, kind: str, said: dict[str, str], more: dict[str, str] | None = None
    ) -> None:
        kept = {k: v for k, v in said.items() if v and k not in _KEPT_IN_LOGIC}
        self.extensions[key] = {"": kind, **kept, **(more or {})}


def _extend(node: Element, said: dict[str, str]) -> None:
    """Our words as the first child of an element, each text in an element of its own."""
    holder = Element("extensionElements")
    ours = SubElement(holder, f"miaopi:{said['']}")
    for key, text in said.items():
        if key:
            SubElement(ours, f"miaopi:{key}").text = text
    node.insert(0, holder)


def item_definition(name: str, kind: t.Type) -> m.ItemDefinition:
    """The definition of a type that is not simple: an enumeration, a list, records."""
    if isinstance(kind, t.ListType):
        return _collection(item_definition(name, kind.of))
    if isinstance(kind, t.ContextType):
        parts = tuple(item_definition(part, one) for part, one in kind.fields)
        return m.ItemDefinition(name, components=parts)
    allowed = ", ".join(_quoted(str(value)) for value in kind.allowed or ())
    return m.ItemDefinition(name, kind.name, allowed_values=allowed)


def _collection(one: m.ItemDefinition) -> m.ItemDefinition:
    return m.ItemDefinition(one.name, one.type_ref, True, one.allowed_values, "", one.components)


def period(day: str, after: str) -> str:
    """The test of ``as_of`` for the days from ``day`` until before ``after``, if any."""
    return f'[date("{day}")..date("{after}"))' if after else f'>= date("{day}")'


def literal(text: str, kind: t.Type) -> str:
    """A parameter's value, as a cell of a sheet has it, in FEEL."""
    if isinstance(kind, t.ListType):
        items = [] if text == sheet_rows.EMPTY else text.split("\n")
        return "[" + ", ".join(literal(item, kind.of) for item in items) + "]"
    bare = t.base_type(kind)
    if bare in (t.NUMBER, t.BOOLEAN):
        return text
    if bare == t.DATE:
        return f"date({_quoted(text)})"
    if bare in (t.YEARS_MONTHS, t.DAYS_TIME):
        return f"duration({_quoted(text)})"
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def used_names(text: str, known: Iterable[str]) -> set[str]:
    """The names of ``known`` that an expression or a cell of tests uses.

    Raises ``FeelError`` for one outside the total part of the language.
    """
    names = list(known)
    if not text or text == "-":
        return set()
    try:
        node = dmn.parse(text, dialect="total", names=names, functions=FUNCTIONS)
    except dmn.FeelSyntaxError:
        node = dmn.parse(
            text, dialect="total", kind="unary_tests", names=names, functions=FUNCTIONS
        )
    return set(dmn.names(node)) & set(names)
