"""What needs several files: mixins, join targets and inverses, clashes of names. Raw models in, ir.Project out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import naming
from .compute_id import parse as parse_compute_id
from .fields import FieldBuilder
from .ir import ComputeId, Field, Join, Location, Model, Project
from .load import RawModel
from .problems import Problem, did_you_mean, quoted

_NOT_OF_THE_MAPPING = frozenset(
    """
    model abstract index description extends compute_id sort settings aliases fields joins store_id versioned
    renamed_from unchecked
    """.split()
)
"""Top-level keys of ours; what is left is an option of the mapping and stands beside `properties`."""


@dataclass(slots=True)
class _Member:
    """A field or join as one file defines it."""

    key: str
    definition: Any
    owner: RawModel
    section: str

    @property
    def path(self) -> tuple[str, ...]:
        return (self.section, self.key)

    @property
    def name(self) -> str:
        """The Elasticsearch name."""
        return str(self.get("name", self.key))

    def get(self, key: str, default: Any = None) -> Any:
        return (
            self.definition.get(key, default) if isinstance(self.definition, Mapping) else default
        )


@dataclass(slots=True)
class _Known:
    """A model by name, with the members of its mixins before its own."""

    name: str
    raw: RawModel
    whole: bool
    """False where its file, or that of a mixin, has errors: a name that it lacks may be there, misspelt."""
    members: dict[str, _Member] = field(default_factory=dict)

    @property
    def abstract(self) -> bool:
        return self.raw.data.get("abstract") is True

    def keys(self, section: str) -> list[str]:
        return [key for key, member in self.members.items() if member.section == section]


def resolve(
    raws: Iterable[RawModel],
    broken: Collection[str] = (),
    named: Collection[str] = (),
    package: str = "generated",
    labels: Mapping[str, str] | None = None,
) -> tuple[Project, list[Problem]]:
    """Return the project of all models, and what is wrong between them.

    Args:
        raws: the models that could be loaded, with or without errors of their own.
        broken: the files of those that have errors; they count as known, but are not resolved.
        named: model names found in files that could not even be loaded.
        package: the name of the package to generate.
        labels: what generated code calls the files, where that differs.

    A project that comes with errors lacks the models concerned.
    """
    return _Resolver(
        sorted(raws, key=lambda raw: raw.file), set(broken), set(named), package, labels or {}
    ).run()


class _Resolver:
    def __init__(
        self,
        raws: Sequence[RawModel],
        broken: set[str],
        named: set[str],
        package: str,
        labels: Mapping[str, str],
    ) -> None:
        self._raws = raws
        self._broken = broken
        self._named = named
        self._package = package
        self._labels = labels
        self._models: dict[str, _Known] = {}
        self._problems: list[Problem] = []

    def run(self) -> tuple[Project, list[Problem]]:
        for raw in self._raws:
            self._register(raw)
        for known in self._models.values():
            self._inherit(known, ())
        whole = [known for known in self._models.values() if known.whole]
        concrete = [known for known in whole if not known.abstract]
        self._clashing_outputs([known for known in self._models.values() if not known.abstract])
        for known in whole:
            self._clashing_members(known)
            self._joins(known)
        for known in concrete:
            self._references(known)
        at_fault = {problem.file for problem in self._problems}
        models = [self._model(known) for known in concrete if known.raw.file not in at_fault]
        return Project(tuple(in_dependency_order(models)), self._package), list(
            dict.fromkeys(self._problems)
        )

    def _report(
        self,
        raw: RawModel,
        path: tuple[str | int, ...],
        rule: str,
        message: str,
        hint: str | None = None,
    ) -> None:
        """Report at the value of the last key of `path`."""
        line, column = raw.locate(path, value=True)
        self._problems.append(Problem(raw.file, line, column, rule, message, hint))

    def _report_key(
        self,
        raw: RawModel,
        path: tuple[str | int, ...],
        rule: str,
        message: str,
        hint: str | None = None,
    ) -> None:
        line, column = raw.locate(path)
        self._problems.append(Problem(raw.file, line, column, rule, message, hint))

    # Names of models

    def _register(self, raw: RawModel) -> None:
        name = raw.data.get("model")
        if not isinstance(name, str):
            return
        if name in self._models:
            first = self._models[name].raw
            line, _ = first.locate(("model",))
            message = f"the model {quoted(name)} is defined already, in {first.file}:{line}"
            self._report(raw, ("model",), "duplicate-model", message)
            return
        self._models[name] = _Known(name, raw, raw.file not in self._broken)

    def _clashing_outputs(self, concrete: Iterable[_Known]) -> None:
        modules: dict[str, _Known] = {}
        indices: dict[str, _Known] = {}
        for known in concrete:
            other = modules.setdefault(naming.module(known.name), known)
            if other is not known:
                message = f"{known.name} and {other.name} would both be written to {naming.module(known.name)}.py"
                self._report(
                    known.raw, ("model",), "duplicate-module", message, f"see {other.raw.file}"
                )
            index = _index(known)
            other = indices.setdefault(index, known)
            if other is not known:
                path = ("index",) if "index" in known.raw.data else ("model",)
                message = f"{known.name} and {other.name} would share the index {quoted(index)}"
                self._report(known.raw, path, "duplicate-index", message, f"see {other.raw.file}")

    # Mixins

    def _inherit(self, known: _Known, trail: tuple[str, ...]) -> None:
        """Fill in `members`, those of mixins first and in order; the model's own definition of a field wins."""
        if known.members:
            return
        members: dict[str, _Member] = {}
        extends = known.raw.data.get("extends") or []
        for position, name in enumerate([extends] if isinstance(extends, str) else extends):
            path = ("extends",) if isinstance(extends, str) else ("extends", position)
            mixin = self._mixin(known, name, path, (*trail, known.name))
            for key, member in mixin.members.items() if mixin else ():
                if key in members and members[key].definition != member.definition:
                    own = known.raw.data.get("fields") or {}
                    if key not in own:
                        files = f"{members[key].owner.file} and {member.owner.file}"
                        message = (
                            f"{quoted(key)} comes from two mixins, defined differently ({files})"
                        )
                        self._report(
                            known.raw,
                            path,
                            "name-clash",
                            message,
                            f"define {quoted(key)} here to decide",
                        )
                members[key] = member
        for section in ("fields", "joins"):
            own = known.raw.data.get(section)
            for key, definition in own.items() if isinstance(own, Mapping) else ():
                members[key] = _Member(key, definition, known.raw, section)
        known.members = members

    def _mixin(
        self, known: _Known, name: Any, path: tuple[str | int, ...], trail: tuple[str, ...]
    ) -> _Known | None:
        if not isinstance(name, str):
            return None  # reported by validate
        mixin = self._models.get(name)
        if mixin is None:
            known.whole = False
            if name not in self._named:
                abstract = [each.name for each in self._models.values() if each.abstract]
                message = f"there is no model {quoted(name)} to extend"
                self._report(
                    known.raw, path, "unknown-mixin", message, did_you_mean(name, abstract)
                )
            return None
        if name in trail:
            circle = " → ".join((*trail[trail.index(name) :], name))
            self._report(
                known.raw, path, "mixin-cycle", f"models extend each other in a circle: {circle}"
            )
            known.whole = False
            return None
        if not mixin.abstract:
            if mixin.whole:
                message = f"{name} has an index of its own and cannot be extended"
                self._report(
                    known.raw,
                    path,
                    "mixin-not-abstract",
                    message,
                    "only models with 'abstract: true' can",
                )
            known.whole = False
            return None
        self._inherit(mixin, trail)
        known.whole = known.whole and mixin.whole
        return mixin

    # Fields and joins

    def _clashing_members(self, known: _Known) -> None:
        attributes: dict[str, _Member] = {}
        names: dict[str, _Member] = {}
        for member in known.members.values():
            attribute = naming.attribute(member.key)
            other = attributes.setdefault(attribute, member)
            if other is not member:
                message = f"{quoted(member.key)} and {quoted(other.key)} are both {quoted(attribute)} in Python"
                hint = "give one of them another key, and its Elasticsearch name with 'name'"
                self._report_key(member.owner, member.path, "name-clash", message, hint)
            other = names.setdefault(member.name, member)
            if other is not member and other.owner is not member.owner:
                message = f"{known.name} has {quoted(member.name)} twice, as {quoted(other.key)} and {quoted(member.key)}"
                self._report_key(member.owner, member.path, "duplicate-name", message)
            if isinstance(member.definition, Mapping) and member.section == "fields":
                self._clashing_properties(member.owner, member.definition, member.path)

    def _clashing_properties(
        self, raw: RawModel, definition: Mapping[str, Any], path: tuple[str, ...]
    ) -> None:
        properties = definition.get("properties")
        if definition.get("type", "object") not in ("object", "nested") or not isinstance(
            properties, Mapping
        ):
            return
        attributes: dict[str, str] = {}
        for key, part in properties.items():
            attribute = naming.attribute(key, naming.VALUE_NAMES)
            other = attributes.setdefault(attribute, key)
            if other != key:
                message = (
                    f"{quoted(key)} and {quoted(other)} are both {quoted(attribute)} in Python"
                )
                self._report_key(raw, (*path, "properties", key), "name-clash", message)
            if isinstance(part, Mapping):
                self._clashing_properties(raw, part, (*path, "properties", key))

    def _joins(self, known: _Known) -> None:
        for member in known.members.values():
            if member.section == "joins":
                self._join(member)

    def _join(self, member: _Member) -> None:
        name = member.get("target")
        target = self._models.get(name) if isinstance(name, str) else None
        if target is None:
            if name not in self._named:
                joinable = [each.name for each in self._models.values() if not each.abstract]
                message = f"there is no model {quoted(name)} to join"
                self._report(
                    member.owner,
                    (*member.path, "target"),
                    "unknown-target",
                    message,
                    did_you_mean(name, joinable),
                )
            return
        if target.abstract:
            message = f"{name} is abstract: it has no index, and nothing can be joined to it"
            self._report(member.owner, (*member.path, "target"), "unknown-target", message)
            return
        inverse = member.get("inverse")
        if inverse is not None and target.whole and inverse not in target.keys("joins"):
            hint = did_you_mean(inverse, target.keys("joins"))
            message = f"{name} has no join {quoted(inverse)}"
            if inverse in target.members:
                message = f"{quoted(inverse)} of {name} is a field, not a join"
            elif hint is None:
                hint = _listed("its joins are", target.keys("joins"))
            self._report(member.owner, (*member.path, "inverse"), "unknown-inverse", message, hint)
        join_by = member.get("join_by")
        if (
            join_by is not None
            and target.whole
            and join_by not in target.members
            and join_by != "id"
        ):
            hint = did_you_mean(join_by, target.keys("fields"))
            message = f"{name} has no field {quoted(join_by)}"
            self._report(member.owner, (*member.path, "join_by"), "unknown-join-by", message, hint)

    # What a model says about its own members, inherited ones included

    def _references(self, known: _Known) -> None:
        rule = known.raw.data.get("compute_id")
        parts = parse_compute_id(rule).parts
        for part in parts:
            member = known.members.get(part.attribute or "")
            if part.attribute is None:
                continue
            path: tuple[str | int, ...] = ("compute_id",)
            if member is None:
                message = (
                    f"compute_id names {quoted(part.attribute)}, which {known.name} does not have"
                )
                hint = did_you_mean(part.attribute, known.members)
                self._report(known.raw, path, "unknown-id-part", message, hint)
            elif member.section == "joins" and member.get("type") != "single":
                message = f"compute_id names {quoted(part.attribute)}, which is no field and no single join"
                self._report(known.raw, path, "unknown-id-part", message)
        for position, name in enumerate(_sort_names(known.raw.data.get("sort"))):
            self._sort(known, position, name)

    def _sort(self, known: _Known, position: int, name: str) -> None:
        if name.startswith("_") or name == "id" or _es_name(known, name) is not None:
            return
        keys = [key for key in known.members if _es_name(known, key) is not None]
        message = f"{known.name} has no field {quoted(name)} to sort by"
        self._report(
            known.raw, ("sort", position), "unknown-field", message, did_you_mean(name, keys)
        )

    # From known models to ir.Model

    def _model(self, known: _Known) -> Model:
        data = known.raw.data
        builder = FieldBuilder(known.name, self._models)
        fields: list[Field] = []
        joins: list[Join] = []
        for member in known.members.values():
            locate = _locator(member.owner)
            if member.section == "fields":
                fields.append(builder.build(member.key, member.definition, member.path, locate))
            else:
                joins.append(self._built_join(member, locate))
        locate = _locator(known.raw)
        rule = _compute_id(known)
        return Model(
            name=known.name,
            module=naming.module(known.name),
            index=_index(known),
            source=self._labels.get(known.raw.file, known.raw.file),
            location=locate(("model",)),
            key_locations={key: locate((key,)) for key in data},
            description=data.get("description"),
            fields=tuple(fields),
            joins=tuple(joins),
            compute_id=rule,
            store_id=rule.kind != "server" and data.get("store_id") is not False,
            versioned=data.get("versioned") is True,
            sort=_sort(known),
            settings={**(data.get("settings") or {}), **_unchecked(data, "settings")},
            aliases=_aliases(data.get("aliases")),
            mapping_options=_mapping_options(data),
            renamed_from=data.get("renamed_from"),
        )

    def _built_join(self, member: _Member, locate: Callable[[tuple[str, ...]], Location]) -> Join:
        written = member.definition
        inverse, join_by = written.get("inverse"), written.get("join_by")
        return Join(
            attribute=naming.attribute(member.key),
            name=member.name,
            kind=written["type"],
            target=written["target"],
            target_module=naming.module(written["target"]),
            location=locate(member.path),
            parameter_locations={key: locate((*member.path, key)) for key in written},
            inverse=None if inverse is None else naming.attribute(inverse),
            join_by=None if join_by is None else naming.attribute(join_by),
            lazy_load=written.get("lazy_load") is True,
            description=written.get("description"),
            required=written.get("required") is True,
            private=written.get("private") is True,
            renamed_from=written.get("renamed_from"),
        )


