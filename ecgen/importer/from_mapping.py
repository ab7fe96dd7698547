"""Mapping JSON in every form that people have it → sources.

Recognised: answers of `GET index`, `GET _mapping`, `GET _index_template`, `GET _component_template` and `GET _template`;
bodies that create an index or put a template; a mapping; its properties alone. Mapping types (`_doc`, `product`), which
Elasticsearch had until 7, are taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ecgen.definitions.language import MAPPING_OPTIONS
from ecgen.diagnostics.command_error import CommandError

from .json_text import console_requests, load_json, read_utf8
from .source import Json, Source
from .templates import template_of

ROOT_KEYS: Final = MAPPING_OPTIONS | {
    "properties",
    "_field_names",
    "_size",
    "_all",
    "_data_stream_timestamp",
    "_tier",
    "_ignored",
    "_doc_count",
    "_parent",
    "_timestamp",
    "_ttl",
    "_id",
    "_index",
    "_type",
    "_analyzer",
    "_boost",
    "_uid",
    "_default_",
    "_inference_fields",
    "include_in_all",
    "analyzer",
    "index_analyzer",
    "search_analyzer",
    "transform",
    "date_formats",
}
"""Keys at the root of a mapping, those of old servers included."""
_BESIDE_MAPPINGS: Final = frozenset(
    {
        "mappings",
        "settings",
        "aliases",
        "template",
        "index_patterns",
        "order",
        "version",
        "data_stream",
        "warmers",
    }
)


def read_file(path: Path, shown: str) -> list[Source]:
    """The sources in a JSON file.

    Raises:
        CommandError: the file cannot be read, is no JSON, or holds no mapping.
    """
    return read_text(read_utf8(path, shown), path.stem, shown)


def read_bodies(path: Path, shown: str) -> list[Source]:
    """The sources in a JSON file for a comparison, which judges a body that no index can be made of, too.

    Raises:
        CommandError: the file cannot be read, is not JSON, or holds neither a mapping nor settings.
    """
    text = read_utf8(path, shown)
    try:
        return read_text(text, path.stem, shown)
    except CommandError:
        body = None if console_requests(text) else load_json(text, shown)
        if not isinstance(body, dict) or not body.keys() <= {"aliases", "mappings", "settings"}:
            raise
        mappings, settings, aliases = (
            _object(body, part, shown) for part in ("mappings", "settings", "aliases")
        )
        return [Source(path.stem, shown, mappings, settings, aliases)]


def read_text(text: str, name: str, shown: str) -> list[Source]:
    """The same, of text; `name` is that of the index where the JSON does not say it.

    Raises:
        CommandError: the text is no JSON, or holds no mapping.
    """
    requests = console_requests(text)
    if requests:
        found = []
        for index, body in requests:
            found += _parsed(body, index or name, shown)
            if index and found[-1].template is not None:
                found[-1].template.setdefault("name", index)
        return found
    return _parsed(text, name, shown)


def _parsed(text: str, name: str, shown: str) -> list[Source]:
    return sources(load_json(text, shown), name, shown)


def sources(body: Json, name: str, shown: str) -> list[Source]:
    """The sources in a JSON value.

    Raises:
        CommandError: it holds no mapping.
    """
    if not isinstance(body, dict):
        kind = "a list" if isinstance(body, list) else "a single value"
        raise _no_mapping(shown, f"it is {kind}")
    if "error" in body and "status" in body:
        reason = body["error"]
        reason = reason.get("reason", reason) if isinstance(reason, dict) else reason
        raise _no_mapping(shown, f"it is the error of a server ({str(reason)[:200]})")
    for inner in ("index_template", "component_template"):
        entries = body.get(f"{inner}s", [body])
        if isinstance(entries, list) and any(_has_object(entry, inner) for entry in entries):
            return [
                source
                for entry in entries
                if _has_object(entry, inner)
                for source in _template(entry[inner], entry.get("name"), name, shown)
            ]
    if isinstance(body.get("template"), dict) and not _is_field(body["template"]):
        return _template(body, None, name, shown)
    if _is_index(body):
        return _index_body(body, name, shown)
    if body and all(_is_index(value) for value in body.values()):
        return index_sources(body, shown)
    if ROOT_KEYS & body.keys() and _is_root(body):
        return [_source(name, shown, body, {})]
    if body and body.keys() <= {"settings", "aliases", "index_patterns", "order", "version"}:
        raise _no_mapping(shown, "it has settings or aliases, and no mappings")
    typed = _typed(body)
    if typed:
        return _from_types(typed, name, shown, {})
    if body and all(isinstance(value, dict) and _is_field(value) for value in body.values()):
        return [_source(name, shown, {"properties": body}, {})]
    raise _no_mapping(shown, "neither 'mappings' nor 'properties' is in it")


def index_sources(bodies: Mapping[str, dict[str, Json]], shown: str) -> list[Source]:
    """The sources in index bodies by name, whatever the names are: an index can be called `template` or `mappings`.

    Raises:
        CommandError: one holds no mapping.
    """
    found: list[Source] = []
    for name, body in bodies.items():
        if "mappings" not in body:
            raise _no_mapping(shown, f"there are no 'mappings' in {name!r}")
        found += _index_body(body, name, shown, named=True)
    return found


def _no_mapping(shown: str, why: str) -> CommandError:
    return CommandError(
        f"{shown}: this is no mapping: {why}; give a mapping, an index body, "
        "or what GET index or GET index/_mapping answers"
    )


def _has_object(entry: Json, key: str) -> bool:
    return (
        isinstance(entry, dict) and isinstance(entry.get(key), dict) and not _is_field(entry[key])
    )


def _is_index(value: Json) -> bool:
    """Whether the value is an index body, or the value of an index's name in a response.

    A field can be called `mappings`: then it has a type, or there are keys beside it that an index body does not have.
    """
    if not isinstance(value, dict) or "mappings" not in value:
        return False
    mappings = value["mappings"]
    if isinstance(mappings, dict) and isinstance(mappings.get("type"), str):
        # Old bodies say `type: object` of the mapping itself.
        whole = mappings["type"] == "object" and isinstance(mappings.get("properties"), dict)
        return whole and value.keys() <= _BESIDE_MAPPINGS
    return not any(_is_field(part) for key, part in value.items() if key not in _BESIDE_MAPPINGS)


def _is_field(value: Json) -> bool:
    """Whether the value looks like a field's definition rather than like a mapping."""
    return isinstance(value, dict) and (
        isinstance(value.get("type"), str)
        or (isinstance(value.get("properties"), dict) and not _is_root_only(value))
    )


