"""The hooks of a data type as statements: a call, or the inline source for usual values."""

from __future__ import annotations

from ..types.base import BaseDataType, Inline
from .source_text import Field, Source, indented

Branches = list[tuple[str, list[str]]]
"""Conditions, each with the statements to run if it is the first that holds; "" is else."""

_RUNTIME = f"{__package__.rpartition('.')[0]}."

_CHAINS = {
    "convert": ("from_python", "_convert_one", "_convert"),
    "read": ("deserialize", "_read"),
    "write": ("to_es", "serialize", "_write"),
    "show": ("serialize", "_write"),
}
"""Hooks that call the next one, unless they are overridden."""


_MORE = {"show": ", depth=depth, to_str=to_str, flat=flat"}
"""Arguments in addition to the value."""


def own(data_type: BaseDataType, *hooks: str) -> bool:
    """Return whether all of these hooks are this package's, none a user's."""
    return all(getattr(type(data_type), hook).__module__.startswith(_RUNTIME) for hook in hooks)


def is_base(data_type: BaseDataType, hook: str) -> bool:
    """Return whether the hook is BaseDataType's own."""
    return getattr(type(data_type), hook) is getattr(BaseDataType, hook)


def _inline(data_type: BaseDataType, kind: str) -> Inline:
    """Return the source that is declared for the hook of the chain that decides the result."""
    *before, last = _CHAINS[kind]
    decisive = next((hook for hook in before if not is_base(data_type, hook)), last)
    found: Inline = getattr(getattr(type(data_type), decisive), "inline", Inline())
    return found


def _when(field: Field, kind: str, v: str, source: Source) -> str:
    """Return the condition under which the hook need not be called; "" for never."""
    data_type = field.data_type
    when = _inline(data_type, kind).when(data_type, v)
    if when and kind == "convert" and data_type.enum is not None:
        name = f"_enum_{field.attribute}"
        source.names[name] = frozenset(data_type.enum)
        return f"{when} and {v} in {name}"
    return when


def branches(
    field: Field, kind: str, v: str, source: Source, into: str = "", native: bool = False
) -> Branches:
    """Return what passes the local variable `v` through the hooks, and assigns a changed value to `into` as well."""
    data_type = field.data_type
    hook = _CHAINS[kind][0]
    call = f"{v} = {into}{source.hook(kind, field, getattr(data_type, hook))}({v}{_MORE.get(kind, '')})"
    _, gives, changes, may_fail, is_native = _inline(data_type, kind)
    if native and is_native:
        gives = None
    if data_type.many:
        return _of_list(field, kind, v, source, call, into, native and is_native)
    when = _when(field, kind, v, source)
    if not when:
        # a hook that was overridden as a whole decides about None
        return [(f"{v} is not None" if is_base(data_type, hook) else "", [call])]
    given = [f"{v} = {into}{gives(data_type, v)}"] if gives else []
    if given and changes:
        given = [f"if {changes(data_type, v)}:", *indented(given)]
    if given and may_fail:
        tried = rendered([(when, given), ("", [call])])
        given = ["try:", *indented(tried), "except (_TypeError, _ValueError):", f"    {call}"]
        return [(f"{v} is not None", given)]
    return [(when, given), *([] if when == "True" else [(f"{v} is not None", [call])])]


def _of_list(
    field: Field, kind: str, v: str, source: Source, call: str, into: str, native: bool
) -> Branches:
    when = _when(field, kind, "_m", source)
    if kind == "show" and when == "True":  # a list of its own
        return [(f"{v}.__class__ is _list", [f"{v} = [*{v}]"]), (f"{v} is not None", [call])]
    if kind in ("write", "show"):
        return [("True", [])] if when == "True" or native else [("", [call])]
    if not when or _inline(field.data_type, kind).gives:
        return [("", [call])]
    given: list[str] = []
    if when == "_m.__class__ is _str" and (into or kind == "read"):
        # A third of the loop's time. It accepts strings of a subclass, which are stored unchanged.
        given = ["try:", f"    _join({v})", "except _TypeError:", f"    {call}"]
    elif when != "True":
        check = [f"if not ({when}):", f"    {call}", "    break"]
        given = [f"for _m in {v}:", *indented(check)]
    if kind == "convert" and not into:  # do not change the caller's list
        given += ["else:", f"    {v} = [*{v}]"] if given else [f"{v} = [*{v}]"]
    return [(f"{v}.__class__ is _list", given), ("", [call])]


def written(field: Field, v: str, source: Source, native: bool) -> list[str]:
    """Return statements that convert a held value, store the converted value, and turn it into its stored form."""
    write = branches(field, "write", v, source, native=native)
    # a user's own from_python may not be repeatable
    if not own(field.data_type, "from_python", "_convert_one", "_convert"):
        return rendered(write)
    convert = branches(field, "convert", v, source, f"_self.{field.slot} = ")
    if len(convert) == len(write) == 2 and convert[0] == (write[0][0], []):
        # One test serves both.
        return rendered([write[0], (convert[1][0], [*convert[1][1], *write[1][1]])])
    return [*rendered(convert), *rendered(write)]


def rendered(branches: Branches) -> list[str]:
    """Return the branches as statements."""
    (usual, done), *others = branches
    if not done and others:
        return [f"if not ({usual}):", *indented(rendered(others))]
    lines: list[str] = []
    for condition, done in branches:
        if condition in ("", "True") and not lines:
            return done
        keyword = f"{'elif' if lines else 'if'} {condition}" if condition else "else"
        lines += [f"{keyword}:", *indented(done)]
    return lines
