"""A refusal of the gate, seen from one of the definitions that it is in; and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ecgen.diagnostics.problems import did_you_mean, near_miss, quoted
from ecgen.diagnostics.reporter import Where

from .gate import Refusal
from .phrases import extras, missing, phrase


class Said(NamedTuple):
    """One problem: where (at the key there or at its value), by which rule, in which words."""

    path: Where
    key: bool
    rule: str
    message: str
    hint: str | None
    refused: Where | None
    """What is not looked at again; None where the rest can be checked without what is missing."""


class Case:
    """A refusal and the definition whose words it is said in."""

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
        """The key of the definition's value that the error is at or below; empty where it is the value itself."""
        self.inside = self.path[step.depth + 1 :]

    @property
    def name(self) -> str:
        """What the value is called in the file."""
        return str(self.owner[-1]) if self.owner else ""

    def at_key(
        self,
        path: Where,
        rule: str,
        message: str,
        hint: str | None = None,
        refused: Where | None = (),
    ) -> Said:
        """A problem at the last key of `path`, which is then not looked at again, if nothing else is said."""
        return Said(path, True, rule, message, hint, self._unit(path) if refused == () else refused)

    def at_value(self, path: Where, rule: str, message: str, hint: str | None = None) -> Said:
        """A problem at the value of the last key of `path`."""
        return Said(path, False, rule, message, hint, self._unit(path))

    def _unit(self, path: Where) -> Where:
        """The key that is refused as a whole where something in its value is."""
        return path[: self.depth + 1]

    def value(self, rule: str, of: str = "", hint: str | None = None) -> Iterator[Said]:
        """What is wrong with the value of `key`, or inside it; `of` names what the key belongs to."""
        error = self.error
        subject = ".".join([self.key, *(step for step in self.inside if isinstance(step, str))])
        lead = f"'{subject}'{of}"
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for name in extras(error):
                close = hint or did_you_mean(name, known) or f"there are {', '.join(known)}"
                yield self.at_key((*self.path, name), rule, f"{lead} has no {quoted(name)}", close)
        elif error.validator == "required":
            name = missing(error)
            known = error.schema.get("properties", ())
            if any(near_miss(each, [name]) for each in error.instance if each not in known):
                return  # the misspelt one is reported
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
