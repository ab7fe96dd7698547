"""Every form in which people have mappings is recognised; what is none is said to be none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecgen.diagnostics.command_error import CommandError
from ecgen.importer.define import define
from ecgen.importer.from_mapping import read_text

MAPPING: dict[str, Any] = {"dynamic": "strict", "properties": {"sku": {"type": "keyword"}}}
PROPERTIES = MAPPING["properties"]


def read(body: Any, name: str = "things") -> Any:
    return read_text(body if isinstance(body, str) else json.dumps(body), name, "things.json")


@pytest.mark.parametrize(
    ("body", "name", "mapping"),
    [
        pytest.param({"mappings": MAPPING}, "things", MAPPING, id="create body"),
        pytest.param(
            {"mappings": MAPPING, "settings": {}, "aliases": {}}, "things", MAPPING, id="whole body"
        ),
        pytest.param({"mappings": {}, "settings": {}}, "things", {}, id="no mapping yet"),
        pytest.param({"mappings": None}, "things", {}, id="null"),
        pytest.param(
            {"mappings": {"properties": {}}}, "things", {"properties": {}}, id="no fields yet"
        ),
        pytest.param(MAPPING, "things", MAPPING, id="mapping"),
        pytest.param(
            {"properties": PROPERTIES}, "things", {"properties": PROPERTIES}, id="properties key"
        ),
        pytest.param(PROPERTIES, "things", {"properties": PROPERTIES}, id="properties alone"),
        pytest.param({"products": {"mappings": MAPPING}}, "products", MAPPING, id="GET _mapping"),
        pytest.param({"products": {"mappings": {}}}, "products", {}, id="GET _mapping of nothing"),
        pytest.param(
            {
                "products": {
                    "aliases": {},
                    "mappings": MAPPING,
                    "settings": {"index": {"uuid": "x"}},
                }
            },
            "products",
            MAPPING,
            id="GET index",
        ),
        pytest.param({"mappings": {"_doc": MAPPING}}, "things", MAPPING, id="type _doc"),
        pytest.param(
            {"products": {"mappings": {"product": MAPPING}}},
            "products",
            MAPPING,
            id="GET index of 6",
        ),
        pytest.param(
            {"product": {"properties": PROPERTIES}},
            "things",
            {"properties": PROPERTIES},
            id="put mapping of 5",
        ),
        pytest.param(
            {"template": "logs-*", "mappings": {"_default_": MAPPING}},
            "logs",
            MAPPING,
            id="template of 2",
        ),
        pytest.param(
            {"index_patterns": ["logs-*"], "mappings": MAPPING},
            "logs",
            MAPPING,
            id="legacy template",
        ),
        pytest.param(
            {
                "logs": {
                    "order": 0,
                    "index_patterns": ["logs-app-*"],
                    "settings": {},
                    "mappings": MAPPING,
                    "aliases": {},
                }
            },
            "logs-app",
            MAPPING,
            id="GET _template",
        ),
        pytest.param(
            {"index_patterns": ["logs-*"], "template": {"mappings": MAPPING}, "composed_of": []},
            "logs",
            MAPPING,
            id="index template",
        ),
        pytest.param(
            {"template": {"mappings": MAPPING}}, "things", MAPPING, id="component template"
        ),
        pytest.param({"template": {"settings": {}}}, "things", {}, id="template of settings"),
        pytest.param(
            {
                "index_templates": [
                    {
                        "name": "t",
                        "index_template": {
                            "index_patterns": ["a*"],
                            "template": {"mappings": MAPPING},
                        },
                    }
                ]
            },
            "a",
            MAPPING,
            id="GET _index_template",
        ),
        pytest.param(
            {
                "component_templates": [
                    {"name": "base", "component_template": {"template": {"mappings": MAPPING}}}
                ]
            },
            "base",
            MAPPING,
            id="GET _component_template",
        ),
        pytest.param(
            {"name": "base", "component_template": {"template": {"mappings": MAPPING}}},
            "base",
            MAPPING,
            id="one of them",
        ),
        pytest.param(
            "PUT /products\n" + json.dumps({"mappings": MAPPING}), "products", MAPPING, id="console"
        ),
        pytest.param(
            "\ufeff".encode().decode("utf-8-sig") + json.dumps(MAPPING), "things", MAPPING, id="bom"
        ),
    ],
)
def test_forms(body: Any, name: str, mapping: Any) -> None:
    (source,) = read(body)
    assert (source.name, source.mappings) == (name, mapping)


@pytest.mark.parametrize(
    "properties",
    [
        {"mappings": {"type": "keyword"}, "settings": {"type": "object"}},
        {"template": {"type": "keyword"}},
        {"properties": {"type": "object", "properties": {"a": {"type": "keyword"}}}},
        {"dynamic": {"type": "boolean"}, "enabled": {"type": "boolean"}},
        {"type": {"type": "keyword"}},
        {"index_template": {"type": "keyword"}},
        {"mappings": {"properties": {"a": {"type": "keyword"}}}, "b": {"type": "long"}},
    ],
)
def test_fields_may_be_called_like_the_keys_of_a_mapping(properties: Any) -> None:
    (source,) = read({"properties": properties})
    assert source.mappings == {"properties": properties}
    (source,) = read(properties)
    assert source.mappings == {"properties": properties}


def test_settings_and_aliases_come_along() -> None:
    (source,) = read(
        {"p": {"mappings": {}, "settings": {"index": {"codec": "x"}}, "aliases": {"q": {}}}}
    )
    assert (source.settings, source.aliases) == ({"index": {"codec": "x"}}, {"q": {}})


def test_a_console_text_holds_several_indices() -> None:
    text = '// products\nPUT /products\n{"mappings": %s}\n\n# makers\nPUT makers\n{"mappings": {"properties": {}}}\nGET makers/_mapping\n'
    found = read(text % json.dumps(MAPPING))
    assert [source.name for source in found] == ["products", "makers"]


def test_lines_of_a_script_in_a_console_text_are_no_remarks() -> None:
    text = 'PUT /p\n# remark\n{"mappings": {"runtime": {"day": {"type": "long", "script": """\n// a day\nemit(1);\n"""}}}}'
    (source,) = read(text)
    assert source.mappings["runtime"]["day"]["script"] == "\n// a day\nemit(1);\n"


