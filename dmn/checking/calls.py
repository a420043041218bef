"""Static types of calls: registered functions by their types, built-ins by their signatures."""

from __future__ import annotations

from collections.abc import Mapping

from dmn import types as t
from dmn.builtins import REGISTRY
from dmn.builtins.registry import Signature
from dmn.errors import FeelTypeError
from dmn.feel import tree
from dmn.types import Type

_GROUPS: Mapping[Type, str] = {
    t.NUMBER: "count|sum|mean|median|stddev|product|string length|number|decimal|floor|ceiling"
    "|round up|round down|round half up|round half down|modulo|sqrt|log|exp|day of year"
    "|week of year",
    t.STRING: "string|substring|upper case|lower case|substring before|substring after|replace"
    "|string join|day of week|month of year",
    t.BOOLEAN: "list contains|contains|starts with|ends with|matches|all|any|not|is|odd|even"
    "|before|after|meets|met by|overlaps|overlaps before|overlaps after|finishes|finished by"
    "|includes|during|starts|started by|coincides",
    t.DATE: "date|today",
    t.TIME: "time",
    t.DATE_TIME: "date and time|now",
    t.YEARS_MONTHS: "years and months duration",
    t.list_of(t.STRING): "split",
    t.list_of(t.NUMBER): "index of|mode",
}
_RESULT = {name: kind for kind, group in _GROUPS.items() for name in group.split("|")}
_OF_LIST = frozenset({"min", "max"})
_SAME_LIST = frozenset({"sublist", "remove", "reverse", "distinct values", "sort"})
_KIND_NAMES: Mapping[str, str] = {
    "days": "days and time duration",
    "months": "years and months duration",
}


def result_of(node: tree.Call, args: list[Type], names: Mapping[str, Type]) -> Type:
    """The type a call gives; FeelTypeError for arguments that no signature takes."""
    if node.target is not None:
        return _registered(node, node.target, args)
    if not isinstance(node.function, tree.Name):
        return t.ANY
    name = node.function.name
    declared = names.get(name)
    if declared is not None:
        return declared.result if isinstance(declared, t.FunctionType) else t.ANY
    known = REGISTRY.get(name)
    if known is None:
        raise FeelTypeError(
            "type.function",
            f"没有函数 “{name}”",
            f"there is no function {name!r}",
            node.function.place,
        )
    if not any(_takes(signature, args, node.names) for signature in known.signatures):
        shown = ", ".join(map(str, args))
        raise FeelTypeError(
            "type.arguments",
            f"函数 “{name}” 不接受这些参数：{shown}",
            f"the function {name!r} does not take ({shown})",
            node.place,
        )
    if name in _OF_LIST:
        first = args[0]
        return t.base_type(first.of if isinstance(first, t.ListType) else first)
    if name in _SAME_LIST:
        return args[0]
    return _RESULT.get(name, t.ANY)


def _takes(signature: Signature, args: list[Type], keys: tuple[str, ...] | None) -> bool:
    parameters = signature.parameters
    if keys is not None:
        by_name = dict(zip(keys, args, strict=True))
        wanted = {p.name: p for p in parameters}
        if set(by_name) - set(wanted) or any(
            p.name not in by_name and not p.optional for p in parameters
        ):
            return False
        return all(_fits(kind, wanted[key].kinds) for key, kind in by_name.items())
    if len(args) < sum(not p.optional for p in parameters):
        return False
    if len(args) > len(parameters) and not signature.variadic:
        return False
    last = len(parameters) - 1
    return all(_fits(kind, parameters[min(at, last)].kinds) for at, kind in enumerate(args))


def _fits(kind: Type, kinds: tuple[str, ...]) -> bool:
    wanted = {_KIND_NAMES.get(one, one) for one in kinds}
    if kind.name in ("Any", "any") or isinstance(kind, t.NamedType) or "any" in wanted:
        return True
    if kind.name in wanted or "list" in wanted:
        return True
    if "point" in wanted:
        return not isinstance(kind, t.ListType | t.RangeType | t.ContextType)
    return kind.name == "date" and "date and time" in wanted


def _registered(node: tree.Call, target: t.Function, args: list[Type]) -> Type:
    wanted = dict(target.parameters)
    keys = node.names or tuple(wanted)
    for key, kind, arg in zip(keys, args, node.args, strict=True):
        expected = wanted[key]
        fits = kind.name in ("Any", "any", "Null", expected.name) or expected.name == "Any"
        if not fits:
            raise FeelTypeError(
                "type.arguments",
                f"函数 “{target.name}” 的参数 “{key}” 应为 {expected}，而不是 {kind}",
                f"{key!r} of {target.name!r} wants {expected}, not {kind}",
                arg.place,  # type: ignore[attr-defined]
            )
    return target.result
