"""From a .dmn into the logic of a pack: its whole meaning, or a refusal with element and reason.

What the model says is read from it; what DMN has no place for (words, law, what follows) from our
extensions, and where another tool has dropped those, from the pack that it is put into. Pure.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from city.errors import SourceError
from dmn import types as t
from dmn.model.boxed import AGGREGATIONS, POLICIES
from dmn.tables.text import DEFAULT
from services.interchange import grids
from services.interchange.grids import Grid
from services.interchange.logic import WORDS, Data, Logic
from services.interchange.models import values as dmn_values
from services.interchange.models.elements import Elements
from services.interchange.models.shape import Read
from services.interchange.models.writing import LABEL, NAMESPACE, REQUIREMENT, inputs_of
from services.interchange.places import fault
from services.interchange.spreadsheets import rows as sheet_rows
from services.interchange.spreadsheets.layout import (
    COLUMNS,
    ENUMERATION,
    KINDS,
    PARAMETERS,
    REQUIREMENTS,
)
from services.interchange.spreadsheets.rows import Row
from services.pack import types
from services.pack.model import APPLICANT, AS_OF, Pack

_TRUE = "true"


class Places:
    """Elements by their place, as rows of sheets have their cells."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fault(self, ref: str, zh: str, en: str) -> SourceError:
        return fault(self.file, ref, zh, en)

    def kind(self, ref: str) -> str:
        return "text"


def logic_of(found: Read, before: Logic, pack: Pack) -> Logic:
    """The logic that a model says; ``before`` and ``pack``: what it is to be put into."""
    return _Reader(found, before, pack).logic()