def test_a_mapping_may_say_that_it_is_an_object() -> None:
    mapping = {"type": "object", "properties": PROPERTIES}
    (source,) = read({"mappings": mapping})
    assert source.mappings == mapping


def test_several_types_are_several_models() -> None:
    found = read({"shop": {"mappings": {"product": MAPPING, "maker": MAPPING, "_default_": {}}}})
    assert [source.name for source in found] == ["shop-product", "shop-maker"]
    assert all("left out" in note for source in found for note in source.notes)


def test_a_legacy_template_says_that_its_pattern_is_no_index() -> None:
    for body in ({"index_patterns": ["logs-*", "old-*"], "order": 1}, {"template": "logs-*"}):
        (source,) = read_text(json.dumps({**body, "mappings": {"properties": {}}}), "x", "x.json")
        assert source.name == "logs"
        assert "called after the template's pattern" in source.notes[-1]


def test_what_a_template_is_composed_of_is_said() -> None:
    (source,) = read(
        {"index_patterns": ["a*"], "composed_of": ["base"], "template": {"mappings": MAPPING}}
    )
    assert "composed of base" in source.notes[0]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("{", "things.json:1:2: this is not JSON"),
        ("", "this is not JSON"),
        ("[1]", "it is a list"),
        ('"x"', "it is a single value"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": 1e999}', "the number 1e999 is too large"),
        ('{"a": -' + "9" * 5000 + "}", "a number has 5001 digits"),
        (r'{"\ud800": 1}', "half of a surrogate pair"),
        ("{}", "neither 'mappings' nor 'properties' is in it"),
        ('{"a": 1}', "neither 'mappings' nor 'properties'"),
        ('{"settings": {}}', "no mappings"),
        ('{"mappings": [1, 2]}', "'mappings' is a list"),
        ('{"mappings": "x"}', "'mappings' is no object"),
        ('{"mappings": {"a": 1}}', "neither 'properties' nor mapping types"),
        (
            '{"a": {"mappings": {"_source": {"full_name": "_source", "mapping": {}}, '
            '"b": {"full_name": "b", "mapping": {"b": {"type": "long"}}}}}}',
            "it is what GET index/_mapping/field answers",
        ),
        ('{"mappings": {"properties": [1], "_meta": {}}}', "'properties' is no object"),
        ('{"mappings": {}, "settings": 1}', "'settings' is no object"),
        ('{"error": {"reason": "no such index [x]"}, "status": 404}', "no such index [x]"),
        ('{"index_templates": []}', "neither"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "nests too deeply"),
    ],
)
def test_what_is_no_mapping(body: str, complaint: str) -> None:
    with pytest.raises(CommandError) as caught:
        read(body)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("things.json")


TEMPLATE: Any = {
    "index_patterns": ["logs-*"],
    "priority": 600,
    "template": {"mappings": MAPPING, "settings": {"number_of_replicas": 0}},
}
STREAM: Any = {
    "index_patterns": ["views-*"],
    "priority": 500,
    "version": 3,
    "data_stream": {"hidden": False, "allow_custom_routing": True},
    "composed_of": [],
    "created_date_millis": 1,
    "template": {"mappings": {"dynamic": "strict", "properties": {"@timestamp": {"type": "date"}}}},
}


def defined(body: Any) -> Any:
    (source,) = read(body)
    return define(source)


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (TEMPLATE, {"index": "logs-*", "write_to": "logs-app", "priority": 600}),
        (
            {"index_templates": [{"name": "logs-app", "index_template": TEMPLATE}]},
            {"index": "logs-*", "write_to": "logs-app", "priority": 600},
        ),
        (
            "PUT _index_template/logs-app\n" + json.dumps(TEMPLATE),
            {"index": "logs-*", "write_to": "logs-app", "priority": 600},
        ),
        (
            {"index_templates": [{"name": "Logs of all", "index_template": TEMPLATE}]},
            {"index": "logs-*", "write_to": "logs-app", "priority": 600},
        ),
        (
            {"index_templates": [{"name": "views", "index_template": STREAM}]},
            {
                "index": "views-*",
                "write_to": "views-app",
                "data_stream": True,
                "unchecked": {
                    "index_template": {"version": 3, "data_stream": {"allow_custom_routing": True}}
                },
            },
        ),
    ],
)
def test_an_index_template_is_a_model_whose_index_is_a_pattern(body: Any, keys: Any) -> None:
    data = defined(body).data
    own = ("index", "write_to", "data_stream", "priority", "unchecked")
    assert {key: data[key] for key in own if key in data} == keys
    if "data_stream" in keys:
        assert data["fields"]["@timestamp"]["required"] is True


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"index_patterns": ["a-*", "b-*"]}, "it has several, and a model has one"),
        ({"index_patterns": ["*"]}, "* is none that a model can have"),
        ({"index_patterns": ["logs"]}, "logs is none that a model can have"),
        ({"data_stream": {}}, "the mapping lacks the date @timestamp"),
    ],
)
def test_a_template_that_a_model_cannot_have_becomes_a_plain_model(change: Any, why: str) -> None:
    made = defined({**TEMPLATE, **change})
    assert "write_to" not in made.data
    assert any(why in line for line in made.head), made.head