def in_dependency_order(models: Iterable[Model]) -> list[Model]:
    """Return models by name, but the target of a join before its owner wherever there is no cycle."""
    by_name = {model.name: model for model in sorted(models, key=lambda model: model.name)}
    ordered: dict[str, Model] = {}
    for start in by_name:
        visiting: set[str] = set()
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, done = stack.pop()
            if done:
                ordered.setdefault(name, by_name[name])
            elif name in by_name and name not in ordered and name not in visiting:
                visiting.add(name)
                stack.append((name, True))
                # Loose joins are stored on the other side, so they do not make their owner depend on the target.
                targets = {join.target for join in by_name[name].joins if join.stored}
                stack.extend((target, False) for target in sorted(targets, reverse=True))
    return list(ordered.values())


def _locator(raw: RawModel) -> Callable[[tuple[str, ...]], Location]:
    return lambda path: Location(raw.file, *raw.locate(path))


def _listed(lead: str, names: Sequence[str]) -> str | None:
    return f"{lead} {', '.join(names)}" if names else None


def _index(known: _Known) -> str:
    index = known.raw.data.get("index")
    return index if isinstance(index, str) else naming.snake_case(known.name)


def _compute_id(known: _Known) -> ComputeId:
    rule = parse_compute_id(known.raw.data.get("compute_id"))
    parts = (
        part
        if part.attribute is None
        else replace(part, attribute=naming.attribute(part.attribute))
        for part in rule.parts
    )
    return replace(rule, parts=tuple(parts))


