"""Document ids, computed on the client so that a repeated create never makes a second document.

Generated `_compute_id` methods use these functions.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import functools
import hashlib
import importlib
import os
import random
import re
import threading
import time
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Literal

from ecgen.elasticsearch.limits import MAX_ID_BYTES

from .errors import IntegrityError
from .place import GIVEN

# Without `-` and `_`, a double click selects the whole id. The alphabet is in ASCII order and 62**22 > 2**128, so
# numerals of 22 digits sort like their numbers.
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_BASE = len(_PAIRS)
_LOW = 2**62 - 1

_lock = threading.Lock()
_random = random.Random(os.urandom(32))  # noqa: S311 - ids are unique, not secret
_last = [0, 0, 0]
"""The newest id: its milliseconds, its bits above the last 62, and its last 62 bits."""
_MOST_AHEAD = 64
_ahead: tuple[int, list[str], int] = (0, [], 1)
"""Ids made in advance, since many at once cost a third: the clock's time in nanoseconds at which they are too old, those that
are left, the next one last, and how many there were."""


# A forked child must not repeat its parent's ids, nor inherit a lock held by another thread.
def _after_fork() -> None:
    global _lock, _ahead
    _lock = threading.Lock()
    _random.seed(os.urandom(32))
    _last[:] = 0, 0, 0
    _ahead = 0, [], 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def uuid7() -> str:
    """Return a new id: a UUIDv7 (RFC 9562) as a base-62 numeral of 22 characters.

    Ids sort by the millisecond of their creation, and within one process strictly in the order of the calls, across threads
    and even if the clock is set back (method 2 of the RFC's 6.2: the random bits are incremented).
    """
    too_old, left, _ = _ahead
    if time.time_ns() < too_old:
        try:
            return left.pop()  # one call, so that no two threads get the same
        except IndexError:
            pass
    with _lock:
        return _make_ahead()


def _make_ahead() -> str:
    """Return a new id, and make more of the same millisecond for the next calls: twice as many each time."""
    global _ahead
    clock, count = time.time_ns() // 1_000_000, min(2 * _ahead[2], _MOST_AHEAD)
    low = _last[2] + 1 + _random.getrandbits(32)
    if clock <= _last[0] and low > _LOW:
        low &= _LOW
        _last[1] += 1 << 64
        if not _last[1] & (0xFFF << 64):  # the increment overflowed into the version
            clock = _last[0] + 1
    if clock > _last[0]:
        # The highest random bit is 0, which leaves room for increments.
        _last[0] = clock
        _last[1] = clock << 80 | 0x7 << 76 | _random.getrandbits(11) << 64 | 0b10 << 62
        low, count = _random.getrandbits(62), 1
    # They differ in two pairs of digits, the last but one and the one before it.
    leading, trailing = divmod(_last[1] + low, _BASE**3)
    middle, last = divmod(trailing, _BASE)
    step = _random.getrandbits(16) + 1
    end = min(middle + count * step, _BASE**2, middle + (_LOW - low) // _BASE + 1)
    middles = range(middle, end, step)
    head, tail = _numeral(leading, 8), _PAIRS[last]
    made = [f"{head}{_PAIRS[each // _BASE]}{_PAIRS[each % _BASE]}{tail}" for each in middles]
    _last[2] = low + (middles[-1] - middle) * _BASE
    made.reverse()
    first = made.pop()
    _ahead = (_last[0] + 1) * 1_000_000, made, count
    return first


def _numeral(number: int, pairs: int) -> str:
    text = ""
    for _ in range(pairs):
        number, digits = divmod(number, _BASE)
        text = _PAIRS[digits] + text
    return text


Filter = Callable[[Any], Any]


def part(model: Any, attribute: str, *filters: Filter) -> str:
    """Return the text of a field, or the id of a single join, for an id.

    For a joined model without an id, the id that its own fields compute. IntegrityError if the field has no value, or if the
    filters leave nothing of it.
    """
    value = getattr(model, attribute)
    if hasattr(value, "_compute_id"):
        value = _id_of(value, model, attribute)
    elif value is not None and attribute in model._mapping:
        # Assigned values are not converted yet, unlike those given to the constructor.
        value = model._mapping[attribute].from_python(value)
    if value is None:
        raise _missing(model, attribute, "it has no value")
    for apply in filters:
        value = apply(value)
    text = _text(value, model, attribute)
    if filters and not text:
        raise _missing(model, attribute, "the filters leave nothing of its value")
    return text


def joined(
    model: Any,
    attributes: Sequence[str],
    separator: str = "-",
    hash: Literal["sha256", "uuid5"] | None = None,
) -> str:
    """Return the values of `attributes`, joined so that different values never give the same id.

    `%` and the separator's characters are percent-encoded in the parts. An empty string is a value; None raises
    IntegrityError. With `hash`, return the 64 hexadecimal digits of `sha256`, or a `uuid5`.
    """
    escapes = _escapes(separator)
    text = separator.join(part(model, name).translate(escapes) for name in attributes)
    if hash is None:
        return text
    if hash == "sha256":
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    if hash == "uuid5":
        return str(uuid.uuid5(_NAMESPACE, text))
    raise ValueError(f"hash is 'sha256' or 'uuid5', not {hash!r}")


_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ecgen.compute-id")


@functools.cache
def _escapes(separator: str) -> dict[int, str]:
    """Return the encoding of `%` and of each character of the separator; encoding each keeps `a-` + `--` and `a` + `---`
    different.
    """
    if not separator or set(separator) & set("%0123456789ABCDEF"):
        raise ValueError(
            f"{separator!r} cannot separate the parts of an id: it is empty, or percent-encoding uses its characters"
        )
    return {
        ord(character): "".join(f"%{byte:02X}" for byte in character.encode())
        for character in {*separator, "%"}
    }


def checked(model: Any, id: str) -> str:
    """Return `id`; IntegrityError if Elasticsearch would refuse it: empty, or more than 512 bytes in UTF-8."""
    if not id:
        raise IntegrityError(
            f"{_name(model)}: its computed id is empty, which Elasticsearch refuses"
        )
    if len(id) * 4 > MAX_ID_BYTES:
        length = len(id.encode("utf-8", "surrogatepass"))
        if length > MAX_ID_BYTES:
            raise IntegrityError(
                f"{_name(model)}: its computed id has {length} bytes, more than the {MAX_ID_BYTES} that Elasticsearch "
                f"takes; give compute_id a hash, such as {{fields: [...], hash: sha256}} (the id begins {id[:40]!r})"
            )
    return id


def call(model: Any, function: str) -> str:
    """Return the id that the Python function `package.module:name` computes; it is imported at the first call.

    ImportError if there is no such function; IntegrityError if it returns no valid id.
    """
    try:
        compute = _function(function)
    except ImportError as error:
        raise ImportError(f"compute_id of {_name(model)}: {error}", name=error.name) from error
    result = compute(model)
    if not isinstance(result, str):
        raise IntegrityError(
            f"compute_id of {_name(model)}: {function} returned {result!r}; an id is a str"
        )
    return checked(model, result)


@functools.cache
def _function(function: str) -> Callable[[Any], Any]:
    module_name, _, name = function.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for piece in name.split("."):
            found = getattr(found, piece)
    except ImportError as error:
        raise ImportError(
            f"cannot import {module_name!r} of {function!r}: {error}", name=module_name
        ) from error
    except AttributeError:
        raise ImportError(
            f"module {module_name!r} has no {name!r}, which {function!r} names", name=module_name
        ) from None
    if not callable(found):
        raise ImportError(f"{function!r} is no function", name=module_name)
    return found  # type: ignore[no-any-return]  # callable() narrows no further


# Filters of a template ({sku|lower}): functions from a value to text


def lower(value: Any) -> str:
    """Return the text in lower case."""
    return _text(value).lower()


def upper(value: Any) -> str:
    """Return the text in upper case."""
    return _text(value).upper()


def strip(value: Any) -> str:
    """Return the text without surrounding white space."""
    return _text(value).strip()


def slug(value: Any) -> str:
    """Return lower-case words joined by `-`, without accents: `creme-brulee` for `Crème brûlée!`. Letters of any script stay."""
    decomposed = unicodedata.normalize("NFKD", _text(value).casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", letters)).strip("-")


def date(format: str) -> Callable[[Any], str]:
    """Return a filter that formats a date with strftime: `{created|date:%Y-%m}`."""

    def written(value: Any) -> str:
        if not isinstance(value, datetime.date):
            raise IntegrityError(f"the filter date:{format} needs a date, not {value!r}")
        return value.strftime(format)

    return written


def _text(value: Any, model: Any = None, attribute: str = "") -> str:
    """Return a value as text: the same for equal values, different for different values of one field."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value + 0.0)  # 0.0 and -0.0 are equal
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime.datetime):
        # equal instants in different zones are equal values
        moment = value if value.tzinfo is None else value.astimezone(datetime.UTC)
        return moment.isoformat()
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).decode("ascii")
    where = f"{_name(model)}.{attribute}" if attribute else "a part of an id"
    raise IntegrityError(
        f"{where}: {value!r} cannot be part of an id; use strings, numbers, booleans, dates and single joins"
    )


