"""What a server's answers about indices, aliases and index templates mean, without requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgen.elasticsearch.index_patterns import matches

_STREAM = {"hidden": False, "allow_custom_routing": False}
"""What servers show of a data stream without options."""


def only_behind(alias: str, found: Mapping[str, Any], template: Mapping[str, Any]) -> str:
    """Return the names of the indices behind an alias; ValueError if one has another alias, by which others may use it.
    Aliases of the template, which may be empty, are the model's own."""
    own = {alias, *(template.get("template", {}).get("aliases") or ())}
    for index, body in found.items():
        others = sorted(set(body["aliases"]) - own)
        if others:
            raise ValueError(
                f"{alias!r} is an alias of {index!r}, which has the alias {others[0]!r} too; "
                "delete the index by its own name, or that alias first"
            )
    return ",".join(sorted(found))


def is_taken(error: Any) -> bool:
    """Return whether the error says that an index or alias of that name exists."""
    if error.message == "resource_already_exists_exception":
        return True
    return error.message in ("invalid_index_name_exception", "invalid_alias_name_exception") and (
        "already exists as alias" in str(error.body) or "same name as the alias" in str(error.body)
    )


def template_difference(
    name: str, body: Mapping[str, Any], held: Any, wanted: Any, given: Any
) -> str:
    """Return why new indices would not be as a model's template says, and what to do; empty if they are.

    name, body  the model's template
    held        the server's answer about the template of that name
    wanted      its simulation of the model's template
    given       its simulation of a new index
    """
    if any(other["name"] == name for other in given.get("overlapping") or ()):
        return (
            f"an index template that matches as well has a higher priority than {body['priority']}: give the model a higher "
            "`priority`, or a narrower pattern"
        )
    there = held["index_templates"][0]["index_template"]
    differing = [key for key in ("index_patterns", "priority") if there.get(key) != body.get(key)]
    if _stream(there) != _stream(body):
        differing.append("data_stream")
    for part in ("settings", "mappings", "aliases"):
        if (given["template"].get(part) or {}) != (wanted["template"].get(part) or {}):
            differing.append(part)
    if not differing:
        return ""
    return (
        f"there is an index template {name!r} with other {' and '.join(differing)}, of an older or newer definition perhaps; it was "
        "left as it is. If this program's is the one to use: get_es().indices.put_index_template(name=Model.get_write_index(), "
        "body=Model.get_index_template())"
    )


def _stream(template: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return {**_STREAM, **template["data_stream"]} if "data_stream" in template else None


def template_of_model(name: str, held: Any) -> Mapping[str, Any]:
    """Return the template of a name if it is that of a model over a pattern, else an empty one. A model's matches its own
    name, as a program's own does not that gives the indices behind the alias `logs` their form (`logs-*`)."""
    template: Mapping[str, Any] = held["index_templates"][0]["index_template"]
    return template if any(matches(each, name) for each in template["index_patterns"]) else {}
