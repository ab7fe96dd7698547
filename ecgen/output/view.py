"""The variable `code` of templates: one model as safe names and one-line literals, with nothing left to look up.

Reading an attribute that contains Python code also registers the imports of that code, so a template that omits a part
does not import for it. `model.py.j2` decides the order, `wrap` breaks long lines.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from ecgen.definitions.ir import Field, Join, Model, Project
from ecgen.definitions.naming import FIND_BY_NAMES
from ecgen.elasticsearch.index_patterns import PRIORITY
from ecgen.elasticsearch.queries import RANGED, is_indexed
from ecgen.quote import class_doc, docstring, python_call, python_literal, python_string

from .dotted import dotted_keywords
from .id_expressions import id_expression, routing_text
from .imports import Imports, isort, natural

IMPORTS, TYPING_IMPORTS = "\x00imports\x00", "\x00typing imports\x00"
"""Placeholders of `code.imports` and `code.typing_imports`, filled in when the rest of the module is rendered and its
imports are known. Text from `quote` cannot contain them."""

_JOINS = {
    "single": "SingleJoin",
    "multi": "MultiJoin",
    "single_loose": "SingleJoinLoose",
    "multi_loose": "MultiJoinLoose",
}


class Member:
    """A field or join of a class."""

    __slots__ = ("_code", "attribute", "definition", "doc", "key")

    def __init__(self, code: ModelCode, definition: Field | Join) -> None:
        self._code = code
        self.definition = definition
        """The field or join as defined: its name, type, parameters, …"""
        self.attribute = definition.attribute
        self.key = python_string(definition.attribute)
        text = definition.description
        self.doc = docstring(text) if text else ""
        """A docstring literal; empty without a description."""

    @property
    def is_join(self) -> bool:
        return isinstance(self.definition, Join)

    @property
    def type(self) -> str:
        """The annotation of the attribute."""
        code, part = self._code, self.definition
        if isinstance(part, Field):
            return code.type(part.annotation, part.value_class)
        one = self._joined(part)
        return f"{code.type('list')}[{one}]" if part.many else f"{one} | None"

    @property
    def declared(self) -> str:
        """The annotation of the attribute, with what may be assigned where that is more than is read."""
        held, taken = self.type, self._taken
        return held if taken == held else f"{self._code.type('Attribute')}[{held}, {taken}]"

    @property
    def loaded(self) -> str:
        """What a join holds once it is loaded; empty for fields."""
        part = self.definition
        if isinstance(part, Field):
            return ""
        model = self._code.model_type(part)
        if part.many:
            return f"{self._code.type('list')}[{model}]"
        return model if part.required else f"{model} | None"

    @property
    def _taken(self) -> str:
        code, part = self._code, self.definition
        if isinstance(part, Field):
            return code.type(part.accepts, part.value_class)
        text = self._joined(part)
        if part.many:
            text = f"{code.type('Sequence')}[{text}]"
        return text if part.required and part.many else f"{text} | None"

    @property
    def accepted(self) -> str:
        """The type of the constructor's keyword."""
        code, part = self._code, self.definition
        text = self._taken
        if isinstance(part, Join) and part.required:
            text = text.removesuffix(" | None")
        if part.required and (
            isinstance(part, Join) or (part.default is None and part.auto is None)
        ):
            text = f"{code.type('Required')}[{text}]"
        return text

    @property
    def asked(self) -> str:
        """The type of find_by's keyword; empty if the field cannot be searched."""
        code, part = self._code, self.definition
        several = "OneOf"
        if isinstance(part, Join):
            text = self._joined(part) if part.stored else ""
        else:
            text = code.type(part.query) if is_indexed(part.type, part.parameters) else ""
            if text and part.type in ("object", "nested"):
                one = f"{part.value_class} | " if part.value_class else ""
                text = code.type(f"{one}Mapping[str, Any]", part.value_class)
            several = "Ranged" if part.type in RANGED and not part.enum else "OneOf"
        return text and f"{code.type(several)}[{text}]"

    @property
    def data_type(self) -> str:
        """The data type in `_mapping`: `Keyword("sku", required=True, ignore_above=64)`."""
        part = self.definition
        arguments = [python_string(part.name)]
        if isinstance(part, Join):
            options = _join_options(part, self._code.name)
        else:
            parameters = dict(part.parameters)
            if part.value_class:
                arguments.append(part.value_class)
            if "scaling_factor" in parameters:
                arguments.append(python_literal(parameters.pop("scaling_factor")))
            given = {**_own_options(part), **parameters}
            options = {name: python_literal(value) for name, value in given.items()}
        return python_call(self._code.runtime(_called(part)), arguments, options)

    def _joined(self, join: Join) -> str:
        """Return the type of one joined value: the model, or its id."""
        return f"{self._code.model_type(join)} | {self._code.type('str')}"