def _id_of(joined_model: Any, model: Any, attribute: str) -> str:
    """Return the id of a joined model, or the one that its fields compute."""
    if joined_model.id is not None:
        return str(joined_model.id)
    try:
        computed = joined_model._compute_id()
        # A random id would differ when the model is saved.
        stable = computed is not None and computed == joined_model._compute_id()
    except RecursionError:
        raise _missing(
            model, attribute, "the ids of the two models are computed from one another"
        ) from None
    if not stable:
        raise _missing(model, attribute, f"the joined {_name(joined_model)} is not saved yet")
    return str(computed)


def _missing(model: Any, attribute: str, why: str) -> IntegrityError:
    return IntegrityError(f"{_name(model)}.{attribute} is part of the computed id, but {why}")


def _name(model: Any) -> str:
    return type(model).__name__


# Routing


_PART = re.compile(r"\{([^{}|]+)((?:\|[^{}|]+)*)\}")


def routing_rule(rule: str | None, cls: type[Any]) -> Any:
    """Return the routing of `_meta["routing"]`: None, "given", or a function that computes an instance's value.

    The rule is a field's name, or a template of fields such as `"{tenant|lower}-{year}"`. ValueError if it names no field.
    """
    if rule == GIVEN and "routing" in cls._mapping:
        raise ValueError(
            f"{cls.__name__} has a field 'routing', and its routing is given by a keyword of that name: call the attribute otherwise"
        )
    if rule is None or rule == GIVEN:
        return rule
    template = rule if "{" in rule else f"{{{rule}}}"
    parts = [
        (found[1].strip(), [filter_of(text) for text in found[2].split("|")[1:]])
        for found in _PART.finditer(template)
    ]
    if not parts or any(name not in cls._mapping for name, _ in parts):
        raise ValueError(f"{cls.__name__}: the routing {rule!r} names no field of it")

    def routing(model: Any) -> str:
        try:
            values = iter([part(model, name, *filters) for name, filters in parts])
        except IntegrityError as error:
            message = str(error).replace("the computed id", "its routing")
            raise IntegrityError(message) from None
        made = _PART.sub(lambda _: next(values), template)
        if not made:
            raise IntegrityError(f"{_name(model)}: its routing is empty")
        return made

    return routing


_FILTERS: dict[str, Filter] = {"lower": lower, "slug": slug, "strip": strip, "upper": upper}


def filter_of(text: str) -> Filter:
    """Return the filter that a template calls `lower` or `date:%Y-%m`."""
    name, colon, argument = text.strip().partition(":")
    if name == "date" and colon:
        return date(argument)
    if name not in _FILTERS:
        raise ValueError(f"{text!r} is no filter of a routing")
    return _FILTERS[name]
