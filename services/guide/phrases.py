"""What the parts of an expression are called in a sentence, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from services.guide.words import Pair

DATES = ("date", "date and time")
SPANS = ("years and months duration", "days and time duration")

# how a date, and anything else that has an order, stands to another
BY_DATE: Mapping[str, Pair] = {
    "<": ("早于", "is before"),
    "<=": ("不晚于", "is not after"),
    ">": ("晚于", "is after"),
    ">=": ("不早于", "is not before"),
    "=": ("为", "is"),
    "!=": ("不是", "is not"),
}
BY_SIZE: Mapping[str, Pair] = {
    "<": ("小于", "is less than"),
    "<=": ("不超过", "is at most"),
    ">": ("大于", "is more than"),
    ">=": ("不少于", "is at least"),
    "=": ("等于", "is"),
    "!=": ("不等于", "is not"),
}
OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
SUMS: Mapping[str, Pair] = {
    "+": ("加", "plus"),
    "-": ("减", "minus"),
    "*": ("乘以", "times"),
    "/": ("除以", "divided by"),
}
DATE_PARTS: Mapping[str, Pair] = {
    "year": ("年份", "year"),
    "month": ("月份", "month"),
    "day": ("日", "day"),
}
# what a function gives; the numbers are its arguments
GIVES: Mapping[str, Pair] = {
    "abs": ("{0}的绝对值", "{0} without its sign"),
    "address_district": ("{0}所在的区", "the district of {0}"),
    "ceiling": ("{0}向上取整", "{0} rounded up"),
    "count": ("{0}的数目", "the number of {0}"),
    "date": ("{0}、{1}月、{2}日所指的日期", "the date of year {0}, month {1} and day {2}"),
    "division_name": ("{0}的名称", "the name of {0}"),
    "floor": ("{0}向下取整", "{0} rounded down"),
    "industries": ("{0}所属的行业大类", "the divisions of industry of {0}"),
    "max": ("{0}中最大的", "the greatest of {0}"),
    "min": ("{0}中最小的", "the least of {0}"),
    "replaced": ("{0}（其中的{1}换成{2}）", "{0} with {2} in place of {1}"),
    "string length": ("{0}的字数", "the number of characters of {0}"),
    "sum": ("{0}之和", "the sum of {0}"),
    "surname": ("{0}的姓", "the surname in {0}"),
}
# what a function says of its arguments, and the contrary
SAYS: Mapping[str, tuple[Pair, Pair]] = {
    "contains": (("{0}中有{1}", "{0} contains {1}"), ("{0}中没有{1}", "{0} does not contain {1}")),
    "ends with": (
        ("{0}以{1}结尾", "{0} ends with {1}"),
        ("{0}不以{1}结尾", "{0} does not end with {1}"),
    ),
    "is_credit_code": (
        ("{0}是有效的统一社会信用代码", "{0} is a valid credit code"),
        ("{0}不是有效的统一社会信用代码", "{0} is not a valid credit code"),
    ),
    "is_han": (
        ("{0}全部为汉字", "{0} has Chinese characters only"),
        ("{0}不全为汉字", "{0} has others than Chinese characters"),
    ),
    "is_identity_number": (
        ("{0}是有效的身份证号码", "{0} is a valid ID number"),
        ("{0}不是有效的身份证号码", "{0} is not a valid ID number"),
    ),
    "is_standard_han": (
        ("{0}全部为通用规范汉字", "{0} has characters of the standard list only"),
        (
            "{0}不全为通用规范汉字",
            "{0} has others than those of the standard list",
        ),
    ),
    "list contains": (
        ("{0}中有{1}", "{1} is among {0}"),
        ("{0}中没有{1}", "{1} is not among {0}"),
    ),
    "same_name": (
        ("{0}与{1}是同一名称", "{0} and {1} are the same name"),
        ("{0}与{1}不是同一名称", "{0} and {1} are not the same name"),
    ),
    "starts with": (
        ("{0}以{1}开头", "{0} begins with {1}"),
        ("{0}不以{1}开头", "{0} does not begin with {1}"),
    ),
}
WITHIN: tuple[Pair, Pair] = (  # of a code of GB/T 2260 that begins with that of a city
    ("{0}在{1}境内", "{0} lies in {1}"),
    ("{0}不在{1}境内", "{0} does not lie in {1}"),
)
