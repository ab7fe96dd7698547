"""Resolve references between files (mixins, join targets, inverses) and find name clashes: raw models in, ir.Project out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ecgen.diagnostics.problems import Problem, did_you_mean, quoted

from . import assemble, naming
from .index_clashes import index_clashes
from .ir import Project
from .load import RawModel
from .named_models import Member, NamedModel
from .reporter import Report


def resolve(
    raws: Iterable[RawModel],
    broken: Collection[str] = (),
    named: Collection[str] = (),
    package: str = "generated",
    labels: Mapping[str, str] | None = None,
) -> tuple[Project, list[Problem]]:
    """Return the project of all valid models, and the problems between them.

    Args:
        raws: the models that could be loaded, with or without errors of their own.
        broken: the files of those with errors: their joins and mixins are checked, but they are left out of the project.
        named: model names found in files that could not be loaded; references to them are not reported.
        package: the name of the package to generate.
        labels: the name of each file in generated code, where it differs.

    The project lacks every model that has a problem.
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
        self._models: dict[str, NamedModel] = {}
        self._problems: list[Problem] = []

    def run(self) -> tuple[Project, list[Problem]]:
        for raw in self._raws:
            self._register(raw)
        for known in self._models.values():
            self._inherit(known, ())
        self._clashing_outputs([known for known in self._models.values() if not known.abstract])
        for known in self._models.values():
            self._joins(known)
            self._clashing_members(known)
        at_fault = {problem.file for problem in self._problems}
        models = [
            assemble.model(known, self._models, self._labels.get(known.raw.file, known.raw.file))
            for known in self._models.values()
            if known.valid and not known.abstract and known.raw.file not in at_fault
        ]
        return Project(tuple(assemble.in_dependency_order(models)), self._package), list(
            dict.fromkeys(self._problems)
        )

    def _report(self, raw: RawModel) -> Report:
        return Report(raw, self._problems)

    def _register(self, raw: RawModel) -> None:
        name = raw.data.get("model")
        if not isinstance(name, str):
            return
        if name in self._models:
            first = self._models[name].raw
            line, _ = first.locate(("model",))
            message = f"the model {quoted(name)} is defined already, in {first.file}:{line}"
            self._report(raw).at_value(("model",), "duplicate-model", message)
            return
        self._models[name] = NamedModel(
            name, raw, valid=raw.file not in self._broken, complete=not raw.partial
        )

    def _clashing_outputs(self, concrete: Iterable[NamedModel]) -> None:
        modules: dict[str, NamedModel] = {}
        models = list(concrete)
        for known in models:
            other = modules.setdefault(naming.module(known.name), known)
            if other is not known:
                message = f"{known.name} and {other.name} would both be written to {naming.module(known.name)}.py"
                self._report(known.raw).at_value(
                    ("model",), "duplicate-module", message, f"see {other.raw.file}"
                )
        for clash in index_clashes(models):
            self._report(clash.model.raw).at_value(*clash[1:])

    # Mixins

    def _inherit(self, known: NamedModel, trail: tuple[str, ...]) -> None:
        """Fill in `members`: those of mixins first, in order; the model's own definition of a field replaces an inherited one."""
        if known.members:
            return
        members: dict[str, Member] = {}
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
                        self._report(known.raw).at_value(
                            path,
                            "name-clash",
                            message,
                            f"define {quoted(key)} here to decide",
                        )
                members[key] = member
        for section in ("fields", "joins"):
            own = known.raw.data.get(section)
            for key, definition in own.items() if isinstance(own, Mapping) else ():
                members[key] = Member(key, definition, known.raw, section)
        known.members = members

    def _mixin(
        self, known: NamedModel, name: str, path: tuple[str | int, ...], trail: tuple[str, ...]
    ) -> NamedModel | None:
        mixin = self._models.get(name)
        if mixin is None:
            known.valid = known.complete = False
            if name not in self._named:
                abstract = [each.name for each in self._models.values() if each.abstract]
                message = f"there is no model {quoted(name)} to extend"
                self._report(known.raw).at_value(
                    path, "unknown-mixin", message, did_you_mean(name, abstract)
                )
            return None
        if name in trail:
            circle = " → ".join((*trail[trail.index(name) :], name))
            self._report(known.raw).at_value(
                path, "mixin-cycle", f"models extend each other in a circle: {circle}"
            )
            known.valid = known.complete = False
            return None
        if not mixin.abstract:
            if mixin.complete:
                message = f"{name} has an index of its own and cannot be extended"
                self._report(known.raw).at_value(
                    path,
                    "mixin-not-abstract",
                    message,
                    "only models with 'abstract: true' can",
                )
            known.valid = known.complete = False
            return None
        self._inherit(mixin, trail)
        known.valid = known.valid and mixin.valid
        known.complete = known.complete and mixin.complete
        return mixin

    # Fields and joins

    def _clashing_members(self, known: NamedModel) -> None:
        attributes: dict[str, Member] = {}
        names: dict[str, Member] = {}
        for member in known.members.values():
            attribute = naming.attribute(member.key)
            other = attributes.setdefault(attribute, member)
            if other is not member:
                message = f"{quoted(member.key)} and {quoted(other.key)} are both {quoted(attribute)} in Python"
                hint = "give one of them another key, and its Elasticsearch name with 'name'"
                self._report(member.owner).at_key(member.path, "name-clash", message, hint)
            other = names.setdefault(member.name, member)
            if other is not member and other.owner is not member.owner:
                message = f"{known.name} has {quoted(member.name)} twice, as {quoted(other.key)} and {quoted(member.key)}"
                self._report(member.owner).at_key(member.path, "duplicate-name", message)
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
                self._report(raw).at_key((*path, "properties", key), "name-clash", message)
            if isinstance(part, Mapping):
                self._clashing_properties(raw, part, (*path, "properties", key))

    def _joins(self, known: NamedModel) -> None:
        for member in known.members.values():
            if member.section == "joins":
                self._join(known, member)

    def _join(self, known: NamedModel, member: Member) -> None:
        name = member.get("target")
        if not isinstance(name, str):
            return  # refused by the gate
        target = self._models.get(name)
        if target is None:
            if name not in self._named:
                joinable = [each.name for each in self._models.values() if not each.abstract]
                joinable += self._named
                message = f"there is no model {quoted(name)} to join"
                self._report(member.owner).at_value(
                    (*member.path, "target"),
                    "unknown-target",
                    message,
                    did_you_mean(name, joinable),
                )
            return
        if target.abstract:
            message = f"{name} is abstract: it has no index, and nothing can be joined to it"
            self._report(member.owner).at_value((*member.path, "target"), "unknown-target", message)
            return
        inverse = member.get("inverse")
        if isinstance(inverse, str) and target.complete and inverse not in target.keys("joins"):
            hint = did_you_mean(inverse, target.keys("joins"))
            message = f"{name} has no join {quoted(inverse)}"
            if inverse in target.members:
                message = f"{quoted(inverse)} of {name} is a field, not a join"
            elif hint is None:
                hint = _listed("its joins are", target.keys("joins"))
            self._report(member.owner).at_value(
                (*member.path, "inverse"), "unknown-inverse", message, hint
            )
        elif isinstance(inverse, str) and target.complete and not known.abstract:
            back = self._models.get(str(target.members[inverse].get("target")))
            if back is not None and not back.abstract and back is not known:
                message = f"{quoted(inverse)} of {name} joins {back.name}, not {known.name}"
                self._report(member.owner).at_value(
                    (*member.path, "inverse"), "unknown-inverse", message
                )
            elif (
                member.get("lazy_load") is True
                and member.get("join_by") is None
                and _is_loose(member)
                and _is_loose(target.members[inverse])
            ):
                message = f"{quoted(member.key)} is found by {quoted(inverse)} of {name}, but that is loose, too: neither side is stored"
                hint = f"make {quoted(inverse)} a 'single' or 'multi'"
                path = (*member.path, "inverse")
                self._report(member.owner).at_value(
                    path, "lazy-load-without-inverse", message, hint
                )
        join_by = member.get("join_by")
        if (
            isinstance(join_by, str)
            and target.complete
            and join_by not in target.members
            and join_by != "id"
        ):
            hint = did_you_mean(join_by, target.keys("fields"))
            message = f"{name} has no field {quoted(join_by)}"
            self._report(member.owner).at_value(
                (*member.path, "join_by"), "unknown-join-by", message, hint
            )
        elif (
            isinstance(join_by, str) and target.complete and _is_loose(target.members.get(join_by))
        ):
            message = f"{quoted(join_by)} of {name} is a loose join, which is not stored"
            path = (*member.path, "join_by")
            self._report(member.owner).at_value(path, "unknown-join-by", message)


def _is_loose(member: Member | None) -> bool:
    loose = ("single_loose", "multi_loose")
    return member is not None and member.section == "joins" and member.get("type") in loose


def _listed(lead: str, names: Sequence[str]) -> str | None:
    return f"{lead} {', '.join(names)}" if names else None
