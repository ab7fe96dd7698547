"""JSON for the clients that this package creates: read with msgspec, and written with orjson if it is installed
(`ecgen-es[fast]`).

A request may have a decoder, which reads the bytes of its answer straight into models.
"""

from __future__ import annotations

import contextvars
import functools
import json
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias


class DecodedPage(NamedTuple):
    """The body of a search's answer that a decoder turned into structs.

    cursor   the sort values of the last hit, if it has any
    read     makes the models of the hits; ValueError for what only dicts can hold
    data     the answer as it was received
    """

    hits: list[Any]
    cursor: list[Any] | None
    pit: str | None
    read: Callable[[list[Any]], list[Any]]
    data: bytes


Decoder: TypeAlias = Callable[[bytes], Any]
"""Returns the body of an answer, a DecodedPage or a dict. ValueError or msgspec.DecodeError for an answer that it cannot read,
such as an error."""

answer_decoder: contextvars.ContextVar[Decoder | None] = contextvars.ContextVar(
    "ecgen_answer_decoder", default=None
)
"""The decoder of the current request: the client passes its serializer nothing but the bytes."""


def read_json(data: bytes) -> Any:
    """Return what the text says. ValueError for a text that is no JSON."""
    import msgspec

    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError):
        return json.loads(data)


@functools.cache
def fast_serializers() -> dict[str, Any]:
    """Return the argument of `Elasticsearch(serializers=…)` to read and write JSON faster than with json."""
    import msgspec
    from elasticsearch.serializer import JsonSerializer, NdjsonSerializer

    try:
        import orjson
    except ImportError:
        orjson = None  # type: ignore[assignment]

    class FastSerializer(JsonSerializer):
        """The client's serializer; json is used where the others are stricter: keys that are not strings, lone
        surrogates, NaN in an answer. orjson differs silently in one way: it writes NaN as null, which no field type
        can hold."""

        def json_dumps(self, data: Any) -> bytes:
            if orjson is not None:
                try:
                    return orjson.dumps(data, self.default)
                except TypeError:
                    pass
            return super().json_dumps(data)

        def json_loads(self, data: bytes) -> Any:
            decode = answer_decoder.get()
            if decode is not None:
                answer_decoder.set(None)  # a data type's own hook may send requests
                try:
                    return decode(data)
                except (msgspec.DecodeError, ValueError):
                    pass
            return read_json(data)

    class FastNdjsonSerializer(NdjsonSerializer):
        """The client's serializer, which does not copy twice what is complete already: a tenth of what a bulk takes
        the client."""

        def dumps(self, data: Any) -> bytes:
            if isinstance(data, bytes) and data.endswith(b"\n"):
                return data
            return super().dumps(data)

    return {"application/json": FastSerializer(), "application/x-ndjson": FastNdjsonSerializer()}
