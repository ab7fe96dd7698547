"""JSON by orjson, where it is installed (`ecgen-es[fast]`), for the clients that we make."""

from __future__ import annotations

import functools
import json
from typing import Any

__all__ = ["fast_serializers"]


@functools.cache
def fast_serializers() -> dict[str, Any]:
    """What `Elasticsearch(serializers=…)` takes to read and write JSON with orjson; nothing where it is not installed."""
    try:
        import orjson
    except ImportError:
        return {}
    from elasticsearch import JsonSerializer

    class FastSerializer(JsonSerializer):
        """The client's serializer with orjson in the place of json, which takes over where orjson is stricter: keys that
        are no strings, lone surrogates, NaN in an answer. What orjson does otherwise, without saying so: it writes NaN as null,
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
