"""Bulk requests: serialize models to lines of NDJSON, and read the server's answer to each.

The lines are built here rather than by the client, which takes half a second of CPU for 50,000 documents. orjson is
used where it is installed; it also formats datetimes itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..base_document import BaseDocument
from ..compile.functions import compile_writer
from ..place import Place
from .doubts import seen_version
from .patience import WRITE, has_block, transient
from .places import routing_arguments
from .planned import Write
from .save import RETRY_ON_CONFLICT, replacing, version_arguments

__all__ = ["Batch", "Encoding", "Item", "Lines"]


class Encoding:
    """How the documents of a class are serialized: by its client's serializer, or by orjson in its place.

    Only the client's own serializers are replaced; a custom serializer of the program is always used.
    """

    def __init__(self, cls: type[BaseDocument]) -> None:
        es = cls._es_namespace.get_es()  # type: ignore[attr-defined]
        serializer = es.transport.serializers.get_serializer("application/json")
        by_client: Callable[[Any], bytes] = serializer.dumps
        self.json: Callable[[Any], bytes] = by_client
        self.document: Callable[[Any], Any] = cls._document
        if orjson := _orjson_for(serializer):
            dumps, default = orjson.dumps, serializer.default

            def encode(value: Any) -> bytes:
                try:
                    return dumps(value, default)  # type: ignore[no-any-return]
                except TypeError:  # such as keys that are not strings
                    return by_client(value)

            self.json = encode
            if cls._compiles_document():
                self.document = compile_writer(cls, native_dates=True)
        self.destination: dict[str, Any] = {"_index": cls.get_write_index()}
        if cls._write_to and not cls._is_stream:
            # Without it a server makes a plain index in place of an alias that is missing.
            self.destination["require_alias"] = True
        into = json.dumps(self.destination, separators=(",", ":"))[:-1]
        self._create = f'{{"create":{into},"_id":'
        self._without_id = f'{{"create":{into}}}}}\n'.encode()

    def new(self, model: BaseDocument) -> bytes:
        """Return the two lines that create a document of `model`."""
        document: bytes = self.json(self.document(model))
        model._seen = model._snapshot()  # restored if the document is not written
        if type(model)._routing is not None:
            routing = routing_arguments(model)
            model._place = Place(None, routing["routing"])  # restored likewise
            meta = {**self.destination, **routing}
            if model.id is not None:
                meta["_id"] = model.id
            return self.json({"create": meta}) + b"\n" + document + b"\n"
        if model.id is None:
            return self._without_id + document + b"\n"
        head = f"{self._create}{_text(model.id)}}}}}\n"
        return b"".join((head.encode(), document, b"\n"))


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


class Item:
    """One document of a bulk request and its answer.

    line      its serialized lines, where they exist already
    again     its request had no answer, and may be repeated
    hopeless  its request failed, and requests of others will fail likewise
    stamped   see Write
    left      fields that its model was not given
    index     the index to write to, if not that of the class; is_hinted: it is the one that the model remembers
    """

    __slots__ = (
        "_write",
        "action",
        "again",
        "answer",
        "condition",
        "document",
        "exception",
        "hopeless",
        "index",
        "is_hinted",
        "left",
        "line",
        "model",
        "stamped",
    )

    def __init__(
        self,
        model: BaseDocument,
        action: str,
        document: Any,
        write: Write | None,
        line: bytes | None = None,
    ) -> None:
        self.model = model
        self.action = action
        self.document = document
        self.index: str | None = None
        self.is_hinted = False
        self.line = line
        self.again = self.hopeless = False
        self.stamped: dict[str, Any] = {}
        self.left: Any = None
        self._write = write
        self.answer: dict[str, Any] = {}
        self.condition: dict[str, Any] = {}
        if action in ("update", "delete"):
            self.condition = version_arguments(model)
        if action == "update" and not self.condition:
            self.condition = {"retry_on_conflict": RETRY_ON_CONFLICT}
        self.exception: BaseException | None = None

    @property
    def is_written(self) -> bool:
        status: int = self.answer.get("status", 0)
        return self.exception is None and 200 <= status < 300

    @property
    def is_versioned(self) -> bool:
        """Return whether the write requires that the document is unchanged since the model read it."""
        return type(self.model)._versioned and "if_seq_no" in self.condition

    @property
    def overwrites(self) -> bool:
        return self._write is not None and self._write.overwrite

    @property
    def is_turned_away(self) -> bool:
        """Return whether the server may accept the item later."""
        if self.exception is not None:
            return self.again
        status = self.answer.get("status", 0)
        if self.model.id is None and status >= 500:  # repeated, it might create two documents
            return False
        return transient(status, self.answer.get("error"))

    @property
    def is_blocked(self) -> bool:
        """Return whether the item's index is write-blocked."""
        return has_block(self.answer.get("error"), WRITE)

    @property
    def write(self) -> Write:
        """Return the item's Write, built on first access when the lines were serialized first: most documents never
        need it."""
        if self._write is None:
            self._write = write = Write(
                self.model, self.action in ("update", "delete"), self.action == "delete"
            )
            if self.line is not None:
                write.stamped = self.stamped
                write.given_id = None
                write.document = json.loads(self.line.split(b"\n")[1])
        return self._write

    def replace(self, found: Any) -> None:
        """Overwrite the document that an earlier attempt created."""
        if self.action == "delete":
            self.condition = seen_version(found)
            return
        arguments = replacing(found, self.write)
        self.action, self.line = "index", None
        self.index, self.document = arguments.pop("index"), arguments.pop("document")
        del arguments["id"]
        self.condition = arguments

    def encoded(self, encodings: dict[type[BaseDocument], Encoding]) -> bytes:
        if self.line is not None:
            return self.line
        model = self.model
        cls = type(model)
        encoding = encodings.get(cls)
        if encoding is None:
            encoding = encodings[cls] = Encoding(cls)
        meta: dict[str, Any] = {
            **({"_index": self.index} if self.index else encoding.destination),
            **routing_arguments(model, self.action == "delete"),
            **self.condition,
        }
        if model.id is not None:
            meta["_id"] = model.id
        head = encoding.json({self.action: meta})
        if self.action == "delete":
            return head + b"\n"
        document = {"doc": self.document} if self.action == "update" else self.document
        if self.action == "update" and self.overwrites:
            document["upsert"] = self.write.upsert
        return b"".join((head, b"\n", encoding.json(document), b"\n"))


