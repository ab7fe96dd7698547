"""Comparing two sides: the changes between them, each with its two verdicts.

The result is `Change` objects; `report` renders them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ecgen.definitions.ir import Json, Model
from ecgen.elasticsearch.field_types import FIELD_TYPES, UNSET

from ..advice import Situation, Steps, as_text, say
from ..report.wording import message_of
from ..rollover_advice import steps_for
from ..rules.table import RULES
from ..rules.verdicts import CODE_ORDER, SERVER_ORDER, Code, Server, worst_code, worst_server
from .mapping_changes import Difference, compare_mappings
from .model_changes import compare_models, renames
from .model_pair import ModelDifference
from .setting_changes import compare_settings, refused_settings, server_form
from .subjects import Subject
from .template_changes import compare_templates
from .tree import Keys


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one model.

    `path` is the full name of the field (`size.width`), the mapping option or setting, or empty for the model as a
    whole. `file` and `line` are the place in the new definitions, or in the old ones if it was removed; `line` is
    None for bare mapping JSON.
    """

    model: str
    file: str
    line: int | None
    path: str
    rule: str
    server: Server
    code: Code
    message: str
    steps: Steps

    @property
    def todo(self) -> str:
        """Return the steps as text, a line for each."""
        return as_text(self.steps)


@dataclass(frozen=True, slots=True)
class Review:
    """All changes between two sides, worst first, and the verdicts by model."""

    changes: tuple[Change, ...]
    models: tuple[str, ...]
    """The names of all models on either side, changed or not."""

    def verdicts(self) -> dict[str, tuple[Server, Code]]:
        """Return the worst verdict of each model's changes."""
        by_model: dict[str, list[Change]] = {name: [] for name in self.models}
        for change in self.changes:
            by_model[change.model].append(change)
        return {
            name: (
                worst_server(change.server for change in changes),
                worst_code(change.code for change in changes),
            )
            for name, changes in by_model.items()
        }


def compare(old: Mapping[str, Subject], new: Mapping[str, Subject], major: int = 9) -> Review:
    """Return all changes from `old` to `new`, both by module or file stem.

    Args:
        major: the servers' major version, 7 to 9.
    """
    changes: list[Change] = []
    names: set[str] = set()
    pairs, gone, come = _pair(old, new)
    for before, after in pairs:
        name = after.name if after.model is not None else before.name
        names.add(name)
        changes += _compare_pair(name, before, after, major)
    for subject in come:
        names.add(subject.name)
        changes += _whole("model-added", "in-place", subject, major)
    for subject in gone:
        names.add(subject.name)
        hint = _renamed_to(subject, come)
        changes += _whole("model-removed", "ignored", subject, major, hint)
    changes.sort(key=_order)
    return Review(tuple(changes), tuple(sorted(names)))


def _order(change: Change) -> tuple[int, int, str, bool, str, str]:
    return (
        -SERVER_ORDER.index(change.server),
        -CODE_ORDER.index(change.code),
        change.model,
        # Fields can need a limit that is raised with them.
        not change.rule.endswith("-setting-changed"),
        change.path,
        change.rule,
    )


def _pair(
    old: Mapping[str, Subject], new: Mapping[str, Subject]
) -> tuple[list[tuple[Subject, Subject]], list[Subject], list[Subject]]:
    """Match both sides: by class name or, for bare mappings, by stem; then by `renamed_from`; then by index."""
    models = all(s.model is not None for s in (*old.values(), *new.values()))
    before = {s.name: s for s in old.values()} if models else dict(old)
    after = {s.name: s for s in new.values()} if models else dict(new)
    pairs = [(before.pop(key), after.pop(key)) for key in list(after) if key in before]
    if models:
        indices = {subject.index: key for key, subject in before.items()}
        for key, subject in list(after.items()):
            model = subject.model
            was = model.renamed_from if model is not None else None
            if was not in before:
                was = indices.get(subject.index)
            if was is not None and was in before:
                pairs.append((before.pop(was), after.pop(key)))
    return pairs, list(before.values()), list(after.values())


