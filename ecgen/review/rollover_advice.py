"""Steps for a model whose index is a pattern: put its template, and update the indices that exist, or roll over to a new one."""

from __future__ import annotations

from dataclasses import replace

from ecgen.elasticsearch.index_patterns import FIRST

from .advice import (
    Situation,
    Step,
    Steps,
    alias_step,
    copy_step,
    put_and_fill,
    put_mapping,
    put_reset,
    put_settings,
    remove_runtime,
    rename_values,
    say,
    steps,
)
from .rules.change_rule import Way
from .rules.verdicts import Server

_NEW_INDICES = "indices made from then on have it; those that exist stay as they are"


def steps_for(way: Way, server: Server, at: Situation) -> Steps:
    """Return the steps for a change of any model."""
    if at.target is None:
        left = at.old_target is not None and way == "reindex" and at.difference is None
        return _to_one_index(at) if left else steps(way, server, at)
    if way in ("code", "nothing", "mend"):
        return steps(way, server, at)
    if way == "reindex" and at.difference is None:
        return _to_a_pattern(at)
    if way in ("create", "delete", "template", "write-to", "stream", "ids", "routing"):
        return _OF_THE_WHOLE[way](at)
    if server in ("reindex", "close-index"):
        return (*_put_template(at), _roll_over(at, _NEW_INDICES))
    if server == "ignored" and way not in ("rename", "runtime", "settings", "aliases"):
        return (*_put_template(at), *say("nothing more: new indices lack it, those that exist keep it"))  # fmt: skip
    return (*_put_template(at), *_to_existing(way, replace(at, index=at.old_index or at.index)))


def _to_existing(way: Way, at: Situation) -> Steps:
    """The update of the indices behind `write_to`; the server applies a request to all of them."""
    if way == "put-fill":
        return put_and_fill(at)
    if way == "put-reset":
        return put_reset(at)
    if way in ("settings", "close"):
        return (put_settings(at),)
    if way == "runtime":
        return remove_runtime(at)
    if way == "aliases":
        return (alias_step(at, f"{at.index}-*" if at.target == "alias" else at.index),)
    if way == "rename":
        return (*say("stop the writers"), *put_mapping(at), rename_values(at), *say("deploy, and start the writers"))  # fmt: skip
    return put_mapping(at)


def _put_template(at: Situation) -> Steps:
    if at.old_target is not None and at.old_index not in (None, at.index):
        return say(f"the new template, {at.index}, has it: see write-to-changed")
    return (Step("", "PUT", f"/_index_template/{at.index}", file=f"{at.module}.json"),)


def _roll_over(at: Situation, text: str) -> Step:
    return Step(text, "POST", f"/{at.old_index or at.index}/_rollover")


def _first_index(at: Situation) -> Steps:
    """The first index behind a write alias; a data stream is made by its first document."""
    if at.target != "alias":
        return ()
    body = {"aliases": {at.index: {"is_write_index": True}}}
    return (Step("", "PUT", f"/{at.index}{FIRST}", body),)


def _new_template(at: Situation) -> Steps:
    path = f"/_index_template/{at.index}"
    return (Step("", "PUT", path, file=f"{at.module}.json"), *_first_index(at))


def _create(at: Situation) -> Steps:
    return (*say(f"create_mappings([{at.model}]), or by hand:"), *_new_template(at))


def _delete(at: Situation) -> Steps:
    if at.target == "stream":
        return (
            Step("once nothing needs its documents", "DELETE", f"/_data_stream/{at.index}"),
            Step("", "DELETE", f"/_index_template/{at.index}"),
        )
    return (
        Step("", "DELETE", f"/_index_template/{at.index}"),
        *say(f"once nothing needs their documents, delete the indices that GET /{at.index}/_alias shows"),
    )  # fmt: skip


def _write_to(at: Situation) -> Steps:
    if at.old_target == "stream":
        return (
            *say(
                f"give the model another 'priority': the template {at.old_index} cannot be deleted as long as its data stream "
                "is there, and the server refuses two of one priority"
            ),
            *_new_template(at),
        )
    return (
        Step(
            "since the server refuses a second template of one priority for a name",
            "DELETE",
            f"/_index_template/{at.old_index}",
        ),
        *_new_template(at),
        *say(f"deploy; the documents behind {at.old_index} are still read if the pattern matches their indices"),
    )  # fmt: skip


def _stream(at: Situation) -> Steps:
    old = at.old_index or at.index
    if old != at.index:
        return say("see write-to-changed")
    if at.target == "alias":
        return say(
            f"give 'write_to' another name: an alias cannot be called {old} as long as there is the data stream; its documents "
            f"are still read\nor delete it with all its documents first: DELETE /_data_stream/{old}"
        )
    remove = {"remove": {"index": f"{old}-*", "alias": old}}
    return (
        *say("stop the writers"),
        Step("", "POST", "/_aliases", {"actions": [remove]}),
        Step("", "PUT", f"/_index_template/{old}", file=f"{at.module}.json"),
        *say("deploy, and start the writers: the first document makes the data stream; those of the old indices are still read"),
    )  # fmt: skip


def _written_again(at: Situation) -> Steps:
    return say(
        f"nothing, if documents of {at.model} are only added: those that exist keep what they have\notherwise stop the writers, "
        "read each document with the old code, write it with the new class (bulk: save_all), and delete the old one"
    )


def _to_a_pattern(at: Situation) -> Steps:
    old = at.old_index or ""
    return (
        *say("stop the writers"),
        *_new_template(at),
        copy_step(old, at.index, op_type="create"),
        Step(f"once it has finished and nothing reads {old} any more", "DELETE", f"/{old}"),
    )


def _to_one_index(at: Situation) -> Steps:
    old = at.old_index or ""
    return (
        *say("stop the writers"),
        Step("", "PUT", f"/{at.index}", file=f"{at.module}.json"),
        copy_step(old, at.index),
        *_delete(replace(at, index=old, target=at.old_target)),
    )


_OF_THE_WHOLE = {
    "create": _create,
    "delete": _delete,
    "template": _put_template,
    "write-to": _write_to,
    "stream": _stream,
    "ids": _written_again,
    "routing": _written_again,
}