def _is_root_only(value: dict[str, Json]) -> bool:
    return bool((ROOT_KEYS - {"properties", "dynamic", "enabled", "subobjects"}) & value.keys())


def _is_root(body: dict[str, Json]) -> bool:
    """Whether the keys are those of a mapping's root, and not fields that happen to be called so."""
    properties = body.get("properties")
    if properties is not None:
        return isinstance(properties, dict) and not isinstance(properties.get("type"), str)
    return body.keys() <= ROOT_KEYS and not all(_is_field(value) for value in body.values())


def _typed(body: dict[str, Json]) -> dict[str, dict[str, Json]] | None:
    """The mappings by type, where `body` is such; None where it is not.

    `{"product": {"properties": …}}` could also be an object field alone; as a whole mapping that is far rarer.
    """
    if not body or ROOT_KEYS & body.keys() - {"_default_"}:
        return None
    if not all(isinstance(value, dict) and "type" not in value for value in body.values()):
        return None
    if all(value.keys() <= ROOT_KEYS for value in body.values()) and (
        len(body) == 1
        or "_default_" in body
        or any(_is_root_only(value) for value in body.values())
    ):
        return body
    return None


def _index_body(body: dict[str, Json], name: str, shown: str, named: bool = False) -> list[Source]:
    mappings = body["mappings"]
    if mappings is None:
        mappings = {}
    if isinstance(mappings, list):  # logstash's and others' templates of old: a list of one mapping
        if len(mappings) > 1 or not all(isinstance(each, dict) for each in mappings):
            raise _no_mapping(shown, "'mappings' is a list")
        mappings = mappings[0] if mappings else {}
    if not isinstance(mappings, dict):
        raise _no_mapping(shown, "'mappings' is no object")
    if mappings and all(
        isinstance(value, dict) and value.keys() == {"full_name", "mapping"}
        for value in mappings.values()
    ):
        raise _no_mapping(shown, "it is what GET index/_mapping/field answers, field by field")
    # A legacy template has its pattern beside its mappings.
    pattern = "index_patterns" in body or isinstance(body.get("template"), str)
    rest = {
        "settings": _object(body, "settings", shown),
        "aliases": _object(body, "aliases", shown),
        "pattern": pattern or not named,
        "stream": body.get("data_stream") if isinstance(body.get("data_stream"), str) else None,
    }
    if pattern:
        name = _from_pattern(body.get("index_patterns", body.get("template")), name)
    typed = None if not mappings else _typed(mappings)
    if typed is None and mappings and not (ROOT_KEYS & mappings.keys()):
        # Several types beside each other (Elasticsearch 5), or something that is no mapping.
        if not all(
            isinstance(value, dict) and value.keys() <= ROOT_KEYS for value in mappings.values()
        ):
            raise _no_mapping(shown, "'mappings' holds neither 'properties' nor mapping types")
        typed = mappings
    made = (
        [_source(name, shown, mappings, rest)]
        if typed is None
        else _from_types(typed, name, shown, rest)
    )
    if pattern:
        for source in made:
            source.notes.append(
                "Legacy templates are not in the language: the index is called after the template's pattern. "
                "Name the one that the model is for."
            )
    return made


