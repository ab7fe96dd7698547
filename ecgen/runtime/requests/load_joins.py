"""Loading joined models: one request for each target index, whatever the number of instances and joins.

Joins are loaded level by level. First everything that the joins of a level lack is gathered by target class (without
a server); then one request is sent for each class; then the models are assigned (without a server). Within a load a
document is one instance: models that are already present, loaded before or on the page itself, are reused and not
fetched again.

Stored joins are fetched by multi-get, loose ones by a search, both at once by one multi-search. A search only sees
what was refreshed, so ids that a multi-search did not find are requested again by multi-get before they count as
deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ecgen.elasticsearch.limits import MAX_RESULT_WINDOW

from ..base_document import BaseDocument
from ..client import client_errors
from ..compile.attributes import set_untracked
from ..compile.incomplete import is_in_part, not_fetched
from ..errors import did_you_mean
from ..joins import Join, LooseJoin
from ..types.base import BaseDataType
from .by_id import multi_get_steps, raise_first_error
from .in_hand import InHand, OnFailure, leave_gone, point_back
from .pages import all_pages_steps, outside_a_point_in_time, search_arguments
from .query import Tree, join_tree
from .steps import Call, Request, Steps

MOST = MAX_RESULT_WINDOW

_HEADER = ("allow_partial_search_results", "search_type")  # not part of a multi-search's bodies


def load_steps(
    models: Iterable[BaseDocument], names: Sequence[str] = (), on_failure: OnFailure | None = None
) -> Steps[None]:
    """Load the named joins of the models, or without names all that `_lazy_load` loads; a dot separates levels.
    Documents that cannot be read are raised, or reported while the join keeps its id."""
    level: list[tuple[BaseDocument, Tree | None]] = []
    trees: dict[type[BaseDocument], Tree] = {}
    for model in models:
        if names and type(model) not in trees:
            trees[type(model)] = join_tree(type(model), names)
        level.append((model, trees.get(type(model))))
    known = InHand(on_failure)
    while level:
        level = yield from _load_level(level, known)


def loaded_steps(page: Steps[Any]) -> Steps[Any]:
    """Return the Result of `page`, with the joins loaded that it was requested with."""
    result = yield from page
    if result.load_names and result.data:
        yield from load_steps(result.data, result.load_names, result.on_failure)
    return result


class _Group(NamedTuple):
    """One join of the instances for which it is to be loaded, and what to load of its targets."""

    join: Join
    target: type[BaseDocument]
    below: Tree
    models: list[BaseDocument]

    def values(self) -> list[Any]:
        return [getattr(model, self.join.attribute) for model in self.models]


class _Wanted:
    """What is to be fetched of one target class."""

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        self.by_field: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Values of a field of the target that is not its id, in order and without repetition."""
        self.in_full: set[str] = set()
        """Fields of which every match is wanted; of others the first for each value is enough."""
        self.found: defaultdict[str, dict[str, list[BaseDocument]]] = defaultdict(dict)
        """The answer to `by_field`: field → value → models."""


def _load_level(
    level: list[tuple[BaseDocument, Tree | None]], known: InHand
) -> Steps[list[tuple[BaseDocument, Tree | None]]]:
    groups = yield from _group_steps(level)
    for model, _ in level:
        known.remember(model)
    for group in groups:
        for value in group.values():
            if value.__class__ is not str:  # ids are the usual case
                for held in group.join.models(value):
                    known.remember(held)
    wanted: defaultdict[type[BaseDocument], _Wanted] = defaultdict(_Wanted)
    for group in groups:
        _want(group, wanted[group.target], known)
    for target, want in wanted.items():
        yield from _fetch_steps(target, want, known)
    pairs: defaultdict[Join, list[tuple[BaseDocument, BaseDocument]]] = defaultdict(list)
    for group in groups:
        pairs[group.join] += _put(group, wanted[group.target], known)
    for join, joined in pairs.items():
        point_back(join, joined)
    following: dict[tuple[int, int], tuple[BaseDocument, Tree | None]] = {}
    for group in groups:
        for value in group.values() if group.below else ():
            for loaded in group.join.models(value):
                following.setdefault((id(loaded), id(group.below)), (loaded, group.below))
    return list(following.values())