def _sort_names(sort: Any) -> list[str]:
    return [each if isinstance(each, str) else next(iter(each), "") for each in _listed_sort(sort)]


def _listed_sort(sort: Any) -> list[Any]:
    return [] if sort is None else list(sort) if isinstance(sort, list) else [sort]


def _sort(known: _Known) -> tuple[dict[str, Any], ...]:
    """The default sort in Elasticsearch's names, every entry a mapping."""
    return tuple(
        {_es_name(known, name) or name: each[name] if isinstance(each, Mapping) else "asc"}
        for name, each in zip(
            _sort_names(known.raw.data.get("sort")),
            _listed_sort(known.raw.data.get("sort")),
            strict=True,
        )
    )


def _es_name(known: _Known, path: str) -> str | None:
    """The full Elasticsearch name of a field, stored join, sub-field or multi-field; None where there is none."""
    by_name = {member.name: member for member in known.members.values()}
    for key, member in {**by_name, **known.members}.items():
        if member.section == "joins" and member.get("type") not in ("single", "multi"):
            continue
        if path == key:
            return member.name
        if path.startswith(key + "."):
            rest = _es_path(member.definition, path[len(key) + 1 :])
            if rest is not None:
                return f"{member.name}.{rest}"
    return None


def _es_path(definition: Any, path: str) -> str | None:
    if not isinstance(definition, Mapping):
        return None
    for section in ("properties", "fields"):
        parts = definition.get(section)
        for key, part in parts.items() if isinstance(parts, Mapping) else ():
            name = str(part.get("name", key)) if isinstance(part, Mapping) else key
            for spelling in (key, name):
                if path == spelling:
                    return name
                if path.startswith(spelling + "."):
                    rest = _es_path(part, path[len(spelling) + 1 :])
                    if rest is not None:
                        return f"{name}.{rest}"
    return None


def _aliases(written: Any) -> dict[str, Any]:
    if isinstance(written, str):
        return {written: {}}
    if isinstance(written, list):
        return {name: {} for name in written}
    return {name: options or {} for name, options in (written or {}).items()}


def _mapping_options(data: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in data.items() if key not in _NOT_OF_THE_MAPPING}
    dynamic = options.pop("dynamic", "strict")
    unchecked = _unchecked(data, "mappings")
    # `unset` leaves it to the server, whose default is true.
    return {**({} if dynamic == "unset" else {"dynamic": dynamic}), **options, **unchecked}


def _unchecked(data: Mapping[str, Any], section: str) -> dict[str, Any]:
    """What the author wants passed on to the server although ecgen does not know it."""
    return (data.get("unchecked") or {}).get(section) or {}
