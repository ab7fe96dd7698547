"""ir.Project → the files of a static site. Pure: no disk but the templates, no clock; the same input, the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ecgen.definitions.ir import Project
from ecgen.output.environment import bundled, environment, problem
from ecgen.output.quote import html, json_text

from . import diagram, prose
from .facts import KINDS, Page, pages, walk

LISTED = 100
"""With more models than this, pages carry no list of all of them; the search and the index remain."""
DRAWN = 40
"""With more models than this the picture of all joins has a page of its own only."""

ASSETS = ("style.css", "site.js")


def render(project: Project, title: str, templates: Path | None = None) -> dict[str, str]:
    """Return the text of every file of the site by its path, with `/` between.

    Args:
        project: what to show.
        title: its name.
        templates: a folder whose `site/` has templates that take the place of the bundled ones of the same name.

    Raises:
        TemplateProblem: for a template that does not work.
    """
    made = environment(templates, _FILTERS, "site", autoescape=True, finalize=_quoted)
    found = pages(project)
    folder = bundled() / "site"
    files = {f"assets/{name}": (folder / name).read_text("utf-8") for name in ASSETS}
    files["assets/search-index.js"] = search_index(found)
    whole = diagram.whole(project)
    common = {
        "title": title,
        "package": project.package,
        "listed": found if len(found) <= LISTED else None,
        "kinds": KINDS,
        "total": {
            "models": len(found),
            "fields": sum(page.count for page in found),
            "joins": sum(len(page.model.joins) for page in found),
        },
    }
    try:
        files["index.html"] = made.get_template("index.html.j2").render(
            common,
            root="",
            pages=found,
            diagram=whole if len(found) <= DRAWN and whole.edges else None,
        )
        files["joins.html"] = made.get_template("joins.html.j2").render(
            common, root="", pages=found, diagram=whole
        )
        template = made.get_template("model.html.j2")
        for page in found:
            near = diagram.around(
                page.model, page.outgoing, [(each.model, each.join) for each in page.incoming]
            )
            files[f"models/{page.model.module}.html"] = template.render(
                common, root="../", page=page, model=page.model, diagram=near
            )
    except Exception as error:
        raise problem(error) from error
    return dict(sorted(files.items()))


def _quoted(value: Any) -> Any:
    """What an expression prints: text goes through the one quoting function."""
    return Markup(html(value)) if type(value) is str else value  # noqa: S704 - html() has quoted it


def plural(count: int, noun: str) -> str:
    """`1 field`, `3 fields`, `no fields`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b')


def highlighted(value: Any) -> Markup:
    """Return a JSON value as HTML, with keys, texts and other values distinguished."""
    text = json_text(value)
    pieces = []
    end = 0
    for match in _TOKEN.finditer(text):
        kind = "k" if match[2] else "s" if match[1] else "v"
        word, rest = (match[1], match[2] or "") if match[1] else (match[0], "")
        pieces.append(
            f"{html(text[end : match.start()])}<span class={kind}>{html(word)}</span>{rest}"
        )
        end = match.end()
    return Markup("".join([*pieces, html(text[end:])]))  # noqa: S704 - every piece is quoted


_FILTERS: dict[str, Callable[..., Any]] = {
    "paragraphs": prose.paragraphs,
    "summary": prose.summary,
    "highlighted": highlighted,
    "plural": plural,
}


def search_index(found: list[Page]) -> str:
    """Return a script that hands the search what can be found: a script, because pages on disk may not fetch.

    One row each, models first: name, page, anchor, what it is, a line of description.
    """
    rows = [row for page in found for row in _entries(page)]
    rows.sort(key=lambda row: row[2] != "")
    lines = ",\n".join(json_text(row, None) for row in rows)
    return f"window.ecgenIndex = [\n{lines}\n];\n"


def _entries(page: Page) -> Iterator[list[str]]:
    model, module = page.model, page.model.module
    yield [model.name, module, "", model.index, _line(model.description)]
    for row in walk(page.rows):
        what = f"{row.field.type} of {model.name}"
        yield [row.path, module, f"field-{row.path}", what, _line(row.field.description)]
    for join in model.joins:
        what = f"join of {model.name} with {join.target}"
        yield [join.attribute, module, f"join-{join.attribute}", what, _line(join.description)]


def _line(description: str | None) -> str:
    text = "".join(span.text for span in prose.summary(description))
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119].rstrip() + "…"
