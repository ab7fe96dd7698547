"""`ecgen build` and `ecgen check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecgen.config import Configuration
from ecgen.definitions import discover as sources
from ecgen.definitions.ir import Project
from ecgen.definitions.load import load_bytes
from ecgen.diagnostics import formats
from ecgen.diagnostics.formats import Format
from ecgen.diagnostics.problems import Problem, has_errors
from ecgen.output import unchanged, write
from ecgen.pipeline import Load, load_project

if TYPE_CHECKING:
    from ecgen.output.render import Known


class _Unusable(Exception):
    """Nothing can be done; the message says why. Exit code 2."""


class _BrokenTemplate(Exception):
    """A template of the user's does not work; the message says where and why. Exit code 1."""


@dataclass(slots=True)
class _Loaded:
    found: sources.Sources
    project: Project | None
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Memory:
    """What whoever builds again and again keeps from one build to the next, so that only what changed is done."""

    load: Load
    rendered: Known


def build(
    configuration: Configuration,
    force: bool = False,
    quiet: bool = False,
    memory: Memory | None = None,
) -> int:
    """Write what the definitions say; print what was done, problems to stderr. Return the exit code."""
    try:
        found = _find(configuration)
        key = _fingerprint(configuration, found)
        known = unchanged.recall(configuration.out, key) if key else None
        if known is not None:
            if not quiet:
                _remark(known)
                click.echo(f"nothing to do: {_number(known.files, 'file')} up to date")
            return 0
        loaded = _load(configuration, found, memory)
        errors = [problem for problem in loaded.problems if problem.severity == "error"]
        _print(loaded, errors, "text", err=True)
        if loaded.project is None:
            click.echo(f"{_counted(errors)}; nothing was written", err=True)
            return 1
        warned = len({problem.file for problem in loaded.problems})
        outcome = unchanged.Outcome(len(loaded.problems), warned)
        if not quiet:
            _remark(outcome)
        texts = _render(configuration, loaded.project, memory)
        plan = write.apply(configuration.out, lambda: write.plan(configuration.out, texts, force))
    except _Unusable as error:
        return _refuse(str(error), 2)
    except _BrokenTemplate as error:
        return _refuse(f"{error}; nothing was written", 1)
    except OSError as error:
        click.echo(
            f"error: {configuration.out} cannot be written: {error}; it is as it was", err=True
        )
        return 1
    if plan.conflicts:
        for conflict in plan.conflicts:
            click.echo(f"{_place(configuration.out / conflict.path)}: {conflict.reason}", err=True)
        click.echo(f"nothing was written; {_what_to_do(plan)}", err=True)
        return 1
    if key:
        unchanged.keep(configuration.out, key, outcome)
    if not quiet:
        _tell(configuration.out, plan, len(loaded.project.models))
    return 0


def check(configuration: Configuration, strict: bool = False, form: Format = "text") -> int:
    """Print every problem of definitions and output; return the exit code."""
    try:
        loaded = _load(configuration, _find(configuration))
        problems = list(loaded.problems)
        if loaded.project is not None:
            plan = write.plan(configuration.out, _render(configuration, loaded.project))
            problems += _output_problems(configuration.out, plan)
    except _Unusable as error:
        return _refuse(str(error), 2)
    except _BrokenTemplate as error:
        return _refuse(str(error), 1)
    _print(loaded, problems, form)
    failed = has_errors(problems) or bool(strict and problems)
    if form == "text":
        if problems:
            click.echo(_counted(problems))
        elif loaded.project is not None:
            models, files = len(loaded.project.models), len(loaded.found.contents)
            click.echo(
                f"all is well: {_number(models, 'model')} in {_number(files, 'file')}, output up to date"
            )
    return 1 if failed else 0


def _find(configuration: Configuration) -> sources.Sources:
    try:
        found = sources.read(configuration.schemas)
    except FileNotFoundError as error:
        raise _Unusable(
            f"there is no {error}; name the folder of the definitions, as in 'ecgen build schemas/', "
            "or set 'schemas' in [tool.ecgen] of pyproject.toml"
        ) from error
    if not found.contents and not found.problems:
        listed = ", ".join(map(str, configuration.schemas))
        raise _Unusable(f"there are no definitions (*.yaml) in {listed}")
    try:
        write.check_folder(configuration.out, configuration.schemas)
    except write.RefusedFolder as error:
        raise _Unusable(str(error)) from error
    return found