def _called(part: Field | Join) -> str:
    """Return the class name of the data type."""
    return _JOINS[part.kind] if isinstance(part, Join) else part.data_type


def _own_options(part: Field) -> dict[str, Any]:
    """Return a data type's options beside the mapping parameters."""
    options = {
        # BaseDataType serves the types without a class of their own
        "type": part.type if part.data_type == "BaseDataType" else None,
        "implicit": part.implicit or None,
        "many": part.many or None,
        "required": part.required or None,
        "default": part.default,
        "enum": part.enum,
        "private": part.private or None,
        "auto": part.auto,
        "decimal": part.python == "decimal" or None,
    }
    return {name: value for name, value in options.items() if value is not None}


def _join_options(join: Join, owner: str) -> dict[str, str]:
    target = f".{join.target_module}.{join.target}"
    options = {
        "source": f'f"{{__name__}}.{owner}"',
        "target": python_string(f"{target}:{join.inverse}" if join.inverse else target),
    }
    if join.join_by:
        options["join_by"] = python_string(join.join_by)
    flags = {"do_lazy_load": join.lazy_load, "required": join.required, "private": join.private}
    return options | {name: "True" for name, given in flags.items() if given}


class Key(NamedTuple):
    """A keyword of a TypedDict."""

    name: str
    type: str


class TypedKeys:
    """A TypedDict: the keywords of some methods."""

    __slots__ = ("_keys", "doc", "name")

    def __init__(self, name: str, doc: str, keys: Callable[[], Iterable[Key]]) -> None:
        self.name = name
        self.doc = docstring(doc)
        self._keys = keys

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(self._keys())


class ValueClass:
    """The class of the values of an object or nested field."""

    __slots__ = ("doc", "members", "name", "slots", "values")

    def __init__(self, code: ModelCode, field: Field, name: str, values: str) -> None:
        text = field.description
        self.name = name
        self.doc = class_doc(f"`{field.name}` of {code.name}." if text is None else text)
        self.members = tuple(Member(code, part) for part in field.properties)
        self.slots = _slots(self.members)
        self.values = values
        """The name of the TypedDict of its keywords."""