def _group_steps(level: list[tuple[BaseDocument, Tree | None]]) -> Steps[list[_Group]]:
    plans: dict[tuple[type[BaseDocument], int], list[_Group | BaseDataType]] = {}
    for model, tree in level:
        key = (type(model), id(tree))
        if key not in plans:
            plans[key] = list(_joins_of(type(model), tree))
        for each in plans[key]:
            if isinstance(each, BaseDataType):
                setattr(model, each.attribute, (yield Call(each.lazy_load, model)))
            elif tree is not None or (
                each.join.do_lazy_load and each.join.attribute not in not_fetched(model)
            ):
                each.models.append(model)
    groups = [each for plan in plans.values() for each in plan if isinstance(each, _Group)]
    return [group for group in groups if group.models]


def _joins_of(cls: type[BaseDocument], tree: Tree | None) -> Iterator[_Group | BaseDataType]:
    """Yield the joins to load, and the types with a `lazy_load` of their own."""
    for attribute, data_type in cls._mapping.items():
        if tree is not None and attribute not in tree:
            continue
        if tree is None and type(data_type).lazy_load not in (
            BaseDataType.lazy_load,
            Join.lazy_load,
        ):
            yield data_type
        elif isinstance(data_type, Join):
            target = data_type.get_target(cls._es_namespace)
            yield _Group(data_type, target, tree[attribute] if tree else {}, [])


# Gathering.


def _want(group: _Group, want: _Wanted, known: InHand) -> None:
    """Add what a join lacks: the targets of ids, or for a loose join those that point to the models' own ids."""
    join, target = group.join, group.target
    if isinstance(join, LooseJoin):
        keys = [
            model.id
            for model, value in zip(group.models, group.values(), strict=True)
            if model.id is not None and (join.several or next(join.models(value), None) is None)
        ]
    else:
        keys = [
            member
            for value in group.values()
            for member in ((value or ()) if join.several else (value,))
            if isinstance(member, str)
        ]
    if join.is_by_id:
        want.ids |= dict.fromkeys(key for key in keys if (target, key) not in known)
    elif keys:
        field = _field(join, target)
        want.by_field[field] |= dict.fromkeys(keys)
        if join.stored or join.several or not _can_collapse(target, join):
            want.in_full.add(field)


def _field(join: Join, target: type[BaseDocument]) -> str:
    """Return Elasticsearch's name of the target's field by which the join finds documents."""
    attribute = join.match_attribute
    if attribute is None:
        raise TypeError(
            f"{join._source}.{join.attribute} can't be loaded: a loose join needs an inverse or join_by"
        )
    if attribute not in target._mapping:
        raise TypeError(
            f"{join._source}.{join.attribute} looks for {target.__name__}.{attribute}, which does not exist"
            f"{did_you_mean(attribute, target._mapping)}"
        )
    return target._mapping[attribute].name


def _can_collapse(target: type[BaseDocument], join: Join) -> bool:
    """Return whether Elasticsearch can collapse by the field: single values of a keyword with doc values."""
    inverse = target._mapping[join.match_attribute or ""]
    return (
        isinstance(inverse, Join)
        and target._write_to is None  # an index of another program may lack the field
        and not inverse.several
        and bool(inverse.parameters.get("doc_values", True))
    )


# Fetching.


def _fetch_steps(target: type[BaseDocument], want: _Wanted, known: InHand) -> Steps[None]:
    want.ids.pop("", None)  # no document has it, and servers refuse the request
    try:
        yield from _fetched_steps(target, want, known)
    except client_errors.ApiError as error:
        if "must be single valued" not in str(error):
            raise
        # A document points to several where one is expected, so those of a field cannot be collapsed.
        want.in_full.update(want.by_field)
        want.found.clear()
        yield from _fetched_steps(target, want, known)


def _fetched_steps(target: type[BaseDocument], want: _Wanted, known: InHand) -> Steps[None]:
    if not want.by_field:
        yield from _get_missing_steps(target, list(want.ids), known)
    elif want.ids:
        yield from _both_steps(target, want, known)
    else:
        for part in _parts(want.by_field):
            page = _search_for(target, part, want)
            if "collapse" in page:
                response = yield Request(target, "search", **outside_a_point_in_time(page))
                hits = response["hits"]["hits"]
            else:
                hits = yield from all_pages_steps(target, page)
            _sort_in(target, hits, part, want, known)


def _get_missing_steps(target: type[BaseDocument], ids: list[str], known: InHand) -> Steps[None]:
    for hit in (yield from multi_get_steps(target, ids, {})):
        if hit["found"]:
            known.read(target, hit)


