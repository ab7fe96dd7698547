"""Which `index_options` of a dense_vector can replace which.

Checked on 9.5.3 and 8.19.21 for every pair of types and a few values of `m`; both agree except for the default.
"""

from __future__ import annotations

from typing import Final

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import UNSET

_GRAPHS: Final = frozenset({"hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw"})
_NEXT: Final[dict[str, frozenset[str]]] = {
    "flat": _GRAPHS | {"int8_flat", "int4_flat", "bbq_flat", "bbq_disk"},
    "int8_flat": _GRAPHS | {"int4_flat", "bbq_flat"},
    "int4_flat": _GRAPHS | {"bbq_flat"},
    "bbq_flat": frozenset({"bbq_hnsw"}),
    "hnsw": frozenset({"int8_hnsw", "int4_hnsw", "bbq_hnsw"}),
    "int8_hnsw": frozenset({"int4_hnsw", "bbq_hnsw"}),
    "int4_hnsw": frozenset({"bbq_hnsw"}),
    "bbq_hnsw": frozenset(),
    "bbq_disk": frozenset(),
}
_BBQ_BY_DEFAULT_FROM: Final = 384  # dimensions, since 9.1


def options(field: dict[str, Json], major: int) -> Json:
    """Return the index options of a field's canonical parameters, with explicit defaults; UNSET if it has none.

    A field without `dims` has none until its first document; a field of bytes or bits has none unless they are given.
    """
    given = field.get("index_options", UNSET)
    if given is UNSET or not isinstance(given, dict):
        dims = field.get("dims", UNSET)
        if field.get("index", True) is False or field.get("element_type", "float") in (
            "byte",
            "bit",
        ):
            return UNSET
        if major >= 9 and dims is UNSET:
            return UNSET
        bbq = major >= 9 and dims >= _BBQ_BY_DEFAULT_FROM
        given = {"type": "bbq_hnsw" if bbq else "int8_hnsw"}
    filled = {key: _plain(value) for key, value in given.items()}
    kind = filled.get("type")
    if kind in _GRAPHS:
        filled = {"m": 16.0, "ef_construction": 100.0, **filled}
    if isinstance(kind, str) and kind.startswith("bbq_"):
        filled = {"rescore_vector": {"oversample": 3.0}, **filled}
    return filled


def can_follow(old: Json, new: Json, major: int) -> bool:
    """Return whether a server accepts `new` in place of `old`, both as returned by `options`."""
    if old is UNSET or new is UNSET:
        return True
    before, after = old.get("type"), new.get("type")
    if before != after and after not in _NEXT.get(str(before), frozenset()):
        return False
    quantile = "confidence_interval"
    if major < 9 and before == after and after not in ("int8_flat", "int4_flat"):
        # 8 lets int8_hnsw gain one; int4_hnsw always has one.
        fixed = quantile in old or after == "int4_hnsw"
        if fixed and old.get(quantile) != new.get(quantile):
            return False
    return not ("m" in old and "m" in new and new["m"] < old["m"])


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, bool):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
