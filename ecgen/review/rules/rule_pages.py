"""The pages of `docs/rules/` about changes, generated from the rule table.

`python -m ecgen.review.rules.rule_pages docs/rules` writes them; a test fails if they differ.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from .change_rule import Rule, Way
from .table import RULES

_WAYS: dict[Way, str] = {
    "nothing": "Nothing.",
    "put": "Send the new mapping: `PUT /index/_mapping`. `ecgen diff` gives the body.",
    "put-fill": "`ecgen plan` and `ecgen apply`. By hand: send the new mapping (`PUT /index/_mapping`), then "
    "`POST /index/_update_by_query?conflicts=proceed`, so that documents written before are indexed again.",
    "put-reset": "Send the new mapping: `PUT /index/_mapping`. If the old value was wanted, write it again: what is "
    "left out is reset.",
    "leave": "Nothing, if it may stay in the index. To remove it, `ecgen plan --drop-fields` and `ecgen apply` copy the "
    "index without it; what else must go needs a new index as well.",
    "reindex": "`ecgen plan` and `ecgen apply` copy the index while readers and writers go on, and lose nothing. By hand: stop "
    "the writers, create a second index with the new body, `POST /_reindex` from the old to the new, then `POST /_aliases` to "
    "give its name to the new one as an alias. Without stopping them, writes and deletes of the meantime are lost. Where the "
    "model's index is a pattern: put the index template, and roll over.",
    "close": "`ecgen plan` and `ecgen apply` copy the index, or close it with `--allow-close`. By hand: `POST /index/_close`, `PUT /index/_settings`, `POST /index/_open`. After a change of analysis also "
    "`POST /index/_update_by_query?conflicts=proceed`, where a field uses it already. Where the model's index is a pattern: put the "
    "index template, and roll over.",
    "settings": "Send the setting: `PUT /index/_settings`; `null` takes it back to the default.",
    "runtime": 'Remove it: `PUT /index/_mapping` with `{"runtime": {"name": null}}`.',
    "mend": "Fix the definition; `ecgen check` finds most of these earlier.",
    "create": "`create_mappings([Model])`, or `PUT /index` with the generated JSON.",
    "delete": "`DELETE /index`, once nothing needs its documents.",
    "aliases": "`POST /_aliases` with `add`, or with `remove` for one that is gone.",
    "rename": "`ecgen plan` and `ecgen apply` copy the index, and documents get the new name; plan says in which order to "
    "deploy. By hand: stop the writers, send the new mapping, and move the values with `POST /index/_update_by_query` and a "
    "script; `ecgen diff` gives it. Keep `renamed_from` until the change has been reviewed everywhere.",
    "ids": "Stop the writers; `ecgen plan --writers-stopped` and `ecgen apply` copy the index, and documents get their new ids. "
    "By hand: read with the old code, write with the new class to a second index (`save_all`), change joins that hold old ids, "
    "then swap the indices as for a reindex. Or keep the old rule.",
    "routing": "Stop the writers; `ecgen plan --writers-stopped` and `ecgen apply` copy the index, and documents get their new "
    "routing values; where the program gives the value from now on, they keep theirs. By hand: read every document with the old "
    "class, write it with the new one to a second index (`save_all`), then swap the indices as for a reindex. Or keep the old rule.",
    "code": "Update the code that uses the model.",
    "template": "`PUT /_index_template/…` with the generated JSON; `create_mappings` leaves a template that is there as it is.",
    "write-to": "Delete the old template, whose pattern the new one shares, then `create_mappings` or `PUT /_index_template/…` and "
    "the first index with its write alias; `ecgen diff` gives the requests. The template of a data stream cannot be deleted as "
    "long as the stream is there: then the new one needs another priority.",
    "stream": "From an alias to a data stream: stop the writers, remove the alias, put the template; the first document makes the "
    "stream, and the old indices are still read. From a data stream to an alias: give `write_to` another name.",
}


def page(rule: Rule) -> str:
    """Return the page of a rule, in Markdown."""
    code = {
        "breaking": "Breaking for those who import the models.",
        "compatible": "Compatible.",
    }[rule.code]
    if rule.id == "type-changed":
        code = "Breaking or compatible, as said below."
    paragraphs = [
        f"# {rule.id}",
        rule.summary,
        f"**What the server does.** {rule.server} ({rule.seen.rstrip('.')}.)",
        f"**What it means.** {rule.why}",
        f"**Code.** {code}",
        f"**How to get there.** {_WAYS[rule.way]}",
    ]
    return (
        "\n\n".join(
            textwrap.fill(text, 115, break_long_words=False, break_on_hyphens=False)
            for text in paragraphs
        )
        + "\n"
    )


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return {f"{rule.id}.md": page(rule) for rule in RULES.values()}


def main(arguments: list[str]) -> int:
    """Write all pages to a folder; unchanged ones are not written."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m ecgen.review.rules.rule_pages docs/rules\n")
        return 2
    for name, text in pages().items():
        file = Path(arguments[0], name)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
