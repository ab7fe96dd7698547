"""Set up jinja2: where templates are found, and what they can do.

The bundled templates are part of ecgen. A user's templates may come with an untrusted checkout, so they run in jinja2's
sandbox: no attributes that begin with an underscore, no changes of values (JSON values are dicts and lists, which it
protects). They get only texts, numbers, tuples, JSON and frozen objects, none of which can open a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MethodType
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

_BUNDLED = (
    Path(__file__).resolve().parent.parent / "templates",
    Path(__file__).resolve().parents[2] / "templates",
)
"""The templates are inside an installed package, but beside it in a checkout."""


def bundled() -> Path:
    """Return the folder of the templates that come with ecgen."""
    return next(folder for folder in _BUNDLED if folder.is_dir())


class TemplateProblem(Exception):
    """A user's template fails: `file` and `line` (from 1) are the place, the message the reason."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class _Folder(jinja2.FileSystemLoader):
    """Loads templates from a folder, and refuses links that lead out of it."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, filename, fresh = super().get_source(environment, template)
        if not Path(filename).resolve().is_relative_to(Path(self.searchpath[0]).resolve()):
            raise jinja2.TemplateNotFound(template, f"{filename} leads out of the folder")
        return source, filename, fresh


class _Context(jinja2.runtime.Context):
    """Calls methods at once: jinja2 first looks whether they take a context, which takes it longer than most of them."""

    def call(
        self,
        called: Callable[..., Any],
        *args: Any,
        _loop_vars: Any = None,
        _block_vars: Any = None,
        **named: Any,
    ) -> Any:
        if type(called) is MethodType:
            return called(*args, **named)
        return super().call(called, *args, _loop_vars=_loop_vars, _block_vars=_block_vars, **named)


def environment(
    templates: Path | None,
    filters: Mapping[str, Callable[..., Any]],
    within: str = "",
    **options: Any,
) -> jinja2.Environment:
    """Return the jinja2 environment.

    Args:
        templates: the folder of the user's templates, which replace bundled ones of the same name; `ecgen/…` names a
            bundled one.
        filters: filters beside jinja2's own.
        within: a sub-folder of both folders.
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
    made.context_class = _Context
    made.filters.update(filters)
    del made.filters["random"], made.globals["lipsum"]  # output must be reproducible
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
