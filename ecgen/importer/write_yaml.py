"""A definition as YAML text: shorthand where it says the same, one line a field where it fits, comments where given.

The text reads back (ecgen.definitions.load) as exactly the data that was written, and is the same for the same data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]
Json = Any

WIDTH: Final = 120
_PLAIN: Final = re.compile(
    r"[A-Za-z_/][A-Za-z0-9_/.%+*=$^~@()<>;|!?'-]*(?: [A-Za-z0-9_/.%+*=$^~@()<>;|!?'-]+)*"
)
"""Text that needs no quotes, in flow style either."""
_WORDS: Final = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])
_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\0": "\\0"}
_FIELD_MAPS: Final = ("fields", "properties")


def to_yaml(
    data: Mapping[str, Json],
    head: tuple[str, ...] = (),
    notes: Mapping[Path, list[str]] | None = None,
) -> str:
    """The text of a definition.

    Args:
        data: what it says, in order.
        head: comments at the top, without `# `.
        notes: comment lines above the key at a path.
    """
    writer = _Writer(notes or {})
    lines = [line for text in head for line in comment(text)]
    for key, value in data.items():
        lines += writer.entry((key,), key, value, 0)
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, notes: Mapping[Path, list[str]]) -> None:
        self._notes = notes
        self._above = {path[:length] for path in notes for length in range(len(path))}

    def entry(self, path: Path, key: str, value: Json, indent: int) -> Iterator[str]:
        """The lines of one key with its value, comments first."""
        pad = " " * indent
        for note in self._notes.get(path, ()):
            yield from comment(note, indent)
        start = f"{pad}{scalar(key)}:"
        value = self._short(path, value)
        one_line = f"{start} {flow(value)}"
        if self._fits(path, value, one_line):
            yield one_line
        elif isinstance(value, str):
            yield from _long_string(start, value, indent + 2)
        elif isinstance(value, list):
            yield start
            for position, item in enumerate(value):
                yield from self._item((*path, position), item, indent + 2)
        else:
            yield start
            for name, part in value.items():
                yield from self.entry((*path, name), name, part, indent + 2)

    def _item(self, path: Path, item: Json, indent: int) -> Iterator[str]:
        start = " " * indent + "-"
        one_line = f"{start} {flow(item)}"
        if len(one_line) <= WIDTH or not isinstance(item, (dict, list, str)) or not item:
            yield one_line
        elif isinstance(item, str):
            yield from _long_string(start, item, indent + 2)
        elif isinstance(item, dict):
            lines = [
                line
                for name, part in item.items()
                for line in self.entry((*path, name), name, part, indent + 2)
            ]
            yield start + lines[0][indent + 1 :]
            yield from lines[1:]
        else:
            yield start
            for position, part in enumerate(item):
                yield from self._item((*path, position), part, indent + 2)

    def _fits(self, path: Path, value: Json, one_line: str) -> bool:
        if not isinstance(value, (dict, list, str)) or not value:
            return True
        if path in self._above:
            return False
        # The model's own sections are read from top to bottom.
        if isinstance(value, dict) and path in (
            ("fields",),
            ("joins",),
            ("runtime",),
            ("settings",),
        ):
            return path == ("settings",) and len(one_line) <= 80
        return len(one_line) <= WIDTH

    def _short(self, path: Path, value: Json) -> Json:
        """A field that is a type alone, by the type's name."""
        if not path or path[0] != "fields":
            return value
        if len(path) % 2 == 0 and _is_field_path(path):
            return _shorthand(value) if path not in self._above else value
        return value


def _is_field_path(path: Path) -> bool:
    return all(step in _FIELD_MAPS for step in path[0::2])


def _shorthand(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"type"} and isinstance(value["type"], str):
        return value["type"]
    return {
        key: {name: _shorthand(part) for name, part in inner.items()}
        if key in _FIELD_MAPS and isinstance(inner, dict)
        else inner
        for key, inner in value.items()
    }


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """The text as comment lines, wrapped and free of anything that would end a line or hide."""
    room = WIDTH - indent - 2
    clean = "".join(char if char.isprintable() else " " for char in text)
    line = ""
    for word in clean.split():
        if line and len(line) + 1 + len(word) > room:
            yield " " * indent + "# " + line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield " " * indent + "# " + line


def flow(value: Json) -> str:
    """The value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Json) -> str:
    """A value that is no mapping or list, with quotes where YAML or a reader might take it for something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text: str = value
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text[0] not in "~@%!*=<>|?'":
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if char == " " or (char.isprintable() and code not in (0xFEFF, 0x85)):
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _long_string(start: str, text: str, indent: int) -> Iterator[str]:
    """A string that is too long for its line: as a block where it has lines of its own, folded otherwise."""
    if _blockable(text, indent):
        yield f"{start} |-" if not text.endswith("\n") else f"{start} |"
        for line in text.removesuffix("\n").split("\n"):
            yield f"{' ' * indent}{line}".rstrip() if line else ""
        return
    yield f'{start} "' + "\\"
    pieces = _pieces(text, WIDTH - indent - 2)
    for position, piece in enumerate(pieces):
        # Spaces at the start of a line are lost unless escaped.
        lead = "\\" if piece.startswith(" ") else ""
        yield " " * indent + lead + piece + ('"' if position == len(pieces) - 1 else "\\")


def _pieces(text: str, room: int) -> list[str]:
    pieces = [""]
    for char in text:
        shown = _escaped(char)
        line = pieces[-1]
        if line and (len(line) + len(shown) > room or (char == " " and len(line) > room * 2 // 3)):
            pieces.append("")
        pieces[-1] += shown
    return pieces


def _blockable(text: str, indent: int) -> bool:
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and all(lines[position] for position in (0, -1))
        and not lines[0][0].isspace()
        and all(line.isprintable() and line == line.rstrip() for line in lines)
        and all(len(line) + indent <= WIDTH for line in lines)
    )
