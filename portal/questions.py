"""The questions of a form, as a page shows them. Pure.

Blocks (nested objects) become groups, and each question is named by its JSON pointer. A list of
texts without choices is one text a line; a list of blocks (shareholders) shows as many as there
are, and one more when asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from people.identity import mask
from people.language import listed
from portal import typed
from services.pack.conditions import ASKED
from services.pack.materials import is_question as is_files
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
    "picker": "picker",
    "money": "money",
}
UNITS = {"zh": "元", "en": "yuan"}  # of money
YES_NO = [("true", {"x-zh": "是", "x-en": "Yes"}), ("false", {"x-zh": "否", "x-en": "No"})]


@dataclass(slots=True)
class Choice:
    value: str
    label: str
    chosen: bool
    note: str = ""  # such as the permit that it needs


@dataclass(slots=True)
class Field:
    """One question: ``pointer`` is its name in the form, ``id`` its anchor on the page."""

    pointer: str
    label: str
    hint: str
    widget: str  # text, lines, number, money, date, tick, yesno, radios, list, ticks, picker, files
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
    more_label: str = ""  # what one of the list is called
    intro: str = ""  # of a list, on its very first question: what it is for
    intro_law: str = ""
    ends: int = 0  # how many groups end with this question
    drop: str = ""  # the block of a list that ends here and may be taken out
    drop_label: str = ""
    within: str = ""  # the group that it is in
    unit: str = ""
    query: str = ""  # of a picker: what was searched for
    found: list[Choice] = field(default_factory=list)  # of a picker: what answers, or is suggested
    is_silent: bool = False  # of an address: the registry did not answer the search
    place: str = ""  # of an address: what the code stands for
    files: list[Any] = field(default_factory=list)  # of a question with files: materials' Shown
    counted: str = ""  # how many, in words, where they are not listed
    accept: str = ""  # the kinds of files, for the browser
    camera: bool = False  # a photograph will do
    limits: str = ""  # how many and how large, in words
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
    def closing(self) -> range:
        """As often as a group is closed after this question."""
        return range(self.ends)

    @property
    def picked(self) -> list[Choice]:
        """What was chosen, in the order in which it was: the first may matter most."""
        named = {choice.value: choice for choice in self.choices}
        values = self.value if isinstance(self.value, list) else []
        return [named[value] for value in map(text_of, values) if value in named]

    @property
    def left(self) -> list[Choice]:
        """What is neither chosen nor shown as found."""
        shown = {choice.value for choice in self.found}
        return [c for c in self.choices if not c.chosen and c.value not in shown]

    @property
    def is_searched(self) -> bool:
        """Tell whether it is answered by searching."""
        return self.widget == "picker" or self.address

    @property
    def name(self) -> str:
        """The name of a question of the form's top."""
        return self.pointer[1:]

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
        if self.widget == "files":
            return "、".join(file.name for file in self.files) or self.counted
        if self.widget == "picker":
            return listed(choice.label for choice in self.picked)
        if self.widget == "money":
            return f"{grouped(self.value)} {self.unit}" if self.value else ""
        if self.choices:
            return listed(c.label for c in self.choices if c.chosen)
        if self.secret:
            return self.masked
        if self.place:
            return f"{self.place} · {self.value}"
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
        _field(leaf, get(values, leaf.pointer), language, errors)
        for leaf in leaves(schema, "", language, values, more)
    ]


def grouped(value: Any) -> str:
    """Write a number with its thousands divided; what is no number stays."""
    try:
        return f"{Decimal(str(value)):,f}"
    except InvalidOperation:
        return str(value)


