"""Context functions (DMN 1.5, table 81)."""

from __future__ import annotations

from dmn.builtins.registry import builtin
from dmn.limits import Budget
from dmn.values import UNKNOWN

Context = dict[str, object]


@builtin("get value(m: context, key: string)", handles_unknown=True)
def value_of(context: Context, key: str) -> object:
    return context.get(key)


@builtin("get value(m: context, keys: list)", handles_unknown=True)
def value_at(context: Context, keys: list[object]) -> object:
    found: object = context
    if UNKNOWN in keys or not keys:
        return UNKNOWN if keys else None
    for key in keys:
        if found is UNKNOWN:
            return UNKNOWN
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


@builtin("get entries(m: context)", handles_unknown=True)
def entries(context: Context) -> object:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context(entries: list)", needs=("budget",))
def from_entries(parts: list[object], *, budget: Budget) -> object:
    """Null when an entry is no `{key, value}`, or a key is given twice."""
    budget.make(len(parts))
    made: Context = {}
    for part in parts:
        if not isinstance(part, dict) or "value" not in part:
            return None
        key = part.get("key")
        if not isinstance(key, str) or key in made:
            return None
        made[key] = part["value"]
    return made


@builtin("context put(context: context, key: string, value: any)", handles_unknown=True)
def put(context: Context, key: str, value: object) -> object:
    return {**context, key: value}


@builtin("context put(context: context, keys: list, value: any)")
def put_deep(context: Context, keys: list[object], value: object) -> object:
    if UNKNOWN in keys:
        return UNKNOWN
    if not keys or not isinstance(keys[0], str):
        return None
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = context.get(keys[0])
    if not isinstance(inner, dict):
        return UNKNOWN if inner is UNKNOWN else None
    made = put_deep(inner, keys[1:], value)
    return {**context, keys[0]: made} if isinstance(made, dict) else made


@builtin("context merge(contexts: list)", needs=("budget",))
def merge(contexts: list[object], *, budget: Budget) -> object:
    made: Context = {}
    for context in contexts:
        if not isinstance(context, dict):
            return None
        budget.spend(len(context))
        made.update(context)
    return made