def _whole(
    rule: str, server: Server, subject: Subject, major: int, hint: str | None = None
) -> Iterator[Change]:
    at = subject.locate(())
    situation = Situation(
        subject.name, subject.index, subject.key, "", major, target=subject.target
    )
    what = f"index {subject.index}"
    if subject.target is not None:
        what = f"index template {subject.index}"
    yield Change(
        subject.name,
        at.file if at else subject.file,
        at.line if at else None,
        "",
        rule,
        server,
        RULES[rule].code,
        message_of(rule, server, subject.name, UNSET, UNSET, what, hint),
        steps_for(RULES[rule].way, server, situation),
    )
    if rule == "model-added":
        for difference in _mappings(None, subject, major):
            if difference.rule == "mapping-refused":
                yield _of_mapping(subject.name, subject, subject, difference, major)
        for difference in _settings(None, subject):
            yield _of_mapping(subject.name, subject, subject, difference, major)


def _compare_pair(name: str, old: Subject, new: Subject, major: int) -> Iterator[Change]:
    differences = _mappings(old, new, major)
    if old.model is not None and new.model is not None:
        found = list(compare_models(old.model, new.model))
        differences = list(_hinted(_merged(differences, found, old.model, new.model)))
        for difference in found:
            yield _of_model(name, old, new, difference, major)
    for each in differences:
        yield _of_mapping(name, old, new, each, major)
    for each in (*_settings(old, new), *compare_templates(old, new)):
        yield _of_mapping(name, old, new, each, major)
    aliases_old, aliases_new = old.body.get("aliases") or {}, new.body.get("aliases") or {}
    for alias in sorted({*aliases_old, *aliases_new}):
        before, after = aliases_old.get(alias, UNSET), aliases_new.get(alias, UNSET)
        if _as_shown(before) != _as_shown(after):
            server: Server = "ignored" if after is UNSET else "in-place"
            each = Difference(
                "aliases-changed", ("aliases", alias), server, before, after, "aliases"
            )
            yield _of_mapping(name, old, new, each, major)


def _as_shown(alias: Json) -> Json:
    """Return an alias as the server shows it: `routing` means both of its kinds (9.5.3 and 7.17.29)."""
    if not isinstance(alias, dict) or "routing" not in alias:
        return alias
    both = dict.fromkeys(("index_routing", "search_routing"), alias["routing"])
    return {**both, **{key: value for key, value in alias.items() if key != "routing"}}


def _settings(old: Subject | None, new: Subject) -> Iterator[Difference]:
    # Definitions are already checked.
    refused = refused_settings(new.settings) if new.model is None else {}
    before = old.settings if old is not None else {}
    for rule, setting, server, was, now in compare_settings(before, new.settings):
        why = next(
            (reason for name, reason in refused.items() if f"{setting}.".startswith(f"{name}.")),
            None,
        )
        keys = ("settings", setting)
        if why is not None and now is not UNSET:
            yield Difference("mapping-refused", keys, "reindex", was, now, "settings", why)
        elif old is not None:
            yield Difference(rule, keys, server, was, now, "settings")


def _mappings(old: Subject | None, new: Subject, major: int) -> list[Difference]:
    if old is not None and old.model and new.model and old.body == new.body:
        return []
    # Definitions are already checked, and may exempt a name from the check.
    settings = {**server_form(old.settings if old else {}), **server_form(new.settings)}
    before = old.mappings if old is not None else {}
    return compare_mappings(before, new.mappings, major, settings=settings, names=new.model is None)


def _merged(
    differences: list[Difference], found: list[ModelDifference], old: Model, new: Model
) -> list[Difference]:
    """Drop mapping differences that a model difference describes better: renamed fields, joins, the stored id."""
    reported = {(each.path, "gone") for each in found if each.rule == "join-removed"}
    reported |= {(each.path, "come") for each in found if each.rule == "join-added"}
    for was, now in renames(old, new):
        reported |= {(was, "gone"), (now, "come")}
    if old.store_id != new.store_id:
        reported |= {("id", "gone"), ("id", "come")}
    kinds = {"field-removed": "gone", "field-added": "come"}
    return [each for each in differences if (each.path, kinds.get(each.rule)) not in reported]


def _hinted(differences: list[Difference]) -> Iterator[Difference]:
    """Yield the differences, with a hint on a removed field if a new field beside it looks like the same one
    renamed."""
    come: dict[tuple[Keys, str], list[str]] = {}
    for each in differences:
        if each.rule == "field-added":
            key = (each.keys[:-1], json.dumps(each.new, sort_keys=True, default=str))
            come.setdefault(key, []).append(each.keys[-1])
    for each in differences:
        if each.rule == "field-removed":
            key = (each.keys[:-1], json.dumps(each.old, sort_keys=True, default=str))
            if names := come.get(key):
                hint = f"if it was renamed to {names[0]}, write renamed_from: {each.keys[-1]} there"
                each = replace(each, detail=hint)
        yield each


