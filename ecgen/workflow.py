"""The CI workflow that `ecgen init` writes, one for each project of a repository."""

from __future__ import annotations

import json
import os.path
import re
from pathlib import Path
from typing import Final

from .repository import below, root_of

_REQUIREMENTS: Final = ("requirements-dev.txt", "requirements/dev.txt", "requirements.txt")
"""Requirements files of pip, in order of preference: development tools first."""

_TEMPLATE: Final = """\
# Checks the definitions and the generated code, and shows in a pull request what its changes mean.
{note}name: {name}
on:
  pull_request:{paths}
permissions:
  contents: read
  pull-requests: write  # for the comment
jobs:
  ecgen:
    runs-on: ubuntu-latest{defaults}
    steps:
      - uses: actions/checkout@v4
        with: {{fetch-depth: 0}}  # the commit that the branch began from must be there
      - uses: actions/setup-python@v5
        with: {{python-version: "3.12"}}
{install}      - run: ecgen check --format github
      - run: ecgen diff --merge-base "origin/$BASE" --format github --fail-on none
        env:
          BASE: ${{{{ github.base_ref }}}}
      # What `ecgen apply` would do to the live indices, once the secrets name the cluster and a key that may read it. Applying is
      # left to people, or to a workflow of its own in an environment that somebody has to approve.
      - run: |
          [ -n "$ELASTICSEARCH_URL" ] || exit 0
          echo "$MARKER" > plan.md
          ecgen plan --format markdown >> plan.md || [ $(wc -l < plan.md) -gt 1 ]
          all="repos/$GITHUB_REPOSITORY/issues"
          id=$(gh api --paginate "$all/$NUMBER/comments" --jq "$MINE" | tail -n 1)
          if [ -n "$id" ]; then
            gh api --silent --method PATCH "$all/comments/$id" --field body=@plan.md
          else
            gh pr comment "$NUMBER" --body-file plan.md
          fi
        env:
          # The comment of this project's last plan, which is replaced.
          MARKER: {marker}
          MINE: '.[] | select(.user.type == "Bot" and (.body | startswith(env.MARKER))) | .id'
          ELASTICSEARCH_URL: ${{{{ secrets.ELASTICSEARCH_URL }}}}
          ELASTICSEARCH_API_KEY: ${{{{ secrets.ELASTICSEARCH_API_KEY }}}}
          GH_TOKEN: ${{{{ github.token }}}}
          NUMBER: ${{{{ github.event.number }}}}
"""
_NOTE: Final = """\
# It runs for pull requests that touch this project only. Do not make it a required check: where it does not run, a pull request
# would wait for it for ever.
"""


def workflow(project: Path) -> tuple[Path, str]:
    """Return the path and the text of the workflow of `project`.

    The path is below the root of the git repository, where the forge reads it, or below the project if there is no repository.
    """
    root = root_of(project) or project.resolve()
    inside = below(root, project)
    slug = re.sub(r"[^A-Za-z0-9]+", "-", inside).strip("-")
    file = f"ecgen-{slug}.yml" if inside else "ecgen.yml"
    # Relative to the working directory, as it is printed.
    folder = Path(os.path.relpath(root)) if inside else project
    paths = defaults = ""
    if inside:
        listed = json.dumps([f"{_literal(inside)}/**", f".github/workflows/{file}"])
        paths = f"\n    paths: {listed}"
        defaults = f"\n    defaults:\n      run:\n        working-directory: {json.dumps(inside)}"
    text = _TEMPLATE.format(
        note=_NOTE if inside else "",
        name=json.dumps(f"ecgen ({inside})") if inside else "ecgen",
        paths=paths,
        defaults=defaults,
        marker=json.dumps(f"<!-- ecgen plan: {inside.replace('--', '') or '.'} -->"),
        install=_installation(project, file),
    )
    return folder / ".github" / "workflows" / file, text


def _literal(path: str) -> str:
    """Return the path as a glob pattern that matches only this path."""
    return re.sub(r"([*?+\[\]!\\])", r"\\\1", path)


def _installation(project: Path, file: str) -> str:
    """Return the steps that install the project; a failing step that says what to do if ecgen-es is not among its requirements."""
    found = [name for name in _REQUIREMENTS if (project / name).is_file()]
    steps = f"      - run: python -m pip install --requirement {found[0]}\n" if found else ""
    if found and _names_ecgen(project / found[0]):
        return steps
    said = (
        f"{found[0]} does not name ecgen-es; add it there"
        if found
        else f"write into .github/workflows/{file} how this project is installed, ecgen-es included"
    )
    step = f"echo '::error::{said}, then remove this line' && exit 1"
    return f"{steps}      - run: {json.dumps(step)}\n"


def _names_ecgen(requirements: Path) -> bool:
    text = requirements.read_text(encoding="utf-8", errors="replace")
    return re.search(r"^\s*[^#\n]*\becgen[-_.]es\b", text, re.MULTILINE | re.IGNORECASE) is not None
