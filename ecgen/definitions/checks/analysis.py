"""Check `settings.analysis`: analyzers, normalizers, tokenizers and filters, built in or defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecgen.diagnostics.problems import did_you_mean, quoted
from ecgen.elasticsearch.built_in_analysis import (
    ANALYZER_TYPES,
    CHAR_FILTERS,
    FILTERS,
    NORMALIZING,
    TOKENIZERS,
)
from ecgen.elasticsearch.settings import WHOLE, flat

from ..reporter import Report, Where

SIMILARITIES: Final = frozenset({"BM25", "boolean"})
_SIMILARITY_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "BM25": frozenset({"k1", "b", "discount_overlaps"}),
    "boolean": frozenset(),
    "DFR": frozenset(),
    "DFI": frozenset({"independence_measure", "discount_overlaps"}),
    "IB": frozenset(),
    "LMDirichlet": frozenset({"mu", "discount_overlaps"}),
    "LMJelinekMercer": frozenset({"lambda", "discount_overlaps"}),
    "scripted": frozenset(),
}
_CUSTOM_KEYS: Final = frozenset(
    {"type", "tokenizer", "filter", "char_filter", "position_increment_gap", "position_offset_gap"}
)
_SECTIONS: Final = ("analyzer", "normalizer", "tokenizer", "filter", "char_filter")


class Defined:
    """The names that a model's analysis and similarity settings define, by section."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.names: dict[str, dict[str, Any]] = {
            section: {} for section in (*_SECTIONS, "similarity")
        }
        self.places: dict[str, dict[str, Where]] = {
            section: {} for section in (*_SECTIONS, "similarity")
        }
        for name, value, path in flat(data.get("settings"), WHOLE, ("settings",)):
            if name == "analysis" and isinstance(value, dict):
                for section, parts in value.items():
                    self._take(section, parts, (*path, section))
            elif name == "similarity":
                self._take("similarity", value, path)
            elif name.startswith(("analysis.", "similarity.")):
                self._dotted(name)

        self._pass_on((data.get("unchecked") or {}).get("settings"))

    def _pass_on(self, settings: Any) -> None:
        """Add the names that `unchecked` defines; their definitions are not checked."""
        for name, value, _ in flat(settings, WHOLE):
            sections = value if name == "analysis" and isinstance(value, dict) else {}
            for section, parts in sections.items():
                for each in parts if section in self.names and isinstance(parts, dict) else ():
                    self.names[section].setdefault(each, None)

    def _take(self, section: str, parts: Any, path: Where) -> None:
        if section in self.names and isinstance(parts, dict):
            for name, value in parts.items():
                self.names[section][name] = value
                self.places[section][name] = (*path, name)

    def _dotted(self, name: str) -> None:
        """Add x for a setting such as `analysis.analyzer.x.tokenizer`; its definition is not checked."""
        parts = name.removeprefix("analysis.").split(".")
        if len(parts) > 1 and parts[0] in self.names:
            self.names[parts[0]].setdefault(parts[1], None)

    def known(self, section: str, built_in: frozenset[str]) -> set[str]:
        """Return the defined and the built-in names of a section."""
        return {*self.names[section], *built_in}


def check_analysis(report: Report, data: Mapping[str, Any], *, authored: bool = True) -> None:
    """Report problems of every definition, and of every name used in one.

    Args:
        authored: written by an author, so that a key which servers ignore is reported, too.
    """
    defined = Defined(data)
    for section, path, each, definition in _definitions(defined):
        if not isinstance(definition, dict):
            continue  # refused by the gate
        if section == "analyzer":
            custom = _analyzer(report, each, definition, path, defined)
        elif section == "normalizer":
            custom = _normalizer(report, each, definition, path, defined)
        elif section == "similarity":
            _similarity(report, each, definition, path)
        else:
            _part(report, section, each, definition, path)
        if section in ("analyzer", "normalizer") and custom and authored:
            _unknown_keys(report, section, each, definition, path)


def _definitions(defined: Defined) -> Iterator[tuple[str, Where, str, Any]]:
    for section, names in defined.names.items():
        for name, definition in names.items():
            if name in defined.places[section]:
                yield section, defined.places[section][name], name, definition


def _analyzer(
    report: Report, name: str, written: Mapping[str, Any], path: Where, defined: Defined
) -> bool:
    """Checks it, and says whether it is put together from parts."""
    if name.startswith("_"):
        report.at_key(
            path, "settings", f"an analyzer's name may not begin with '_': {quoted(name)}"
        )
    kind = written.get("type", "custom")
    if "type" not in written and written.get("tokenizer") is None:
        _no_tokenizer(report, name, written, path, "has neither a 'tokenizer' nor a 'type'")
        return False
    if not isinstance(kind, str) or kind not in ANALYZER_TYPES:
        message = f"unknown analyzer type {quoted(kind)}"
        report.at_value(
            (*path, "type"), "unknown-analyzer", message, did_you_mean(kind, ANALYZER_TYPES)
        )
        return False
    if kind != "custom":
        return False
    if written.get("tokenizer") is None:
        _no_tokenizer(report, name, written, path, "has no 'tokenizer'")
    else:
        _used(report, written, path, "tokenizer", TOKENIZERS, defined)
    _chain(report, written, path, defined)
    return True