def _renamed_to(subject: Subject, come: list[Subject]) -> str | None:
    """Return a hint if a new model has the file or the fields of a removed one."""
    for each in come:
        same = each.file == subject.file or (
            subject.mappings.get("properties")
            and each.mappings.get("properties") == subject.mappings.get("properties")
        )
        if same and each.model is not None and subject.model is not None:
            return f"if it was renamed to {each.name}, write renamed_from: {subject.name} there"
    return None


def _of_mapping(
    name: str, old: Subject, new: Subject, difference: Difference, major: int
) -> Change:
    rule = RULES[difference.rule]
    gone = difference.new is UNSET and difference.rule.endswith("-removed")
    at = (old if gone else new).locate(difference.keys, difference.parameter)
    if at is None or (gone and new.model is not None and old.model is None):
        at = new.locate((), None)
    situation = Situation(
        name,
        new.index,
        new.key,
        difference.path,
        major,
        old_index=old.index,
        difference=difference,
        body=_snippet(new, difference),
        target=new.target,
        old_target=old.target,
    )
    return Change(
        name,
        at.file if at else new.file,
        at.line if at else None,
        difference.path,
        difference.rule,
        difference.server,
        _code(difference, rule.code, old, new),
        message_of(
            difference.rule,
            difference.server,
            difference.path,
            difference.old,
            difference.new,
            difference.parameter,
            difference.detail,
        ),
        steps_for(rule.way, difference.server, situation),
    )


def _of_model(
    name: str, old: Subject, new: Subject, difference: ModelDifference, major: int
) -> Change:
    rule = RULES[difference.rule]
    at = difference.location
    situation = Situation(
        name,
        new.index,
        new.key,
        difference.path,
        major,
        old_index=old.index,
        was=difference.was,
        inside=difference.inside,
        body=_properties(new, difference.path),
        target=new.target,
        old_target=old.target,
    )
    return Change(
        name,
        at.file,
        at.line,
        difference.path,
        difference.rule,
        difference.server,
        difference.code or rule.code,
        difference.message,
        say(difference.todo)
        if difference.todo
        else steps_for(rule.way, difference.server, situation),
    )


def _snippet(new: Subject, difference: Difference) -> Json:
    """Return the part of the new mapping that `PUT _mapping` must contain."""
    option = difference.keys[0] if difference.keys else ""
    if option in new.mappings and difference.parameter == option:
        return {option: new.mappings[option]}
    if difference.parameter == "runtime" and difference.new is not UNSET:
        return {"runtime": {option.partition(".")[2]: difference.new}}
    return _properties(new, difference.path)


def _properties(new: Subject, path: str) -> Json:
    found = new.properties_on(path)
    return {"properties": found} if found else None


def _code(difference: Difference, usual: Code, old: Subject, new: Subject) -> Code:
    is_unindexed = difference.rule == "index-changed" and difference.new in (False, "false")
    if is_unindexed or difference.hides:
        return "breaking"
    if difference.rule == "type-changed":
        return _code_of_type(difference, old, new)
    return usual


def _code_of_type(difference: Difference, old: Subject, new: Subject) -> Code:
    """Return whether the type change affects code: if its Python type, the arguments of find_by, or how find_by
    matches differ."""
    before, after = FIELD_TYPES.get(str(difference.old)), FIELD_TYPES.get(str(difference.new))
    if before is None or after is None:
        return "breaking"
    if _is_multi_field(difference.keys, new) or _is_multi_field(difference.keys, old):
        return "compatible"
    texts = {"text", "match_only_text", "annotated_text", "search_as_you_type", "semantic_text"}
    if (before.name in texts) != (after.name in texts):
        return "breaking"
    same = (before.python, before.query) == (after.python, after.query)
    return "compatible" if same else "breaking"


def _is_multi_field(keys: tuple[str, ...], subject: Subject) -> bool:
    properties: Json = subject.mappings.get("properties") or {}
    for key in keys[:-1]:
        body = properties.get(key)
        if not isinstance(body, dict):
            return False
        if "properties" not in body:
            return key == keys[-2] and keys[-1] in (body.get("fields") or {})
        properties = body["properties"]
    return False
