"""Random histories of documents: a program of ecgen's and other programs write the same documents in any order, beside a record of
what must be stored.

The record follows three sentences of docs/runtime.md: an update sends the fields that changed since the model was read or saved; an object is
sent whole, and the server merges it; what another program stored in other fields stays. A versioned model is written only if nobody wrote
meanwhile.
"""

from __future__ import annotations

import copy
import datetime
import pickle
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import elasticsearch

from ecgen.runtime import (
    Boolean,
    Date,
    Double,
    Flattened,
    IntegrityError,
    Keyword,
    Long,
    Model,
    NotFetched,
    Object,
    ObjectValue,
    SingleJoin,
    ids,
)

__all__ = ["Free", "History", "Versioned"]


class Size(ObjectValue):
    __slots__ = ("colours", "height", "width")
    _mapping = {
        "width": Long("width"),
        "height": Long("height"),
        "colours": Keyword("colours", many=True),
    }


MAPPING = {
    "id": Keyword("id"),
    "name": Keyword("name"),
    "amount": Long("amount", default=3),
    "tags": Keyword("tags", many=True),
    "size": Object("size", Size),
    "extra": Flattened("extra"),
    "is_live": Boolean("live"),
    "sold": Date("sold"),
    "price": Double("price"),
    "maker": SingleJoin("maker", source=f"{__name__}.Free", target=f"{__name__}.Free"),
    "created": Date("created", auto="created"),
    "updated": Date("updated", auto="updated"),
}
ATTRIBUTES = [name for name in MAPPING if name not in ("id", "created", "updated")]
STAMPS = ("created", "updated")


class Free(Model):
    __slots__ = tuple(name for name in MAPPING if name != "id")
    _meta = {"index": "free", "store_id": True}
    _mapping = MAPPING

    def _compute_id(self):
        return self.id or ids.uuid7()


class Versioned(Model):
    __slots__ = tuple(name for name in MAPPING if name != "id")
    _meta = {"index": "versioned", "store_id": True, "versioned": True}
    _mapping = MAPPING

    def _compute_id(self):
        return self.id or ids.uuid7()


@dataclass
class Held:
    """A model in the program, and what the program knows of its document."""

    model: Any
    known: dict[str, Any]
    """By attribute, the stored form when it was read or saved."""
    fetched: frozenset[str] | None = None
    """Of a model that was fetched in part: its attributes, also those assigned since."""

    def stored(self) -> dict[str, Any]:
        """Return what the model holds, as it would be stored."""
        return {name: form(self.model, name) for name in self.fetched or ATTRIBUTES}

    def document(self) -> dict[str, Any]:
        return {MAPPING[name].name: value for name, value in self.stored().items()}

    def changed(self, only: Iterable[str] | None = None) -> dict[str, Any]:
        """Return what a save is to write."""
        now = self.stored()
        if only is not None:
            return {name: now[name] for name in only}
        return {
            name: value
            for name, value in now.items()
            if name not in self.known or bare(self.known[name]) != bare(value)
        }


def form(model: Any, name: str) -> Any:
    """Return the stored form of what a model holds."""
    value = getattr(model, f"_raw_{name}" if name == "maker" else name)
    return copy.deepcopy(MAPPING[name].to_es(value))


def bare(value: Any) -> Any:
    """Return a JSON value without null, empty lists and empty objects, which Elasticsearch does not tell from absent ones."""
    if isinstance(value, dict):
        parts = {key: bare(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, [], {})}
    return value