def _both_steps(target: type[BaseDocument], want: _Wanted, known: InHand) -> Steps[None]:
    ids = list(want.ids)
    by_id: dict[str, Any] = {
        "query": {"ids": {"values": ids[:MOST]}},
        "size": len(ids[:MOST]),
        "allow_partial_search_results": False,
    }
    if target._versioned:
        by_id["seq_no_primary_term"] = True
    parts = list(_parts(want.by_field))
    pages = [_search_for(target, part, want) for part in parts]
    searches: list[dict[str, Any]] = []
    for body in (by_id, *map(outside_a_point_in_time, pages)):
        header = {name: body.pop(name) for name in _HEADER if name in body}
        searches += [header, body]
    response = yield Request(target, "msearch", searches=searches)
    raise_first_error(response, response["responses"])
    first, *others = response["responses"]
    for hit in first["hits"]["hits"]:
        known.read(target, hit)
    for part, page, answer in zip(parts, pages, others, strict=True):
        hits = answer["hits"]["hits"]
        if len(hits) == MOST and "collapse" not in page:
            hits = yield from all_pages_steps(target, page)
        _sort_in(target, hits, part, want, known)
    unread = known.unreadable
    unfound = [id for id in ids if (target, id) not in known and (target, id) not in unread]
    yield from _get_missing_steps(target, unfound, known)


def _parts(by_field: dict[str, dict[str, None]]) -> Iterator[dict[str, list[str]]]:
    """Yield the values by field, in parts of at most 10,000."""
    part: dict[str, list[str]] = {}
    room = MOST
    for field, values in by_field.items():
        rest = list(values)
        while rest:
            part[field], rest = rest[:room], rest[room:]
            room -= len(part[field])
            if not room:
                yield part
                part, room = {}, MOST
    if part:
        yield part


def _search_for(
    target: type[BaseDocument], part: dict[str, list[str]], want: _Wanted
) -> dict[str, Any]:
    clauses = [{"terms": {field: values}} for field, values in part.items()]
    arguments = search_arguments(target, MOST, None, None, None, {})
    arguments["query"] = {"bool": {"filter": [{"bool": {"should": clauses}}]}}
    if len(part) == 1 and not want.in_full.intersection(part):
        # One document for each of at most 10,000 values: the first in the target's default order; no second page.
        (arguments["collapse"],) = ({"field": field} for field in part)
    return arguments


def _sort_in(
    target: type[BaseDocument],
    hits: list[Any],
    part: dict[str, list[str]],
    want: _Wanted,
    known: InHand,
) -> None:
    """Build models of hits and add each under the values by which it was found."""
    names = {data_type.name: attribute for attribute, data_type in target._mapping.items()}
    for hit in hits:
        is_new = (target, hit["_id"]) not in known
        model = known.read(target, hit)
        if model is None:
            continue
        # An existing instance may have been changed since it was read.
        stored = model if is_new else target.from_es(hit)
        for field in part:
            held = getattr(stored, names[field])
            for value in held if isinstance(held, list) else (held,):
                if str(value) in want.by_field[field]:
                    want.found[field].setdefault(str(value), []).append(model)


# Putting in place.


def _put(group: _Group, want: _Wanted, known: InHand) -> list[tuple[BaseDocument, BaseDocument]]:
    """Assign what was found to the join of each model; return the models and targets of a join with an inverse."""
    join, target = group.join, group.target
    # Of models without an id nothing was asked.
    found = want.found[_field(join, target)] if want.by_field and not join.is_by_id else {}
    joined = []

    def loaded(member: Any) -> Any:
        """Return the target of an id, or the id of a document that cannot be read; None if it does not exist."""
        if not isinstance(member, str):
            return member
        if not join.is_by_id:
            return next(iter(found.get(member, ())), None)
        held = known.get((target, member))
        return member if held is None and (target, member) in known.unreadable else held

    for model, before in zip(group.models, group.values(), strict=True):
        if isinstance(join, LooseJoin):
            if model.id is None:
                continue
            value = _merged(join, before, found.get(model.id, []))
        elif join.several:
            value = [model for model in map(loaded, before) if model is not None]
        else:
            value = loaded(before)
        if value is None or (join.several and len(value) < len(before)):
            leave_gone(model, join, before, value)
        set_untracked(model, join.attribute, value)
        if join.target_property is not None:
            joined += [(model, each) for each in join.models(value)]
    return joined


def _merged(join: Join, value: Any, found: list[BaseDocument]) -> Any:
    """What a loose join holds: what was found, and what the program joined in memory and the index does not show yet."""
    if not join.several:
        return next(join.models(value), None) or next(iter(found), None)
    known = {id(model) for model in found}
    ids = {model.id for model in found}
    return found + [
        model
        for model in join.models(value)
        if id(model) not in known and not (is_in_part(model) and model.id in ids)
    ]
