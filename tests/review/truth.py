"""What a real server does with a changed index body.

The procedure: create an index with the old body, send the new one as an update, read it back, and compare with an
index made from the new body directly. Mappings and settings are asked separately, since a server takes them through
different requests.
"""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
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


class Asker:
    """Asks one server; remembers what an index made from a body directly looks like."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._fresh: dict[str, tuple[Json, str | None]] = {}

    def mapping_update(self, old: Json, new: Json) -> Truth:
        """Verdict for the mapping `new` (`{"properties": …}`) sent to an index created with `old`.

        Raises:
            ValueError: no index can be created with `old`.
        """
        name = self._name()
        try:
            status, answer = self._create(name, {"mappings": old})
            if status != 200:
                raise ValueError(f"the old mapping is refused: {_reason(answer)}")
            before = self._read(name)
            status, answer = self.call("PUT", f"/{name}/_mapping", new)
            if status != 200:
                return Truth("reindex", _reason(answer), before)
            after = self._read(name)
        finally:
            self.call("DELETE", f"/{name}")
        fresh, error = self.fresh(new)
        if error is not None:
            return Truth("ignored", f"only as an update: {error}", before, after)
        if after != fresh:
            return Truth("ignored", None, before, after, fresh)
        return Truth("none" if before == fresh else "in-place", None, before, after, fresh)

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
            self.call("DELETE", f"/{name}")

    def fresh(self, mapping: Json) -> tuple[Json, str | None]:
        """The mapping as read back from an index made with it, and the reason where it is refused."""
        key = json.dumps(mapping, sort_keys=False)
        if key not in self._fresh:
            name = self._name()
            status, answer = self._create(name, {"mappings": mapping})
            self._fresh[key] = (
                (self._read(name), None) if status == 200 else (None, _reason(answer))
            )
            self.call("DELETE", f"/{name}")
        return self._fresh[key]

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
