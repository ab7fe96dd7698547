"""An index template → the keys of a model whose index is a pattern, where the language can say it."""

from __future__ import annotations

from typing import Final

from ecgen.definitions.name_words import index_complaint
from ecgen.elasticsearch.data_streams import TIMESTAMP, refused_parameters
from ecgen.elasticsearch.index_patterns import (
    FIRST,
    PRIORITY,
    is_pattern,
    matches,
)

from .source import Json, Source

_OF_THE_SERVER: Final = frozenset({"created_date", "created_date_millis", "modified_date", "modified_date_millis"})  # fmt: skip
_OWN: Final = frozenset({"index_patterns", "template", "priority", "data_stream"})


def template_of(body: dict[str, Json], name: str | None) -> dict[str, Json]:
    """The parts of a template's body beside `template`, without what a server adds, and the template's `name` if it is known."""
    rest = {key: value for key, value in body.items() if key != "template" and key not in _OF_THE_SERVER}  # fmt: skip
    if rest.get("composed_of") == []:
        del rest["composed_of"]
    stream = rest.get("data_stream")
    if isinstance(stream, dict):  # a server writes out the defaults
        rest["data_stream"] = {key: value for key, value in stream.items() if value is not False}
    return {**({"name": name} if name else {}), **rest}


def pattern_keys(source: Source) -> tuple[dict[str, Json], str | None]:
    """The keys `index`, `write_to` and so on for a source that is a template; none, and the reason, where the language cannot say it."""
    template = source.template
    if template is None or "index_patterns" not in template:
        return {}, None
    why = _obstacle(source, template)
    if why is not None:
        return {}, f"The index template's pattern is not the model's index: {why}."
    patterns = template["index_patterns"]
    pattern: str = patterns if isinstance(patterns, str) else patterns[0]
    is_stream = "data_stream" in template
    keys: dict[str, Json] = {
        "index": pattern,
        "write_to": _written(pattern, template.get("name"), source.name, is_stream),
    }
    if is_stream:
        keys["data_stream"] = True
    priority = template.get("priority", 0)
    if priority != PRIORITY:
        keys["priority"] = priority
    rest = {key: value for key, value in template.items() if key not in _OWN and key != "name"}
    if template.get("data_stream"):
        rest["data_stream"] = template["data_stream"]
    if rest:
        keys["unchecked"] = {"index_template": rest}
    return keys, None


def _obstacle(source: Source, template: dict[str, Json]) -> str | None:
    patterns = template["index_patterns"]
    named = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(named, list) or len(named) != 1 or not isinstance(named[0], str):
        return "it has several, and a model has one"
    if not is_pattern(named[0]) or not named[0].strip("*") or named[0][:1] in ("-", "_", "+"):
        return f"{named[0]} is none that a model can have"
    if "data_stream" not in template:
        return None
    field = (source.mappings.get("properties") or {}).get(TIMESTAMP)
    if not isinstance(field, dict) or field.get("type") not in ("date", "date_nanos"):
        return f"the mapping lacks the date {TIMESTAMP} of its data streams"
    if refused_parameters(field):
        return f"{TIMESTAMP} has parameters that data streams do not have"
    return None


def _written(pattern: str, name: Json, stem: str, is_stream: bool) -> str:
    """The template's name, as ecgen names templates, where the pattern matches it; else a name that it does match."""
    end = "" if is_stream else FIRST
    for each in (name, stem, stem + "-app"):
        if isinstance(each, str) and _is_name(each) and all(matches(pattern, each + e) for e in ("", end)):  # fmt: skip
            return each
    return pattern.replace("*", "app")


def _is_name(text: str) -> bool:
    return text == text.lower() and not is_pattern(text) and index_complaint(text) is None
