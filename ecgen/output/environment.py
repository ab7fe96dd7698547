"""Where templates come from and what they may do.

The bundled templates are part of ecgen. A team's own come with a checkout that somebody else may have written, so they
run in jinja2's sandbox: no attribute that begins with an underscore, nothing that changes a value. What they are given
are texts, numbers, tuples and frozen objects; nothing among them opens a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

_BUNDLED = (
    Path(__file__).resolve().parent.parent / "templates",
    Path(__file__).resolve().parents[2] / "templates",
)
"""In an installed package the templates stand inside it; in a checkout beside it."""


def bundled() -> Path:
    """The folder of the templates that come with ecgen."""
    return next(folder for folder in _BUNDLED if folder.is_dir())


class TemplateProblem(Exception):
    """A user's template does not work. `file` and `line` say where, the message what."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class _Folder(jinja2.FileSystemLoader):
    """A folder of templates that shows nothing from outside of it, whatever links lie in it."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, filename, fresh = super().get_source(environment, template)
        if not Path(filename).resolve().is_relative_to(Path(self.searchpath[0]).resolve()):
            raise jinja2.TemplateNotFound(template, f"{filename} leads out of the folder")
        return source, filename, fresh


def environment(
    templates: Path | None,
    filters: Mapping[str, Callable[..., Any]],
    within: str = "",
    **options: Any,
) -> jinja2.Environment:
    """Return the environment in which templates run.

    Args:
        templates: a team's own, which take the place of bundled ones of the same name, and find those as `ecgen/…`.
        filters: what they can use besides jinja's own.
        within: a sub-folder of both.
        options: of `jinja2.Environment`.
    """
    loaders: list[jinja2.BaseLoader] = [
        jinja2.FileSystemLoader(bundled() / within),
        jinja2.PrefixLoader({"ecgen": jinja2.FileSystemLoader(bundled())}),
    ]
    if templates is not None:
        loaders.insert(0, _Folder(templates / within))
    kind = jinja2.Environment if templates is None else ImmutableSandboxedEnvironment
    made = kind(
        loader=jinja2.ChoiceLoader(loaders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence="\n",
        **options,
    )
    made.filters.update(filters)
    del made.filters["random"], made.globals["lipsum"]  # the same input gives the same bytes
    return made


def problem(error: Exception) -> Exception:
    """Return a TemplateProblem that names the innermost template line of the traceback, or the error itself."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return TemplateProblem(
            error.filename or error.name or "?", error.lineno, error.message or ""
        )
    place: tuple[str, int] | None = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            place = (name, trace.tb_lineno)
        trace = trace.tb_next
    if place is None:
        return error
    message = str(error) or type(error).__name__
    if isinstance(error, jinja2.TemplateNotFound):
        message = f"template not found: {message}"
    return TemplateProblem(*place, message)