class _Reader:
    def __init__(self, found: Read, before: Logic, pack: Pack) -> None:
        self.found = found
        self.before = before
        self.pack = pack
        self.places = Places(found.file)
        self.elements = Elements(found, before)

    # --- the whole ------------------------------------------------------------------------

    def logic(self) -> Logic:
        space = self.found.root.get("namespace", "")
        if not space.startswith(NAMESPACE):
            zh, en = f"命名空间应以 {NAMESPACE} 开头", f"its namespace is to begin with {NAMESPACE}"
            raise self.found.fault(self.found.root, zh, en)
        rows = [self._of_city(name) for name in self.elements.inputs if self._is_of_city(name)]
        for name, kind in self.elements.kinds.items():
            if kind == "parameter":
                rows += self._dated(name)
        parameters = sheet_rows.parameters(self.places, rows, self.before.parameters)
        given = inputs_of(Logic("", parameters, {}, []), self.pack)
        self._check_inputs(given)
        self.elements.scope |= given
        for name, kind in self.elements.kinds.items():
            if kind == "parameter":
                self.elements.scope[name] = self._typed(name, parameters[name])
        tables = {n: self._table(n) for n, kind in self.elements.kinds.items() if kind == "table"}
        requirements = [
            self._requirement(n) for n, kind in self.elements.kinds.items() if kind == "requirement"
        ]
        return Logic(space.removeprefix(NAMESPACE), parameters, tables, requirements)

    def _check_inputs(self, given: dict[str, t.Type]) -> None:
        """Facts come from registries and the form: their names, types and words are the pack's."""
        for name, node in self.elements.inputs.items():
            if name not in given:
                zh, en = "事项包没有这个输入（事实由数据来源给出）", "the pack has no such input"
                raise self.found.fault(node, zh, en)
            variable = self.found.one(node, "variable")
            assert variable is not None  # _named has looked
            self.elements.types.agree(variable, given[name])
            said, fact = self.elements.said[name], self.pack.facts.get(name)
            if said is not None and said[""] == "fact":
                wanted = {"": "fact"}
                if fact is not None:
                    wanted |= {"zh": fact.zh, "en": fact.en}
                    wanted["source"] = f"{fact.source}.{fact.field}"
                if any(wanted.get(key) != text for key, text in said.items()):
                    zh, en = "输入的说明与事项包不符", "what it says of the input is not the pack's"
                    raise self.found.fault(node, zh, en)
        for name in given:
            if name not in self.elements.inputs and name not in (AS_OF, APPLICANT):
                zh, en = f"缺少输入 {name}", f"the input {name} is missing"
                raise self.found.fault(self.found.root, zh, en)

    # --- parameters -----------------------------------------------------------------------

    def _is_of_city(self, name: str) -> bool:
        said = self.elements.said[name]
        if said is None:
            return "from" in self.before.parameters.get(name, {})
        return said[""] == "parameter"

    def _head(self, name: str) -> Row:
        """What the extension says of a parameter; without one, what the pack has said."""
        head = dict.fromkeys((column.key for column in COLUMNS[PARAMETERS]), "")
        said = self.elements.said[name]
        if said is None:
            (first, *_rest) = sheet_rows.of_parameter(name, self.before.parameters[name])
            said = {**first, "since": "", "value": ""}
        elif said[""] != "parameter":
            raise self.found.fault(
                self.elements.nodes[name], "扩展的种类有误", "an extension of another kind"
            )
        return head | {key: text for key, text in said.items() if key} | {"name": name}

    def _of_city(self, name: str) -> tuple[Row, Row]:
        place = self.found.places[self.elements.inputs[name]]
        head = self._head(name)
        if not head["from"]:
            zh, en = "没有写明取自城市的哪个值", "it does not say which value of the city it is"
            raise self.found.fault(self.elements.inputs[name], zh, en)
        return head, dict.fromkeys(head, place)

    def _dated(self, name: str) -> list[tuple[Row, Row]]:
        """A row for each period of a parameter: its table has one test of the day, one value."""
        found, node, head = self.found, self.elements.decisions[name], self._head(name)
        table = found.one(node, "decisionTable")
        if table is None or head["from"]:
            zh, en = "参数应为按日期的决策表", "a parameter is a decision table over the day"
            raise found.fault(node, zh, en)
        inputs, outputs = found.all(table, "input"), found.all(table, "output")
        plain = table.get("hitPolicy", "UNIQUE") == "UNIQUE" and not table.get("aggregation")
        extra = found.all(table, "annotation") or any(len(one) for one in outputs)
        if not plain or len(inputs) != 1 or len(outputs) != 1 or extra:
            zh, en = "参数的表应只有 as_of 一个输入和一个结果", "one input, as_of, and one result"
            raise found.fault(table, zh, en)
        expression = found.one(inputs[0], "inputExpression")
        if expression is None or found.text(expression) != AS_OF:
            raise found.fault(inputs[0], "输入应为 as_of", "its input is to be as_of")
        self.elements.types.agree(expression, t.DATE)
        kind = self._written_kind(node, head["type"])
        rows, after = [], {}
        for rule in found.all(table, "rule"):
            tests, values = found.all(rule, "inputEntry"), found.all(rule, "outputEntry")
            if len(tests) != 1 or len(values) != 1 or found.all(rule, "annotationEntry"):
                raise found.fault(
                    rule, "应有一个条件和一个值", "it is to have one test and one value"
                )
            try:
                since, until = dmn_values.period(found.text(tests[0]))
            except ValueError as error:
                zh = '时段应写作 [date("2026-01-01")..date("2027-01-01")) 或 >= date("2027-01-01")'
                en = f"periods are written so: {zh.partition(' ')[2].replace('或', 'or')}"
                raise found.fault(tests[0], zh, en) from error
            try:
                value = dmn_values.cell(found.text(values[0]), kind)
            except ValueError as error:
                zh, en = f"不是{head['type']}的值", f"no value of the type {head['type']}: {error}"
                raise found.fault(values[0], zh, en) from error
            after[since] = until
            place = found.places[rule]
            rows.append(({**head, "since": since, "value": value}, dict.fromkeys(head, place)))
        days = sorted(after)
        if len(days) != len(rows) or [after[day] for day in days] != [*days[1:], ""]:
            zh, en = (
                "时段应首尾相接，最后一段没有终点",
                "periods follow each other, the last without end",
            )
            raise found.fault(table, zh, en)
        self.elements.require(node, {AS_OF})
        return rows

    def _written_kind(self, node: Element, text: str) -> str | list[str]:
        first, *rest = text.split("\n")
        if first == ENUMERATION and rest:
            return [item.strip() for item in rest]
        kind = next((name for name, words in KINDS.items() if words == text), None)
        if kind is None:
            raise self.found.fault(node, f"没有类型“{text}”", f"there is no type {text!r}")
        return kind

    def _typed(self, name: str, part: Data) -> t.Type:
        values = [value for key, value in part.items() if key[0].isdigit()]
        kind = types.inferred(values[0])
        if "type" in part:
            is_list = isinstance(values[0], list)
            kind = types.declared("list" if is_list else part["type"], part["type"])
        node = self.elements.decisions[name]
        for one in (node, *self.elements.below(node)):
            tag = self.found.tag(one)
            if tag in ("variable", "decisionTable", "output", "outputEntry"):
                self.elements.types.agree(one, kind)
            elif tag == "inputEntry":
                self.elements.types.agree(one, None)
        return kind

    # --- tables ---------------------------------------------------------------------------

    def _table(self, name: str) -> tuple[Data, Grid]:
        found, node = self.found, self.elements.decisions[name]
        said = self.elements.said[name]
        words: Data = {key: text for key, text in (said or {}).items() if key}
        if said is None and name in self.before.tables:
            words = dict(self.before.tables[name][0])
        table = found.one(node, "decisionTable")
        if table is None:
            raise found.fault(node, "应为决策表", "it is to be a decision table")
        if set(words) - set(WORDS):
            raise found.fault(node, "扩展有误", "our extension is wrong")
        policy = POLICIES.get(table.get("hitPolicy", "UNIQUE"))
        total = AGGREGATIONS.get(table.get("aggregation", ""))
        if policy is None or total is None or policy in ("P", "O"):
            zh, en = "不支持的命中策略", "the hit policy is not supported"
            raise found.fault(table, zh, f"{en}: {table.get('hitPolicy')}")
        grid = self._grid(name, node, table, policy + total)
        return words, grid

    def _grid(self, name: str, node: Element, table: Element, policy: str) -> Grid:
        found = self.found
        inputs, texts = [], []
        for column in found.all(table, "input"):
            expression = found.one(column, "inputExpression")
            assert expression is not None  # the shape says so
            inputs.append(self.elements.cell(expression))
            texts.append((expression, "expression"))
        outputs = found.all(table, "output")
        names = [self._output(name, one, len(outputs)) for one in outputs]
        defaults = [found.one(one, "defaultOutputEntry") for one in outputs]
        if not outputs or (None in defaults and any(one is not None for one in defaults)):
            zh, en = "结果列或默认值不全", "results, or their defaults, are missing"
            raise found.fault(table, zh, en)
        default = tuple(self.elements.cell(one) for one in defaults if one is not None)
        texts += [(one, "expression") for one in defaults if one is not None]
        rows = []
        for place, rule in enumerate(found.all(table, "rule"), 1):
            tests, values = found.all(rule, "inputEntry"), found.all(rule, "outputEntry")
            if len(tests) != len(inputs) or len(values) != len(outputs):
                raise found.fault(rule, "格数与列数不符", "not as many cells as columns")
            label = self._label(table, rule, place)
            said = [tuple(map(self.elements.cell, part)) for part in (tests, values)]
            rows.append(grids.Row(label, *said))
            texts += [(one, "unary_tests") for one in tests] + [(v, "expression") for v in values]
        if not rows:
            raise found.fault(table, "决策表没有行", "the table has no rows")
        used: set[str] = set()
        for one, kind in texts:
            used |= self.elements.read(one, found.text(one), kind)
        self.elements.require(node, used)
        for one in (node, *self.elements.below(node)):
            if found.tag(one) in (
                "variable",
                "output",
                "outputEntry",
                "decisionTable",
                "inputEntry",
            ):
                self.elements.types.agree(one, None)
        return Grid(policy, tuple(inputs), tuple(names), tuple(rows), default)

    def _output(self, table: str, node: Element, count: int) -> str:
        name, label = node.get("name", ""), node.get("label", "")
        if name and label and name != label:
            zh, en = "结果列的名称和标签不同", "the name and the label of a result differ"
            raise self.found.fault(node, zh, en)
        found = name or label or (table if count == 1 else "")
        if not found or not grids.is_cell(found) or "\n" in found:
            raise self.found.fault(node, "结果列没有名称", "the result has no name")
        return found

    def _label(self, table: Element, rule: Element, place: int) -> str:
        columns = [one.get("name", "") for one in self.found.all(table, "annotation")]
        entries = [self.found.text(one) for one in self.found.all(rule, "annotationEntry")]
        if columns not in ([], [LABEL]) or len(entries) != len(columns):
            zh, en = f"行的批注只能是 {LABEL}", f"the annotation of a row is {LABEL} alone"
            raise self.found.fault(rule, zh, en)
        label = entries[0] if entries else str(place)
        if not label or label == DEFAULT or "\n" in label or not grids.is_cell(label):
            raise self.found.fault(rule, "行的编号有误", "the label of the row is wrong")
        return label

    # --- requirements ---------------------------------------------------------------------

    def _requirement(self, name: str) -> Data:
        found, node = self.found, self.elements.decisions[name]
        row = dict.fromkeys((column.key for column in COLUMNS[REQUIREMENTS]), "")
        key = name.removeprefix(REQUIREMENT)
        if key == name:
            zh, en = (
                f"条件的名称应以 {REQUIREMENT} 开头",
                f"its name is to begin with {REQUIREMENT}",
            )
            raise found.fault(node, zh, en)
        said = self.elements.said[name]
        if said is None:
            before = next(one for one in self.before.requirements if one["id"] == key)
            said = sheet_rows.of_requirement(before)
        row |= {one: text for one, text in said.items() if one}
        row |= {"id": key, **self._boxes(node)}
        part = sheet_rows.requirement(self.places, row, dict.fromkeys(row, found.places[node]))
        used: set[str] = set()
        for text in (row["must"], row["applies"]):
            used |= self.elements.read(node, text, "expression") if text else set()
        self.elements.require(node, used)
        for one in self.elements.below(node):
            if found.tag(one) in ("variable", "literalExpression", "conditional"):
                self.elements.types.agree(one, t.BOOLEAN)
        return part

    def _boxes(self, node: Element) -> Row:
        """What the requirement's expression says: ``must``, and ``applies`` where it has one."""
        found = self.found
        literal, condition = found.one(node, "literalExpression"), found.one(node, "conditional")
        if (literal is None) == (condition is None) or found.one(node, "decisionTable") is not None:
            zh, en = "条件应为一个表达式", "a requirement is one expression"
            raise found.fault(node, zh, en)
        if literal is not None:
            return {"must": found.text(literal), "applies": ""}
        assert condition is not None
        said = {}
        for tag in ("if", "then", "else"):
            part = found.one(condition, tag)
            inner = None if part is None else found.one(part, "literalExpression")
            if inner is None or not found.text(inner):
                raise found.fault(condition, f"缺少 {tag}", f"{tag} is missing")
            said[tag] = found.text(inner)
        if said["else"] != _TRUE:
            zh, en = (
                "else 应为 true（不适用即不妨碍）",
                "else is true: what does not apply is no bar",
            )
            raise found.fault(condition, zh, en)
        return {"must": said["then"], "applies": said["if"]}
