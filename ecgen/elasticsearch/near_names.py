"""Find the name that a misspelt one most likely stands for. Both halves suggest names by this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LIKENESS = 0.6
"""From which likeness, by difflib's measure, a name is taken for a misspelt one."""
_LONGEST = 200
"""Characters; comparing longer words takes long, and no name is that long."""


def by_spelling(known: Iterable[str]) -> dict[str, str]:
    """Return the known names by their spelling without case, `-` and `_` being the same."""
    # Sorted, since sets come in another order in every process.
    return {_folded(name): name for name in sorted(known)}


def nearest(word: str, names: Mapping[str, str], cutoff: float = LIKENESS) -> str | None:
    """Return the name most similar to the word, or None if none is or it is the word itself.

    Args:
        names: from `by_spelling`.
    """
    same = alike(word, names)
    if same is not None or not 0 < len(word) <= _LONGEST:
        return same if same != word else None
    import difflib  # not needed without mistakes

    found = difflib.get_close_matches(_folded(word), names, n=1, cutoff=cutoff)
    return names[found[0]] if found else None


def alike(word: str, names: Mapping[str, str]) -> str | None:
    """Return the name of the same spelling, which may be the word itself."""
    return names.get(_folded(word))


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_")
