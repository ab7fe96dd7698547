"""Python modules with elastic_connect or elasticsearch.dsl classes → sources.

Classes are recognised by what they have, not by where they come from: elastic_connect's need not be installed under
that name, and elasticsearch.dsl was once a package of its own.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ecgen.definitions import naming
from ecgen.diagnostics.command_error import CommandError
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.elasticsearch.index_patterns import PRIORITY

from .from_dsl import dsl_source
from .python_code import (
    computed_default,
    description,
    leave_ids_open,
    leave_open_what_save_sets,
    stated_default,
)
from .source import Json, Known, Source


def read_module(name: str) -> list[Source]:
    """The sources in a module or package, which is imported: what it does when imported happens.

    Raises:
        CommandError: there is no such module, it fails when imported, or it defines no model.
    """
    module = _imported(name)
    found = [
        source
        for cls in _classes(module)
        if (source := dsl_source(cls, name) or _elastic_connect(cls, name)) is not None
    ]
    if not found:
        parts = sorted(each.name for each in pkgutil.iter_modules(getattr(module, "__path__", ())))
        hint = f"; name a module of the package, such as {name}.{parts[0]}" if parts else ""
        raise CommandError(
            f"{name} defines no model: neither a class with '_mapping' and '_meta' as elastic_connect's have, "
            f"nor a Document of elasticsearch.dsl{hint}"
        )
    return found


def _imported(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if name.endswith(".py"):
            dotted = name.removesuffix(".py").removeprefix("./").replace("/", ".")
            raise CommandError(f"{name} is the name of a file; name the module: {dotted}") from None
        if missing == name or name.startswith(f"{missing}."):
            raise CommandError(
                f"there is no module {missing!r}; start ecgen where it can be imported from, or set PYTHONPATH"
            ) from None
        raise CommandError(
            f"{name} imports {missing!r}, which is not installed; "
            "run ecgen in the environment that the module runs in"
        ) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise CommandError(
            f"{name} fails when it is imported: {type(error).__name__} in {last.filename}:{last.lineno}; "
            f"does 'python -c \"import {name}\"' work?"
        ) from error


def _classes(module: ModuleType) -> Iterator[type]:
    """The classes that the module, or for a package one of its modules, defines; in the order of their names."""
    lead = module.__name__
    for _, cls in sorted(vars(module).items()):
        if inspect.isclass(cls) and (
            cls.__module__ == lead or cls.__module__.startswith(f"{lead}.")
        ):
            yield cls


# elastic_connect

_JOINS = {
    "SingleJoin": "single",
    "MultiJoin": "multi",
    "SingleJoinLoose": "single_loose",
    "MultiJoinLoose": "multi_loose",
}


def _elastic_connect(cls: Any, module: str) -> Source | None:
    mapping, meta = getattr(cls, "_mapping", None), getattr(cls, "_meta", None)
    if (
        not isinstance(mapping, Mapping)
        or not isinstance(meta, Mapping)
        or not {"_mapping", "_meta"} & cls.__dict__.keys()
    ):
        return None
    if not all(
        hasattr(field, "get_es_type") and hasattr(field, "name") for field in mapping.values()
    ):
        return None
    made = Source(
        name=str(meta.get("index") or meta.get("_doc_type") or naming.snake_case(cls.__name__)),
        origin=f"{module}.{cls.__name__}",
        mappings={"properties": {}},
        settings=dict(meta.get("settings") or {}),
        aliases=dict(meta.get("aliases") or {}),
        model=cls.__name__,
        pattern=True,
        described=description(cls),
    )
    options = {
        **({"dynamic": meta["dynamic"]} if meta.get("dynamic") is not None else {}),
        **meta.get("mappings", {}),
    }
    made.mappings = {**options, **made.mappings}
    root = [base for base in cls.__mro__ if "_mapping" in base.__dict__][-1]
    package = "" if root is cls else root.__module__.partition(".")[0]
    for attribute, field in mapping.items():
        _elastic_connect_field(made, str(attribute), field, package)
    made.meta = {key: meta[key] for key in _STATED if meta.get(key) is not None}
    if meta.get("store_id"):  # a class that ecgen generated
        made.mappings["properties"] = {"id": {"type": "keyword"}, **made.mappings["properties"]}
        made.stores_id = True
    if meta.get("write_to"):
        options = {"priority": PRIORITY, **(meta.get("index_template") or {})}
        made.template = {"name": meta["write_to"], "index_patterns": [made.name], **options}
    _state_ids(made, cls)
    leave_open_what_save_sets(made, cls.__mro__[: cls.__mro__.index(root)])
    return made


def _default(field: Any) -> tuple[Json, bool]:
    """The default that a field states, or that a type of one's own makes; and whether code computes it."""
    value = getattr(field, "default", None)
    make = getattr(field, "get_default_value", None)
    return computed_default(make) if value is None and callable(make) else stated_default(value)


