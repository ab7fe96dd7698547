"""Types that index something derived from the value: suggestions, counts, hashes."""

from __future__ import annotations

from ..number_ranges import WHOLE
from ..parameters import (
    ANALYZER,
    COPY_TO,
    DOC_VALUES,
    FIELDS,
    INDEX,
    META,
    POSITIVE,
    SEARCH_ANALYZER,
    STORE,
    STRING,
    SYNTHETIC_SOURCE_KEEP,
    flag,
    null_value,
    one_of,
)
from .row import FieldType, Parameter, rows, table, with_default

DERIVED = rows(
    [
        FieldType(
            "token_count",
            "The number of words of a string; read back, it is the string that was sent.",
            table(
                Parameter("analyzer", "The analyzer whose words are counted.", STRING),
                flag("enable_position_increments", "Whether positions without a word count.", True),
                DOC_VALUES,
                INDEX,
                null_value(
                    {
                        "type": "integer",
                        "minimum": WHOLE["integer"][0],
                        "maximum": WHOLE["integer"][1],
                    }
                ),
                STORE,
                FIELDS,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="TokenCount",
            python="str | int",
            accepts="str | int",
            query="int",
            json="string",
            required=frozenset({"analyzer"}),
            module="mapper-extras",
        ),
        FieldType(
            "completion",
            "Suggestions completed while typing: a string, a list of them, or `{input, weight}`.",
            table(
                with_default(ANALYZER, "simple"),
                SEARCH_ANALYZER,
                flag("preserve_separators", "Whether separators count.", True),
                flag("preserve_position_increments", "Whether stop words leave a gap.", True),
                Parameter("max_input_length", "The longest input that is indexed.", POSITIVE, 50),
                Parameter(
                    "contexts",
                    "Categories or places that filter suggestions.",
                    {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "properties": {
                                "name": STRING,
                                "type": one_of("category", "geo"),
                                "path": STRING,
                                "precision": {"anyOf": [STRING, {"type": "number", "minimum": 0}]},
                            },
                            "required": ["name", "type"],
                            "additionalProperties": False,
                        },
                    },
                ),
                FIELDS,
                COPY_TO,
                META,
                SYNTHETIC_SOURCE_KEEP,
            ),
            data_type="Completion",
            python="str | list[str] | dict[str, Any]",
            accepts="str | Sequence[str] | Mapping[str, Any]",
            query="str",
            json="any",
            sortable=False,
        ),
        FieldType(
            "murmur3",
            "A hash of the value, for counting distinct ones.",
            table(STORE, FIELDS, COPY_TO, META),
            data_type="Murmur3",
            python="Any",
            accepts="Any",
            query="Any",
            json="any",
            module="mapper-murmur3",
        ),
    ]
)
