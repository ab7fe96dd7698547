"""Request bodies of find_by, all, count and scan. Nothing here sends a request.

A keyword names a field by its attributes; multi-fields and keys of open objects count. A sort (sorting.py) may also use
Elasticsearch's names, and leaves unknown ones to the server; `source=` (selection.py) takes patterns too, of stored fields.

Values of a program never become query syntax: each is converted by its field's data type and used in a `term`,
`terms` or `match`. Only `query=` is a query, and the caller is responsible for it.
"""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypedDict, TypeVar, Union

from ecgen.elasticsearch.queries import OPEN, RANGED, TEXTS, is_indexed

from ..base_document import BaseDocument
from ..errors import FieldValueError, did_you_mean
from ..joins import Join, LooseJoin, join_named
from ..types.base import BaseDataType, at
from ..types.values import Range

T = TypeVar("T")
OneOf: TypeAlias = Union[T, Sequence[T | None], None]  # noqa: UP007 - `|` cannot be subscripted at run time
"""What a find_by keyword takes: a value, several of which any matches, or None for an absent field."""


class Between(TypedDict, Generic[T], total=False):
    """A range of find_by: `{"gte": 3, "lt": 10}`."""

    gte: T | None
    gt: T | None
    lte: T | None
    lt: T | None


Ranged: TypeAlias = Union[T, Between[T], Sequence[T | Between[T] | None], None]  # noqa: UP007
"""OneOf of a field that can be queried by ranges: numbers, dates, addresses and keywords."""


class QueryObject(Protocol):
    """A query of elasticsearch.dsl, such as `Q("match", title="chair")`."""

    def to_dict(self) -> dict[str, Any]: ...


Query: TypeAlias = "str | Mapping[str, Any] | QueryObject"
"""A query string (`"status:live AND price:<10"`), a query as a dict (`{"match": {…}}`), or one of elasticsearch.dsl."""

PARAMETERS = frozenset(
    {"size", "sort", "search_after", "query", "load", "refresh"}
    | {"keep_alive", "on_error", "routing", "source"}
)
"""Keywords of find_by that take precedence over a field of the same name; the field is queried as `size_`."""


def asked_as(model: type[BaseDocument], parameter: str) -> str:
    """Return the end of a message: how a field with the name of a parameter is asked for, if there is one."""
    return f"; the field is asked for as {parameter}_" if parameter in model._mapping else ""


_UNSEARCHABLE = frozenset(
    {"binary", "dense_vector", "sparse_vector", "geo_point", "geo_shape", "point", "shape"}
    | {"rank_feature", "rank_features", "histogram", "percolator", "aggregate_metric_double"}
    | {"exponential_histogram", "rank_vectors"}
)  # fmt: skip

_STEP = re.compile("__(?!_)")  # attributes may end in an underscore, and never begin with one


