"""Describe a schema error in terms of one of the definitions (model, field, join …) that contain it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ecgen.diagnostics.problems import did_you_mean, near_miss, quoted

from .gate import Refusal
from .phrases import extras, missing, phrase
from .reporter import Where


class Finding(NamedTuple):
    """A problem before it has a line and column: the path (its key or its value), the rule, the message and a hint."""

    path: Where
    key: bool
    rule: str
    message: str
    hint: str | None
    refused: Where | None
    """The path that later checks skip; None if they can go on without the missing key."""


class Case:
    """A refusal, and the definition in whose terms it is described."""

    def __init__(self, refusal: Refusal, number: int, root: Any) -> None:
        step = refusal.trail[number]
        self.error = refusal.error
        self.path = refusal.path
        self.root = root
        self.definition = step.definition
        self.trail = refusal.trail[number:]
        self.before = refusal.trail[:number]
        self.depth = step.depth
        self.owner = self.path[: step.depth]
        self.key = str(self.path[step.depth]) if len(self.path) > step.depth else ""
        """The key of the definition's value at or below which the error is; empty if the error is the value's own."""
        self.inside = self.path[step.depth + 1 :]

    @property
    def name(self) -> str:
        """Return the key that holds the value in the file; empty for the file as a whole."""
        return str(self.owner[-1]) if self.owner else ""

    def at_key(
        self,
        path: Where,
        rule: str,
        message: str,
        hint: str | None = None,
        refused: Where | None = (),
    ) -> Finding:
        """Return a problem at the last key of `path`; later checks skip `refused`, by default the whole key."""
        return Finding(
            path, True, rule, message, hint, self._unit(path) if refused == () else refused
        )

    def at_value(self, path: Where, rule: str, message: str, hint: str | None = None) -> Finding:
        """Return a problem at the value of the last key of `path`."""
        return Finding(path, False, rule, message, hint, self._unit(path))

    def _unit(self, path: Where) -> Where:
        """Return the path of the definition's key that contains `path`: it is refused as a whole."""
        return path[: self.depth + 1]

    def value(self, rule: str, of: str = "", hint: str | None = None) -> Iterator[Finding]:
        """Yield the problems of the value of `key` or of something inside it; `of` is text such as ` of keyword`."""
        error = self.error
        subject = ".".join([self.key, *(step for step in self.inside if isinstance(step, str))])
        lead = f"'{subject}'{of}"
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for name in extras(error):
                there = "there is only" if len(known) == 1 else "there are"
                close = hint or did_you_mean(name, known) or f"{there} {', '.join(known)}"
                yield self.at_key((*self.path, name), rule, f"{lead} has no {quoted(name)}", close)
        elif error.validator == "required":
            name = missing(error)
            known = error.schema.get("properties", ())
            if any(near_miss(each, [name]) for each in error.instance if each not in known):
                return  # its misspelling is reported as an unknown key
            yield self.at_key(self.path, rule, f"{lead} lacks {quoted(name)}", hint, self._unit(self.path))  # fmt: skip
        elif "propertyNames" in error.absolute_schema_path:
            name = error.instance
            text = f"has the key {quoted(name)}, which {phrase(error)[0]}"
            if error.validator == "maxLength":
                text = f"has the key {quoted(name)}, longer than {error.validator_value} characters"
            yield self.at_key((*self.path, name), rule, f"{lead} {text}", hint)
        else:
            text, near = phrase(error)
            yield self.at_value(self.path, rule, f"{lead} {text}", hint or near)
