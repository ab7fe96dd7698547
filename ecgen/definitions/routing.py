"""Parse `routing` in its three forms: `tenant`, `"{tenant|lower}-{year}"`, `given`."""

from __future__ import annotations

from ecgen.diagnostics.problems import quoted

from .compute_id import ComputeIdError, template_parts
from .ir import IdPart, Routing

GIVEN = "given"


class RoutingError(ValueError):
    """An invalid routing: the message as str, and a `hint` or None."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def parse(value: str | None) -> Routing | None:
    """Return the parsed rule of a value that passed the gate; parts name fields and joins by their keys in YAML.

    Raises:
        RoutingError: for an error that no schema can express.
    """
    if value is None:
        return None
    if value == GIVEN:
        return Routing()
    if "{" not in value and "}" not in value:
        return Routing((IdPart(attribute=value),))
    try:
        parts = template_parts(value, "routing")
    except ComputeIdError as error:
        raise RoutingError(str(error), error.hint) from None
    if all(part.attribute is None for part in parts):
        raise RoutingError(f"routing {quoted(value)} names no field")
    for character in "{},":
        if any(character in (part.text or "") for part in parts):
            why = "searches take it for several values" if character == "," else None
            message = f"routing {quoted(value)} holds {quoted(character)} beside its fields"
            raise RoutingError(message, why)
    return Routing(parts)
