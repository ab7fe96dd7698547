"""The place of a document: its index, if a name stands for several, and its routing value.

A model that was read from another index than its name says (behind an alias), or with a routing value, keeps its
Place, and is saved and deleted there. The index is a hint: the write goes through the name if the index is no longer
one of several behind it, is write-blocked or deleted. An update of a missing index would create it (seen on 9.5.3 and
7.17.29), so the indices behind the name are fetched before, and cached for a second.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from ..base_document import BaseDocument
from ..client import client_errors
from ..compile.incomplete import decides
from ..errors import IntegrityError, NotFetched
from ..place import GIVEN, Place, refused_routing
from .patience import WRITE, has_block, said
from .steps import Request, Steps

_TRUSTED = 1.0
"""Seconds for which the indices behind a name are cached."""


def note_place(model: BaseDocument, response: Mapping[str, Any]) -> None:
    """Record where the server reports that it wrote the document."""
    held = _place_of(model)
    index = response.get("_index") or held.index_name
    if index == type(model).get_index():
        index = None
    routing = response.get("_routing") or held.routing or routing_to_send(model)
    if index is not None or routing is not None:
        model._place = Place(index, routing)


_AS_THE_CLASS = Place(None, None)


def _place_of(model: BaseDocument) -> Place:
    return getattr(model, "_place", _AS_THE_CLASS)


# Routing.


def routing_to_send(model: BaseDocument) -> str | None:
    """Return the routing value that the model's document has, or will have.

    IntegrityError if it changed, or is missing.
    """
    cls, held = type(model), _place_of(model).routing
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
    held = _place_of(model).routing if delete else None
    return routed(held or routing_to_send(model))


def routed(routing: str | None) -> dict[str, str]:
    """Return the routing as an argument of a request; TypeError for what has no one spelling as a text."""
    if routing is None:
        return {}
    if isinstance(routing, bool) or not isinstance(routing, str | int | uuid.UUID):
        raise TypeError(f"a routing is a str, not {routing!r}")
    return {"routing": str(routing)}


def routing_option(cls: type[BaseDocument], fields: dict[str, Any]) -> dict[str, str]:
    """Remove the routing from the keywords of a search and return it. TypeError if it may equally be a field."""
    if "routing" not in fields:
        return {}
    if cls._routing is None and "routing" in cls._mapping:
        raise TypeError(
            f"{cls.__name__} has a field 'routing', which is asked for as routing_; the parameter says where to look, and "
            f"{cls.__name__} is not routed"
        )
    return routed(fields.pop("routing"))


# Indices behind a name.


def members_steps(cls: type[BaseDocument], fresh: bool = False) -> Steps[frozenset[str] | None]:
    """Return the indices behind the class's name; None if the server does not report them."""
    cluster, name = cls._es_namespace, cls.get_index()
    until, members = cluster.members.get(name, (0.0, None))
    if time.monotonic() < until and not fresh:
        return members
    # get_alias leaves out the indices of data streams, which only a pattern can lead to.
    asked = Request(cls, "indices.get_alias", index=name)
    if cls._write_to:
        asked = Request(cls, "indices.get_settings", index=name, name="index.uuid")
    try:
        answer = yield asked
        members = frozenset(answer)
    except client_errors.NotFoundError:
        members = frozenset()
    except client_errors.AuthorizationException:
        members = None
    cluster.members[name] = (time.monotonic() + _TRUSTED, members)
    return members


def hint_steps(model: BaseDocument) -> Steps[str | None]:
    """Return the index to write the model's document to, instead of its class's name."""
    cls, index = type(model), _place_of(model).index_name
    if index is None:
        return None
    members = yield from members_steps(cls)
    if cls._write_to:  # the name to write to may be on none of the indices that a pattern matches
        if members is not None and index not in members:
            members = yield from members_steps(cls, fresh=True)
    elif members is not None and len(members) < 2:
        return None
    return index if members is None or index in members else None


def is_gone_from(error: Any) -> bool:
    """Return whether the error, of a request or of a bulk item, means that the remembered index takes no writes."""
    return has_block(error, WRITE) or said(error).get("type") == "index_not_found_exception"


def placed_steps(model: BaseDocument, request: Request) -> Steps[Any]:
    """Send a request about one document to its place, or through the name if that place no longer applies."""
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
        try:
            return (yield request)
        except client_errors.NotFoundError:
            raise error from None  # the name leads to another index than the one that holds it
