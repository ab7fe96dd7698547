"""Request bodies of find_by, all, count and scan. Nothing here sends a request.

Values of a program never become query syntax: each is converted by its field's data type and used in a `term`,
`terms` or `match`. Only `query=` is a query, and the caller is responsible for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    Union,
)

from ecgen.elasticsearch.queries import RANGED

from ..errors import FieldValueError, did_you_mean
from ..joins import Join, LooseJoin
from ..types.base import BaseDataType
from ..types.values import Range

if TYPE_CHECKING:
    from ..document import Document

__all__ = [
    "LAST_KEY",
    "OPEN",
    "OneOf",
    "Query",
    "Sort",
    "query_clause",
    "search_arguments",
    "sort_keys",
]

T = TypeVar("T")
OneOf: TypeAlias = Union[T, Sequence[T], None]  # noqa: UP007 - `|` cannot be subscripted at run time
"""One value of a find_by keyword: a value, several of which any matches, or None for an absent field."""


class Between(TypedDict, Generic[T], total=False):
    """A range of find_by: `{"gte": 3, "lt": 10}`."""

    gte: T | None
    gt: T | None
    lte: T | None
    lt: T | None


Ranged: TypeAlias = Union[T, Between[T], Sequence[T | Between[T]], None]  # noqa: UP007
"""OneOf of a field that can be queried by ranges: numbers, dates, addresses and keywords."""

Sort: TypeAlias = "Sequence[Mapping[str, Any] | str] | Mapping[str, Any] | str"
"""`[{"created": "desc"}, {"name": {"order": "asc", "missing": "_first"}}]`, or `["created:desc"]`."""


class QueryObject(Protocol):
    """A query of elasticsearch.dsl, such as `Q("match", title="chair")`."""

    def to_dict(self) -> dict[str, Any]: ...


Query: TypeAlias = "str | Mapping[str, Any] | QueryObject"
"""A query string (`"status:live AND price:<10"`), a query of Elasticsearch's own (`{"match": {…}}`), or one of
elasticsearch.dsl."""

PARAMETERS = frozenset(
    {"size", "sort", "search_after", "query", "load", "refresh"}
    | {"keep_alive", "on_error", "routing", "source"}
)
"""Keywords of find_by that take precedence over a field of the same name; the field is queried as `size_`."""

_TEXT = frozenset(
    {"text", "match_only_text", "search_as_you_type", "annotated_text", "semantic_text"}
)
_UNSEARCHABLE = frozenset(
    {"binary", "dense_vector", "sparse_vector", "geo_point", "geo_shape", "point", "shape"}
    | {"rank_feature", "rank_features", "histogram", "percolator", "aggregate_metric_double"}
    | {"exponential_histogram", "rank_vectors"}
)  # fmt: skip

OPEN = frozenset({"flattened", "object", "nested", "passthrough"})  # any key may be queried

LAST_KEY = "_shard_doc"
"""The last sort key if no id is stored; known in a point in time only (7.17.29 refuses it elsewhere)."""

_OLD_KEYS = ("_uid", "_id")


# Sorting.


def last_key(model: type[Document]) -> str:
    """Return the unique, sortable field that ends every sort."""
    return model._mapping["id"].name if model._store_id else LAST_KEY


def sort_keys(model: type[Document], sort: Sort | None) -> list[dict[str, Any]]:
    """Return `sort` with Elasticsearch's names, ending with a unique key; the model's default sort if it is empty.

    `_uid`, the unique key of old versions, and `_id`, which no server sorts by any more, mean the last key.
    """
    keys = [_key(model, name, how) for name, how in _pairs(sort or model.get_default_sort())]
    last = last_key(model)
    if not any(last in key for key in keys):
        keys.append({last: "asc"})
    return keys


def _pairs(sort: Sort) -> Iterable[tuple[str, Any]]:
    for key in (sort,) if isinstance(sort, str | Mapping) else sort:
        if isinstance(key, str):
            name, _, how = key.partition(":")
            yield name, how or ("desc" if name == "_score" else "asc")
        elif isinstance(key, Mapping):
            yield from key.items()
        else:
            raise TypeError(f"a sort key is {{'field': 'asc'}} or 'field:asc', not {key!r}")


def _key(model: type[Document], name: str, how: Any) -> dict[str, Any]:
    if name in _OLD_KEYS:
        return {last_key(model): how}
    attribute, dot, rest = name.partition(".")
    data_type = model._mapping.get(attribute)
    return {(data_type.name if data_type else attribute) + dot + rest: how}


def sort_strings(keys: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return sort keys as `field:direction`. ValueError for a key with options other than a direction."""
    strings = []
    for key in keys:
        for name, how in key.items():
            if isinstance(how, Mapping):
                if set(how) > {"order"}:
                    raise ValueError(
                        f"the sort key {name!r} cannot be written as 'field:direction'"
                    )
                how = how.get("order", "asc")
            strings.append(f"{name}:{how}")
    return strings