_CONVERSIONS = ("from_python", "to_python", "serialize", "deserialize", "from_es")
_LIBRARY_TYPES = {
    "".join(word.capitalize() for word in name.split("_")) for name in FIELD_TYPES
} | {"BaseDataType", "Join", "LooseJoin", *_JOINS}


def _converting(field: Any, package: str) -> str | None:
    """The name of a class of the program's own that changes what the field does to values.

    `package` is the library's, whose types are known by their names as well.
    """
    for cls in type(field).__mro__:
        module = cls.__module__
        known = cls.__name__ in _LIBRARY_TYPES and module.partition(".")[0] == package
        if known or module.startswith("ecgen.runtime."):
            return None
        if any(name in cls.__dict__ for name in _CONVERSIONS):
            return f"{module}.{cls.__qualname__}"
    return None


def _state_ids(made: Source, cls: Any) -> None:
    owner = next((base for base in cls.__mro__ if "_compute_id" in base.__dict__), None)
    code = None if owner is None else getattr(owner._compute_id, "__code__", None)
    doc = None if owner is None else owner._compute_id.__doc__
    names, constants = (code.co_names, code.co_consts) if code else (("?",), ())
    if owner is None or (names in ((), ("id",)) and not {*constants} - {None, doc}):
        # What the original does: the id that was given, else None, and the server makes one.
        made.compute_id = ("server", None)
    elif names[-1:] != ("uuid7",):
        leave_ids_open(made, f"{owner.__module__}.{owner.__qualname__}")


_STATED = ("sort", "versioned", "store_id", "routing")


def _elastic_connect_field(made: Source, attribute: str, field: Any, package: str) -> None:
    name = str(field.name)
    kind = next(
        (_JOINS[base.__name__] for base in type(field).__mro__ if base.__name__ in _JOINS), None
    )
    if kind is not None:
        rule = _join(kind, field)
        if kind.endswith("_loose"):
            made.joins[attribute] = rule
        else:
            made.mappings["properties"][name] = {"type": "keyword"}
            made.known[name,] = Known(join={"key": attribute, **rule})
        return
    body = field.get_es_type()
    if name == "id" or not body:
        return
    made.mappings["properties"][name] = _mapping_of(body)
    many = getattr(field, "many", None)
    default, computed = _default(field)
    made.known[name,] = Known(
        many=None if many is None else bool(many),
        required=bool(getattr(field, "required", False)),
        private=bool(getattr(field, "private", False)),
        default=default,
        enum=list(getattr(field, "enum", None) or ()) or None,
        auto=getattr(field, "auto", None),
        decimal=bool(getattr(field, "decimal", False)),
        attribute=None if attribute == name else attribute,
        converted=_converting(field, package),
        computed="The type's get_default_value" if computed else None,
    )


def _mapping_of(body: Json) -> dict[str, Json]:
    # Data types of one's own may say just the type's name.
    return {"type": body} if isinstance(body, str) else dict(body)


def _join(kind: str, field: Any) -> dict[str, Json]:
    target = str(getattr(field, "_target", "")) or "Unknown"
    rule: dict[str, Json] = {"type": kind, "target": target}
    inverse = getattr(field, "target_property", None)
    if inverse:
        rule["inverse"] = str(inverse)
    by = getattr(field, "join_by", None)
    if by and by != inverse:
        rule["join_by"] = str(by)
    if getattr(field, "required", False):
        rule["required"] = True
    if kind.endswith("_loose") and getattr(field, "do_lazy_load", False):
        rule["lazy_load"] = True
    return rule
