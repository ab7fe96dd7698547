"""One source → the data of one definition, with the comments that belong to it.

What the language refuses as a key (`id`, a leading `_`) gets another key and its name in `name`. Nothing is
guessed here: guesses come in with the source (`Source.known`), and are marked as such.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from ecgen.definitions import naming
from ecgen.definitions.language import MAPPING_OPTIONS
from ecgen.definitions.routing import GIVEN
from ecgen.diagnostics.command_error import CommandError
from ecgen.elasticsearch.data_streams import TIMESTAMP
from ecgen.elasticsearch.field_types import FIELD_TYPES

from .authored_settings import cleaned
from .index_names import base_name, model_name
from .source import Json, Known, Source
from .templates import pattern_keys

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Definition:
    """The data of one file, before it is text."""

    model: str
    data: dict[str, Json]
    source: Source
    notes: dict[Path, list[str]] = field(default_factory=dict)
    head: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """What the language would not take, and is passed on unchecked; set when the definition is settled."""

    def note(self, path: Path, text: str) -> None:
        self.notes.setdefault(path, []).append(text)


def define(source: Source) -> Definition:
    """The definition that builds back to the source's mapping.

    Raises:
        CommandError: a field of the source is no JSON object.
    """
    index = source.stream or source.name
    model = source.model or model_name(base_name(index))
    pattern, why_not = pattern_keys(source)
    made = Definition(model, {"model": model, "index": index, **pattern}, source)
    if why_not:
        made.head.append(why_not)
    elif pattern and pattern["write_to"] != (source.template or {}).get("name"):
        made.note(("write_to",), "guess: the template does not say where documents are written.")
    if source.described:
        made.data["description"] = source.described
    made.head += source.notes
    fields = _Fields(made, source)
    properties = dict(source.mappings.get("properties") or {})
    _identity(made, properties)
    _routing(made, properties)
    _options(made, source.mappings)
    settings = cleaned(source.settings)
    if settings:
        made.data["settings"] = settings
    aliases = {name: options for name, options in source.aliases.items() if name != index}
    if aliases:
        made.data["aliases"] = aliases
    made.data.update(source.meta)
    for name, rule in source.joins.items():
        made.data.setdefault("joins", {})[name] = rule
    joined = fields.joins(properties)
    taken = set(source.joins) | joined.keys()
    if made.data.get("routing") == GIVEN:
        taken |= {"routing"}  # the constructor's keyword
    written = fields.all(properties, ("fields",), (), naming.MODEL_NAMES, taken)
    if written:
        made.data["fields"] = written
        if "data_stream" in pattern:
            _require_timestamp(written)
    joins = {**made.data.pop("joins", {}), **joined}
    if joins:
        made.data["joins"] = joins
    stores_id = made.data.get("store_id", _rule_stores_id(made))
    if "properties" in source.mappings and not (properties or joins or stores_id):
        made.data.setdefault("unchecked", {}).setdefault("mappings", {})["properties"] = {}
    return made


def _require_timestamp(fields: dict[str, Json]) -> None:
    """A data stream refuses documents without it."""
    for key, one in fields.items():
        if TIMESTAMP in (key, one.get("name")) and "auto" not in one:
            one["required"] = True


def _identity(made: Definition, properties: dict[str, Json]) -> None:
    """How documents get their ids, and whether the id is stored: the mapping has an `id` or has none."""
    rule, because = made.source.compute_id or (None, None)
    if rule is not None:
        made.data["compute_id"] = rule
        if because:
            made.note(("compute_id",), f"guess: {because}")
    if properties.get("id") == {"type": "keyword"} and rule != "server":
        if made.source.stores_id:
            del properties["id"]
            made.head.append(
                "The keyword 'id' of the mapping holds the document's id, which ecgen stores there (store_id)."
            )
            return
        if ("id",) not in made.source.known:
            made.head.append(
                "The mapping has a keyword 'id'. Whether it holds the document's id is not known without a sample of "
                "documents, so it is a field of its own, id_. Where it does, remove id_ and 'store_id: false'."
            )
    if rule != "server":
        made.data["store_id"] = False


def _routing(made: Definition, properties: dict[str, Json]) -> None:
    """By which value documents are routed, where documents or a class tell it, or where the mapping wants one."""
    if made.source.meta.get("routing") is not None:
        return  # a class states it
    if made.source.routing is not None:
        made.data["routing"], because = made.source.routing
        made.note(("routing",), f"guess: {because}")
        return
    option = made.source.mappings.get("_routing")
    if isinstance(option, dict) and option.get("required") in (True, "true"):
        why = "The mapping wants a routing value with every document"
    elif any(map(_has_children, properties.values())):
        why = "Children are put beside their parents by a routing value"
    else:
        return
    made.data["routing"] = GIVEN
    made.note(
        ("routing",),
        f"{why}; 'given' makes it an argument of create, get and find_by. Where a field holds the value, name the field.",
    )


def _has_children(body: Json) -> bool:
    return isinstance(body, dict) and body.get("type") == "join" and bool(body.get("relations"))


def _rule_stores_id(made: Definition) -> bool:
    """Whether the id is stored where the definition does not say it."""
    return made.data.get("compute_id") != "server"


def _options(made: Definition, mappings: dict[str, Json]) -> None:
    """Options beside `properties`; ecgen's own default of `dynamic` is not the server's."""
    made.data["dynamic"] = mappings.get("dynamic", "unset")
    if "dynamic" not in mappings:
        made.note(
            ("dynamic",),
            "The mapping does not say it, and the server then adds fields that it meets in documents. "
            "'strict' refuses them instead.",
        )
    for name, value in mappings.items():
        if name in ("properties", "dynamic"):
            continue
        if name in MAPPING_OPTIONS:
            made.data[name] = value
        else:
            made.data.setdefault("unchecked", {}).setdefault("mappings", {})[name] = value
            made.note(("unchecked",), f"ecgen does not know '{name}' and passes it on as it is.")


class _Fields:
    """Writes the fields of one definition."""

    def __init__(self, made: Definition, source: Source) -> None:
        self._made = made
        self._source = source

    def joins(self, properties: dict[str, Json]) -> dict[str, Json]:
        """Take the fields that are known to be joins out of `properties`."""
        joins: dict[str, Json] = {}
        for name in list(properties):
            known = self._source.known.get((name,))
            if known is None or known.join is None:
                continue
            if properties[name] != {"type": "keyword"}:
                continue
            rule = dict(known.join)
            key = rule.pop("key", name)
            if key in joins or (key != name and key in properties):
                key = name
            if key != name or _refused(name, top=True):
                key = _free(key, naming.MODEL_NAMES, joins)
                rule["name"] = name
            joins[key] = rule
            del properties[name]
            if known.because:
                self._made.note(("joins", key), f"guess: {known.because}")
        return joins

    def all(
        self,
        properties: dict[str, Json],
        path: Path,
        names: tuple[str, ...],
        reserved: frozenset[str],
        taken: Container[str] = (),
    ) -> dict[str, Json]:
        """The fields by their keys in YAML."""
        written: dict[str, Json] = {}
        top = not names
        attributes = (
            {naming.attribute(name, reserved) for name in taken}
            if isinstance(taken, set)
            else set()
        )
        # Plain names first: where two would be the same in Python, the plainer one keeps its own.
        order = sorted(properties, key=lambda name: (_refused(name, top), not name.isidentifier()))
        keys: dict[str, str] = {}
        for name in order:
            known = self._source.known.get((*names, name))
            wanted = known.attribute if known is not None and known.attribute else name
            attribute = naming.attribute(wanted, reserved)
            key = wanted
            if _refused(name, top) or attribute in attributes:
                key = _free(attribute, reserved, attributes)
                attribute = key
            attributes.add(attribute)
            keys[name] = key
        for name, body in properties.items():
            key = keys[name]
            value = self.one(body, (*path, key), (*names, name))
            if key != name:
                value = {"name": name, **value}
            written[key] = value
        return written

    def one(self, body: Json, path: Path, names: tuple[str, ...]) -> dict[str, Json]:
        """One field, its parameters in the order of the source, `type` first and sub-fields last."""
        if not isinstance(body, dict):
            shown = ".".join(names)
            raise CommandError(
                f"{self._source.origin}: the field '{shown}' is no object but {_kind(body)}; is this a mapping?"
            )
        value: dict[str, Json] = {}
        unchecked: dict[str, Json] = {}
        kind = body.get("type", "object")
        row = FIELD_TYPES.get(kind) if isinstance(kind, str) else None
        if "type" in body:
            value["type"] = kind if isinstance(kind, str) else "object"
            if not isinstance(kind, str):
                unchecked["type"] = kind
        self._known(value, path, names)
        known = self._source.known.get(names)
        if kind == "nested" and (known is None or known.many is None):
            value["many"] = True
            self._made.note(
                path, "guess: a list, as nested fields usually are; no document was seen"
            )
        strange = [] if row is not None else [f"the type '{kind}'"]
        for name, inner in body.items():
            if name in ("type", "properties", "fields"):
                continue
            if row is None or name not in row.parameters:
                unchecked[name] = inner
                if row is not None:
                    strange.append(f"'{name}'")
            else:
                value[name] = inner
        self._parts(body, value, unchecked, row is not None, path, names)
        if unchecked or row is None:
            value["unchecked"] = unchecked
        if strange:
            self._made.note(
                path, f"ecgen does not know {', '.join(strange)} here and passes it on unchecked."
            )
        return value

    def _parts(
        self,
        body: dict[str, Json],
        value: dict[str, Json],
        unchecked: dict[str, Json],
        known: bool,
        path: Path,
        names: tuple[str, ...],
    ) -> None:
        row = FIELD_TYPES.get(body.get("type", "object")) if known else None
        for section in ("fields", "properties"):
            if section not in body:
                continue
            parts = body[section]
            fits = row is not None and section in row.parameters and isinstance(parts, dict)
            plain = section == "properties" and row is not None and row.name in ("object", "nested")
            # Multi-fields, and sub-fields of other types, are no attributes, and so have no other key than their name.
            if not fits or (not plain and any(_refused(name, top=False) for name in parts)):
                unchecked[section] = parts
            elif plain:
                value[section] = self.all(parts, (*path, section), names, naming.VALUE_NAMES)
            else:
                value[section] = {
                    name: self.one(part, (*path, section, name), (*names, name))
                    for name, part in parts.items()
                }

    def _known(self, value: dict[str, Json], path: Path, names: tuple[str, ...]) -> None:
        known = self._source.known.get(names)
        if known is None:
            return
        if known.decimal:
            value["python"] = "decimal"
        if known.converted:
            value["python"] = "TODO"
            self._made.note(
                path,
                f"{known.converted} converts its values in Python, which a definition cannot say. "
                "Convert where the model is used, and remove this line.",
            )
        if known.computed:
            value["python"] = "TODO"
            self._made.note(
                path,
                f"{known.computed} computes it in Python, which a definition cannot say (for the time of creating or "
                "saving: 'auto: created' or 'auto: updated'). Set it where the model is used, and remove 'python: TODO'.",
            )
        if known.description:
            value["description"] = known.description
        if known.private:
            value["private"] = True
        if known.required:
            value["required"] = True
        if known.many:
            value["many"] = True
        if known.default is not None:
            value["default"] = known.default
        if known.auto:
            value["auto"] = known.auto
        if known.enum:
            value["enum"] = known.enum
        if known.because:
            because = known.because if known.join is None else _not_a_join(known)
            self._made.note(path, f"guess: {because}")


def _not_a_join(known: Known) -> str:
    target = (known.join or {}).get("target")
    return (
        f"this may be a join to {target} ({known.because}). "
        "A join is mapped as a plain keyword, which would change this field."
    )


def _refused(name: str, top: bool) -> bool:
    """Whether the language takes the name in `name` only."""
    return (top and name == "id") or name.startswith("_")


def _free(attribute: str, reserved: frozenset[str], taken: Container[str]) -> str:
    key = naming.attribute(attribute, reserved)
    if key == "id":
        key = "id_"
    number = 2
    free = key
    while free in taken:
        free = f"{key.rstrip('_')}_{number}"
        number += 1
    return free


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    return {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
    }.get(type(value), "something else")
