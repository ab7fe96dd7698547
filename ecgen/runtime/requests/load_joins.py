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
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from ecgen.elasticsearch.limits import MAX_RESULT_WINDOW

from ..compile.attributes import set_untracked
from ..compile.incomplete import is_in_part, not_fetched
from ..errors import did_you_mean
from ..joins import Join, LooseJoin
from ..types.base import BaseDataType
from .by_id import multi_get_steps
from .in_hand import InHand, OnFailure, leave_gone, point_back
from .pages import all_pages_steps, outside_a_point_in_time, search_arguments
from .query import Tree, join_tree
from .steps import Call, Request, Steps, raise_first_error

if TYPE_CHECKING:
    from ..base_document import BaseDocument

Page = TypeVar("Page")  # a Result, blocking or asynchronous

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


def loaded_steps(page: Steps[Page]) -> Steps[Page]:
    """Return the Result of `page`, with the joins loaded that it was requested with."""
    result: Any = yield from page
    if result.load_names and result.data:
        yield from load_steps(result.data, result.load_names, result.on_failure)
    return result  # type: ignore[no-any-return]


class _Task(NamedTuple):
    """One join of one instance to be loaded."""

    model: BaseDocument
    join: Join
    target: type[BaseDocument]
    below: Tree


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
    tasks = yield from _task_steps(level)
    for model, _ in level:
        known.remember(model)
    for task in tasks:
        value = getattr(task.model, task.join.attribute)
        if value.__class__ is not str:  # ids are the usual case, here and below
            for held in task.join.models(value):
                known.remember(held)
    wanted: defaultdict[type[BaseDocument], _Wanted] = defaultdict(_Wanted)
    for task in tasks:
        value = getattr(task.model, task.join.attribute)
        if value.__class__ is not str or not task.join.is_by_id:
            _want(task, value, wanted[task.target], known)
        elif (task.target, value) not in known:
            wanted[task.target].ids[value] = None
    for target, want in wanted.items():
        yield from _fetch_steps(target, want, known)
    pairs: defaultdict[Join, list[tuple[BaseDocument, BaseDocument]]] = defaultdict(list)
    for task in tasks:
        value = getattr(task.model, task.join.attribute)
        loaded = None
        if value.__class__ is str and task.join.is_by_id:
            loaded = known.get((task.target, value))
        if loaded is None:
            _put(task, value, wanted[task.target], known, pairs[task.join])
        else:
            set_untracked(task.model, task.join.attribute, loaded)
            if task.join.target_property is not None:
                pairs[task.join].append((task.model, loaded))
    for join, joined in pairs.items():
        point_back(join, joined)
    following: dict[tuple[int, int], tuple[BaseDocument, Tree | None]] = {}
    for task in tasks:
        if task.below:
            for loaded in task.join.models(getattr(task.model, task.join.attribute)):
                following.setdefault((id(loaded), id(task.below)), (loaded, task.below))
    return list(following.values())


def _task_steps(level: list[tuple[BaseDocument, Tree | None]]) -> Steps[list[_Task]]:
    tasks = []
    plans: dict[tuple[type[BaseDocument], int], list[_Join]] = {}
    for model, tree in level:
        key = (type(model), id(tree))
        if key not in plans:
            plans[key] = list(_joins_of(type(model), tree))
        for data_type, target, below in plans[key]:
            if target is None:
                setattr(model, data_type.attribute, (yield Call(data_type.lazy_load, model)))
            elif tree is not None or (
                data_type.do_lazy_load and data_type.attribute not in not_fetched(model)
            ):
                tasks.append(_Task(model, data_type, target, below))
    return tasks


_Join: TypeAlias = tuple[Any, "type[BaseDocument] | None", Tree]
"""A field to load, its target, and what to load of that. No target: the type has a `lazy_load` of its own."""


def _joins_of(cls: type[BaseDocument], tree: Tree | None) -> Iterator[_Join]:
    for attribute, data_type in cls._mapping.items():
        if tree is not None and attribute not in tree:
            continue
        own_hook = type(data_type).lazy_load not in (BaseDataType.lazy_load, Join.lazy_load)
        if own_hook and tree is None:
            yield data_type, None, {}
        elif isinstance(data_type, Join):
            target = data_type.get_target(cls._es_namespace)
            yield data_type, target, tree[attribute] if tree else {}


# Gathering.


def _want(task: _Task, value: Any, want: _Wanted, known: InHand) -> None:
    join = task.join
    if isinstance(join, LooseJoin):
        loaded = not join.several and next(join.models(value), None) is not None
        if task.model.id is not None and not loaded:
            field = _field(join, task.target)
            want.by_field[field][task.model.id] = None
            if join.several or not _can_collapse(task.target, join):
                want.in_full.add(field)
        return
    for key in _keys(join, value):
        if join.join_by:
            field = _field(join, task.target)
            want.by_field[field][key] = None
            want.in_full.add(field)
        elif (task.target, key) not in known:
            want.ids[key] = None


def _keys(join: Join, value: Any) -> list[str]:
    """Return the ids in a value that stand for models yet to be loaded."""
    members = (value or ()) if join.several else (value,)
    return [member for member in members if isinstance(member, str)]


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
    for hit in (yield from multi_get_steps(target, ids)):
        if hit["found"]:
            known.read(target, hit)


def _both_steps(target: type[BaseDocument], want: _Wanted, known: InHand) -> Steps[None]:
    ids = list(want.ids)
    asked = [{"query": {"ids": {"values": ids[:MOST]}}, "size": len(ids[:MOST])}]
    if target._versioned:
        asked[0]["seq_no_primary_term"] = True
    parts = list(_parts(want.by_field))
    pages = [_search_for(target, part, want) for part in parts]
    searches: list[dict[str, Any]] = []
    for body in asked + [outside_a_point_in_time(page) for page in pages]:
        header = {name: body.pop(name) for name in _HEADER if name in body}
        searches += [{"allow_partial_search_results": False, **header}, body]
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
    for hit in hits:
        model = known.read(target, hit)
        if model is None:
            continue
        for field in part:
            # Use the document's value: an existing instance may have been changed since it was read.
            held = hit["_source"].get(field)
            for value in held if isinstance(held, list) else (held,):
                if str(value) in want.by_field[field]:
                    want.found[field].setdefault(str(value), []).append(model)


# Putting in place.


def _put(
    task: _Task,
    before: Any,
    want: _Wanted,
    known: InHand,
    joined: list[tuple[BaseDocument, BaseDocument]],
) -> None:
    model, join, target = task.model, task.join, task.target
    value = before
    if isinstance(join, LooseJoin):
        if model.id is None:
            return
        found = want.found[_field(join, target)].get(model.id, [])
        value = _merged(join, value, found)
    elif join.several:
        value = [
            loaded
            for member in value
            if (loaded := _loaded(join, member, target, want, known)) is not None
        ]
    else:
        value = _loaded(join, value, target, want, known)
    if value is None or (join.several and len(value) < len(before)):
        leave_gone(model, join, before, value)
    set_untracked(model, join.attribute, value)
    joined += [(model, loaded) for loaded in join.models(value)]


def _loaded(
    join: Join, member: Any, target: type[BaseDocument], want: _Wanted, known: InHand
) -> Any:
    if not isinstance(member, str):
        return member
    if not join.join_by:
        key = (target, member)
        return member if key in known.unreadable else known.get(key)
    return next(iter(want.found[_field(join, target)].get(member, ())), None)


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
