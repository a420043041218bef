"""Rules for functions: built-ins, function literals, functions in scope, registered ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from dmn.builtins.registry import CLASSES, Builtin, CallEnvironment, Signature, bind
from dmn.checking.expressions import check
from dmn.errors import FeelBudgetError, FeelError
from dmn.evaluate.compiler import Compiler, Run, Scope
from dmn.evaluate.conformance import NONCONFORMING, conform
from dmn.feel import tree
from dmn.java import call as call_java
from dmn.java import find
from dmn.types import ANY, Function, Type, base_type
from dmn.values import UNKNOWN, Closure, has_unknown
from dmn.values.temporal import YearsMonths

Arguments = tuple[object, ...]
Names = tuple[str, ...] | None
Parameters = tuple[tuple[str, Type | None], ...]
CALL_ERRORS = (ArithmeticError, ValueError, TypeError, LookupError, OverflowError)
_FLAT = frozenset({Decimal, str, bool, date, datetime, time, YearsMonths, type(None)})


def call_builtin(
    function: Builtin, args: Arguments, names: Names, around: CallEnvironment
) -> object:
    """The result of the first signature that fits; null when none does or the call fails."""
    if not function.handles_unknown:
        for arg in args:
            if arg.__class__ not in _FLAT and has_unknown(arg):
                return UNKNOWN
    for signature in _in_order(function, names):
        found = bind(signature, args, names)
        if found is None:
            continue
        if function.handles_unknown and _unsure(signature, found):
            return UNKNOWN
        extra = {key: getattr(around, key) for key in signature.needs}
        try:
            return signature.call(*found, **extra)
        except FeelBudgetError:
            raise
        except CALL_ERRORS:
            return None
    return None


def _in_order(function: Builtin, names: Names) -> list[Signature]:
    """The signatures to try; first those whose names come as written: `before(range, point)`."""
    if names is None or len(function.signatures) == 1:
        return function.signatures
    return sorted(
        function.signatures, key=lambda one: tuple(p.name for p in one.parameters) != names
    )


def _unsure(signature: Signature, values: list[object]) -> bool:
    """Whether a whole argument is UNKNOWN where not every value would do."""
    last = len(signature.parameters) - 1
    return any(
        value is UNKNOWN and signature.parameters[min(at, last)].kinds != ("any",)
        for at, value in enumerate(values)
    )


def call_closure(function: Closure, args: Arguments, names: Names) -> object:
    """A function value; null when number, names or types of the arguments do not fit."""
    parameters = function.parameters
    if len(args) != len(parameters):
        return None
    if names is not None:
        by_name = dict(zip(names, args, strict=True))
        if by_name.keys() != {key for key, _ in parameters}:
            return None
        args = tuple(by_name[key] for key, _ in parameters)
    made = []
    unsure = False  # what an argument turns out to be may not conform
    for arg, (_, kind) in zip(args, parameters, strict=True):
        value = conform(arg, kind, whole=True)
        if value is NONCONFORMING and not has_unknown(arg):
            return None  # a function is applied to arguments in its domain only
        unsure = unsure or value is NONCONFORMING or (typed(kind) and has_unknown(value))
        made.append(value)
    if unsure:
        return UNKNOWN
    result = conform(function.call(*made), function.result, whole=True)
    if typed(function.result) and has_unknown(result):
        return UNKNOWN
    return None if result is NONCONFORMING else result


def typed(kind: Type | None) -> bool:
    return kind is not None and kind != ANY


def apply(function: object, args: Arguments, names: Names, around: CallEnvironment) -> object:
    """Call any function value; what is no function gives null."""
    if isinstance(function, Builtin):
        return call_builtin(function, args, names, around)
    if isinstance(function, Closure):
        return call_closure(function, args, names)
    return UNKNOWN if function is UNKNOWN else None


def call_environment(c: Compiler) -> CallEnvironment:
    around = CallEnvironment(c.budget, c.clock, lambda: None)
    around.apply = lambda function, *args: apply(function, args, None, around)
    return around


def call(c: Compiler, node: tree.Call) -> Run:
    args, names = [c.of(arg) for arg in node.args], node.names
    if node.target is not None:
        return _registered(node.target, args, names)
    around, budget, place = call_environment(c), c.budget, node.place
    if isinstance(node.function, tree.Name):
        key = node.function.name
        known = c.functions.get(key)
        if isinstance(known, Builtin):
            return _named(key, known, args, names, around)
    function = c.of(node.function)

    def run(scope: Scope) -> object:
        budget.spend(1, place)
        return apply(function(scope), tuple([arg(scope) for arg in args]), names, around)

    return run


def is_overridden(key: str, scope: Scope) -> bool:
    """Whether the scope has a function of a built-in's name, which then goes first."""
    return key in scope and isinstance(scope[key], Builtin | Closure)


def _named(key: str, known: Builtin, args: list[Run], names: Names, around: CallEnvironment) -> Run:
    """A call of a built-in by name, unless the scope has a function of that name."""
    if len(args) == 1 and names is None:
        return _single(key, known, args[0], around)
    wanted = scalars(known, len(args)) if names is None else None
    if names is None and len(args) == 2 and (pair := wanted or _list_and_any(known)):
        return _pair(key, known, args, pair, around)
    function = known.signatures[0].call

    def run(scope: Scope) -> object:
        values = tuple([arg(scope) for arg in args])
        if is_overridden(key, scope):
            return apply(scope[key], values, names, around)
        if wanted is not None and [value.__class__ for value in values] == wanted:
            try:
                return function(*values)
            except CALL_ERRORS:
                return None
        return call_builtin(known, values, names, around)

    return run


