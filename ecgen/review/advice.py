"""Steps for a change: what a developer must do, with the model's own names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ecgen.definitions.ir import Json
from ecgen.diagnostics.problems import visible
from ecgen.elasticsearch.field_types import UNSET

from .renaming import Move, script
from .rules.verdicts import Server

if TYPE_CHECKING:
    from .compare.mapping_changes import Difference
    from .rules.change_rule import Way


Target = Literal["alias", "stream"]
"""What a model whose index is a pattern writes to."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The names that the steps use. Indices are without prefix, as in the definitions."""

    model: str
    index: str
    module: str
    path: str
    major: int
    old_index: str | None = None
    was: str | None = None
    inside: tuple[Move, ...] = ()
    """Properties that were renamed with the object they are in."""
    difference: Difference | None = None
    body: Json = None
    """The part of the new mapping that an update must contain."""
    target: Target | None = None
    """If the model's index is a pattern: what it writes to; `index` is its name."""
    old_target: Target | None = None


Part = Literal["mappings", "settings.analysis", "template.mappings", "template.settings.analysis"]
"""A part of a generated file; an index template has its index body in `template`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a request, or an instruction in words.

    In requests NEW is an unused index name, and OLD the index behind an alias; index names are lower case, so these
    cannot be confused with a name.
    """

    text: str
    """The step as a line; for a request, additional information."""
    method: str | None = None
    path: str | None = None
    body: Json = field(default=None, hash=False)
    file: str | None = None
    """The generated file whose content is the body, or `part` of it."""
    part: Part | None = None
    when: Literal["alias", "index"] | None = None
    """The condition of the step: what the index's name is in the cluster."""

    @property
    def line(self) -> str:
        """Return the step as a line of text."""
        if self.method is None:
            return self.text
        line = f"{self.method} {self.path}"
        if self.body is not None:
            line += f" {_json(self.body)}"
        elif self.file is not None:
            part = (self.part or "").removeprefix("template.")
            part = "the mappings" if part == "mappings" else part
            line += f" with {part} of {self.file}" if part else f" with {self.file}"
        return f"{line}, {self.text}" if self.text else line

    def as_json(self) -> dict[str, Json]:
        """Return the step as JSON."""
        entry: dict[str, Json] = {"text": self.line}
        for name in ("method", "path", "body", "file", "part", "when"):
            value = getattr(self, name)
            if value is not None:
                entry[name] = value
        return entry


Steps = tuple[Step, ...]


def say(text: str) -> Steps:
    """Return steps that consist of words only."""
    return tuple(Step(line) for line in text.split("\n"))


def as_text(steps: Steps) -> str:
    """Return the steps as one text, a line for each."""
    return "\n".join(step.line for step in steps)


def steps(way: Way, server: Server, at: Situation) -> Steps:
    """Return the steps for a change."""
    if way == "reindex" and server == "in-place":
        way = "put"
    elif server == "ignored" and way not in (
        "rename",
        "delete",
        "runtime",
        "settings",
        "close",
        "aliases",
    ):
        way = "leave"
    elif server == "reindex":
        way = "mend" if way == "mend" else "reindex"
    return _WAYS[way](at)


def _json(value: Json) -> str:
    return visible(json.dumps(value, ensure_ascii=False, default=str))


def put_mapping(at: Situation) -> Steps:
    path = f"/{at.index}/_mapping"
    if at.body is not None:
        return (Step("", "PUT", path, at.body),)
    part: Part = "mappings" if at.target is None else "template.mappings"
    return (Step("", "PUT", path, file=f"{at.module}.json", part=part),)


def _fill(at: Situation, text: str, body: Json = None) -> Step:
    return Step(text, "POST", f"/{at.index}/_update_by_query?conflicts=proceed", body)


def put_reset(at: Situation) -> Steps:
    if at.difference is not None and at.difference.new is UNSET:
        return (
            *put_mapping(at),
            *say("to keep the old value, write it in the definition: omitted parameters are reset"),
        )
    return put_mapping(at)


