"""The place of a document: its index, if a name stands for several, and its routing value.

A model that was read from another index than its name says (behind an alias), or with a routing value, keeps its
Place, and is saved and deleted there. The index is a hint: the write goes through the name if the index is no longer
one of several behind it, is write-blocked or deleted. An update of a missing index would create it (seen on 9.5.3 and
7.17.29), so the indices behind the name are fetched before, and cached for a second.

Without a known routing, and with several indices, documents are found by an `ids` query, which only sees what was
refreshed.
"""

from __future__ import annotations

import dataclasses
import time
import types
from collections.abc import Mapping, Sequence
from typing import Any

from ..base_document import BaseDocument
from ..compile.incomplete import decides
from ..errors import IntegrityError, NotFetched
from ..place import GIVEN, Place, refused_routing
from .patience import WRITE, has_block
from .steps import Request, Steps

__all__ = [
    "NOTHING",
    "exists_steps",
    "get_steps",
    "hint_steps",
    "is_gone_from",
    "is_scattered",
    "is_searched_for",
    "located_steps",
    "members_steps",
    "note_place",
    "or_default_steps",
    "placed_get_steps",
    "placed_steps",
    "routing_arguments",
    "routing_option",
    "routing_to_send",
]

_TRUSTED = 1.0
"""Seconds for which the indices behind a name are cached."""

NOTHING: Mapping[str, Any] = types.MappingProxyType({})

_MOST = 5000  # ids of one search; each may be found twice


def note_place(model: BaseDocument, response: Mapping[str, Any]) -> None:
    """Record where the server reports that it wrote the document."""
    cls, held = type(model), place_of(model)
    index = response.get("_index")
    if held is None and cls._routing is None and (index is None or index == cls.get_index()):
        return
    routing = response.get("_routing") or (held.routing if held else None)
    if routing is None and cls._routing is not None:
        routing = routing_to_send(model)
    if index is None or index == cls.get_index():
        index = held.index_name if held and index is None else None
    if index is not None or routing is not None:
        model._place = Place(index, routing)


def place_of(model: BaseDocument) -> Place | None:
    return getattr(model, "_place", None)


# Routing.


def routing_to_send(model: BaseDocument) -> str | None:
    """Return the routing value that the model's document has, or will have.

    IntegrityError if it changed, or is missing.
    """
    cls, place = type(model), place_of(model)
    held = place.routing if place else None
    rule = cls._routing
    if rule is None:
        return held
    if rule == GIVEN:
        if held is None:
            raise IntegrityError(
                f"{cls.__name__} is routed by a value that is given: {cls.__name__}(…, routing=…), "
                "or read it with get(id, routing=…) before it is saved"
            )
        return held
    try:
        computed: str = rule(model)
    except NotFetched:
        if held is None or decides(model, rule):
            raise
        return held
    if held is None and "," in computed:
        raise IntegrityError(f"{cls.__name__} {model.id!r}: {refused_routing(computed)}")
    if held is not None and held != computed:
        raise IntegrityError(
            f"{cls.__name__} {model.id!r} has the routing {computed!r} now, and had {held!r}; a routing cannot change: create a "
            f"new {cls.__name__} and delete this one"
        )
    return computed


def routing_arguments(model: BaseDocument, delete: bool = False) -> dict[str, str]:
    """Return the routing arguments of a request about the model's document. `delete`: use the routing that the
    document was stored with, whatever the model holds by now."""
    place = place_of(model)
    held = place.routing if place and delete else None
    routing = held or routing_to_send(model)
    return {} if routing is None else {"routing": routing}


def routing_option(cls: type[BaseDocument], fields: dict[str, Any]) -> dict[str, str]:
    """Remove the routing from the keywords of a search and return it. TypeError if it may equally be a field."""
    if "routing" not in fields:
        return {}
    if cls._routing is None and "routing" in cls._mapping:
        raise TypeError(
            f"{cls.__name__} has a field 'routing', which is asked for as routing_; the parameter says where to look, and "
            f"{cls.__name__} is not routed"
        )
    routing = fields.pop("routing")
    return {} if routing is None else {"routing": str(routing)}


# Indices behind a name.


def members_steps(cls: type[BaseDocument], fresh: bool = False) -> Steps[frozenset[str] | None]:
    """Return the indices behind the class's name; None if the server does not report them."""
    cluster, name = cls._es_namespace, cls.get_index()
    until, members = cluster.members.get(name, (0.0, None))
    if time.monotonic() < until and not fresh:
        return members
    import elasticsearch

    # get_alias leaves out the indices of data streams, which only a pattern can lead to.
    asked = Request(cls, "indices.get_alias", index=name)
    if cls._write_to:
        asked = Request(cls, "indices.get_settings", index=name, name="index.uuid")
    try:
        answer = yield asked
        members = frozenset(answer)
    except elasticsearch.NotFoundError:
        members = frozenset()
    except elasticsearch.AuthorizationException:
        members = None
    cluster.members[name] = (time.monotonic() + _TRUSTED, members)
    return members


