"""The gate: validate definitions by model.schema.json with jsonschema.

The validator is jsonschema's own for draft-07 plus one keyword, `x-ecgen-by-type`, which replaces the chain of `if`s
beside it. The schema is read once a process: each `$ref` is replaced by its definition, and keywords that validate
nothing (`title`, `description`) are removed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .language import BOOLEAN_TEXT
from .reporter import Where
from .schema_file import schema_text

BY_TYPE = "x-ecgen-by-type"
MODEL = "model"
"""The name that stands for the schema of a whole file beside those of the definitions."""

_FOR_EDITORS = frozenset({"$schema", "title", "description", "default", "definitions", "examples"})
_CHAIN = frozenset({"if", "then", "else", "allOf"})
_TAKE_A_NAME = frozenset({"properties", "patternProperties", BY_TYPE, "dependencies"})
_STEP_INTO = frozenset({"properties", "patternProperties", "additionalProperties", "items"})

Schema = dict[str, Any]


class Step(NamedTuple):
    """A definition that contains an error, and the length of the error's path up to the value that the definition validates."""

    definition: str
    depth: int
    type: str | None
    """The type under `x-ecgen-by-type` that led to it; None if another keyword did."""


Error = Any
"""A jsonschema.ValidationError; Any, because its stubs declare every attribute as possibly unset."""


class Refusal(NamedTuple):
    """An error of jsonschema, with the definitions that contain it, outermost first."""

    error: Error
    path: Where
    trail: tuple[Step, ...]


class Gate:
    """Validators of a schema, by the name of the definition."""

    def __init__(self, schema: Schema) -> None:
        self._schemas = _linked(schema)
        self._names = {id(each): name for name, each in self._schemas.items()}
        self._validator = _validators()

    def refusals(self, value: Any, definition: str = MODEL) -> Iterator[Refusal]:
        """Yield each error of `value`; none if it is valid."""
        trails: dict[tuple[Any, ...], tuple[Step, ...]] = {}
        for error in self._validator(self._schemas[definition]).iter_errors(value):
            for leaf in _leaves(error):
                words = tuple(leaf.absolute_schema_path)
                trail = trails.get(words)
                if trail is None:  # one mistake is often repeated thousands of times
                    trail = trails[words] = self._trail(definition, words)
                yield Refusal(leaf, tuple(leaf.absolute_path), trail)

    def takes(self, value: Any, definition: str) -> bool:
        """Return whether `value` is valid."""
        return next(self.refusals(value, definition), None) is None

    def _trail(self, definition: str, schema_path: Iterable[Any]) -> tuple[Step, ...]:
        here: Any = self._schemas[definition]
        trail = [Step(definition, 0, None)]
        depth = 0
        kind: str | None = None
        words = iter(schema_path)
        for word in words:
            here = here[word]
            depth += word in _STEP_INTO
            if word in _TAKE_A_NAME or isinstance(here, list):
                name = next(words, None)
                if not isinstance(here, dict | list) or name is None:
                    break
                kind = str(name) if word == BY_TYPE else None
                here = here[name]
            if not isinstance(here, dict):
                break
            named = self._names.get(id(here))
            if named is not None or kind is not None:
                trail.append(Step(named or "", depth, kind))
                kind = None
        return tuple(trail)


@functools.cache
def gate() -> Gate:
    """Return the gate of the shipped model.schema.json."""
    return Gate(json.loads(schema_text()))


