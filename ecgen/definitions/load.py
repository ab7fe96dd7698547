"""Parse YAML into a RawModel: plain data, with the line and column of every key and value.

YAML is read by version 1.2: `no`, `on`, `yes` and `off` are strings, only `true` and `false` are booleans. Definitions may
come from untrusted contributors, so the size of the file, its nesting and the expansion of aliases are limited before
anything is built, and only mappings, lists and scalars are built.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ecgen.diagnostics.problems import Problem, quoted

from .comments import Ignore, ignores_in
from .discover import MAX_BYTES
from .ir import Location
from .yaml_errors import split_lines, syntax_problem

MAX_DEPTH: Final = 64
"""Levels of YAML. Elasticsearch allows 20 levels of objects (index.mapping.depth.limit); each takes two in YAML."""
MAX_VALUES: Final = 100_000
"""Values with aliases expanded; 1,000 fields, the default limit of an index, take about 10,000."""

Path_ = Sequence[str | int]

_Spot: TypeAlias = tuple[Any, Any, "_Inside"]
"""The marks of a key and of its value, and the spots inside the value. A member of a list has its value's mark twice."""
_Inside: TypeAlias = dict[str, _Spot] | list[_Spot] | None

_STRING: Final = "tag:yaml.org,2002:str"
_HARMLESS: Final = frozenset({_STRING, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_NUMBER_START: Final = frozenset("0123456789+-.")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = {
    ".inf": math.inf,
    "+.inf": math.inf,
    "-.inf": -math.inf,
    ".nan": math.nan,
}
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


@dataclass(slots=True)
class RawModel:
    """One file as written: its data, and the place of each part."""

    file: str
    data: dict[str, Any]
    text: str = field(repr=False)
    _root: _Spot = field(repr=False)
    ignores: tuple[Ignore, ...] = ()
    not_finite: tuple[tuple[int, int, float], ...] = ()
    """Line, column and value of every infinity and NaN, which JSON cannot represent."""
    hidden: frozenset[str] = frozenset()
    """Fields (`""`: the model) whose members are not all known; names below them are never reported as unknown."""
    refused: Mapping[tuple[str | int, ...], Sequence[str]] = field(default_factory=dict)
    """The keys that the gate refused and that were removed from the data, by the path of their mapping."""

    def locate(self, path: Path_, value: bool = False) -> tuple[int, int]:
        """Return the line and column, from 1, of the last key of `path`, or of its value.

        If the path does not exist, return the place of its longest existing part.
        """
        (key, mark, _), exists = self._nearest(path)
        return _place(mark if value and exists else key)

    def location(self, path: Path_) -> Location:
        """Return the place of the last key of `path`, as `locate` does."""
        (key, _, _), _ = self._nearest(path)
        return Location(self.file, *_place(key))

    def key_locations(self, path: Path_) -> dict[str, Location]:
        """Return the place of each key of the mapping at `path`; empty if there is no mapping."""
        (_, _, inside), exists = self._nearest(path)
        if not exists or not isinstance(inside, dict):
            return {}
        return {name: Location(self.file, *_place(key)) for name, (key, _, _) in inside.items()}

    def has(self, path: Path_) -> bool:
        """Return whether the file has a value at `path`."""
        return self._nearest(path)[1]

    def _nearest(self, path: Path_) -> tuple[_Spot, bool]:
        """Return the spot of the longest part of `path` that exists, and whether that is all of it."""
        spot = self._root
        for step in path:
            found = _below(spot, step)
            if found is None:
                return spot, False
            spot = found
        return spot, True

    @property
    def partial(self) -> bool:
        """Whether members of the model itself may be missing because they could not be read."""
        return "" in self.hidden

    @property
    def stores_id(self) -> bool:
        """Whether the mapping has the keyword field `id`."""
        return self.data.get("store_id") is not False and self.data.get("compute_id") != "server"

    def may_have(self, name: str) -> bool:
        """Return whether a field with this full name may be in a part that could not be read."""
        return any(not top or name.startswith(f"{top}.") for top in self.hidden)

    def source_line(self, line: int) -> str | None:
        """Return the text of a line (from 1), to show above the caret; None if the file has no such line."""
        lines = split_lines(self.text)
        return lines[line - 1] if 0 < line <= len(lines) else None


def _below(spot: _Spot, step: str | int) -> _Spot | None:
    """Return the spot of a key or list position inside a value; None if there is none."""
    inside = spot[2]
    if isinstance(inside, dict):
        return inside.get(step) if isinstance(step, str) else None
    if inside and isinstance(step, int) and 0 <= step < len(inside):
        return inside[step]
    return None


def _place(mark: Any) -> tuple[int, int]:
    """Return the line and column, from 1, of a mark."""
    return mark.line + 1, mark.column + 1


def _is_merge(key: Node) -> bool:
    if not isinstance(key, ScalarNode):
        return False
    return bool(key.value == "<<" and not key.style and key.tag is None)


def load_bytes(content: bytes, shown_name: str) -> tuple[RawModel | None, list[Problem]]:
    """Return the model in a file's content, and the problems of its YAML.

    The model is None if the YAML cannot be parsed; otherwise its other checks can run beside these problems. Problems name
    the file `shown_name`.
    """
    if len(content) > MAX_BYTES:
        message = "the file is larger than 1 MiB; a definition of one model is not"
        return None, [Problem(shown_name, 1, 1, "file-too-large", message)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        hint = "save it as UTF-8"
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            hint = "it looks like UTF-16; save it as UTF-8"
        byte = content[error.start]
        return None, [
            Problem(
                shown_name, line, column, "not-utf-8", f"byte 0x{byte:02x} is not UTF-8 text", hint
            )
        ]
    return load_text(text, shown_name)


def load_text(text: str, shown_name: str) -> tuple[RawModel | None, list[Problem]]:
    """Return the model in a file's text, and the problems of its YAML, as `load_bytes` does."""
    try:
        if _may_be_deep(text):
            too_deep = _depth_problem(text, shown_name)
            if too_deep:
                return None, [too_deep]
        parser = _Parser(text)
        root = parser.get_node() if parser.check_node() else None
        if root is not None and not parser.check_event(yaml.StreamEndEvent):
            message = "a second YAML document begins here; a file holds one model"
            event: Any = parser.peek_event()
            line, column = _place(event.start_mark)
            return None, [Problem(shown_name, line, column, "several-documents", message)]
    except yaml.YAMLError as error:
        return None, [syntax_problem(error, text, shown_name)]
    if root is None or (isinstance(root, ScalarNode) and _scalar(root) is None):
        message = "the file is empty; a definition begins with 'model: Name'"
        return None, [Problem(shown_name, 1, 1, "empty-file", message)]
    if not isinstance(root, MappingNode):
        kind = "a list" if isinstance(root, SequenceNode) else "a single value"
        message = f"a definition is a mapping of keys such as 'model' and 'fields', not {kind}"
        return None, [Problem(shown_name, *_place(root.start_mark), "wrong-value", message)]
    builder = _Builder(shown_name)
    try:
        data, inside = builder.build(root, 0)
    except _BuildAborted:
        return None, builder.problems
    ignores = ignores_in(text, root) if "ecgen:" in text else ()
    # A value is built once for each alias of it, and so are its problems.
    problems = list(dict.fromkeys(builder.problems))
    unread = frozenset({""} if any(each.rule == "key-not-string" for each in problems) else ())
    spot = (root.start_mark, root.start_mark, inside)
    raw = RawModel(shown_name, data, text, spot, ignores, tuple(builder.not_finite), unread)
    return raw, problems


class _Parser(yaml.CSafeLoader):
    """libyaml's parser and composer without tag resolution: `_scalar` interprets plain scalars."""

    def resolve(self, kind: type[Node], value: object, implicit: object) -> None:
        return None

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def _may_be_deep(text: str) -> bool:
    """Return whether the text might nest deep enough to overflow the C stack of libyaml's recursive composer.

    Each level needs a bracket, or one more column of the longest line.
    """
    if text.count("[") + text.count("{") > 1000:
        return True
    return len(text) > 1000 and max(map(len, text.splitlines()), default=0) > 1000


def _depth_problem(text: str, shown_name: str) -> Problem | None:
    depth = 0
    for event in yaml.parse(text, Loader=_Parser):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return _too_deep(shown_name, *_place(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _too_deep(shown_name: str, line: int, column: int) -> Problem:
    message = f"the YAML nests deeper than {MAX_DEPTH} levels"
    hint = "Elasticsearch itself allows 20 levels of objects"
    return Problem(shown_name, line, column, "too-deep", message, hint)


class _BuildAborted(Exception):
    """A limit was exceeded, and the problem has been reported."""


class _Builder:
    """Builds plain data from composed nodes, with the spots in it, and reports each problem at its key."""

    def __init__(self, shown_name: str) -> None:
        self.problems: list[Problem] = []
        self.not_finite: list[tuple[int, int, float]] = []
        self._name = shown_name
        self._left = MAX_VALUES
        self._open: set[int] = set()

    def _report(self, node: Node, rule: str, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self._name, *_place(node.start_mark), rule, message, hint))

    def build(self, node: Node, depth: int) -> tuple[Any, _Inside]:
        self._left -= 1
        if self._left < 0:
            message = f"the file holds more than {MAX_VALUES} values, its aliases spelled out"
            self._report(node, "yaml-alias", message)
            raise _BuildAborted
        if node.tag is not None and node.tag not in _HARMLESS:
            message = f"the YAML tag {quoted(_short_tag(node.tag))} is not used here"
            self._report(node, "yaml-tag", message, "definitions are plain data; leave the tag out")
        if isinstance(node, ScalarNode):
            value = _scalar(node)
            if type(value) is float and not math.isfinite(value):
                self.not_finite.append((*_place(node.start_mark), value))
            return value, None
        if id(node) in self._open:
            self._report(node, "yaml-alias", "an alias refers to a value that contains it")
            raise _BuildAborted
        if depth >= MAX_DEPTH:
            self.problems.append(_too_deep(self._name, *_place(node.start_mark)))
            raise _BuildAborted
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return self._list(node, depth + 1)
            return self._mapping(node, depth + 1)
        finally:
            self._open.discard(id(node))

    def _list(self, node: Node, depth: int) -> tuple[list[Any], list[_Spot]]:
        built: list[Any] = []
        spots: list[_Spot] = []
        for child in node.value:
            value, inside = self.build(child, depth)
            built.append(value)
            spots.append((child.start_mark, child.start_mark, inside))
        return built, spots

    def _mapping(self, node: Node, depth: int) -> tuple[dict[str, Any], dict[str, _Spot]]:
        built: dict[str, Any] = {}
        spots: dict[str, _Spot] = {}
        merges: list[Node] = []
        for key, value in node.value:
            name = self._key(key)
            if name is None:
                continue
            if name == "<<" and _is_merge(key):
                merges += value.value if isinstance(value, SequenceNode) else [value]
            elif name in built:
                first, _ = _place(spots[name][0])
                message = f"duplicate key {quoted(name)}; the first is in line {first}"
                self._report(key, "duplicate-key", message)
            else:
                built[name], inside = self.build(value, depth)
                spots[name] = key.start_mark, value.start_mark, inside
        for source in merges:
            data, inside = self.build(source, depth)
            if isinstance(inside, dict):
                for name, spot in inside.items():
                    if name not in built:
                        built[name], spots[name] = data[name], spot
            else:
                self._report(
                    source, "wrong-value", "'<<' merges mappings, and this is not a mapping"
                )
        return built, spots

    def _key(self, key: Node) -> str | None:
        if not isinstance(key, ScalarNode):
            kind = "a list" if isinstance(key, SequenceNode) else "a mapping"
            hint = None
            if isinstance(key, MappingNode):
                hint = "text that begins with '{' must be quoted"
            self._report(key, "key-not-string", f"a key must be text, not {kind}", hint)
            return None
        if key.tag is not None and key.tag not in _HARMLESS:
            message = f"the YAML tag {quoted(_short_tag(key.tag))} is not used here"
            self._report(key, "yaml-tag", message)
            return None
        value = _scalar(key)
        if isinstance(value, str):
            return value
        what = (
            "empty" if key.value == "" else f"{quoted(key.value)}, which YAML does not read as text"
        )
        hint = None if key.value == "" else f'put it in quotes: "{key.value[:40]}"'
        self._report(key, "key-not-string", f"this key is {what}", hint)
        return None


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _scalar(node: ScalarNode) -> Any:
    """Return a scalar's value: one without quotes and tag by YAML 1.2's core schema, with words in lower case only."""
    text: str = node.value
    if node.style or node.tag is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        # Python refuses to parse thousands of digits; no field type holds such a number.
        return int(text) if len(text) < 400 else math.copysign(math.inf, float(text))
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OTHER_BASE.fullmatch(text) and len(text) < 400:
        return int(text, 0)
    return _NOT_FINITE.get(text.lower(), text)