def _pair(
    key: str,
    known: Builtin,
    args: list[Run],
    wanted: Sequence[type | None],
    around: CallEnvironment,
) -> Run:
    """A call with two values, which mostly are of the kinds that the first signature wants.

    ``wanted``: their classes; None for the second where any value will do.
    """
    one, two = args
    kind, other = wanted
    function = known.signatures[0].call

    def run(scope: Scope) -> object:
        a = one(scope)
        b = two(scope)
        if key in scope and isinstance(scope[key], Builtin | Closure):
            return apply(scope[key], (a, b), None, around)
        if a.__class__ is kind and (other is None or b.__class__ is other):
            try:
                return function(a, b)
            except CALL_ERRORS:
                return None
        return call_builtin(known, (a, b), None, around)

    return run


def scalars(known: Builtin, count: int) -> list[type] | None:
    """The classes that the first signature wants of so many single values, if that is all."""
    first = known.signatures[0]
    if first.needs or first.variadic or len(first.parameters) != count:
        return None
    wanted = [CLASSES.get(parameter.kinds[0], list) for parameter in first.parameters]
    return None if list in wanted or dict in wanted else wanted


def _list_and_any(known: Builtin) -> list[type | None] | None:
    """Of `list contains` and its like, which look for UNKNOWN in their arguments themselves."""
    first = known.signatures[0]
    if not known.handles_unknown or first.needs or first.variadic:
        return None
    kinds = [parameter.kinds for parameter in first.parameters]
    return [list, None] if kinds == [("list",), ("any",)] else None


def _single(key: str, known: Builtin, arg: Run, around: CallEnvironment) -> Run:
    """A call with one value, which mostly is of the kind that the first signature wants."""
    first = known.signatures[0]
    wanted = CLASSES.get(first.parameters[0].kinds[0]) if first.parameters else None
    quick = wanted is not None and not first.needs and len(first.parameters) == 1
    no_unknown_inside = known.handles_unknown or wanted is not list
    function = first.call

    def run(scope: Scope) -> object:
        value = arg(scope)
        if key in scope and isinstance(scope[key], Builtin | Closure):
            return apply(scope[key], (value,), None, around)
        if quick and value.__class__ is wanted and (no_unknown_inside or not has_unknown(value)):
            try:
                return function(value)
            except CALL_ERRORS:
                return None
        return call_builtin(known, (value,), None, around)

    return run


def _registered(target: Function, args: list[Run], names: Names) -> Run:
    """A function of the caller: UNKNOWN in, UNKNOWN out; what does not conform is null."""
    keys = [key for key, _ in target.parameters]
    order = [keys.index(key) for key in names] if names else list(range(len(args)))
    kinds = [kind for _, kind in target.parameters]
    if len(args) == 1:
        return _registered_single(target, args[0])

    def run(scope: Scope) -> object:
        values: list[object] = [None] * len(kinds)
        for index, arg in zip(order, args, strict=True):
            found = conform(arg(scope), kinds[index])
            if found is NONCONFORMING:
                return None
            values[index] = found
        if any(has_unknown(value) for value in values):
            return UNKNOWN
        return target.call(*values)

    return run


def _registered_single(target: Function, arg: Run) -> Run:
    """The same of one value, which mostly is of the type as it stands."""
    ((_, kind),) = target.parameters
    plain = CLASSES.get(kind.name) if kind == Type(kind.name) else None
    wanted = None if plain in (list, dict) else plain
    function = target.call

    def run(scope: Scope) -> object:
        value = arg(scope)
        if value.__class__ is wanted:
            return function(value)
        value = conform(value, kind)
        if value is NONCONFORMING:
            return None
        return UNKNOWN if has_unknown(value) else function(value)

    return run


def _inferred(body: tree.Node, parameters: Parameters) -> Type | None:
    """The type of the body by its parameters alone; None when they do not tell it."""
    try:
        found = base_type(check(body, {key: kind or ANY for key, kind in parameters}))
    except FeelError:
        return None
    return None if found == ANY else found


def _external(described: object, parameters: Parameters) -> object:
    """A function of the closed table for Java (dmn.java), by its class and signature; else null."""
    java = described.get("java") if isinstance(described, dict) else None
    if described is UNKNOWN or java is UNKNOWN:
        return UNKNOWN
    found = (
        find(java.get("class"), java.get("method signature")) if isinstance(java, dict) else None
    )
    if found is None:
        return None
    return Closure(
        parameters,
        lambda *values: UNKNOWN if any(map(has_unknown, values)) else call_java(found, values),
    )


def function_literal(c: Compiler, node: tree.FunctionLiteral, itself: str = "") -> Run:
    """A function over the scope it is made in; `itself` is the name under which it knows itself."""
    parameters = tuple((p.name, c.type(p.type)) for p in node.parameters)
    keys = [key for key, _ in parameters]
    body, gives = c.of(node.body), _inferred(node.body, parameters)
    if node.external:
        return lambda scope: _external(body(scope), parameters)

    def run(scope: Scope) -> object:
        kept = dict(scope)

        def call_body(*values: object) -> object:
            return body({**kept, **dict(zip(keys, values, strict=True))})

        made = Closure(parameters, call_body, inferred=gives)
        if itself:
            kept[itself] = made
        return made

    return run
