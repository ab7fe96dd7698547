"""Converting documents on their way into the new index.

A conversion works on the bytes of `_source`: an object is split into names and the bytes of their values, so that
untouched values keep every digit, and are not even parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from .asking import Json, MigrationError
from .computed_ids import IdRule, id_rule
from .shards import Hit
from .value_fit import fits

_Members = dict[str, msgspec.Raw]
_MEMBERS = msgspec.json.Decoder(_Members)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode

Change = Callable[[_Members], bool]
"""Changes an object in place; returns whether it did."""


class Converted(NamedTuple):
    """A document as it is to be written."""

    id: str
    routing: str | None
    source: bytes | memoryview | msgspec.Raw


class ConversionError(MigrationError):
    """A document cannot be converted."""


class Conversion:
    """The conversions of a copy, in order; each is a JSON object, as stored in the plan:

    `{"rename": "size.widht", "to": "size.width"}`  within one object; if both exist the new one is kept
    `{"drop": "size.depth"}`                        remove a field
    `{"drop_values": "price", "mapping": {…}}`      remove values that a field with this mapping cannot hold
    `{"store_id": true}`                            store the id as the field `id`
    `{"id": {"kind": "fields", "parts": […]}}`      compute the id again
    `{"routing": {"kind": "template", "parts": […]}}`  compute the routing again; `{"kind": "id"}`: no routing
    """

    def __init__(self, specification: Sequence[Json]) -> None:
        self.specification = list(specification)
        self._changes: list[Change] = []
        self._id: IdRule | None = None
        self._routing: Callable[[_Members, str], str | None] | None = None
        self.stores_id = False
        for each in specification:
            if "rename" in each:
                above, _, old = each["rename"].rpartition(".")
                new = each["to"].rpartition(".")[2]
                self._changes.append(_within(above, _rename(old, new)))
            elif "drop" in each:
                above, _, name = each["drop"].rpartition(".")
                self._changes.append(_within(above, _drop(name)))
            elif "drop_values" in each:
                above, _, name = each["drop_values"].rpartition(".")
                self._changes.append(_within(above, _drop_values(name, each["mapping"])))
            elif "store_id" in each:
                self.stores_id = True
            elif "id" in each:
                self._id = id_rule(each["id"])
                self.stores_id = self.stores_id or bool(each.get("stored"))
            elif "routing" in each:
                by_id = each["routing"]["kind"] == "id"
                self._routing = _no_routing if by_id else id_rule(each["routing"])
            else:
                raise MigrationError(
                    f"this ecgen does not know the conversion {each!r}; use the version that planned it"
                )

    @property
    def changes_ids(self) -> bool:
        return self._id is not None

    @property
    def changes_routing(self) -> bool:
        return self._routing is not None

    def with_changed_fields(self, source: msgspec.Raw) -> msgspec.Raw | bytes:
        """Return a `_source` with its fields converted, but not the id in it.

        Raises:
            msgspec.DecodeError: it is not an object.
        """
        if not self._changes:
            return source
        members = _MEMBERS.decode(source)
        for change in self._changes:
            change(members)
        return _encode(members)

    def __call__(self, hit: Hit) -> Converted:
        """Return the document converted.

        Raises:
            ConversionError: its id cannot be computed, or its `_source` is not an object.
        """
        if not (self._changes or self._id or self._routing or self.stores_id):
            return Converted(hit.id, hit.routing, hit.source)
        try:
            members = _MEMBERS.decode(hit.source)
        except msgspec.DecodeError as error:
            raise ConversionError(f"document {hit.id!r} cannot be read: {error}") from error
        changed = [change(members) for change in self._changes]
        new_id, routing = hit.id, hit.routing
        if self._id is not None:
            new_id = self._id(members, hit.id)
        if self.stores_id:
            held, is_to_be = members.get("id"), _encode(new_id)
            if held is None or bytes(held) != is_to_be:
                members["id"] = msgspec.Raw(is_to_be)
                changed.append(True)
        if self._routing is not None:
            routing = self._routing(members, hit.id)
        return Converted(new_id, routing, _encode(members) if any(changed) else hit.source)


def _no_routing(members: _Members, present: str) -> str | None:
    return None


def _within(path: str, change: Change) -> Change:
    """Apply the change to every object found at the path; also in lists, and if names are written with dots."""
    if not path:
        return change

    def descend(members: _Members) -> bool:
        done = False
        for name in list(members):
            if path == name:
                done |= _replace(members, name, change)
            elif path.startswith(f"{name}."):
                done |= _replace(members, name, _within(path[len(name) + 1 :], change))
            elif name.startswith(f"{path}."):
                done |= _dotted(members, path, change)
                break
        return done

    return descend


def _replace(members: _Members, name: str, change: Change) -> bool:
    text, done = _in_value(members[name], change)
    if done:
        members[name] = msgspec.Raw(text)
    return done


def _in_value(value: Any, change: Change) -> tuple[bytes, bool]:
    text = bytes(value)
    first = text.lstrip()[:1]
    if first == b"{":
        inner = _MEMBERS.decode(text)
        if change(inner):
            return _encode(inner), True
    elif first == b"[":
        parts = [_in_value(part, change) for part in _ITEMS.decode(text)]
        if any(done for _, done in parts):
            return b"[" + b",".join(part for part, _ in parts) + b"]", True
    return text, False


def _dotted(members: _Members, path: str, change: Change) -> bool:
    """Return the members `size.width` of a document that has no object `size`."""
    stem = f"{path}."
    inner = {name[len(stem) :]: value for name, value in members.items() if name.startswith(stem)}
    before = dict(inner)
    if not change(inner):
        return False
    for name in before:
        del members[stem + name]
    members.update((stem + name, value) for name, value in inner.items())
    return True


def _rename(old: str, new: str) -> Change:
    def rename(members: _Members) -> bool:
        found = False
        for name in list(_named(old, members)):
            value = members.pop(name)
            members.setdefault(new + name[len(old) :], value)
            found = True
        return found

    return rename


def _drop(name: str) -> Change:
    def drop(members: _Members) -> bool:
        gone = list(_named(name, members))
        for each in gone:
            del members[each]
        return bool(gone)

    return drop


def _drop_values(name: str, mapping: Json) -> Change:
    def drop(members: _Members) -> bool:
        value = members.get(name)
        if value is None:
            return False
        decoded = decode_value(value)
        if fits(mapping, decoded):
            return False
        if isinstance(decoded, list):
            items = [each for each in _ITEMS.decode(value) if fits(mapping, decode_value(each))]
            members[name] = msgspec.Raw(b"[" + b",".join(map(bytes, items)) + b"]")
        else:
            del members[name]
        return True

    return drop


def decode_value(text: msgspec.Raw) -> Json:
    """Return a value to inspect, not to write."""
    return msgspec.json.decode(text)


def values_at(path: str, text: msgspec.Raw | bytes) -> Iterator[Json]:
    """Yield the values of a field in a `_source`, also in lists of objects and if names are written with dots."""
    found: list[Json] = []

    def take(members: _Members) -> bool:
        name = path.rpartition(".")[2]
        if name in members:
            found.append(decode_value(members[name]))
        return False

    _within(path.rpartition(".")[0], take)(_MEMBERS.decode(text))
    yield from found


def _named(name: str, members: _Members) -> Iterator[str]:
    """Return the members of that name, and those that are parts of it written with dots."""
    return (each for each in members if each == name or each.startswith(f"{name}."))