def _object(body: dict[str, Json], key: str, shown: str) -> dict[str, Json]:
    value = body.get(key)
    if value is None:
        return {}
    if isinstance(value, list) and key == "aliases":
        return {str(name): {} for name in value}
    if not isinstance(value, dict):
        raise CommandError(f"{shown}: '{key}' is no object")
    return value


def _from_types(
    typed: dict[str, Json], name: str, shown: str, rest: dict[str, Any]
) -> list[Source]:
    found = {key: value for key, value in typed.items() if key != "_default_"} or typed
    made = []
    for key, value in found.items():
        source = _source(name if len(found) == 1 else f"{name}-{key}", shown, value, rest)
        if key != "_doc":
            source.notes.append(
                f"the mapping type '{key}' is left out: Elasticsearch has had none since 8"
            )
        if "_default_" in typed and key != "_default_":
            source.notes.append(
                "the mapping type '_default_' is left out: Elasticsearch has had none since 7"
            )
        made.append(source)
    return made


def _template(body: dict[str, Json], called: Json, name: str, shown: str) -> list[Source]:
    """The sources of a template that the server calls `called`, or None where it is not known."""
    name = str(called or name)
    inner = body["template"] if isinstance(body.get("template"), dict) else {}
    rest = {
        "settings": _object(inner, "settings", shown),
        "aliases": _object(inner, "aliases", shown),
        "pattern": True,
        "template": template_of(body, called if isinstance(called, str) else None),
    }
    if "index_patterns" in body:
        name = _from_pattern(body["index_patterns"], name)
    mappings = inner.get("mappings") or {}
    if not isinstance(mappings, dict):
        raise _no_mapping(shown, "'mappings' of the template is no object")
    typed = _typed(mappings)
    made = (
        _from_types(typed, name, shown, rest) if typed else [_source(name, shown, mappings, rest)]
    )
    parts = body.get("composed_of")
    if parts and isinstance(parts, list):
        for source in made:
            listed = ", ".join(map(str, parts))
            source.notes.append(
                f"the template is composed of {listed}, which are not in it; import an index made from it to have all"
            )
    return made


def _from_pattern(patterns: Json, name: str) -> str:
    """`logs-nginx` for `["logs-nginx-*"]`; the given name where the pattern says nothing."""
    first = patterns[0] if isinstance(patterns, list) and patterns else patterns
    if not isinstance(first, str):
        return name
    stem = first.split("*")[0].rstrip("-_.")
    return stem or name


def _source(name: str, shown: str, mappings: dict[str, Json], rest: dict[str, Any]) -> Source:
    properties = mappings.get("properties")
    if properties == []:  # servers take it for an empty object: 9.5.3 and 7.17.29
        properties = {}
        mappings = {**mappings, "properties": properties}
    if properties is not None and not isinstance(properties, dict):
        raise _no_mapping(shown, "'properties' is no object")
    return Source(name=name, origin=shown, mappings=mappings, **{"pattern": True, **rest})
