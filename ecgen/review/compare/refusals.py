"""Values and names that a server refuses when it parses a mapping.

The checks of definitions are used where they apply: an author may write what a server accepts. Only spellings differ
(`"10"` for a number), so the checks receive values in canonical form.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ecgen.definitions.checks import conflicts
from ecgen.definitions.checks.analysis import SIMILARITIES, Defined
from ecgen.definitions.held_values import misfit
from ecgen.definitions.ir import Json
from ecgen.definitions.load import RawModel, load_text
from ecgen.definitions.reporter import Report, Where
from ecgen.definitions.words import problems_of
from ecgen.elasticsearch.built_in_analysis import ANALYZERS, NORMALIZERS
from ecgen.elasticsearch.date_formats import as_on_8
from ecgen.elasticsearch.field_types import FIELD_TYPES, FieldType
from ecgen.elasticsearch.vector_indices import newer_parts

_ANALYZERS: Final = ("analyzer", "search_analyzer", "search_quote_analyzer")
_NAMED: Final = {
    **dict.fromkeys(_ANALYZERS, "analyzer"),
    "normalizer": "normalizer",
    "similarity": "similarity",
}
_BUILT_IN: Final = {
    "analyzer": ANALYZERS,
    "normalizer": NORMALIZERS,
    "similarity": SIMILARITIES,
}
# These have rules of their own in `canonical`, or names that the table cannot know.
_NOT_BY_SCHEMA: Final = frozenset(
    {
        "copy_to",
        "fielddata_frequency_filter",
        "fields",
        "locale",
        "meta",
        "null_value",
        "path",
        "properties",
        "relations",
    }
)
_CHECKED_BY_8: Final = ("date", "ip")
"""Types for which 7 accepts any `null_value`."""


@functools.cache
def _says_nothing() -> RawModel:
    """Return an empty model file, for checks that read other parts of the model; mapping JSON has none."""
    raw, _ = load_text("model: Unnamed", "")
    if raw is None:
        raise AssertionError("a constant that is always read")
    return raw


class Reasons(Report):
    """The reasons that checks of definitions report for mapping JSON, which has no lines."""

    def __init__(self) -> None:
        super().__init__(_says_nothing())
        self.found: list[tuple[Where, str, str]] = []
        """Path, rule and message."""

    def at_key(self, path: Where, rule: str, message: str, hint: str | None = None) -> None:
        self.found.append((path, rule, message))

    at_value = at_key

    def gate(self, value: Json, definition: str) -> bool:
        """Return whether the schema accepts a value; otherwise add its reasons."""
        for said in problems_of(value, definition):
            self.at_key(said.path, said.rule, said.message)
        return not self.found


@dataclass(frozen=True, slots=True)
class Names:
    """The analyzers, normalizers and similarities that an index has in addition to the built-in ones."""

    known: Mapping[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, *bodies: Mapping[str, Json]) -> Names:
        """Return the names that the settings of index bodies define."""
        known: dict[str, set[str]] = {section: set(names) for section, names in _BUILT_IN.items()}
        for body in bodies:
            defined = Defined(body).names
            for section, names in known.items():
                names.update(defined[section])
        return cls(known)

    def add(self, parameter: str, name: Json) -> None:
        """Add a name that an index has, since its mapping uses it."""
        section = _NAMED.get(parameter)
        if section is not None and isinstance(name, str):
            self.known[section].add(name)

    def lacks(self, parameter: str, name: Json) -> str | None:
        """Return why a server refuses the name, or None."""
        section = _NAMED.get(parameter)
        if section is None or name in self.known[section]:
            return None
        return f"there is no {section} {name!r}: it is neither built in nor defined in the settings"


def wrong_values(
    type_name: str, written: Mapping[str, Json], parameters: Mapping[str, Json], major: int
) -> Iterator[tuple[str | None, str]]:
    """Yield the parameter (None if several are concerned) and the reason for each value that is refused.

    Args:
        written: the field as its author wrote it.
        parameters: those that the server reads, in canonical form.
    """
    row = FIELD_TYPES[type_name]
    plain = {
        name: value if isinstance(value, (bool, int, float, str)) else written.get(name)
        for name, value in parameters.items()
    }
    if type_name == "date_range" or "format" not in row.parameters:
        plain.pop("null_value", None)
    text = plain.get("format")
    if major < 8 and isinstance(text, str):
        plain["format"] = as_on_8(text)
    if type_name == "dense_vector":
        for inside, part, since in newer_parts(written):
            if major < int(since.partition(".")[0]):
                yield (inside[0], f"{part} exists since Elasticsearch {since}")
    bad = set()
    for name, value in plain.items():
        if name == "ignore_above" and major < 8 and isinstance(value, int) and value < 0:
            continue  # 7 accepts it
        for reason in _misfits(row, name, value):
            bad.add(name)
            yield (name, reason)
    if parameters.get("null_value") is not None:
        reason_of_null = _null_value(row, written, parameters["null_value"], major)
        if reason_of_null is not None:
            yield ("null_value", reason_of_null)
    reasons = Reasons()
    conflicts.check(reasons, row, plain, ("fields", type_name))
    for path, _, message in reasons.found:
        concerned = str(path[2]) if len(path) > 2 else None
        if concerned not in bad:
            yield (concerned, message)
    if plain.get("format") == "":
        yield ("format", "format must not be empty")
    if major < 9 and plain.get("time_series_dimension") is True:
        if plain.get("index") is False:
            yield ("index", f"a dimension of a time series needs an index on Elasticsearch {major}")
        if "ignore_above" in plain and major < 8:
            yield ("ignore_above", "a dimension cannot have ignore_above on Elasticsearch 7")


def _misfits(row: FieldType, name: str, value: Json) -> Iterator[str]:
    if name in _NOT_BY_SCHEMA or (name in _NAMED and row.name != "dense_vector"):
        return
    parameter = row.parameters.get(name)
    if parameter is None or (isinstance(value, str) and "enum" not in parameter.schema):
        return
    if "enum" in parameter.schema and not isinstance(value, bool):
        value = str(value)
    for said in problems_of({"type": row.name, name: value}, "mapping"):
        if said.path[:1] == (name,):
            yield said.message


def _null_value(row: FieldType, written: Mapping[str, Json], value: Json, major: int) -> str | None:
    if major < 8 and row.json in _CHECKED_BY_8:
        return None
    if row.json in ("integer", "number") or (row.json in _CHECKED_BY_8 and isinstance(value, str)):
        wrong = misfit(row, written, value, for_server=True)
        return f"null_value {wrong.partition(';')[0]}" if wrong else None
    return None
