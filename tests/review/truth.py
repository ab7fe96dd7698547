"""What a real server does with a changed index body.

Spelling out a default makes servers show it back for a few parameters; that alone is no difference here.

The procedure: create an index with the old body, send the new one as an update, read it back, and compare with what an
index made from the new body directly would have. Mappings and settings are asked separately, since a server takes them
through different requests.

To create an index and to delete it cost a server several times a small request. What an index would have is
therefore asked with `_index_template/_simulate`, which reads the mapping as a creation does and shows the same (each mapping
of these tests compared with a real index: tests/soak), and indices are deleted forty at a time.
"""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Truth:
    """The verdict that the server gave, and what it is based on."""

    verdict: str
    error: str | None = None
    before: Json = None
    after: Json = None
    fresh: Json = None


# Parameters that servers show back when they are written at their default, and not when they are left out.
_SPELLED: dict[str, list[Json]] = {
    "coerce": [True],
    "ignore_malformed": [False],
    "ignore_z_value": [True],
    "subobjects": [True],
    "synthetic_source_keep": ["none"],
    "date_detection": [True],
    "numeric_detection": [False],
    "dynamic_templates": [[]],
    "_field_names": [{"enabled": True}],
    "dynamic_date_formats": [["strict_date_optional_time", "yyyy/MM/dd HH:mm:ss Z||yyyy/MM/dd Z"]],
}
_PRUNING = {
    "prune": True,
    "pruning_config": {"tokens_freq_ratio_threshold": 5, "tokens_weight_threshold": 0.4},
}


def without_spelled_defaults(mapping: Json) -> Json:
    """A mapping as read back, without what says no more than its absence."""
    if not isinstance(mapping, dict):
        return mapping
    options = {key: value for key, value in mapping.items() if key != "properties"}
    if str(options.get("dynamic", "true")).lower() == "true":
        options.pop("dynamic", None)
    options = {k: v for k, v in options.items() if v not in _SPELLED.get(k, [])}
    if "properties" in mapping:
        options["properties"] = _parts(mapping["properties"])
    return options


def _parts(parts: Json) -> Json:
    return {name: _part(body) for name, body in parts.items()}


def _part(body: Json) -> Json:
    kept = {k: v for k, v in body.items() if v not in _SPELLED.get(k, [])}
    for key in ("properties", "fields"):
        if key in kept and isinstance(kept[key], dict):
            kept[key] = _parts(kept[key])
    if kept.get("type") == "sparse_vector" and "index_options" in kept:
        options = {"prune": True, **kept["index_options"]}
        if options["prune"]:
            options = {**_PRUNING, **options}
        if options == _PRUNING:
            del kept["index_options"]
        else:
            kept["index_options"] = options
    if kept.get("search_quote_analyzer") == kept.get(
        "search_analyzer", kept.get("analyzer", "default")
    ):
        kept.pop("search_quote_analyzer", None)
    return kept


