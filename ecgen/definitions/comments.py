"""Find the comments `# ecgen: ignore[rule]` of a file, with line and column."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode

_IGNORE: Final = re.compile(r"(?:^|\s)#\s*ecgen:\s*ignore\[([^\]\n]*)\]")


class Ignore(NamedTuple):
    """A rule named in a comment `# ecgen: ignore[rule]`, with the 1-based place of the name."""

    rule: str
    line: int
    column: int


def ignores_in(text: str, root: Node) -> tuple[Ignore, ...]:
    """Return the ignore comments; text that looks like one inside a value is not a comment."""
    found = []
    spans = sorted(_scalar_spans(root))
    position = 0
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        for match in _IGNORE.finditer(line) if "ecgen:" in line else ():
            start = offset + match.start(1)
            while position < len(spans) and spans[position][1] <= start:
                position += 1
            if position < len(spans) and spans[position][0] <= start:
                continue
            column = match.start(1) + 1
            for name in match[1].split(","):
                lead = len(name) - len(name.lstrip())
                found.append(Ignore(name.strip(), number, column + lead))
                column += len(name) + 1
        offset += len(line) + 1
    return tuple(found)


def _scalar_spans(root: Node) -> list[tuple[int, int]]:
    spans: dict[int, tuple[int, int]] = {}
    waiting = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            # Plain scalars cannot contain ' #'; only quoted and block scalars can look like comments.
            if node.style:
                spans[id(node)] = (node.start_mark.index, node.end_mark.index)
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                waiting += (key, value)
        else:
            waiting += node.value
    return list(spans.values())
