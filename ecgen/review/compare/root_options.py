"""Options beside `properties` at a mapping's root, compared as the server updates them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecgen.definitions.checks.mappings import check_dynamic_templates, check_runtime
from ecgen.definitions.ir import Json
from ecgen.definitions.refused_formats import complaint
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET

from ..rules.verdicts import Server
from .canonical import RefusedValueError, boolean, canonical, dynamic
from .refusals import Reasons

Option = tuple[str, str, Server, Json, Json, str | None]
"""Rule, name, verdict, old and new value as written, and details."""

# Replaced if given, kept if omitted.
_REPLACED: Final[dict[str, Json]] = {
    "dynamic": "true",
    "dynamic_templates": [],
    "_meta": UNSET,
    "date_detection": True,
    "numeric_detection": False,
    "dynamic_date_formats": ["strict_date_optional_time", "yyyy/MM/dd HH:mm:ss Z||yyyy/MM/dd Z"],
}
# Refused if given with another value, kept if omitted.
_FIXED: Final[dict[str, Json]] = {
    "enabled": True,
    "subobjects": True,
    "synthetic_source_keep": UNSET,
}
_SINCE_8: Final = ("subobjects", "synthetic_source_keep")
_STAMP: Final = "_data_stream_timestamp"
_BESIDE_STAMPS: Final = frozenset(
    {"type", "doc_values", "format", "locale", "meta", "ignore_malformed", "index"}
)
_OBJECTS: Final = ("runtime", "_source", "_routing")
_BOOLEANS: Final = ("date_detection", "numeric_detection", "enabled", "subobjects")
_KEYS: Final = {
    "_source": ("enabled", "includes", "excludes", "mode"),
    "_routing": ("required",),
}
_OF_TEMPLATES_ON_7: Final = "dynamic-template"
"""The only rule by which 7 refuses a template; it checks the resulting field with the first document."""


def compare_options(old: dict[str, Json], new: dict[str, Json], major: int) -> Iterator[Option]:
    """Yield the differences of two mappings' options, one for each option."""
    for name in {**new, **old}:
        if name == "properties":
            continue
        if name in new:
            why = _wrong(name, new[name], major)
            if why:
                yield ("mapping-refused", name, "reindex", UNSET, new[name], why)
                continue
        if name == _STAMP and major >= 8:
            yield from _stamp(old.get(name), new.get(name), new.get("properties"))
        else:
            yield from _compare(name, old.get(name), new.get(name), major)


def _wrong(name: str, value: Json, major: int) -> str | None:
    """Return why a server refuses an option's value, or None."""
    if value is None:
        return None if name == "_meta" else f"{name} must not be null"
    try:
        if name == "dynamic":
            dynamic(value)
        elif name in _BOOLEANS and value != "auto":
            boolean(name, value)
    except RefusedValueError as error:
        return str(error)
    if name in ("_meta", *_OBJECTS) and not isinstance(value, dict):
        return f"{name} must be an object"
    if name in _KEYS:
        return next((f"{name} has no {key}" for key in value if key not in _KEYS[name]), None)
    if name == "dynamic_date_formats":
        formats = value if isinstance(value, list) else [value]
        wrong = next(filter(None, map(complaint, map(str, formats))), None)
        return wrong[0] if wrong else None
    reasons = Reasons()
    if name == "dynamic_templates":
        spelled = [_spelled(entry) for entry in value] if isinstance(value, list) else value
        if reasons.gate(spelled, "dynamicTemplates"):
            check_dynamic_templates(reasons, spelled)
    elif name == "runtime":
        given = {key: body for key, body in value.items() if body is not None}
        if reasons.gate(given, "runtimeFields"):
            check_runtime(reasons, given)
        for key, body in given.items():
            if major < 8 and isinstance(body, dict) and body.get("type") == "lookup":
                return f"{key}: Elasticsearch {major} has no runtime fields of type lookup"
    for _, rule, message in reasons.found:
        if name == "runtime" or major >= 8 or rule == _OF_TEMPLATES_ON_7:
            return message
    return None


def _spelled(entry: Json) -> Json:
    """Return a dynamic template with the parameters of its mapping in canonical form: servers accept `"true"` and
    `"256"` there, too."""
    if not isinstance(entry, dict):
        return entry
    return {name: _spelled_template(template) for name, template in entry.items()}


def _spelled_template(template: Json) -> Json:
    if not isinstance(template, dict) or "mapping" not in template:
        return template
    return {**template, "mapping": _spelled_field(template["mapping"])}


def _spelled_field(field: Json) -> Json:
    if not isinstance(field, dict):
        return field
    kind = str(field.get("type", "object" if "properties" in field else None))
    spelled = {}
    for name, value in field.items():
        spelled[name] = value
        if name in ("fields", "properties") and isinstance(value, dict):
            spelled[name] = {part: _spelled_field(body) for part, body in value.items()}
        elif isinstance(value, str) and kind in FIELD_TYPES and name not in ("type", "copy_to"):
            try:
                spelled[name] = canonical(kind, name, value)
            except RefusedValueError:
                continue  # the checks say why
    return spelled


