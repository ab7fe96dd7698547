"""From drafts to definitions that build: what the language refuses goes to `unchecked`, and the result is compared.

Every definition is read back, checked and resolved as `ecgen build` would do it, and the mapping that it builds is
compared with the one it was made from. So a file that this module hands out without a problem builds back exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from ecgen.definitions.language import FIELD_KEYS
from ecgen.definitions.load import RawModel, load_text
from ecgen.definitions.resolve import resolve
from ecgen.definitions.validate import validate
from ecgen.diagnostics.problems import Problem

from .define import Definition
from .source import Json
from .write_yaml import to_yaml

_ROUNDS: Final = 12
_SHOWN: Final = 12
"""Refusals that the head of a file spells out."""
_SECTIONS: Final = ("fields", "properties")
_MINE: Final = frozenset(
    [
        "model",
        "index",
        "write_to",
        "data_stream",
        "priority",
        "description",
        "compute_id",
        "routing",
        "store_id",
        "fields",
        "joins",
        "aliases",
        "dynamic",
        "unchecked",
        "settings",
    ]
)
SCHEMA: Final = "yaml-language-server: $schema={schema}"


@dataclass(slots=True)
class Settled:
    """One definition as it is to be written, and what is still wrong with it."""

    definition: Definition
    text: str
    problems: list[Problem]
    difference: str | None = None
    """Where the mapping that it builds differs from the source's."""


def settle(drafts: Sequence[Definition], names: Sequence[str], schema: str) -> list[Settled]:
    """The drafts as text that builds.

    Args:
        drafts: the definitions of one run; joins may go from one to another.
        names: what to call the files in problems.
        schema: the address of the JSON Schema, for editors.
    """
    settled = []
    raws: list[RawModel] = []
    for draft, name in zip(drafts, names, strict=True):
        text, raw, problems = _one(draft, name, schema)
        settled.append(Settled(draft, text, problems))
        if raw is not None:
            raws.append(raw)
    broken = {problem.file for each in settled for problem in each.problems}
    project, found = resolve(raws, broken)
    for each, name in zip(settled, names, strict=True):
        each.problems += [problem for problem in found if problem.file == name]
    built = {model.name: model for model in project.models}
    for each in settled:
        model = built.get(each.definition.model)
        if model is not None:
            wanted = each.definition.source.mappings
            each.difference = difference(wanted, model.index_body()["mappings"])
    return settled


def _one(draft: Definition, name: str, schema: str) -> tuple[str, RawModel | None, list[Problem]]:
    refused: dict[str, int] = {}
    for _ in range(_ROUNDS):
        draft.refusals = list(_refusals(refused))
        head = (SCHEMA.format(schema=schema), *draft.refusals, *draft.head)
        text = to_yaml(draft.data, head, draft.notes)
        raw, problems = load_text(text, name)
        if raw is None:
            return text, None, problems
        (admitted,), found = validate([raw])
        errors = [problem for problem in (*problems, *found) if problem.severity == "error"]
        places = _places(text) if errors else {}
        moved = False
        for problem in errors:
            if _unchecked(draft, places.get((problem.line, problem.column), ())):
                refused[problem.message] = refused.get(problem.message, 0) + 1
                moved = True
        if not moved:
            break
    return text, admitted, errors


def _refusals(refused: dict[str, int]) -> Iterator[str]:
    for message, times in list(refused.items())[:_SHOWN]:
        often = f" ({times} times)" if times > 1 else ""
        yield f"Passed on unchecked: {message}{often}."
    if len(refused) > _SHOWN:
        rest = len(refused) - _SHOWN
        yield f"Passed on unchecked: {rest} more; see 'unchecked' of their fields."


def _places(text: str) -> dict[tuple[int, int], tuple[Any, ...]]:
    """The path of each key and value by its line and column, from 1."""
    found: dict[tuple[int, int], tuple[Any, ...]] = {}
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(yaml.compose(text, Loader=yaml.CSafeLoader), ())]
    while waiting:
        node, path = waiting.pop()
        found.setdefault((node.start_mark.line + 1, node.start_mark.column + 1), path)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, key.value)
                found[key.start_mark.line + 1, key.start_mark.column + 1] = inner
                waiting.append((value, inner))
        elif isinstance(node, yaml.SequenceNode):
            waiting += ((item, (*path, position)) for position, item in enumerate(node.value))
    return found