def query_clause(
    model: type[BaseDocument], query: Query | None, fields: Mapping[str, Any], scored: bool = False
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
        if not isinstance(query, Mapping) and not hasattr(query, "to_dict"):
            raise TypeError(f"query is a str, a dict or one of elasticsearch.dsl, not {query!r}")
        clauses["must"] = [dict(query) if isinstance(query, Mapping) else query.to_dict()]
    for keyword, value in fields.items():
        data_type, path, nested, private = _field(model, keyword)
        counts = scored and data_type.es_type in TEXTS and value is not None
        try:
            clause = _field_clause(data_type, path, value, nested)
            clauses.setdefault("must" if counts else "filter", []).append(clause)
        except FieldValueError as error:
            error.within(keyword).owner = model.__name__
            if private:
                error.hide()
            raise
    return {"bool": clauses} if clauses else {"match_all": {}}


def _field(model: type[BaseDocument], keyword: str) -> tuple[BaseDataType, str, str, bool]:
    """Return the data type that a keyword means, the field's path, that of the innermost nested object around it, and
    whether its values are private. `name.raw`, also spelled `name__raw`, is a multi-field or a property."""
    mapping = model._mapping
    asked = keyword if keyword in mapping else _STEP.sub(".", keyword)
    attribute, _, rest = asked.partition(".")
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
    path, nested, private = data_type.name, "", data_type.private
    for step in rest.split(".") if rest else ():
        if data_type.parameters.get("enabled") is False:
            break  # neither is anything in it
        nested = path if data_type.es_type == "nested" else nested
        parts = parts_of(data_type)
        part = parts.get(step) or _any_key(data_type, step)
        if part is None:
            raise TypeError(f"{model.__name__} has no field {keyword!r}{did_you_mean(step, parts)}")
        data_type = part
        path += f".{data_type.name}"
        private = private or data_type.private
    return data_type, path, nested, private


class _Declared(BaseDataType):
    """A multi-field, or a property given as JSON: values are queried as given."""

    def __init__(self, name: str, type: str = "object", **parameters: Any) -> None:
        self.properties = parameters.pop("properties", None)
        super().__init__(name, **parameters)
        self.es_type = type  # type: ignore[misc]


class _Unmapped(_Declared):
    """A key of an object with any keys. Its type is unknown: it may have keys of its own."""


def _any_key(data_type: BaseDataType, key: Any) -> BaseDataType | None:
    """Return the type of a key that no property names; None if the field has no others."""
    if data_type.es_type not in OPEN or sub_types(data_type) or not isinstance(key, str):
        return None
    return None if data_type.parameters.get("dynamic") in (False, "false") else _Unmapped(key)


def parts_of(data_type: BaseDataType) -> dict[str, BaseDataType]:
    """Return what a name may lead to after the field's and a dot: its properties, by attribute, and its multi-fields."""
    multi_fields = data_type.parameters.get("fields", {})
    declared = {name: _Declared(name, **field) for name, field in multi_fields.items()}
    return {**sub_types(data_type), **declared}


def sub_types(data_type: BaseDataType) -> Mapping[str, BaseDataType]:
    """Return the properties of an object or nested field, by attribute."""
    if data_type.value_class is not None:
        return data_type.value_class._mapping  # type: ignore[no-any-return]
    properties = getattr(data_type, "properties", None) or {}
    return {
        name: part if isinstance(part, BaseDataType) else _Declared(name, **part)
        for name, part in properties.items()
    }


def _field_clause(
    data_type: BaseDataType, path: str, value: Any, nested: str = ""
) -> dict[str, Any]:
    """Return a clause for a value, or for any of several; None means an absent field.

    nested   the innermost nested object around the field; empty for a clause within that object's own query
    """
    if not is_indexed(data_type.es_type, data_type.parameters):
        raise FieldValueError("cannot be searched for: its definition leaves it unindexed", value)
    nested = path if data_type.es_type == "nested" else nested
    values = [value] if value is None or data_type._is_one(value) else list(value)
    clauses = [_clause(data_type, path, one) for one in values if one is not None]
    if len(clauses) > 1:
        clauses = _merged(path, clauses)
    clauses = [_within(nested, clause) for clause in clauses]
    if any(one is None for one in values):
        clauses.append({"bool": {"must_not": [_within(nested, {"exists": {"field": path}})]}})
    if len(clauses) == 1:
        return clauses[0]
    if not clauses:
        return {"match_none": {}}
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _within(nested: str, clause: dict[str, Any]) -> dict[str, Any]:
    # An index without the field has no such object, as it has no value of any other field that it lacks.
    within = {"path": nested, "query": clause, "ignore_unmapped": True}
    return {"nested": within} if nested else clause


def _merged(path: str, clauses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return clauses of which any is to match with one in the place of all for a term or an id."""
    terms = [clause["term"][path]["value"] for clause in clauses if "term" in clause]
    ids = [clause["ids"]["values"][0] for clause in clauses if "ids" in clause]
    others = [clause for clause in clauses if "term" not in clause and "ids" not in clause]
    if terms:
        others.append({"terms": {path: terms}})
    if ids:
        others.append({"ids": {"values": ids}})
    return others


def _clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping | Range) and _has_ranges(data_type, value):
        return _range_clause(data_type, path, value)
    if sub_types(data_type) or (isinstance(value, Mapping) and data_type.es_type in OPEN):
        return _object_clause(data_type, path, value)
    if data_type.es_type in _UNSEARCHABLE:
        raise FieldValueError(
            f"cannot be searched for: Elasticsearch matches no {data_type.es_type} by its value; use query=",
            value,
        )
    wanted = data_type.to_query(value)
    if not isinstance(wanted, _SINGLE):
        raise FieldValueError(
            "is no single value that the field could be matched by; use query=", value
        )
    if path == "id" and data_type.attribute == "id":
        if not wanted:
            raise FieldValueError("is empty, which no id is", value)
        # Also works for documents whose id is not stored as a field.
        return {"ids": {"values": [wanted]}}
    if data_type.es_type in TEXTS:
        return {"match": {path: {"query": wanted, "operator": "and"}}}
    return {"term": {path: {"value": wanted}}}


_SIDES = frozenset({"gte", "gt", "lte", "lt"})
_SINGLE = (str, int, float, decimal.Decimal, datetime.date, uuid.UUID)
"""What a term query takes, and the client writes."""


def _has_ranges(data_type: BaseDataType, value: Mapping[str, Any] | Range[Any]) -> bool:
    if isinstance(data_type, _Unmapped):
        return isinstance(value, Range) or (bool(value) and value.keys() <= _SIDES)
    return data_type.es_type in RANGED and not isinstance(data_type, Join)


def _range_clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    bounds = value.as_dict() if isinstance(value, Range) else value
    unknown = next((side for side in bounds if side not in _SIDES), None)
    if unknown is not None or not bounds:
        raise FieldValueError("is no range of gte or gt, and lte or lt", value)
    sides = {
        side: at(side, data_type.to_query, bound)
        for side, bound in bounds.items()
        if bound is not None
    }
    return {"range": {path: sides}} if sides else {"exists": {"field": path}}


def _object_clause(data_type: BaseDataType, path: str, value: Any) -> dict[str, Any]:
    """Return a clause that every given property must match; None in a value object is ignored."""
    parts = sub_types(data_type)
    if isinstance(value, Mapping):
        given = dict(value)
    elif isinstance(value, data_type.value_class or ()):
        given = {
            name: held for name in parts if (held := getattr(value, name, None)) not in (None, [])
        }
    else:
        raise FieldValueError("is neither a dict nor a value of the field", value)
    filters = []
    for name, wanted in given.items():
        part = parts.get(name) or _any_key(data_type, name)
        if part is None:
            raise FieldValueError(f"has no property {name!r}{did_you_mean(name, parts)}", value)
        filters.append(_field_clause(part, f"{path}.{part.name}", wanted))
    return {"bool": {"filter": filters}} if filters else {"exists": {"field": path}}


# Joins to load.

Tree: TypeAlias = "dict[str, Tree]"
"""Names of joins to load, and below each the joins of its targets."""


def join_tree(model: type[BaseDocument], names: Iterable[str]) -> Tree:
    """Return `["maker", "reviews.author"]` as `{"maker": {}, "reviews": {"author": {}}}`; TypeError for no join."""
    if isinstance(names, str):
        names = [names]
    tree: Tree = {}
    for path in names:
        if not isinstance(path, str):
            raise TypeError(f"a join is loaded by its name, not by {path!r}")
        branch, cls = tree, model
        for name in path.split("."):
            join = join_named(cls, name)
            branch = branch.setdefault(name, {})
            cls = join.get_target()
    return tree