def _compare(name: str, old: Json, new: Json, major: int) -> Iterator[Option]:
    if name in _OBJECTS:
        old = old if isinstance(old, dict) else None
    if name == "runtime":
        yield from _runtime(old or {}, new or {}, major)
    elif name == "_source":
        yield from _source(old, new, major)
    elif name == "_routing":
        yield from _routing(old, new, major)
    elif name in _REPLACED:
        yield from _kept(name, old, new, _REPLACED[name], "in-place")
    elif name in _FIXED and (major >= 8 or name not in _SINCE_8):
        yield from _kept(name, old, new, _FIXED[name], "reindex")
    elif name == "_field_names" and major < 8:
        yield from _kept(name, old, new, {"enabled": True}, "in-place")
    elif name == "_size":
        yield from _kept(name, old, new, {"enabled": False}, "in-place")
    elif new is not None and not (name == "_id" and new == {} and major >= 9):
        yield (
            "mapping-refused",
            name,
            "reindex",
            UNSET,
            new,
            f"Elasticsearch {major} has no mapping option {name}",
        )


def _kept(name: str, old: Json, new: Json, default: Json, server: Server) -> Iterator[Option]:
    before, after = _plain(name, old, default), _plain(name, new, default)
    if before == after:
        return
    yield _option(name, "ignored" if new is None else server, old, new)


def _plain(name: str, value: Json, default: Json) -> Json:
    if value is None:
        return default
    if name == "dynamic":
        return str(value).lower()
    if name == "dynamic_date_formats" and isinstance(value, str):
        return [value]
    if isinstance(value, str) and isinstance(default, bool):
        try:
            return boolean(name, value)
        except RefusedValueError:
            return value
    return value


def _runtime(old: dict[str, Json], new: dict[str, Json], major: int) -> Iterator[Option]:
    before = {name: body for name, body in old.items() if body is not None}
    for name, body in new.items():
        shown = f"runtime.{name}"
        if body is None:
            if name in before:
                yield ("runtime-field-removed", shown, "in-place", before[name], UNSET, None)
        elif name not in before:
            yield ("runtime-field-added", shown, "in-place", UNSET, body, None)
        elif before[name] != body:
            yield ("runtime-field-changed", shown, "in-place", before[name], body, None)
    for name, body in before.items():
        if name not in new:
            yield (
                "runtime-field-removed",
                f"runtime.{name}",
                "ignored",
                body,
                UNSET,
                "only `null` in its place removes it",
            )


def _source(old: Json, new: Json, major: int) -> Iterator[Option]:
    if major < 8 and new and "mode" in new:
        reason = f"Elasticsearch {major} has no mode of _source"
        yield ("mapping-refused", "_source", "reindex", UNSET, new, reason)
        return
    before, after = _source_parts(old), _source_parts(new)
    mode_before, mode_after = (old or {}).get("mode"), (new or {}).get("mode")
    if major >= 9:
        # 9 drops the mode (an index setting has replaced it), but refuses `stored` if it is given again.
        again = mode_after == "stored" != mode_before
        mode_before, mode_after = None, "stored" if again else None
    if (before, mode_before) == (after, mode_after):
        return
    # Since 9 an empty _source equals an absent one.
    if new is None or (not new and major >= 9):
        yield _option("_source", "ignored", old, new)
        return
    only_disabled = before[0] is True and after[0] is False and before[1:] == after[1:]
    taken = major >= 8 and mode_after != "stored" and (before == after or only_disabled)
    yield _option("_source", "in-place" if taken else "reindex", old, new)


def _source_parts(value: Json) -> tuple[Json, ...]:
    given = value or {}
    return (
        given.get("enabled", True) in (True, "true"),
        _names(given.get("includes", [])),
        _names(given.get("excludes", [])),
    )


def _names(value: Json) -> list[str]:
    return [str(part) for part in (value if isinstance(value, list) else [value])]


def _routing(old: Json, new: Json, major: int) -> Iterator[Option]:
    before = (old or {}).get("required", False) in (True, "true")
    after = (new or {}).get("required", False) in (True, "true")
    if before == after:
        return
    kept = new is None or (not new and major >= 9)
    yield _option("_routing", "ignored" if kept else "reindex", old, new)


def _stamp(old: Json, new: Json, properties: Json) -> Iterator[Option]:
    before, after = (
        isinstance(value, dict) and value.get("enabled", False) in (True, "true")
        for value in (old, new)
    )
    if before == after:
        return
    why = _not_a_timestamp((properties or {}).get("@timestamp")) if after else None
    if why:
        yield ("mapping-refused", _STAMP, "reindex", UNSET, new, why)
    else:
        server: Server = "in-place" if after else "ignored" if new is None else "reindex"
        yield _option(_STAMP, server, old, new)


def _not_a_timestamp(field: Json) -> str | None:
    """Return why a server refuses the field `@timestamp` in a data stream's mapping, or None."""
    if not isinstance(field, dict):
        return "the mapping of a data stream has a field @timestamp"
    if field.get("type") not in ("date", "date_nanos"):
        return "the field @timestamp of a data stream is a date or a date_nanos"
    wrong = [name for name in field if name not in _BESIDE_STAMPS]
    wrong += [name for name in ("doc_values", "index") if field.get(name) in (False, "false")]
    wrong += ["ignore_malformed"] if field.get("ignore_malformed") in (True, "true") else []
    return f"the field @timestamp of a data stream must not have {wrong[0]}" if wrong else None


def _option(name: str, server: Server, old: Json, new: Json) -> Option:
    rule = f"{_RULES.get(name, name.lstrip('_').replace('_', '-'))}-changed"
    return (
        rule,
        name,
        server,
        UNSET if old is None else old,
        UNSET if new is None else new,
        None,
    )


_RULES: Final = {"_meta": "mapping-meta"}
