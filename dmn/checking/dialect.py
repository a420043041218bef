"""The total dialect: the part of FEEL in which every expression ends quickly, for packs.

Refused are `for`, function literals, contexts, `**`, regular expressions, positions in lists,
`now()` and `today()`, unknown functions, and names that could be taken for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dmn.builtins import REGISTRY
from dmn.errors import NOWHERE, FeelSyntaxError, Place
from dmn.feel import tree
from dmn.feel.names import KEYWORDS, PART, START
from dmn.feel.tree import Node
from dmn.types import Function
from dmn.values.extended_dates import ExtendedDate, ExtendedDateTime
from dmn.values.nanoseconds import LongDuration, NanosecondTime

FUNCTIONS = frozenset(
    {
        "count",
        "sum",
        "min",
        "max",
        "list contains",
        "string length",
        "contains",
        "starts with",
        "ends with",
        "date",
        "time",
        "date and time",
        "duration",
        "years and months duration",
    }
)
_REFUSED: Mapping[type, tuple[str, str]] = {
    tree.For: (
        "规则中不能用 for，请改用 some、every 或筛选",
        "for is not allowed in rules; use some, every or a filter",
    ),
    tree.FunctionLiteral: (
        "规则中不能定义函数，请使用引擎登记的函数",
        "rules cannot define functions; use one that the engine registers",
    ),
    tree.ContextLiteral: (
        "规则中不能写 {…}，请改为声明事实或参数",
        "rules cannot write {...}; declare a fact or a parameter instead",
    ),
    tree.InstanceOf: (
        "规则中不必判断类型，事实的类型已经声明",
        "rules need no type tests; the types of facts are declared",
    ),
}
_PLAIN = re.compile(rf"[{START}][{PART}]*(?: [{PART}]+)*")


def _refuse(code: str, zh: str, en: str, place: Place = NOWHERE) -> FeelSyntaxError:
    return FeelSyntaxError(f"dialect.{code}", zh, en, place)


def check_names(names: Iterable[str], functions: Mapping[str, Function]) -> None:
    """Refuse names that an officer or the language could misread."""
    for name in [*names, *functions]:
        if name in REGISTRY or name in KEYWORDS or name in ("not", "item", "partial", "?"):
            raise _refuse(
                "shadow",
                f"名称 “{name}” 与语言自带的词相同，请换一个",
                f"the name {name!r} hides a word of the language; choose another",
            )
        if not _PLAIN.fullmatch(name):
            raise _refuse(
                "name",
                f"名称 “{name}” 只能含字母、汉字、数字、下划线和单个空格（连字符会被当作减号）",
                f"the name {name!r} may hold letters, digits, underscores and single blanks only "
                "(a hyphen would subtract)",
            )


def check_total(node: Node, functions: Mapping[str, Function]) -> None:
    """Refuse what lies outside the dialect, with its place."""
    for part in tree.walk(node):
        refused = _REFUSED.get(part.__class__)
        if refused:
            zh, en = refused
            raise _refuse(part.__class__.__name__.lower(), zh, en, part.place)  # type: ignore[attr-defined]
        if isinstance(part, tree.Arithmetic) and part.op == "**":
            raise _refuse("power", "规则中不能用乘方 **", "rules cannot use **", part.place)
        if isinstance(part, tree.Iterator) and part.until is not None:
            raise _refuse(
                "range",
                "不能逐个检查区间内的数，请检查一个列表",
                "a range of numbers cannot be gone through; use a list",
                part.place,
            )
        if isinstance(part, tree.Literal) and isinstance(part.value, NanosecondTime | LongDuration):
            raise _refuse(
                "fraction",
                "秒的小数最多六位，时长最多 999999999 日",
                "in rules seconds have at most six decimals, and durations 999999999 days",
                part.place,
            )
        if isinstance(part, tree.Literal) and isinstance(
            part.value, ExtendedDate | ExtendedDateTime
        ):
            raise _refuse(
                "year",
                "年份须在 1 至 9999 之间",
                "years run from 1 to 9999 in rules",
                part.place,
            )
        if isinstance(part, tree.Filter):
            _check_filter(part)
        if isinstance(part, tree.Call):
            _check_call(part, functions)
    _check_domains(node)


def _check_filter(node: tree.Filter) -> None:
    condition = node.condition
    if isinstance(condition, tree.Negation | tree.Arithmetic) or (
        isinstance(condition, tree.Literal) and not isinstance(condition.value, bool)
    ):
        raise _refuse(
            "position",
            "方括号内应为条件，不能按位置取值",
            "square brackets take a condition here, not a position",
            node.place,
        )


def _check_call(node: tree.Call, functions: Mapping[str, Function]) -> None:
    if isinstance(node.function, tree.Name):
        name = node.function.name
        if name in functions or name in FUNCTIONS:
            return
        raise _refuse(
            "function",
            f"规则中没有函数 “{name}”",
            f"there is no function {name!r} in rules",
            node.function.place,
        )
    raise _refuse("call", "此处不能调用函数", "nothing can be called here", node.place)


def _check_domains(node: Node) -> None:
    for part in tree.walk(node):
        domains: tuple[Node, ...] = ()
        if isinstance(part, tree.Quantified):
            domains = tuple(iterator.domain for iterator in part.iterators)
        elif isinstance(part, tree.Filter):
            domains = (part.of,)
        for domain in domains:
            if isinstance(domain, tree.RangeLiteral):
                raise _refuse(
                    "range",
                    "不能逐个检查区间内的数，请检查一个列表",
                    "a range of numbers cannot be gone through; use a list",
                    domain.place,
                )
