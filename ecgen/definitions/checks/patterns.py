"""Check a model whose index is a pattern: `write_to`, and what a data stream requires of the model's own and inherited fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecgen.diagnostics.problems import Problem, near_miss, quoted
from ecgen.elasticsearch.data_streams import TIMESTAMP, refused_parameters
from ecgen.elasticsearch.index_patterns import is_pattern, matches

from ..load import RawModel
from ..members import NamedField, members
from ..name_words import index_complaint
from ..named_models import written_indices
from ..reporter import Report, Where

_OF_A_PATTERN: Final = ("write_to", "data_stream", "priority")
_OWN_KEYS: Final = {
    "index_patterns": "write 'index'",
    "priority": "write 'priority' beside 'index'",
    "template": "its parts are 'settings', 'aliases' and the mapping of the model",
}
"""Keys of an index template that the definition has in another form."""


def check_pattern(raw: RawModel, mixins: Sequence[RawModel]) -> list[Problem]:
    """Return the problems of `index` and the keys that go with a pattern."""
    report = Report(raw)
    data = raw.data
    refused = raw.refused.get((), ())
    if "index" not in refused and not is_pattern(str(data.get("index", ""))):
        _without_pattern(report, data)
        return report.problems
    if "index" in data and "write_to" in data:
        _write_to(report, data["index"], data)
        _aliases(report, data)
    elif "index" in data and not any(near_miss(key, ["write_to"]) for key in refused):
        name = data["index"].replace("*", "app")
        message = (
            f"the index is a pattern, {quoted(data['index'])}, and the model has no 'write_to'"
        )
        hint = f"name the write alias or data stream of new documents, such as 'write_to: {name}'"
        report.at_value(("index",), "index-pattern", message, hint)
    _unchecked(report, data)
    if data.get("data_stream") is True:
        _timestamp(report, raw, mixins)
        _required_routing(report, data)
    return report.problems


def _without_pattern(report: Report, data: Mapping[str, Any]) -> None:
    for key in _OF_A_PATTERN:
        if key in data:
            hint = "leave it out, or write a pattern, such as 'index: logs-*'"
            message = f"'{key}' is for models whose 'index' is a pattern"
            report.at_key((key,), "index-pattern", message, hint)
            return
    if "index_template" in (data.get("unchecked") or {}):
        message = "'index_template' is for models whose 'index' is a pattern"
        report.at_key(("unchecked", "index_template"), "index-pattern", message)


def _write_to(report: Report, pattern: str, data: Mapping[str, Any]) -> None:
    write_to, path = data["write_to"], ("write_to",)
    for name in dict.fromkeys((write_to, *written_indices(data))):
        shown = f"'write_to', {quoted(name)}"
        if name != write_to:
            shown = f"{quoted(name)}, the name of an index behind 'write_to'"
        wrong = index_complaint(name)
        if wrong:
            message = f"the name of an index behind 'write_to' {wrong[0]}: {quoted(name)}"
            report.at_value(path, "index-name", message, wrong[1])
            return
        if not matches(pattern, name):
            message = f"the pattern {quoted(pattern)} does not match {shown}"
            ended = pattern + "*"
            hint = f"write 'index: {ended}'" if matches(ended, name) else "begin it like the pattern"  # fmt: skip
            report.at_value(path, "index-pattern", message, hint)
            return


def _aliases(report: Report, data: Mapping[str, Any]) -> None:
    """Report aliases that prevent a rollover: every new index would get them (400 and 500 of 7.17.29 to 9.5.3)."""
    aliases = data.get("aliases")
    is_key = isinstance(aliases, dict)
    for position, name in enumerate([aliases] if isinstance(aliases, str) else aliases or ()):
        path: Where = ("aliases",) if isinstance(aliases, str) else ("aliases", name if is_key else position)  # fmt: skip
        say = report.at_key if is_key else report.at_value
        if name == data["write_to"]:
            message = f"the alias {quoted(name)} is also the name in 'write_to'"
            say(path, "index-alias", message, "leave it out")
        elif (
            isinstance(aliases, dict)
            and (aliases[name] or {}).get("is_write_index") in (True, "true")
            and data.get("data_stream") is not True
        ):
            message = f"every index of the pattern would be the write index of the alias {quoted(name)}, and a rollover fails"
            hint = "leave 'is_write_index' out; documents are written to 'write_to'"
            report.at_key((*path, "is_write_index"), "index-alias", message, hint)


def _unchecked(report: Report, data: Mapping[str, Any]) -> None:
    path = ("unchecked", "index_template")
    own = dict(_OWN_KEYS)
    if data.get("data_stream") is not True:
        own["data_stream"] = "write 'data_stream: true' beside 'index'"
    for key in (data.get("unchecked") or {}).get("index_template") or {}:
        if key in own:
            message = f"'{key}' of the index template has a key of its own in the definition"
            report.at_key((*path, key), "index-pattern", message, own[key])


def _timestamp(report: Report, raw: RawModel, mixins: Sequence[RawModel]) -> None:
    found = members(raw, mixins).get(TIMESTAMP)
    if found is None or len(found.path) != 2 or found.path[0] != "fields":
        if not any(owner.may_have(TIMESTAMP) for owner in (raw, *mixins)):
            message = f"a data stream needs a date field with the Elasticsearch name '{TIMESTAMP}', and the model has none"
            hint = f"such as 'timestamp: {{type: date, name: \"{TIMESTAMP}\", auto: created}}'"
            report.at_key(("data_stream",), "data-stream", message, hint)
        return
    own = found.owner is raw
    for key, message, advice in _wrong_timestamp(found):
        path = ((*found.path, key) if key else found.path) if own else ("data_stream",)
        report.at_key(path, "data-stream", message, advice)


def _wrong_timestamp(found: NamedField) -> Iterator[tuple[str, str, str | None]]:
    """Yield the key, message and hint of each thing that 9.5.3 and 8.19.21 refuse in the field, or in documents."""
    field = {**found.definition, **(found.definition.get("unchecked") or {})}
    if found.row is None or found.owner.refused.get(found.path):
        return  # reported by the gate
    if found.kind not in ("date", "date_nanos"):
        what = f"must be date or date_nanos in a data stream, not {found.kind}"
        yield "type" if "type" in field else "", f"{quoted(found.name)} {what}", None
        return
    for key in refused_parameters(field):
        yield key, f"{quoted(found.name)} of a data stream cannot have '{key}'", "leave it out"
    if field.get("many") is True:
        yield "many", f"{quoted(found.name)} of a data stream has one value", "leave 'many' out"
    elif not (field.get("required") is True or "auto" in field or "default" in field):
        message = (
            f"a data stream refuses documents without {quoted(found.name)}, and it is not required"
        )
        yield "", message, "add 'auto: created' or 'required: true'"


def _required_routing(report: Report, data: Mapping[str, Any]) -> None:
    option = data.get("_routing")
    if isinstance(option, dict) and option.get("required") in (True, "true"):
        message = "Elasticsearch refuses a data stream whose documents must have a routing value"
        hint = "leave it out; 'routing' alone is possible"
        report.at_key(("_routing", "required"), "data-stream", message, hint)
