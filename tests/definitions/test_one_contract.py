"""The shipped model.schema.json decides: a change of a word in it changes which definitions are refused."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from ecgen.definitions import gate as gate_module
from ecgen.definitions.gate import BY_TYPE, MODEL, Gate
from ecgen.definitions.schema import PATH
from ecgen.pipeline import load_project

SCHEMA = json.loads(PATH.read_text(encoding="utf-8"))
FOR_EDITORS = {"$schema", "title", "description", "default", "patternErrorMessage", "examples"}
CHAIN = {"if", "then", "else", "allOf"}
TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
ANY: list[Any] = [None, True, False, 0, 1, -1, 3, 2.5, "", "a", "a.b", "A", "_a", "1", "true", "5s", "de", "id", "x" * 600, "a\n", "[", "{x", [], ["a"], [3], [["a"]], [1, 2], {}, {"a": 1}, {"a": "b"}, {"a": {}}, {"x" * 30: "a"}, {"x" * 21: "a"}]  # fmt: skip

Words = tuple[str | int, ...]


def words(part: Any, path: Words, names: bool = False) -> Iterator[Words]:
    """Yield every word that the gate reads: keys of `properties`, strings, numbers and flags."""
    if isinstance(part, dict):
        skipped = set() if names else FOR_EDITORS | (CHAIN if BY_TYPE in part else set())
        for key, each in part.items():
            if key not in skipped:
                if names:
                    yield (*path, "key", key)
                yield from words(each, (*path, key), not names and key in ("properties", BY_TYPE))
    elif isinstance(part, list):
        for position, each in enumerate(part):
            yield from words(each, (*path, position))
    else:
        yield path


def changed(name: str, path: Words) -> dict[str, Any]:
    """Return the schema with one word changed."""
    schema = copy.deepcopy(SCHEMA)
    here: Any = schema if name == MODEL else schema["definitions"][name]
    if len(path) > 1 and path[-2] == "key":
        for step in path[:-2]:
            here = here[step]
        renamed = {f"{key}z" if key == path[-1] else key: each for key, each in here.items()}
        here.clear()
        here.update(renamed)
        return schema
    for step in path[:-1]:
        here = here[step]
    old, last = here[path[-1]], path[-1]
    if last == "$ref":
        new: Any = "#/definitions/key.python" if "python" not in old else "#/definitions/fields"
    elif old in TYPES and (last == "type" or (len(path) > 1 and path[-2] == "type")):
        new = "boolean" if old != "boolean" else "array"
    elif isinstance(old, bool):
        new = not old
    elif isinstance(old, int | float):
        new = old + step_of(old)
    else:
        new = f"{old}z" if last != "pattern" else "^never$"
    here[last] = new
    return schema


def step_of(bound: float) -> float:
    """Return a difference that the bound's own precision can show."""
    return 1 if abs(bound) < 2**53 else abs(bound) / 8


def requirements(schema: Any) -> Iterator[str]:
    for part in (schema, schema.get("then", {}), schema.get("else", {}), *schema.get("allOf", ())):
        yield from part.get("required", ()) if isinstance(part, dict) else ()
        if part is not schema:
            yield from part.get("else", {}).get("required", ())


def valid(schema: Any) -> Any:
    return next((value for value in samples(schema) if PLAIN(schema).is_valid(value)), "a")


def PLAIN(schema: Any) -> Any:
    return jsonschema.Draft7Validator({**schema, "definitions": SCHEMA["definitions"]})


