"""A form from an edition's JSON Schema (draft 2020-12): no code per service. Pure.

``services.pack.form`` says what a pack's form may hold. Blocks (nested objects) become groups, and
each question is named by its JSON pointer. A list of texts without choices is one text a line; a
list of blocks (shareholders) shows as many as there are, and one more when asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from people.identity import mask
from portal import typed
from services.tokens import PREFIX, masked

Schema = Mapping[str, Any]
Values = Mapping[str, Any]

LONG = 120  # characters from which a text gets several lines
MOST = 60  # blocks in a list without a limit of its own
FEW = 7  # choices that are all shown at once; more become a list
WIDGETS = {  # x-widget of packs: the control that shows it
    "text": "text",
    "address": "text",
    "textarea": "lines",
    "select": "list",
    "radio": "radios",
    "checkbox": "tick",
    "checkboxes": "ticks",
    "date": "date",
}
YES_NO = [("true", {"x-zh": "是", "x-en": "Yes"}), ("false", {"x-zh": "否", "x-en": "No"})]


@dataclass(slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(slots=True)
class Field:
    """One question: ``pointer`` is its name in the form, ``id`` its anchor on the page."""

    pointer: str
    label: str
    hint: str
    widget: str  # text, lines, number, date, tick, yesno, radios, list, ticks
    required: bool
    value: Any = None
    choices: list[Choice] = field(default_factory=list)
    error: str = ""
    fact: str = ""
    declared: bool = False  # to be ticked on the check page, not in the form
    limit: int | None = None
    group: str = ""  # heading, on the first field of a group
    law: str = ""  # why it is asked
    address: bool = False  # a code of the address register
    secret: bool = False  # an ID number: masked wherever it is not being typed
    more: str = ""  # the list that may get one more block after this question
    keyboard: str = ""  # ``inputmode`` of HTML; empty: the usual one
    autocomplete: str = ""  # what the browser may fill in (WCAG 1.3.5); empty: its own choice

    @property
    def input_type(self) -> str:
        """The type of a one-line field in HTML."""
        return "date" if self.widget == "date" else "tel" if self.keyboard == "tel" else "text"

    @property
    def id(self) -> str:
        return "f" + self.pointer.replace("/", "-")

    @property
    def many(self) -> bool:
        """Tell whether the choices need columns."""
        return len(self.choices) > FEW

    @property
    def is_marked_optional(self) -> bool:
        """Tell whether the label itself says that it may be left out."""
        return "选填" in self.label or "optional" in self.label.casefold()

    @property
    def shown(self) -> str:
        """The answer in words, for the check-answers page."""
        if self.choices:
            return "、".join(c.label for c in self.choices if c.chosen)
        if self.secret:
            return self.masked
        return str(self.value or "")

    @property
    def stored(self) -> bool:
        """Tell whether the value is an ID number as it is kept, which nobody can read."""
        return self.secret and str(self.value or "").startswith(PREFIX)

    @property
    def masked(self) -> str:
        return str(masked(self.value)) if self.stored else mask(str(self.value or ""))

    @property
    def answered(self) -> bool:
        return self.value not in (None, "", [])


def fields(
    schema: Schema,
    values: Values,
    language: str,
    errors: Mapping[str, str] | None = None,
    more: str = "",
) -> list[Field]:
    """Return the questions of ``schema`` in its order, with answers so far and their errors.

    ``more`` is the pointer of a list of blocks that gets one more empty block.
    """
    errors = errors or {}
    return [
        _field(leaf, _get(values, leaf.pointer), language, errors)
        for leaf in _leaves(schema, "", language, values, more)
    ]


def parse(schema: Schema, data: Any, pointer: str = "") -> dict[str, Any]:
    """Return typed answers from a posted form (a QueryDict). What was left empty is left out.

    Values that do not fit their type stay text, so that the schema's own check names them.
    """
    answers: dict[str, Any] = {}
    for name, child in schema.get("properties", {}).items():
        at = f"{pointer}/{name}"
        if _is_block(child):
            value: Any = parse(child, data, at)
        elif _is_block(child.get("items")):
            count = _posted(data, at, child.get("maxItems", MOST))
            rows = (parse(child["items"], data, f"{at}/{i}") for i in range(count))
            value = [row for row in rows if row]
        else:
            value = _read(child, data, at)
        if value not in (None, "", [], {}):
            answers[name] = value
    return answers


def _is_block(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("type") == "object" and "properties" in node


def _posted(data: Any, pointer: str, most: int) -> int:
    """Return how many blocks of a list were posted."""
    numbers = [0]
    for key in data:
        if key.startswith(pointer + "/"):
            part = key[len(pointer) + 1 :].partition("/")[0]
            if part.isascii() and part.isdigit() and len(part) < 4:
                numbers.append(int(part) + 1)
    return min(max(numbers), most)


def blocks(schema: Schema, pointer: str = "") -> list[str]:
    """Return the pointers of all blocks, so that a page can tell which ones it has shown."""
    found: list[str] = []
    for name, child in schema.get("properties", {}).items():
        if _is_block(child):
            found += [f"{pointer}/{name}", *blocks(child, f"{pointer}/{name}")]
    return found


def declarations(schema: Schema) -> list[str]:
    """Return the pointers of what must be ticked: they belong beside the submit button."""
    return [
        f"/{name}"
        for name, node in schema.get("properties", {}).items()
        if node.get("type") == "boolean" and node.get("const") is True
    ]


def declared(schema: Schema, answers: Values) -> dict[str, Any]:
    """Return ``answers`` as if everything were declared, to check the rest before that page."""
    return {**answers, **{pointer[1:]: True for pointer in declarations(schema)}}


def keep_secrets(schema: Schema, answers: Values, stored: Values) -> None:
    """Put back ID numbers that were left empty: pages show them masked, so none is typed twice."""
    for leaf in _leaves(schema, "", "zh", stored):
        above, _slash, name = leaf.pointer.rpartition("/")
        block = _get(answers, above) if above else answers
        if leaf.node.get("format") == "id-number" and isinstance(block, dict) and name not in block:
            block[name] = _get(stored, leaf.pointer)


def hidden(schema: Schema, values: Values) -> Iterator[tuple[str, str]]:
    """Yield (name, text) pairs that post ``values`` again; declarations are left to be ticked."""
    declared_later = set(declarations(schema))
    for leaf in _leaves(schema, "", "zh", values):
        value = None if leaf.pointer in declared_later else _get(values, leaf.pointer)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield leaf.pointer, _text(item)


@dataclass(frozen=True, slots=True)
class _Leaf:
    pointer: str
    node: Schema
    required: bool
    group: str = ""
    more: str = ""


def _leaves(
    node: Schema, pointer: str, language: str, values: Any, more: str = "", group: str = ""
) -> Iterator[_Leaf]:
    """Yield the questions; the first of a block has its heading, the last of a list ``more``."""
    required = set(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        at = f"{pointer}/{name}"
        title = _say(child, language)
        if _is_block(child):
            yield from _leaves(child, at, language, values, more, title)
        elif _is_block(child.get("items")):
            count = max(1, len(_get(values, at) or ())) + (more == at)
            for i in range(min(count, child.get("maxItems", MOST))):
                head = f"{title} {i + 1}"
                rows = list(_leaves(child["items"], f"{at}/{i}", language, values, more, head))
                last = i + 1 == count < child.get("maxItems", MOST)
                yield from rows[:-1]
                yield replace(rows[-1], more=at if last else "")
        else:
            yield _Leaf(at, child, name in required, group)
        group = ""


def _field(leaf: _Leaf, value: Any, language: str, errors: Mapping[str, str]) -> Field:
    node = leaf.node
    options = _options(node)
    chosen = {_text(v) for v in (value if isinstance(value, list) else [value]) if v is not None}
    if isinstance(value, list) and not options:
        value = "\n".join(_text(v) for v in value)
    return Field(
        pointer=leaf.pointer,
        label=_say(node, language) or leaf.pointer.rsplit("/", 1)[-1],
        hint=_say(node, language, "hint-") or _example(node, language),
        widget=_widget(node, options),
        required=leaf.required,
        value=value if value is not None else node.get("default"),
        choices=[Choice(v, _say(words, language) or v, v in chosen) for v, words in options],
        error=errors.get(leaf.pointer, ""),
        fact=node.get("x-prefill", ""),
        declared=leaf.pointer.count("/") == 1
        and node.get("type") == "boolean"
        and node.get("const") is True,
        limit=None if typed.is_read(node) else node.get("maxLength"),
        keyboard=_keyboard(node),
        autocomplete=_autocomplete(leaf),
        group=leaf.group,
        law=node.get("x-law", ""),
        address=node.get("x-widget") == "address",
        secret=node.get("format") == "id-number",
        more=leaf.more,
    )


def _keyboard(node: Schema) -> str:
    if node.get("type") == "integer":
        return "numeric"
    return {"decimal": "decimal", "phone": "tel"}.get(node.get("format", ""), "")


def _autocomplete(leaf: _Leaf) -> str:
    """Name what of the reader's own a browser knows; an ID number is kept by no browser."""
    if leaf.node.get("format") == "id-number":
        return "off"
    is_own = leaf.pointer.count("/") == 1  # a block may be about somebody else
    return "tel" if is_own and leaf.node.get("format") == "phone" else ""