def _fingerprint(configuration: Configuration, found: sources.Sources) -> str:
    """What the build is made from; nothing where a definition could not be read."""
    if found.problems:
        return ""
    options = (configuration.package_name, configuration.elasticsearch, configuration.io)
    return unchanged.fingerprint(options, found.labels, found.contents, configuration.templates)


def _load(
    configuration: Configuration, found: sources.Sources, memory: Memory | None = None
) -> _Loaded:
    project, problems = load_project(
        found.contents,
        found.labels,
        configuration.package_name,
        configuration.elasticsearch,
        memory.load if memory else load_bytes,
    )
    if found.problems:
        problems, project = sorted([*found.problems, *problems]), None
    return _Loaded(found, project, problems)


def _render(
    configuration: Configuration, project: Project, memory: Memory | None = None
) -> dict[str, str]:
    from ecgen.output.render import TemplateProblem, render

    folder = configuration.templates
    if folder is not None and not folder.is_dir():
        raise _Unusable(f"there is no folder {folder} of templates")
    try:
        known = memory.rendered if memory else None
        return render(project, folder, known, is_async=configuration.io == "async")
    except TemplateProblem as problem:
        raise _BrokenTemplate(
            f"{_place(Path(problem.file))}:{problem.line}: {problem}"
        ) from problem


def _output_problems(out: Path, plan: write.Plan) -> list[Problem]:
    what = "run 'ecgen build'"
    problems = [
        Problem(
            _place(out / each.path),
            1,
            1,
            "edited-output",
            f"{each.reason}; a build would not touch it",
            "move what is yours elsewhere, or run 'ecgen build --force' to lose it",
        )
        for each in plan.conflicts
    ]
    for path in plan.changed:
        if path in plan.remove:
            problems.append(
                Problem(
                    _place(out / path),
                    1,
                    1,
                    "stale-output",
                    "no model needs this file any more",
                    what,
                )
            )
        elif path in plan.write:
            state = "is not what the definitions say" if (out / path).exists() else "is missing"
            problems.append(
                Problem(_place(out / path), 1, 1, "stale-output", f"the file {state}", what)
            )
    if plan.write and not problems:
        [manifest] = plan.write
        problems.append(
            Problem(
                _place(out / manifest),
                1,
                1,
                "stale-output",
                "the list of files is out of date",
                what,
            )
        )
    return problems


def _print(loaded: _Loaded, problems: Sequence[Problem], form: Format, err: bool = False) -> None:
    if not problems and form == "text":
        return
    stream = sys.stderr if err else sys.stdout
    text = formats.render(
        problems,
        form,
        source_line=lambda file, line: _source_line(loaded.found, file, line),
        colour=form == "text" and stream.isatty(),
    )
    click.echo(text, nl=False, err=err)


def _source_line(found: sources.Sources, file: str, line: int) -> str | None:
    if file not in found.contents:
        return None
    lines = found.contents[file].decode("utf-8-sig", "replace").split("\n")
    return lines[line - 1] if 0 < line <= len(lines) else None


def _tell(out: Path, plan: write.Plan, models: int) -> None:
    if plan.is_empty:
        click.echo(f"nothing to do: {_number(plan.unchanged, 'file')} up to date")
        return
    for path in plan.changed:
        click.echo(f"{'removed' if path in plan.remove else 'wrote'} {_place(out / path)}")
    written = sum(path in plan.write for path in plan.changed)
    parts = [f"{_number(written, 'file')} written"]
    if plan.remove:
        parts.append(f"{len(plan.remove)} removed")
    if plan.unchanged:
        parts.append(f"{plan.unchanged} up to date")
    click.echo(f"{_number(models, 'model')} in {_place(out)}: {', '.join(parts)}")


def _remark(outcome: unchanged.Outcome) -> None:
    if outcome.warnings:
        counted = f"{_number(outcome.warnings, 'warning')} in {_number(outcome.warned, 'file')}"
        click.echo(f"{counted}; 'ecgen check' shows them", err=True)


def _what_to_do(plan: write.Plan) -> str:
    if any(not each.forcible for each in plan.conflicts):
        return "move what stands in the way, then run 'ecgen build' again"
    return "move what is yours elsewhere, or run 'ecgen build --force' to lose it"


def _refuse(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code


def _place(path: Path) -> str:
    return path.as_posix()


def _counted(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    counts = [(errors, "error"), (len(problems) - errors, "warning")]
    files = len({problem.file for problem in problems})
    return (
        f"{' and '.join(_number(n, word) for n, word in counts if n)} in {_number(files, 'file')}"
    )


def _number(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
