"""Mappings of any shape for Hypothesis: every type and parameter of the table, and what nobody would write."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ecgen.elasticsearch.field_types import FIELD_TYPES

Json = Any

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "yes",
            "no",
            "on",
            "1",
            "1e3",
            "0x1",
            "true",
            "null",
            "~",
            "",
            " ",
            "a: b",
            "a #b",
            "- x",
            "{a}",
            "*a",
            "&a",
            "!x",
            "@t",
            "`",
            "%",
            "2024-01-01",
            "a\nb",
            "'",
            '"',
            "\\",
            "é",
            "😀",
            "\u2028",
            "\x85",
            "\ufeff",
            "<<",
            "=",
        ]
    )
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "id",
        "_class",
        "@timestamp",
        "timestamp",
        "class",
        "count",
        "size",
        "no",
        "yes",
        "type",
        "name",
        "properties",
        "fields",
        "description",
        "enum",
        "a.b",
        "a_b",
        "a-b",
        "1",
        "1x",
        "x y",
        "Größe",
        "日本",
        "self",
        "get",
        "unchecked",
    ]
) | st.from_regex(r"[a-zA-Z@#$][a-zA-Z0-9_@ -]{0,12}[a-z]", fullmatch=True)


def valid_values(schema: Json, name: str) -> st.SearchStrategy[Json]:
    """Values that a parameter's schema allows, roughly."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "boolean":
        return st.booleans() | st.sampled_from(["true", "false"])
    if kind == "integer":
        return st.integers(
            schema.get("minimum", 0), min(schema.get("maximum", 1000), 2**31 - 1)
        ) | st.just("5")
    if kind == "number":
        return st.integers(1, 1000) | st.floats(0.5, 100, allow_nan=False)
    if kind == "string":
        return st.sampled_from(["standard", "a b", "yes", "10"])
    return json_values


@st.composite
def fields(draw: st.DrawFn, depth: int = 0) -> Json:
    """One field: of a known type with its parameters, an object with or without a type, or something else entirely."""
    kind = draw(st.integers(0, 9))
    if kind < 3 and depth < 3:
        body: Json = draw(
            st.sampled_from(
                [{}, {"type": "object"}, {"type": "nested"}, {"type": "passthrough", "priority": 1}]
            )
        )
        body = dict(body)
        if draw(st.booleans()):
            body["dynamic"] = draw(
                st.sampled_from([True, False, "true", "false", "strict", "runtime"])
            )
        if draw(st.booleans()) or not body:
            body["properties"] = draw(st.dictionaries(names, fields(depth + 1), max_size=3))
        return body
    row = FIELD_TYPES[
        draw(st.sampled_from(sorted(set(FIELD_TYPES) - {"object", "nested", "passthrough"})))
    ]
    body = {"type": row.name}
    for name in draw(
        st.lists(
            st.sampled_from(sorted({*row.parameters, *row.required, "boost"})),
            max_size=4,
            unique=True,
        )
    ):
        if name == "fields":
            if depth < 4:
                body["fields"] = draw(st.dictionaries(names, fields(4), max_size=2))
        elif name == "properties":
            body["properties"] = draw(st.dictionaries(names, fields(4), max_size=2))
        elif name in row.parameters and draw(st.booleans()):
            body[name] = draw(valid_values(row.parameters[name].schema, name))
        else:
            body[name] = draw(json_values)
    if kind == 9:
        body["type"] = draw(st.sampled_from(["knn_vector", "string", "attachment"]))
    return body


@st.composite
def mappings(draw: st.DrawFn) -> Json:
    """A whole mapping."""
    body: Json = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "dynamic": st.sampled_from(
                    [True, False, "true", "false", "strict", "runtime", "strict_allow_templates"]
                ),
                "date_detection": st.booleans() | st.just("false"),
                "numeric_detection": st.booleans(),
                "dynamic_date_formats": st.lists(
                    st.sampled_from(["yyyy-MM-dd", "epoch_millis"]), max_size=2
                ),
                "dynamic_templates": st.lists(
                    st.dictionaries(
                        names,
                        st.dictionaries(
                            st.sampled_from(["match", "mapping", "path_match"]),
                            json_values,
                            max_size=2,
                        ),
                        min_size=1,
                        max_size=1,
                    ),
                    max_size=2,
                ),
                "runtime": st.dictionaries(
                    names,
                    st.fixed_dictionaries({"type": st.sampled_from(["long", "keyword"])}),
                    max_size=2,
                ),
                "_meta": st.dictionaries(st.text(max_size=5), json_values, max_size=2),
                "_source": st.fixed_dictionaries({"enabled": st.booleans()}),
                "_routing": st.fixed_dictionaries({"required": st.booleans()}),
                "_size": st.fixed_dictionaries({"enabled": st.booleans()}),
                "_all": json_values,
            },
        )
    )
    if draw(st.integers(0, 9)):
        body["properties"] = draw(st.dictionaries(names, fields(), max_size=5))
    return body
