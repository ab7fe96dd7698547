"""Which hooks of a data type are this package's, and say what their source says."""

from __future__ import annotations

from ..types.base import BaseDataType

__all__ = ["is_base", "own", "speaks_for"]

_RUNTIME = f"{__package__.rpartition('.')[0]}."


def own(data_type: BaseDataType, *hooks: str) -> bool:
    """Whether all of these hooks are this package's, none a user's."""
    return all(getattr(type(data_type), hook).__module__.startswith(_RUNTIME) for hook in hooks)


def speaks_for(data_type: BaseDataType, inline: str, *hooks: str) -> bool:
    """Whether the source that method `inline` gives still says what the hooks do: no subclass overrode one alone."""
    age = {
        name: age
        for age, cls in reversed(list(enumerate(type(data_type).__mro__)))
        for name in vars(cls)
    }
    return all(age[inline] <= age[hook] for hook in hooks)


def is_base(data_type: BaseDataType, *hooks: str) -> bool:
    """Whether the hooks are BaseDataType's own, which leave a value as it is."""
    return all(getattr(type(data_type), hook) is getattr(BaseDataType, hook) for hook in hooks)
