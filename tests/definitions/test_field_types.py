"""The table of field types, compared with the official client's classes and checked for consistency."""

from __future__ import annotations

import inspect

import pytest
from elasticsearch.dsl import field as dsl

from ecgen.definitions.gate import gate
from ecgen.definitions.phrases import expectation
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET

CLIENT = {
    cls.name: cls
    for cls in vars(dsl).values()
    if inspect.isclass(cls) and issubclass(cls, dsl.Field) and cls.name
}
NO_TYPES = {"custom": "the client's own class for types that it does not know"}
NOT_IN_THE_CLIENT = {"annotated_text": "of the plugin mapper-annotated-text"}

# Parameters in the client's signatures that servers refuse or that only the client uses.
NOT_PARAMETERS = {
    "properties": "inherited from a common base; only object-like types take it",
    "ignore_above": "the same; only keyword-like types take it",
    "dynamic": "the same; only object-like types take it",
    "fields": "the same",
    "synthetic_source_keep": "the same; refused by the types that have no such choice",
    "meta": "the same; object, nested and alias refuse it",
    "copy_to": "the same; object, nested, join and others refuse it",
    "store": "the same",
    "doc_values": "the same",
    "index": "the client's vectors of old",
    "boost": "gone since Elasticsearch 8",
    "fielddata": "of text alone since Elasticsearch 5; dates and booleans refuse it",
    "precision_step": "gone since Elasticsearch 5",
    "doc_class": "the client's own: a class of inner documents",
    "default_timezone": "the client's own: how it reads dates",
    "dtype": "the client's own: a numpy type",
    "coerce": "unsigned_long's mapper has none",
    "script": "scaled_float's and unsigned_long's mappers have none",
    "on_script_error": "the same",
    "null_value": "the same",
}  # fmt: skip


def test_every_type_of_the_client_is_here_and_the_other_way_round() -> None:
    assert set(CLIENT) - set(NO_TYPES) == set(FIELD_TYPES) - set(NOT_IN_THE_CLIENT)


@pytest.mark.parametrize("name", sorted(set(CLIENT) & set(FIELD_TYPES)))
def test_every_parameter_of_the_client_is_here_or_has_a_reason(name: str) -> None:
    named = {
        parameter.name
        for parameter in inspect.signature(CLIENT[name].__init__).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        and parameter.name not in ("self", "args")
    }
    assert named - set(FIELD_TYPES[name].parameters) <= set(NOT_PARAMETERS)


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_a_row_is_consistent(name: str) -> None:
    row = FIELD_TYPES[name]
    assert row.name == name
    assert row.required <= set(row.parameters)
    assert row.description.endswith(".")
    for key, parameter in row.parameters.items():
        assert parameter.name == key
        assert parameter.description.endswith((".", "`).")) or parameter.description.endswith(".")
        assert expectation(parameter.schema) or "$ref" in parameter.schema
        if parameter.default is not UNSET and parameter.default is not None:
            field = {"type": name, key: parameter.default}
            refused = [each.path[:1] for each in gate().refusals(field, "mapping")]
            assert (key,) not in refused, (key, parameter.default)


def test_every_type_has_a_runtime_class() -> None:
    from ecgen import runtime

    assert [row.name for row in FIELD_TYPES.values() if not hasattr(runtime, row.data_type)] == []
