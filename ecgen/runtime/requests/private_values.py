"""Removing the values of private fields from what servers, serializers and hooks report about a document.

A server quotes what it refuses ("Preview of field's value: '…'"), and the client's serializer shows what it cannot
write. Errors of this package's own types never show private values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..base_document import BaseDocument
from ..types.base import BaseDataType
from ..types.values import ObjectValue
from .query import sub_types

_HIDDEN = "***"
_TERM = re.compile(r"(prefix of the first immense term is: ')\[[^]]*\]")


def holds_private(mapping: Mapping[str, BaseDataType]) -> bool:
    """Return whether a field, or a property of one, is private."""
    return any(part.private or holds_private(sub_types(part)) for part in mapping.values())


def conceal(error: BaseException, models: Iterable[BaseDocument]) -> None:
    """Remove the private values of the models from an exception: its message, arguments, and the server's answer."""
    pattern = _pattern(models)
    if pattern is None:
        return
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        for name in ("message", "body", "args", "errors"):
            value = getattr(each, name, None)
            if value is not None:
                setattr(each, name, _without(value, pattern))
        pending += [each.__cause__, each.__context__, *getattr(each, "errors", ())]


def concealed(text: str, model: BaseDocument) -> str:
    """Return the text without the private values of the model."""
    pattern = _pattern([model])
    return text if pattern is None else str(_without(text, pattern))


def _pattern(models: Iterable[BaseDocument]) -> re.Pattern[str] | None:
    """Return a pattern that matches the private values of the models; None if they have none."""
    texts = {
        text
        for model in models
        if type(model)._has_private
        for value in _private_values(model)
        for text in _texts(value)
    }
    if not texts:
        return None
    # Whole words, so that a private 1 does not change line 17.
    longest = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in longest))


def _private_values(holder: Any) -> Iterator[Any]:
    for attribute, part in holder._mapping.items():
        value = getattr(holder, attribute, None)
        if part.private:
            yield value
        elif sub_types(part):
            for inner in value if isinstance(value, list) else (value,):
                if isinstance(inner, ObjectValue):
                    yield from _private_values(inner)


def _texts(value: Any) -> Iterator[str]:
    """Yield the leaves of a value as they may be quoted."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _texts(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _texts(part)
    elif hasattr(type(value), "_mapping"):
        for attribute in value._mapping:
            yield from _texts(getattr(value, attribute, None))
    elif value is not None and not isinstance(value, bool):
        yield from filter(None, {str(value), repr(value)})
        if hasattr(value, "isoformat"):
            yield value.isoformat()


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return _TERM.sub(rf"\1{_HIDDEN}", pattern.sub(_HIDDEN, value))
    if isinstance(value, dict):
        return {key: _without(part, pattern) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_without(part, pattern) for part in value)
    return value
