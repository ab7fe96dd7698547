"""Joins between models: their stored form, the classes that they refer to, and updating both sides in memory.

No requests are sent here: requests/load_joins.py fetches targets, requests/save.py writes them.

Only a side that names an inverse (`target="shop.maker.Maker:products"`) updates the other. The inverse attribute is set
without triggering its own update, so that two sides that name each other do not recurse.
"""

from __future__ import annotations

import collections
import importlib
import importlib.util
import operator
import sys
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from .base_document import BaseDocument
from .client.cluster import Cluster
from .compile.attributes import set_untracked
from .errors import FieldValueError, NotFetched, NotLoaded, did_you_mean
from .types.base import BaseDataType, inline


class Join(BaseDataType):
    """A field that points to other documents. Abstract: use one of the four subclasses.

    source    "module.Class" that has the join
    target    "module.Class" or "module.Class:inverse" of the targets; a module that begins with a dot is relative to the
              source's package. Both are imported on first use, so models may refer to each other.
    join_by   attribute of the target that is matched instead of its id (for loose joins: instead of the inverse)

    The attribute of a stored join holds ids as read until it is loaded, then model instances.
    """

    es_type = "keyword"
    kept = "{0}"
    several: ClassVar[bool] = False

    def __init__(
        self, name: str, source: str, target: str, join_by: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, **options)
        self.many = self.several
        self.join_by = join_by
        self.is_by_id = self.stored and not join_by
        """Whether the ids that the attribute holds are those of the targets."""
        self.source: type[BaseDocument] | None = None
        self.target: type[BaseDocument] | None = None
        self._source_module, self._source = self.split_class_def(source)
        self._target_module, self._target, self.target_property = self.parse_join_target(target)
        self.do_lazy_load = True

    @staticmethod
    def split_class_def(class_def: str) -> tuple[str, str]:
        """Return `("shop.maker", "Maker")` for `"shop.maker.Maker"`."""
        module, dot, class_name = class_def.rpartition(".")
        if not dot:
            raise ValueError(f"{class_def!r} names no module; a join needs 'module.Class'")
        return module, class_name

    @classmethod
    def parse_join_target(cls, join_target: str) -> tuple[str, str, str | None]:
        """Return `("shop.maker", "Maker", "products")` for `"shop.maker.Maker:products"`; the last is None without an inverse."""
        class_def, _, inverse = join_target.partition(":")
        return (*cls.split_class_def(class_def), inverse or None)

    @staticmethod
    def class_for_name(module_name: str, class_name: str) -> Any:
        """Return the class, importing its module if necessary. ImportError or AttributeError if it does not exist."""
        return getattr(importlib.import_module(module_name), class_name)

    def get_source(self) -> type[BaseDocument]:
        """Return the model class that has this join, in the default namespace."""
        source = self.source
        if source is None:
            source = self.source = self.class_for_name(self._source_module, self._source)
        return source

    def get_target(self, namespace: Cluster | None = None) -> type[BaseDocument]:
        """Return the model class that this join points to; with `namespace`, the class registered there."""
        target = self.target
        if target is None:
            target = self.target = self.class_for_name(self._absolute_target_module(), self._target)
        target = target._replaced_by or target
        return target if namespace is None else namespace.class_for(target)

    def _absolute_target_module(self) -> str:
        module = self._target_module
        if not module.startswith("."):
            return module
        package = self._source_module.rpartition(".")[0]
        # Top-level modules on sys.path count as one package.
        return importlib.util.resolve_name(module, package) if package else module.lstrip(".")

    @property
    def match_attribute(self) -> str | None:
        """The target's attribute that is matched: `id` or `join_by`; for loose joins the inverse or `join_by`."""
        return self.join_by or "id"

    def models(self, value: Any) -> Iterator[BaseDocument]:
        """Yield the model instances in a value, without ids."""
        for member in value if self.several and value is not None else (value,):
            if member is not None and not isinstance(member, str):
                yield member

    def key_of(self, model: Any) -> str | None:
        """Return the stored form of `model`: its id or `join_by` attribute; None if it has none yet."""
        key = getattr(model, self.join_by or "id")
        return None if key is None else str(key)

    # Methods of BaseDataType for one value

    def _is_one(self, value: Any) -> bool:
        return not isinstance(value, collections.UserList) and super()._is_one(value)

    @inline(lambda _, v: f"{v}.__class__ is _str")
    def _convert(self, value: Any) -> Any:
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int | uuid.UUID) and not isinstance(value, bool):
            return str(value)
        if not hasattr(type(value), "_compute_id"):
            raise FieldValueError(f"is neither a {self._target} nor an id", value)
        self._refuse_other_models(value)
        return value

    def _refuse_other_models(self, value: Any) -> None:
        # No import is needed: a class that is not imported has no instances.
        target = self.target or getattr(
            sys.modules.get(self._absolute_target_module()), self._target, None
        )
        if target is not None and not isinstance(value, target):
            raise FieldValueError(f"is no {self._target}", value)

    @inline(lambda _, v: f"{v}.__class__ is _str")
    def _read(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise FieldValueError(f"is not the id of a {self._target}", value)

    def _write(self, value: Any) -> Any:
        return value if isinstance(value, str) else self.key_of(value)

    @inline(lambda _, v: f"{v}.__class__ is _str")
    def to_es(self, value: Any) -> Any:
        """Return the stored form: a model's id or `join_by` attribute."""
        return None if value is None else self._write(value)

    def to_query(self, value: Any) -> Any:
        """Return the id to search for. FieldValueError for a model without an id: no document can point to it."""
        if value is None:
            return None
        key = self._write(self._convert(value))
        if key is None:
            raise FieldValueError("was not saved yet, so that nothing can be joined to it", value)
        return key

    # Serialising, as in elastic_connect

    def _shown(self, value: Any, depth: int, to_str: bool, flat: bool) -> Any:
        if isinstance(value, str) or value is None:
            return value
        if depth > 0 and hasattr(value, "serialize"):
            return value.serialize(depth=depth - 1, to_str=to_str, flat=flat)
        key = self.key_of(value) if hasattr(value, "id") else None
        if key is not None:
            return key
        if to_str:
            return object.__repr__(value)
        return None if flat else value

    @inline(lambda _, v: f"{v}.__class__ is _str")
    def serialize(
        self, value: Any, depth: int = 0, to_str: bool = False, flat: bool = False
    ) -> Any:
        """Return the id, or the serialised model if `depth` is above 0.

        A model without an id is returned as its object repr (`to_str`), as None (`flat`), or as it is.
        """
        return self._shown(value, depth, to_str, flat)

    # Updating both sides in memory

    def on_update(self, value: Any, model: Any) -> Any:
        """Make the models in `value` point back to `model`, and those no longer in it drop the reference.

        Returns the value to store in the attribute; a list is copied. FieldValueError for a member that is neither a model nor
        an id.
        """
        try:
            value = self.from_python(value)
        except FieldValueError as error:
            error.within(self.attribute).owner = type(model).__name__
            raise
        if self.several:
            value = list(value)
        if self.target_property is None:
            return value
        new = list(self.models(value))
        kept = set(map(id, new))
        for former in self.models(getattr(model, self.attribute, None)):
            if id(former) not in kept and (inverse := self._inverse_on(former)):
                inverse.remove_reference(model, former)
        for target in new:
            if inverse := self._inverse_on(target):
                before = inverse.insert_reference(model, target)
                if (
                    before is not None
                    and before is not model
                    and type(before)._whole is type(model)._whole
                ):
                    self.remove_reference(target, before)
        return value

    def _inverse_on(self, target: Any) -> Join | None:
        assert self.target_property is not None  # noqa: S101 - callers look before
        inverse = type(target)._mapping.get(self.target_property)
        if inverse is None:
            raise TypeError(
                f"{self._source}.{self.attribute} names {self.target_property!r} as its inverse, which "
                f"{type(target).__name__} lacks{did_you_mean(self.target_property, type(target)._mapping)}"
            )
        return inverse if isinstance(inverse, Join) else None

    def insert_reference(self, value: Any, model: Any) -> Any:
        """Make this join of `model` point to `value`; return the model that it replaced, if any."""
        raise NotImplementedError

    def remove_reference(self, value: Any, model: Any) -> None:
        """Remove `value` from this join of `model`."""
        raise NotImplementedError

    def lazy_load(self, model: Any) -> Any:
        """Load this join of a saved instance, and return its value."""
        return model._load_one(self.attribute)


def joins_of(mapping: Mapping[str, BaseDataType]) -> dict[str, Join]:
    return {name: part for name, part in mapping.items() if isinstance(part, Join)}


def join_named(cls: type[BaseDocument], name: str) -> Join:
    """Return the join; TypeError, with a suggestion, if the class has none of that name."""
    join: Join | None = cls._joins.get(name)
    if join is None:
        raise TypeError(f"{cls.__name__} has no join {name!r}{did_you_mean(name, cls._joins)}")
    return join


def joined_of(model: BaseDocument, name: str) -> Any:
    """What a join holds, where that is loaded."""
    cls, join = type(model), join_named(type(model), name)
    held = getattr(model, name)
    where = f"{cls.__name__}.{name}"
    for member in held if join.several else (held,):
        if isinstance(member, str):
            raise NotLoaded(
                f"{where} holds the id {member!r}: load({name!r}) loads the {join._target}"
            )
    if held is None and join.required:
        raise NotLoaded(f"{where} holds nothing: the {join._target} is gone, or was never assigned")
    return held


class SingleJoin(Join):
    """A join to one document, whose id is stored."""

    def insert_reference(self, value: Any, model: Any) -> Any:
        before = getattr(model, self.attribute, None)
        set_untracked(model, self.attribute, value)
        return None if isinstance(before, str) else before

    def remove_reference(self, value: Any, model: Any) -> None:
        if getattr(model, self.attribute, None) is value:
            set_untracked(model, self.attribute, None)


class MultiJoin(Join):
    """A join to several documents, whose ids are stored as a list, in order."""

    several = True

    def _members(self, value: Any, one: Any) -> list[Any]:
        members = [member for member in super()._members(value, one) if member is not None]
        # Return the same list if nothing changes: saving also converts, and the program may hold the list.
        same = type(value) is list and len(members) == len(value)
        return value if same and all(map(operator.is_, members, value)) else members

    def to_es(self, value: Any) -> Any:
        # In a cycle with ids made by the server, some are unknown yet; requests/save.py writes them in a second step.
        return [key for member in value or () if (key := self._write(member)) is not None]

    def serialize(
        self, value: Any, depth: int = 0, to_str: bool = False, flat: bool = False
    ) -> Any:
        return [self._shown(member, depth, to_str, flat) for member in value or ()]

    def insert_reference(self, value: Any, model: Any) -> Any:
        try:
            members = getattr(model, self.attribute)
        except NotFetched:
            raise
        except AttributeError:  # a model of `__new__` that nothing was assigned to
            members = None
        if members is None:
            set_untracked(model, self.attribute, [value])
        elif value not in members:
            if value.id is not None and value.id in members:
                members[members.index(value.id)] = value
            elif value.id is None or all(
                isinstance(member, str) or member.id != value.id for member in members
            ):
                members.append(value)

    def remove_reference(self, value: Any, model: Any) -> None:
        members = getattr(model, self.attribute, None) or []
        if any(member is value for member in members):
            # A new list, since the program may hold the old one, or it may be the one being assigned.
            set_untracked(
                model, self.attribute, [member for member in members if member is not value]
            )


class LooseJoin(Join):
    """A join without a stored value: targets point to this model by their `inverse` or `join_by` field.

    do_lazy_load   whether `load()` fills the attribute; `find_by(load=[...])` always does
    """

    stored = False

    def __init__(
        self,
        name: str,
        source: str,
        target: str,
        join_by: str | None = None,
        do_lazy_load: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(name, source, target, join_by, **options)
        self.do_lazy_load = do_lazy_load

    @property
    def match_attribute(self) -> str | None:
        return self.join_by or self.target_property

    def key_of(self, model: Any) -> str | None:
        return None if model.id is None else str(model.id)

    def get_es_type(self) -> dict[str, Any]:
        """Return an empty mapping: a loose join has no field."""
        return {}

    def from_es(self, source: Mapping[str, Any]) -> Any:
        return self.get_default_value()

    def to_es(self, value: Any) -> Any:
        return None


class SingleJoinLoose(LooseJoin, SingleJoin):
    """At most one document that points to this one: the first in the target's default order."""

    def __init__(
        self,
        name: str,
        source: str,
        target: str,
        do_lazy_load: bool = False,
        join_by: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, source, target, join_by, do_lazy_load, **options)


class MultiJoinLoose(LooseJoin, MultiJoin):
    """All documents that point to this one, in the target's default order."""
