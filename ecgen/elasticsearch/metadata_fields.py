"""Metadata fields: those that the server adds to every document."""

from __future__ import annotations

from typing import Final

_SINCE_7: Final = frozenset(
    [
        "_doc_count",
        "_field_names",
        "_id",
        "_ignored",
        "_index",
        "_routing",
        "_seq_no",
        "_source",
        "_version",
    ]
)
_UNTIL_7: Final = _SINCE_7 | {"_feature", "_type"}
_SINCE_8: Final = _SINCE_7 | {"_data_stream_timestamp", "_ignored_source", "_nested_path"}


def metadata_fields(major: int = 9) -> frozenset[str]:
    """Return the names that a field at the top of a mapping cannot have, though objects accept them; aliases may use them.

    Checked against 9.5.3, 8.19.21 and 7.17.29.
    """
    return _SINCE_8 if major >= 8 else _UNTIL_7
