"""The keys that a search is sorted by. Every sort ends with a unique key, so that pages neither skip nor repeat a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ..base_document import BaseDocument
from ..types.base import BaseDataType
from .query import parts_of

Sort: TypeAlias = "Sequence[Mapping[str, Any] | str] | Mapping[str, Any] | str"
"""`[{"created": "desc"}, {"name": {"order": "asc", "missing": "_first"}}]`, or `["created:desc"]`."""

LAST_KEY = "_shard_doc"
"""The last sort key if no id is stored; known in a point in time only (7.17.29 refuses it elsewhere)."""

_OLD_KEYS = ("_uid", "_id")


def last_key(model: type[BaseDocument]) -> str:
    """Return the unique, sortable field that ends every sort."""
    return model._mapping["id"].name if model._store_id else LAST_KEY


def sort_keys(model: type[BaseDocument], sort: Sort | None) -> list[dict[str, Any]]:
    """Return `sort` with Elasticsearch's names, ending with a unique key; the model's default sort if it is empty.

    `_uid`, the unique key of old versions, and `_id`, which no server sorts by any more, mean the last key.
    """
    keys = [_key(model, name, how) for name, how in _pairs(sort or model.get_default_sort())]
    last = last_key(model)
    if not any(last in key for key in keys):
        keys.append(_key(model, last, "asc"))
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


def _key(model: type[BaseDocument], name: str, how: Any) -> dict[str, Any]:
    path, nested, data_type = _located(model, last_key(model) if name in _OLD_KEYS else name)
    options: dict[str, Any] = {}
    if nested and not (isinstance(how, Mapping) and "nested" in how):
        options["nested"] = {"path": nested}
    if model._write_to and data_type is not None and data_type.es_type not in ("", "alias"):
        # A pattern may match indices of other programs without the field, whose shards would refuse the search.
        options["unmapped_type"] = data_type.es_type
    if options:
        how = {**options, **(how if isinstance(how, Mapping) else {"order": how})}
    return {path: how}


def _located(model: type[BaseDocument], name: str) -> tuple[str, str, BaseDataType | None]:
    """Return the path of a sort key by Elasticsearch's names, the innermost nested object around it, which 9.5.3 insists
    on and without which 7.17.29 finds no values, and the data type, if the model knows it."""
    path: list[str] = []
    nested, data_type = "", None
    parts: Mapping[str, BaseDataType] = model._mapping
    for step in name.split("."):
        if path:
            parts = parts_of(data_type) if data_type else {}
        if data_type is not None and data_type.es_type == "nested":
            nested = ".".join(path)
        named = (one for one in parts.values() if one.name == step)
        data_type = parts.get(step) or next(named, None)
        path.append(data_type.name if data_type else step)
    return ".".join(path), nested, data_type


def loses_documents(model: type[BaseDocument], keys: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a plain search with these keys may omit documents.

    When several shards are sorted by a date first, Elasticsearch sends later shards the worst value of the page so
    far, and they answer nothing if they have no better one. That fails if documents lack the date, or its format is
    coarse: of 60 indices of 3 shards and 7 documents, 32 lost some on 7.17.29 (`strict_date`, desc) and 3 on 9.5.3. A
    search with a DFS phase does not send that value, lost none, and is a plain one if there is one shard.
    """
    *_, data_type = _located(model, next(iter(keys[0]), ""))
    return data_type is not None and data_type.es_type in ("date", "date_nanos", "alias")


def sort_strings(keys: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return sort keys as `field:direction`. ValueError for a key with options other than a direction."""
    strings = []
    for key in keys:
        for name, how in key.items():
            if isinstance(how, Mapping):
                if set(how) - {"order", "unmapped_type"}:
                    raise ValueError(
                        f"the sort key {name!r} cannot be written as 'field:direction'"
                    )
                how = how.get("order", "asc")
            strings.append(f"{name}:{how}")
    return strings