def _put_fill(at: Situation) -> Steps:
    done = put_and_fill(at)
    if at.difference is None or at.difference.new is UNSET:
        return done
    return (*say("ecgen plan, then ecgen apply: they do both requests; by hand:"), *done)


def put_and_fill(at: Situation) -> Steps:
    """Return the update of the mapping, and that of documents written before."""
    if at.path == "id" and at.difference is None:
        return (*put_mapping(at), _fill(at, "", {"script": {"source": "ctx._source.id = ctx._id"}}))
    if at.difference is not None and at.difference.new is UNSET:
        return put_reset(at)
    return (*put_mapping(at), _fill(at, "so that documents written before follow"))


def _leave(at: Situation) -> Steps:
    if at.difference is None or at.difference.rule.endswith("-removed"):
        return say(
            "nothing, if it may stay in the index; to remove it, ecgen plan --drop-fields, then ecgen apply: they copy "
            "the index without it"
        )
    return (
        *say("nothing, if it may stay in the index; to remove it, the index must be made again:"),
        *_reindex(at),
    )


_APPLY = "ecgen plan, then ecgen apply: they copy the index while readers and writers go on"


def _reindex(at: Situation) -> Steps:
    old = at.old_index or at.index
    if old != at.index:
        return (
            *say("stop the writers"),
            Step("", "PUT", f"/{at.index}", file=f"{at.module}.json"),
            copy_step(old, at.index),
            Step(f"once it has finished and nothing reads {old} any more", "DELETE", f"/{old}"),
        )
    return (*say(_APPLY), *_by_hand(at), copy_step(at.index, "NEW"), *_swap(at))


def _by_hand(at: Situation) -> Steps:
    return (
        *say(
            "by hand: stop the writers; NEW is a name that no index has, OLD the index that "
            f"GET /{at.index}/_alias shows"
        ),
        Step("", "PUT", "/NEW", file=f"{at.module}.json"),
    )


def copy_step(old: str, new: str, **dest: Json) -> Step:
    return Step(
        "which takes its time: GET /_tasks shows it",
        "POST",
        "/_reindex?wait_for_completion=false",
        {"source": {"index": old}, "dest": {"index": new, **dest}},
    )


def _swap(at: Situation) -> Steps:
    add = {"add": {"index": "NEW", "alias": at.index}}
    behind = [{"remove": {"index": "OLD", "alias": at.index}}, add]
    itself = [{"remove_index": {"index": at.index}}, add]
    return (
        Step(
            f"once it has finished, where {at.index} is an alias",
            "POST",
            "/_aliases",
            {"actions": behind},
            when="alias",
        ),
        Step(
            f"once it has finished, where {at.index} is an index",
            "POST",
            "/_aliases",
            {"actions": itself},
            when="index",
        ),
        *say("start the writers"),
    )


def _settings(at: Situation) -> Steps:
    return (put_settings(at),)


def put_settings(at: Situation) -> Step:
    name = at.path.removeprefix("settings.")
    path = f"/{at.index}/_settings"
    if name.startswith("analysis."):
        part: Part = "settings.analysis" if at.target is None else "template.settings.analysis"
        return Step("", "PUT", path, file=f"{at.module}.json", part=part)
    value = at.difference.new if at.difference is not None else UNSET
    return Step("", "PUT", path, {f"index.{name}": None if value is UNSET else value})


def _close(at: Situation) -> Steps:
    analysis = at.path.startswith("settings.analysis.")
    gone = at.difference is not None and at.difference.new is UNSET
    if analysis and gone:
        return say("nothing: what no field uses does no harm; a new index lacks it")
    done: list[Step] = [
        *say(f"{_APPLY}; by hand, with the writers stopped:"),
        Step("", "POST", f"/{at.index}/_close"),
        put_settings(at),
        Step("", "POST", f"/{at.index}/_open"),
    ]
    if analysis:
        done.append(_fill(at, "where a field already uses it"))
    return tuple(done)


