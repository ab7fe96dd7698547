"""Documents by their ids. Without a known routing, and with several indices behind a name, they are found by an `ids`
query, which only sees what was refreshed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ecgen.elasticsearch.limits import MAX_RESULT_WINDOW

from ..base_document import BaseDocument
from ..client import client_errors
from ..errors import IntegrityError
from .places import hint_steps, routing_arguments
from .steps import Request, Steps

_MOST = 5000  # ids of one search; each may be found twice


def get_steps(cls: type[BaseDocument], id: str, options: Mapping[str, Any]) -> Steps[Any]:
    """Return the document with the id; `options` say which fields to fetch, and the routing."""
    if not _is_searched_for(cls, options):
        try:
            return (yield Request(cls, "get", id=id, **options)).body
        except Exception as error:
            if not _is_scattered(error):
                raise
    (found,) = yield from located_steps(cls, [id], options)
    if not found["found"]:
        meta = found.pop("meta")
        raise client_errors.NotFoundError(str(found), dataclasses.replace(meta, status=404), found)
    return found


def or_default_steps(steps: Steps[Any]) -> Steps[Any]:
    """Return what the steps return; None if the document does not exist."""
    try:
        return (yield from steps)
    except client_errors.NotFoundError as missing:
        if not isinstance(missing.body, dict) or missing.body.get("found") is not False:
            raise  # for example, the index is missing
        return None


def exists_steps(cls: type[BaseDocument], id: str, options: Mapping[str, Any]) -> Steps[bool]:
    """Return whether a document with the id exists; `options` as for get_steps."""
    if not _is_searched_for(cls, options):
        try:
            return bool((yield Request(cls, "exists", id=id, **options)))
        except Exception as error:
            if getattr(error, "status_code", None) != 400:  # a HEAD's answer has no reason
                raise
    (found,) = yield from located_steps(cls, [id], options)
    return bool(found["found"])


def multi_get_steps(
    cls: type[BaseDocument], ids: Sequence[str], options: Mapping[str, Any]
) -> Steps[list[Any]]:
    """Return the documents of the ids in order, found or not, with one request for each 10,000 documents. If a
    required routing is missing and the name stands for several indices, they are searched for."""
    if _is_searched_for(cls, options):
        return (yield from located_steps(cls, ids, options))
    docs: list[Any] = []
    for start in range(0, len(ids), MAX_RESULT_WINDOW):
        part = list(ids[start : start + MAX_RESULT_WINDOW])
        response = yield Request(cls, "mget", ids=part, **options)
        try:
            raise_first_error(response, response["docs"])
        except Exception as error:
            if not _is_scattered(error):
                raise
            return (yield from located_steps(cls, ids, options))
        docs += response["docs"]
    return docs


def _is_searched_for(cls: type[BaseDocument], options: Mapping[str, Any]) -> bool:
    """Return whether documents of the class are found by a search for their ids only: no server gets one from a
    pattern, or without the routing that it was stored with."""
    return cls._write_to is not None or (cls._routing is not None and "routing" not in options)


def _is_scattered(error: BaseException) -> bool:
    """Return whether a get by id failed because several indices are behind the name."""
    return getattr(error, "status_code", None) == 400 and "more than one ind" in str(error)


def located_steps(
    cls: type[BaseDocument],
    ids: Sequence[str],
    options: Mapping[str, Any],
    whole: bool = False,
) -> Steps[list[dict[str, Any]]]:
    """Return the documents of the ids in order, found or not, in any index; IntegrityError for one that is there twice."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), _MOST):
        part = list(ids[start : start + _MOST])
        response = yield Request(
            cls,
            "search",
            whole=whole,
            query={"ids": {"values": part}},
            size=2 * len(part),
            seq_no_primary_term=True,
            allow_partial_search_results=False,
            **options,
        )
        for hit in response["hits"]["hits"]:
            if hit["_id"] in found and found[hit["_id"]]["found"]:
                places = " and ".join(map(_told, (found[hit["_id"]], hit)))
                raise IntegrityError(
                    f"there are two documents of {cls.__name__} with the id {hit['_id']!r}: {places}; ids are unique within an index "
                    "and a routing value only, so say which: get(id, routing=…)"
                )
            found[hit["_id"]] = {**hit, "found": True}
        for id in part:
            absent = {"_index": cls.get_index(), "_id": id, "found": False, "meta": response.meta}
            found.setdefault(id, absent)
    return [found[id] for id in ids]


def placed_get_steps(models: Sequence[BaseDocument]) -> Steps[list[Any]]:
    """Return the whole documents of one class's models in order, found or not, each from its model's place."""
    cls, docs = type(models[0])._whole, []
    for start in range(0, len(models), _MOST):
        asked = []
        for model in models[start : start + _MOST]:
            index = yield from hint_steps(model)
            place = {"_index": index or cls.get_index(), **routing_arguments(model)}
            asked.append({"_id": str(model.id), **place})
        found = (yield Request(cls, "mget", whole=True, docs=asked))["docs"]
        # If several indices are behind the name, and the model does not know which, or the remembered one is deleted.
        lost = [number for number, doc in enumerate(found) if "error" in doc]
        if lost:
            ids = [asked[number]["_id"] for number in lost]
            for number, doc in zip(
                lost, (yield from located_steps(cls, ids, {}, whole=True)), strict=True
            ):
                found[number] = {**doc, "located": True}
        docs += found
    return docs


def _told(hit: Mapping[str, Any]) -> str:
    routing = hit.get("_routing")
    return f"in {hit['_index']}" + (f" with the routing {routing!r}" if routing else "")


def raise_first_error(response: Any, parts: list[Any]) -> None:
    """Raise the error of one part of a multi-request as the client would for a separate request."""
    failed = next((part for part in parts if "error" in part), None)
    if failed is None:
        return
    kind = failed["error"]["type"]
    missing = kind == "index_not_found_exception"
    error = client_errors.NotFoundError if missing else client_errors.ApiError
    cause = {"root_cause": [failed["error"]], **failed["error"]}
    status = 400 if kind == "illegal_argument_exception" else response.meta.status
    meta = dataclasses.replace(response.meta, status=404 if missing else status)
    raise error(kind, meta, {"error": cause})
