"""Methods that are compiled, and facts that are computed, for each class at first use, and then replace themselves on it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, cast

Method = TypeVar("Method")
T = TypeVar("T")


class _Compiled:
    """A placeholder for a method until it is compiled for the class through which it is accessed."""

    def __init__(self, compiler: Callable[[Any], Callable[..., Any]], method: Any) -> None:
        self._compiler = compiler
        self._of_class = isinstance(method, classmethod)
        self.__doc__ = method.__doc__
        self.__wrapped__ = method
        self._name = method.__name__

    def __get__(self, instance: Any, owner: type[Any]) -> Callable[..., Any]:
        cls = getattr(owner, "_whole", owner)  # the class itself, of a hidden one
        function: Any = cls._compiled.get(self._name)
        if function is None:
            function = cls._compiled[self._name] = self._compiler(cls)
            if vars(cls).get(self._name) is self and not _is_called_from_below(cls, self._name):
                setattr(cls, self._name, staticmethod(function) if self._of_class else function)
        return function if self._of_class or instance is None else MethodType(function, instance)


def compiled(compiler: Callable[[Any], Callable[..., Any]]) -> Callable[[Method], Method]:
    """Declare that `compiler(cls)` makes the method. A class method becomes a function that needs no class."""

    def replaced(method: Method) -> Method:
        return cast(Method, _Compiled(compiler, method))

    return replaced


class _Fact:
    """A placeholder for a class attribute until it is computed."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name, self._root = name, owner

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        cls: Any = getattr(owner, "_whole", owner)
        value = self._compute(cls)
        if cls is not self._root:
            setattr(cls, self._name, value)
        return value


def fact(compute: Callable[[Any], T]) -> T:
    """Declare a class attribute that is computed from the class."""
    return cast(T, _Fact(compute))


def start_compiling(cls: Any, root: Any) -> None:
    """Let a new class below `root` have functions and facts of its own, instead of inheriting those of its parents;
    methods that a program wrote are kept."""
    cls._compiled = {}
    for name, method in _placeholders(root):
        if isinstance(method, _Fact) or is_compiled(cls, name):
            setattr(cls, name, method)
            continue
        for base in cls.__mro__:
            # It may call super(), and must then not reach the function compiled for the parent's fields.
            if vars(base).get(name, method) is not method and _is_ours(base, name):
                setattr(base, name, method)


@functools.cache
def _placeholders(root: type[Any]) -> list[tuple[str, Any]]:
    held = [item for base in root.__mro__ for item in vars(base).items()]
    return [item for item in held if isinstance(item[1], _Fact | _Compiled)]


def is_compiled(cls: type[Any], name: str) -> bool:
    """Return whether the method is made by this module, not written by a program."""
    return _is_ours(next(base for base in cls.__mro__ if name in vars(base)), name)


def _is_ours(cls: type[Any], name: str) -> bool:
    method = vars(cls)[name]
    function = getattr(method, "__func__", method)
    return isinstance(method, _Compiled) or function is vars(cls).get("_compiled", {}).get(name)


def _is_called_from_below(cls: type[Any], name: str) -> bool:
    """Return whether a method that a program wrote in a subclass may call this class's."""
    below = (sub for sub in type.__subclasses__(cls) if "_compiled" in vars(sub))
    return any(not is_compiled(sub, name) or _is_called_from_below(sub, name) for sub in below)
