"""`.ecgen-approved.yaml`: changes that a team has approved, so that a review does not fail because of them.

```yaml
- rule: scaling-factor-changed
  model: Product
  path: price
  reason: Prices have three decimals from now on; the index is recreated on 1 March.
```

`path` may be omitted for changes of a model as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from ecgen.diagnostics.problems import did_you_mean, quoted

from .compare.changes import Change
from .rules.table import RULES

FILE_NAME = ".ecgen-approved.yaml"
_KEYS = ("rule", "model", "path", "reason")
_NEEDED = ("rule", "model", "reason")


class ApprovalError(Exception):
    """A file of approvals that cannot be read; the message begins with file, line and column."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One approved change, and the place of its approval."""

    rule: str
    model: str
    path: str
    reason: str
    file: str
    line: int


def read(folder: Path, shown: str = FILE_NAME) -> tuple[Approval, ...]:
    """Return the approvals in `folder`; empty if there is no file.

    Raises:
        ApprovalError: the file cannot be read or its content is invalid.
    """
    try:
        content = (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ApprovalError(f"{shown}:1:1: the file cannot be read: {error.strerror}") from error
    return parse(content, shown)


def parse(content: bytes, shown: str = FILE_NAME) -> tuple[Approval, ...]:
    """Return the approvals in a file's content.

    Raises:
        ApprovalError: as for `read`.
    """
    try:
        root = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise ApprovalError(f"{shown}:1:1: the file is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ApprovalError(f"{shown}:{at}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ApprovalError(f"{shown}:1:1: the file is no YAML: {error}") from error
    if root is None:
        return ()
    if not isinstance(root, yaml.SequenceNode):
        raise _error(
            shown, root, "the file must hold a list, each entry with rule, model and reason"
        )
    return tuple(_approval(entry, shown) for entry in root.value)


def _approval(entry: yaml.Node, shown: str) -> Approval:
    if not isinstance(entry, yaml.MappingNode):
        raise _error(shown, entry, "an entry must have the keys rule, model, path and reason")
    values: dict[str, str] = {}
    for key, value in entry.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in _KEYS:
            hint = did_you_mean(name, _KEYS) or f"it has {', '.join(_KEYS)}"
            raise _error(shown, key, f"an entry has no key {quoted(name)}; {hint}")
        if name in values:
            raise _error(shown, key, f"{name} is there twice")
        if not isinstance(value, yaml.ScalarNode):
            raise _error(shown, value, f"{name} must be text")
        values[name] = value.value.strip()
        if name == "rule" and values[name] not in RULES:
            hint = did_you_mean(values[name], RULES) or "'ecgen explain' lists the rules"
            raise _error(shown, value, f"there is no rule {quoted(values[name])}; {hint}")
    for name in _NEEDED:
        if not values.get(name):
            raise _error(shown, entry, f"the entry says no {name}")
    return Approval(
        values["rule"],
        values["model"],
        values.get("path", ""),
        values["reason"],
        shown,
        entry.start_mark.line + 1,
    )


def _error(shown: str, node: yaml.Node, message: str) -> ApprovalError:
    mark = node.start_mark
    return ApprovalError(f"{shown}:{mark.line + 1}:{mark.column + 1}: {message}")


def judge(
    approvals: Iterable[Approval], changes: Iterable[Change]
) -> tuple[dict[Change, Approval], list[Approval]]:
    """Return the approved changes with their approvals, and the approvals that no longer match a change."""
    by_key = {(each.rule, each.model, each.path): each for each in approvals}
    approved = {}
    for change in changes:
        approval = by_key.get((change.rule, change.model, change.path))
        if approval is not None:
            approved[change] = approval
    used = set(approved.values())
    return approved, [each for each in approvals if each not in used]
