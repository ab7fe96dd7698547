"""Check names that a model uses: fields in compute_id, sort, copy_to and alias paths; analyzers, normalizers, similarities.

Inherited fields count, so the model's mixins are needed; each problem is reported in the file that uses the name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from ecgen.diagnostics.problems import Problem, did_you_mean, quoted
from ecgen.elasticsearch.built_in_analysis import ANALYZERS, NORMALIZERS

from ..compute_id import ComputeIdError
from ..compute_id import parse as parse_compute_id
from ..ir import IdPart
from ..load import RawModel
from ..members import NamedField, members
from ..reporter import Report, Where
from ..routing import RoutingError
from ..routing import parse as parse_routing
from .analysis import SIMILARITIES, Defined
from .index_sort import check_sort_field, check_sort_options, sorted_by

# For each parameter that names a part of the analysis: the section that may define it, and the built-in names.
_ANALYSIS_NAMES: Mapping[str, tuple[str, frozenset[str]]] = {
    "analyzer": ("analyzer", ANALYZERS),
    "search_analyzer": ("analyzer", ANALYZERS),
    "search_quote_analyzer": ("analyzer", ANALYZERS),
    "normalizer": ("normalizer", NORMALIZERS),
    "similarity": ("similarity", SIMILARITIES),
}


def check_references(raw: RawModel, mixins: Sequence[RawModel]) -> list[Problem]:
    """Return the problems of the names that `raw`, extending `mixins`, uses of its own members and settings."""
    return _References(raw, mixins).run()


class _References:
    def __init__(self, raw: RawModel, mixins: Sequence[RawModel]) -> None:
        self._raw = raw
        self._members = members(raw, mixins)
        self._fields = list({id(known): known for known in self._members.values()}.values())
        self._in_mapping = {each.name: each for each in self._fields}
        self._reports = {owner.file: Report(owner) for owner in (*mixins, raw)}
        self._defined = Defined(raw.data)
        self._joins = {
            key: join
            for owner in (*mixins, raw)
            if isinstance(owner.data.get("joins"), dict)
            for key, join in owner.data["joins"].items()
        }
        self._owners = (*mixins, raw)
        self._open = raw.data.get("dynamic") in (True, "true", "runtime", "unset")
        runtime = raw.data.get("runtime")
        self._runtime = set(runtime) if isinstance(runtime, dict) else set()

    def run(self) -> list[Problem]:
        for known in self._fields:
            self._field(known)
        self._priorities()
        self._one_join_field()
        self._compute_id()
        self._routing()
        self._sort()
        self._index_sort()
        self._templates()
        return [problem for report in self._reports.values() for problem in report.problems]

    def _field(self, known: NamedField) -> None:
        report = self._reports[known.owner.file]
        row = known.row
        if row is None:
            return
        # The gate reports parameters that the type does not take.
        given = row.parameters.keys() & known.definition.keys()
        if given:
            self._analysis(report, known.definition, known.path, given)
        if "copy_to" in given:
            self._copy_to(report, known)
        if known.kind == "alias":
            self._alias(report, known)
        if known.kind == "completion":
            self._contexts(report, known)

    def _may_exist(self, name: str) -> bool:
        """Return whether a refused or unreadable part may define `name`, so that it cannot be reported as unknown."""
        return any(owner.may_have(name) for owner in self._owners)

    def _priorities(self) -> None:
        """Report passthrough objects with equal priorities: Elasticsearch takes a field found under two from the higher one."""
        seen: dict[Any, str] = {}
        for known in self._fields:
            priority = known.definition.get("priority")
            if known.kind == "passthrough" and isinstance(priority, int):
                other = seen.setdefault(priority, known.name)
                if other != known.name:
                    message = f"{quoted(known.name)} and {quoted(other)} have the same 'priority', {priority}"
                    report = self._reports[known.owner.file]
                    report.at_value((*known.path, "priority"), "parameter-conflict", message)

    def _one_join_field(self) -> None:
        """Report a second field of type join: Elasticsearch allows one in an index."""
        found = [known for known in self._fields if known.kind == "join" and len(known.path) == 2]
        for other in found[1:]:
            message = f"{quoted(other.name)} is a second field of type join, beside {quoted(found[0].name)}; a model can have one"
            report = self._reports[other.owner.file]
            report.at_key(other.path, "parameter-conflict", message)

    def _templates(self) -> None:
        """Report unknown analyzers in templates: 9.5.3 refuses such a template, 7.17.29 the documents that use it."""
        report = self._reports[self._raw.file]
        templates = self._raw.data.get("dynamic_templates")
        for position, entry in enumerate(templates if isinstance(templates, list) else ()):
            for name, template in entry.items() if isinstance(entry, dict) else ():
                mapping = template.get("mapping") if isinstance(template, dict) else None
                if isinstance(mapping, dict):
                    path = ("dynamic_templates", position, name, "mapping")
                    self._analysis(report, mapping, path, mapping.keys())
                    parts = mapping.get("fields")
                    for key, part in parts.items() if isinstance(parts, dict) else ():
                        if isinstance(part, dict):
                            self._analysis(report, part, (*path, "fields", key), part.keys())

    def _analysis(
        self, report: Report, definition: Mapping[str, Any], path: Where, given: Set[str]
    ) -> None:
        """Check the analyzers, normalizer and similarity named by those parameters of `definition` that are in `given`."""
        for parameter, (section, built_in) in _ANALYSIS_NAMES.items():
            if parameter in given and not (
                parameter == "similarity" and definition.get("type") == "dense_vector"
            ):
                self._named(report, definition[parameter], (*path, parameter), section, built_in)

    def _named(
        self, report: Report, name: Any, path: Where, section: str, built_in: frozenset[str]
    ) -> None:
        names = self._defined.known(section, built_in)
        if not isinstance(name, str) or not name or name in names:
            return
        if path[0] == "dynamic_templates" and "{" in name:
            return  # the server fills in the field's name or type
        hint = did_you_mean(name, names)
        message = f"there is no {section} {quoted(name)}: it is neither built in nor defined in 'settings'"
        other = "normalizer" if section == "analyzer" else "analyzer"
        if section != "similarity" and name in self._defined.names[other]:
            message = f"{quoted(name)} is defined as {'an' if other == 'analyzer' else 'a'} {other}, not as {'an' if section == 'analyzer' else 'a'} {section}"
        report.at_value(path, f"unknown-{section}", message, hint)

    def _copy_to(self, report: Report, known: NamedField) -> None:
        value = known.definition.get("copy_to")
        for position, name in enumerate(value if isinstance(value, list) else [value]):
            path = (
                (*known.path, "copy_to", position)
                if isinstance(value, list)
                else (*known.path, "copy_to")
            )
            if not isinstance(name, str) or not name:
                continue
            target = self._in_mapping.get(name)
            if target is None:
                if not self._open and not self._may_exist(name):
                    self._unknown(report, path, f"'copy_to' names {quoted(name)}", name)
            elif target.multi_field:
                report.at_value(
                    path, "wrong-parameter", f"'copy_to' cannot name a multi-field: {quoted(name)}"
                )
            elif (target.row is not None and target.row.json == "object") or target.kind == "alias":
                report.at_value(
                    path,
                    "wrong-parameter",
                    f"'copy_to' cannot name {quoted(name)}, a field of type {target.kind}",
                )
            elif target.scope != known.scope[: len(target.scope)]:
                message = f"'copy_to' cannot reach {quoted(name)}, which is in a nested object that {quoted(known.name)} is not in"
                report.at_value(path, "wrong-parameter", message)

    def _alias(self, report: Report, known: NamedField) -> None:
        name = known.definition.get("path")
        path = (*known.path, "path")
        if not isinstance(name, str) or not name:
            return
        target = self._in_mapping.get(name)
        if target is None:
            refused = "type" not in self._joins.get(name, {"type": ""})
            is_id = name == "id" and self._raw.stores_id
            if not (refused or is_id or name in self._runtime or self._may_exist(name)):
                self._unknown(report, path, f"the alias names {quoted(name)}", name, known)
        elif target is known:
            report.at_value(path, "wrong-parameter", "an alias cannot name itself")
        elif target.kind == "alias" or (
            target.row is not None and target.row.json == "object" and target.kind != "flattened"
        ):
            report.at_value(
                path,
                "wrong-parameter",
                f"an alias cannot name {quoted(name)}, a field of type {target.kind}",
            )
        elif target.scope != known.scope:
            message = f"an alias must be in the same nested object as the field it names, and {quoted(name)} is not"
            report.at_value(path, "wrong-parameter", message)

    def _contexts(self, report: Report, known: NamedField) -> None:
        contexts = known.definition.get("contexts")
        for position, context in enumerate(contexts if isinstance(contexts, list) else ()):
            name = context.get("path") if isinstance(context, dict) else None
            if (
                isinstance(name, str)
                and name not in self._in_mapping
                and not name.startswith("_")
                and not self._open
                and not self._may_exist(name)
            ):
                path = (*known.path, "contexts", position, "path")
                self._unknown(report, path, f"the context names {quoted(name)}", name)

    def _unknown(
        self, report: Report, path: Where, lead: str, name: str, but: NamedField | None = None
    ) -> None:
        """Report a name in the mapping that no field has there; a key counts only if it is the Elasticsearch name, too."""
        meant = self._members.get(name)
        if meant is not None:
            message = f"{lead}, a field that Elasticsearch knows as {quoted(meant.name)}"
            report.at_value(path, "unknown-field", message, f"write '{meant.name}'")
            return
        hint = did_you_mean(name, [n for n, each in self._in_mapping.items() if each is not but])
        report.at_value(path, "unknown-field", f"{lead}, which is not a field of the model", hint)

    def _compute_id(self) -> None:
        value = self._raw.data.get("compute_id")
        try:
            parts = [part for part in parse_compute_id(value).parts if part.attribute is not None]
        except ComputeIdError:
            return  # reported by the checks of the model
        if not parts:
            return
        for position, part in enumerate(parts):
            path: Where = ("compute_id",)
            if isinstance(value, list):
                path = ("compute_id", position)
            elif isinstance(value, dict):
                path = ("compute_id", "fields", position)
            self._part(part, path, "unknown-id-part", "unknown-id-filter")

    def _routing(self) -> None:
        report = self._reports[self._raw.file]
        value = self._raw.data.get("routing")
        if value is None:
            if "routing" not in self._raw.refused.get((), ()):
                self._missing_routing(report)
            return
        try:
            rule = parse_routing(value)
        except RoutingError:
            return  # reported by the checks of the model
        for part in rule.parts if rule else ():
            if part.attribute is not None:
                self._part(part, ("routing",), "wrong-routing", "wrong-routing")
        clash = self._members.get("routing")
        named = clash is not None and clash.path[-1] == "routing"
        if rule and rule.is_given and (named or "routing" in self._joins):
            message = (
                "'routing: given' and a field 'routing' would be one keyword of the constructor"
            )
            hint = "give the field another key, and its Elasticsearch name with 'name'"
            report.at_value(("routing",), "name-clash", message, hint)

    def _missing_routing(self, report: Report) -> None:
        """Report a model without `routing` whose documents a server refuses without one (400 routing_missing_exception)."""
        data = self._raw.data
        unchecked = (data.get("unchecked") or {}).get("mappings") or {}
        option = {**unchecked, **data}.get("_routing")
        hint = "add 'routing': a field, a template of fields, or 'given', an argument of create, get and find_by"
        if isinstance(option, dict) and option.get("required") in (True, "true"):
            path: Where = (
                ("_routing",) if "_routing" in data else ("unchecked", "mappings", "_routing")
            )
            message = "'_routing' requires a routing value for every document, but the model has no 'routing'"
            report.at_key(path, "missing-routing", message, hint)
            return
        for known in self._members.values():
            given = {**known.definition, **(known.definition.get("unchecked") or {})}
            if known.kind == "join" and given.get("relations") and len(known.path) == 2:
                path = known.path if known.owner is self._raw else ("model",)
                message = f"children in {quoted(known.name)} need the routing value of their parents, but the model has no 'routing'"
                report.at_key(path, "missing-routing", message, hint)
                return

    def _part(self, part: IdPart, path: Where, rule: str, filter_rule: str) -> None:
        """Check that a part of an id or a routing names a usable field or join, and that its filters apply to it."""
        report, name, key = self._reports[self._raw.file], str(part.attribute), str(path[0])
        wrong = self._part_complaint(name, "an id" if key == "compute_id" else f"a {key}")
        if wrong:
            usable = [each for each in self._top_level() if not self._part_complaint(each, "an id")]
            message = f"{key} names {quoted(name)}, {wrong}"
            report.at_value(path, rule, message, did_you_mean(name, usable))
            return
        row = self._members[name].row if name in self._members else None
        if row and row.json != "date" and any(each.startswith("date:") for each in part.filters):
            message = f"the filter 'date' is for dates, and {quoted(name)} is {row.name}"
            report.at_value((key,), filter_rule, message)

    def _top_level(self) -> set[str]:
        return {name for name in self._members if "." not in name} | set(self._joins)

    def _part_complaint(self, name: str, what: str) -> str | None:
        join = self._joins.get(name)
        if join is not None:
            single = join.get("type", "single") == "single"  # one whose type is refused may be
            return None if single else "which is neither a field nor a single join"
        known = self._members.get(name)
        if known is None and self._may_exist(name):
            return None
        if known is None or known.multi_field:
            return "which is not a field or single join of the model"
        if len(known.path) == 2 and name != known.path[-1]:
            return f"the Elasticsearch name of {quoted(known.path[-1])}, not its key"
        if len(known.path) > 2:
            return f"which is inside an object; only whole fields make {what}"
        if known.definition.get("many") is True:
            return "which is a list"
        if known.row is not None and (
            known.row.json in ("object", "any", "none", "vector", "matrix", "weights", "range")
        ):
            return f"which is of type {known.kind}; its values make no {what.split()[-1]}"
        return None

    def _sort(self) -> None:
        report = self._reports[self._raw.file]
        sort = self._raw.data.get("sort")
        for position, entry in enumerate(sort if isinstance(sort, list) else ()):
            name = next(iter(entry), None) if isinstance(entry, dict) else entry
            if isinstance(name, str) and name:
                path: Where = (
                    ("sort", position, name) if isinstance(entry, dict) else ("sort", position)
                )
                self._sort_key(report, name, path)

    def _sort_key(self, report: Report, name: str, path: Where) -> None:
        if (
            name in ("id", "_score", "_doc", "_shard_doc", "_geo_distance", "_script")
            or name in self._runtime
        ):
            return
        known = self._members.get(name)
        if known is None:
            join = self._joins.get(name)
            if join is not None and "type" not in join:
                return
            if join is not None:
                report.at_key(
                    path, "not-sortable", f"{quoted(name)} is a loose join, which is not stored"
                )
            elif not self._open and not self._may_exist(name):
                message = f"there is no field {quoted(name)} to sort by"
                hint = did_you_mean(name, [*self._members, "id"])
                first, _, order = name.replace(" ", ":").partition(":")
                if first in self._members and order:
                    hint = f"write {{{first}: {order}}}"
                report.at_key(path, "unknown-field", message, hint)
            return
        row = known.row
        if (
            row is None
            or known.kind == "alias"
            or row.name in ("text", "match_only_text", "annotated_text", "search_as_you_type")
        ):
            return  # text in a sort is a lint of its own
        if not row.sortable:
            report.at_key(
                path,
                "not-sortable",
                f"Elasticsearch cannot sort by {quoted(name)}, a field of type {row.name}",
            )
        elif known.definition.get("doc_values") is False and row.name != "binary":
            message = f"Elasticsearch cannot sort by {quoted(name)}: its 'doc_values' are off"
            report.at_key(path, "not-sortable", message)

    def _index_sort(self) -> None:
        report, settings = self._reports[self._raw.file], self._raw.data.get("settings")
        for name, path in sorted_by(settings):
            known = self._in_mapping.get(name)
            if known is not None:
                check_sort_field(report, known, path)
            elif not (name == "id" and self._raw.stores_id) and not self._may_exist(name):
                self._unknown(report, path, f"the index is sorted by {quoted(name)}", name)
        check_sort_options(report, settings)
