"""Several indices of one template, alias or data stream are one model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .index_names import base_name
from .source import Source

_FORBIDDEN: Final = re.compile(r'[\\/*?"<>|\s,#:\x00-\x1f]+')


def fold(sources: Iterable[Source]) -> list[Source]:
    """One source for all that differ by a rollover, a date or a version behind their name; the newest represents them.

    Where their mappings differ, the newest is taken and a note says so. The source is called by the alias that all
    have in common (the write alias where there are several), else by its own name where it is alone. What comes from
    a file or template is by itself: files are called as people like.
    """
    groups: dict[str, list[Source]] = {}
    alone: list[Source] = []
    for source in sources:
        if source.pattern:
            alone.append(_named(source))
        else:
            groups.setdefault(source.stream or base_name(source.name), []).append(source)
    return [*alone, *(_one(base, group) for base, group in sorted(groups.items()))]


def _named(source: Source) -> Source:
    """With a name that an index may have: that of a file or template need not be one."""
    name = _FORBIDDEN.sub("-", source.name.lower()).lstrip("-_+.") or "documents"
    source.name = name.encode()[:255].decode(errors="ignore")
    return source


def _one(base: str, group: list[Source]) -> Source:
    group = sorted(group, key=lambda source: source.name)
    # An index that a migration or a rebuild has left, or is filling, is not behind the name.
    aside = [source.name for source in group if base not in source.aliases]
    group = [source for source in group if base in source.aliases] or group
    newest = group[-1]
    if aside and base in newest.aliases:
        newest.notes.append(f"Left out, since not behind the alias {base}: {_listed(aside)}.")
    others = [source.name for source in group[:-1] if source.mappings != newest.mappings]
    if len(group) > 1:
        newest.notes.append(f"Made from {newest.name}, the newest of {len(group)} indices.")
    if others:
        newest.notes.append(f"These have another mapping: {_listed(others)}.")
    if newest.stream:
        newest.notes.append(
            f"{newest.stream} is a data stream. To keep its index template in the definition as well, import the "
            "answer of GET _index_template instead of the stream."
        )
        return newest
    common = [name for name in newest.aliases if all(name in source.aliases for source in group)]
    writing = [
        name
        for name, options in newest.aliases.items()
        if isinstance(options, dict) and options.get("is_write_index") is True
    ]
    name = next(iter(writing or sorted(common, key=lambda each: (each != base, each))), None)
    rolled = len(group) > 1 or newest.name != base
    if rolled and name is not None and (writing or name == base or len(common) == 1):
        newest.notes.append(f"The index is named by its alias; the server has {newest.name}.")
        newest.name = name
    elif len(group) > 1:
        newest.name = base
        newest.notes.append(
            f"No index and no alias of the cluster is called {base}: create an alias of that name, or set 'index'."
        )
    # Programs move an alias that some of the indices have; a definition would want it on each.
    moved = sorted({each for source in group for each in source.aliases} - {*common, newest.name})
    if moved:
        newest.notes.append(f"Left out, since not every index has it: the alias {_listed(moved)}.")
    newest.aliases = {each: newest.aliases[each] for each in common if each != newest.name}
    return newest


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
