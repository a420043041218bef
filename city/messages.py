"""What a JSON Schema validator found, as sentences for people (zh, en)."""

from __future__ import annotations

from jsonschema_rs import ValidationError

_TYPES = {
    "string": ("文字", "text"),
    "integer": ("整数", "a whole number"),
    "number": ("数字", "a number"),
    "boolean": ("true 或 false", "true or false"),
    "array": ("列表", "a list"),
    "object": ("一组键值", "a group of named values"),
    "null": ("空值", "null"),
}
FORMATS = {
    "date": ("应为日期，例如 2026-01-31", "must be a date such as 2026-01-31"),
    "decimal": ("应为数字，例如 1000.50", "must be a number such as 1000.50"),
    "id-number": ("身份证号码不正确", "is not a valid identity number (GB 11643)"),
    "uscc": ("统一社会信用代码不正确", "is not a valid unified social credit code (GB 32100)"),
    "phone": ("应为 11 位手机号码", "must be a mobile number of 11 digits"),
}
_BOUNDS = {
    "minLength": ("至少 {limit} 个字", "must have at least {limit} characters"),
    "maxLength": ("最多 {limit} 个字", "must have at most {limit} characters"),
    "minItems": ("至少 {limit} 项", "must have at least {limit} items"),
    "maxItems": ("最多 {limit} 项", "must have at most {limit} items"),
    "minProperties": ("至少 {limit} 项", "must have at least {limit} entries"),
    "maxProperties": ("最多 {limit} 项", "must have at most {limit} entries"),
    "minimum": ("不得小于 {limit}", "must be at least {limit}"),
    "maximum": ("不得大于 {limit}", "must be at most {limit}"),
    "exclusiveMinimum": ("应大于 {limit}", "must be more than {limit}"),
    "exclusiveMaximum": ("应小于 {limit}", "must be less than {limit}"),
}
_PLAIN = {
    "pattern": ("格式不正确", "is not written as it should be"),
    "uniqueItems": ("有重复项", "names something twice"),
    "oneOf": ("不在可选范围内", "is not one of the choices"),
    "anyOf": ("形式不正确", "has none of the forms allowed here"),
    "propertyNames": ("名称不正确", "has a name that is not allowed"),
    "falseSchema": ("此项不应填写", "must not be given here"),
}


def sentence(error: ValidationError) -> tuple[str, str]:
    """The sentence for one error, in Chinese and English; without the offending value."""
    name, detail = error.kind.name, error.kind.as_dict()
    if name in ("formatMinimum", "formatMaximum"):
        limit, least = detail["message"], name == "formatMinimum"
        if limit[4:5] == "-":  # a date
            zh, en = ("早", "before") if least else ("晚", "after")
            return f"不得{zh}于 {limit}", f"must not be {en} {limit}"
        name, detail = "minimum" if least else "maximum", {"limit": limit}
    if name in _BOUNDS:
        zh, en = _BOUNDS[name]
        return zh.format(**detail), en.format(**detail)
    if name == "required":
        return "必须填写", "must be given"
    if name == "additionalProperties":
        keys = "、".join(_short(key) for key in detail["unexpected"][:5])
        return f"不认识的项：{keys}", f"has unknown entries: {keys.replace('、', ', ')}"
    if name == "type":
        kinds = [_TYPES.get(str(kind), (str(kind), str(kind))) for kind in detail["types"]]
        return (
            "应为" + "或".join(zh for zh, _ in kinds),
            "must be " + " or ".join(en for _, en in kinds),
        )
    if name == "format":
        return FORMATS.get(detail["format"], ("格式不正确", f"must be a {detail['format']}"))
    if name == "enum":
        choices = "、".join(_short(choice) for choice in detail["options"][:12])
        return f"只能是：{choices}", f"must be one of: {choices.replace('、', ', ')}"
    if name == "const":
        if detail["expected_value"] is True:
            return "必须勾选", "must be ticked"
        value = _short(detail["expected_value"])
        return f"只能是：{value}", f"must be {value}"
    return _PLAIN.get(name, ("不正确", "is not valid"))


def _short(value: object) -> str:
    """A value fit for a message: no control characters, at most 40 characters."""
    return "".join(c if c.isprintable() else "?" for c in str(value))[:40]
