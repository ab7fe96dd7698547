"""A build from folder to folder: find definitions, load, render, write. Decides; prints nothing and never exits."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Configuration
from .definitions import discover as sources
from .definitions.ir import Project
from .diagnostics.problems import Problem
from .output import unchanged, write

if TYPE_CHECKING:
    from .output.render import Known
    from .pipeline import Files


class BuildError(Exception):
    """Nothing was written; the message says why. `code` is the exit code: 2 where the command was given wrongly."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Loaded:
    """Definitions as they were found, and what they mean; no project where they have errors."""

    found: sources.Sources
    project: Project | None
    problems: list[Problem]

    @property
    def errors(self) -> list[Problem]:
        """The problems that are more than warnings."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def line(self, file: str, number: int) -> str | None:
        """A line of a definition, to be shown with a problem; None where there is no such line."""
        if file not in self.found.contents:
            return None
        lines = self.found.contents[file].decode("utf-8-sig", "replace").split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else None


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to.

    loaded   the definitions; None where nothing was read, since the same build was done already
    plan     what was written; None where the definitions have errors. With conflicts, nothing was written
    outcome  how many warnings there are; without `loaded`, also how many files the earlier build left
    """

    loaded: Loaded | None
    plan: write.Plan | None
    outcome: unchanged.Outcome

    @property
    def ok(self) -> bool:
        """Whether the output is what the definitions say."""
        return self.loaded is None or (self.plan is not None and not self.plan.conflicts)


class Build:
    """Builds one project, once or again and again. Raises BuildError where that is not possible.

    configuration  where definitions are, and where the output goes
    repeated       whether it will build again: it then keeps what it read and rendered, and does only what changed
    """

    def __init__(self, configuration: Configuration, repeated: bool = False) -> None:
        self._configuration = configuration
        self._repeated = repeated
        self._rendered: Known | None = {} if repeated else None

    def run(self, force: bool = False) -> Built:
        """Write what the definitions say, unless the output is that already.

        force   overwrite or remove files that people wrote or edited
        """
        out = self._configuration.out
        found = self._find()
        key = self._fingerprint(found)
        known = unchanged.recall(out, key) if key else None
        if known is not None:
            return Built(None, None, known)
        loaded = self._load(found)
        if loaded.project is None:
            return Built(loaded, None, unchanged.Outcome(0, 0))
        files = {problem.file for problem in loaded.problems}
        outcome = unchanged.Outcome(len(loaded.problems), len(files))
        texts = self._render(loaded.project)
        try:
            plan = write.apply(out, lambda: write.plan(out, texts, force))
        except OSError as error:
            raise BuildError(f"{out} cannot be written: {error}; it is unchanged") from error
        if key and not plan.conflicts:
            unchanged.keep(out, key, outcome)
        return Built(loaded, plan, outcome)

    def examine(self) -> tuple[Loaded, list[Problem]]:
        """The definitions, and every problem of theirs and of the output; nothing is written."""
        loaded = self.load()
        if loaded.project is None:
            return loaded, loaded.problems
        out = self._configuration.out
        plan = write.plan(out, self._render(loaded.project))
        return loaded, [*loaded.problems, *_output_problems(out, plan)]

    def load(self) -> Loaded:
        """The definitions alone."""
        return self._load(self._find())

    def _find(self) -> sources.Sources:
        schemas = self._configuration.schemas
        try:
            found = sources.read(schemas)
        except FileNotFoundError as error:
            raise BuildError(
                f"folder {error} not found; name the folder of the definitions, as in 'ecgen build schemas/', "
                "or set 'schemas' in [tool.ecgen] of pyproject.toml",
                2,
            ) from error
        if not found.contents and not found.problems:
            raise BuildError(f"no definitions (*.yaml) in {', '.join(map(str, schemas))}", 2)
        try:
            write.check_folder(self._configuration.out, schemas)
        except write.RefusedFolder as error:
            raise BuildError(str(error), 2) from error
        return found

    def _fingerprint(self, found: sources.Sources) -> str:
        """A digest of all that the build is made from; empty where a definition could not be read."""
        if found.problems:
            return ""
        configuration = self._configuration
        options = (configuration.package_name, configuration.elasticsearch, configuration.io)
        return unchanged.fingerprint(options, found.labels, found.contents, configuration.templates)

    @functools.cached_property
    def _files(self) -> Files:
        from .pipeline import Files

        return Files(remember=self._repeated)

    def _load(self, found: sources.Sources) -> Loaded:
        from .pipeline import load_project  # a build that was done already needs none of it

        project, problems = load_project(
            found.contents,
            found.labels,
            self._configuration.package_name,
            self._configuration.elasticsearch,
            self._files,
        )
        if found.problems:
            problems, project = sorted([*found.problems, *problems]), None
        return Loaded(found, project, problems)

    def _render(self, project: Project) -> dict[str, str]:
        from .output.environment import TemplateProblem
        from .output.render import render

        folder = self._configuration.templates
        if folder is not None and not folder.is_dir():
            raise BuildError(f"folder {folder} of templates not found", 2)
        try:
            is_async = self._configuration.io == "async"
            return render(project, folder, self._rendered, is_async=is_async)
        except TemplateProblem as problem:
            place = f"{Path(problem.file).as_posix()}:{problem.line}"
            raise BuildError(f"{place}: {problem}") from problem


def _output_problems(out: Path, plan: write.Plan) -> list[Problem]:
    def problem(path: str, rule: str, message: str, hint: str) -> Problem:
        return Problem((out / path).as_posix(), 1, 1, rule, message, hint)

    hint = "run 'ecgen build'"
    problems = [
        problem(
            each.path,
            "edited-output",
            f"{each.reason}; a build would not touch it",
            "move what is yours elsewhere, or run 'ecgen build --force' to lose it",
        )
        for each in plan.conflicts
    ]
    for path in plan.changed:
        if path in plan.remove:
            problems.append(
                problem(path, "stale-output", "no model needs this file any more", hint)
            )
        elif path in plan.write:
            state = "is not what the definitions say" if (out / path).exists() else "is missing"
            problems.append(problem(path, "stale-output", f"the file {state}", hint))
    if plan.write and not problems:
        [manifest] = plan.write
        problems.append(problem(manifest, "stale-output", "the list of files is out of date", hint))
    return problems
