"""Run a build: find definitions, load, render, write. Prints nothing, never exits."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Artifact, Configuration
from .definitions import discover as sources
from .definitions.ir import Project
from .diagnostics.problems import Problem, in_order
from .output import unchanged, write
from .output.manifest import digest

if TYPE_CHECKING:
    from .output.render import Known
    from .pipeline import Files


class BuildError(Exception):
    """The build failed and nothing was written; the message says why. `code` is the exit code: 2 for wrong usage."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Loaded:
    """Definitions as read, the resolved project (None if they have errors), and their problems."""

    found: sources.Sources
    project: Project | None
    problems: list[Problem]

    @property
    def errors(self) -> list[Problem]:
        """The problems that are errors."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def line(self, file: str, number: int) -> str | None:
        """Return a line (from 1) of a definition, to show with a problem; None if there is no such line."""
        if file not in self.found.contents:
            return None
        lines = _lines(self.found.contents[file])
        return lines[number - 1] if 0 < number <= len(lines) else None


@functools.lru_cache(maxsize=1)
def _lines(content: bytes) -> list[str]:
    """Return the lines of a file, cached: problems are sorted by file, and a hundred may be in one file of 1 MiB."""
    return content.decode("utf-8-sig", "replace").split("\n")


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build.

    loaded   the definitions; None if an unchanged build was skipped, which reads none
    plans    the changes of each folder; None if the definitions have errors. With conflicts, nothing was written
    outcome  the number of warnings; without `loaded`, also the number of files from the earlier build
    """

    loaded: Loaded | None
    plans: Sequence[write.Plan] | None
    outcome: unchanged.Outcome

    @property
    def ok(self) -> bool:
        """Whether the output is up to date."""
        return self.loaded is None or (self.plans is not None and not self.conflicts)

    @property
    def conflicts(self) -> list[tuple[Path, write.Conflict]]:
        """The conflicts that kept the build from writing, with their paths."""
        return [
            (plan.out / each.path, each) for plan in self.plans or () for each in plan.conflicts
        ]


