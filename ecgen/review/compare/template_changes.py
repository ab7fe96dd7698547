"""Changes of an index template's keys beside `template`: the pattern, where documents are written, and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecgen.definitions.ir import Json
from ecgen.elasticsearch.field_types import UNSET

from .mapping_changes import Difference
from .subjects import Subject

_IN_OTHER_RULES = frozenset({"index_patterns", "name"})


def compare_templates(old: Subject, new: Subject) -> Iterator[Difference]:
    """Yield the differences of two templates.

    There are none if one side is no template: mapping JSON of an index can be compared with that of a template.
    """
    before, after = old.template, new.template
    if before is None or after is None:
        return
    was, now = _pattern(before), _pattern(after)
    if was != now:
        detail = "indices that only the new one matches are read from now on, those that only the old one matches no longer"
        yield Difference("index-pattern-changed", ("index",), "in-place", was, now, "index", detail)
    if old.index != new.index and old.is_named and new.is_named:
        detail = "new documents go there, and those that exist stay where they are"
        keys = ("write_to",)
        yield Difference("write-to-changed", keys, "in-place", old.index, new.index, *keys, detail)
    streams = "data_stream" in before, "data_stream" in after
    if streams[0] != streams[1]:
        detail = "the server makes no data stream of an alias, and no alias of a data stream"
        keys = ("data_stream",)
        yield Difference("data-stream-changed", keys, "reindex", *streams, *keys, detail)
    for key in sorted({*before, *after} - _IN_OTHER_RULES):
        one, other = before.get(key, UNSET), after.get(key, UNSET)
        if one != other and (key != "data_stream" or streams == (True, True)):
            yield Difference("template-changed", (key,), "in-place", one, other, key)


def _pattern(template: Mapping[str, Json]) -> Json:
    """The pattern; a list where there are several."""
    patterns = template["index_patterns"]
    return patterns[0] if isinstance(patterns, list) and len(patterns) == 1 else patterns