def hint_steps(model: BaseDocument) -> Steps[str | None]:
    """Return the index to write the model's document to, instead of its class's name."""
    place = place_of(model)
    if place is None or place.index_name is None:
        return None
    members = yield from members_steps(type(model))
    if type(
        model
    )._write_to:  # the name to write to may be on none of the indices that a pattern matches
        if members is not None and place.index_name not in members:
            members = yield from members_steps(type(model), fresh=True)
    elif members is not None and len(members) < 2:
        return None
    return place.index_name if members is None or place.index_name in members else None


def is_gone_from(error: Any) -> bool:
    """Return whether the error, of a request or of a bulk item, means that the remembered index accepts no more
    writes."""
    if has_block(error, WRITE):
        return True
    if isinstance(error, BaseException):
        body = getattr(error, "body", None)
        error = body.get("error") if isinstance(body, Mapping) else None
    return isinstance(error, Mapping) and error.get("type") == "index_not_found_exception"


def placed_steps(model: BaseDocument, request: Request) -> Steps[Any]:
    """Send a request about one document to its place, or through the name if that place no longer applies."""
    if place_of(model) is None and type(model)._routing is None:
        return (yield request)
    request.arguments.update(routing_arguments(model, request.method == "delete"))
    is_new = request.method == "create" or model.id is None
    hint = None if is_new or "index" in request.arguments else (yield from hint_steps(model))
    if hint is None:
        return (yield request)
    request.arguments["index"] = hint
    request.is_hinted = True
    try:
        return (yield request)
    except Exception as error:
        if not is_gone_from(error):
            raise
        del request.arguments["index"]
        request.is_hinted = False
        type(model)._es_namespace.members.pop(type(model).get_index(), None)
        import elasticsearch

        try:
            return (yield request)
        except elasticsearch.NotFoundError:
            raise error from None  # the name leads to another index than the one that holds it


# Looking for documents.


def get_steps(
    cls: type[BaseDocument],
    id: str,
    routing: str | None = None,
    shown: Mapping[str, Any] = NOTHING,
) -> Steps[Any]:
    """Return the document with the id; `shown` restricts the fields fetched."""
    options: dict[str, Any] = {**shown} if routing is None else {**shown, "routing": routing}
    if not is_searched_for(cls, routing):
        try:
            return (yield Request(cls, "get", id=id, **options)).body
        except Exception as error:
            if not is_scattered(error):
                raise
    (found,) = yield from located_steps(cls, [id], shown=options)
    if not found["found"]:
        import elasticsearch

        meta = found.pop("meta")
        raise elasticsearch.NotFoundError(str(found), dataclasses.replace(meta, status=404), found)
    return found


def or_default_steps(steps: Steps[Any]) -> Steps[Any]:
    """Return what the steps return; None if the document does not exist."""
    import elasticsearch

    try:
        return (yield from steps)
    except elasticsearch.NotFoundError as missing:
        if not isinstance(missing.body, dict) or missing.body.get("found") is not False:
            raise  # for example, the index is missing
        return None


def exists_steps(cls: type[BaseDocument], id: str, routing: str | None = None) -> Steps[bool]:
    """Return whether a document with the id exists."""
    options: dict[str, Any] = {} if routing is None else {"routing": routing}
    if not is_searched_for(cls, routing):
        try:
            return bool((yield Request(cls, "exists", id=id, **options)))
        except Exception as error:
            if getattr(error, "status_code", None) != 400:  # a HEAD's answer has no reason
                raise
    (found,) = yield from located_steps(cls, [id], shown=options)
    return bool(found["found"])


def is_searched_for(cls: type[BaseDocument], routing: str | None) -> bool:
    """Return whether documents of the class are found by a search for their ids only: no server gets one from a
    pattern, or without the routing that it was stored with."""
    return cls._write_to is not None or (routing is None and cls._routing is not None)


def is_scattered(error: BaseException) -> bool:
    """Return whether a get by id failed because several indices are behind the name."""
    return getattr(error, "status_code", None) == 400 and "more than one ind" in str(error)


def located_steps(
    cls: type[BaseDocument],
    ids: Sequence[str],
    whole: bool = False,
    shown: Mapping[str, Any] = NOTHING,
) -> Steps[list[dict[str, Any]]]:
    """Return the documents of the ids in order, found or not, in any index. IntegrityError for one that exists
    twice."""
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
            **shown,
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
    """Return the documents of models of one class in order, whole, found or not: each from where its model was
    read."""
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
            for number, doc in zip(lost, (yield from located_steps(cls, ids, True)), strict=True):
                found[number] = {**doc, "located": True}
        docs += found
    return docs


def _told(hit: Mapping[str, Any]) -> str:
    routing = hit.get("_routing")
    return f"in {hit['_index']}" + (f" with the routing {routing!r}" if routing else "")
