"""Rendering a review: text, Markdown for a pull request, JSON, annotations for GitHub.

Names and values come from definitions by untrusted authors: each rendering escapes them for its own medium.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Literal

from ecgen.diagnostics.problems import visible

from ..approvals import Approval
from ..compare.changes import Change
from ..rules.verdicts import Code, Server
from .judged import Judged

Format = Literal["text", "markdown", "json", "github", "sarif"]

Paint = Callable[[str, int], str]

MARKER = "<!-- ecgen diff -->"
"""The first line of the Markdown, by which a bot finds the comment to update."""

_LONGEST = 60_000
"""The maximum length of a Markdown report: GitHub refuses a comment of more than 65,536 characters."""

_COLOURS: dict[Server, int] = {
    "none": 2,
    "in-place": 32,
    "ignored": 33,
    "close-index": 33,
    "reindex": 31,
}
_SIGNS: dict[Server, str] = {
    "none": "⚪",
    "in-place": "🟢",
    "ignored": "🟡",
    "close-index": "🟠",
    "reindex": "🔴",
}


def render(
    judged: Judged,
    form: Format = "text",
    *,
    colour: bool = False,
    named: Callable[[str], str] = str,
) -> str:
    """Return the review in one of the five formats. `named` returns the names of files as a forge has them (github,
    sarif)."""
    if form == "json":
        return as_json(judged)
    if form == "markdown":
        return as_markdown(judged)
    if form == "github":
        return as_github(judged, named)
    if form == "sarif":
        from .code_scanning import as_sarif

        return as_sarif(judged, named)
    return as_text(judged, colour)


def as_json(judged: Judged) -> str:
    """Return `{"changes": […], "models": {…}}`.

    An approved change has `approved`, the reason; approvals that match no change are listed under `stale`.
    """
    changes = []
    for change in judged.review.changes:
        entry: dict[str, object] = {
            "model": change.model,
            "file": change.file,
            "line": change.line,
            "path": change.path,
            "rule": change.rule,
            "server": change.server,
            "code": change.code,
            "message": change.message,
            "todo": change.todo,
            "steps": [step.as_json() for step in change.steps],
        }
        if change in judged.approved:
            entry["approved"] = judged.approved[change].reason
        changes.append(entry)
    document: dict[str, object] = {
        "changes": changes,
        "models": {
            name: {"server": server, "code": code}
            for name, (server, code) in judged.review.verdicts().items()
        },
    }
    if judged.stale:
        document["stale"] = [
            {
                "file": each.file,
                "line": each.line,
                "rule": each.rule,
                "model": each.model,
                "path": each.path,
            }
            for each in judged.stale
        ]
    return json.dumps(document, indent=2) + "\n"


def as_text(judged: Judged, colour: bool = False) -> str:
    """Return text with the worst changes first, model by model; steps that repeat within a model are printed once."""
    paint = _painter(colour)
    verdicts = judged.review.verdicts()
    blocks = []
    for model, changes in judged.by_model().items():
        server, code = verdicts[model]
        lines = [f"{paint(visible(model), 1)}: {paint(server, _COLOURS[server])}, {code}"]
        said: set[str] = set()
        for change in changes:
            lines += _text_of(change, judged, said, paint)
        blocks.append("\n".join(lines) + "\n")
    blocks += [f"{_stale(each)}\n" for each in judged.stale]
    return "\n".join([*blocks, summary(judged) + "\n"])


def _painter(colour: bool) -> Paint:
    def paint(text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    return paint


def _text_of(change: Change, judged: Judged, said: set[str], paint: Paint) -> list[str]:
    place = visible(change.file) + (f":{change.line}" if change.line else "")
    verdict = paint(change.server, _COLOURS[change.server])
    breaking = f", {paint('breaking', 31)}" if change.code == "breaking" else ""
    lines = [
        f"  {place}: {verdict}{breaking} [{change.rule}]",
        f"    {visible(change.message)}",
    ]
    if change in judged.approved:
        lines.append(f"    approved: {visible(judged.approved[change].reason)}")
    elif change.todo in said:
        lines.append("    → as above")
    else:
        said.add(change.todo)
        lines += [
            ("    → " if number == 0 else "      ") + visible(line)
            for number, line in enumerate(change.todo.split("\n"))
        ]
    return lines


def _stale(approval: Approval) -> str:
    path = f" of {visible(approval.path)}" if approval.path else ""
    return (
        f"{visible(approval.file)}:{approval.line}: warning[stale-approval]: no change "
        f"{approval.rule}{path} in {visible(approval.model)} needs this approval any more; remove it"
    )


def summary(judged: Judged) -> str:
    """Return one line: the number of changes, their severity, and the number approved."""
    changes = judged.review.changes
    if not changes:
        return "no changes"
    counts = [f"{_number(len(changes), 'change')} in {_number(len(judged.by_model()), 'model')}"]
    for count, what in (
        (sum(c.server == "reindex" for c in changes), "a new index"),
        (sum(c.server == "close-index" for c in changes), "a closed index"),
    ):
        if count:
            counts.append(f"{count} need{'s' if count == 1 else ''} {what}")
    breaking = sum(change.code == "breaking" for change in changes)
    if breaking:
        counts.append(f"{breaking} break{'s' if breaking == 1 else ''} code")
    if judged.approved:
        counts.append(f"{len(judged.approved)} approved")
    return ", ".join(counts)


def _number(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def as_markdown(judged: Judged) -> str:
    """Return a comment for a pull request: a table, details folded; the same review gives the same bytes."""
    lines = [MARKER, "### Index and model changes", ""]
    if not judged.review.changes:
        lines += ["No changes.", ""]
    else:
        lines += [
            f"{_md(summary(judged))}.",
            "",
            "| Model | Server | Code | Changes |",
            "|---|---|---|--:|",
        ]
        verdicts = judged.review.verdicts()
        for model, changes in judged.by_model().items():
            server, code = verdicts[model]
            lines.append(f"| {_md(model)} | {_verdict(server)} | {_code(code)} | {len(changes)} |")
        lines.append("")
        lines += _details(judged, _LONGEST - sum(len(line) + 1 for line in lines))
    lines += [f"⚠️ {_md(_stale(each))}\n" for each in judged.stale]
    return "\n".join(lines).rstrip("\n") + "\n"


def _details(judged: Judged, room: int) -> list[str]:
    """Return the models that fit into the given number of characters, each folded; of a first one that does not fit,
    as many changes as fit."""
    shown: list[str] = []
    by_model = judged.by_model()
    for position, (model, changes) in enumerate(by_model.items()):
        head = f"<summary>{_md(model)}: {_number(len(changes), 'change')}</summary>"
        block, foot = ["<details>", head, ""], ["", "</details>", ""]
        room -= sum(len(line) + 1 for line in (*block, *foot))
        said: set[str] = set()
        for number, change in enumerate(changes):
            entry = _entry(change, judged, said)
            room -= sum(len(line) + 1 for line in entry)
            if room < 0:
                left = _number(len(by_model) - position, "more model")
                if not shown:
                    shown = [*block, *foot]
                    left = f"{_number(len(changes) - number, 'more change')} of {_md(model)}"
                    if len(by_model) > 1:
                        left += f", {_number(len(by_model) - 1, 'more model')}"
                return [
                    *shown,
                    f"… and {left}: the report is cut here; 'ecgen diff' shows all.",
                    "",
                ]
            block += entry
        shown += [*block, *foot]
    return shown


def _verdict(server: Server) -> str:
    return f"{_SIGNS[server]} {server}"


def _code(code: Code) -> str:
    return f"**{code}**" if code == "breaking" else code


def _entry(change: Change, judged: Judged, said: set[str]) -> list[str]:
    """Return a change as an item of a list; steps that repeat within a model are printed once."""
    place = change.file + (f":{change.line}" if change.line else "")
    mark = f"{_verdict(change.server)}, {_code(change.code)}"
    lines = [f"- {mark}: {_md(change.message)} (`{change.rule}`, {_md(place)})"]
    if change in judged.approved:
        lines.append(f"  ✅ approved: {_md(judged.approved[change].reason)}")
    elif (todo := change.todo) not in said:
        said.add(todo)
        lines += _fenced(todo)
    return lines


def _fenced(text: str) -> list[str]:
    runs = re.findall("`+", text)
    fence = "`" * max(3, *(len(run) + 1 for run in runs), 3)
    return [
        "",
        f"  {fence}text",
        *(f"  {visible(line)}" for line in text.split("\n")),
        f"  {fence}",
        "",
    ]


def _md(text: str) -> str:
    """Return text that no Markdown or HTML in it can change: no links, mentions, tables or tags."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", visible(text))
    escaped = html.escape(escaped, quote=False).replace("@", "&#64;")
    # Without this GitHub turns bare addresses and issue numbers into links.
    return escaped.replace("://", ":&#47;/")


def as_github(judged: Judged, named: Callable[[str], str] = str) -> str:
    """Return workflow commands that GitHub shows beside the lines that caused the changes.

    Changes that make the run fail are errors, those that need a new index or break code warnings, the rest notices.
    """

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    lines = []
    for change in judged.review.changes:
        level = judged.level(change, "notice")
        at = f"file={attribute(named(change.file))}" + (
            f",line={change.line}" if change.line else ""
        )
        title = attribute(f"{change.model}: {change.rule} ({change.server}, {change.code})")
        text = f"{change.message}\n{change.todo}"
        if change in judged.approved:
            text = f"{change.message}\napproved: {judged.approved[change].reason}"
        shown = "\n".join(map(visible, text.split("\n")))
        lines.append(f"::{level} {at},title={title}::{data(shown)}\n")
    for each in judged.stale:
        lines.append(
            f"::warning file={attribute(named(each.file))},line={each.line},title=ecgen%3A stale-approval::{data(_stale(each))}\n"
        )
    return "".join(lines)
