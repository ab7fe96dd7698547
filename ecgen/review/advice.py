"""How to get there: what a developer must do about a change, spelled out with the model's own names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecgen.definitions.ir import Json
from ecgen.diagnostics.problems import visible
from ecgen.elasticsearch.field_types import UNSET

from .rules.verdicts import Server

if TYPE_CHECKING:
    from .compare.mapping_changes import Difference
    from .rules.table import Way


@dataclass(frozen=True, slots=True)
class Situation:
    """What the steps name. Indices are without prefix, as the definitions are."""

    model: str
    index: str
    module: str
    path: str
    major: int
    old_index: str | None = None
    was: str | None = None
    difference: Difference | None = None
    body: Json = None
    """The part of the new mapping that an update must hold."""


def steps(way: Way, server: Server, at: Situation) -> str:
    """The steps as one text, a line each."""
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


def _put(at: Situation) -> str:
    body = (
        f" {_json(at.body)}" if at.body is not None else f" with the mappings of {at.module}.json"
    )
    return f"PUT /{at.index}/_mapping{body}"


def _put_reset(at: Situation) -> str:
    if at.difference is not None and at.difference.new is UNSET:
        return f"{_put(at)}\nto keep the old value, write it in the definition: omitted parameters are reset"
    return f"{_put(at)}\n{_fill_if_wanted(at)}"


def _fill_if_wanted(at: Situation) -> str:
    return f"POST /{at.index}/_update_by_query?conflicts=proceed, if documents written before should follow"


def _put_fill(at: Situation) -> str:
    if at.path == "id" and at.difference is None:
        return f"{_put(at)}\nPOST /{at.index}/_update_by_query?conflicts=proceed " + _json(
            {"script": {"source": "ctx._source.id = ctx._id"}}
        )
    if at.difference is not None and at.difference.new is UNSET:
        return _put_reset(at)
    return f"{_put(at)}\nPOST /{at.index}/_update_by_query?conflicts=proceed, so that documents written before follow"


def _leave(at: Situation) -> str:
    return f"nothing, if it may stay in the index; to remove it, reindex into a new index:\n{_reindex(at)}"


def _reindex(at: Situation) -> str:
    old = at.old_index or at.index
    new = f"{at.index}-2" if at.index == old else at.index
    lines = [
        f"PUT /{new} with {at.module}.json",
        "POST /_reindex?wait_for_completion=false "
        + _json({"source": {"index": old}, "dest": {"index": new, "op_type": "create"}}),
    ]
    if at.index == old:
        actions = [
            {"remove_index": {"index": old}},
            {"add": {"index": new, "alias": at.index}},
        ]
        lines.append(f"POST /_aliases {_json({'actions': actions})}, once it has finished")
    else:
        lines.append(f"DELETE /{old}, once it has finished and nothing reads {old} any more")
    return "\n".join(lines)


def _setting(at: Situation) -> str:
    name = at.path.removeprefix("settings.")
    value = at.difference.new if at.difference is not None else UNSET
    if name.startswith("analysis."):
        return (
            _json({"index": None})
            if value is UNSET
            else f"the settings of {at.module}.json: {name}"
        )
    return _json({f"index.{name}": None if value is UNSET else value})


def _settings(at: Situation) -> str:
    return f"PUT /{at.index}/_settings {_setting(at)}"


def _close(at: Situation) -> str:
    analysis = at.path.startswith("settings.analysis.")
    gone = at.difference is not None and at.difference.new is UNSET
    if analysis and gone:
        return "nothing: what no field uses does no harm; a new index lacks it"
    put = (
        f"PUT /{at.index}/_settings with settings.analysis of {at.module}.json"
        if analysis
        else f"PUT /{at.index}/_settings {_setting(at)}"
    )
    lines = [f"POST /{at.index}/_close", put, f"POST /{at.index}/_open"]
    if analysis:
        lines.append(
            f"POST /{at.index}/_update_by_query?conflicts=proceed, where a field already uses it"
        )
    return "\n".join(lines)


def _runtime(at: Situation) -> str:
    name = at.path.removeprefix("runtime.")
    return f"PUT /{at.index}/_mapping {_json({'runtime': {name: None}})}"


def _mend(at: Situation) -> str:
    return "fix the definition: Elasticsearch rejects it"


def _create(at: Situation) -> str:
    return f"create_mappings([{at.model}]), or PUT /{at.index} with {at.module}.json"


def _delete(at: Situation) -> str:
    return f"DELETE /{at.index}, once nothing needs its documents"


def _aliases(at: Situation) -> str:
    name = at.path.removeprefix("aliases.")
    value = at.difference.new if at.difference is not None else UNSET
    action: dict[str, Json]
    if not isinstance(value, dict):
        action = {"remove": {"index": at.index, "alias": name}}
    else:
        action = {"add": {"index": at.index, "alias": name, **value}}
    return f"POST /_aliases {_json({'actions': [action]})}"


def _rename(at: Situation) -> str:
    above, _, new = at.path.rpartition(".")
    old = (at.was or "").rpartition(".")[2]
    owner = "ctx._source" + "".join(f"[{_quoted(name)}]" for name in above.split(".") if name)
    body = {
        "query": {"exists": {"field": at.was}},
        "script": {"source": f"{owner}[{_quoted(new)}] = {owner}.remove({_quoted(old)})"},
    }
    return (
        f"{_put(at)}\n"
        f"POST /{at.index}/_update_by_query?conflicts=proceed {_json(body)}\n"
        "deploy, then run the second step again for what old code wrote meanwhile"
    )


def _quoted(name: str) -> str:
    """A string of the server's script language."""
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _ids(at: Situation) -> str:
    old = at.old_index or at.index
    return (
        f"PUT /{at.index}-2 with {at.module}.json\n"
        f"read each document of {old} with the old code, write it with the new class to {at.index}-2, so that it gets "
        "its new id (bulk: save_all)\n"
        f"change joins that hold old ids of {at.model}, then swap the index as for a reindex"
    )


def _code(at: Situation) -> str:
    return f"update the code that uses {at.model}{'.' + at.path if at.path else ''}"


def _nothing(at: Situation) -> str:
    return "nothing"


_WAYS: dict[Way, Callable[[Situation], str]] = {
    "nothing": _nothing,
    "put": _put,
    "put-fill": _put_fill,
    "put-reset": _put_reset,
    "leave": _leave,
    "reindex": _reindex,
    "close": _close,
    "settings": _settings,
    "runtime": _runtime,
    "mend": _mend,
    "create": _create,
    "delete": _delete,
    "aliases": _aliases,
    "rename": _rename,
    "ids": _ids,
    "code": _code,
}
