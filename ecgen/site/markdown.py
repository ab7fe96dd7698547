"""Render Markdown pages for a repository, as GitHub and GitLab show them: ir.Project → a README and a page for each model.

Links are relative. Descriptions are escaped, except for code in backticks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ecgen.definitions.ir import Join, Project
from ecgen.output.environment import environment, problem
from ecgen.quote import json_text, markdown, markdown_code

from .facts import KINDS, Page, Row, pages, walk
from .html import plural
from .prose import Span, paragraphs, summary

DRAWN = 60
"""With more joined models than this, mermaid's drawing is unreadable (and GitHub draws at most 500 lines)."""


def render(project: Project, title: str, templates: Path | None = None) -> dict[str, str]:
    """Return the text of every page by its path, with `/` separators.

    Args:
        project: the models.
        title: the name on the first page.
        templates: a folder whose `site/` holds templates that replace bundled ones of the same name.

    Raises:
        TemplateProblem: a template fails.
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
    """Return the spans of a paragraph as one line of Markdown."""
    text = ""
    for span in spans:
        if span.code:
            text += markdown_code(span.text)
        else:
            # Keep the spaces between text and code, which markdown() would strip.
            lead = " " if span.text[:1].isspace() and text else ""
            trail = " " if span.text[-1:].isspace() and span.text.strip() else ""
            text += lead + markdown(span.text) + trail
    return text.strip()


def rows(page: Page) -> list[Row]:
    """Return the fields of a page, each followed by its sub-fields."""
    return list(walk(page.rows))


def details(row: Row) -> str:
    """Return the last cell of a field's row: its description, enum, default, parameters and multi-fields."""
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
    """Yield the lines of an entity relationship diagram; a join and its inverse are one line."""
    joined = {
        name
        for page in found
        for _, target in page.outgoing
        for name in (page.model.name, target.name)
    }
    if len(joined) > DRAWN:
        return
    drawn: set[tuple[str, str]] = set()
    # The side that stores ids comes first, since it determines the cardinality.
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
        # Quoted, because `End` and `title` are keywords of mermaid.
        yield f'"{name}" {far}{line}{near} "{join.target}" : "{join.attribute}"'


def _inverse(found: list[Page], join: Join) -> Join | None:
    for page in found:
        if page.model.name == join.target:
            return next((each for each in page.model.joins if each.attribute == join.inverse), None)
    return None
