"""Data types whose values are strings."""

from __future__ import annotations

import ipaddress
import uuid
from typing import Any

from ..errors import FieldValueError
from .base import BaseDataType, inline
from .numbers import Integer


class _String(BaseDataType):
    """Holds str. Takes str, whole numbers and UUIDs.

    Floats, booleans and dates are refused: they have several spellings, and Elasticsearch would index one that the
    program never saw (`True` as `true`).
    """

    kept = "{0}"

    @inline(lambda _, v: f"{v}.__class__ is _str")
    def _convert(self, value: Any) -> Any:
        if isinstance(value, (str, uuid.UUID, int)) and not isinstance(value, bool):
            return str(value)
        raise FieldValueError("is not a string", value)


class Keyword(_String):
    """A string that is matched whole."""

    es_type = "keyword"


class ConstantKeyword(_String):
    """A string that is equal in every document of the index."""

    es_type = "constant_keyword"


class CountedKeyword(_String):
    """A keyword whose aggregations count repeated values."""

    es_type = "counted_keyword"


class IcuCollationKeyword(_String):
    """A keyword that sorts by a language's rules (plugin analysis-icu)."""

    es_type = "icu_collation_keyword"


class Wildcard(_String):
    """A keyword optimized for wildcard and regexp queries."""

    es_type = "wildcard"


class Version(_String):
    """A version number; sorts as semantic versions do."""

    es_type = "version"


class Murmur3(BaseDataType):
    """A value of which only the hash is indexed (plugin mapper-murmur3); passed on unchanged."""

    es_type = "murmur3"


class Text(_String):
    """A string that is analysed into words."""

    es_type = "text"


class MatchOnlyText(_String):
    """Text without scores and positions."""

    es_type = "match_only_text"


class AnnotatedText(_String):
    """Text with `[marked](up)` tokens (plugin mapper-annotated-text)."""

    es_type = "annotated_text"


class SearchAsYouType(_String):
    """Text for queries that match while the user is typing."""

    es_type = "search_as_you_type"


class TokenCount(_String):
    """Holds the text; the index has the number of its tokens."""

    es_type = "token_count"

    def to_query(self, value: Any) -> Any:
        """Return a number of tokens."""
        return Integer(self.name).to_query(value)


class _StringOrObject(_String):
    """A string, or an object in the form that Elasticsearch documents for the type, passed on unchanged."""

    kept = BaseDataType.kept

    @inline(lambda _, v: f"{v}.__class__ is _str")
    def _convert(self, value: Any) -> Any:
        return dict(value) if isinstance(value, dict) else super()._convert(value)


class Completion(_StringOrObject):
    """A suggestion: a string, a list of them, or `{"input": [...], "weight": 3, "contexts": {...}}`."""

    es_type = "completion"

    def _convert(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and not self.many:
            return self._members(value, super()._convert)
        return super()._convert(value)


class SemanticText(_StringOrObject):
    """Text for which the server computes embeddings."""

    es_type = "semantic_text"


class Ip(BaseDataType):
    """An IP address, held as str in its canonical spelling. Takes str and ipaddress objects, and in find_by also networks."""

    es_type = "ip"
    kept = "{0}"

    def _convert(self, value: Any) -> Any:
        if isinstance(value, (str, ipaddress.IPv4Address, ipaddress.IPv6Address)):
            try:
                return str(ipaddress.ip_address(value))
            except ValueError:
                pass
        raise FieldValueError("is not an IP address", value)

    def to_query(self, value: Any) -> Any:
        """Return an address, or a network (`10.0.0.0/8`), which Elasticsearch's term query understands."""
        if isinstance(value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return str(value)
        if isinstance(value, str) and "/" in value:
            try:
                return str(ipaddress.ip_network(value, strict=False))
            except ValueError:
                raise FieldValueError("is not a network of IP addresses", value) from None
        return super().to_query(value)