def is_block(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("type") == "object" and "properties" in node


@dataclass(frozen=True, slots=True)
class _Leaf:
    pointer: str
    node: Schema
    required: bool
    group: str = ""
    more: str = ""
    more_label: str = ""
    intro: str = ""
    intro_law: str = ""
    ends: int = 0
    drop: str = ""
    drop_label: str = ""
    within: str = ""


def leaves(
    node: Schema, pointer: str, language: str, values: Any, more: str = "", group: str = ""
) -> Iterator[_Leaf]:
    """Yield the questions; the first of a block has its heading, the last of a list ``more``."""
    required, within = set(node.get("required", ())), group
    for name, child in node.get("properties", {}).items():
        at = f"{pointer}/{name}"
        title = _say(child, language)
        if is_block(child):
            yield from _closed(leaves(child, at, language, values, more, title), title)
        elif is_block(child.get("items")):
            yield from _rows(child, at, language, values, more)
        else:
            yield _Leaf(at, child, name in required, group, within=within)
        group = ""


def _closed(rows: Iterator[_Leaf], title: str) -> list[_Leaf]:
    """Let the last question of a group end it, where its first one has begun it."""
    found = list(rows)
    if found and title and found[0].group == title:
        found[-1] = replace(found[-1], ends=found[-1].ends + 1)
    return found


def _rows(node: Schema, pointer: str, language: str, values: Any, more: str) -> Iterator[_Leaf]:
    """Yield the questions of a list of blocks, as many as there are, or are wanted."""
    title, most = _say(node, language), node.get("maxItems", MOST)
    count = min(max(1, len(get(values, pointer) or ())) + (more == pointer), most)
    for i in range(count):
        head = f"{title} {i + 1}"
        inner = leaves(node["items"], f"{pointer}/{i}", language, values, more, head)
        rows = _closed(inner, head)
        if i == 0:
            hint, law = _say(node, language, "hint-"), node.get("x-law", "")
            rows[0] = replace(rows[0], intro=hint, intro_law=law)
        drop = f"{pointer}/{i}" if count > 1 else ""
        rows[-1] = replace(rows[-1], drop=drop, drop_label=head)
        if i + 1 == count < most:
            rows[-1] = replace(rows[-1], more=pointer, more_label=title)
        yield from rows


def _field(leaf: _Leaf, value: Any, language: str, errors: Mapping[str, str]) -> Field:
    node = leaf.node
    choices = options(node)
    chosen = {text_of(v) for v in (value if isinstance(value, list) else [value]) if v is not None}
    if isinstance(value, list) and not choices and not is_files(node):
        value = "\n".join(text_of(v) for v in value)
    return Field(
        pointer=leaf.pointer,
        label=_say(node, language) or leaf.pointer.rsplit("/", 1)[-1],
        hint=_say(node, language, "hint-") or _example(node, language),
        widget=_widget(node, choices),
        required=leaf.required or node.get(ASKED, False),
        value=value if value is not None else node.get("default"),
        choices=[Choice(v, _say(words, language) or v, v in chosen) for v, words in choices],
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
        more_label=leaf.more_label,
        intro=leaf.intro,
        intro_law=leaf.intro_law,
        ends=leaf.ends,
        drop=leaf.drop,
        drop_label=leaf.drop_label,
        within=leaf.within,
        counted=_counted(value, language) if is_files(node) else "",
        unit=UNITS[language] if node.get("x-widget") == "money" else "",
    )


def _counted(files: Any, language: str) -> str:
    """Say how many files were handed in: their hashes say nothing to anybody."""
    count = len(files) if isinstance(files, list) else 0
    if not count:
        return ""
    return f"{count} 份文件" if language == "zh" else f"{count} file{'s' if count > 1 else ''}"


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


def options(node: Schema) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return (value, its labels) of a closed question."""
    source = node.get("items", {}) if node.get("type") == "array" else node
    if "oneOf" in source:
        return [(text_of(o["const"]), o) for o in source["oneOf"]]
    if node.get("type") == "boolean" and node.get("const") is None and "x-widget" not in node:
        return YES_NO
    return [(text_of(v), {}) for v in source.get("enum", ())]


def _widget(node: Schema, options: Sequence[object]) -> str:
    if node.get("x-widget") in WIDGETS:
        return WIDGETS[node["x-widget"]]
    kind = node.get("type")
    if is_files(node):
        return "files"
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


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def get(values: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        if isinstance(values, list):
            values = values[int(part)] if part.isdigit() and int(part) < len(values) else None
        else:
            values = values.get(part) if isinstance(values, Mapping) else None
    return values
