"""JSON by orjson, if it is installed (`ecgen-es[fast]`), for the clients that this package creates."""

from __future__ import annotations

import functools
import json
from typing import Any

__all__ = ["fast_serializers"]


@functools.cache
def fast_serializers() -> dict[str, Any]:
    """Return the argument of `Elasticsearch(serializers=…)` to read and write JSON with orjson; empty if it is not
    installed."""
    try:
        import orjson
    except ImportError:
        return {}
    from elasticsearch import JsonSerializer

    class FastSerializer(JsonSerializer):
        """The client's serializer with orjson instead of json; json is used where orjson is stricter: keys that are
        not strings, lone surrogates, NaN in an answer. orjson differs silently in two ways: it writes NaN as null,
        and reads whole numbers of more than 64 bits as floats; no field type can hold either."""

        def json_dumps(self, data: Any) -> bytes:
            try:
                return orjson.dumps(data, self.default)
            except TypeError:
                return super().json_dumps(data)

        def json_loads(self, data: bytes) -> Any:
            try:
                return orjson.loads(data)
            except ValueError:
                return json.loads(data)

    return {"application/json": FastSerializer()}