class _ByType:
    """The keyword `x-ecgen-by-type`. It remembers valid definitions of fields, which often recur in other models."""

    def __init__(self) -> None:
        self._valid: set[tuple[int, str]] = set()

    def __call__(
        self, validator: Any, branches: Mapping[str, Any], instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[Error]:
        """Validate a value by the branch for its `type`; a bare type name is short for a mapping with only `type`."""
        written = {"type": instance} if isinstance(instance, str) else instance
        if not isinstance(written, dict):
            return  # the keyword `type` beside this one reports it
        # `repr` distinguishes 1 and True. Each level of an object would write out those below it once more.
        shown = "" if "properties" in written else repr(instance)
        if (id(branches), shown) in self._valid:
            return
        kind = written.get("type", "")
        if "type" in written and (not isinstance(kind, str) or kind in ("", "*") or kind not in branches):  # fmt: skip
            kind = "*"
        if kind in branches:
            errors = list(validator.descend(written, branches[kind], schema_path=kind))
            yield from errors
            if not errors and 0 < len(shown) < 200 and len(self._valid) < 10_000:
                self._valid.add((id(branches), shown))


def _validators() -> Callable[[Schema], Any]:
    """Return a function from a part of the schema to its validator, cached; jsonschema itself makes one at each step."""
    # Imported here since it takes 0.1 s, which a build of unchanged definitions does not need.
    from jsonschema import Draft7Validator
    from jsonschema.validators import extend

    validator_class: Any = extend(Draft7Validator, {BY_TYPE: _ByType()})  # type: ignore[no-untyped-call]
    made: dict[int, Any] = {}
    nothing_to_resolve = object()

    def validator(schema: Schema) -> Any:
        one = made.get(id(schema))
        if one is None:
            # No `$ref` is left, so any resolver will do; without one, jsonschema looks up base URIs at each step.
            one = made[id(schema)] = validator_class(schema, resolver=nothing_to_resolve)
        return one

    validator_class.evolve = lambda _self, schema: validator(schema)
    return validator


def _linked(schema: Schema) -> dict[str, Schema]:
    """Return the definitions, and the whole schema as MODEL, with each `$ref` replaced by the definition itself."""
    bodies: dict[str, Any] = {**schema.get("definitions", {}), MODEL: schema}
    made: dict[str, Schema] = {name: {} for name in bodies}

    def link(part: Any) -> Any:
        if isinstance(part, list):
            return [link(each) for each in part]
        if not isinstance(part, dict):
            return part
        named = _referred(part)
        if named is not None:
            while (further := _referred(bodies[named])) is not None:
                named = further
            return made[named]
        return linked(part)

    def linked(part: Schema) -> Schema:
        if BOOLEAN_TEXT in part.get("anyOf", ()):
            (plain, _) = part["anyOf"]
            return {"enum": [*plain["enum"], "true", "false"]}
        dropped = _FOR_EDITORS | _CHAIN if BY_TYPE in part else _FOR_EDITORS
        return {
            key: {name: link(each) for name, each in value.items()}
            if key in _TAKE_A_NAME
            else value
            if key in ("enum", "const")
            else link(value)
            for key, value in part.items()
            if key not in dropped
        }

    for name, body in bodies.items():
        made[name].update(linked(body))
    return made


def _referred(part: Schema) -> str | None:
    """Return the name of the definition that a part of the schema refers to, alone or beside a description."""
    if "allOf" in part and part.keys() <= _FOR_EDITORS | {"allOf"} and len(part["allOf"]) == 1:
        part = part["allOf"][0]
    ref = part.get("$ref")
    return None if ref is None else str(ref).removeprefix("#/definitions/")


def _leaves(error: Error) -> Iterator[Error]:
    """Yield the errors of the one branch of an `anyOf` whose JSON type matches; the error itself if not exactly one does."""
    if error.validator == "anyOf":
        wrong = {each.schema_path[0] for each in error.context if _of_another_type(each)}
        fitting = [number for number in range(len(error.validator_value)) if number not in wrong]
        if len(fitting) == 1:
            for inner in error.context:
                if inner.schema_path[0] == fitting[0]:
                    yield from _leaves(inner)
            return
    yield error


def _of_another_type(error: Error) -> bool:
    """Return whether the error is that its branch of an `anyOf` is for another JSON type."""
    if error.relative_path:
        return False
    if error.validator == "enum":
        return all(type(each) is not type(error.instance) for each in error.validator_value)
    return bool(error.validator == "type")
