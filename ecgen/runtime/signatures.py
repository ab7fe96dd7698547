"""Signatures of methods that take a model's fields as keywords, for `inspect.signature`, `help()` and notebooks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

from .joins import LooseJoin

_OPTIONS: dict[str, dict[str, Any]] = {
    "create": {"refresh": None, "routing": None},
    "find_by": {"refresh": False, "routing": None, "source": None, "on_error": "raise"},
    "scan": {
        "search_after": None,
        "routing": None,
        "source": None,
        "on_error": "raise",
        "keep_alive": "5m",
    },
    "count": {"routing": None},
}
"""What the methods take besides fields and their named parameters; type checkers read it in the generated modules."""


class _WithFields(classmethod):  # type: ignore[type-arg]
    """A class method that is a function with its own signature for each class through which it is accessed."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        whole = (type(instance) if owner is None else owner)._whole
        function = whole._signed.get(self)
        if function is None:
            function = whole._signed[self] = _signed(self.__func__, whole)
        return MethodType(function, whole)


def show_fields(cls: type[Any]) -> None:
    """Make the methods of `cls` show the fields of its subclasses."""
    for name in _OPTIONS:
        setattr(cls, name, _WithFields(vars(cls)[name].__func__))


def _signed(function: Any, cls: type[Any]) -> Any:
    made: Any = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(made, function)
    del made.__wrapped__  # which has another signature
    signature = inspect.signature(function)
    parameters = list(_parameters(signature, function.__name__, cls))
    made.__signature__ = signature.replace(parameters=parameters)
    return made


def _parameters(
    signature: inspect.Signature, method: str, cls: type[Any]
) -> Iterator[inspect.Parameter]:
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    own = [each for each in signature.parameters.values() if each.kind not in several]
    yield from own
    options = _OPTIONS.get(method, {})
    fields = [
        name
        for name, data_type in cls._mapping.items()
        if method == "create" or not isinstance(data_type, LooseJoin)
    ]
    taken = {*options, *(each.name for each in own)}
    keywords = {**options, **{f"{name}_" if name in taken else name: ... for name in fields}}
    for name, default in keywords.items():
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