# Searching.


def search_arguments(
    model: type[Document],
    size: int,
    sort: Sort | None,
    search_after: Sequence[Any] | None,
    query: Query | None,
    fields: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the keyword arguments of a client's `search` for one page."""
    if size < 0:  # 7.17.29 accepts -1 for 10
        raise ValueError(f"size is at least 0, not {size}")
    arguments: dict[str, Any] = {
        "size": size,
        # Checked twice, since an override may omit the last key.
        "sort": sort_keys(model, model.prepare_sort(sort)),
        # A page with holes is worse than an error: models would be missing without notice.
        "allow_partial_search_results": False,
    }
    scored = any("_score" in key for key in arguments["sort"])
    arguments["query"] = query_clause(model, query, fields, scored)
    if _loses_documents(model, arguments["sort"]):
        arguments["search_type"] = "dfs_query_then_fetch"
    if search_after is not None:
        arguments["search_after"] = search_after
    if model._versioned:
        arguments["seq_no_primary_term"] = True
    return arguments


def _loses_documents(model: type[Document], sort: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a plain search with this sort may omit documents.

    When several shards are sorted by a date first, Elasticsearch sends later shards the worst value of the page so
    far, and they answer nothing if they have no better one. That fails if documents lack the date, or its format is
    coarse: of 60 indices of 3 shards and 7 documents, 32 lost some on 7.17.29 (`strict_date`, desc) and 3 on 9.5.3. A
    search with a DFS phase does not send that value, lost none, and is a plain one if there is one shard.
    """
    first = next(iter(sort[0]), "")
    parts: Mapping[str, BaseDataType] = model._mapping
    data_type = None
    for step in first.split("."):
        data_type = next((one for one in parts.values() if one.name == step), None)
        parts = sub_types(data_type) if data_type else {}
    return data_type is not None and data_type.es_type in ("date", "date_nanos", "alias")


def query_clause(
    model: type[Document], query: Query | None, fields: Mapping[str, Any], scored: bool = False
) -> dict[str, Any]:
    """Return the query for documents that match `query` and every one of `fields`; all documents if nothing is given.

    scored   text counts for the score of a document; everything else only decides whether it is found

    TypeError for a keyword that is not a field; FieldValueError for a value that the field cannot hold.
    """
    clauses: dict[str, list[Any]] = {}
    if isinstance(query, str) and query:
        string = {"query": query, "analyze_wildcard": True}
        clauses["must"] = [{"query_string": string}]
    elif query:
        clauses["must"] = [dict(query) if isinstance(query, Mapping) else query.to_dict()]
    for keyword, value in fields.items():
        data_type, path, private = _field(model, keyword)
        counts = scored and data_type.es_type in _TEXT and value is not None
        try:
            clause = _field_clause(data_type, path, value)
            clauses.setdefault("must" if counts else "filter", []).append(clause)
        except FieldValueError as error:
            error.within(keyword).owner = model.__name__
            if private:
                error.hide()
            raise
    return {"bool": clauses} if clauses else {"match_all": {}}


def _field(model: type[Document], keyword: str) -> tuple[BaseDataType, str, bool]:
    """Return the data type that a keyword means, the field's path, and whether its values are private; `name.raw` is
    a multi-field or a property."""
    mapping = model._mapping
    attribute, _, rest = keyword.partition(".")
    if attribute not in mapping and attribute[-1:] == "_" and attribute[:-1] in PARAMETERS:
        attribute = attribute[:-1]
    data_type = mapping.get(attribute)
    if data_type is None:
        raise TypeError(
            f"{model.__name__} has no field {keyword!r}{did_you_mean(keyword, mapping)}"
        )
    if isinstance(data_type, LooseJoin):
        raise TypeError(
            f"{model.__name__}.{attribute} is a loose join, which is not stored; "
            f"search {data_type._target} by {data_type.match_attribute!r} instead"
        )
    path, private = data_type.name, data_type.private
    for step in rest.split(".") if rest else ():
        data_type = _part(model, keyword, data_type, step)
        path += f".{data_type.name}"
        private = private or data_type.private
    return data_type, path, private


def _part(model: type[Document], keyword: str, whole: BaseDataType, step: str) -> BaseDataType:
    parts = sub_types(whole)
    if step in parts:
        return parts[step]
    multi_fields = whole.parameters.get("fields", {})
    if step in multi_fields:
        return _Declared(step, **multi_fields[step])
    if not parts and whole.es_type in OPEN:
        return _Declared(step, whole.es_type)
    raise TypeError(
        f"{model.__name__} has no field {keyword!r}{did_you_mean(step, [*parts, *multi_fields])}"
    )


class _Declared(BaseDataType):
    """A multi-field, or a property given as JSON: values are queried as given."""

    def __init__(self, name: str, type: str = "object", **parameters: Any) -> None:
        self.properties = parameters.pop("properties", None)
        super().__init__(name, **parameters)
        self.es_type = type  # type: ignore[misc]


def sub_types(data_type: BaseDataType) -> Mapping[str, BaseDataType]:
    """Return the properties of an object or nested field, by attribute."""
    value_class = getattr(data_type, "value_class", None)
    if value_class is not None:
        return value_class._mapping  # type: ignore[no-any-return]
    properties = getattr(data_type, "properties", None) or {}
    return {
        name: part if isinstance(part, BaseDataType) else _Declared(name, **part)
        for name, part in properties.items()
    }


def _field_clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    if data_type.es_type == "nested":
        inner = {"exists": {"field": path}} if value is None else _clause(data_type, path, value)
        found = {"nested": {"path": path, "query": inner}}
        return {"bool": {"must_not": [found]}} if value is None else found
    return _clause(data_type, path, value)


def _clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {"bool": {"must_not": [{"exists": {"field": path}}]}}
    if not data_type._is_one(value):
        return _any_of(data_type, path, list(value))
    if sub_types(data_type):
        return _object_clause(data_type, path, value)
    if data_type.es_type in _UNSEARCHABLE:
        raise FieldValueError(
            f"cannot be searched for: Elasticsearch matches no {data_type.es_type} by its value; use query=",
            value,
        )
    if isinstance(value, Mapping | Range) and _has_ranges(data_type):
        return _range_clause(data_type, path, value)
    wanted = data_type.to_query(value)
    if path == "id" and data_type.attribute == "id":
        # Also works for documents whose id is not stored as a field.
        return {"ids": {"values": [wanted]}}
    if data_type.es_type in _TEXT:
        return {"match": {path: {"query": wanted, "operator": "and"}}}
    return {"term": {path: {"value": wanted}}}


def _has_ranges(data_type: BaseDataType) -> bool:
    return data_type.es_type in RANGED and not isinstance(data_type, Join)


def _range_clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    bounds = value.as_dict() if isinstance(value, Range) else value
    unknown = next((side for side in bounds if side not in ("gte", "gt", "lte", "lt")), None)
    if unknown is not None or not bounds:
        raise FieldValueError("is no range of gte or gt, and lte or lt", value)
    sides = {}
    for side, bound in bounds.items():
        try:
            if bound is not None:
                sides[side] = data_type.to_query(bound)
        except FieldValueError as error:
            error.within(side)
            raise
    return {"range": {path: sides}} if sides else {"exists": {"field": path}}


def _any_of(data_type: BaseDataType, path: str, values: list[Any]) -> dict[str, Any]:
    """Return a clause that any of the values satisfies; None among them means an absent field."""
    if not values:
        return {"match_none": {}}
    clauses = [_clause(data_type, path, value) for value in values]
    terms = [clause["term"][path]["value"] for clause in clauses if "term" in clause]
    ids = [clause["ids"]["values"][0] for clause in clauses if "ids" in clause]
    others = [clause for clause in clauses if "term" not in clause and "ids" not in clause]
    if terms:
        others.append({"terms": {path: terms}})
    if ids:
        others.append({"ids": {"values": ids}})
    return (
        others[0] if len(others) == 1 else {"bool": {"should": others, "minimum_should_match": 1}}
    )


def _object_clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    """Return a clause that every given property must match; None in a value object is ignored."""
    parts = sub_types(data_type)
    if isinstance(value, Mapping):
        given = dict(value)
    elif isinstance(value, getattr(data_type, "value_class", None) or ()):
        given = {
            name: held for name in parts if (held := getattr(value, name, None)) not in (None, [])
        }
    else:
        raise FieldValueError("is neither a dict nor a value of the field", value)
    filters = []
    for name, wanted in given.items():
        if name not in parts:
            raise FieldValueError(
                f"has no property {name!r}{did_you_mean(name, parts)}".rstrip(), value
            )
        part = parts[name]
        filters.append(_field_clause(part, f"{path}.{part.name}", wanted))
    return {"bool": {"filter": filters}} if filters else {"exists": {"field": path}}


# Joins to load.

Tree: TypeAlias = "dict[str, Tree]"
"""Names of joins to load, and below each the joins of its targets."""


def join_tree(model: type[Document], names: Iterable[str]) -> Tree:
    """Return `["maker", "reviews.author"]` as `{"maker": {}, "reviews": {"author": {}}}`. TypeError for an unknown
    join."""
    if isinstance(names, str):
        names = [names]
    tree: Tree = {}
    for path in names:
        branch, cls = tree, model
        for name in path.split("."):
            join = cls._mapping.get(name)
            if not isinstance(join, Join):
                joins = [known for known, other in cls._mapping.items() if isinstance(other, Join)]
                raise TypeError(f"{cls.__name__} has no join {name!r}{did_you_mean(name, joins)}")
            branch = branch.setdefault(name, {})
            cls = join.get_target()
    return tree
