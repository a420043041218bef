"""Every keyword of JSON Schema 2020-12 in a form: accepted, translated, or refused."""

from pathlib import Path

import jsonschema_rs
import pytest
from django.conf import settings

from city.errors import SourceError
from services import schema
from services.edition import load
from services.pack import scaffold
from services.pack.keywords import KEYWORDS, lines

ROOT = Path(__file__).parents[2]
# the vocabularies of the specification, and the proposal that bounds texts by their format
VOCABULARIES = {
    "core": "$schema $vocabulary $id $anchor $dynamicAnchor $ref $dynamicRef $defs $comment",
    "applicator": "prefixItems items contains additionalProperties properties patternProperties"
    " dependentSchemas propertyNames if then else allOf anyOf oneOf not",
    "unevaluated": "unevaluatedItems unevaluatedProperties",
    "validation": "type const enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum"
    " maxLength minLength pattern maxItems minItems uniqueItems maxContains minContains"
    " maxProperties minProperties required dependentRequired",
    "format": "format",
    "content": "contentEncoding contentMediaType contentSchema",
    "meta-data": "title description default deprecated readOnly writeOnly examples",
    "proposed": "formatMinimum formatMaximum",
}


def _pack(question: str, *, required: str = "consent", top: str = "") -> str:
    """The scaffold with one more question, or more at the top of its form."""
    text = scaffold.pack("trial")
    text = text.replace("required: [consent]", f"required: [{required}]{top}", 1)
    place = "  properties:\n    consent:"
    return text.replace(place, f"  properties:\n    more: {question}\n    consent:", 1)


def _faults(text: str) -> list[str]:
    try:
        load(text, "x.yaml", city=settings.CITY)
    except SourceError as error:
        return [str(fault) for fault in error.all()]
    return []


def test_the_list_is_that_of_the_specification():
    assert set(KEYWORDS) == {word for words in VOCABULARIES.values() for word in words.split()}


def test_the_document_is_the_table_of_the_code():
    assert "\n".join(lines()) in (ROOT / "docs" / "forms.md").read_text("utf-8")


REFUSED = [word for word, keyword in KEYWORDS.items() if keyword.status == "refused"]
# what the specification lets each of these be, so that the form's own check is the one that speaks
VALUES = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$vocabulary": "{}",
    "$id": "urn:x",
    "$ref": "'#/properties/consent'",
    "$dynamicRef": "'#/properties/consent'",
    "$defs": "{}",
    "anyOf": "[{maxLength: 3}]",
    "not": "{const: a}",
    "prefixItems": "[{type: string}]",
    "examples": "[a]",
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), "3"),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), "1"),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), "true"),
    **dict.fromkeys(("dependentSchemas", "patternProperties"), "{}"),
    **dict.fromkeys(
        ("propertyNames", "contains", "unevaluatedItems", "unevaluatedProperties", "contentSchema"),
        "{type: string}",
    ),
}


@pytest.mark.parametrize("word", REFUSED)
def test_a_refused_keyword_says_why_in_both_languages(word):
    question = f"{{type: string, maxLength: 9, x-zh: 甲, x-en: A, {word}: {VALUES.get(word, 'a')}}}"
    keyword = KEYWORDS[word]
    (fault,) = [fault for fault in _faults(_pack(question)) if word in fault]
    assert keyword.zh in fault and keyword.en in fault
    assert fault.startswith("x.yaml:")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("{type: string, maxLength: 9, x-zh: 甲, x-en: A, minimum: 3}", "minimum is for integer"),
        ("{type: string, maxLength: 9, x-zh: 甲, x-en: A, colour: red}", "no keyword colour"),
        ("{type: string, maxLength: 9, x-zh: 甲, x-en: A, if: {}}", "if is of the whole form"),
        ("{type: number, x-zh: 甲, x-en: A}", "a decimal: string, format: decimal"),
        ("{type: [string, integer], x-zh: 甲, x-en: A}", "type is one of"),
        ("{type: ['null', 'null'], x-zh: 甲, x-en: A}", "type is one of"),
    ],
)
def test_a_keyword_in_the_wrong_place_says_where_it_belongs(question, reason):
    assert any(reason in fault for fault in _faults(_pack(question)))


NULLABLE = "{type: [integer, 'null'], minimum: 1, maximum: 9, x-zh: 甲, x-en: A}"


@pytest.mark.parametrize("required", ["consent", "consent, more"])
@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ({"consent": True, "more": None}, {"consent": True}),
        ({"consent": True}, {"consent": True}),
        ({"consent": True, "more": 4}, {"consent": True, "more": 4}),
    ],
)
def test_null_is_the_same_as_left_out_where_the_form_says_so(required, answers, kept):
    book = load(_pack(NULLABLE, required=required), city=settings.CITY)
    assert schema.validate(book, answers, protect=str) == kept


@pytest.mark.parametrize("answer", [0, 10, "4"])
def test_what_may_be_null_is_bounded_all_the_same(answer):
    book = load(_pack(NULLABLE), city=settings.CITY)
    with pytest.raises(schema.Invalid):
        schema.validate(book, {"consent": True, "more": answer}, protect=str)


def test_null_is_a_fault_where_the_form_does_not_say_so():
    book = load(_pack(NULLABLE.replace("[integer, 'null']", "integer")), city=settings.CITY)
    with pytest.raises(schema.Invalid) as raised:
        schema.validate(book, {"consent": True, "more": None}, protect=str)
    assert [fault.pointer for fault in raised.value.faults] == ["/more"]


def test_a_list_of_objects_may_have_fields_that_are_null():
    question = (
        "{type: array, maxItems: 3, x-zh: 甲, x-en: A, items: {type: object,"
        " additionalProperties: false, required: [a, b], properties: {a: {type: string,"
        " maxLength: 3, x-zh: 乙, x-en: B}, b: {type: [string, 'null'], maxLength: 3, x-zh: 丙,"
        " x-en: C}}}}"
    )
    book = load(_pack(question), city=settings.CITY)
    answers = {"consent": True, "more": [{"a": "x", "b": None}, {"a": "y", "b": "z"}]}
    kept = schema.validate(book, answers, protect=str)
    assert kept["more"] == [{"a": "x"}, {"a": "y", "b": "z"}]
    assert jsonschema_rs.Draft202012Validator(book.form).is_valid(kept)