def _say(words: Mapping[str, Any], language: str, kind: str = "") -> str:
    return str(words.get(f"x-{kind}{language}", ""))


def _example(node: Schema, language: str) -> str:
    written = node.get("x-example", "")
    return f"{'For example' if language == 'en' else '例如'} {written}" if written else ""


def _options(node: Schema) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return (value, its labels) of a closed question."""
    source = node.get("items", {}) if node.get("type") == "array" else node
    if "oneOf" in source:
        return [(_text(o["const"]), o) for o in source["oneOf"]]
    if node.get("type") == "boolean" and node.get("const") is None and "x-widget" not in node:
        return YES_NO
    return [(_text(v), {}) for v in source.get("enum", ())]


def _widget(node: Schema, options: Sequence[object]) -> str:
    if node.get("x-widget") in WIDGETS:
        return WIDGETS[node["x-widget"]]
    kind = node.get("type")
    if kind == "array":
        return "ticks" if options else "lines"
    if options:
        return "radios" if len(options) <= FEW else "list"
    if kind == "boolean":
        return "tick"
    if node.get("format") == "date":
        return "date"
    if kind == "integer" or node.get("format") == "decimal":
        return "number"
    return "lines" if (node.get("maxLength") or 0) > LONG else "text"


def _read(node: Schema, data: Any, pointer: str) -> Any:
    kind = node.get("type")
    if kind == "array":
        inner = node.get("items", {}).get("type")
        written = data.getlist(pointer)
        if not _options(node):
            items = node.get("items", {})
            lines = (line.strip() for text in written for line in text.splitlines())
            written = [typed.meant(items, line) for line in lines]
        return [_typed(inner, value) for value in written if value]
    text = (data.get(pointer) or "").strip().replace("\r\n", "\n")
    return _typed(kind, text if _options(node) else typed.meant(node, text))


def _typed(kind: object, value: str) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind == "integer" and len(value) < 16 and value.isascii():
        return int(value) if value.removeprefix("-").isdigit() else value
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _get(values: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        if isinstance(values, list):
            values = values[int(part)] if part.isdigit() and int(part) < len(values) else None
        else:
            values = values.get(part) if isinstance(values, Mapping) else None
    return values
