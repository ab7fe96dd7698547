"""Choose the local names of what a generated module imports.

In a class body, a field called `date` or `list` hides the import or builtin of that name from the annotations after
it; a model may also have the name of a runtime class. Such an import gets a leading underscore, which no field name has.
"""

from __future__ import annotations

import builtins
import functools
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from ecgen.diagnostics.problems import did_you_mean

_BUILTINS = frozenset(dir(builtins))
_STANDARD = {
    **dict.fromkeys(
        ("Any", "ClassVar", "Literal", "Required", "Self", "TypedDict", "Unpack", "overload"),
        "typing",
    ),
    **dict.fromkeys(("AsyncIterator", "Iterator", "Mapping", "Sequence"), "collections.abc"),
}
_MODULES = frozenset({"datetime", "decimal", "ipaddress", "uuid"})
# A name is any text between brackets, commas and spaces, since \w misses some characters of names (the middle dot).
_TOKEN = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s\[\],|"']+""")
_CONSTANTS = frozenset({"None", "True", "False"})


class Imports:
    """The imports of one module, collected while its parts are rendered."""

    def __init__(
        self,
        hidden: Iterable[str],
        defined: Iterable[str],
        called: Iterable[str],
        runtime: str = "ecgen.runtime",
    ) -> None:
        """Start without imports.

        Args:
            hidden: the attributes of the module's classes.
            defined: the names that the module defines.
            called: names of the runtime that the module calls; they keep their names even if a model has the same.
            runtime: the package of the runtime.
        """
        self._runtime = runtime
        self._hidden = frozenset(hidden)
        self._defined = frozenset(defined)
        self._taken = self._hidden | self._defined
        self._imports: dict[bool, dict[_Name, str]] = {True: {}, False: {}}
        self._locals: dict[str, _Name] = {name: (runtime, name) for name in called}
        self._annotations: dict[tuple[str, str | None], str] = {}
        self._written: dict[str, str] = {}

    def runtime(self, name: str) -> str:
        """Return the local name of the runtime's `name`, used when the module runs."""
        known = self._imports[True].get((self._runtime, name))
        if known:
            return known
        if name not in runtime_names():
            raise _unknown(name)
        return self._use(self._runtime, name, live=True)

    def imported(self, module: str, name: str, live: bool = True) -> str:
        """Return the local name of `name` from any module; `live` if it is used when the module runs."""
        if not all(part.isidentifier() for part in (name, *module.lstrip(".").split("."))):
            raise ValueError(f"{f'from {module} import {name}'!r} is not an import")
        return self._use(module, name, live)

    def model(self, module: str, name: str) -> str:
        """Return the local name of a model in an annotation; one hidden by a field is imported again from its own module."""
        if name in self._defined and name not in self._hidden:
            return name
        return self._use(f".{module}", name)

    def annotation(self, text: str, own: str | None = None) -> str:
        """Return the annotation `text` with every name imported, and renamed if it is hidden.

        `own` is a class that the module itself defines.
        """
        known = self._annotations.get((text, own))
        if known is None:
            form, names = _split_names(text)
            written = tuple([name if name == own else self._name(name) for name in names])
            known = self._annotations[text, own] = text if written == names else form % written
        return known

    def _name(self, name: str) -> str:
        known = self._written.get(name)
        if known is None:
            known = self._written[name] = self._imported(name)
        return known

    def _imported(self, name: str) -> str:
        root, dot, rest = name.partition(".")
        if root in _MODULES:
            return self._use(root, "") + dot + rest
        if root in _STANDARD:
            return self._use(_STANDARD[root], root)
        if root in _BUILTINS:
            return f"{self._use('builtins', '')}.{root}" if root in self._taken else name
        if name in runtime_names():
            return self._use(self._runtime, name)
        if name in self._defined and name not in self._hidden:
            return name
        raise _unknown(name)

    def _use(self, module: str, name: str, live: bool = False) -> str:
        key = module, name
        live = live or key in self._imports[True]
        if live:  # an import for the running module also serves annotations
            self._imports[False].pop(key, None)
        local = name or module
        while local in self._taken or self._locals.setdefault(local, key) != key:
            local = "_" + local
        self._imports[live][key] = local
        return local

    def statements(self, live: bool) -> str:
        """Return the import statements: `live` ones, or those only for annotations."""
        return _statements(frozenset(self._imports[live].items()), self._runtime)


_Name = tuple[str, str]
"""A module and a name in it; without a name, the module itself."""


