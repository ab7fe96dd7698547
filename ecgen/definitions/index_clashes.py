"""Find models that would share an index, or whose index templates would be in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import NamedTuple

from ecgen.diagnostics.problems import quoted
from ecgen.elasticsearch.index_patterns import FIRST, PRIORITY, is_pattern, matches, overlap

from .named_models import NamedModel, written_indices
from .reporter import Where

_APART = "let the patterns begin differently, or give one of them another 'priority'"


class Clash(NamedTuple):
    """A problem of `model` at the value of one of its keys."""

    model: NamedModel
    path: Where
    rule: str
    message: str
    hint: str


def index_clashes(models: Iterable[NamedModel]) -> Iterator[Clash]:
    """Yield each clash once, in the file of the second model."""
    known = [each for each in models if not {"index", "write_to"} & {*each.raw.refused.get((), ())}]
    yield from _shared(known)
    patterns = [each for each in known if is_pattern(each.index)]
    for first, second in combinations(patterns, 2):
        yield from _two_patterns(first, second)
    for one in known:
        if not is_pattern(one.index):
            yield from _covered(one, patterns)


def _shared(models: Iterable[NamedModel]) -> Iterator[Clash]:
    names: dict[str, NamedModel] = {}
    for model in models:
        other = names.setdefault(model.write_to, model)
        if other is not model:
            data = model.raw.data
            key = next(key for key in ("write_to", "index", "model") if key in data)
            noun = "'write_to'" if is_pattern(model.index) and is_pattern(other.index) else "the index"  # fmt: skip
            message = f"{model.name} and {other.name} would share {noun} {quoted(model.write_to)}"
            yield Clash(model, (key,), "duplicate-index", message, f"see {other.raw.file}")


def _two_patterns(first: NamedModel, second: NamedModel) -> Iterator[Clash]:
    if first.write_to == second.write_to or not overlap(first.index, second.index):
        return
    priorities = [_priority(each) for each in (first, second)]
    if priorities[0] == priorities[1]:
        message = f"the patterns {quoted(second.index)} of {second.name} and {quoted(first.index)} of {first.name} can match one name at one priority, {priorities[0]}; Elasticsearch refuses the second template"
        yield Clash(second, ("index",), "overlapping-patterns", message, _APART)
        return
    low, high = sorted((first, second), key=_priority)
    for name in written_indices(low.raw.data):
        if matches(high.index, name):
            message = f"{quoted(name)}, which {low.name} writes to, also matches the pattern {quoted(high.index)} of {high.name}, whose priority is higher, so that it would get the template of {high.name}"
            yield Clash(low, ("write_to",), "overlapping-patterns", message, f"see {high.raw.file}")
            return


def _covered(one: NamedModel, patterns: Iterable[NamedModel]) -> Iterator[Clash]:
    """An index gets what a matching template has beside its own body, and a data stream's template forbids the index."""
    for pattern, name in product(patterns, (one.index, one.index + FIRST)):
        if matches(pattern.index, name) and one.index != pattern.write_to:
            shown = f"the index {quoted(one.index)} of {one.name}"
            if name != one.index:
                shown += f" is called {quoted(name)} behind an alias, which"
            message = f"{shown} matches the pattern {quoted(pattern.index)} of {pattern.name}: {pattern.name} would read it, and its template add fields to it"
            path = ("index",) if "index" in one.raw.data else ("model",)
            hint = f"give it another name, or {pattern.name} a narrower pattern"
            yield Clash(one, path, "overlapping-patterns", message, hint)
            return


def _priority(model: NamedModel) -> int:
    priority = model.raw.data.get("priority", PRIORITY)
    return priority if isinstance(priority, int) else PRIORITY
