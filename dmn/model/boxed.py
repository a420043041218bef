"""Boxed expressions into the one tree, so that a model is judged as any expression is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dmn.errors import FeelError
from dmn.evaluate.conformance import Restricted
from dmn.feel import tree
from dmn.language import parse
from dmn.model import elements as m
from dmn.model.boxed_nodes import StrictIf, StrictQuantified, TableNode, Typed, UnreadableText
from dmn.tables.model import Input, Output, Rule, Table
from dmn.types import ANY, FunctionType, Type

RESULT = "\0result"
POLICIES = {
    "UNIQUE": "U",
    "ANY": "A",
    "PRIORITY": "P",
    "FIRST": "F",
    "RULE ORDER": "R",
    "OUTPUT ORDER": "O",
    "COLLECT": "C",
}
AGGREGATIONS = {"": "", "SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}
Resolve = Callable[[str], Type | None]


class Translator:
    """Translates the boxed expressions of one element.

    names: what is in scope there and the names of fields, for reading names with blanks;
    resolve: types by reference; faults: receives a line for each text that cannot be read.
    """

    def __init__(self, names: Iterable[str], resolve: Resolve, faults: list[str]) -> None:
        self.names = tuple(names)
        self.resolve = resolve
        self.faults = faults

    def read(self, text: str, kind: str = "expression") -> tree.Node:
        try:
            return parse(text, kind=kind, names=self.names)  # type: ignore[arg-type]
        except FeelError as error:
            self.faults.append(f"{error}: {text.strip()[:80]}")
            return UnreadableText(str(error))

    def tests(self, text: str) -> tree.UnaryTests:
        if not text.strip():
            return tree.UnaryTests(())
        found = self.read(text, "unary_tests")
        return found if isinstance(found, tree.UnaryTests) else tree.UnaryTests((found,))

    def of(self, box: m.Boxed | None) -> tree.Node:
        """The tree of a boxed expression; null for none."""
        return self.typed(self._of(box), box.type_ref if box else "")

    def typed(self, node: tree.Node, type_ref: str) -> tree.Node:
        kind = self.resolve(type_ref)
        if kind is None or kind == ANY:
            return node
        if isinstance(node, tree.FunctionLiteral) and not isinstance(kind, FunctionType):
            if node.external:
                return node
            return replace(node, body=Typed(node.body, kind))  # the type of the result is meant
        return Typed(node, kind)

    def _of(self, box: m.Boxed | None) -> tree.Node:
        match box:
            case m.Text(text=text):
                return self.read(text) if text.strip() else tree.Literal(None)
            case m.ContextBox(entries=entries):
                return self._context(entries)
            case m.InvocationBox(function=function, bindings=bindings):
                keys = tuple(key for key, _ in bindings)
                args = tuple(self.of(value) for _, value in bindings)
                return tree.Call(self.of(function), args, keys)
            case m.FunctionBox():
                return self.function(box)
            case m.ListBox(items=items):
                return tree.ListLiteral(tuple(map(self.of, items)))
            case m.RelationBox(columns=columns, rows=rows):
                return tree.ListLiteral(tuple(self._row(columns, row) for row in rows))
            case m.ConditionalBox(condition=condition, then=then, otherwise=otherwise):
                return StrictIf(self.of(condition), self.of(then), self.of(otherwise))
            case m.FilterBox(of=of, match=match):
                return tree.Filter(self.of(of), self.of(match))
            case m.IteratorBox(kind=kind, variable=variable, of=of, body=body):
                iterator = (self._iterator(variable, of),)
                if kind == "for":
                    return tree.For(iterator, self.of(body))
                return StrictQuantified(kind, iterator, self.of(body))  # type: ignore[arg-type]
            case m.TableBox():
                return self._table(box)
        return tree.Literal(None)

    def _iterator(self, variable: str, of: m.Boxed) -> tree.Iterator:
        """Its domain may be written as in `for`, that is `1..5` without brackets."""
        if isinstance(of, m.Text) and ".." in of.text:
            try:
                found = parse(f"for {variable} in {of.text} return null", names=self.names)
            except FeelError:
                found = None
            if isinstance(found, tree.For):
                return found.iterators[0]
        return tree.Iterator(variable, self.of(of))

    def _context(self, entries: tuple[tuple[m.Variable | None, m.Boxed], ...]) -> tree.Node:
        made: list[tree.Entry] = []
        result = False
        for variable, value in entries:
            node = self.of(value)
            if variable is None:
                made.append(tree.Entry(RESULT, node))
                result = True
            else:
                node = self.typed(node, variable.type_ref)
                if isinstance(node, Typed):
                    node = replace(node, itself=variable.name)
                made.append(tree.Entry(variable.name, node))
        context = tree.ContextLiteral(tuple(made))
        return tree.Path(context, RESULT) if result else context

    def _row(self, columns: tuple[m.Variable, ...], row: tuple[m.Boxed, ...]) -> tree.Node:
        cells = zip(columns, row, strict=False)
        return tree.ContextLiteral(
            tuple(
                tree.Entry(column.name, self.typed(self.of(cell), column.type_ref))
                for column, cell in cells
            )
        )

    def function(self, box: m.FunctionBox) -> tree.Node:
        parameters = tuple(
            tree.Parameter(variable.name, self.resolve(variable.type_ref))
            for variable in box.parameters
        )
        if box.kind in ("FEEL", ""):
            known = (*self.names, *(variable.name for variable in box.parameters))
            inner = Translator(known, self.resolve, self.faults)
            return tree.FunctionLiteral(parameters, inner.of(box.body))
        body = self.of(box.body) if box.kind.lower() == "java" else tree.Literal(None)
        described = tree.ContextLiteral((tree.Entry("java", body),))
        return tree.FunctionLiteral(parameters, described, external=True)

    def _table(self, box: m.TableBox) -> tree.Node:
        rules = tuple(
            Rule(tuple(map(self.tests, rule.tests)), tuple(map(self._cell, rule.outputs)), str(at))
            for at, rule in enumerate(box.rules, 1)
        )
        tests = (part for rule in rules for cell in rule.tests for part in cell.tests)
        if any(isinstance(test, UnreadableText) for test in tests):
            return UnreadableText("test")  # which rules match cannot be said
        inputs = tuple(
            Input(
                self.typed(self._cell(column.text), column.type_ref),
                self.resolve(column.type_ref),
                self.tests(column.values) if column.values.strip() else None,
            )
            for column in box.inputs
        )
        outputs = tuple(
            Output(
                column.name,
                self.resolve(column.type_ref),
                self._values(column, box.hit_policy),
                self._cell(column.default) if column.default.strip() else None,
            )
            for column in box.outputs
        )
        try:
            table = Table(
                inputs,
                outputs,
                rules,
                POLICIES.get(box.hit_policy, box.hit_policy),  # type: ignore[arg-type]
                AGGREGATIONS.get(box.aggregation, box.aggregation),  # type: ignore[arg-type]
            )
        except FeelError as error:
            self.faults.append(str(error))
            return UnreadableText(str(error))
        parts = [column.expression for column in inputs]
        for rule in rules:
            parts += [*rule.tests, *rule.outputs]
        return TableNode(table, tuple(parts))

    def _values(self, column: m.OutputClause, policy: str) -> tree.UnaryTests | None:
        """The output's values; for an order of priority those of its type will do."""
        if column.values.strip():
            return self.tests(column.values)
        kind = self.resolve(column.type_ref)
        ordered = policy in ("PRIORITY", "OUTPUT ORDER")
        return kind.tests if ordered and isinstance(kind, Restricted) else None

    def _cell(self, text: str) -> tree.Node:
        return self.read(text) if text.strip() else tree.Literal(None)


def local_names(box: m.Boxed | None) -> set[str]:
    """Names that a boxed expression brings into scope, or gives to fields, at any depth."""
    match box:
        case m.ContextBox(entries=entries):
            found = {variable.name for variable, _ in entries if variable}
            return found.union(*(local_names(value) for _, value in entries))
        case m.InvocationBox(function=function, bindings=bindings):
            return local_names(function).union(*(local_names(value) for _, value in bindings))
        case m.FunctionBox(body=body):  # its parameters are in scope in the body alone
            return local_names(body)
        case m.ListBox(items=items):
            return set().union(*map(local_names, items))
        case m.RelationBox(columns=columns, rows=rows):
            found = {column.name for column in columns}
            return found.union(*(local_names(cell) for row in rows for cell in row))
        case m.ConditionalBox(condition=condition, then=then, otherwise=otherwise):
            return set().union(*map(local_names, (condition, then, otherwise)))
        case m.FilterBox(of=of, match=match):
            return local_names(of) | local_names(match)
        case m.IteratorBox(variable=variable, of=of, body=body):
            return {variable} | local_names(of) | local_names(body)
        case m.TableBox(outputs=outputs):
            return {column.name for column in outputs if column.name}
    return set()
