"""ir.Project → {path: text}. Pure: no disk but the templates, no clock, no environment; sorted, `\\n` line ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from ecgen.definitions.ir import Project

from .layout import Group, lay_out, literal
from .model_code import ModelCode
from .names import import_line, isort, natural
from .quote import comment, docstring, json_text, python_literal

BUNDLED = (
    Path(__file__).resolve().parent.parent / "templates",
    Path(__file__).resolve().parents[2] / "templates",
)
"""In an installed package the templates stand inside it; in a checkout beside it."""


class TemplateProblem(Exception):
    """A user's template does not work. `file` and `line` say where, the message what."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


Known = dict[str, tuple[str, dict[str, str]]]
"""The files of a model as rendered before: by module, with the model's repr (to `==`, 1 and True are the same)."""


def render(
    project: Project,
    templates: Path | None = None,
    known: Known | None = None,
    is_async: bool = False,
) -> dict[str, str]:
    """Return the text of every file of the generated package, by its path within the package, with `/` between.

    Args:
        project: what to render.
        templates: a folder whose templates take the place of the bundled ones of the same name.
        known: what was rendered before; what is still the same is taken from it, and it is brought up to date.
            Without effect together with `templates`, which may look at the whole project.
        is_async: whether the models' methods are awaited (`io = "async"`). The same for all that shares `known`.

    Raises:
        TemplateProblem: for a template that is no Jinja, or names something that is not there.
    """
    environment = _environment(templates)
    before = known if known is not None and templates is None else {}
    files = {}
    try:
        model_template = environment.get_template("model.py.j2")
        mapping_template = environment.get_template("mapping.json.j2")
        for model in project.models:
            meant = repr(model) if known is not None else ""
            old, texts = before.get(model.module, (None, {}))
            if old != meant:
                code = ModelCode(model, is_async)
                texts = {
                    f"{model.module}.py": model_template.render(
                        model=model, project=project, code=code
                    ),
                    f"mappings/{model.module}.json": mapping_template.render(
                        model=model, project=project
                    ),
                }
                before[model.module] = (meant, texts)
            files.update(texts)
        package = environment.get_template("package.py.j2")
        files["__init__.py"] = package.render(project=project, code=PackageCode(project))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateProblem(
            error.filename or error.name or "?", error.lineno, error.message or ""
        ) from error
    except Exception as error:
        raise _in_template(error) from error
    if "." not in project.package:
        files["py.typed"] = ""
    return dict(sorted(files.items()))


class PackageCode:
    """The prepared texts of `package.py.j2`."""

    def __init__(self, project: Project) -> None:
        names = [model.name for model in project.models]
        by_module = {model.module: model.name for model in project.models}
        self.imports = [
            import_line(f".{module}", [by_module[module]]) for module in natural(by_module)
        ]
        self.exports = lay_out(literal(isort([*names, "MODELS"])), 0, "__all__ = ")
        models = Group("(", tuple(("", name) for name in names), ")") if names else "()"
        self.models = lay_out(models, 0, "MODELS = ")


def _environment(templates: Path | None) -> jinja2.Environment:
    folders = [templates] if templates else []
    bundled = next(folder for folder in BUNDLED if folder.is_dir())
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, bundled]),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML; Python and JSON are quoted by our own functions
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence="\n",
    )
    environment.filters.update(
        tojson=json_text, python=python_literal, docstring=docstring, comment=comment
    )
    return environment


def _in_template(error: Exception) -> Exception:
    """Return a TemplateProblem that names the innermost template line of the traceback, or the error itself."""
    place: tuple[str, int] | None = None
    trace: Any = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            place = (name, trace.tb_lineno)
        trace = trace.tb_next
    if place is None:
        return error
    return TemplateProblem(*place, str(error) or type(error).__name__)
