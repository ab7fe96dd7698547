"""The subjects of a comparison: an index body, with its model if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecgen.definitions.ir import Field, Join, Json, Location, Model

from ..advice import Target
from .tree import Keys

_OF_THE_MODEL = frozenset({"settings", "aliases", "index", "write_to", "data_stream", "priority"})
"""Parts of a body or template that are keys of the model."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One side of a comparison.

    `key` matches both sides if there is no model: the stem of the mapping's file, which is the model's module.
    """

    key: str
    body: dict[str, Json]
    file: str
    model: Model | None = None
    template: Mapping[str, Json] | None = None
    """Of an index template: its keys beside `template`, and its `name` if it is known. `body` is what new indices get."""
    _tops: dict[int, dict[str, list[str]]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.key if self.model is None else self.model.name

    @property
    def index(self) -> str:
        """The name that requests are sent to: of the index, or of an index template and where its documents are written."""
        if self.model is None:
            return str((self.template or {}).get("name", self.key))
        return self.model.write_to or self.model.index

    @property
    def is_named(self) -> bool:
        """Whether `index` is its name rather than that of its file."""
        return self.model is not None or "name" in (self.template or {})

    @property
    def target(self) -> Target | None:
        """What the documents of an index template are written to."""
        if self.template is None:
            return None
        return "stream" if "data_stream" in self.template else "alias"

    @property
    def mappings(self) -> dict[str, Json]:
        found: dict[str, Json] = self.body.get("mappings") or {}
        return found

    @property
    def settings(self) -> dict[str, Json]:
        found: dict[str, Json] = self.body.get("settings") or {}
        return found

    def properties_on(self, path: str) -> dict[str, Json]:
        """Return the fields on the way to `path`, without the fields beside them; several if names have dots
        (`size.width`). An alias comes with its field, which can be new, too: the server refuses it alone."""
        properties = self.mappings.get("properties")
        found: dict[str, Json] = self._on(properties, tuple(path.split(".")))
        for target in _aliased(found):
            found = _both(found, self._on(properties, tuple(target.split("."))))
        return found

    def _on(self, properties: Json, path: Keys) -> dict[str, Json]:
        if not isinstance(properties, dict):
            return {}
        # A mapping can have 10,000 fields, each of which is looked up.
        tops = self._tops.get(id(properties))
        if tops is None:
            tops = self._tops[id(properties)] = {}
            for name in properties:
                tops.setdefault(name.split(".")[0], []).append(name)
        found = {}
        for name in tops.get(path[0], ()):
            keys = tuple(name.split("."))
            if not all(one == other for one, other in zip(keys, path, strict=False)):
                continue
            body, rest = properties[name], path[len(keys) :]
            if rest and isinstance(body, dict) and "properties" in body:
                own = {key: value for key, value in body.items() if key != "properties"}
                inner = self._on(body["properties"], rest)
                body = {**own, "properties": inner} if inner or not own else own
            found[name] = body
        return found

    def locate(self, keys: Keys, parameter: str | None = None) -> Location | None:
        """Return the nearest place in the definition that declares it; None for bare mapping JSON."""
        if self.model is None:
            return None
        # `index` and `priority` are parameters of fields, too.
        if not keys or (parameter in _OF_THE_MODEL and parameter == keys[0]):
            return self.model.key_locations.get(str(parameter), self.model.location)
        found = _find([*self.model.fields, *self.model.joins], keys)
        if found is None:
            places = self.model.key_locations
            beside = places.get("unchecked") if keys[0] in (self.template or {}) else None
            return places.get(keys[0].partition(".")[0], beside or self.model.location)
        part, rest = found
        at = part.parameter_locations
        if rest:
            return at.get("fields", part.location)
        return at.get(parameter or "", part.location)


def _aliased(properties: dict[str, Json]) -> list[str]:
    found = []
    for body in properties.values():
        if isinstance(body, dict):
            if body.get("type") == "alias":
                found.append(str(body.get("path")))
            if isinstance(body.get("properties"), dict):
                found += _aliased(body["properties"])
    return found


def _both(one: Json, other: Json) -> Json:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {**one, **{key: _both(one.get(key), value) for key, value in other.items()}}


def _find(parts: Iterable[Field | Join], keys: Keys) -> tuple[Field | Join, Keys] | None:
    for part in parts:
        if part.name == keys[0]:
            rest = keys[1:]
            if rest and isinstance(part, Field) and part.properties:
                return _find(part.properties, rest) or (part, ())
            return part, rest
    return None


def of_models(models: Iterable[Model]) -> dict[str, Subject]:
    """Return the subjects of a resolved project's models, by module."""
    return {
        model.module: Subject(
            model.module, model.index_body(), model.location.file, model, _template(model)
        )
        for model in models
    }


def _template(model: Model) -> dict[str, Json] | None:
    if model.write_to is None:
        return None
    return {"name": model.write_to, "index_patterns": [model.index], **model.index_template}


def of_bodies(bodies: Mapping[str, Any]) -> dict[str, Subject]:
    """Return the subjects of index bodies by file name (`mappings/product.json`), by its stem."""
    found = {}
    for file, body in bodies.items():
        stem = file.rsplit("/", 1)[-1].removesuffix(".json")
        found[stem] = Subject(stem, body, file)
    return found