def _unchecked(draft: Definition, path: tuple[Any, ...]) -> bool:
    """Move what stands at `path` to the nearest `unchecked`; False where there is none for it."""
    if not path:
        return False
    top, *rest = path
    if top == "settings" and len(rest) > 2 and rest[0] == "analysis":
        return _move_component(draft.data, rest[1], rest[2])
    if top == "settings" and rest:
        return _move(draft.data, "settings", rest[0], ("unchecked", "settings"))
    if top == "dynamic" and draft.data["dynamic"] != "unset":
        options = draft.data.setdefault("unchecked", {}).setdefault("mappings", {})
        options["dynamic"] = draft.data["dynamic"]
        draft.data["dynamic"] = "unset"
        return True
    if top != "fields":
        if top in _MINE or top not in draft.data:
            return False
        draft.data.setdefault("unchecked", {}).setdefault("mappings", {})[top] = draft.data.pop(top)
        return True
    field: Json = draft.data
    holder: tuple[Json, str] | None = None
    position = 0
    while position + 1 < len(path) and path[position] in _SECTIONS:
        section, name = path[position], path[position + 1]
        parts = field.get(section)
        if not isinstance(parts, dict) or not isinstance(parts.get(name), dict):
            return False
        if position and section == "fields":
            holder = (field, section)
        field = parts[name]
        position += 2
    parameter = path[position] if position < len(path) else None
    if isinstance(parameter, str) and parameter in field and parameter not in FIELD_KEYS:
        field.setdefault("unchecked", {})[parameter] = plain(field.pop(parameter), parameter)
        return True
    if holder is not None:  # a multi-field that the language will not have at all
        owner, section = holder
        owner.setdefault("unchecked", {})[section] = plain(owner.pop(section), section)
        return True
    if parameter == "type" and "unchecked" not in field:
        field["unchecked"] = {}
        return True
    return False


def _move(data: Json, section: str, key: str, into: tuple[str, str]) -> bool:
    if key not in data.get(section, {}):
        return False
    data.setdefault(into[0], {}).setdefault(into[1], {})[key] = data[section].pop(key)
    if not data[section]:
        del data[section]
    return True


def _move_component(data: Json, section: str, name: str) -> bool:
    """Pass one analyzer, tokenizer or filter on unchecked; what else the settings define stays checked."""
    analysis = data["settings"]["analysis"]
    if not isinstance(analysis.get(section), dict) or name not in analysis[section]:
        return False
    settings = data.setdefault("unchecked", {}).setdefault("settings", {})
    unchecked = settings.setdefault("analysis", {}).setdefault(section, {})
    unchecked[name] = analysis[section].pop(name)
    for holder, key in ((analysis, section), (data["settings"], "analysis"), (data, "settings")):
        if not holder[key]:
            del holder[key]
    return True


def plain(value: Json, parameter: str) -> Json:
    """A parameter as Elasticsearch wants it: what the language adds to parts is taken off."""
    if parameter not in _SECTIONS or not isinstance(value, dict):
        return value
    return {
        part.get("name", name) if isinstance(part, dict) else name: _part(part)
        for name, part in value.items()
    }


def _part(part: Json) -> Json:
    if not isinstance(part, dict):
        return part
    body = {
        name: plain(inner, name)
        for name, inner in part.items()
        if name not in FIELD_KEYS or name == "type"
    }
    return {**body, **part.get("unchecked", {})}


def difference(wanted: Json, built: Json, path: str = "mappings") -> str | None:
    """The first place where two JSON values differ, in words; None where they are equal.

    Unlike `==`, which takes True for 1, and 1 for 1.0: in JSON these are written differently.
    """
    if isinstance(wanted, dict) and isinstance(built, dict):
        for key in wanted.keys() - built.keys():
            return f"{path}.{key} is not built"
        for key in built.keys() - wanted.keys():
            return f"{path}.{key} is built, and was not there"
        found = (difference(wanted[key], built[key], f"{path}.{key}") for key in wanted)
        return next((each for each in found if each), None)
    if isinstance(wanted, list) and isinstance(built, list) and len(wanted) == len(built):
        found = (
            difference(one, two, f"{path}[{i}]")
            for i, (one, two) in enumerate(zip(wanted, built, strict=True))
        )
        return next((each for each in found if each), None)
    if type(wanted) is type(built) and wanted == built:
        return None
    return f"{path} is {built!r}, and was {wanted!r}"