class ModelCode:
    """The code of one model's module."""

    imports = IMPORTS
    """The import statements for the running module; to be alone on a line."""
    typing_imports = TYPING_IMPORTS
    """The import statements that only annotations need; to be alone on a line."""

    def __init__(self, model: Model, is_async: bool = False) -> None:
        self._model = model
        self._dotted = tuple(dotted_keywords(model.fields))
        objects = list(_objects(model.fields))
        members: list[Field | Join] = [*model.fields, *model.joins]
        inner = [part for each, _ in objects for part in each.properties]
        classes = [model.name, *(name for _, name in objects)]
        hidden = {member.attribute for member in (*members, *inner)}
        taken = {*classes, *hidden, *(join.target for join in model.joins)}
        values_of = {name: _free(f"{name}Values", taken) for name in classes}
        self.name = model.name
        self.is_async = is_async
        self.values = values_of[model.name]
        """The name of the TypedDict of the constructor's keywords."""
        self.query = _free(f"{model.name}Query", taken)
        """The name of the TypedDict of find_by's keywords."""
        self.paths = _free(f"{model.name}Paths", taken)
        """The name of the TypedDict of those with dots."""
        self._imports = Imports(
            hidden,
            (*classes, *values_of.values(), self.query, self.paths),
            {"Model", "ids", *map(_called, members), *map(_called, inner)},
            "ecgen.runtime.aio" if is_async else "ecgen.runtime",
        )
        self.type = self._imports.annotation
        self.runtime = self._imports.runtime
        self.members = tuple(Member(self, part) for part in members)
        self.slots = _slots(self.members)
        self.value_classes = tuple(
            ValueClass(self, each, name, values_of[name]) for each, name in objects
        )

    def with_imports(self, text: str) -> str:
        """Return the rendered text with the import statements in place of their placeholders."""
        for mark, live in ((IMPORTS, True), (TYPING_IMPORTS, False)):
            before, found, after = text.partition(mark)
            if found:
                indented = before[before.rfind("\n") + 1 :]
                statements = textwrap.indent(self._imports.statements(live), indented)
                text = before + statements.removeprefix(indented) + after
        return text

    def imported(self, module: str, name: str) -> str:
        """Import `name` from `module` for the running module; return its local name."""
        return self._imports.imported(module, name)

    def imported_type(self, module: str, name: str) -> str:
        """Import `name` from `module` for annotations only; return its local name."""
        return self._imports.imported(module, name, live=False)

    def model_type(self, join: Join) -> str:
        """Return the class of a join's target, for annotations."""
        return self._imports.model(join.target_module, join.target)

    @property
    def doc(self) -> str:
        text = self._model.description
        index = python_string(self._model.index)
        noun = "index" if self._model.write_to is None else "indices"
        return class_doc(f"A document of the {noun} {index}." if text is None else text)

    @property
    def meta(self) -> str:
        """The literal of `_meta`."""
        model = self._model
        options = dict(model.mapping_options)
        meta: dict[str, Any] = {"index": model.index}
        if model.write_to is not None:
            meta["write_to"] = model.write_to
            template = dict(model.index_template)
            if template["priority"] == PRIORITY:
                del template["priority"]
            if template:
                meta["index_template"] = template
        if "dynamic" in options:
            meta["dynamic"] = options.pop("dynamic")
        more = {
            "mappings": options,
            "sort": list(model.sort),
            "settings": model.settings,
            "aliases": model.aliases,
        }
        meta |= {name: value for name, value in more.items() if value}
        meta["store_id"] = model.store_id
        if model.versioned:
            meta["versioned"] = True
        if model.routing:
            meta["routing"] = routing_text(model.routing)
        return python_literal(meta)

    @property
    def compute_id(self) -> str:
        """The expression of a document's id; empty if the server assigns it."""
        rule = self._model.compute_id
        return "" if rule.kind == "server" else id_expression(rule, self.runtime("ids"))

    @property
    def typed_keys(self) -> tuple[TypedKeys, ...]:
        """The TypedDicts of the methods' keywords."""
        takes = "Keywords of the constructor."
        inner = [
            TypedKeys(each.values, takes, partial(_keys, each.members))
            for each in self.value_classes
        ]
        return (
            *inner,
            TypedKeys(self.values, "Keywords of the constructor and of `create`.", self._values),
            TypedKeys(self.query, "Keywords of `find_by`, `count` and `scan`.", self._asked),
        )

    @property
    def dotted_keys(self) -> tuple[Key, ...]:
        """The keywords of `find_by` with dots: multi-fields, and what is inside of objects."""
        return tuple(Key(python_string(name), self.type(asked)) for name, asked in self._dotted)

    def _values(self) -> Iterator[Key]:
        yield Key("id", self.type("str | None"))
        if self._model.routing and self._model.routing.is_given:
            yield Key("routing", f"{self.type('Required')}[{self.type('str')}]")
        # Aliases can be searched, but are not part of a document.
        yield from _keys(
            each for each in self.members if getattr(each.definition, "annotation", "") != "None"
        )

    def _asked(self) -> Iterator[Key]:
        if self._model.store_id:
            yield Key("id", f"{self.type('OneOf')}[{self.type('str')}]")
        attributes = {each.attribute for each in self.members}
        for each in self.members:
            name = each.attribute
            if name in FIND_BY_NAMES:
                name += "_"
                if name in attributes:
                    continue  # another field has this name
            if asked := each.asked:
                yield Key(name, asked)
        for name, asked in self._dotted:
            plain = name.replace(".", "__")
            if "__" not in name and plain.isidentifier() and plain not in attributes:
                yield Key(plain, self.type(asked))


class PackageCode:
    """The code of the package's `__init__.py`."""

    def __init__(self, project: Project) -> None:
        names = [model.name for model in project.models]
        by_module = {model.module: model.name for model in project.models}
        self.modules = tuple((module, by_module[module]) for module in natural(by_module))
        """Each module and its model."""
        self.exports = python_literal(isort([*names, "MODELS"]))
        self.models = f"({', '.join(names)}{',' * (len(names) == 1)})"


def _objects(fields: tuple[Field, ...]) -> Iterator[tuple[Field, str]]:
    """Yield every field with a value class, and the name of the class, inner ones first."""
    for part in fields:
        if part.properties:
            yield from _objects(part.properties)
        if part.value_class:
            yield part, part.value_class


def _keys(members: Iterable[Member]) -> Iterator[Key]:
    return (Key(each.attribute, each.accepted) for each in members)


def _slots(members: tuple[Member, ...]) -> str:
    return python_literal(tuple(natural(each.attribute for each in members)))


def _free(name: str, taken: set[str]) -> str:
    """Return `name`, with trailing underscores while it is taken."""
    while name in taken:
        name += "_"
    return name