def samples(schema: Any, depth: int = 0, only: Words = ()) -> Iterator[Any]:
    """Return valid and invalid values for each part of a schema; `only` limits them to one of its properties."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        if depth < 2:
            yield from samples(SCHEMA["definitions"][schema["$ref"][14:]], depth + 1)
        return
    yield from ANY
    if depth > 1:
        return
    yield from schema.get("enum", ())
    yield from (f"{each}z" for each in schema.get("enum", ()) if isinstance(each, str))
    for bound in ("minimum", "maximum", "exclusiveMinimum"):
        if bound in schema:
            step = step_of(schema[bound])
            yield from (schema[bound] + step * times for times in (-1, -0.5, 0, 0.5, 1, 2))
    for count in (schema.get(key) for key in ("minLength", "maxLength", "minItems", "maxItems", "maxProperties", "minProperties")):  # fmt: skip
        if count is not None:
            for size in (count - 1, count, count + 1):
                yield "a" * max(size, 0)
                yield ["a"] * max(size, 0)
                yield [1] * max(size, 0)
                yield {f"a{number}": "a" for number in range(size)}
    needed = {
        key: valid(schema["properties"][key])
        for key in requirements(schema)
        if key in schema.get("properties", {})
    }
    if needed:
        yield needed
    for name, each in schema.get("properties", {}).items():
        if only[:1] == ("properties",) and name not in only[1:3]:
            continue
        values = list(samples(each, depth))
        if "const" in (each if isinstance(each, dict) else {}):
            values += [each["const"], f"{each['const']}z"]
        for value in values:
            yield {**needed, name: value}
        yield {**needed, f"{name}z": "a"}
    for name in needed:
        yield {key: value for key, value in needed.items() if key != name}
    for name in ("field", "_a", "id", "a..b"):
        for value in samples(schema.get("additionalProperties"), depth):
            yield {**needed, name: value}
    for value in samples(schema.get("items"), depth):
        yield [value]
        yield [value, value]
    for branch in schema.get("anyOf", ()):
        yield from samples(branch, depth)
    for key in ("if", "then", "else", "not"):
        yield from samples(schema.get(key), depth)
    for branch in schema.get("allOf", ()):
        yield from samples(branch, depth)
    for kind, branch in schema.get(BY_TYPE, {}).items():
        yield from (
            kind,
            {"type": kind},
            {"type": f"{kind}z"},
            {"type": f"{kind}z", "unchecked": {}},
        )
        for value in list(samples(branch, 1))[:: 1 if kind in ("", "*") else 7]:
            if isinstance(value, dict):
                yield value if not kind else {**value, "type": kind}


ALL = [
    (name, path)
    for name, part in [(MODEL, {**SCHEMA, "definitions": {}}), *SCHEMA["definitions"].items()]
    for path in words(part, ())
    if not {"if", "else"} & set(path)  # conditions about `unchecked`, which `samples` does not know
]
ORIGINAL = Gate(SCHEMA)


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_word_changes_what_is_refused(seed: int) -> None:
    unseen = []
    for name, path in random.Random(seed).sample(ALL, 40):
        part = SCHEMA if name == MODEL else SCHEMA["definitions"][name]
        other = Gate(changed(name, path))
        if all(
            ORIGINAL.takes(value, name) == other.takes(value, name)
            for value in samples(part, only=path)
        ):
            unseen.append((name, path))
    assert unseen == []


@pytest.mark.parametrize(
    ("old", "new", "text", "refused"),
    [
        ('"ignore_above": {"$ref"', '"ignore_abve": {"$ref"', "fields: {a: {type: keyword, ignore_above: 9}}", True),
        ('"exclusiveMinimum": 0', '"exclusiveMinimum": 200', "fields: {a: {type: scaled_float, scaling_factor: 100}}", True),
        ('["single", "multi", ', '["single", "multy", ', "fields: {b: long}\njoins: {a: {type: multi, target: A}}", True),
        ('"strict", "runtime"', '"strickt", "runtime"', "dynamic: strickt\nfields: {a: long}", False),
        ("(?!id$)", "(?!ident$)", "fields: {ident: long}", True),
        ('"maximum": 1024', '"maximum": 2', "settings: {number_of_shards: 3}\nfields: {a: long}", True),
        ('"standard", "time_series"', '"standart", "time_series"', "settings: {mode: standart}\nfields: {a: long}", False),
        ('"path_match": {', '"path_mtch": {', "dynamic_templates: [{a: {path_match: x, mapping: {type: long}}}]\nfields: {a: long}", True),
        ('"is_hidden": {', '"hidden": {', "aliases: {b: {hidden: true}}\nfields: {a: long}", False),
        ('"target_index": {', '"index": {', "runtime: {a: {type: lookup, target_index: x, input_field: y, target_field: z, fetch_fields: [q]}}\nfields: {a: long}", True),
    ],
)  # fmt: skip
def test_a_changed_word_changes_what_check_says(
    old: str, new: str, text: str, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def errors() -> bool:
        contents = {"a.yaml": f"model: A\n{text}\n".encode()}
        return any(each.severity == "error" for each in load_project(contents)[1])

    shipped = PATH.read_text(encoding="utf-8")
    assert old in shipped
    before = errors()
    monkeypatch.setattr(gate_module, "schema_text", lambda: shipped.replace(old, new))
    gate_module.gate.cache_clear()
    try:
        assert (before, errors()) == (not refused, refused)
    finally:
        monkeypatch.undo()
        gate_module.gate.cache_clear()


@pytest.mark.parametrize(
    ("valid", "alike"),
    [
        ({"type": "keyword", "ignore_above": 1}, {"type": "keyword", "ignore_above": True}),
        ({"type": "keyword", "ignore_above": 1}, {"type": "keyword", "ignore_above": 1.5}),
        ({"type": "text", "fields": {"raw": "keyword"}}, {"type": "text", "fields": {"raw": {"raw": "keyword"}}}),
        ({"type": "object", "properties": {"b": "long"}}, {"type": "object", "properties": {"b": "lang"}}),
        ({"type": "keyword", "required": True}, {"type": "text", "fields": {"raw": {"type": "keyword", "required": True}}}),
        ("keyword", "keywrd"),
        ("keyword", ["keyword"]),
    ],
)  # fmt: skip
def test_what_is_remembered_of_valid_fields_serves_equal_ones_only(valid: Any, alike: Any) -> None:
    one = Gate(SCHEMA)

    def refused(*written: Any) -> list[Any]:
        named = {f"field_{at}": each for at, each in enumerate(written)}
        return [each.path[:2] for each in one.refusals({"model": "A", "fields": named})]

    for _ in range(2):
        assert refused(valid, valid) == []
        assert set(refused(alike, valid, alike)) == {("fields", "field_0"), ("fields", "field_2")}
