"""ir.Project → Markdown pages for a repository, as GitHub and GitLab show them: a README and a page a model.

Links are relative; nothing that an author wrote is markup but code in backticks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ecgen.definitions.ir import Join, Project
from ecgen.output.environment import environment, problem
from ecgen.output.quote import json_text, markdown, markdown_code

from .facts import KINDS, Page, Row, pages, walk
from .html import plural
from .prose import Span, paragraphs, summary

DRAWN = 60
"""With more joined models than this, a drawing made by mermaid cannot be read (and GitHub stops at 500 lines)."""


def render(project: Project, title: str, templates: Path | None = None) -> dict[str, str]:
    """Return the text of every page by its path, with `/` between.

    Args:
        project: what to show.
        title: its name.
        templates: a folder whose `site/` has templates that take the place of the bundled ones of the same name.

    Raises:
        TemplateProblem: for a template that does not work.
    """
    made = environment(templates, _FILTERS, "site")
    found = pages(project)
    common = {"title": title, "package": project.package}
    files = {}
    try:
        files["README.md"] = made.get_template("index.md.j2").render(
            common, pages=found, drawing=list(mermaid(found))
        )
        template = made.get_template("model.md.j2")
        for page in found:
            text = template.render(common, page=page, model=page.model, kinds=KINDS)
            files[f"{page.model.module}.md"] = text
    except Exception as error:
        raise problem(error) from error
    return dict(sorted(files.items()))


def inline(spans: Iterable[Span]) -> str:
    """Return the pieces of a paragraph in one line."""
    text = ""
    for span in spans:
        if span.code:
            text += markdown_code(span.text)
        else:
            # Spaces at the ends of a piece stand between it and code; markdown() would take them off.
            lead = " " if span.text[:1].isspace() and text else ""
            trail = " " if span.text[-1:].isspace() and span.text.strip() else ""
            text += lead + markdown(span.text) + trail
    return text.strip()


def rows(page: Page) -> list[Row]:
    """The fields of a page, those inside another right behind it."""
    return list(walk(page.rows))


def details(row: Row) -> str:
    """Return the last cell of a field: its description and what else is said of it."""
    pieces = [inline(spans) for spans in paragraphs(row.field.description)]
    notes = []
    if row.field.name != row.field.attribute:
        notes.append(f"{markdown_code(row.field.name)} in Elasticsearch")
    if row.enum:
        notes.append(f"one of {', '.join(map(markdown_code, row.enum))}")
    if row.default is not None:
        notes.append(f"default {markdown_code(row.default)}")
    notes += [f"{markdown(name)} {markdown_code(value)}" for name, value in row.parameters]
    for name, kind, parameters in row.multi_fields:
        more = "".join(f", {markdown(key)} {markdown_code(value)}" for key, value in parameters)
        notes.append(f"also as {markdown_code(name)} ({markdown(kind)}{more})")
    return "<br>".join([*pieces, *(["; ".join(notes)] if notes else [])])


_FILTERS: dict[str, Callable[..., Any]] = {
    "text": markdown,
    "code": markdown_code,
    "inline": inline,
    "paragraphs": paragraphs,
    "summary": summary,
    "plural": plural,
    "rows": rows,
    "details": details,
    "json": json_text,
}


def mermaid(found: list[Page]) -> Iterator[str]:
    """The lines of an entity relationship diagram: every pair of a join and its inverse once."""
    joined = {
        name
        for page in found
        for _, target in page.outgoing
        for name in (page.model.name, target.name)
    }
    if len(joined) > DRAWN:
        return
    drawn: set[tuple[str, str]] = set()
    # The side that holds ids first, so that it says how many there are.
    pairs = [(page, join) for page in found for join, _ in page.outgoing]
    for page, join in sorted(pairs, key=lambda pair: not pair[1].stored):
        name = page.model.name
        if (name, join.attribute) in drawn:
            continue
        drawn.add((name, join.attribute))
        back = _inverse(found, join)
        if back is not None and back.target == name:
            drawn.add((join.target, back.attribute))
        near = "o{" if join.many else ("||" if join.required else "o|")
        far = "}o" if back is None or back.many else "|o"
        line = "--" if join.stored else ".."
        # Quoted: `End` and `title` mean something to mermaid.
        yield f'"{name}" {far}{line}{near} "{join.target}" : "{join.attribute}"'


def _inverse(found: list[Page], join: Join) -> Join | None:
    for page in found:
        if page.model.name == join.target:
            return next((each for each in page.model.joins if each.attribute == join.inverse), None)
    return None
