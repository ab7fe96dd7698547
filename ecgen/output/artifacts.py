"""Render custom artifacts: ir.Project → {path: text}, by the templates named in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jinja2

from ecgen.definitions.ir import Field, Project
from ecgen.diagnostics.problems import did_you_mean
from ecgen.elasticsearch.field_types import FIELD_TYPES
from ecgen.quote import block_comment

from .environment import TemplateProblem, environment, problem
from .render import FILTERS
from .view import ModelCode, PackageCode
from .wrap import wrap


class PathClash(Exception):
    """Two files of an artifact have the same path; the message names both."""


def kind(field: Field) -> str:
    """Return the JSON form of a field's values: string, integer, number, boolean, date, …; see templates/README.md."""
    row = FIELD_TYPES.get(field.type)
    return row.json if row else "any"


_FILTERS: dict[str, Callable[..., Any]] = {**FILTERS, "kind": kind, "block_comment": block_comment}


def render(
    project: Project,
    files: Iterable[tuple[str, str]],
    templates: Path | None,
    is_async: bool = False,
) -> dict[str, str]:
    """Return the text of every file by its path within the artifact's folder.

    Args:
        project: the models.
        files: paths with placeholders, and the names of their templates.
        templates: the user's templates; names that begin with `ecgen/` are bundled ones.
        is_async: whether the models' methods are awaited.

    Raises:
        TemplateProblem: a template fails or does not exist.
        PathClash: two files have the same path.
    """
    made = environment(templates, _FILTERS)
    texts: dict[str, str] = {}
    seen: dict[str, str] = {}
    for path, name in files:
        models = project.models if "{" in path else (None,)
        try:
            template = made.get_template(name)
            for model in models:
                values: dict[str, Any] = {"project": project}
                code: ModelCode | PackageCode = PackageCode(project)
                where = path
                if model is not None:
                    code = ModelCode(model, is_async)
                    values["model"] = model
                    where = path.replace("{module}", model.module).replace("{model}", model.name)
                text = template.render(values, code=code)
                if isinstance(code, ModelCode):
                    text = code.with_imports(text)
                _reserve(where, seen)
                texts[where] = wrap(text) if where.endswith(".py") else text
        except PathClash:
            raise
        except Exception as error:
            raise _problem(error, name, templates, made.list_templates()) from error
    return dict(sorted(texts.items()))


def _problem(
    error: Exception, name: str, templates: Path | None, known: Iterable[str]
) -> Exception:
    found = problem(error)
    if not isinstance(found, jinja2.TemplateNotFound):
        return found
    hint = did_you_mean(name, known)
    is_own = not name.startswith("ecgen/")
    if templates is None and is_own:
        hint = "set 'templates' in [tool.ecgen]; names of bundled templates begin with 'ecgen/'"
    file = str((templates or Path()) / name) if is_own else name
    return TemplateProblem(file, 1, f"template not found; {hint}" if hint else "template not found")


def _reserve(path: str, seen: dict[str, str]) -> None:
    """Record a path and its folders; raise PathClash if one is taken, also in other letter case."""
    parts = path.casefold().split("/")
    folders = ["/".join(parts[:end]) + "/" for end in range(1, len(parts))]
    whole = "/".join(parts)
    for each in (whole, f"{whole}/", *(folder[:-1] for folder in folders)):
        if each in seen:
            raise PathClash(f"{seen[each]} and {path} are one path")
    seen[whole] = path
    for folder in folders:
        seen.setdefault(folder, path)