class Asker:
    """Asks one server; remembers what an index made from a body directly looks like."""

    _DELETED_AT_ONCE = 40

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._done_with: list[str] = []
        self._fresh: dict[str, tuple[Json, str | None]] = {}
        # The index of the last update: where that left it as it was, the next may be asked of it.
        self._kept: tuple[str, str, Json] | None = None

    def mapping_update(self, old: Json, new: Json) -> Truth:
        """Verdict for the mapping `new` (`{"properties": …}`) sent to an index created with `old`.

        Raises:
            ValueError: no index can be created with `old`.
        """
        name, before = self._index(old)
        status, answer = self.call("PUT", f"/{name}/_mapping", new)
        if status != 200:
            return Truth("reindex", _reason(answer), before)
        after = self._read(name)
        if after != before:
            self._let_go()
        fresh, error = self.fresh(new)
        if error is not None:
            return Truth("ignored", f"only as an update: {error}", before, after)
        before, after, fresh = map(without_spelled_defaults, (before, after, fresh))
        if after != fresh:
            return Truth("ignored", None, before, after, fresh)
        return Truth("none" if before == fresh else "in-place", None, before, after, fresh)

    def _index(self, old: Json) -> tuple[str, Json]:
        key = json.dumps(old)
        if self._kept is None or self._kept[0] != key:
            self._let_go()
            name = self._name()
            status, answer = self._create(name, {"mappings": old})
            if status != 200:
                raise ValueError(f"the old mapping is refused: {_reason(answer)}")
            self._kept = (key, name, self._read(name))
        return self._kept[1:]

    def close(self) -> None:
        """Delete what is left on the server."""
        self._let_go()
        self._delete()

    def _let_go(self) -> None:
        if self._kept is not None:
            self._done_with.append(self._kept[1])
            self._kept = None
        if len(self._done_with) >= self._DELETED_AT_ONCE:
            self._delete()

    def _delete(self) -> None:
        if self._done_with:
            self.call("DELETE", f"/{','.join(self._done_with)}")
            self._done_with.clear()

    def field_updates(
        self, pairs: Sequence[tuple[Json, Json]], likely: Sequence[bool], others: Json
    ) -> list[Truth | None]:
        """Verdicts for single fields, each of them changed from one body to another beside the fields `others`.

        The same as asking `mapping_update` for each, in a tenth of the time: the fields share an index. `likely` names
        those that the server is expected to take: they are sent in one request, and each alone where that is refused.
        None where the server does not take the old body.
        """
        bodies = {json.dumps(body): body for pair in pairs for body in pair}
        fresh = dict(zip(bodies, self._each_new(list(bodies.values()), others), strict=True))
        old = {
            f"f{number}": before
            for number, (before, _) in enumerate(pairs)
            if fresh[json.dumps(before)] is not None
        }
        name = self._name()
        try:
            status, answer = self._create(name, {"mappings": {"properties": {**others, **old}}})
            if status != 200:
                raise ValueError(f"the old fields are refused together: {_reason(answer)}")
            new = {field: pairs[int(field[1:])][1] for field in old}
            together = {field: new[field] for field in old if likely[int(field[1:])]}
            answer = self._put(name, together) if together else (0, None)
            if answer[0] != 200:
                together = {}
            answers = dict.fromkeys(together, answer)
            answers |= {f: self._put(name, {f: new[f]}) for f in old if f not in together}
            after = self._read(name)["properties"]
        finally:
            self._done_with.append(name)
            self._let_go()
        return [
            self._of_field(
                answers[f"f{number}"],
                fresh[json.dumps(before)],
                fresh[json.dumps(new)],
                after[f"f{number}"],
            )
            if f"f{number}" in old
            else None
            for number, (before, new) in enumerate(pairs)
        ]

    @staticmethod
    def _of_field(answer: tuple[int, Json], old: Json, new: Json, after: Json) -> Truth:
        if answer[0] != 200:
            return Truth("reindex", _reason(answer[1]), old)
        before, after, fresh = map(_part, (old, after, new or {}))
        if after != fresh:
            return Truth("ignored", None, before, after, fresh)
        return Truth("none" if before == fresh else "in-place", None, before, after, fresh)

    def _put(self, name: str, fields: Json) -> tuple[int, Json]:
        return self.call("PUT", f"/{name}/_mapping", {"properties": fields})

    def _each_new(self, bodies: list[Json], others: Json) -> list[Json]:
        """Each body as the server shows it when it is new, None where it is refused: by halves until all are taken."""
        fields = {f"f{number}": body for number, body in enumerate(bodies)}
        shown, error = self.fresh({"properties": {**others, **fields}})
        if error is None:
            return [shown["properties"][name] for name in fields]
        if len(bodies) == 1:
            return [None]
        half = len(bodies) // 2
        return self._each_new(bodies[:half], others) + self._each_new(bodies[half:], others)

    def settings_update(self, old: Json, new: Json) -> Truth:
        """Verdict for the settings `new` sent to an index created with `old`: open first, then closed."""
        name = self._name()
        try:
            status, answer = self._create(name, {"settings": old})
            if status != 200:
                raise ValueError(f"the old settings are refused: {_reason(answer)}")
            before = self._settings(name)
            status, answer = self.call("PUT", f"/{name}/_settings", new)
            if status == 200:
                after = self._settings(name)
                return Truth("none" if before == after else "in-place", None, before, after)
            error = _reason(answer)
            self.call("POST", f"/{name}/_close")
            status, answer = self.call("PUT", f"/{name}/_settings", new)
            return Truth("close-index" if status == 200 else "reindex", error, before)
        finally:
            self._done_with.append(name)
            self._let_go()

    def aliases_update(self, old: Json, new: Json) -> Truth:
        """Verdict for the aliases `new` sent with `POST _aliases` to an index created with `old`."""
        name = self._name()
        try:
            self._create(name, {"aliases": old})
            actions = [
                {"add": {"index": name, "alias": alias, **options}}
                for alias, options in new.items()
            ]
            status, answer = self.call("POST", "/_aliases", {"actions": actions})
            after = self.call("GET", f"/{name}/_alias")[1][name]["aliases"]
            if status != 200:
                return Truth("reindex", _reason(answer), old, after)
            kept = old.keys() - new.keys() <= after.keys()
            taken = all(after.get(alias) == options for alias, options in new.items())
            return Truth("in-place" if kept and taken else "ignored", None, old, after, new)
        finally:
            self.call("DELETE", f"/{name}")

    def fresh(self, mapping: Json) -> tuple[Json, str | None]:
        """The mapping as read back from an index made with it, and the reason where it is refused."""
        key = json.dumps(mapping, sort_keys=False)
        if key not in self._fresh:
            template = {"settings": {"number_of_replicas": 0}, "mappings": mapping}
            body = {"index_patterns": ["truth-none-*"], "template": template}
            status, answer = self.call("POST", "/_index_template/_simulate", body)
            self._fresh[key] = (
                (answer["template"].get("mappings", {}), None)
                if status == 200
                else (None, _reason(answer))
            )
        return self._fresh[key]

    def made(self, mapping: Json) -> tuple[Json, str | None]:
        """What `fresh` gives, from an index that is really made."""
        name = self._name()
        status, answer = self._create(name, {"mappings": mapping})
        if status != 200:
            return None, _reason(answer)
        self._done_with.append(name)
        shown = self._read(name)
        self._let_go()
        return shown, None

    def call(self, method: str, path: str, body: Json = None) -> tuple[int, Json]:
        """One request: the status and the JSON answered, also for errors."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def _create(self, name: str, body: Json) -> tuple[int, Json]:
        settings = {"number_of_replicas": 0, **body.get("settings", {})}
        if "index" in settings or any(
            key.endswith("number_of_replicas") for key in body.get("settings", {})
        ):
            settings = body["settings"]
        return self.call("PUT", f"/{name}?wait_for_active_shards=0", {**body, "settings": settings})

    def _read(self, name: str) -> Json:
        return self.call("GET", f"/{name}/_mapping")[1][name]["mappings"]

    def _settings(self, name: str) -> Json:
        settings = self.call("GET", f"/{name}/_settings?flat_settings=true")[1][name]["settings"]
        return {
            key: value
            for key, value in settings.items()
            if not key.startswith(("index.version", "index.uuid", "index.creation_date"))
            and key != "index.provided_name"
        }

    @staticmethod
    def _name() -> str:
        return f"truth-{secrets.token_hex(6)}"


def _reason(answer: Json) -> str:
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if isinstance(error, dict):
        return str(error.get("reason", error))
    return str(error)
