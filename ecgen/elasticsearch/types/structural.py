"""Objects, and the types that relate fields and documents."""

from __future__ import annotations

from typing import Final

from ..parameters import (
    BOOLEAN,
    COUNT,
    DOC_VALUES,
    EAGER_GLOBAL_ORDINALS,
    FIELD_INDEX_OPTIONS,
    IGNORE_ABOVE,
    INDEX,
    META,
    PROPERTIES,
    SIMILARITY,
    SPLIT_QUERIES,
    STRING,
    SYNTHETIC_SOURCE_KEEP,
    flag,
    null_value,
    one_of,
)
from .row import FieldType, Parameter, rows, since, table, with_default

DYNAMIC: Final = Parameter(
    "dynamic",
    "How sub-fields that are not defined are handled; default: as in the enclosing object.",
    {"enum": [True, False, "true", "false", "strict", "runtime"]},
)
ENABLED: Final = flag("enabled", "Whether the object is parsed and indexed at all.", True)
SUBOBJECTS: Final = Parameter(
    "subobjects",
    "Whether dots in names make objects.",
    BOOLEAN,
    True,
    since="8.3",
)
STRUCTURES = rows(
    [
        FieldType(
            "object",
            "A JSON object with fields of its own.",
            table(PROPERTIES, DYNAMIC, ENABLED, SUBOBJECTS, SYNTHETIC_SOURCE_KEEP),
            data_type="Object",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            multi_field=False,
            sortable=False,
        ),
        FieldType(
            "nested",
            "Objects that are searched separately, as documents of their own.",
            table(
                PROPERTIES,
                DYNAMIC,
                ENABLED,
                flag(
                    "include_in_parent",
                    "Whether the fields are also added to the parent document.",
                    False,
                ),
                flag(
                    "include_in_root",
                    "Whether the fields are also added to the root document.",
                    False,
                ),
                # 8.19.21 refuses it here.
                since("9.0", SUBOBJECTS),
                # 9.5.3 refuses `arrays` here.
                SYNTHETIC_SOURCE_KEEP._replace(schema=one_of("none", "all")),
            ),
            data_type="Nested",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            multi_field=False,
            sortable=False,
        ),
        FieldType(
            "flattened",
            "A whole JSON object as one field, its leaves indexed as keywords.",
            table(
                Parameter("depth_limit", "How deep objects may nest.", COUNT, 20),
                DOC_VALUES,
                EAGER_GLOBAL_ORDINALS,
                IGNORE_ABOVE,
                INDEX,
                FIELD_INDEX_OPTIONS,
                null_value({"type": "string"}),
                SIMILARITY,
                SPLIT_QUERIES,
                Parameter(
                    "time_series_dimensions",
                    "The sub-fields that are dimensions of a time series.",
                    {"type": "array", "items": STRING},
                    [],
                    since="8.12",
                ),
                Parameter(
                    "preserve_leaf_arrays",
                    "What a synthetic `_source` keeps of arrays.",
                    one_of("lossy", "exact"),
                    "lossy",
                    since="9.4",
                ),
                Parameter(
                    "properties",
                    "Sub-fields that are mapped as fields of their own.",
                    {"$ref": "#/definitions/properties"},
                    {},
                    since="9.5",
                ),
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Flattened",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            since="7.3",
        ),
        FieldType(
            "passthrough",
            "An object whose sub-fields can also be named without it.",
            table(
                Parameter(
                    "priority",
                    "The priority if two objects have a sub-field of the same name; the higher one is used.",
                    {"type": "integer", "minimum": 0, "maximum": 2147483647},
                ),
                PROPERTIES,
                DYNAMIC,
                ENABLED,
                flag(
                    "time_series_dimension",
                    "Whether the sub-fields are dimensions of a time series.",
                    False,
                ),
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Passthrough",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            required=frozenset({"priority"}),
            since="8.13",
            multi_field=False,
            sortable=False,
        ),
        FieldType(
            "alias",
            "An alternative name of a field for searches; documents have no value for it.",
            table(Parameter("path", "The full name of the field.", STRING)),
            data_type="Alias",
            python="Any",
            accepts="Any",
            query="Any",
            json="none",
            required=frozenset({"path"}),
            multi_field=False,
            many=False,
            stored=False,
        ),
        FieldType(
            "join",
            "Parent and child documents in one index.",
            table(
                Parameter(
                    "relations",
                    "The names of children by the name of their parent.",
                    {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {
                            "anyOf": [
                                STRING,
                                {"type": "array", "items": STRING, "minItems": 1},
                            ]
                        },
                    },
                ),
                with_default(EAGER_GLOBAL_ORDINALS, True),
            ),
            data_type="JoinField",
            python="str | dict[str, Any]",
            accepts="str | Mapping[str, Any]",
            query="str",
            json="any",
            required=frozenset({"relations"}),
            module="parent-join",
            multi_field=False,
            many=False,
        ),
        FieldType(
            "percolator",
            "A stored query that is matched against documents.",
            table(META),
            data_type="Percolator",
            python="dict[str, Any]",
            accepts="Mapping[str, Any]",
            query="Any",
            json="object",
            module="percolator",
            multi_field=False,
            many=False,
            sortable=False,
        ),
    ]
)