@functools.lru_cache(maxsize=1_000)  # what a module imports recurs in others, as a whole or in part
def _statements(imports: frozenset[tuple[_Name, str]], runtime: str) -> str:
    """Return the statements that import names, each with its local name, in isort's order and sections."""
    modules: dict[str, dict[str, str]] = {}
    for (module, name), local in imports:
        modules.setdefault(module, {})[name] = local
    ours = {m for m in modules if m == runtime}
    relative = {m for m in modules if m[0] == "."}
    standard = {m for m in modules if m.partition(".")[0] in sys.stdlib_module_names}
    sections = [
        # `import x` before `from x import y`
        sorted(standard, key=lambda module: ("" not in modules[module], module)),
        sorted(ours),
        # Other modules come from a user's template: first-party, most likely.
        sorted(modules.keys() - ours - relative - standard),
        sorted(relative),
    ]
    return "\n\n".join(
        "\n".join(_from(module, frozenset(modules[module].items())) for module in section)
        for section in sections
        if section
    )


@functools.lru_cache(maxsize=1_000)
def _from(module: str, pairs: frozenset[tuple[str, str]]) -> str:
    """Return the statements that import from one module: aliases one by one, by their first name."""
    names = dict(pairs)
    if "" in names:
        alias = f" as {names['']}" if names[""] != module else ""
        return f"import {module}{alias}"
    plain = in_import(name for name, local in names.items() if name == local)
    groups = [plain] if plain else []
    groups += [[f"{name} as {local}"] for name, local in names.items() if name != local]
    if len(groups) > 1:
        order = in_import(group[0].split()[0] for group in groups)
        groups.sort(key=lambda group: order.index(group[0].split()[0]))
    return "\n".join(f"from {module} import {', '.join(group)}" for group in groups)


@functools.cache
def runtime_names() -> frozenset[str]:
    """Return the names that generated modules can import from the runtime: its `__all__`, read as text.

    The compiler must not import the runtime, and a second list of the names could become stale.
    """
    file = Path(__file__).resolve().parent.parent / "runtime" / "__init__.py"
    listed = file.read_text(encoding="utf-8").partition("__all__ = [")[2].partition("]")[0]
    return frozenset(re.findall(r'"([A-Za-z]\w*)"', listed))


def _unknown(name: str) -> ValueError:
    hint = did_you_mean(name, runtime_names() | _STANDARD.keys() | _MODULES | _BUILTINS)
    return ValueError(
        f"unknown name {name!r}: not a builtin, not in ecgen.runtime, and none of "
        f"{', '.join(sorted(_STANDARD.keys() | _MODULES))}; "
        + (hint or "code.imported() and code.imported_type() import from other modules")
    )


def natural(names: Iterable[str]) -> list[str]:
    """Return `names` in ruff's order of `__slots__` (RUF023): digits compare as numbers."""
    names = list(names)
    if not any(map(_NUMBER.search, names)):
        return sorted(names)
    return sorted(names, key=_pieces)


def isort(names: Iterable[str]) -> list[str]:
    """Return `names` in ruff's order of `__all__` (RUF022): CONSTANTS, Classes, the rest."""
    return sorted(natural(names), key=_kind)


def in_import(names: Iterable[str]) -> list[str]:
    """Return `names` in ruff's order of imported names (I001): as in `__all__`, but `OneOf` before `OnError`."""
    lower = {name: name.lower() for name in isort(names)}
    return sorted(lower, key=lambda name: (_kind(name), _pieces(lower[name])))


@functools.lru_cache(maxsize=10_000)  # imported names recur across models
def _kind(name: str) -> int:
    return 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2


def _pieces(name: str) -> list[tuple[str, int, str]]:
    """Return the key of an identifier in `natural`: its digits and what is between them, which never sorts before digits.

    Digits after a leading zero compare from the left, like decimals.
    """
    return [
        ("0", len(piece) if piece[0] != "0" else 0, piece)
        if piece[0] in _DIGITS
        else (piece, 0, "")
        for piece in _PIECES.findall(name)
    ]


_DIGITS = "0123456789"
_NUMBER = re.compile("[0-9]")
_PIECES = re.compile("[0-9]+|[^0-9]+")


@functools.lru_cache(maxsize=10_000)  # types recur across models
def _split_names(annotation: str) -> tuple[str, tuple[str, ...]]:
    """Return an annotation with `%s` in place of each name, and the names."""
    names: list[str] = []

    def blank(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] in "\"'-0123456789." or token in _CONSTANTS:
            return token
        names.append(token)
        return "%s"

    return _TOKEN.sub(blank, annotation.replace("%", "%%")), tuple(names)