class History:
    """What happens to the documents of one model.

    Args:
        model: Free or Versioned, registered with a namespace whose server is `client`.
        seed: the same seed gives the same history.
    """

    def __init__(self, model: type[Any], client: Any, seed: int) -> None:
        self.model, self.client = model, client
        self.index = model.get_index()
        self.chance = random.Random(seed)
        self.record: dict[str, dict[str, Any]] = {}
        self.held: list[Held] = []
        self.told: list[str] = []
        """What happened, to be read where a test fails."""

    def run(self, steps: int) -> None:
        """Take steps; AssertionError where the server holds, or a model shows, anything that the record does not."""
        create = self.create
        usual: list[Callable[[Held], None]] = [
            self.assign,
            self.change_inside,
            self.save,
            self.save,
        ]
        rare: list[Callable[[Held], None]] = [
            self.read,
            self.read_part,
            self.save_fields,
            self.overwrite,
            self.save_all,
            self.make_by_hand,
            self.delete,
            self.copy,
            self.write_elsewhere,
            self.replace_elsewhere,
            self.count,
        ]
        for _ in range(steps):
            if not self.held or self.chance.random() < 0.1:
                create()
            else:
                self.chance.choice((*usual, *usual, *rare))(self.chance.choice(self.held))
            if len(self.held) > 12:
                self.held.pop(self.chance.randrange(len(self.held)))

    # What the program does.

    def create(self) -> None:
        values = {name: self.value(name) for name in ATTRIBUTES if self.chance.random() < 0.6}
        model = self.model(**values)
        self.tell("create", values)
        model.save()
        held = Held(model, {})
        self.record[model.id] = held.document()
        self.saved(held)

    def read(self, held: Held) -> None:
        self.fetch(held.model.id, None)

    def read_part(self, held: Held) -> None:
        names = self.chance.sample(ATTRIBUTES, self.chance.randrange(1, 5))
        self.fetch(held.model.id, frozenset(names))

    def fetch(self, id: str, names: frozenset[str] | None) -> None:
        self.tell("get", id, names)
        model = self.model.get(id, default=None, source=None if names is None else list(names))
        assert (model is not None) == (id in self.record)
        if model is None:
            return
        held = Held(model, {}, names)
        for name in ATTRIBUTES:
            if names is not None and name not in names:
                assert not hasattr(model, name), name
                continue
            stored = self.record[id].get(MAPPING[name].name)
            if name == "size" and isinstance(stored, dict):
                stored = {key: stored.get(key) for key in Size._mapping}
            assert bare({name: form(model, name)}) == bare({name: stored})
        held.known = held.stored()
        self.held.append(held)

    def assign(self, held: Held) -> None:
        name = self.chance.choice(ATTRIBUTES)
        value = self.value(name)
        self.tell("assign", held.model.id, name, value)
        setattr(held.model, name, value)
        if held.fetched is not None:
            held.fetched |= {name}

    def change_inside(self, held: Held) -> None:
        """Change a list, an object or a dict that the model holds."""
        name = self.chance.choice(("tags", "size", "extra"))
        try:
            value = getattr(held.model, name)
        except NotFetched:
            return
        if value is None:
            return
        if name == "tags":
            value.append(self.chance.choice("xyz"))
        elif name == "size":
            setattr(value, self.chance.choice(("width", "height")), self.chance.choice((None, 7)))
        else:
            value[self.chance.choice("klm")] = "9"
        self.tell("change", held.model.id, name, value)

    def save(self, held: Held) -> None:
        self.update(held, held.changed(), held.known, held.model.save)

    def save_fields(self, held: Held) -> None:
        names = self.chance.sample(sorted(held.fetched or ATTRIBUTES), 1)
        changed = held.changed(names)
        known = held.known
        self.update(held, changed, {}, lambda: held.model.save(update_fields=names))
        held.known = {**known, **{name: held.known.get(name) for name in changed}}

    def overwrite(self, held: Held) -> None:
        if held.fetched is not None or self.model is Versioned:
            self.refuses(lambda: held.model.save(overwrite=True), IntegrityError)
            return
        id = held.model.id
        self.tell("overwrite", id, held.changed())
        changed = held.changed()
        held.model.save(overwrite=True)
        if id in self.record:
            self.merge(id, changed, held.known)
        else:
            self.record[id] = held.document()
        self.saved(held)

    def save_all(self, held: Held) -> None:
        """Save several documents, each by one of its models."""
        chosen = {
            each.model.id: each for each in self.chance.sample(self.held, min(4, len(self.held)))
        }
        stale = {id for id, each in chosen.items() if self.is_stale(each)}
        gone = chosen.keys() - self.record.keys()
        changes = {id: each.changed() for id, each in chosen.items()}
        self.tell("save_all", changes)
        result = self.model.save_all([each.model for each in chosen.values()])
        assert {failure.model.id for failure in result.failures} == stale | gone
        for id, each in chosen.items():
            if id not in stale | gone:
                self.merge(id, changes[id], each.known)
                self.saved(each)

    def make_by_hand(self, held: Held) -> None:
        """Save a model that was not read: it sends what it was given."""
        id = held.model.id
        values = {name: self.value(name) for name in ATTRIBUTES if self.chance.random() < 0.3}
        model = self.model(id=id, **values)
        if self.model is Versioned:
            self.refuses(model.save, elasticsearch.ConflictError)
            return
        made = Held(model, {}, frozenset(values))
        self.update(made, made.changed(values), {}, model.save)

    def delete(self, held: Held) -> None:
        id = held.model.id
        self.tell("delete", id)
        if self.is_stale(held):
            self.refuses(held.model.delete, elasticsearch.ConflictError)
        elif id in self.record:
            held.model.delete()
            del self.record[id]
            self.held = [each for each in self.held if each is not held]
        else:
            self.refuses(held.model.delete, elasticsearch.NotFoundError)

    def copy(self, held: Held) -> None:
        self.tell("copy", held.model.id)
        copied = self.chance.choice(
            (copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)))
        )
        self.held.append(Held(copied(held.model), copy.deepcopy(held.known), held.fetched))

    def count(self, held: Held) -> None:
        self.model.refresh()
        assert self.model.count() == len(self.record)
        assert {each.id for each in self.model.scan(size=7)} == self.record.keys()

    # What other programs do.

    def write_elsewhere(self, held: Held) -> None:
        name = self.chance.choice(ATTRIBUTES)
        value = copy.deepcopy(MAPPING[name].to_es(MAPPING[name].from_python(self.value(name))))
        self.elsewhere(
            held.model.id, lambda stored: self.merged(stored, {MAPPING[name].name: value})
        )

    def replace_elsewhere(self, held: Held) -> None:
        """Replace the document: some fields are gone, and there are some that the model does not know."""

        def change(stored: dict[str, Any]) -> dict[str, Any]:
            gone = self.chance.sample(sorted(stored), min(2, len(stored)))
            kept = {key: value for key, value in stored.items() if key not in gone or key in STAMPS}
            if isinstance(kept.get("size"), dict):
                kept["size"] = {**kept["size"], "note": self.chance.choice("pq")}
            return {**kept, "note": self.chance.choice("uv")}

        self.elsewhere(held.model.id, change)

    def elsewhere(self, id: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        if id not in self.record:
            return
        document = change(copy.deepcopy(self.record[id]))
        self.tell("elsewhere", id, document)
        self.client.index(index=self.index, id=id, document={**document, "id": id})
        self.record[id] = document

    # The record.

    def update(
        self, held: Held, changed: dict[str, Any], known: dict[str, Any], save: Callable[[], None]
    ) -> None:
        id = held.model.id
        self.tell("save", id, changed)
        if self.is_stale(held):
            self.refuses(save, elasticsearch.ConflictError)
        elif id in self.record:
            save()
            self.merge(id, changed, known)
            self.saved(held)
        else:
            self.refuses(save, elasticsearch.NotFoundError)

    def merge(self, id: str, changed: dict[str, Any], known: dict[str, Any]) -> None:
        record = self.record[id]
        for name, value in changed.items():
            if name == "size" and isinstance(value, dict):
                before = known.get("size") or {}
                # A property that was and is None may be there without having been read.
                value = {
                    key: part
                    for key, part in value.items()
                    if bare(part) or bare(before.get(key)) or name not in known
                }
            if name == "extra":
                record.pop(name, None)
            self.record[id] = record = self.merged(record, {MAPPING[name].name: value})

    def merged(self, stored: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
        """Return a document with a part of it written, as the server merges objects."""
        ((key, value),) = part.items()
        if isinstance(value, dict) and isinstance(stored.get(key), dict) and key != "extra":
            value = {**stored[key], **value}
        return {**stored, key: value}

    def saved(self, held: Held) -> None:
        """Compare the stored document with the record."""
        id = held.model.id
        stored = self.client.get(index=self.index, id=id)["_source"]
        record = self.record[id]
        stamps = {name: stored.pop(name) for name in STAMPS}
        assert stored.pop("id") == id
        assert bare(stored) == bare(
            {key: part for key, part in record.items() if key not in STAMPS}
        )
        assert stamps["created"] == record.get("created", stamps["created"])
        assert stamps["updated"] >= record.get("updated", "")
        record.update(stamps)
        held.known = held.stored()

    def is_stale(self, held: Held) -> bool:
        """Return whether the model is versioned and its document was written since it was read."""
        if self.model is not Versioned or held.model.id not in self.record:
            return False
        found = self.client.get(index=self.index, id=held.model.id, source=False)
        return bool(held.model._version != (found["_seq_no"], found["_primary_term"]))

    def refuses(self, write: Callable[[], None], error: type[Exception]) -> None:
        try:
            write()
        except error:
            return
        raise AssertionError(f"not refused as {error.__name__}")

    def tell(self, *what: Any) -> None:
        self.told.append(" ".join(map(repr, what)))

    def value(self, name: str) -> Any:
        chance = self.chance
        if chance.random() < 0.12:
            return None
        if name == "size":
            sides = {"width": chance.choice((None, 1, 2)), "height": chance.choice((None, 4, 5))}
            return Size(**sides, colours=chance.sample("rgb", chance.randrange(3)))
        made: dict[str, Callable[[], Any]] = {
            "name": lambda: chance.choice("abcd"),
            "amount": lambda: chance.randrange(5),
            "tags": lambda: chance.choices("xyz", k=chance.randrange(3)),
            "extra": lambda: {
                key: chance.choice("12") for key in chance.sample("klm", chance.randrange(1, 3))
            },
            "is_live": lambda: chance.random() < 0.5,
            "sold": lambda: datetime.datetime(
                2020, 1, chance.randrange(1, 28), tzinfo=datetime.UTC
            ),
            "price": lambda: chance.choice((1.0, 2.5, 1e30)),
            "maker": lambda: chance.choice(("a", "b")),
        }
        return made[name]()
