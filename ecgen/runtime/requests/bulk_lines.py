"""Bulk requests: models as lines of NDJSON, and what the server answers to each.

The lines are made here rather than by the client, which takes half a second of CPU for 50,000 documents: with orjson
where it is installed, and then with datetimes as they are, which it formats itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..compile.functions import compile_writer
from .bulk_send import send_lines_steps, send_steps
from .doubts import seen_version
from .patience import WRITE, has_block, transient
from .places import Place, routing_arguments
from .plan import Write
from .save import RETRY_ON_CONFLICT, Refresh, replacing, version_arguments
from .steps import Steps

if TYPE_CHECKING:
    from ..document import Document

__all__ = ["Batch", "Encoding", "Item", "Lines"]


class Encoding:
    """How a class's documents become lines: what its client serializes with, or orjson in its place.

    Only the client's own serializers are replaced; one that the program brought does all the work.
    """

    def __init__(self, cls: type[Document]) -> None:
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
                except TypeError:  # keys that are no strings, and what else orjson alone refuses
                    return by_client(value)

            self.json = encode
            if cls._compiles_document():
                self.document = compile_writer(cls, native_dates=True)
        index = json.dumps(cls.get_index())
        self._create = f'{{"create":{{"_index":{index},"_id":'
        self._index = f'{{"index":{{"_index":{index}}}}}\n'.encode()

    def new(self, model: Document) -> bytes:
        """The two lines that make a new document of `model`."""
        document: bytes = self.json(self.document(model))
        model._seen = model._snapshot()  # taken back where it is not written
        if type(model)._routing is not None:
            routing = routing_arguments(model)
            model._place = Place(None, routing["routing"])  # so is this
            meta = {"_index": type(model).get_index(), **routing}
            action = "index" if model.id is None else "create"
            if model.id is not None:
                meta["_id"] = model.id
            return self.json({action: meta}) + b"\n" + document + b"\n"
        if model.id is None:
            return self._index + document + b"\n"
        head = f"{self._create}{_text(model.id)}}}}}\n"
        return b"".join((head.encode(), document, b"\n"))


_text = json.encoder.encode_basestring_ascii


def _orjson_for(serializer: Any) -> Any:
    """The orjson module, where it is installed and may stand in for `serializer`."""
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

    line   its lines as they are sent, where they are made already
    again  its request had no answer, and may be sent again
    hopeless  its request failed, and those of others will
    stamped   see Write
    left      what its model was not given
    index     where it is written, if not where the class says; is_hinted: the model remembers it
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
        model: Document,
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
        """Whether it is written on the condition that the document is as the model read it."""
        return type(self.model)._versioned and "if_seq_no" in self.condition

    @property
    def overwrites(self) -> bool:
        return self._write is not None and self._write.overwrite

    @property
    def is_turned_away(self) -> bool:
        """Whether the server may take it a little later."""
        if self.exception is not None:
            return self.again
        status = self.answer.get("status", 0)
        if self.model.id is None and status >= 500:  # sent twice it might make two documents
            return False
        return transient(status, self.answer.get("error"))

    @property
    def is_blocked(self) -> bool:
        """Whether its index is write-blocked."""
        return has_block(self.answer.get("error"), WRITE)

    @property
    def write(self) -> Write:
        """Made only now where the lines were made first: of most documents nothing needs to be known."""
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
        """Put it in the place of a document that an earlier attempt made."""
        if self.action == "delete":
            self.condition = seen_version(found)
            return
        arguments = replacing(found, self.write)
        self.action, self.line = "index", None
        self.index, self.document = arguments.pop("index"), arguments.pop("document")
        del arguments["id"]
        self.condition = arguments

    def encoded(self, encodings: dict[type[Document], Encoding]) -> bytes:
        if self.line is not None:
            return self.line
        model = self.model
        cls = type(model)
        encoding = encodings.get(cls)
        if encoding is None:
            encoding = encodings[cls] = Encoding(cls)
        meta: dict[str, Any] = {
            "_index": self.index or cls.get_index(),
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
    """What goes into one request of its own, and the models that it is of."""

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
        """Whether all of it is known to be written, without a look at each."""
        return False

    def send_steps(self, refresh: Refresh) -> Steps[str | None]:
        """Send it; the answers are on its items then. Why the server took it not, where it will not take others either."""
        return send_steps(self._items, refresh)


class Lines(Batch):
    """New documents, made into lines already. Items are only made of them where something went wrong: thousands are work for
    Python's collector.

    lines   the lines of each model
    body    all of them together, once they are complete
    left     what each model was not given, in their order
    stamped  by the Python id of a model, the dates that were stamped (see Write)
    asks    what the answer must hold beside errors: ids that the server makes, and versions
    written  all of it is known to be written
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
                Item(model, "index" if model.id is None else "create", None, None, line)
                for model, line in zip(self.models, self.lines, strict=True)
            ]
            for item, left in zip(self._items, self.left, strict=True):
                item.left, item.stamped = left, self.stamped.get(id(item.model), {})
        return self._items

    @property
    def is_written(self) -> bool:
        return self.written

    def send_steps(self, refresh: Refresh) -> Steps[str | None]:
        return send_lines_steps(self, refresh)
