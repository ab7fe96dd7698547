"""Bulk requests: models as lines of NDJSON, what the server answers to each, and trying again.

The lines are made here rather than by the client, which takes half a second of CPU for 50,000 documents: with orjson
where it is installed, and then with datetimes as they are, which it formats itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..compile.functions import compile_writer
from .save import Refresh, is_same, version_arguments
from .steps import Pause, Request, Steps, back_off

if TYPE_CHECKING:
    from ..document import Document
    from .plan import Write

__all__ = ["Batch", "Encoding", "Item", "Lines", "send_steps"]

_ATTEMPTS = 8  # for documents that a busy server (429) turns away; 13 seconds of pauses together
_WHOLE = (
    400,
    413,
)  # an id that is too long, or too many bytes: refused for what one of the documents is alone to blame
_ANSWER = ["errors", "items.*.status", "items.*.error"]
_ID = "items.*._id"
_OF_VERSIONS = ("items.*._seq_no", "items.*._primary_term")
_WRITTEN = {"status": 200}


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
    """

    __slots__ = (
        "action",
        "answer",
        "condition",
        "document",
        "exception",
        "line",
        "model",
        "write",
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
        self.write = write
        self.line = line
        self.answer: dict[str, Any] = {}
        self.condition = version_arguments(model) if action == "update" else {}
        self.exception: BaseException | None = None

    @property
    def is_written(self) -> bool:
        status: int = self.answer.get("status", 0)
        return 200 <= status < 300

    @property
    def stored(self) -> Any:
        """The document as JSON has it."""
        return self.document if self.line is None else json.loads(self.line.split(b"\n")[1])

    def encoded(self, encodings: dict[type[Document], Encoding]) -> bytes:
        if self.line is not None:
            return self.line
        model = self.model
        cls = type(model)
        encoding = encodings.get(cls)
        if encoding is None:
            encoding = encodings[cls] = Encoding(cls)
        meta: dict[str, Any] = {"_index": cls.get_index(), **self.condition}
        if model.id is not None:
            meta["_id"] = model.id
        head = encoding.json({self.action: meta})
        if self.action == "delete":
            return head + b"\n"
        document = {"doc": self.document} if self.action == "update" else self.document
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

    def send_steps(self, refresh: Refresh) -> Steps[None]:
        return send_steps(self._items, refresh)


class Lines(Batch):
    """New documents, made into lines already. Items are only made of them where something went wrong: thousands are work for
    Python's collector.

    lines   the lines of each model
    body    all of them together, once they are complete
    asks    what the answer must hold beside errors: ids that the server makes, and versions
    """

    def __init__(self) -> None:
        super().__init__([])
        self.lines: list[bytes] = []
        self.body = b""
        self.asks: set[str] = set()
        self._written = False

    @property
    def items(self) -> list[Item]:
        if not self._items:
            self._items = [
                Item(model, "index" if model.id is None else "create", None, None, line)
                for model, line in zip(self.models, self.lines, strict=True)
            ]
        return self._items

    @property
    def is_written(self) -> bool:
        return self._written

    def send_steps(self, refresh: Refresh) -> Steps[None]:
        request = _request(type(self.models[0]), self.body, self.asks, refresh)
        try:
            response = yield request
        except Exception as failure:  # noqa: BLE001 - it is every document's, and the next chunk may fare better
            yield from _unanswered_steps(self.items, failure, refresh)
        else:
            if response.get("errors") is False and not self.asks:
                self._written = True
                return
            yield from _answered_steps(self.items, request, response)
        yield from _again_steps(self.items, refresh)


def send_steps(items: list[Item], refresh: Refresh) -> Steps[None]:
    """Send the items, those that a busy server turned away again and again, and put the answers on them."""
    if items:
        yield from _once_steps(items, refresh)
        yield from _again_steps(items, refresh)


def _again_steps(items: list[Item], refresh: Refresh) -> Steps[None]:
    pending = [item for item in items if item.answer.get("status") == 429]
    for attempt in range(1, _ATTEMPTS):
        if not pending:
            return
        yield Pause(back_off(attempt))
        yield from _once_steps(pending, refresh)
        pending = [item for item in pending if item.answer.get("status") == 429]


def _once_steps(items: list[Item], refresh: Refresh) -> Steps[None]:
    encodings: dict[type[Document], Encoding] = {}
    asks: set[str] = set()
    for item in items:
        asks.update(asked_of(item.model))
    body = b"".join([item.encoded(encodings) for item in items])
    request = _request(type(items[0].model), body, asks, refresh)
    try:
        response = yield request
    except Exception as failure:  # noqa: BLE001 - it is every document's, and the next chunk may fare better
        yield from _unanswered_steps(items, failure, refresh)
        return
    # A delete that found nothing is no error to the server, so each of those is looked at.
    if response.get("errors") is False and not asks and items[0].action != "delete":
        for item in items:
            item.answer, item.exception = _WRITTEN, None
        return
    yield from _answered_steps(items, request, response)


def asked_of(model: Document) -> Iterable[str]:
    """What the answer for this model must hold beside errors."""
    if model.id is None:
        yield _ID
    if type(model)._versioned:
        yield from _OF_VERSIONS


def _request(cls: type[Document], body: bytes, asks: set[str], refresh: Refresh) -> Request:
    request = Request(
        cls,
        "bulk",
        repeat="unsent" if _ID in asks else "noticed",
        operations=body,
        filter_path=[*_ANSWER, *sorted(asks)],
    )
    if refresh is not None:
        request.arguments["refresh"] = refresh
    return request


def _unanswered_steps(items: list[Item], failure: Exception, refresh: Refresh) -> Steps[None]:
    """Send halves where one of the documents is to blame; else the failure is every document's."""
    status = getattr(failure, "status_code", None)
    if status in _WHOLE and len(items) > 1:
        middle = len(items) // 2
        yield from _once_steps(items[:middle], refresh)
        yield from _once_steps(items[middle:], refresh)
        return
    for item in items:
        item.exception, item.answer = failure, {"status": status or 0}


def _answered_steps(items: list[Item], request: Request, response: Any) -> Steps[None]:
    for item, answered in zip(items, response["items"], strict=True):
        ((_, item.answer),) = answered.items()
        item.exception = None
    yield from _own_steps([item for item in items if _may_be_own(item, request)])


def _may_be_own(item: Item, request: Request) -> bool:
    doubt = item.write.doubt if item.write else None
    return (
        item.action == "create"
        and item.answer.get("status") == 409
        and (request.doubtful or bool(doubt and doubt.document))
    )


def _own_steps(items: list[Item]) -> Steps[None]:
    """Creates that found a document may have found their own, of an attempt that had no answer: those are written."""
    for item in items:
        found = yield Request(type(item.model), "get", id=item.model.id)
        doubt = item.write.doubt if item.write else None
        if is_same(found["_source"], item.stored, type(item.model)):
            item.answer = {**found, "status": 200}
        elif doubt and is_same(found["_source"], doubt.document, type(item.model)):
            item.action = "update"
            yield from _once_steps([item], None)