class Build:
    """Builds one project, once or repeatedly.

    Args:
        configuration: the folders of definitions and output, and the options.
        repeated: keep what was read and rendered, so that the next build handles changed files only.

    Methods raise BuildError if a folder is missing or unusable.
    """

    def __init__(self, configuration: Configuration, repeated: bool = False) -> None:
        self._configuration = configuration
        self._repeated = repeated
        self._rendered: Known | None = {} if repeated else None

    def run(self, force: bool = False) -> Built:
        """Write the output, unless it is up to date.

        Args:
            force: overwrite or remove files that others wrote or edited.
        """
        found = self._find()
        key = self._fingerprint(found)
        known = unchanged.recall(self._folders, key) if key else None
        if known is not None:
            return Built(None, None, known)
        loaded = self._load(found)
        if loaded.project is None:
            return Built(loaded, None, unchanged.Outcome(0, 0))
        outcome = _outcome(loaded)
        outputs = self._render(loaded.project)
        if len(outputs) > 1:  # find the conflicts of all folders before writing to one
            built = Built(loaded, _plans(outputs, force), outcome)
            if built.conflicts:
                return built
        plans = []
        for out, texts in outputs:
            try:
                plans.append(write.apply(out, functools.partial(write.plan, out, texts, force)))
            except OSError as error:
                raise BuildError(f"{out} cannot be written: {error}; it is unchanged") from error
        built = Built(loaded, plans, outcome)
        if key and not built.conflicts:
            unchanged.keep(self._folders, key, outcome)
        return built

    def plan(self, force: bool = False) -> Built:
        """Return what `run` would do, without writing."""
        loaded = self.load()
        if loaded.project is None:
            return Built(loaded, None, unchanged.Outcome(0, 0))
        return Built(loaded, _plans(self._render(loaded.project), force), _outcome(loaded))

    def examine(self) -> tuple[Loaded, list[Problem]]:
        """Return the definitions, and all problems of definitions and output, without writing."""
        loaded = self.load()
        if loaded.project is None:
            return loaded, loaded.problems
        problems = list(loaded.problems)
        for out, texts in self._render(loaded.project):
            problems += _output_problems(out, write.plan(out, texts))
        problems += _stale_schemas(self._configuration.schemas)
        return loaded, problems

    def load(self) -> Loaded:
        """Return the definitions."""
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
            for out in self._folders:
                write.check_folder(out, schemas)
        except write.RefusedFolder as error:
            raise BuildError(str(error), 2) from error
        return found

    def _fingerprint(self, found: sources.Sources) -> str:
        """Return a digest of the build's inputs; empty if a definition could not be read."""
        if found.problems:
            return ""
        configuration = self._configuration
        options = (
            configuration.package_name,
            configuration.elasticsearch,
            configuration.io,
            repr([(str(each.out), each.files) for each in configuration.artifacts]),
        )
        return unchanged.fingerprint(options, found.labels, found.contents, configuration.templates)

    @functools.cached_property
    def _files(self) -> Files:
        from .pipeline import Files

        return Files(remember=self._repeated)

    def _load(self, found: sources.Sources) -> Loaded:
        from .pipeline import load_project  # not needed by a skipped build

        project, problems = load_project(
            found.contents,
            found.labels,
            self._configuration.package_name,
            self._configuration.elasticsearch,
            self._files,
        )
        if found.problems:
            problems, project = in_order([*found.problems, *problems]), None
        return Loaded(found, project, problems)

    @property
    def _folders(self) -> list[Path]:
        configuration = self._configuration
        return [configuration.out, *(artifact.out for artifact in configuration.artifacts)]

    def _render(self, project: Project) -> list[_Output]:
        """Return the folders to write and their files: the package, then artifacts."""
        from .output.environment import TemplateProblem
        from .output.render import render

        configuration, folder = self._configuration, self._configuration.templates
        if folder is not None and not folder.is_dir():
            raise BuildError(f"folder {folder} of templates not found", 2)
        is_async = configuration.io == "async"
        try:
            texts = render(project, folder, self._rendered, is_async=is_async)
            outputs = [(configuration.out, texts)]
            for artifact in configuration.artifacts:
                outputs.append((artifact.out, _artifact(artifact, project, folder, is_async)))
        except TemplateProblem as problem:
            place = f"{Path(problem.file).as_posix()}:{problem.line}"
            raise BuildError(f"{place}: {problem}") from problem
        return outputs


_Output = tuple[Path, dict[str, str]]
"""A folder, and the texts of its files."""


def _plans(outputs: Sequence[_Output], force: bool) -> list[write.Plan]:
    return [write.plan(out, texts, force) for out, texts in outputs]


def _outcome(loaded: Loaded) -> unchanged.Outcome:
    return unchanged.Outcome(len(loaded.problems), len({each.file for each in loaded.problems}))


def _artifact(
    artifact: Artifact, project: Project, templates: Path | None, is_async: bool
) -> dict[str, str]:
    from .output import artifacts

    try:
        return artifacts.render(project, artifact.files, templates, is_async)
    except artifacts.PathClash as error:
        raise BuildError(f"[tool.ecgen.artifacts.{artifact.name}]: {error}", 2) from error


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


def _stale_schemas(schemas: Sequence[Path]) -> Iterator[Problem]:
    """Yield a problem for each outdated model.schema.json that `ecgen init` or `import` put beside the definitions."""
    from .definitions.schema_file import schema_text

    for folder in schemas:
        file = folder / "model.schema.json"
        if file.is_file() and digest(file.read_bytes()) != digest(schema_text().encode()):
            message = "the JSON Schema for editors is not the one of this version"
            hint = f"run 'ecgen schema > {file.as_posix()}'"
            yield Problem(file.as_posix(), 1, 1, "stale-output", message, hint)