def remove_runtime(at: Situation) -> Steps:
    name = at.path.removeprefix("runtime.")
    return (Step("", "PUT", f"/{at.index}/_mapping", {"runtime": {name: None}}),)


def _mend(at: Situation) -> Steps:
    return say("fix the definition: Elasticsearch rejects it")


def _create(at: Situation) -> Steps:
    return (
        *say(f"ecgen apply, or create_mappings([{at.model}]), or by hand:"),
        Step("", "PUT", f"/{at.index}", file=f"{at.module}.json"),
    )


def _delete(at: Situation) -> Steps:
    return (Step("once nothing needs its documents", "DELETE", f"/{at.index}"),)


def _aliases(at: Situation) -> Steps:
    behind = f"where {at.index} is an alias; OLD is the index that GET /{at.index}/_alias shows"
    return (
        replace(alias_step(at, at.index), text=f"where {at.index} is an index", when="index"),
        replace(alias_step(at, "OLD"), text=behind, when="alias"),
    )


def alias_step(at: Situation, index: str) -> Step:
    """Return the request for indices that the name or pattern means; the aliases API refuses the name of an alias there
    (400, 7.17.29 to 9.5.3)."""
    name = at.path.removeprefix("aliases.")
    value = at.difference.new if at.difference is not None else UNSET
    action: dict[str, Json]
    if not isinstance(value, dict):
        action = {"remove": {"index": index, "alias": name}}
    else:
        action = {"add": {"index": index, "alias": name, **value}}
    return Step("", "POST", "/_aliases", {"actions": [action]})


def rename_values(at: Situation) -> Step:
    """Return the request that moves values from the old name of a field to the new one."""
    owner, _, new = at.path.rpartition(".")
    moves = Move(owner, (at.was or "").rpartition(".")[2], new), *at.inside
    return _fill(at, "", {"script": {"source": script(moves)}})


def _rename(at: Situation) -> Steps:
    return (
        *say("ecgen plan, then ecgen apply: they copy the index, and documents get the new name"),
        *say("by hand: stop the writers"),
        *put_mapping(at),
        rename_values(at),
        *say("deploy, and start the writers"),
    )


def _ids(at: Situation) -> Steps:
    old = at.old_index or at.index
    return (
        *say(
            "stop the writers; ecgen plan --writers-stopped, then ecgen apply: they copy the index, and documents get "
            "their new ids"
        ),
        *_by_hand(at),
        *say(
            f"read each document of {old} with the old code, write it with the new class to NEW, so that it gets its new "
            f"id (bulk: save_all)\nchange joins that hold old ids of {at.model}"
        ),
        *_swap(at),
    )


def _routing(at: Situation) -> Steps:
    return (
        *say(
            "stop the writers; ecgen plan --writers-stopped, then ecgen apply: they copy the index, and documents get "
            "their new routing values (what is given by the program they keep)"
        ),
        *_by_hand(at),
        *say(
            f"read each document of {at.old_index or at.index} with the old code, write it with the new class to NEW, so that "
            "it gets its new routing value (bulk: save_all)"
        ),
        *_swap(at),
    )


def _code(at: Situation) -> Steps:
    return say(f"update the code that uses {at.model}{'.' + at.path if at.path else ''}")


def _nothing(at: Situation) -> Steps:
    return say("nothing")


_WAYS: dict[Way, Callable[[Situation], Steps]] = {
    "nothing": _nothing,
    "put": put_mapping,
    "put-fill": _put_fill,
    "put-reset": put_reset,
    "leave": _leave,
    "reindex": _reindex,
    "close": _close,
    "settings": _settings,
    "runtime": remove_runtime,
    "mend": _mend,
    "create": _create,
    "delete": _delete,
    "aliases": _aliases,
    "rename": _rename,
    "ids": _ids,
    "routing": _routing,
    "code": _code,
}