class Batch:
    """The content of one request, and the models it contains."""

    def __init__(self, items: list[Item]) -> None:
        self._items = items
        self.models: list[Any] = [item.model for item in items]

    def __len__(self) -> int:
        return len(self.models)

    @property
    def items(self) -> list[Item]:
        return self._items

    @property
    def is_written(self) -> bool:
        """Return whether the whole batch is known to be written, without looking at single items."""
        return False


class Lines(Batch):
    """New documents, already serialized. Items are created only after an error, because thousands of objects slow
    down Python's garbage collector.

    lines    the lines of each model
    body     all lines joined, once they are complete
    left     the fields that each model was not given, in the order of models
    stamped  by the Python id of a model, the dates that were stamped (see Write)
    asks     what the response must contain besides errors: ids made by the server, and versions
    written  all documents are known to be written
    """

    def __init__(self) -> None:
        super().__init__([])
        self.lines: list[bytes] = []
        self.body = b""
        self.left: list[Any] = []
        self.stamped: dict[int, dict[str, Any]] = {}
        self.asks: set[str] = set()
        self.written = False

    @property
    def items(self) -> list[Item]:
        if not self._items:
            self._items = [
                Item(model, "create", None, None, line)
                for model, line in zip(self.models, self.lines, strict=True)
            ]
            for item, left in zip(self._items, self.left, strict=True):
                item.left, item.stamped = left, self.stamped.get(id(item.model), {})
        return self._items

    @property
    def is_written(self) -> bool:
        return self.written
