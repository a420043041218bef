"""A form made from a schema asks what the schema says, and gives back what was answered."""

from django.http import QueryDict

from portal import forms

SCHEMA = {
    "type": "object",
    "required": ["place", "agree"],
    "properties": {
        "place": {
            "type": "string",
            "x-zh": "地点",
            "x-en": "Place",
            "oneOf": [
                {"const": "a", "x-zh": "甲", "x-en": "A"},
                {"const": "b", "x-zh": "乙", "x-en": "B"},
            ],
        },
        "lines": {
            "type": "array",
            "x-zh": "经营范围",
            "x-en": "Lines",
            "maxItems": 5,
            "items": {"type": "string", "enum": ["x", "y", "z"]},
        },
        "people": {"type": "integer", "x-zh": "人数", "x-en": "People"},
        "started": {"type": "string", "format": "date", "x-zh": "日期", "x-en": "Date"},
        "married": {"type": "boolean", "x-zh": "已婚", "x-en": "Married"},
        "premises": {
            "type": "object",
            "x-zh": "场所",
            "x-en": "Premises",
            "required": ["text"],
            "properties": {
                "text": {"type": "string", "maxLength": 500, "x-zh": "说明", "x-en": "Note"}
            },
        },
        "agree": {"type": "boolean", "const": True, "x-zh": "同意", "x-en": "I agree"},
    },
}


def posted(**values: object) -> QueryDict:
    data = QueryDict(mutable=True)
    for key, value in values.items():
        data.setlist(key, value if isinstance(value, list) else [value])
    return data


def test_each_kind_of_answer_has_its_control():
    widgets = {f.pointer: f.widget for f in forms.fields(SCHEMA, {}, "zh")}
    assert widgets == {
        "/place": "radios",
        "/lines": "ticks",
        "/people": "number",
        "/started": "date",
        "/married": "radios",
        "/premises/text": "lines",
        "/agree": "tick",
    }


def test_labels_and_choices_are_in_the_readers_language():
    place = forms.fields(SCHEMA, {"place": "b"}, "en")[0]
    assert place.label == "Place"
    assert [(c.value, c.label, c.chosen) for c in place.choices] == [
        ("a", "A", False),
        ("b", "B", True),
    ]
    assert place.shown == "B"
    assert forms.fields(SCHEMA, {"place": "b"}, "zh")[0].shown == "乙"


def test_answers_get_the_types_of_the_schema_and_empty_ones_are_left_out():
    data = posted(
        **{
            "/place": "b",
            "/lines": ["x", "z"],
            "/people": " 12 ",
            "/started": "",
            "/married": "false",
            "/premises/text": "一楼\r\n临街",
            "/unknown": "never",
        }
    )
    assert forms.parse(SCHEMA, data) == {
        "place": "b",
        "lines": ["x", "z"],
        "people": 12,
        "married": False,
        "premises": {"text": "一楼\n临街"},
    }


def test_what_is_no_number_stays_text_for_the_schema_to_name():
    for wrong in ("abc", "1e9", "9" * 30, "--3", "1.5"):
        assert forms.parse(SCHEMA, posted(**{"/people": wrong})) == {"people": wrong}


def test_hidden_fields_bring_the_same_answers_back_without_the_declarations():
    answers = {
        "place": "a",
        "lines": ["y"],
        "people": 3,
        "married": True,
        "premises": {"text": "x"},
    }
    data = QueryDict(mutable=True)
    for name, value in forms.hidden(SCHEMA, answers | {"agree": True}):
        data.appendlist(name, value)
    assert forms.parse(SCHEMA, data) == answers


def test_declarations_wait_for_the_check_page():
    assert forms.declarations(SCHEMA) == ["/agree"]
    assert forms.declared(SCHEMA, {"place": "a"}) == {"place": "a", "agree": True}


def test_a_block_gives_its_heading_to_its_first_question_only():
    assert [f.group for f in forms.fields(SCHEMA, {}, "zh")] == ["", "", "", "", "", "场所", ""]


FOUNDERS = {
    "type": "object",
    "properties": {
        "founders": {
            "type": "array",
            "x-zh": "股东",
            "x-en": "Founders",
            "maxItems": 3,
            "items": {
                "type": "object",
                "required": ["name", "number"],
                "properties": {
                    "name": {"type": "string", "x-zh": "姓名", "x-en": "Name"},
                    "number": {
                        "type": "string",
                        "format": "id-number",
                        "x-zh": "身份证号码",
                        "x-en": "ID number",
                    },
                },
            },
        }
    },
}
NUMBER = "11010519491231002X"  # GB 11643, its own example


def test_a_list_of_blocks_shows_what_there_is_and_one_more_when_asked():
    two = {"founders": [{"name": "甲"}, {"name": "乙"}]}
    names = [f.pointer for f in forms.fields(FOUNDERS, two, "zh")]
    assert names == [
        "/founders/0/name",
        "/founders/0/number",
        "/founders/1/name",
        "/founders/1/number",
    ]
    three = forms.fields(FOUNDERS, two, "zh", more="/founders")
    assert three[4].group == "股东 3"
    assert [f.more for f in three if f.more] == []  # three is the most
    assert forms.fields(FOUNDERS, {}, "en")[1].more == "/founders"


def test_blocks_are_read_back_and_empty_ones_are_dropped():
    data = posted(
        **{
            "/founders/0/name": "甲",
            "/founders/0/number": NUMBER,
            "/founders/1/name": " ",
            "/founders/2/name": "丙",
            "/founders/999999999/name": "never",
        }
    )
    answers = forms.parse(FOUNDERS, data)
    assert answers == {"founders": [{"name": "甲", "number": NUMBER}, {"name": "丙"}]}
    assert dict(forms.hidden(FOUNDERS, answers))["/founders/1/name"] == "丙"


def test_an_id_number_is_masked_and_what_is_stored_is_never_shown_or_typed_again():
    typed = forms.fields(FOUNDERS, {"founders": [{"number": NUMBER}]}, "zh")[1]
    assert typed.shown == "1101**********002X"
    kept = {"founders": [{"name": "甲", "number": "idn:abc:1101**********002X:box"}]}
    field = forms.fields(FOUNDERS, kept, "zh")[1]
    assert field.stored and field.masked == "1101**********002X"
    answers = {"founders": [{"name": "甲乙"}]}
    forms.keep_secrets(FOUNDERS, answers, kept)
    assert answers == {"founders": [{"name": "甲乙", "number": "idn:abc:1101**********002X:box"}]}