def _no_tokenizer(
    report: Report, name: str, written: Mapping[str, Any], path: Where, what: str
) -> None:
    for key in written:
        if key not in _CUSTOM_KEYS and (hint := did_you_mean(key, ["tokenizer", "type"])):
            report.at_key((*path, key), "settings", f"an analyzer has no {quoted(key)}", hint)
            return
    report.at_key(
        path,
        "settings",
        f"the analyzer {quoted(name)} {what}",
        "as in {tokenizer: standard, filter: [lowercase]}",
    )


def _normalizer(
    report: Report, name: str, written: Mapping[str, Any], path: Where, defined: Defined
) -> bool:
    kind = written.get("type", "custom")
    if kind not in ("custom", "lowercase"):
        message = f"unknown normalizer type {quoted(kind)}"
        report.at_value(
            (*path, "type"),
            "unknown-normalizer",
            message,
            did_you_mean(kind, ["custom", "lowercase"]),
        )
        return False
    if "tokenizer" in written:
        message = "a normalizer cannot have a 'tokenizer'"
        report.at_key((*path, "tokenizer"), "settings", message, "it leaves the text in one piece")
    _chain(report, written, path, defined)
    for position, each in enumerate(_names(written.get("filter"))):
        definition = defined.names["filter"].get(each)
        kind = definition.get("type") if isinstance(definition, dict) else each
        if isinstance(kind, str) and kind in FILTERS - NORMALIZING:
            here: Where = (
                (*path, "filter", position)
                if isinstance(written["filter"], list)
                else (*path, "filter")
            )
            message = f"the filter {quoted(each)} works on words, and a normalizer has none"
            report.at_value(here, "settings", message)
    return True


def _unknown_keys(
    report: Report, section: str, name: str, written: Mapping[str, Any], path: Where
) -> None:
    known = _CUSTOM_KEYS - (
        {"tokenizer", "position_increment_gap"} if section == "normalizer" else set()
    )
    for key in written:
        if key not in known and key != "tokenizer":
            report.at_key(
                (*path, key),
                "settings",
                f"the {section} {quoted(name)} has an unknown key {quoted(key)}",
                did_you_mean(key, known),
            )


def _chain(report: Report, written: Mapping[str, Any], path: Where, defined: Defined) -> None:
    for key, built_in in (("filter", FILTERS), ("char_filter", CHAR_FILTERS)):
        value = written.get(key)
        if value is not None:
            _used(report, written, path, key, built_in, defined)


def _names(value: Any) -> list[Any]:
    """The names of a list, which servers take as `a, b`, too."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",")]
    return value if isinstance(value, list) else [] if value is None else [value]


_RULES: Final = {
    "tokenizer": ("unknown-tokenizer", "tokenizer"),
    "filter": ("unknown-filter", "token filter"),
    "char_filter": ("unknown-char-filter", "character filter"),
}


def _used(
    report: Report,
    written: Mapping[str, Any],
    path: Where,
    key: str,
    built_in: frozenset[str],
    defined: Defined,
) -> None:
    rule, noun = _RULES[key]
    value = written[key]
    for position, name in enumerate(_names(value)):
        here: Where = (*path, key, position) if isinstance(value, list) else (*path, key)
        known = defined.known(key, built_in)
        if not isinstance(name, str) or (name not in known and not name.startswith("_")):
            message = f"there is no {noun} {quoted(name)}: it is neither built in nor defined in 'settings'"
            report.at_value(here, rule, message, did_you_mean(name, known))


def _part(report: Report, section: str, name: str, written: Mapping[str, Any], path: Where) -> None:
    built_in = {"tokenizer": TOKENIZERS, "filter": FILTERS, "char_filter": CHAR_FILTERS}[section]
    rule, noun = _RULES[section]
    kind = written.get("type")
    if kind is None:
        if section != "tokenizer" or name not in built_in:
            hint = next(
                (did_you_mean(key, ["type"]) for key in written if did_you_mean(key, ["type"])),
                None,
            )
            report.at_key(path, rule, f"the {noun} {quoted(name)} has no 'type'", hint)
    elif not isinstance(kind, str) or kind not in built_in:
        report.at_value(
            (*path, "type"),
            rule,
            f"unknown {noun} type {quoted(kind)}",
            did_you_mean(kind, built_in),
        )


def _similarity(report: Report, name: str, written: Mapping[str, Any], path: Where) -> None:
    kind = written.get("type")
    if kind is None:
        report.at_key(path, "unknown-similarity", f"the similarity {quoted(name)} has no 'type'")
    elif not isinstance(kind, str) or kind not in _SIMILARITY_KEYS:
        message = f"unknown similarity type {quoted(kind)}"
        report.at_value(
            (*path, "type"), "unknown-similarity", message, did_you_mean(kind, _SIMILARITY_KEYS)
        )
    else:
        known = _SIMILARITY_KEYS[kind]
        for key in written if known else ():
            if key not in known and key != "type":
                report.at_key(
                    (*path, key),
                    "settings",
                    f"{kind} has no {quoted(key)}",
                    did_you_mean(key, known),
                )
