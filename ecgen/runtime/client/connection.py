"""The functions that send requests to a server."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..base_document import BaseDocument
from ..errors import MissingIndexError, WrongAnswerError
from ..namespace import Namespace
from ..requests.patience import READ_PAUSES, Retries, has_lost_shards
from ..requests.steps import Finish, Items, Pause, Request, Start, Steps
from ..requests.vectors import asking_client, may_ask, note_refusal
from ..signalled import raise_signalled
from . import client_errors
from .methods import ClientMethods
from .primitives import call, finish, sleep, start, take
from .serializers import DecodedPage, answer_decoder

T = TypeVar("T")


def run(steps: Steps[T], failure: BaseException | None = None) -> T:
    """Run the steps: send what they yield, and return what they return."""
    answer: Any = None
    try:
        while True:
            try:
                while True:  # within, so that no interrupt falls between two steps
                    step = steps.throw(failure) if failure else steps.send(answer)
                    answer, failure = None, None
                    if isinstance(step, Request):
                        answer = _answer(step)
                    elif isinstance(step, Pause):
                        sleep(step.seconds)
                    elif isinstance(step, Items):
                        take(step.source, step.most, step.into)
                    elif isinstance(step, Start):
                        answer = start(run, step.steps)
                    elif isinstance(step, Finish):
                        answer = finish(step.task)
                    else:
                        answer = call(step.hook, step.argument)
            except BaseException as error:  # also an interrupt: the steps raise it again
                if inspect.getgeneratorstate(steps) != inspect.GEN_CLOSED:
                    failure = error
                elif isinstance(error, StopIteration):
                    return error.value  # type: ignore[no-any-return]
                else:
                    raise
    except BaseException as error:
        if inspect.getgeneratorstate(steps) == inspect.GEN_CLOSED:
            raise
        return run(steps, error)  # it fell between the two loops


def _answer(request: Request) -> Any:
    connection = request.model.get_es_connection()
    if request.repeat == "freely":
        return _asked(connection, request)
    for model in request.into:
        if (index := model.get_write_index()) in connection.es_namespace.known_indices:
            continue
        is_there = None  # if the check fails, the write itself reports the error
        indices = connection._once.indices
        try:
            if model._is_stream:  # its first document makes it
                is_there = bool(indices.exists_index_template(name=index))
            else:
                is_there = bool(indices.exists(index=index))
        except Exception as error:  # noqa: BLE001 - see is_there
            raise_signalled(error)
        if is_there is False:
            raise MissingIndexError(
                f"there is no index {index!r}; create_mappings makes it with the mapping of its model, where Elasticsearch would guess one"
            )
        if is_there:
            connection.es_namespace.known_indices.add(index)
    retries = Retries(connection.es, request)
    while True:
        try:
            answer = _asked(connection, request, once=True)
        except BaseException as error:
            pause = retries.pause(error)
            if pause is None:
                raise
            sleep(pause)
        else:
            retries.answered()
            return answer


def _asked(connection: DocTypeConnection, request: Request, once: bool = False) -> Any:
    token = answer_decoder.set(request.decoder)
    try:
        return connection.call(request.method, request.arguments, request.whole, once)
    finally:
        answer_decoder.reset(token)


_TOLD = {
    **dict.fromkeys(("create", "delete", "get", "index", "update"), "_id"),
    "bulk": "items",
    "mget": "docs",
    "msearch": "responses",
    "open_point_in_time": "id",
    "search": "hits",
}
"""What an answer contains, by method; an object without it was written by something between, such as a proxy."""


_COUNTING = {"size": 0, "track_total_hits": True, "allow_partial_search_results": False}
"""Count by a search, which can be told to refuse a part. The API for counts answers 200 where a shard is missing, and where the
cluster's `search.default_search_timeout` passed, then without a sign of it: 10,000 of 300,000 (seen on 9.5.3 and 7.17.29).
"""

_JSON = (dict, bool, DecodedPage)  # not a union, which would be made at each call


def as_asked(method: str, arguments: Mapping[str, Any], response: Any) -> Any:
    """Return the response; WrongAnswerError if it is about another document, as if two processes share a socket."""
    body, told_as = response.body, _TOLD.get(method)
    if not isinstance(body, _JSON):  # a proxy's page, or an empty body
        raise client_errors.SerializationError("the answer is no JSON object")
    is_filtered = "filter_path" in arguments and method != "bulk"  # by the program
    if isinstance(body, dict) and told_as and told_as not in body and not is_filtered:
        raise client_errors.SerializationError(f"the answer to {method} has no {told_as!r}")
    if "id" in arguments:
        asked, docs = [arguments["id"]], [response.body]
    elif "ids" in arguments:
        asked, docs = list(arguments["ids"]), response.get("docs", ())
    else:
        return response
    told = [doc["_id"] for doc in docs if isinstance(doc, dict) and "_id" in doc]
    if told and told != [str(id) for id in asked]:
        raise WrongAnswerError(
            f"the answer is about {_few(told)}, but {_few(asked)} was asked for: "
            "something else reads from or writes to the same connection"
        )
    return response


def _few(ids: list[Any]) -> str:
    return ", ".join(map(repr, ids[:3])) + (", …" if len(ids) > 3 else "")


@functools.cache
def _takes(function: Callable[..., Any]) -> frozenset[str]:
    """Return the parameters of a client method."""
    return frozenset(inspect.signature(function).parameters)


@functools.cache
def _takes_one_index(function: Callable[..., Any]) -> bool:
    """Return whether a client method is refused for a pattern, or could change what other programs store in the indices
    that it matches: those about one document, those that write, and those of `indices`."""
    return (
        "id" in _takes(function)
        or function.__name__ in ("bulk", "mget", "delete_by_query", "update_by_query")
        or function.__qualname__.startswith("IndicesClient.")
    )


class DocTypeConnection(ClientMethods):
    """A client bound to the index of a model: every method of the client by its name.

    The index is filled in if the method takes one, but never beside a point in time (`pit`), which has its own. For a model
    over a pattern it is the pattern where a method searches, and `get_write_index()` elsewhere.
    `search` and `mget` return a Result and `get` the model; all others what the client returns. `indices`, `cat` and
    similar groups are bound in the same way.

    model         the model class of hits
    es_namespace  the Namespace whose client is used
    index         name of the index, with its prefix
    doc_type      accepted and ignored; document types were removed in Elasticsearch 7
    default_args  arguments for every call whose method takes them
    """

    def __init__(
        self,
        model: type[BaseDocument],
        es_namespace: Namespace,
        index: str,
        doc_type: str | None = None,
        default_args: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.es_namespace = es_namespace
        self.index_name = index
        self.doc_type = doc_type
        self.default_args = dict(default_args or {})
        self.es = es_namespace.get_es()

    def __repr__(self) -> str:
        return f"<DocTypeConnection {self.index_name!r} of {self.model.__name__}>"

    def get_default_args(self) -> dict[str, Any]:
        """Return the arguments that calls use unless they pass their own; for a model over a pattern, those that read."""
        return {"index": self.index_name, **self.default_args}

    @functools.cached_property
    def _once(self) -> Any:
        """The client, sending each request once. Kept, since making it takes a quarter of the time of a request."""
        return self.es.options(max_retries=0)

    def call(
        self, method: str, arguments: Mapping[str, Any], whole: bool = False, once: bool = False
    ) -> Any:
        """Call a client method and return the client's own response.

        whole   return documents with all fields, also with vectors that the model does not know
        once    without the client's own retries, and without waiting for an index that has no shards at the moment
        """
        es = self._once if once else self.es
        for number, pause in enumerate(() if once else READ_PAUSES):
            try:
                answer = self._shown(es, method, arguments, whole)
                if not has_lost_shards(method, arguments, answer, number == 0):
                    return answer
            except client_errors.ApiError as error:
                if not has_lost_shards(method, arguments, error, number == 0):
                    raise
            sleep(pause)
            es = self._once
        return self._shown(es, method, arguments, whole)

    def _shown(self, es: Any, method: str, arguments: Mapping[str, Any], whole: bool) -> Any:
        if (whole or self.model._has_vectors) and may_ask(self.es_namespace, method, arguments):
            try:
                return self._sent(asking_client(es), method, arguments)
            except Exception as error:
                if not note_refusal(self.es_namespace, error):
                    raise
        return self._sent(es, method, arguments)

    def _sent(self, es: Any, method: str, arguments: Mapping[str, Any]) -> Any:
        if method == "count":
            found = self._sent(es, "search", {**arguments, **_COUNTING})
            return type(found)(body={"count": found["hits"]["total"]["value"]}, meta=found.meta)
        function = operator.attrgetter(method)(es)
        filled = self._filled(function, arguments)
        try:
            response = function(**filled)
        except client_errors.TransportError as error:
            raise_signalled(error)
            raise
        return as_asked(method, arguments, response)

    def _filled(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        function = getattr(function, "__func__", function)
        takes, defaults = _takes(function), self.get_default_args()
        if self.model._write_to and _takes_one_index(function):
            defaults["index"] = self.model.get_write_index()
            # Without it a server makes a plain index in place of an alias that is missing.
            if "id" in takes and "index" not in arguments and not self.model._is_stream:
                defaults["require_alias"] = True
        filled = {name: value for name, value in defaults.items() if name in takes}
        filled.update(arguments)
        filled.pop("doc_type", None)
        in_time = "pit" in filled or "pit" in (filled.get("body") or ())
        if in_time:
            filled.pop("routing", None)
            if "index" not in arguments:
                filled.pop("index", None)
        return filled

    def __getattr__(self, name: str) -> Any:
        if name == "es":  # not set yet: the constructor failed, or a copy is being made
            raise AttributeError(name)
        attribute = getattr(self.es, name)
        if not callable(attribute):
            return _Bound(self, attribute)
        if name == "options":  # sends nothing, but returns another client
            return attribute

        def bound(**arguments: Any) -> Any:
            filled = self._filled(attribute, arguments)
            if name not in ("search", "get", "mget"):
                return attribute(**filled)
            result = self.model._result_class(self.call(name, filled), self.model, name, filled)
            return result[0] if name == "get" else result

        return functools.update_wrapper(bound, attribute)


class _Bound:
    """One of the client's groups of methods (`indices`, `cat`, …) with the index filled in."""

    def __init__(self, connection: DocTypeConnection, group: Any) -> None:
        self._connection = connection
        self._group = group

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._group, name)

        def bound(**arguments: Any) -> Any:
            return method(**self._connection._filled(method, arguments))

        return functools.update_wrapper(bound, method)
