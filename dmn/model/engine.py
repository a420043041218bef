"""Deciding: a model's decisions from its inputs, each required one evaluated once.

    decide(models, "Fee", {"permit": "valid"})

Requirements must not form a circle. Knowledge models and decision services are functions in
the scope of what requires them; an import is a context of what it offers, by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from dmn.builtins import REGISTRY
from dmn.errors import FeelModelError
from dmn.evaluate.calls import call_closure
from dmn.evaluate.compiler import Compiler, Run
from dmn.evaluate.conformance import NONCONFORMING, conform
from dmn.evaluate.rules import RULES, with_budget
from dmn.feel import tree
from dmn.limits import Budget
from dmn.model import elements as m
from dmn.model.boxed import Translator, local_names
from dmn.model.boxed_nodes import RULES as BOXED_RULES
from dmn.model.item_types import ItemTypes, import_key, is_unnamed, resolved
from dmn.types import ANY, ContextType, FunctionType, Type
from dmn.values import Closure

Scope = dict[str, object]
Inputs = Mapping[str, object]
Clock = Callable[[], datetime] | None


class Engine:
    """One model ready to decide, with the engines of its imports.

    faults: what could not be read, one line each (such a part gives null). Raises
    FeelModelError when requirements form a circle or an import is missing.
    """

    def __init__(
        self,
        model: m.Model,
        imports: Iterable[m.Model] = (),
        *,
        budget: Budget | None = None,
        clock: Clock = None,
        missing: object = None,
        seen: tuple[str, ...] = (),
    ) -> None:
        self.model = model
        self.budget = budget or Budget()
        self.missing = missing
        self.faults: list[str] = []
        others = list(imports)
        self.imported: dict[str, Engine] = {}
        for one in model.imports:
            found = next((o for o in others if o.namespace == one.namespace), None)
            if "DMN" in one.kind and found is not None:
                if one.namespace in (*seen, model.namespace):
                    raise _circle(one.name or one.namespace)
                self.imported[import_key(one)] = Engine(
                    found,
                    others,
                    budget=self.budget,
                    clock=clock,
                    missing=missing,
                    seen=(*seen, model.namespace),
                )
            elif "DMN" in one.kind:
                self.faults.append(f"缺少被引入的模型 / a model is missing: {one.namespace}")
        types = {name: engine.types for name, engine in self.imported.items()}
        self.types: ItemTypes = ItemTypes(model, types, self.faults)
        self.clock = clock
        self.bodies: dict[str, Run] = {}
        self.trees: dict[str, tree.Node] = {}
        _check_circles(model)
        for element in model.elements:
            self._prepare(element)

    # --- preparing ------------------------------------------------------------------------

    def _prepare(self, element: m.Element) -> None:
        if isinstance(element, m.Decision):
            box: m.Boxed | None = element.expression
        elif isinstance(element, m.KnowledgeModel):
            box = element.function
        else:
            return
        names = {*self.types.fields(), *self._in_scope(element), *local_names(box)}
        translator = Translator(names, self.types.resolve, self.faults)
        node = translator.of(box)
        if isinstance(element, m.Decision):
            node = translator.typed(node, element.type_ref)
        compiler = Compiler(
            {**RULES, **BOXED_RULES},
            REGISTRY,
            self.budget,
            self.missing,
            self.clock,
            find=lambda kind: resolved(kind, self.types.lookup),
        )
        self.trees[element.id] = node
        self.bodies[element.id] = compiler.of(node)

    def _in_scope(self, element: m.Element) -> set[str]:
        """The names of what an element requires, and of the imports that lead to it."""
        found = {element.name} if isinstance(element, m.KnowledgeModel) else set()
        for href in _required(element):
            place = self.find(href)
            if place is not None:
                path, one = place
                found |= {*path, one.name}
        return {name for name in found if name and not is_unnamed(name)}

    # --- finding --------------------------------------------------------------------------

    def find(self, href: str) -> tuple[tuple[str, ...], m.Element] | None:
        """The element of an href, with the names of the imports that lead to it."""
        namespace, _, key = href.rpartition("#")
        if not namespace or namespace == self.model.namespace:
            element = next((e for e in self.model.elements if e.id == key), None)
            if element is not None:
                return (), element
        nearest = sorted(self.imported.items(), key=lambda one: one[1].model.namespace != namespace)
        for name, engine in nearest:  # our own import of the namespace before that of an import
            found = engine.find(href)
            if found is not None and (namespace or found):
                return (name, *found[0]), found[1]
        return None

    def element(self, name: str) -> m.Element:
        found = self.model.element(name)
        if found is None:
            raise FeelModelError("model.name", f"模型中没有 “{name}”", f"the model has no {name!r}")
        return found

    def result_type(self, element: m.KnowledgeModel) -> Type | None:
        """What the function gives: by its variable, its logic or the body of that."""
        body = element.function.body if element.function else None
        logic = element.function.type_ref if element.function else ""
        for reference in (element.type_ref, logic, body.type_ref if body else ""):
            kind = self.types.resolve(reference)
            kind = kind.result if isinstance(kind, FunctionType) else kind
            if kind is not None and kind != ANY:
                return kind
        return None

    def decide(self, name: str, inputs: Inputs) -> object:
        """The value of a decision (by name or id), or what a service or function gives.

        inputs: values by the name of the input data; for a service or a knowledge model, its
        arguments by name. What is not given is `missing`.
        """
        element = self.element(name)
        return with_budget(lambda scope: Evaluation(self, scope).value_of(element), self.budget)(
            inputs
        )


def decide(models: m.Model | Iterable[m.Model], name: str, inputs: Inputs) -> object:
    """The value of one decision of the first model, the others being there to be imported."""
    every = [models] if isinstance(models, m.Model) else list(models)
    return Engine(every[0], every[1:]).decide(name, inputs)


class Evaluation:
    """One set of inputs, and what has been decided from it."""

    def __init__(self, engine: Engine, inputs: Inputs) -> None:
        self.engine = engine
        self.inputs = inputs
        self.known: dict[str, object] = {}
        self.inner: dict[str, Evaluation] = {}

    def imported(self, name: str) -> Evaluation:
        """The case of an import: its inputs stand under its name, else among ours."""
        if name not in self.inner:
            nested = self.inputs.get(name)
            inputs = {**self.inputs, **nested} if isinstance(nested, dict) else dict(self.inputs)
            start = f"{name}."  # or written as one name: `import.input`
            inputs |= {k[len(start) :]: v for k, v in self.inputs.items() if k.startswith(start)}
            self.inner[name] = Evaluation(self.engine.imported[name], inputs)
        return self.inner[name]

    def value_of(self, element: m.Element) -> object:
        if element.id not in self.known:
            self.known[element.id] = self._evaluate(element)
        return self.known[element.id]

    def _evaluate(self, element: m.Element) -> object:
        match element:
            case m.InputData():
                kind = self.engine.types.resolve(element.type_ref)
                value = self.inputs.get(element.name, self.engine.missing)
                found = conform(value, kind)
                return None if found is NONCONFORMING else found
            case m.Decision():
                scope = self.scope(_required(element))
                return self.engine.bodies[element.id](scope)
            case m.KnowledgeModel():
                return self._call_with_inputs(self._function(element))
            case m.DecisionService():
                return self._call_with_inputs(self._service(element))
        return None

    def _call_with_inputs(self, function: object) -> object:
        if not isinstance(function, Closure):
            return None
        args = [self.inputs.get(name, self.engine.missing) for name, _ in function.parameters]
        return call_closure(function, tuple(args), None)

    def required(self, element: m.Element) -> object:
        """What stands in the scope of those that require the element."""
        if isinstance(element, m.KnowledgeModel):
            return self._function(element)
        if isinstance(element, m.DecisionService):
            return self._service(element)
        return self.value_of(element)

    def scope(self, hrefs: Iterable[str]) -> Scope:
        scope: Scope = {}
        for href in hrefs:
            found = self.engine.find(href)
            if found is None:
                continue
            path, element = found
            case: Evaluation = self
            place = scope
            for name in path:
                case = case.imported(name)
                if not is_unnamed(name):
                    place = place.setdefault(name, {})  # type: ignore[assignment]
            place[element.name] = case.required(element)
        return scope

    def _function(self, element: m.KnowledgeModel) -> object:
        scope = self.scope(href for href in element.knowledge if not _means(href, element))
        itself: list[Closure] = []  # filled below, so that the function can call itself
        names = element.function.parameters if element.function else ()
        scope[element.name] = Closure(
            tuple((variable.name, None) for variable in names),
            lambda *args: call_closure(itself[0], args, None),
        )
        function = self.engine.bodies[element.id](scope)
        if not isinstance(function, Closure):
            return None
        itself.append(function)
        result = self.engine.result_type(element)
        return replace(function, result=result) if result else function

    def _service(self, element: m.DecisionService) -> object:
        find = self.engine.find
        hrefs = (*element.inputs, *element.input_decisions)
        inputs = [found for href in hrefs if (found := find(href))]
        wanted = [found for href in element.outputs if (found := find(href))]
        parameters = tuple(
            (part.name, self.engine.types.resolve(part.type_ref)) for _, part in inputs
        )

        def run(*values: object) -> object:
            case = Evaluation(self.engine, {})
            for (path, part), value in zip(inputs, values, strict=True):
                inner = case
                for name in path:
                    inner = inner.imported(name)
                inner.known[part.id] = value
            made = {}
            for path, part in wanted:
                inner = case
                for name in path:
                    inner = inner.imported(name)
                made[part.name] = inner.value_of(part)
            return next(iter(made.values())) if len(made) == 1 else made

        kind = self.engine.types.resolve(element.type_ref)
        declared = kind.result if isinstance(kind, FunctionType) else kind
        types = [self.engine.types.resolve(part.type_ref) or ANY for _, part in wanted]
        fields = zip([part.name for _, part in wanted], types, strict=True)
        gives = types[0] if len(types) == 1 else ContextType(fields=tuple(fields))
        return Closure(parameters, run, declared, None if gives == ANY else gives)


def _check_circles(model: m.Model) -> None:
    """Refuse decisions and knowledge models that require themselves over others."""
    by_id = {element.id: element for element in model.elements}
    state: dict[str, int] = {}
    for start in by_id:
        stack = [(start, False)]
        while stack:
            key, leaving = stack.pop()
            if leaving:
                state[key] = 2
                continue
            if state.get(key) == 2:
                continue
            if state.get(key) == 1:
                raise _circle(by_id[key].name)
            state[key] = 1
            stack.append((key, True))
            for need in _needs(by_id[key]):
                other = need.rpartition("#")[2]
                if other in by_id and state.get(other) != 2:
                    stack.append((other, False))


def _required(element: m.Element) -> tuple[str, ...]:
    """The hrefs of what stands in the scope of a decision's or a function's body."""
    match element:
        case m.Decision():
            return (*element.inputs, *element.decisions, *element.knowledge)
        case m.KnowledgeModel():
            return element.knowledge
    return ()


def _needs(element: m.Element) -> tuple[str, ...]:
    match element:
        case m.Decision():
            return _required(element)
        case m.KnowledgeModel():  # a function may call itself
            return tuple(href for href in element.knowledge if not _means(href, element))
        case m.DecisionService():
            return (*element.outputs, *element.encapsulated)
    return ()


def _means(href: str, element: m.Element) -> bool:
    return href.rpartition("#")[2] == element.id


def _circle(name: str) -> FeelModelError:
    return FeelModelError(
        "model.circle",
        f"“{name}” 依赖自己，决策不能循环",
        f"{name!r} requires itself; requirements must not form a circle",
    )
