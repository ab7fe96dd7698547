"""Bulk requests: serialize models to lines of NDJSON, and read the server's answer to each.

The lines are built here rather than by the client, which takes half a second of CPU for 50,000 documents. orjson is
used where it is installed; it also formats datetimes itself.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from ..base_document import BaseDocument
from ..compile.first_use import is_compiled
from ..place import GIVEN, Place
from .places import routing_arguments
from .planned import Write


class Encoding:
    """How the documents of a class are serialized: by its client's serializer, or by orjson in its place.

    Only the client's own serializers are replaced; a custom serializer of the program is always used.
    """

    def __init__(self, cls: type[BaseDocument]) -> None:
        es = cls._es_namespace.get_es()  # type: ignore[attr-defined]
        serializer = es.transport.serializers.get_serializer("application/json")
        by_client: Callable[[Any], bytes] = serializer.dumps
        self.line: Callable[[Any], bytes] = lambda value: by_client(value) + b"\n"
        self._document: Callable[[Any], Any] = _kept_document
        if orjson := _orjson_for(serializer):
            dumps, default, option = orjson.dumps, serializer.default, orjson.OPT_APPEND_NEWLINE

            def encode(value: Any) -> bytes:
                try:
                    return dumps(value, default, option)  # type: ignore[no-any-return]
                except TypeError:  # such as keys that are not strings
                    return by_client(value) + b"\n"

            self.line = encode
            if is_compiled(cls, "_document"):
                self._document = cls._native_document
        self._is_routed = cls._routing is not None
        self.destination: dict[str, Any] = {"_index": cls.get_write_index()}
        if cls._write_to and not cls._is_stream:
            # Without it a server makes a plain index in place of an alias that is missing.
            self.destination["require_alias"] = True
        into = json.dumps(self.destination, separators=(",", ":"))[:-1]
        self._create = f'{{"create":{into},"_id":'
        # The request names the index, too: a tenth of its bytes.
        self._create_here = self._create if len(self.destination) > 1 else '{"create":{"_id":'
        self._without_id = f'{{"create":{into}}}}}\n'.encode()

    def lines(self, write: Write) -> bytes:
        """Return the line of a delete, or the two lines of any other write."""
        if write.line is not None:
            return write.line
        index = {"_index": write.index} if write.index else self.destination
        routing = routing_arguments(write.model, write.action == "delete")
        head = self._head(write.action, write.model, {**index, **routing, **write.condition})
        if write.action == "delete":
            return head
        return head + self.line(write.body)

    def _head(self, action: str, model: BaseDocument, arguments: dict[str, Any]) -> bytes:
        if model.id is not None:
            arguments["_id"] = model.id
        return self.line({action: arguments})

    def new(self, model: BaseDocument, here: bool) -> bytes:
        """Return the two lines that create a document of `model`, and record it as stored; `_seen` is restored if it is not
        written. `here`: in the index that the request names."""
        document = self.line(self._document(model))
        if self._is_routed:
            routing = routing_arguments(model)
            model._place = Place(None, routing["routing"])  # restored likewise
            return self._head("create", model, {**self.destination, **routing}) + document
        if model.id is None:
            return self._without_id + document
        head = f"{self._create_here if here else self._create}{_text(model.id)}}}}}\n"
        # One string of the right length; orjson's own is shrunk, and leaves a hole of its size in the memory.
        return head.encode() + document


def _kept_document(model: BaseDocument) -> dict[str, Any]:
    document = model._document()
    model._seen = model._snapshot()
    return document


def forget(model: BaseDocument, left: Any) -> None:
    """Undo what building its lines recorded on a new model; `left` is what its `_seen` was before."""
    with contextlib.suppress(AttributeError):
        del model._seen
        if type(model)._routing not in (None, GIVEN):
            del model._place
    if left is not None:
        model._seen = left


_text = json.encoder.encode_basestring_ascii


def _orjson_for(serializer: Any) -> Any:
    """Return the orjson module if it is installed and can replace `serializer`."""
    package = type(serializer).__module__.partition(".")[0]
    own = ("elasticsearch", "elastic_transport", __package__.partition(".")[0])
    if package not in own or not hasattr(serializer, "default"):
        return None
    try:
        import orjson
    except ImportError:
        return None
    return orjson


class Encodings(dict[type[BaseDocument], Encoding]):
    """By class, each made when it is first needed."""

    def __missing__(self, cls: type[BaseDocument]) -> Encoding:
        made = self[cls] = Encoding(cls)
        return made


class Batch:
    """The documents of one request.

    lines    new documents may be serialized at once; `writes` are then created only after an error, because thousands
             of objects slow down Python's garbage collector
    left     for each of these the value of its model's `_seen` before
    stamped  by the Python id of a model, the dates that were stamped (see Write)
    is_written  all documents are known to be written, without looking at single ones
    """

    def __init__(self, writes: Iterable[Write] = ()) -> None:
        self._writes = list(writes)
        self.models: list[Any] = [write.model for write in self._writes]
        self.lines: list[bytes] = []
        self.left: list[Any] = []
        self.stamped: dict[int, dict[str, Any]] = {}
        self.is_written = False

    @property
    def writes(self) -> list[Write]:
        if self.lines and not self._writes:
            writes = []  # assigned at the end, so that an interrupt leaves none out
            for model, line, left in zip(self.models, self.lines, self.left, strict=True):
                write = Write(model, update=False)
                write.given_id, write.line, write.left = None, line, left
                write.stamped = self.stamped.get(id(model), {})
                write.aim()
                writes.append(write)
            self._writes = writes
        return self._writes
