"""Names of types, options and keys in Python, SQL, JSON Schema and other mappers, and what they are called here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ecgen.diagnostics.problems import near_miss

_TYPES: Final[Mapping[str, str]] = {
    "string": "did you mean 'keyword' (found as a whole) or 'text' (found by its words)?",
    "str": "did you mean 'keyword' (found as a whole) or 'text' (found by its words)?",
    "varchar": "did you mean 'keyword' (found as a whole) or 'text' (found by its words)?",
    "uuid": "did you mean 'keyword'?",
    "enum": "did you mean 'keyword' with 'enum: […]'?",
    "url": "did you mean 'keyword'?",
    "uri": "did you mean 'keyword'?",
    "email": "did you mean 'keyword'?",
    "char": "did you mean 'keyword'?",
    "int": "did you mean 'integer'?",
    "int32": "did you mean 'integer'?",
    "int64": "did you mean 'long'?",
    "bigint": "did you mean 'long'?",
    "uint64": "did you mean 'unsigned_long'?",
    "float32": "did you mean 'float'?",
    "float64": "did you mean 'double'?",
    "real": "did you mean 'float'?",
    "numeric": "did you mean 'scaled_float'?",
    "number": "did you mean 'long', 'double' or 'scaled_float'?",
    "decimal": "did you mean 'scaled_float'?",
    "money": "did you mean 'scaled_float'?",
    "datetime": "did you mean 'date'?",
    "timestamp": "did you mean 'date'?",
    "time": "did you mean 'date'?",
    "bool": "did you mean 'boolean'?",
    "timestamptz": "did you mean 'date'?",
    "bytes": "did you mean 'binary'?",
    "blob": "did you mean 'binary'?",
    "vector": "did you mean 'dense_vector'?",
    "embedding": "did you mean 'dense_vector'?",
    "dict": "did you mean 'object' or 'flattened'?",
    "json": "did you mean 'object' or 'flattened'?",
    "map": "did you mean 'object' or 'flattened'?",
    "list": "Elasticsearch has no arrays; give the type of the members and 'many: true'",
    "array": "Elasticsearch has no arrays; give the type of the members and 'many: true'",
}
FOREIGN_PARAMETERS: Final[Mapping[str, str]] = {
    "boost": "boosts belong into the query since Elasticsearch 8",
    "include_in_all": "the _all field is gone; use 'copy_to'",
    "precision_step": "it is gone since Elasticsearch 5; leave it out",
    "choices": "did you mean 'enum'?",
    "options": "did you mean 'enum'?",
    "desc": "did you mean 'description'?",
    "doc": "did you mean 'description'?",
    "help": "did you mean 'description'?",
    "nullable": "a field may be absent unless it has 'required: true'",
    "optional": "a field may be absent unless it has 'required: true'",
    "list": "did you mean 'many'?",
    "unique": "only ids are unique: name the field in 'compute_id'",
    "primary_key": "only ids are unique: name the field in 'compute_id'",
    "max_length": "lengths are not limited; 'ignore_above' of a keyword leaves longer values out of the index",
    "auto_now": "did you mean 'auto: updated'?",
    "auto_now_add": "did you mean 'auto: created'?",
    "scale": "did you mean 'scaling_factor'?",
    "multiple": "did you mean 'many'?",
    "fielddata_frequency": "did you mean 'fielddata_frequency_filter'?",
}
MODEL_KEYS: Final[Mapping[str, str]] = {
    "name": "model",
    "class": "model",
    "title": "model",
    "inherits": "extends",
    "parents": "extends",
    "mixins": "extends",
    "columns": "fields",
    "attributes": "fields",
    "relations": "joins",
    "relationships": "joins",
    "ordering": "sort",
    "order_by": "sort",
}
JOIN_KEYS: Final[Mapping[str, str]] = {
    "model": "target",
    "to": "target",
    "back_populates": "inverse",
    "backref": "inverse",
    "related_name": "inverse",
}


def foreign_type(name: str) -> str | None:
    """Return a hint for a type of another language, such as `int64` or `varchar(255)`; None if it is not known."""
    return _TYPES.get(re.split(r"[(\[?]", name.lower())[0])


def stands_for(key: str, wanted: str, foreign: Mapping[str, str]) -> bool:
    """Return whether a key is `wanted`, misspelt or by another language's name."""
    return foreign.get(key) == wanted or near_miss(key, [wanted]) is not None
